"""Which certificates a generated carer holds, and which courses he or she took for them."""

from datetime import date, timedelta
from typing import NamedTuple

from ..domain.periods import add_months, add_years, period_end
from .clock import SANDBOX_DAY
from .dice import Dice
from .ltc_courses import MONTHS, month_index

__all__ = ["Holding", "Taken", "courses_taken", "holdings"]

_DAY = timedelta(days=1)
_EXTENDED_FROM, _EXTENDED_TO = date(2023, 6, 2), date(2024, 6, 1)
_NEW_CULTURE = date(2024, 6, 3)

_TYPES = (
    ("照顧服務人員", 640),
    ("居家服務督導員", 90),
    ("教保員", 30),
    ("社會工作人員", 80),
    ("醫事人員", 70),
    ("照顧管理人員", 50),
    ("社區整合型服務中心個案管理人員", 40),
)
_LIVES = (
    ("far", 480),
    ("window", 150),
    ("extended", 70),
    ("expired", 120),
    ("renewed", 110),
    ("renewed_ahead", 20),
    ("temporary", 20),
    ("ended", 30),
)
_OUTCOMES = (
    ("complete", 420),
    ("total", 180),
    ("quality", 90),
    ("safety", 80),
    ("theme", 50),
    ("culture", 90),
    ("online", 60),
    ("nothing", 30),
)


class Holding(NamedTuple):
    """A certificate to be: its period as the system keeps it, and how its credits turn out."""

    personnel_type: str
    foreign_track: bool
    valid_from: date
    valid_to: date
    original_valid_to: date
    credit_from: date
    renewal_count: int
    suffix: str
    state: str
    outcome: str


class Taken(NamedTuple):
    """A course taken: kind and month of the catalogue."""

    code: str
    month: int


def _life(dice: Dice, life: str) -> tuple[date, date, date, int, str, str]:
    """Valid from, original valid to, credit from, renewals, suffix and state."""
    today = SANDBOX_DAY
    if life == "temporary":
        start = dice.day(add_months(today, -5), today - 10 * _DAY)
        end = add_months(start, 3) - _DAY
        return start, end, start, 0, "臨時證", "有效" if end >= today else "逾期"
    if life == "window":
        end = dice.day(today, add_months(today, 6))
    elif life == "extended":
        end = dice.day(date(2023, 9, 2), _EXTENDED_TO)
    elif life == "expired":
        # Until 2023-09-01 the extension has run out too; from 2024-06-02 there is none.
        end = dice.day(_EXTENDED_FROM, date(2023, 9, 1))
        if dice.chance(500):
            end = dice.day(date(2024, 6, 2), today - _DAY)
    elif life == "renewed":
        old_end = dice.day(_EXTENDED_FROM, today - _DAY)
        applied = old_end - timedelta(days=dice.below(150))
        end = add_years(old_end, 6)
        if old_end <= _EXTENDED_TO and dice.chance(400):
            applied = old_end + _DAY
        return old_end + _DAY, end, applied, 1, "01", "有效"
    elif life == "renewed_ahead":
        old_end = dice.day(today, today + timedelta(days=80))
        return old_end + _DAY, add_years(old_end, 6), today - 30 * _DAY, 1, "01", "有效"
    else:
        start = dice.day(add_years(today, -5), today - 20 * _DAY)
        ended = dice.pick(("註銷", "廢止", "撤銷")) if life == "ended" else "有效"
        return start, period_end(start, 6), start, 0, "01", ended
    start = add_years(end + _DAY, -6)
    over = end if end > _EXTENDED_TO else add_years(end, 1)
    return start, end, start, 0, "01", "有效" if over >= today else "逾期"


def _holding(dice: Dice, personnel_type: str, *, foreign_track: bool) -> Holding:
    life = dice.weighted(_LIVES)
    start, original, credit_from, renewals, suffix, state = _life(dice, life)
    end = original
    if renewals == 0 and suffix == "01" and _EXTENDED_FROM <= original <= _EXTENDED_TO:
        end = add_years(original, 1)
    return Holding(
        personnel_type=personnel_type,
        foreign_track=foreign_track,
        valid_from=start,
        valid_to=end,
        original_valid_to=original,
        credit_from=credit_from,
        renewal_count=renewals,
        suffix=suffix,
        state=state,
        outcome=dice.weighted(_OUTCOMES),
    )


def _before(held: Holding) -> Holding:
    """The certificate that a renewed one follows."""
    end = held.valid_from - _DAY
    extended = _EXTENDED_FROM <= end <= _EXTENDED_TO
    start = add_years(held.valid_from, -6)
    return held._replace(
        valid_from=start,
        valid_to=add_years(end, 1) if extended else end,
        original_valid_to=end,
        credit_from=start,
        renewal_count=0,
        state="有效" if end >= SANDBOX_DAY else "逾期",
        outcome="complete",
    )


def holdings(dice: Dice, *, foreign: bool) -> list[Holding]:
    """The certificates of a carer; foreign carers mostly on their own track."""
    if foreign and dice.chance(700):
        return [_holding(dice, "照顧服務人員", foreign_track=True)]
    held = [_holding(dice, dice.weighted(_TYPES), foreign_track=False)]
    while len(held) < 3 and dice.chance(130):
        held.append(_holding(dice, dice.weighted(_TYPES), foreign_track=False))
    # Half of the renewed ones, and all renewed ahead, still have the old certificate on file.
    renewed = [one for one in held if one.renewal_count]
    ahead = [one for one in renewed if one.valid_from > SANDBOX_DAY or dice.chance(500)]
    return [*(_before(one) for one in ahead), *held]


def _months(held: Holding) -> tuple[int, int]:
    """Months of the catalogue that lie wholly inside the credit window, up to the present."""
    first = month_index(held.credit_from) + 1
    last = min(month_index(min(held.valid_to, SANDBOX_DAY)) - 1, MONTHS - 1)
    return max(first, 0), last


def courses_taken(dice: Dice, held: Holding) -> list[Taken]:
    """The courses behind a certificate, about 25 for six full years."""
    first, last = _months(held)
    if last < first or held.suffix == "臨時證" or held.outcome == "nothing":
        return []
    if held.foreign_track:
        return _foreign(dice, held, first, last)
    share = min(last - first + 1, 66) / 66
    taken: list[Taken] = []

    def take(code: str, times: int, since: int = first, until: int = last) -> None:
        if until >= since:
            taken.extend(Taken(code, dice.between(since, until)) for _ in range(times))

    full = {"total": 6 + dice.below(7), "online": 9}.get(held.outcome, 14 + dice.below(3))
    for _ in range(max(1, round(full * share))):
        take(dice.pick(("P360", "P360", "P360", "P300", "P180", "PLIVE")), 1)
    take(
        "PNET5" if held.outcome == "online" else "PNET",
        round((8 if held.outcome == "online" else 3) * share),
    )
    themes = ["FIRE", "EMERGENCY", "INFECTION", "GENDER"]
    if held.outcome == "theme":
        themes.remove(dice.pick(themes))
    elif held.outcome == "safety":
        themes = [*themes[: 1 + dice.below(2)], "GENDERNET"]
    for code in themes:
        take(code, 1)
    if held.outcome == "quality":
        take("E120", 1)
    else:
        for code in ("Q120", "E120", "L120"):
            take(code, 1 if share < 0.7 else 2)
        take(dice.pick(("QNET", "LNET")), 1)
    take("CULTURE", 1 + dice.below(2), first, min(last, month_index(_NEW_CULTURE) - 1))
    if held.outcome != "culture":
        take("INDIGENOUS", 1, max(first, month_index(_NEW_CULTURE)))
        take("MULTI", 1, max(first, month_index(_NEW_CULTURE)))
    if dice.chance(60):
        take("DEMENTIA", 1)
    if dice.chance(40):
        take("CAREGIVER", 1)
    return taken


def _foreign(dice: Dice, held: Holding, first: int, last: int) -> list[Taken]:
    """About 20 points in each validity year, themes by the outcome."""
    taken: list[Taken] = []
    for year_first in range(first, last + 1, 12):
        year_last = min(year_first + 11, last)
        lacking = held.outcome in {"total", "safety", "theme"} and dice.chance(400)
        codes = ["P180"] if lacking else ["P360", "P300", "P180"]
        themes = ("FIRE", "EMERGENCY", "INFECTION", "GENDER")
        codes += [code for code in themes if not (lacking and dice.chance(500))]
        taken.extend(Taken(code, dice.between(year_first, year_last)) for code in codes)
    if held.outcome != "culture":
        taken.append(Taken("CULTURE", dice.between(first, last)))
    return taken
