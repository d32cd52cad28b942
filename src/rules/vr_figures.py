"""The VR figures of one day, with ``given.params`` put in their place.

Rulebook: domain/vr.md, VR-R1, VR-R2, sections 4 and 5.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from ..domain.amounts import parse_amount
from ..domain.decision import Finding, Severity
from ..domain.errors import InvalidFacts, NoFigureInForce
from ..domain.periods import last_day_within, roll_forward
from .params import FigureValue, Ruleset

__all__ = ["Figures", "plan_notices"]

_REGISTRY = "vr."
_LARGEST = 10**9
_LONGEST = {"years": 100, "months": 1200, "days": 36_500}
_LAST_YEAR = 2999


@lru_cache(maxsize=64)
def _starts(ruleset: Ruleset, groups: tuple[str, ...]) -> tuple[date, ...]:
    return tuple(
        sorted(
            {
                figure.since
                for group in groups
                for dated in ruleset.groups[group].values.values()
                for figure in dated
                if figure.enabled
            }
        )
    )


def _override(unit: str, value: object, path: str) -> object:
    """An overriding value, checked against the unit of the figure it replaces."""
    if value is None:
        return None
    if unit in {"hours", "multiplier"}:
        try:
            amount = parse_amount(value)
        except ValueError as error:
            raise InvalidFacts.at(path, str(error), "至多二位小數之數") from error
        if not 0 <= amount < _LARGEST:
            raise InvalidFacts.at(path, "an amount that is not negative", "不得為負數")
        return amount if unit == "hours" else value
    if unit == "switch":
        if isinstance(value, (bool, str)):
            return value
        raise InvalidFacts.at(path, "true, false or a code", "真、偽或代碼")
    most = _LONGEST.get(unit, _LARGEST)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    raise InvalidFacts.at(path, "a whole number that is not negative", "非負整數")


class Figures:
    """The VR figures in force on one day, ``given.params`` put in their place by name."""

    __slots__ = ("_overrides", "_params", "day", "ruleset")

    def __init__(self, ruleset: Ruleset, day: date, overrides: Mapping[str, object]) -> None:
        """Picks the figures of ``day``.

        Raises:
            InvalidFacts: an override names no figure of the VR rulebook or is of another kind, or
                the day lies beyond what calendar arithmetic follows.
        """
        if day.year > _LAST_YEAR:
            raise InvalidFacts.at("as_of", f"a day before {_LAST_YEAR + 1}")
        self.ruleset = ruleset
        self.day = day
        self._params = ruleset.on(day)
        self._overrides: dict[str, FigureValue] = {}
        for name, value in overrides.items():
            group = next(
                (
                    group
                    for key, group in ruleset.groups.items()
                    if key.startswith(_REGISTRY) and name in group.values
                ),
                None,
            )
            if group is None or isinstance(group.values[name][0].value, (Mapping, list)):
                raise InvalidFacts.at(
                    f"params.{name}", "a parameter of the VR rulebook", "VR 規則之參數"
                )
            replaced = _override(group.unit, value, f"params.{name}")
            self._overrides[name] = FigureValue(replaced, "hub#params", day, confirmed=False)

    def get(self, group: str, name: str) -> FigureValue | None:
        """The figure, or None where none is in force."""
        if name in self._overrides:
            figure = self._overrides[name]
            return None if figure.value is None else figure
        return self._params.get(f"vr.{group}", name)

    def figure(self, group: str, name: str) -> FigureValue:
        """The figure with its citation.

        Raises:
            NoFigureInForce: none on that day.
        """
        found = self.get(group, name)
        if found is None:
            raise NoFigureInForce(
                f"no figure vr.{group}:{name} in force on {self.day}",
                f"{self.day} 無有效之參數 vr.{group}:{name}",
                details={"figure": f"vr.{group}:{name}", "on": self.day.isoformat()},
            )
        return found

    def number(self, group: str, name: str) -> int:
        """A whole number: hundredths in groups of hours, else as written."""
        value = self.figure(group, name).value
        return value if isinstance(value, int) else int(str(value))

    def is_on(self, name: str) -> bool:
        """A switch that is true or false.

        Raises:
            InvalidFacts: overridden by something else.
        """
        value = self.figure("switches", name).value
        if isinstance(value, bool):
            return value
        raise InvalidFacts.at(f"params.{name}", "true or false", "真或偽")

    def option(self, name: str, *options: str) -> str:
        """A switch that is one of ``options``.

        Raises:
            InvalidFacts: overridden by something else.
        """
        value = self.figure("switches", name).value
        if value in options:
            return str(value)
        raise InvalidFacts.at(f"params.{name}", f"one of {', '.join(options)}")

    def law(self, subject: str) -> str | None:
        """The citation of a subject in the text of the day; None where the text lacks it."""
        found = self._params.get("vr.law", subject)
        return None if found is None else found.law

    def begun(self, subject: str) -> date:
        """First day on which any text of the regulation held the subject."""
        return self.ruleset.groups["vr.law"].values[subject][0].since

    def within(self, event: date, months: int) -> date:
        """Last day "within N months after ``event``" (VR-R2), moved off rest days if so set."""
        day = last_day_within(event, months)
        return roll_forward(day) if self.is_on("roll_on_rest_days") else day

    def changes_after(self, day: date, *groups: str) -> tuple[date, ...]:
        """Days after ``day`` on which a figure of ``groups`` or the law changes."""
        starts = _starts(self.ruleset, tuple(f"vr.{group}" for group in ("law", *groups)))
        return tuple(start for start in starts if start > day)


def plan_notices(figures: Figures) -> tuple[Finding, ...]:
    """What to say where the plan of the day was revised and its text is not held.

    Law: seed-001 (plan of 2022-10-06); vr.md section 2 F.
    """
    if figures.is_on("plan_verified"):
        return ()
    law = figures.figure("switches", "plan_verified").law
    return (Finding("plan_version_unverified", Severity.INFO, law),)
