"""What is wrong with a class plan (附表二 to 附表四), as errors that a person can mend.

The verdict is that of ``osh.class_filing``; here is which field and row it is about, and what the
contract wants beside it. The trainees' rows (附表五) are ``osh_checks``' part.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ..domain.amounts import to_number
from ..domain.decision import Decision, Severity
from ..domain.periods import DAY
from ..domain.submission import UserError
from ..domain.vocabulary import terms_of
from ..rules.engine import evaluate
from ..rules.osh_common import CATEGORIES
from ..rules.params import Ruleset
from .osh_checks import Verdict, limit_of
from .osh_plan import ClassPlan
from .osh_texts import plan_texts

__all__ = ["FORMATS", "KINDS", "check_plan", "is_decidable", "plan_rule"]

KINDS = ("professional", "in_service")
FORMATS = ("lecture", "group_discussion")
_FIRST, _LAST = date(2000, 1, 1), date(2999, 12, 31)
_MOST_SESSIONS = 500
_MOST_HOURS = 100_000

_CLASS_FIELDS: Mapping[str, str] = {
    "osh.class.filed_late": "startsOn",
    "osh.class.changed_late": "startsOn",
    "osh.class.not_sent_to_local_authority": "letterOn",
    "osh.class.counsellor_missing": "counsellor",
    "osh.class.institution_not_recognised": "startsOn",
    "osh.class.kind_not_recognised": "kind",
    "osh.class.ends_after_recognition": "endsOn",
    "osh.class.category_below_2h": "timetable",
    "osh.class.category_missing": "timetable",
}
_DOCUMENT_FIELDS = {
    "timetable": "timetable",
    "lecturer_roster": "lecturers",
    "trainee_roster": "trainees",
    "venue_proof": "venueProof",
}
_ROW_OF_PLAN = {"osh.class.lecturer_clause_missing", "osh.class.lecturer_not_in_roster"}


def _missing(*path: str, row: int | None = None) -> UserError:
    return UserError("osh.roster.field_missing", path, None, row)


def _enum(
    path: tuple[str, ...], allowed: Sequence[str], found: str | None, row: int | None = None
) -> UserError:
    return UserError("enum_invalid", path, None, row, "、".join(allowed), found=found)


def is_decidable(kind: str, form: str, starts_on: date) -> bool:
    """Whether the rulebook has anything to say of such a class."""
    return kind in KINDS and form in FORMATS and _FIRST <= starts_on <= _LAST


def _head(plan: ClassPlan) -> list[UserError]:
    """The notice itself (附表二)."""
    errors: list[UserError] = []
    if plan.kind not in KINDS:
        errors.append(_enum(("kind",), KINDS, plan.kind))
    if plan.format not in FORMATS:
        errors.append(_enum(("format",), FORMATS, plan.format))
    if plan.ends_on < plan.starts_on:
        errors.append(
            UserError(
                "day_invalid", ("endsOn",), expected=f">= {plan.starts_on}", found=str(plan.ends_on)
            )
        )
    errors += [
        UserError("day_invalid", (name,), expected=f"{_FIRST}..{_LAST}", found=str(day))
        for name, day in (("startsOn", plan.starts_on), ("endsOn", plan.ends_on))
        if not _FIRST <= day <= _LAST
    ]
    plain = {
        "periodNo": plan.period_no,
        "name": plan.name,
        "materials": plan.materials,
        "letterNo": plan.letter_no,
    }
    errors += [_missing(name) for name, value in plain.items() if not (value or "").strip()]
    place = {"name": plan.venue.name, "address": plan.venue.address, "county": plan.venue.county}
    errors += [
        _missing("venue", name) for name, value in place.items() if not (value or "").strip()
    ]
    if plan.venue.county and not terms_of("county", plan.venue.county):
        errors.append(_enum(("venue", "county"), ("63000",), plan.venue.county))
    return errors


def _lecturers(plan: ClassPlan) -> tuple[list[UserError], list[UserError]]:
    """Lecturers (附表四) row by row; who teaches without standing there (OSH-R25)."""
    errors: list[UserError] = []
    unclaused: list[UserError] = []
    names: set[str] = set()
    for row, lecturer in enumerate(plan.lecturers, start=1):
        name = (lecturer.name or "").strip()
        if not name:
            errors.append(_missing("lecturers", "name", row=row))
        elif name in names:
            errors.append(UserError("row_repeated", ("lecturers", "name"), None, row))
        names.add(name)
        if not (lecturer.clause or "").strip():
            unclaused.append(
                UserError("osh.class.lecturer_clause_missing", ("lecturers", "clause"), None, row)
            )
    for row, session in enumerate(plan.timetable, start=1):
        if not (session.lecturer or "").strip():
            errors.append(_missing("timetable", "lecturer", row=row))
        elif plan.lecturers and (session.lecturer or "").strip() not in names:
            path = ("timetable", "lecturer")
            errors.append(UserError("osh.class.lecturer_not_in_roster", path, None, row))
    if plan.kind == "in_service":
        return errors, unclaused
    return errors + unclaused, []


def _timetable(plan: ClassPlan) -> list[UserError]:
    """The timetable (附表三) row by row."""
    errors: list[UserError] = []
    span = f"{plan.starts_on.isoformat()}..{plan.ends_on.isoformat()}"
    for row, session in enumerate(plan.timetable, start=1):
        if session.held_on is None or not plan.starts_on <= session.held_on <= plan.ends_on:
            there = None if session.held_on is None else str(session.held_on)
            path = ("timetable", "date")
            errors.append(UserError("day_invalid", path, None, row, span, found=there))
        errors += [
            _missing("timetable", name, row=row)
            for name in ("time", "course")
            if not (getattr(session, name) or "").strip()
        ]
        if session.hours is None or not 0 < session.hours <= _MOST_HOURS:
            expected = f"0.01..{to_number(_MOST_HOURS)}"
            there = None if session.hours is None else str(to_number(session.hours))
            path = ("timetable", "hours")
            errors.append(UserError("hours_invalid", path, None, row, expected, found=there))
        if session.category is not None and session.category not in CATEGORIES:
            errors.append(_enum(("timetable", "category"), CATEGORIES, session.category, row))
    return errors


def plan_rule(
    plan: ClassPlan,
    recognition: Mapping[str, Any] | None,
    *,
    filed_on: date,
    letter_on: date | None,
    changed_on: date | None = None,
) -> dict[str, Any]:
    """Facts of ``osh.class_filing`` for a plan."""
    hours: dict[str, int] = {}
    timetable: list[dict[str, Any]] = []
    for session in plan.timetable:
        taught = min(max(0, session.hours or 0), _MOST_HOURS)
        lesson: dict[str, Any] = {
            "lecturer": (session.lecturer or "").strip(),
            "hours": to_number(taught),
        }
        if session.category in CATEGORIES:
            lesson["category"] = session.category
            hours[session.category] = hours.get(session.category, 0) + taught
        timetable.append(lesson)
    there = {
        "plan_notice": True,
        "timetable": bool(plan.timetable),
        "lecturer_roster": bool(plan.lecturers),
        "trainee_roster": bool(plan.trainees),
        "venue_proof": bool(plan.venue_proof.document_no and plan.venue_proof.issued_on),
    }
    filed: dict[str, Any] = {
        "kind": plan.kind,
        "format": plan.format,
        "starts_on": plan.starts_on.isoformat(),
        "ends_on": plan.ends_on.isoformat(),
        "filed_on": filed_on.isoformat(),
        "enrolled": len(plan.trainees),
        "counsellor": bool((plan.counsellor or "").strip()),
        "documents": [name for name, present in there.items() if present],
        "category_hours": {name: to_number(value) for name, value in hours.items()},
    }
    if letter_on is not None:
        filed["letter_on"] = letter_on.isoformat()
    if changed_on is not None:
        filed["changed_on"] = changed_on.isoformat()
    given: dict[str, Any] = {
        "class": filed,
        "lecturers": [
            {"id": (item.name or "").strip()} | ({"clause": item.clause} if item.clause else {})
            for item in plan.lecturers
        ],
        "timetable": timetable,
    }
    if recognition is not None:
        given["recognition"] = dict(recognition)
    return given


def _class_expected(code: str, decision: Decision, plan: ClassPlan, ruleset: Ruleset) -> str | None:
    figures = ruleset.on(plan.ends_on)
    match code.rpartition(".")[2]:
        case "filed_late" | "not_sent_to_local_authority":
            return f"<= {decision.report['file_by']}"
        case "changed_late":
            return f"<= {decision.report['change_by']}"
        case "too_few_enrolled":
            return f">= {figures.value('osh.class', 'min_enrolled')}"
        case "category_below_2h" | "category_missing":
            return f">= {figures.value('osh.class', 'category_hours')}"
        case _:
            return limit_of(code, plan.ends_on, ruleset)


def _class_found(code: str, filed: Mapping[str, Any]) -> str | None:
    """What the plan says of it."""
    match code.rpartition(".")[2]:
        case "filed_late":
            return str(filed["filed_on"])
        case "changed_late":
            return str(filed["changed_on"])
        case "not_sent_to_local_authority":
            return filed.get("letter_on")
        case "institution_not_recognised":
            return str(filed["starts_on"])
        case "ends_after_recognition":
            return str(filed["ends_on"])
        case "kind_not_recognised":
            return str(filed["kind"])
        case "category_below_2h" | "category_missing":
            hours = filed["category_hours"]
            return "、".join(f"{name}={value}" for name, value in hours.items()) or None
        case "too_few_enrolled" | "over_80" | "over_120" | "over_60_discussion":
            return str(filed["enrolled"])
        case _:
            return None


def check_plan(
    plan: ClassPlan,
    recognition: Mapping[str, Any] | None,
    as_of: date,
    ruleset: Ruleset,
    *,
    filed_on: date,
    letter_on: date | None,
    changed_on: date | None = None,
    not_after: date | None = None,
) -> Verdict:
    """Everything that is wrong with a plan but its trainees' rows.

    Args:
        plan: The whole plan.
        recognition: Of the institution on the first day (OSH-R26); None: it never had one.
        as_of: Business day.
        ruleset: Figures.
        filed_on: Day of the first filing.
        letter_on: Day of the letter that the filing went with.
        changed_on: Business day of a change.
        not_after: First day as the agency knows it: a class that begins tomorrow is not moved away
            to gain time.
    """
    errors = _head(plan)
    errors += plan_texts(plan)
    for name, count in (("timetable", len(plan.timetable)), ("lecturers", len(plan.lecturers))):
        if count > _MOST_SESSIONS:
            errors.append(
                UserError(
                    "too_many_rows", (name,), expected=f"<= {_MOST_SESSIONS}", found=str(count)
                )
            )
    if any(error.code == "too_many_rows" for error in errors):
        return Verdict(tuple(errors))
    asked = is_decidable(plan.kind, plan.format, plan.starts_on)
    asked = asked and plan.starts_on <= plan.ends_on <= _LAST
    lecturers, warnings = _lecturers(plan)
    rows = _timetable(plan) + lecturers
    if not asked:
        return Verdict((*errors, *rows), tuple(warnings))
    given = plan_rule(
        plan, recognition, filed_on=filed_on, letter_on=letter_on, changed_on=changed_on
    )
    decision = evaluate("osh.class_filing", given, as_of, ruleset).decision
    missing: Sequence[str] = decision.report["missing_documents"]  # type: ignore[assignment]
    if recognition is None:
        errors.append(UserError("osh.class.institution_not_recognised", ("institutionCode",)))
    if changed_on is not None and not_after is not None and not_after < plan.starts_on:
        due = not_after - ruleset.on(plan.ends_on).value("osh.class", "change_days") * DAY
        if changed_on > due:
            code = "osh.class.changed_late"
            told = UserError(code, ("startsOn",), expected=f"<= {due}", found=str(changed_on))
            errors.append(told)
    for finding in decision.findings:
        if finding.code in _ROW_OF_PLAN or finding.severity is Severity.INFO:
            continue  # told row by row; or no fault of the plan
        if finding.code == "osh.class.document_missing":
            errors += [
                UserError(finding.code, (_DOCUMENT_FIELDS.get(name, name),), None, None, name)
                for name in missing
            ]
            continue
        said = UserError(
            finding.code,
            (_CLASS_FIELDS.get(finding.code, "trainees"),),
            expected=_class_expected(finding.code, decision, plan, ruleset),
            found=_class_found(finding.code, given["class"]),
        )
        if finding.severity is Severity.WARNING:
            warnings.append(said)
        else:
            errors.append(said)
    return Verdict((*errors, *rows), tuple(warnings))
