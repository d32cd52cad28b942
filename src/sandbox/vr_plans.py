"""What a generated VR professional holds: the period of the qualification and the hours for it."""

from datetime import date, timedelta
from typing import NamedTuple

from ..domain.periods import add_months, add_years, period_end
from .clock import SANDBOX_DAY
from .dice import Dice

__all__ = ["TITLES", "Holding", "Leave", "holding"]

_DAY = timedelta(days=1)
_FIRST_CE = date(2016, 2, 14)

TITLES = (
    (("就業服務員", "第七條第一項第三款"), 520),
    (("職業重建個案管理員", "第八條第一項第一款"), 190),
    (("職業輔導評量員", "第六條第一項第一款"), 70),
    (("職業訓練員", "第五條第一項第三款第一目"), 60),
    (("職業訓練師", "第四條"), 30),
    (("督導_就業督導", "第九條第一項"), 50),
    (("督導_職管督導", "第九條第一項"), 40),
    (("督導_職評督導", "第九條第一項"), 20),
    (("督導", "第九條第一項"), 20),
)
"""Title with the clause it rests on, and weight per thousand."""

_LIVES = (
    ("running", 440),
    ("window", 200),
    ("expired", 120),
    ("pending", 60),
    ("extended", 60),
    ("renewed_ahead", 30),
    ("in_review", 60),
    ("refused", 30),
)
_OUTCOMES = (("complete", 480), ("professional", 250), ("ethics", 150), ("nothing", 120))
_IN_REVIEW = ("暫存", "送審中", "補件", "初審", "複審", "審查會議")


class Leave(NamedTuple):
    """A leave that moves the end of the period (資格展延)."""

    first: date
    last: date
    status: str


class Holding(NamedTuple):
    """A qualification to be, as the site prints it.

    Attributes:
        status: 審核狀態.
        issued_on: 資格發函日期, null until granted.
        renewed_on: 資格更新日期; with 案件申請中 the day of the application.
        ce_completed_on: First day of the period that the last renewal opened.
        start: First day of the present period; of no meaning while in review.
        end: Its last day, with the leave.
        leave: What moved the end, or would.
        outcome: How the hours turn out.
    """

    status: str
    issued_on: date | None
    renewed_on: date | None
    ce_completed_on: date | None
    start: date
    end: date
    leave: Leave | None
    outcome: str


def _present_period(dice: Dice, life: str) -> tuple[date, date]:
    today = SANDBOX_DAY
    if life in {"window", "renewed_ahead"}:
        end = dice.day(today, today + timedelta(days=90 if life == "renewed_ahead" else 180))
    elif life == "pending":
        end = dice.day(today - timedelta(days=20), today + timedelta(days=60))
    elif life == "expired":
        end = dice.day(add_months(today, -30), today - _DAY)
    elif life == "extended":
        end = dice.day(add_months(today, -4), add_months(today, 10))
    else:
        end = dice.day(today + timedelta(days=185), period_end(today - timedelta(days=5), 3))
    return add_years(end + _DAY, -3), end


def holding(dice: Dice) -> Holding:
    """The throw for one qualification."""
    life = dice.weighted(_LIVES)
    outcome = dice.weighted(_OUTCOMES)
    start, end = _present_period(dice, life)
    if life in {"in_review", "refused"}:
        status = "資格不符" if life == "refused" else dice.pick(_IN_REVIEW)
        return Holding(status, None, None, None, start, end, None, outcome)
    cycles = dice.below(3)
    issued = add_years(start, -3 * cycles)
    if issued < _FIRST_CE:
        cycles, issued = 0, start
    renewed = completed = None
    if cycles:
        completed = start
        renewed = start - timedelta(days=dice.below(80))
    status, leave = "確認", None
    if life == "pending":
        status = "案件申請中"
        renewed = min(SANDBOX_DAY, end) - timedelta(days=dice.below(30))
    elif life == "renewed_ahead":
        # Granted before the old period has run out: the new one opens the day after its end.
        renewed, completed = SANDBOX_DAY - timedelta(days=dice.below(20)), end + _DAY
    elif life == "extended":
        first = dice.day(start + timedelta(days=30), end - timedelta(days=300))
        leave = Leave(
            first,
            add_months(first, 3 + dice.below(4)) - _DAY,
            dice.weighted((("通過", 800), ("送審中", 120), ("不通過", 80))),
        )
        if leave.status == "通過":
            end += leave.last - leave.first + _DAY
    return Holding(status, issued, renewed, completed, start, end, leave, outcome)
