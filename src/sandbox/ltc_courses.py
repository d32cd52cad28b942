"""The LTC courses of a world: one of each kind in each month, as the law of the time named them."""

from datetime import date, timedelta
from typing import NamedTuple

from ..domain.periods import add_months
from .ltc_records import Lesson

__all__ = ["FIRST_MONTH", "MONTHS", "Catalogue", "Kind", "month_index"]

FIRST_MONTH = date(2017, 6, 1)
MONTHS = 87
"""June 2017 to August 2024: the month in which the calendar stands has no finished course."""

_NEW_NAMES = date(2022, 9, 4)
_SEPARATE_FROM = date(2024, 1, 1)
_NEW_CULTURE = date(2024, 6, 3)
_HALF_POINTS = date(2022, 9, 4)
_FULL_POINTS = date(2023, 10, 13)


class Kind(NamedTuple):
    """A kind of course.

    Attributes:
        title: 課程名稱 without the number.
        attribute: 課程屬性.
        category: 課程類別, of today's wording, or empty.
        minutes: Net length.
        mode: ``in_person``, ``live`` or ``online``.
        training_course: 訓練課程, as printed.
    """

    title: str
    attribute: str
    category: str
    minutes: int
    mode: str = "in_person"
    training_course: str = "9.其他"


KINDS = {
    "P300": Kind("失能個案照顧實務", "專業課程", "", 300),
    "P360": Kind("長照服務專業知能", "專業課程", "", 360),
    "P180": Kind("營養與吞嚥照顧", "專業課程", "", 180),
    "PLIVE": Kind("輔具與居家環境", "專業課程", "", 180, "live"),
    "PNET": Kind("認識長照服務", "專業課程", "", 120, "online"),
    "PNET5": Kind("長照專業進階", "專業課程", "", 500, "online"),
    "Q120": Kind("服務品質與評鑑", "專業品質", "", 120),
    "QNET": Kind("品質指標入門", "專業品質", "", 100, "online"),
    "E120": Kind("照顧倫理案例研討", "專業倫理", "", 120),
    "L120": Kind("長照相關法規", "專業法規", "", 120),
    "LNET": Kind("長照法規概要", "專業法規", "", 100, "online"),
    "FIRE": Kind("長照機構消防安全", "專業法規", "消防安全", 180),
    "EMERGENCY": Kind("緊急事件應變", "專業品質", "緊急應變", 180),
    "INFECTION": Kind("感染管制實務", "專業品質", "感染管制", 180),
    "GENDER": Kind("性別敏感度照顧實務", "專業倫理", "性別敏感度", 180),
    "GENDERNET": Kind("性別敏感度入門", "專業倫理", "性別敏感度", 100, "online"),
    "CULTURE": Kind("文化敏感度之照顧議題", "專業倫理", "culture", 120),
    "INDIGENOUS": Kind("文化安全與原住民族長期照顧", "專業倫理", "indigenous", 60),
    "MULTI": Kind("多元族群照顧實務", "專業課程", "multicultural", 60),
    "DEMENTIA": Kind("失智症照顧服務20小時", "專業課程", "", 1000, "in_person", "3.失智症照顧服務20小時訓練課程"),
    "CAREGIVER": Kind("照顧服務員資格訓練", "專業課程", "", 360, "in_person", "1.照顧服務員資格訓練"),
}  # fmt: skip


def month_index(day: date) -> int:
    """Position of a day's month in the catalogue; below 0 or from ``MONTHS`` on: outside it."""
    return (day.year - FIRST_MONTH.year) * 12 + day.month - FIRST_MONTH.month


def _categories(category: str, day: date) -> tuple[str, ...]:
    """The category as the system named it on that day."""
    if category == "感染管制" and day < _NEW_NAMES:
        return ("傳染病防治",)
    if category == "culture":
        if day < _NEW_NAMES:
            return ("多元族群文化" if day.month % 4 else "多元文化族群",)
        if day < _NEW_CULTURE:
            return ("原住民族與多元族群文化敏感度及能力",)
        return ("多元族群文化敏感度及能力",)
    if category == "indigenous":
        return ("原住民族文化敏感度及能力",) if day >= _SEPARATE_FROM else ()
    if category == "multicultural":
        return ("多元族群文化敏感度及能力",) if day >= _SEPARATE_FROM else ()
    return (category,) if category else ()


def _points(kind: Kind, day: date) -> int:
    """Points in hundredths: 50 minutes are one, online by the rate of the day."""
    if kind.mode == "online":
        if day < _HALF_POINTS:
            return 100
        if day < _FULL_POINTS:
            return kind.minutes
    return 2 * kind.minutes


class Catalogue:
    """Every course of a world.

    Args:
        providers: Unit ids and names; courses go round among them.
        editions: How many courses of a kind a month has.
    """

    def __init__(self, providers: list[tuple[str, str]], editions: int, first_number: int) -> None:
        self.lessons: list[Lesson] = []
        self._editions = editions
        self._start = {code: position for position, code in enumerate(KINDS)}
        number = first_number
        for position, kind in enumerate(KINDS.values()):
            for month in range(MONTHS):
                for edition in range(editions):
                    number += 1
                    provider = providers[number * 7 % len(providers)]
                    day = add_months(FIRST_MONTH, month) + timedelta(
                        days=(3 + position + 5 * edition) % 26 + 1
                    )
                    self.lessons.append(self._lesson(kind, day, number, provider))

    @staticmethod
    def _lesson(kind: Kind, day: date, number: int, provider: tuple[str, str]) -> Lesson:
        name = f"{kind.title}{number % 1000}"
        first = last = day
        if kind.mode == "online":
            name = f"{name}（網路課程）"
            first = day.replace(day=1)
            last = add_months(first, 1) - timedelta(days=1)
        elif kind.mode == "live":
            name = f"{name}（線上同步課程）"
        elif kind.minutes > 420:
            first = day.replace(day=1)
            last = first + timedelta(days=kind.minutes // 360)
        return Lesson(
            course_id=f"K{number:07d}",
            name=name,
            first=first,
            last=last,
            attribute=kind.attribute,
            categories=_categories(kind.category, last),
            mode="網路" if kind.mode == "online" else "實體",
            live_sync=kind.mode == "live",
            points=_points(kind, last),
            unit_id=provider[0],
            unit_name=provider[1],
            training_course=kind.training_course,
        )

    def lesson(self, code: str, month: int, edition: int) -> Lesson:
        """The course of a kind in a month; ``edition`` is taken modulo what there is."""
        base = (self._start[code] * MONTHS + month) * self._editions
        return self.lessons[base + edition % self._editions]
