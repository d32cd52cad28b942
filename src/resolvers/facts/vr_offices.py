"""VR courses, rosters and a county's plan to the facts of the rules about them: mapping.md section 3."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from ...domain.amounts import parse_amount, to_number
from ...domain.bundles import Row
from ...domain.counties import BY_CODE, staffing_word
from ...domain.errors import InvalidFacts
from ...domain.vocabulary import code_of, course_state, title_box
from .built import Built, Findings, Lacking, earliest_after
from .declared import Declared

__all__ = [
    "case_transition",
    "course_filing",
    "person_id",
    "roster_course",
    "service_deadlines",
    "staffing",
]

_VR = frozenset({"vr"})
_PLAN_BLOCKS = (
    "population_15_64",
    "previous_year",
    "this_year",
    "case_managers",
    "full_time_supervisors",
    "promoters",
    "case_conferences",
    "transition_meetings",
)
Given = dict[str, object]


def county_word(county: str) -> str:
    """The word of ``vr.staffing`` for a county's code.

    Raises:
        InvalidFacts: no such county.
    """
    word = staffing_word(county)
    if word is None:
        raise InvalidFacts.at("county", f"a code such as {next(iter(BY_CODE))}", "縣市代碼")
    return word


def staffing(
    appointments: Iterable[Row],
    county: str,
    year: int,
    as_of: date,
    declared: Mapping[str, object] | None = None,
) -> Built:
    """Facts of ``vr.staffing`` for a county's case-management plan.

    Args:
        appointments: ``vr.appointment`` rows of case managers, of any county.
        county: Code of the county.
        year: Year asked about.
        as_of: Day asked about.
        declared: What the county counts itself; ``appointments`` by id with ``reported_on``.

    Raises:
        InvalidInput: something was declared that a registry decides.
        InvalidFacts: no such county.
    """
    said = Declared("vr.staffing", declared)
    findings = Findings()
    given: Given = {"county": county_word(county), "year": year}
    reported = (
        {item.get("id"): item.get("reported_on") for item in said.items("appointments")}
        if said.has("appointments")
        else {}
    )
    named = [
        row
        for row in appointments
        if row["title__code"] == "case_manager"
        and row["county__code"] == county
        and row["appointed_on"].year == year
    ]
    coming = [row["appointed_on"] for row in named]
    rows = [row for row in named if row["appointed_on"] <= as_of]
    rows.sort(key=lambda row: (row["appointed_on"], row["id"]))
    unknown = [row["id"] for row in rows if row["id"] not in reported]
    listed = [_appointment(row, reported.get(row["id"])) for row in rows]
    given["appointments"] = listed
    lacking: tuple[Lacking, ...] = ()
    if unknown:
        # Whether a report was late is declared or not known: an answer that hangs on it is none.
        in_time = [
            _appointment(row, reported.get(row["id"]) or row["appointed_on"].isoformat())
            for row in rows
        ]
        lacking = (Lacking("appointments", (listed, in_time)),)
    said.fill(given, *_PLAN_BLOCKS)
    undeclared = [name for name in _PLAN_BLOCKS if name not in given]
    for name in undeclared:
        findings.add("fact_not_declared", name)
    if len(undeclared) == len(_PLAN_BLOCKS):
        lacking = (*lacking, *(Lacking(name) for name in _PLAN_BLOCKS))
    said.note_unused(findings)
    return Built(
        "vr.staffing",
        given,
        findings.sealed(),
        sources=_VR,
        lacking=lacking,
        declared=said.used,
        changes_on=earliest_after(as_of, coming),
    )


def _appointment(row: Row, reported_on: object) -> Given:
    facts: Given = {"id": row["id"], "appointed_on": row["appointed_on"].isoformat()}
    if reported_on is not None:
        facts["reported_on"] = reported_on
    return facts


def service_deadlines(declared: Mapping[str, object] | None) -> Built:
    """Facts of ``vr.service_deadlines``: no registry holds any of them.

    Raises:
        InvalidInput: another key was declared.
    """
    said = Declared("vr.service_deadlines", declared)
    given: Given = {}
    said.fill(given, *(declared or {}))
    return Built("vr.service_deadlines", given, declared=said.used)


def person_id(number: str) -> Given:
    """``given`` of ``vr.person_id``; never kept, shown or logged."""
    return {"id": number}


def case_transition(flow: str, state: str, declared: Mapping[str, object] | None = None) -> Built:
    """Facts of ``vr.case_transition`` from a stored state's code.

    Raises:
        InvalidInput: another key was declared.
    """
    said = Declared("vr.case_transition", declared)
    given: Given = {"flow": flow, "state": state}
    said.fill(given, "events")
    return Built("vr.case_transition", given, sources=_VR, declared=said.used)


def course_filing(
    course: Row,
    instructors: Sequence[Row],
    filed_on: date,
    declared: Mapping[str, object] | None = None,
) -> Built:
    """Facts of ``vr.course_filing`` for a course on file, or a filing given in its shape.

    Args:
        course: ``starts_on``, ``ends_on``, ``categories`` (``{category, field, hours}``) and
            ``target_titles`` of a course or filing.
        instructors: ``vr.instructor`` rows of its lecturers, joined by number; a lecturer who is
            not on file yet has a row with an ``id`` alone.
        filed_on: Day of filing.
        declared: Papers and seal; ``course.instructors`` by id with ``evidence``.

    Raises:
        InvalidInput: something was declared that a registry decides.
        InvalidFacts: hours that are none.
    """
    said = Declared("vr.course_filing", declared)
    findings = Findings()
    evidence = (
        {item.get("id"): item.get("evidence") for item in said.items("course.instructors")}
        if said.has("course.instructors")
        else {}
    )
    targets: dict[str, None] = {}
    for term in course["target_titles"] or ():
        code = code_of("vr.title", term)
        if code is None:
            findings.add("unknown_value", course.get("id"))
        else:
            targets[title_box(code)] = None
    given: Given = {
        "stage": "pre" if filed_on < course["starts_on"] else "post",
        "filed_on": filed_on.isoformat(),
        "course": {
            "start": course["starts_on"].isoformat(),
            "end": course["ends_on"].isoformat(),
            "domains": [
                _domain(index, item, findings, course)
                for index, item in enumerate(course["categories"] or (), start=1)
            ],
            "targets": list(targets),
            "instructors": [_instructor(row, evidence) for row in instructors],
        },
    }
    said.fill(given, "submitted", "stamped", "official_letter", "documents", "supplement")
    said.note_unused(findings)
    return Built(
        "vr.course_filing",
        given,
        findings.sealed(),
        sources=_VR,
        subject=course.get("id"),
        declared=said.used,
    )


def _domain(index: int, item: Row, findings: Findings, course: Row) -> Given:
    try:
        hours = parse_amount(item["hours"])
    except (KeyError, ValueError) as error:
        raise InvalidFacts.at(
            f"course.domains[{index - 1}].hours", "hours of at most two decimals", "時數"
        ) from error
    facts: Given = {"index": index, "domain": item.get("field"), "hours": to_number(hours)}
    category = code_of("vr.category", item.get("category"))
    if category is None:
        findings.add("unknown_value", course.get("id"))
    else:
        facts["category"] = category
    return facts


def _instructor(row: Row, evidence: Mapping[object, object]) -> Given:
    facts: Given = {"id": row["id"]}
    if row.get("status__code") == "approved":
        facts["approved_domains"] = [
            item["field"] for item in row.get("approved_fields") or () if item.get("field")
        ]
    clauses = [int(code) for code in row.get("clauses__codes") or ()]
    if clauses:
        facts["clause"] = min(clauses)
    if row.get("certificate_no"):
        facts["lecturer_certificate"] = row["certificate_no"]
    if row.get("experience"):
        facts["expertise"] = row["experience"]
    if row["id"] in evidence:
        facts["evidence"] = evidence[row["id"]]
    return facts


def roster_course(course: Row) -> Given:
    """``course``, ``hours_verified`` and ``already_imported`` of ``vr.roster_csv``.

    Args:
        course: ``vr.course``.
    """
    roster = course["roster_state__code"]
    state = course["status__code"]
    facts: Given = {
        "course_no": course["no"],
        "start": course["starts_on"].isoformat(),
        "end": course["ends_on"].isoformat(),
        "domains": [
            {"index": index, "approved_hours": to_number(parse_amount(item["hours"]))}
            for index, item in enumerate(course["categories"] or (), start=1)
        ],
    }
    if state is not None:
        facts["review_state"] = state
    shown = course_state(state, roster)
    return {
        "course": facts,
        "hours_verified": shown == "hours_verified",
        "already_imported": shown == "roster_imported",
    }
