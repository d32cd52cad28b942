"""Every activity of a person against every certificate, as one reader may see it (sharing.md)."""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from ..auth.rows import RowKind
from ..domain.amounts import parse_amount
from ..domain.records import REGISTRIES
from ..store import read_people
from ..store.people import load_people
from .answers import Answer
from .batch import Batch
from .certificates import certificates_by_key
from .decisions import sharing
from .objects import Certificate, Person
from .questions import declared_facts, declared_key, question
from .reach import all_of, rows_of

__all__ = ["SharedActivity", "SharingEntry", "SharingReport", "SharingRow", "sharing_report"]


@dataclass(frozen=True, slots=True)
class SharedActivity:
    """Of a record what the outcome needs: title, day, amount, categories (S-R12)."""

    id: str
    registry: str
    source: str
    date: date
    title: str | None
    attribute: str | None
    categories: Sequence[str]
    points: int | None
    hours: int | None


@dataclass(frozen=True, slots=True)
class SharingEntry:
    """The outcome of one record for one certificate.

    Attributes:
        outcome: recognised, pending or refused.
        code: Why it is pending or refused; None when recognised.
        amount: What counts, in the target's unit; None unless recognised.
        row: Row of the recognition matrix.
        law: Citation of what it rests on.
        decision: Id of the approval or rejection.
    """

    activity: SharedActivity
    outcome: str
    code: str | None
    amount: int | None
    row: str | None
    law: str | None
    decision: str | None


@dataclass(frozen=True, slots=True)
class SharingRow:
    """All outcomes for one certificate; OSH has one row for the in-service duty."""

    registry: str
    type: str
    valid_from: date
    valid_to: date
    total: int
    certificate: Certificate | None
    entries: Sequence[SharingEntry]


@dataclass(frozen=True, slots=True)
class SharingReport:
    """Every activity x every certificate that the reader may see."""

    as_of: date
    decision: Answer
    rows: Sequence[SharingRow]


def sharing_report(
    person: Person, as_of: date | None, declared: object
) -> SharingReport | Awaitable[SharingReport | None] | None:
    """The report of a person.

    Args:
        person: One of a page; its siblings are decided with it.
        as_of: None: the business day.
        declared: Records of medical and social workers' continuing education.

    Raises:
        Refused: a question across registries needs all of them.
        InvalidInput: a declaration that is not one.
    """
    said = declared_facts(declared)

    async def load(batch: Batch) -> Mapping[str, SharingReport | None]:
        return await _reports(batch, as_of, said)

    return person.batch.ask(("sharing", as_of, declared_key(said)), person.key, load, None)


async def _reports(
    batch: Batch, as_of: date | None, declared: Mapping[str, object] | None
) -> Mapping[str, SharingReport | None]:
    hub, request = batch.hub, batch.request
    all_of(request, REGISTRIES, "Person.sharing")
    rows = rows_of(request, RowKind.PERSON)
    asked = await question(hub, request, as_of)
    ids = [UUID(key) for key in batch.members]
    async with hub.reader.connect() as connection:
        visible = await read_people.visible_in(connection, ids, rows)
        people = await load_people(connection, ids, sharing=True)
    answers = {str(key): sharing(asked, held, declared) for key, held in people.items()}
    keys = {
        _key(item)
        for answer in answers.values()
        for item in _given(answer, "certificates")
        if item["registry"] != "osh"
    }
    certificates = await certificates_by_key(hub, request, keys) if keys else {}
    request.trace.registries.update(REGISTRIES)
    request.trace.rules.add("sharing.cross_registry")
    return {
        key: _report(answer, visible.get(UUID(key), frozenset()), certificates, rows)
        for key, answer in answers.items()
    }


def _given(answer: Answer, name: str) -> list[Mapping[str, Any]]:
    found: Any = (answer.given or {}).get(name, [])
    return list(found)


def _key(item: Mapping[str, Any]) -> str:
    registry = item["registry"]
    return f"{registry}:{str(item['id']).removeprefix(registry + ':')}"


def _report(
    answer: Answer,
    visible: frozenset[str],
    certificates: Mapping[str, Certificate],
    rows: Mapping[str, Any],
) -> SharingReport:
    results: Mapping[str, Any] = (answer.details or {}).get("results", {})  # type: ignore[assignment]
    activities = {item["id"]: _activity(item) for item in _given(answer, "activities")}
    seen = {name for name, item in rows.items() if item.everything or name in visible}
    shown: list[SharingRow] = []
    for item in _given(answer, "certificates"):
        registry = item["registry"]
        if registry not in seen:
            continue  # S-R12: never the foreign certificate
        found = results[item["id"]]
        shown.append(
            SharingRow(
                registry,
                item["type"],
                date.fromisoformat(item["valid_from"]),
                date.fromisoformat(item["valid_to"]),
                parse_amount(found["total"]),
                certificates.get(_key(item)),
                [
                    entry
                    for key, activity in activities.items()
                    if (entry := _entry(key, activity, found)) is not None
                ],
            )
        )
    named = [*_given(answer, "certificates"), *_given(answer, "activities")]
    if not {item["registry"] for item in named} & set(REGISTRIES) <= seen:
        answer = _partial(answer, seen, shown)
    return SharingReport(answer.as_of, answer, shown)


def _partial(answer: Answer, seen: Collection[str], shown: Sequence[SharingRow]) -> Answer:
    """The decision as a reader of some of the person's rows may see it (S-R12).

    Its status is that of the rows shown. Requirements count all pairs, and findings without a record
    may be about any: both would tell of foreign certificates.
    """
    named = [*_given(answer, "certificates"), *_given(answer, "activities")]
    own = {
        part
        for item in named
        if item["registry"] in seen
        for part in (item["id"], _key(item).partition(":")[2])
    }
    pending = any(entry.outcome == "pending" for row in shown for entry in row.entries)
    return replace(
        answer,
        decision=None,
        status="open" if pending else "settled",
        findings=tuple(item for item in answer.findings if own.intersection(item.about)),
    ).minimised()


def _activity(item: Mapping[str, Any]) -> SharedActivity:
    points, hours = item.get("points"), item.get("hours")
    return SharedActivity(
        item["id"],
        item["registry"],
        item["registry"],
        date.fromisoformat(item["date"]),
        item.get("title"),
        item.get("attribute"),
        item.get("categories") or (),
        None if points is None else parse_amount(points),
        None if hours is None else parse_amount(hours),
    )


def _entry(key: str, activity: SharedActivity, found: Mapping[str, Any]) -> SharingEntry | None:
    for outcome in ("recognised", "pending", "refused"):
        if key in found[outcome]:
            said = found[outcome][key]
            counted = outcome == "recognised"
            return SharingEntry(
                activity,
                outcome,
                None if counted else said,
                parse_amount(said) if counted else None,
                found.get("rows", {}).get(key),
                found.get("bases", {}).get(key),
                found.get("decisions", {}).get(key),
            )
    return None
