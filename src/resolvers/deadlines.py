"""Every deadline of OSH classes and institutions with its state on the business day (期限).

Days come from the rules; here is only whether the thing was done. An institution, the authority of
the place of training and the ministry see the same list. The VR rulebook sets institutions no day
after a course was filed, so VR institutions have none.
"""

from collections.abc import AsyncIterator, Awaitable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from ..auth.rows import RowKind
from ..domain.bundles import ClassRows, Row
from ..domain.counties import authority_county
from ..domain.deadlines import DeadlineState, Due
from ..domain.decision import Deadline
from ..domain.errors import InvalidFacts, NoFigureInForce
from ..domain.periods import add_years
from ..rules.engine import evaluate
from ..store import read_classes, read_deadlines
from ..store.class_rows import load_classes
from ..store.read_classes import ClassQuery
from . import decisions
from .batch import Batch
from .decisions import ROLLED, Question
from .ids import split_key
from .objects import Institution, TrainingClass
from .pages import Page, page_size, read_cursor
from .questions import question
from .reach import rows_of
from .registries import usable

__all__ = [
    "DeadlineFilter",
    "class_dues",
    "deadlines_of",
    "dues_of_class",
    "dues_of_institutions",
]

_ORDER = "due"
_OPEN = (DeadlineState.DUE, DeadlineState.OVERDUE)
_YEARS_BACK = 4
_CLASSES_AT_ONCE = 200
_OVER = frozenset({"cancelled", "halted"})


@dataclass(frozen=True, slots=True)
class DeadlineFilter:
    """Which deadlines of an institution.

    Attributes:
        states: Empty: what is due and what is overdue.
        until: Last day included; None: no end.
    """

    states: tuple[DeadlineState, ...] = ()
    until: date | None = None


def _state(due: date, done_on: date | None, as_of: date) -> DeadlineState:
    if done_on is not None and done_on <= as_of:
        return DeadlineState.DONE
    return DeadlineState.DUE if as_of <= due else DeadlineState.OVERDUE


def _title(row: Row) -> str:
    parts = (row["period_no"], row["training_name"] or row["training_kind"])
    return " ".join(part for part in parts if part) or str(row["id"])


def _day(given: Mapping[str, Any] | None, key: str) -> date | None:
    found = (given or {}).get(key)
    return date.fromisoformat(found) if isinstance(found, str) else None


def _filed(rows: ClassRows) -> tuple[date | None, bool]:
    """Day on which the class was filed whole, and whether that is known at all."""
    row = rows.training_class
    filed, letter = row["filed_on"], rows.filing.get("letter_on")
    if filed is not None and letter is not None:
        return max(filed, letter), True
    # What the authority has noted, it has received: only the letter's day is not on record.
    if filed is not None and row["state__code"] not in {None, "filed"}:
        return filed, True
    return None, filed is None


def _filing_days(row: Row, asked: Question) -> Sequence[Deadline]:
    """Days of filing and of changes: they rest on the class's own days, on nothing declared."""
    if None in (row["training_kind__code"], row["starts_on"], row["ends_on"]):
        return ()
    held = {
        "kind": row["training_kind__code"],
        "starts_on": row["starts_on"].isoformat(),
        "ends_on": row["ends_on"].isoformat(),
    }
    try:
        return evaluate(
            "osh.class_filing", {"class": held}, asked.as_of, asked.ruleset
        ).decision.deadlines
    except (InvalidFacts, NoFigureInForce):
        return ()  # the registry's own days contradict each other


_CLOSING = {
    "osh.closing.upload": "uploaded_on",
    "osh.closing.roll": "issue_roll_on",
    "osh.closing.issue": "issued_on",
    "osh.closing.confirm": "confirmed_on",
}


def _of_class(rows: ClassRows, asked: Question) -> Iterable[Due]:
    row, as_of = rows.training_class, asked.as_of
    about = {"subject": row["id"], "title": _title(row)}
    closing = decisions.class_closing(asked, rows)
    for item in _filing_days(row, asked):
        state: DeadlineState | None
        if item.code == "osh.class.change":
            state = DeadlineState.DUE if as_of <= item.due else DeadlineState.PASSED
            yield Due(item.code, item.due, item.law, state, **about)
            continue
        done_on, known = _filed(rows)
        state = _state(item.due, done_on, as_of) if known else None
        yield Due(item.code, item.due, item.law, state, done_on, **about)
    closed = row["state__code"] == "closed"
    for item in closing.deadlines:
        done_on = _day(closing.given, _CLOSING.get(item.code, ""))
        state = _state(item.due, done_on, as_of)
        if closed and state is DeadlineState.OVERDUE:
            state = DeadlineState.DONE  # 結案: the agency has everything, on a day it does not say
        elif item.code == "osh.closing.roll" and done_on is None and rows.certificates:
            state = None  # what was issued is on record, the day of the roll is not (mapping.md 3)
        yield Due(item.code, item.due, item.law, state, done_on, **about)


def _exceptional(rows: ClassRows) -> list[Row]:
    """Trainees for whom a day of their own may run: who missed something, failed, or passed late."""
    late = rows.training_class["ends_on"]
    keys = {
        item["trainee_no"]
        for item in rows.attendance
        if item["leave_hours"]
        or item["late_minutes"]
        or not item["sign_in"]
        or not item["sign_out"]
        or item["signature_valid__code"] == "false"
    } | {
        item["trainee_no"]
        for item in rows.results
        if item["outcome__code"] != "passed"
        or (item["exam_on"] is not None and late is not None and item["exam_on"] > late)
    }
    return [row for row in rows.trainees if row["id"] in keys]


_OPEN_MAKE_UP = {
    "make_up_required": DeadlineState.DUE,
    "make_up_overdue": DeadlineState.OVERDUE,
    "made_up": DeadlineState.DONE,
}
_OPEN_RESIT = {"resit_open": DeadlineState.DUE, "resit_expired": DeadlineState.PASSED}


def _of_trainees(
    rows: ClassRows, asked: Question, issue_by: date | None
) -> Iterable[tuple[str, date, str | None, DeadlineState]]:
    """(code, day, law, state) per trainee with a day of their own."""
    issued = {item["trainee_no"] for item in rows.certificates}
    for trainee in _exceptional(rows):
        attended = decisions.trainee_attendance(asked, rows, trainee)
        for item in attended.deadlines:
            state = _OPEN_MAKE_UP.get(attended.status)
            if item.code == "osh.attendance.make_up" and state is not None:
                yield item.code, item.due, item.law, state
        completed = decisions.trainee_completion(asked, rows, trainee)
        for item in completed.deadlines:
            if item.code == "osh.exam.resit" and completed.status in _OPEN_RESIT:
                yield item.code, item.due, item.law, _OPEN_RESIT[completed.status]
            elif item.code == "osh.certificate.issue" and item.due != issue_by:
                state = _state(item.due, None, asked.as_of)
                done = trainee["id"] in issued
                yield item.code, item.due, item.law, DeadlineState.DONE if done else state


def dues_of_class(rows: ClassRows, asked: Question) -> list[Due]:
    """Deadlines of a class before, after and for its trainees, nearest first; nobody is named."""
    row = rows.training_class
    known = asked.states.get("osh")
    if row["state__code"] in _OVER or known is None or not known.freshness.usable:
        return []
    found = list(_of_class(rows, asked))
    issue_by = next((item.due for item in found if item.code == "osh.closing.issue"), None)
    counts: dict[tuple[str, date, str | None, DeadlineState], int] = {}
    if row["training_kind__code"] == "professional" and row["ends_on"] is not None:
        for one in _of_trainees(rows, asked, issue_by):
            counts[one] = counts.get(one, 0) + 1
    found += [
        Due(code, due, law, state, subject=row["id"], title=_title(row), trainees=count)
        for (code, due, law, state), count in counts.items()
    ]
    return _sorted(found, asked)


def _sorted(found: Iterable[Due], asked: Question) -> list[Due]:
    marked = [
        Due(
            item.code, item.due, item.law, item.state, item.done_on, item.registry, item.subject,
            item.title, item.trainees,
            weekends_only=item.code in ROLLED and not asked.holidays.covers(item.due),
        )
        for item in found
    ]  # fmt: skip
    return sorted(marked, key=_place)


def _place(item: Due) -> tuple[date, str, str, str]:
    return item.due, item.code, item.subject, item.state or ""


async def _bundles(batch: Batch) -> Mapping[str, ClassRows]:
    async with batch.hub.reader.connect() as connection:
        return await load_classes(connection, set(batch.members))


def class_dues(training: TrainingClass) -> Sequence[Due] | Awaitable[Sequence[Due]]:
    """Deadlines of a class on the business day, nearest first."""

    async def load(batch: Batch) -> Mapping[str, Sequence[Due]]:
        bundles = await batch.load("bundles", _bundles)
        asked = await question(batch.hub, batch.request, None)
        return {key: dues_of_class(rows, asked) for key, rows in bundles.items()}

    return training.batch.ask("deadlines", training.key, load, ())


def _of_recognitions(rows: Sequence[Row], asked: Question) -> Iterable[Due]:
    """When an institution must apply anew and show its papers (OSH-R14, R15)."""
    dated = [row for row in rows if row["valid_from"] is not None and row["valid_to"] is not None]
    for row in dated:
        answer = decisions.recognition_status(asked, row)
        if answer.status not in {"active", "not_yet"}:
            continue
        renewed = [
            other["recognised_on"] or other["valid_from"]
            for other in dated
            if other["id"] != row["id"] and other["valid_to"] > row["valid_to"]
        ]
        about = {"subject": row["id"], "title": row["document_no"] or row["id"]}
        for item in answer.deadlines:
            done_on = min(renewed, default=None) if item.code.endswith("reapply") else None
            if item.code.endswith("upload") and asked.as_of > item.due:
                continue  # no registry says whether the papers were uploaded
            state = _state(item.due, done_on, asked.as_of)
            yield Due(item.code, item.due, item.law, state, done_on, **about)


def _of_orders(rows: Sequence[Row], asked: Question) -> Iterable[Due]:
    """Improvement and written report, by the order's own date (OSH-R71)."""
    for row in rows:
        if row["improve_by"] is None:
            continue
        both = (row["improved_on"], row["report_on"])
        done_on = None if None in both else max(both)
        yield Due(
            "osh.inspection.improve",
            row["improve_by"],
            "seed-002#point-11-4",
            _state(row["improve_by"], done_on, asked.as_of),
            done_on,
            subject=row["id"],
            title=row["document_no"] or row["id"],
        )


async def _bundles_of(connection: AsyncConnection, query: ClassQuery) -> AsyncIterator[ClassRows]:
    """All classes that fit, some at a time."""
    last: tuple[date | None, str] | None = None
    while True:
        listed = await read_classes.class_page(connection, query, last, _CLASSES_AT_ONCE)
        for bundle in (await load_classes(connection, [row["id"] for row in listed])).values():
            yield bundle
        if len(listed) < _CLASSES_AT_ONCE:
            return
        last = (listed[-1]["starts_on"], listed[-1]["id"])


async def _dues(batch: Batch, codes: Collection[str]) -> Mapping[str, list[Due]]:
    """By 機構代碼, of classes the reader may see that began in the last four years."""
    hub, request = batch.hub, batch.request
    asked = await question(hub, request, None)
    rows = rows_of(request, RowKind.CLASS, ["osh"])
    since = add_years(request.business_day, -_YEARS_BACK) - timedelta(days=1)
    found: dict[str, list[Due]] = {code: [] for code in codes}
    async with hub.reader.connect() as connection:
        for code in codes:
            query = ClassQuery(rows["osh"], codes=(code,), starts_from=since)
            async for bundle in _bundles_of(connection, query):
                found[code] += dues_of_class(bundle, asked)
        held = await read_deadlines.recognitions_of(connection, codes)
        orders = await read_deadlines.orders_of(connection, codes)
    seen = rows["osh"]
    whole = seen.everything or bool(seen.institutions)
    for code in codes:
        found[code] += _sorted(_of_recognitions(held.get(code, ()), asked), asked)
        shown = [
            order
            for order in orders.get(code, ())
            if whole or authority_county(order["issued_by"] or "") in seen.counties
        ]
        found[code] += _sorted(_of_orders(shown, asked), asked)
    request.trace.registries.add("osh")
    return found


async def dues_of_institutions(found: Sequence[Institution]) -> list[Due]:
    """All deadlines of OSH institutions of one batch, nearest first."""
    codes = [split_key(item.key)[1] for item in found]
    by_code = await _dues(found[0].batch, codes) if codes else {}
    return sorted((item for items in by_code.values() for item in items), key=_place)


async def deadlines_of(
    institution: Institution,
    asked: DeadlineFilter,
    first: int | None,
    after: str | None,
    *,
    total: bool,
) -> Page[Due]:
    """A page of an institution's deadlines, nearest first.

    Raises:
        Refused: the token may not read OSH classes.
        RegistryUnavailable: OSH cannot be relied on.
        InvalidInput: a cursor or size that is none.
    """
    size = page_size(first)
    last = read_cursor(after, _ORDER, (date, str, str, str))
    hub, request = institution.batch.hub, institution.batch.request
    if institution.registry != "osh":
        return Page.none(_ORDER, request.business_day, total=total)
    sources = await usable(hub, request, ["osh"])
    code = split_key(institution.key)[1]
    states = asked.states or _OPEN
    kept = sorted(
        (
            item
            for item in (await _dues(institution.batch, [code]))[code]
            if item.state in states and (asked.until is None or item.due <= asked.until)
        ),
        key=_place,
    )
    rest = kept if last is None else [item for item in kept if _place(item) > tuple(last)]
    return Page.cut(
        [(item, _place(item)) for item in rest[: size + 1]],
        size,
        _ORDER,
        request.business_day,
        after=after,
        sources=sources,
        total_count=len(kept) if total else None,
    )
