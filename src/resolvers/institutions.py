"""Institutions of the three registries, their recognitions and their sister records."""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping

from ..auth.rows import RowKind
from ..store import read_courses, read_institutions
from ..store.read_institutions import InstitutionQuery
from .batch import Batch
from .context import Hub, Request
from .facts.osh_providers import kinds_of
from .ids import NodeKind, encode_id, split_key
from .objects import Activity, Course, Institution, InstitutionRecognition, TrainingClass
from .pages import Page, page_size, read_cursor
from .reach import allowed_registries, rows_of
from .registries import record_of, states, usable

__all__ = [
    "InstitutionFilter",
    "institutions",
    "institutions_by_key",
    "provider_of",
    "recognitions",
    "same_organisation",
]

_ORDER = "name"


@dataclass(frozen=True, slots=True)
class InstitutionFilter:
    """What a list of institutions is asked for; empty: all.

    Attributes:
        registries: None: all that the token may read.
        counties: County codes of their seat.
        unified_business_numbers: 統一編號.
        name: Part of the name.
    """

    registries: tuple[str, ...] | None = None
    counties: tuple[str, ...] = ()
    unified_business_numbers: tuple[str, ...] = ()
    name: str | None = None


async def institutions(
    hub: Hub,
    request: Request,
    asked: InstitutionFilter,
    first: int | None,
    after: str | None,
    *,
    total: bool,
) -> Page[Institution]:
    """A page of institutions by name.

    Raises:
        Refused: a named registry is not the token's.
        RegistryUnavailable: one cannot be relied on.
        InvalidInput: a cursor or size that is none.
    """
    size = page_size(first)
    last = read_cursor(after, _ORDER, (str, str, str))
    rows = rows_of(request, RowKind.INSTITUTION, asked.registries)
    query = InstitutionQuery(rows, asked.counties, asked.unified_business_numbers, asked.name)
    sources = await usable(hub, request, rows)
    async with hub.reader.connect() as connection:
        found = await read_institutions.institution_page(connection, query, last, size + 1)
        count = await read_institutions.institution_count(connection, query) if total else None
    request.trace.registries.update(rows)
    made = load_institutions(hub, request, found[:size])
    return Page.cut(
        [(made.get(_key(row)), (row["name"] or "", row["registry"], row["id"])) for row in found],
        size,
        _ORDER,
        request.business_day,
        after=after,
        sources=sources,
        total_count=count,
    )


def _key(row: RowMapping) -> str:
    return f"{row['registry']}:{row['id']}"


def load_institutions(
    hub: Hub, request: Request, rows: Sequence[RowMapping]
) -> dict[str, Institution]:
    """Institutions of rows, in one batch, by ``registry:key``."""
    batch = Batch(hub, request)
    for row in rows:
        key = _key(row)
        batch.members[key] = Institution(
            id=encode_id(NodeKind.INSTITUTION, key),
            key=key,
            batch=batch,
            registry=row["registry"],
            name=row["name"] or "",
            county=row["county"],
            county_code=row["county_code"],
            unified_business_number=row["tax_id"],
            categories=[row["category"]] if row["category"] else [],
            state=row["state"],
            address=row["address"],
            provenance=record_of(
                request, row["registry"], row["id"], row["source_updated_at"], row["synced_at"]
            ),
        )
    return batch.members


async def institutions_by_key(
    hub: Hub, request: Request, keys: Collection[str]
) -> dict[str, Institution]:
    """The institutions with these keys (``osh:OH0001``) that the reader may see."""
    await states(hub, request)
    wanted: dict[str, list[str]] = {}
    for key in keys:
        registry, source_id = split_key(key)
        wanted.setdefault(registry, []).append(source_id)
    allowed = allowed_registries(request, RowKind.INSTITUTION)
    rows: list[RowMapping] = []
    async with hub.reader.connect() as connection:
        for registry, ids in wanted.items():
            if registry in allowed:
                filters = rows_of(request, RowKind.INSTITUTION, [registry])
                rows += await read_institutions.institutions_by_key(
                    connection, registry, ids, filters[registry]
                )
    return load_institutions(hub, request, rows)


def same_organisation(
    institution: Institution,
) -> Sequence[Institution] | Awaitable[Sequence[Institution]]:
    """Records of other registries, or other sites, under the same 統一編號."""
    return institution.batch.ask("same_organisation", institution.key, _same, ())


async def _same(batch: Batch) -> Mapping[str, Sequence[Institution]]:
    hub, request = batch.hub, batch.request
    others = allowed_registries(request, RowKind.INSTITUTION)
    links: list[tuple[str, str]] = []
    mine: dict[str, list[str]] = {}
    for item in batch.members.values():
        mine.setdefault(item.registry, []).append(split_key(item.key)[1])
    async with hub.reader.connect() as connection:
        for registry, ids in mine.items():
            found = await read_institutions.same_organisation(connection, registry, ids, others)
            links += [
                (f"{registry}:{row['asked']}", f"{row['registry']}:{row['id']}") for row in found
            ]
    known = await institutions_by_key(hub, request, {other for _, other in links})
    result: dict[str, list[Institution]] = {}
    for asked, other in links:
        if other in known:
            result.setdefault(asked, []).append(known[other])
    return result


def recognitions(
    institution: Institution,
) -> Sequence[InstitutionRecognition] | Awaitable[Sequence[InstitutionRecognition]]:
    """Recognitions (認可) of an OSH institution, newest first; others have none."""
    if institution.registry != "osh":
        return ()
    return institution.batch.ask("recognitions", institution.key, _recognitions, ())


async def _recognitions(batch: Batch) -> Mapping[str, Sequence[InstitutionRecognition]]:
    codes = [split_key(key)[1] for key, item in batch.members.items() if item.registry == "osh"]
    async with batch.hub.reader.connect() as connection:
        rows = await read_institutions.recognitions_of(connection, codes)
    siblings = Batch(batch.hub, batch.request)
    found: dict[str, list[InstitutionRecognition]] = {}
    for row in rows:
        facts: dict[str, Any] = dict(row)
        made = InstitutionRecognition(
            key=row["id"],
            batch=siblings,
            number=row["id"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            recognised_on=row["recognised_on"],
            kinds=kinds_of(facts),
            registry_state=row["state"],
            termination=row["termination_kind__code"],
            terminated_on=row["terminated_on"],
            effective_on=row["effective_on"],
            provenance=record_of(
                batch.request, "osh", row["id"], row["source_updated_at"], row["synced_at"]
            ),
            row=facts,
        )
        siblings.members[made.key] = made
        found.setdefault(f"osh:{row['institution_code']}", []).append(made)
    return found


def provider_of(
    item: Activity | Course | TrainingClass,
) -> Institution | Awaitable[Institution | None] | None:
    """The institution that held an activity, course or class, where a record names it."""
    return item.batch.ask("provider", item.key, _providers, None)


async def _providers(batch: Batch) -> Mapping[str, Institution | None]:
    """From course number, course id or class number to the institution's own record."""
    named: dict[str, str] = {}
    by_registry: dict[str, dict[str, list[str]]] = {}
    for key, item in batch.members.items():
        if isinstance(item, Activity):
            if item.course_key:
                by_registry.setdefault(item.registry, {}).setdefault(item.course_key, []).append(
                    key
                )
        elif item.institution_key:
            named[key] = item.institution_key
    async with batch.hub.reader.connect() as connection:
        for registry, courses in by_registry.items():
            owners = await read_courses.owners_of(connection, registry, list(courses))
            for course, owner in owners.items():
                named.update(dict.fromkeys(courses[course], owner))
        numbers = {owner for owner in named.values() if owner.startswith("vr#")}
        seats = await read_institutions.vr_by_number(
            connection, [number.removeprefix("vr#") for number in numbers]
        )
    # VR courses name the 統一編號, the other registries the record itself.
    keys = {
        key: f"vr:{seats[owner.removeprefix('vr#')]}" if owner.startswith("vr#") else owner
        for key, owner in named.items()
        if not owner.startswith("vr#") or owner.removeprefix("vr#") in seats
    }
    known = await institutions_by_key(batch.hub, batch.request, set(keys.values()))
    return {key: known.get(owner) for key, owner in keys.items()}
