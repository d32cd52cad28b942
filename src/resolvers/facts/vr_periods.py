"""The period of a VR qualification (有效期間), which the contract does not hold: mapping.md 2.3."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ...domain.bundles import Row
from ...domain.periods import DAY, add_months, period_end
from ...domain.vocabulary import has_pending_renewal
from .built import Findings

__all__ = ["VrPeriod", "VrTerm", "deductions", "is_confirmed", "term_of"]

_FIRST_DAY = date(2016, 2, 14)
"""No validity begins before the articles on renewal took effect (VR-R1)."""

_YEARS = 3
Spans = Sequence[tuple[date, date]]


@dataclass(frozen=True, slots=True)
class VrPeriod:
    """A period of validity, both days included, without its deductions (展延).

    Attributes:
        deductions: Ranges of absence that move the end, disjoint, in order.
    """

    valid_from: date
    valid_to: date
    deductions: tuple[tuple[date, date], ...] = ()

    @property
    def deducted_days(self) -> int:
        """Days by which the deductions move the end."""
        return sum((end - start).days + 1 for start, end in self.deductions)

    @property
    def expires_on(self) -> date:
        """Last day with deductions (VR-R40)."""
        return self.valid_to + timedelta(days=self.deducted_days)

    def holds(self, day: date) -> bool:
        """Whether ``day`` lies in the period, deductions included."""
        return self.valid_from <= day <= self.expires_on


@dataclass(frozen=True, slots=True)
class VrTerm:
    """The periods of a qualification that can be told from its row.

    Attributes:
        current: The latest period.
        earlier: The one before it, where the row was renewed.
        application_on: Day of a renewal application still in hand (案件申請中).
        held_from: Before this day the registers' history is not held; None: nothing is missing.
    """

    current: VrPeriod
    earlier: VrPeriod | None = None
    application_on: date | None = None
    held_from: date | None = None

    @property
    def periods(self) -> tuple[VrPeriod, ...]:
        """Earlier period first."""
        return (self.current,) if self.earlier is None else (self.earlier, self.current)

    def on(self, day: date) -> VrPeriod:
        """The period that holds ``day``, else the latest."""
        if self.earlier is not None and not self.current.holds(day) and self.earlier.holds(day):
            return self.earlier
        return self.current


def is_confirmed(row: Row) -> bool:
    """Whether a qualification is confirmed (確認, 案件申請中) and has its day of issue."""
    return row["status__code"] == "confirmed" and row["issued_on"] is not None


def deductions(valid_from: date, valid_to: date, spans: Spans) -> tuple[tuple[date, date], ...]:
    """Leaves as deducted ranges: cut to the period as extended so far, each day once (VR-R44).

    Args:
        valid_from: First day of the period.
        valid_to: Last day without deductions.
        spans: Leaves in the order of their decisions, both days included.
    """
    taken: list[tuple[date, date]] = []
    end = valid_to
    for start, stop in spans:
        first, last = max(start, valid_from), min(stop, end)
        for known_first, known_last in sorted(taken):
            if first > last:
                break
            if known_last < first or known_first > last:
                continue
            if known_first > first:
                taken.append((first, known_first - DAY))
                end += known_first - first
            first = known_last + DAY
        if first <= last:
            taken.append((first, last))
            end += last - first + DAY
    return tuple(sorted(taken))


def _spans(row: Row, extensions: Iterable[Row], as_of: date | None) -> list[tuple[date, date]]:
    """Leaves that were granted for the qualification, as far as known on ``as_of``."""
    granted = [item for item in extensions if item["status__code"] == "approved"]
    if granted:
        known = [
            item
            for item in granted
            if as_of is None or item["decided_on"] is None or item["decided_on"] <= as_of
        ]
        known.sort(key=lambda item: (item["decided_on"] or item["leave_from"], item["id"]))
        return [(item["leave_from"], item["leave_to"]) for item in known]
    start, stop = row["extension_from"], row["extension_to"]
    return [(start, stop)] if start is not None and stop is not None else []


def _period(start: date, spans: Spans) -> VrPeriod:
    end = period_end(start, _YEARS)
    return VrPeriod(start, end, deductions(start, end, spans))


def _start(row: Row, issued: date, pending: bool, spans: Spans) -> date:
    completed, renewed = row["ce_completed_on"], row["renewed_on"]
    base: date = completed if completed is not None and completed > issued else issued
    if renewed is None:
        return issued
    if pending:
        # The day of the application stands in 資格更新日期 until the renewal is decided.
        return base if base <= renewed else max(issued, add_months(base, -12 * _YEARS))
    if renewed <= base:
        return base
    expired = _period(base, spans).expires_on
    return expired + DAY if renewed <= expired else renewed


def term_of(
    row: Row, extensions: Iterable[Row], as_of: date, findings: Findings | None = None
) -> VrTerm:
    """The periods of a confirmed qualification on ``as_of``.

    Args:
        row: ``vr.qualification``, confirmed and issued (:func:`is_confirmed`).
        extensions: ``vr.extension`` rows of this qualification.
        as_of: Decisions dated later are not known yet.
        findings: Takes what the dates of the row contradict.
    """
    extensions = list(extensions)
    issued = max(row["issued_on"], _FIRST_DAY)
    pending = has_pending_renewal(row["status"])
    spans = _spans(row, extensions, as_of)
    start = _start(row, issued, pending, spans)
    current = _period(start, spans)
    earlier = None
    if start > issued and not pending:
        # Its end already holds what was deducted: the present period begins on the next day.
        earlier = VrPeriod(max(issued, add_months(start, -12 * _YEARS)), start - DAY)
    if findings is not None:
        _cross_check(row, extensions, issued, pending, findings)
    renewed = row["renewed_on"]
    return VrTerm(
        current,
        earlier,
        renewed if pending and renewed is not None and renewed <= as_of else None,
        None if start == issued else (earlier or current).valid_from,
    )


def _cross_check(
    row: Row, extensions: list[Row], issued: date, pending: bool, findings: Findings
) -> None:
    """The register's own due day against ours, both as known today (contract: informative)."""
    renewed, key = row["renewed_on"], row["id"]
    if renewed is not None and renewed < issued:
        findings.add("vr.dates_contradict", key)
    if pending and renewed is None:
        findings.add("vr.application_date_missing", key)
    due = row["ce_due_on"]
    if due is not None:
        spans = _spans(row, extensions, None)
        if _period(_start(row, issued, pending, spans), spans).expires_on != due:
            findings.add("vr.due_date_differs", key)
    for item in extensions:
        if item["status__code"] is None:
            findings.add("record_undetermined", item["id"])
