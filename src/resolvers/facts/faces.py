"""A certificate at first sight (證照概況): type, period with extensions, status on a day."""

from dataclasses import dataclass
from datetime import date

from ...domain.bundles import OshRows, Row, VrRows
from ...domain.periods import DAY, window_open
from ...rules.params import Ruleset
from . import ltc, vr
from . import ltc_certificates as ltc_of
from .built import Findings, earliest_after
from .osh_people import held_on, profession_of
from .vr_periods import is_confirmed

__all__ = ["UNKNOWN", "Face", "ltc_face", "osh_face", "vr_face"]

UNKNOWN = "unknown"
_UNDER_REVIEW = frozenset(
    {
        "draft",
        "submitted",
        "supplement_required",
        "preliminary_review",
        "final_review",
        "review_meeting",
    }
)
_ENDED = frozenset({"cancelled", "revoked", "withdrawn"})


@dataclass(frozen=True, slots=True)
class Face:
    """What a list shows of a certificate.

    Attributes:
        type: The rulebook's type, ``unknown`` where the term is.
        valid_from: First day; None where there is no period.
        valid_to: Last day with extensions; None without an end.
        status: not_started valid window_open extended expired ended, or ``unknown``.
        changes_on: First later day on which the status changes.
    """

    type: str
    valid_from: date | None
    valid_to: date | None
    status: str
    changes_on: date | None


def _dated(kind: str, first: date, last: date, extended_to: date, opens: date, day: date) -> Face:
    if day < first:
        status = "not_started"
    elif day > extended_to:
        status = "expired"
    elif day > last:
        status = "extended"
    else:
        status = "window_open" if day >= opens else "valid"
    changes = earliest_after(day, (first, opens, last + DAY, extended_to + DAY))
    return Face(kind, first, extended_to, status, changes)


def vr_face(row: Row, rows: VrRows, day: date, ruleset: Ruleset) -> Face:
    """A VR qualification; the window is the system's of six months (VR-R40)."""
    kind = row["title__code"] or UNKNOWN
    if not is_confirmed(row):
        state = row["status__code"]
        status = "not_started" if state in _UNDER_REVIEW or state == "confirmed" else "ended"
        return Face(kind, None, None, UNKNOWN if state is None else status, None)
    known = vr.term(row, rows, day)
    period = known.on(day)
    months = ruleset.on(day).get("vr.months", "system_window_months")
    opens = window_open(period.expires_on, months.value) if months else period.expires_on
    face = _dated(kind, period.valid_from, period.valid_to, period.expires_on, opens, day)
    next_period = earliest_after(
        day,
        (
            face.changes_on,
            *(each.valid_from for each in known.periods),
            *(item["decided_on"] for item in rows.extensions),
        ),
    )
    return Face(face.type, face.valid_from, face.valid_to, face.status, next_period)


def ltc_face(row: Row, day: date, ruleset: Ruleset) -> Face:
    """An LTC certificate; one that was cancelled, revoked or withdrawn has ended."""
    term = ltc.term(row, ruleset)
    kind = ltc_of.type_of(row) or UNKNOWN
    face = _dated(kind, term.valid_from, term.valid_to, term.closes, term.opens, day)
    if row["state__code"] in _ENDED:
        return Face(kind, term.valid_from, term.closes, "ended", None)
    return face


def osh_face(row: Row, osh: OshRows, day: date) -> Face:
    """A completion certificate (結業證書): it has no end, the in-service duty hangs on its holder."""
    kind = profession_of(osh, Findings()) or UNKNOWN
    first: date | None = row["issued_on"] or held_on(row, osh)
    if first is None:
        return Face(kind, None, None, UNKNOWN, None)
    started = first <= day
    return Face(
        kind, first, None, "valid" if started else "not_started", None if started else first
    )
