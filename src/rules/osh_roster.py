"""The trainee roster (受訓人員名冊, 附表五): every row's errors at once, all or nothing.

Rulebook: domain/osh.md, OSH-R30..R33.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Literal

from ..domain.decision import Decision, Figure, Finding, Severity, Step
from ..domain.tw_id import check_person_number
from .facts import Count, Facts
from .osh_common import Format, Kind, before, text_notices
from .params import Params, Ruleset
from .provider import Provider, Termination, check_provider, is_recognised

__all__ = ["OshRosterFacts", "RosterError", "roster"]

_GROUP = "osh.class"
_FORM = (
    "name",
    "birth_date",
    "national_id",
    "licence_no",
    "education",
    "employer",
    "job_title",
    "address",
    "email",
    "phone",
)
_IN_SERVICE = ("name", "birth_date", "national_id")
_SURPLUS = (*(field for field in _FORM if field not in _IN_SERVICE), "remarks")
_NEW_FORM = re.compile(r"[A-Z][1289][0-9]{8}\Z", re.ASCII)
_OLD_FORM = re.compile(r"[A-Z][A-D][0-9]{8}\Z", re.ASCII)
_WARNINGS = frozenset({"osh.roster.over_80", "osh.roster.over_120", "osh.roster.surplus_fields"})


class RosterClass(Facts, frozen=True):
    """The class the roster is for; ``already``: rows on file that are not in this roster."""

    institution: str
    kind: Kind
    starts_on: date
    format: Format = "lecture"
    courses: tuple[str, ...] = ()
    already: Count = 0


class RosterRecognition(Facts, frozen=True):
    """The institution's recognition; the kinds are tested when the class is filed."""

    valid_from: date
    valid_to: date
    terminated: Termination | None = None
    training_kinds: tuple[str, ...] = ()


class Waiver(Facts, frozen=True):
    """A waiver (抵免): the proof and the courses waived."""

    proof: str | None = None
    courses: tuple[str, ...] = ()


class RosterRow(Facts, frozen=True):
    """One trainee as submitted: text, empty where nothing was entered."""

    seq: int | str | None = None
    name: str | None = None
    birth_date: str | None = None
    national_id: str | None = None
    licence_no: str | None = None
    education: str | None = None
    employer: str | None = None
    job_title: str | None = None
    address: str | None = None
    email: str | None = None
    phone: str | None = None
    remarks: str | None = None
    profession: str | None = None
    licence_verified: bool | None = None
    waiver: Waiver | None = None


class OshRosterFacts(Facts, frozen=True, rename={"training_class": "class"}):
    """Facts of ``osh.roster``; without ``recognition`` the institution counts as recognised."""

    training_class: RosterClass
    submitter: str
    phase: Literal["filing", "change"]
    submitted_on: date
    recognition: RosterRecognition | None = None
    rows: tuple[RosterRow, ...] = ()


class RosterError(Facts, frozen=True):
    """One error of one row; ``row`` counts from 1, ``field`` for a missing field."""

    row: int
    seq: int | str | None
    code: str
    field: str | None = None


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _missing(row: RosterRow, kind: Kind) -> Iterator[str]:
    for field in ("seq", *(_FORM if kind == "professional" else _IN_SERVICE)):
        if _empty(getattr(row, field)):
            yield field


def _birth_is_invalid(text: str, starts_on: date) -> bool:
    try:
        return date.fromisoformat(text) >= starts_on
    except ValueError:
        return True


def _number_code(number: str) -> str | None:
    """As written: no trimming, no change of case; the check digit of the first form only."""
    if _NEW_FORM.match(number):
        return None if check_person_number(number)[1] == "valid" else "osh.roster.id_checksum"
    return None if _OLD_FORM.match(number) else "osh.roster.id_format"


def _waiver_codes(row: RosterRow, facts: RosterClass) -> Iterator[str]:
    if row.waiver is None:
        return
    if facts.kind == "in_service":
        yield "osh.roster.waiver_in_service"
        return
    if _empty(row.waiver.proof) or not row.waiver.courses:
        yield "osh.roster.waiver_incomplete"
    if any(course not in facts.courses for course in row.waiver.courses):
        yield "osh.roster.waiver_course_unknown"


def _row_codes(
    row: RosterRow, facts: RosterClass, professions: frozenset[str], seen: set[str]
) -> Iterator[tuple[str, str | None]]:
    """Codes of a row, each with the field where one is missing."""
    for field in _missing(row, facts.kind):
        yield "osh.roster.field_missing", field
    if row.national_id:  # as written: a blank is missing and of no form, an empty cell is missing
        number_code = _number_code(row.national_id)
        if number_code is not None:
            yield number_code, None
        if number_code != "osh.roster.id_format":
            if row.national_id in seen:
                yield "osh.roster.duplicate_person", None
            seen.add(row.national_id)
    if not _empty(row.birth_date) and _birth_is_invalid(row.birth_date or "", facts.starts_on):
        yield "osh.roster.birth_date_invalid", None
    if facts.kind == "professional" and row.licence_verified is not True:
        yield "osh.roster.licence_not_verified", None
    left_out = facts.kind == "in_service" and _empty(row.profession)
    if not left_out and row.profession not in professions:
        yield "osh.roster.profession_not_allowed", None
    for code in _waiver_codes(row, facts):
        yield code, None


def _size(facts: RosterClass, rows: int, figures: Params) -> set[str]:
    people = facts.already + rows
    if facts.kind == "professional":
        limit = figures.get(_GROUP, "size_professional")
        return {"osh.roster.over_80"} if limit and people > limit.value else set()
    discussion = figures.get(_GROUP, "size_discussion")
    if facts.format == "group_discussion" and discussion is not None:
        return {"osh.roster.over_60_discussion"} if people > discussion.value else set()
    limit = figures.get(_GROUP, "size_in_service")
    return {"osh.roster.over_120"} if limit and people > limit.value else set()


def _class_codes(facts: OshRosterFacts, as_of: date, figures: Params) -> set[str]:
    held = facts.training_class
    codes = _size(held, len(facts.rows), figures)
    if facts.recognition is not None:
        term = Provider(
            valid_from=facts.recognition.valid_from,
            valid_to=facts.recognition.valid_to,
            terminated=facts.recognition.terminated,
        )
        check_provider(term, "recognition")
        if not is_recognised(term, facts.submitted_on, as_of):
            codes.add("osh.roster.institution_not_recognised")
    days = "file_days" if facts.phase == "filing" else "change_days"
    if facts.submitted_on > before(held.starts_on, figures.value(_GROUP, days)):
        codes.add("osh.roster.too_late")
    few = held.already + len(facts.rows) < figures.value(_GROUP, "min_enrolled")
    if facts.phase == "filing" and few:
        codes.add("osh.roster.too_few")
    return codes


def roster(facts: OshRosterFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Check a roster: the class's errors and every row's, nothing stored when there is one.

    Law: seed-002 points 6, 13 and annex 5 (OSH-R30..R33).
    """
    held = facts.training_class
    figures = ruleset.on(held.starts_on)
    if facts.submitter != held.institution:
        return _answer(as_of, {"osh.roster.not_owner"}, (), facts, figures)
    codes = _class_codes(facts, as_of, figures)
    related = ruleset.on(facts.submitted_on).value(_GROUP, "related_professions")
    professions = frozenset({"physician", "nurse", *related})
    seen: set[str] = set()
    errors = tuple(
        RosterError(row=position, seq=row.seq, code=code, field=field)
        for position, row in enumerate(facts.rows, start=1)
        for code, field in _row_codes(row, held, professions, seen)
    )
    surplus = tuple(
        position
        for position, row in enumerate(facts.rows, start=1)
        if held.kind == "in_service" and any(not _empty(getattr(row, name)) for name in _SURPLUS)
    )
    if surplus:
        codes.add("osh.roster.surplus_fields")
    return _answer(as_of, codes | {error.code for error in errors}, errors, facts, figures, surplus)


def _answer(
    as_of: date,
    codes: set[str],
    errors: tuple[RosterError, ...],
    facts: OshRosterFacts,
    figures: Params,
    surplus: tuple[int, ...] = (),
) -> Decision:
    refused = codes - _WARNINGS
    status = "rejected" if refused else "accepted_with_warnings" if codes else "accepted"
    accepted = 0 if refused else len(facts.rows)
    shown = [
        {"seq": error.seq, "code": error.code, **({"field": error.field} if error.field else {})}
        for error in errors
    ]
    step = Step(
        "osh.roster",
        "seed-002#annex-5",
        (Figure("rows", 100 * len(facts.rows), "persons"),),
        100 * accepted,
        "persons",
        not refused,
        tuple(Step(code, "seed-002#annex-5", met=code in _WARNINGS) for code in sorted(codes)),
    )
    return Decision(
        rule="osh.roster",
        as_of=as_of,
        status=status,
        eligible=None,
        explanation=step,
        findings=tuple(
            Finding(code, Severity.WARNING if code in _WARNINGS else Severity.ERROR)
            for code in sorted(codes)
        ),
        # Two rows may bear one number, or none: their place in the roster tells them apart.
        report={
            "accepted_rows": accepted,
            "errors": shown,
            "error_rows": [error.row for error in errors],
            "surplus_rows": list(surplus),
        },
        citations=("seed-002#annex-5", "seed-002#point-13"),
        notices=text_notices(figures),
    )
