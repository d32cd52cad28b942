"""Recognitions of credits across registries (採認), with their decisions."""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import RowMapping

from ..auth.rows import RowKind, row_filter
from ..auth.viewer import AgencyType
from ..domain.amounts import parse_amount
from ..domain.errors import Refused
from ..domain.records import REGISTRIES
from ..store import read_recognitions
from ..store.read_recognitions import RecognitionQuery, submissions_of
from .activities import activities_by_key
from .batch import Batch
from .certificates import certificates_by_key
from .context import Hub, Request
from .ids import NodeKind, encode_id, split_key
from .objects import Activity, Certificate, CreditRecognition, RecognitionDecision, Submission
from .pages import Page, page_size, read_cursor
from .reach import allowed_registries
from .sharing_reports import SharedActivity
from .submissions import load_submissions

__all__ = [
    "RecognitionFilter",
    "activity_of",
    "certificate_of",
    "credit_of",
    "decisions",
    "delivery",
    "recognitions",
    "recognitions_by_key",
    "registry_state",
    "reviews",
]

_ORDER = "newest"


@dataclass(frozen=True, slots=True)
class RecognitionFilter:
    """What a list of recognitions is asked for; empty: all."""

    states: tuple[str, ...] = ()
    from_registries: tuple[str, ...] = ()
    to_registries: tuple[str, ...] = ()


def _query(request: Request, asked: RecognitionFilter) -> RecognitionQuery:
    viewer = request.viewer
    own = viewer.agency_type is AgencyType.INSTITUTION
    names = tuple(name for name in REGISTRIES if name in viewer.registries)
    rows = row_filter(
        viewer, names[0] if names else "ltc", RowKind.RECOGNITION, request.business_day
    )
    return RecognitionQuery(
        registries=names,
        rows=rows,
        client=(viewer.issuer, viewer.client_id) if own else None,
        institutions=tuple(sorted(viewer.institution_ids)) if own else (),
        states=asked.states,
        from_registries=asked.from_registries,
        to_registries=asked.to_registries,
    )


async def recognitions(
    hub: Hub,
    request: Request,
    asked: RecognitionFilter,
    first: int | None,
    after: str | None,
    *,
    total: bool,
) -> Page[CreditRecognition]:
    """A page of recognitions, newest first.

    Raises:
        InvalidInput: a cursor or size that is none.
    """
    size = page_size(first)
    last = read_cursor(after, _ORDER, (datetime, UUID))
    query = _query(request, asked)
    async with hub.reader.connect() as connection:
        found = await read_recognitions.recognition_page(connection, query, last, size + 1)
        count = await read_recognitions.recognition_count(connection, query) if total else None
    made = load_recognitions(hub, request, found[:size])
    return Page.cut(
        [(made.get(str(row["id"])), (row["created_at"], row["id"])) for row in found],
        size,
        _ORDER,
        request.business_day,
        after=after,
        total_count=count,
    )


def load_recognitions(
    hub: Hub, request: Request, rows: Sequence[RowMapping]
) -> dict[str, CreditRecognition]:
    """Recognitions of rows, in one batch, by uuid."""
    batch = Batch(hub, request)
    for row in rows:
        key = str(row["id"])
        batch.members[key] = CreditRecognition(
            id=encode_id(NodeKind.RECOGNITION, key),
            key=key,
            batch=batch,
            activity_key=row["activity"],
            certificate_key=row["certificate"],
            from_registry=row["from_registry"],
            to_registry=row["to_registry"],
            row=row["row"],
            state=row["state"],
            amount=row["amount"],
            unit=row["unit"],
            attribute=row["attribute"],
            categories=row["categories"],
            filed_on=row["filed_on"],
            created_at=row["created_at"],
            changed_at=row["changed_at"],
            reason=row["reason"],
            credit=row["credit"],
            delivery_key=row["submission_id"],
        )
    request.trace.count("recognitions", len(batch.members))
    request.trace.subjects.update(str(row["person_id"]) for row in rows)
    return batch.members


async def recognitions_by_key(
    hub: Hub, request: Request, keys: Collection[str]
) -> dict[str, CreditRecognition]:
    """The recognitions with these uuids that the reader may see."""
    try:
        ids = [UUID(key) for key in keys]
    except ValueError:
        return {}
    query = _query(request, RecognitionFilter())
    async with hub.reader.connect() as connection:
        rows = await read_recognitions.recognitions_by_id(connection, ids, query)
    return load_recognitions(hub, request, rows)


Opinions = Sequence[RecognitionDecision] | Awaitable[Sequence[RecognitionDecision]]


def decisions(item: CreditRecognition) -> Opinions:
    """The decisions on a recognition, oldest first."""
    return item.batch.ask("decisions", item.key, _decisions, ())


def reviews(item: CreditRecognition) -> Opinions:
    """The reviews of a recognition, oldest first."""
    return item.batch.ask("reviews", item.key, _reviews, ())


async def _decisions(batch: Batch) -> Mapping[str, Sequence[RecognitionDecision]]:
    return await _opinions(batch, "decision")


async def _reviews(batch: Batch) -> Mapping[str, Sequence[RecognitionDecision]]:
    return await _opinions(batch, "review")


async def _opinions(batch: Batch, stage: str) -> Mapping[str, Sequence[RecognitionDecision]]:
    async with batch.hub.reader.connect() as connection:
        rows = await read_recognitions.recognition_decisions(
            connection, [UUID(key) for key in batch.members]
        )
    found: dict[str, list[RecognitionDecision]] = {}
    for row in rows:
        if row["stage"] != stage:
            continue
        found.setdefault(str(row["recognition_id"]), []).append(
            RecognitionDecision(
                id=str(row["id"]),
                stage=stage,
                outcome=row["outcome"],
                amount=row["amount"],
                attribute=row["attribute"],
                categories=row["categories"],
                legal_basis=row["legal_basis"],
                authority=row["authority"],
                decision_no=row["decision_no"],
                decided_on=row["decided_on"],
                note=row["note"],
            )
        )
    return found


def credit_of(item: CreditRecognition) -> SharedActivity:
    """What was applied for: of a foreign record only what a decision needs (S-R12)."""
    credit = item.credit
    points, hours = credit.get("points"), credit.get("hours")
    return SharedActivity(
        split_key(item.activity_key)[1],
        item.from_registry,
        item.from_registry,
        date.fromisoformat(credit["date"]) if "date" in credit else item.filed_on,
        credit.get("title"),
        credit.get("attribute"),
        credit.get("categories") or (),
        None if points is None else parse_amount(points),
        None if hours is None else parse_amount(hours),
    )


def delivery(item: CreditRecognition) -> Submission | Awaitable[Submission | None] | None:
    """How the report to the target's agency stands; who sees the recognition sees this."""
    if item.delivery_key is None:
        return None
    return item.batch.ask("delivery", item.key, _deliveries, None)


async def _deliveries(batch: Batch) -> Mapping[str, Submission | None]:
    wanted = {
        item.delivery_key: key
        for key, item in batch.members.items()
        if item.delivery_key is not None
    }
    async with batch.hub.reader.connect() as connection:
        rows = await submissions_of(connection, list(wanted))
    made = load_submissions(batch.hub, batch.request, rows)
    return {wanted[UUID(key)]: item for key, item in made.items()}


def registry_state(item: CreditRecognition) -> str | Awaitable[str | None] | None:
    """The target registry's word for the credit that it made of this: 審核中, 符合, 不符合."""
    if item.delivery_key is None:
        return None
    return item.batch.ask("registry_state", item.key, _registry_states, None)


async def _registry_states(batch: Batch) -> Mapping[str, str | None]:
    wanted = {
        item.delivery_key: key
        for key, item in batch.members.items()
        if item.delivery_key is not None
    }
    async with batch.hub.reader.connect() as connection:
        rows = await read_recognitions.credit_states(connection, list(wanted))
    return {wanted[row["submission"]]: row["status"] for row in rows}


def activity_of(item: CreditRecognition) -> Activity | Awaitable[Activity | None] | None:
    """The activity, where the reader may see it."""
    return item.batch.ask("activity", item.key, _activities, None)


async def _activities(batch: Batch) -> Mapping[str, Activity | None]:
    hub, request = batch.hub, batch.request
    wanted: dict[str, list[str]] = {}
    for item in batch.members.values():
        registry, key = split_key(item.activity_key)
        wanted.setdefault(registry, []).append(key)
    allowed = allowed_registries(request, RowKind.PERSON)
    found: dict[str, Activity] = {}
    for registry, keys in wanted.items():
        if registry in allowed:
            found.update(await activities_by_key(hub, request, registry, keys))
    return {key: found.get(item.activity_key) for key, item in batch.members.items()}


def certificate_of(
    item: CreditRecognition,
) -> Certificate | Awaitable[Certificate | None] | None:
    """The certificate, where the reader may see it."""
    return item.batch.ask("certificate", item.key, _certificates, None)


async def _certificates(batch: Batch) -> Mapping[str, Certificate | None]:
    try:
        found = await certificates_by_key(
            batch.hub, batch.request, {item.certificate_key for item in batch.members.values()}
        )
    except Refused:
        # Whoever reads no certificates at all still sees what was applied for.
        return {}
    return {key: found.get(item.certificate_key) for key, item in batch.members.items()}
