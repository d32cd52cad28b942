"""What the rulebook says about a roster of trainees, as errors that a person can mend.

Used by the mutations and, for files on a desk, by ``certhub roster check``: the verdict is that of
``osh.roster``; here is only which field, row and file its codes are about, and what was expected.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ..domain.decision import Decision, Severity
from ..domain.periods import DAY
from ..domain.submission import UserError
from ..rules.params import Ruleset
from .osh_plan import trainees_of
from .osh_texts import row_texts

__all__ = ["ROW_FIELDS", "RosterPlace", "Verdict", "limit_of", "roster_verdict"]

ROW_FIELDS: Mapping[str, str] = {
    "osh.roster.id_format": "national_id",
    "osh.roster.id_checksum": "national_id",
    "osh.roster.duplicate_person": "national_id",
    "osh.roster.birth_date_invalid": "birth_date",
    "osh.roster.licence_not_verified": "licence_verified",
    "osh.roster.profession_not_allowed": "profession",
    "osh.roster.waiver_in_service": "waiver",
    "osh.roster.waiver_incomplete": "waiver",
    "osh.roster.waiver_course_unknown": "waiver",
}
"""The cell that a row's error is about."""

_SURPLUS = "osh.roster.surplus_fields"
_WHOLE = {
    "not_owner": "classNo",
    "institution_not_recognised": "institutionCode",
    "too_late": "startsOn",
}
_LIMITS = {
    "over_80": "size_professional",
    "over_120": "size_in_service",
    "over_60_discussion": "size_discussion",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Errors refuse; warnings do not."""

    errors: tuple[UserError, ...] = ()
    warnings: tuple[UserError, ...] = ()

    def __add__(self, other: "Verdict") -> "Verdict":
        """Both, in order."""
        return Verdict(self.errors + other.errors, self.warnings + other.warnings)


@dataclass(frozen=True, slots=True)
class RosterPlace:
    """Where the rows of a roster stand.

    Attributes:
        file: Its name; None for rows sent as input, which count from 1.
        lines: Line of the sheet of each row.
    """

    file: str | None = None
    lines: Sequence[int] = ()

    def line(self, position: int) -> int:
        """Of the row at ``position``, from 1."""
        return self.lines[position - 1] if self.lines else position


def limit_of(code: str, day: date, ruleset: Ruleset) -> str | None:
    """The most persons that a code of size speaks of."""
    name = _LIMITS.get(code.rpartition(".")[2])
    figure = ruleset.on(day).get("osh.class", name) if name else None
    return None if figure is None else f"<= {figure.value}"


def roster_verdict(
    given: Mapping[str, Any], decision: Decision, place: RosterPlace, ruleset: Ruleset
) -> Verdict:
    """The errors and warnings of ``osh.roster``, the whole roster's first, then row by row.

    Args:
        given: The facts asked about.
        decision: What ``osh.roster`` made of them.
        place: Where the rows stand.
        ruleset: Figures, for what was expected.
    """
    report: Mapping[str, Any] = decision.report
    by_row = {str(error["code"]) for error in report["errors"]}
    errors: list[UserError] = []
    warnings: list[UserError] = []
    for finding in decision.findings:
        if finding.code in by_row or finding.code == _SURPLUS or finding.severity is Severity.INFO:
            continue
        said = UserError(
            finding.code,
            (_WHOLE.get(finding.code.rpartition(".")[2], "trainees"),),
            place.file,
            None,
            _whole_expected(finding.code, given, ruleset),
            found=_whole_found(finding.code, given),
        )
        (warnings if finding.severity is Severity.WARNING else errors).append(said)
    expected = _RowExpected(given, ruleset)
    for error, row in zip(report["errors"], report["error_rows"], strict=True):
        code = str(error["code"])
        field = error.get("field") or ROW_FIELDS.get(code)
        errors.append(
            UserError(
                code, (_camel(str(field)),) if field else None, place.file, place.line(row),
                expected.of(code), found=_row_found(code, given["rows"][row - 1], given["class"]),
            )
        )  # fmt: skip
    errors += _of_ours(given["rows"], place)
    warnings += [
        UserError(_SURPLUS, None, place.file, place.line(row), "name, birth_date, national_id")
        for row in report["surplus_rows"]
    ]
    return Verdict(tuple(errors), tuple(warnings))


def _of_ours(rows: Sequence[Mapping[str, Any]], place: RosterPlace) -> list[UserError]:
    """What the rulebook need not say: somebody on every roster, one seat each, plain text."""
    if not rows:
        return [UserError("rows_missing", ("rows",), place.file, None, ">= 1")]
    taken = [
        UserError("seat_taken", ("seq",), place.file, place.line(row))
        for row in _seats_taken_twice(rows)
    ]
    texts = [
        replace(error, file=place.file, row=place.line(row))
        for row, person in enumerate(trainees_of(rows), start=1)
        for error in row_texts(person, row)
    ]
    return taken + texts


def _seats_taken_twice(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Positions, from 1, of rows whose 序號 another person has already.

    Attendance and results are reported by 序號, so two persons on one seat could not be told apart.
    The same person twice is told as such.
    """
    seats: dict[str, object] = {}
    found = []
    for position, row in enumerate(rows, start=1):
        seat = str(row.get("seq") or "").strip()
        if not seat:
            continue
        number = row.get("national_id")
        if seats.setdefault(seat, number) != number:
            found.append(position)
    return found


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


class _RowExpected:
    """What a cell should have held, as a code or figure."""

    def __init__(self, given: Mapping[str, Any], ruleset: Ruleset) -> None:
        held = given["class"]
        submitted = _day(given["submitted_on"])
        related = ruleset.on(submitted).value("osh.class", "related_professions")
        self._said = {
            "id_format": "[A-Z][1289] + 8 digits, or [A-Z][A-D] + 8 digits",
            "birth_date_invalid": f"YYYY-MM-DD < {_day(held['starts_on']).isoformat()}",
            "licence_not_verified": "true",
            "profession_not_allowed": "、".join(("physician", "nurse", *related)),
            "waiver_course_unknown": "、".join(dict.fromkeys(held.get("courses", ()))) or None,
            "waiver_incomplete": "proof, courses",
        }

    def of(self, code: str) -> str | None:
        """For the error ``code``."""
        return self._said.get(code.rpartition(".")[2])


def _row_found(code: str, row: Mapping[str, Any], held: Mapping[str, Any]) -> str | None:
    """What stood in the cell, where it is a code or the name of a course."""
    waiver = row.get("waiver") or {}
    match code.rpartition(".")[2]:
        case "profession_not_allowed":
            return row.get("profession")
        case "licence_not_verified":
            said = row.get("licence_verified")
            return None if said is None else str(said).lower()
        case "waiver_course_unknown":
            unknown = [
                item for item in waiver.get("courses", ()) if item not in held.get("courses", ())
            ]
            return "、".join(unknown)
        case "waiver_incomplete":
            there = [name for name in ("proof", "courses") if waiver.get(name)]
            return ", ".join(there) or None
        case _:
            return None


def _whole_found(code: str, given: Mapping[str, Any]) -> str | None:
    people = int(given["class"].get("already", 0)) + len(given["rows"])
    match code.rpartition(".")[2]:
        case "too_late" | "institution_not_recognised":
            return _day(given["submitted_on"]).isoformat()
        case "too_few" | "over_80" | "over_120" | "over_60_discussion":
            return str(people)
        case _:
            return None


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _whole_expected(code: str, given: Mapping[str, Any], ruleset: Ruleset) -> str | None:
    starts_on = _day(given["class"]["starts_on"])
    figures = ruleset.on(starts_on)
    match code.rpartition(".")[2]:
        case "too_late":
            days = "file_days" if given["phase"] == "filing" else "change_days"
            due = starts_on - figures.value("osh.class", days) * DAY
            return f"<= {due.isoformat()}"
        case "too_few":
            return f">= {figures.value('osh.class', 'min_enrolled')}"
        case _:
            return limit_of(code, starts_on, ruleset)
