"""The roster of a course (上課紀錄匯入): file and rows checked, credits previewed.

Rulebook: domain/vr.md, VR-R38, VR-R39. Files are read elsewhere (``certhub.roster``): a file comes
as its records, or as the note that no encoding fits.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from ..domain.decision import Decision, Figure, Finding, Severity, Step
from ..domain.errors import InvalidFacts
from ..domain.tw_id import ARC_OLD_RETIRED_FROM
from .facts import Facts, TenThousandths, contradiction
from .params import Ruleset
from .vr_activities import Weighting
from .vr_common import Outcome, count, decided, earliest_after, exact, finding, law_unavailable
from .vr_facts import Index, ReviewState, VrFacts
from .vr_figures import Figures
from .vr_roster_rows import (
    Cell,
    CourseDay,
    Layout,
    RowError,
    cell_text,
    check_row,
    is_blank,
    is_header,
    is_sample,
)

__all__ = ["RosterFacts", "roster_csv"]

RULE = "vr.roster_csv"
_FIRST_ROW = 2


class RosterDomain(Facts, frozen=True, kw_only=True):
    """A domain (課程領域) of the course with its approved hours (核定時數)."""

    index: Index
    approved_hours: TenThousandths


class RosterCourse(Facts, frozen=True, kw_only=True):
    """The course the roster belongs to."""

    start: date
    end: date
    domains: tuple[RosterDomain, ...]
    course_no: str | None = None
    review_state: ReviewState | None = None

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise contradiction("end", "a last day not before the first")
        if len({item.index for item in self.domains}) != len(self.domains):
            raise contradiction("domains", "domains with an index given once")


class RosterFile(Facts, frozen=True, kw_only=True):
    """One file: its records, header first, or ``encoding: unknown``."""

    domain: Index
    rows: tuple[tuple[Cell, ...], ...] | None = None
    encoding: Literal["unknown"] | None = None
    file: str | None = None

    def __post_init__(self) -> None:
        if self.file is not None or (self.rows is None) == (self.encoding is None):
            raise contradiction("rows", "rows, or encoding unknown; a file has to be read first")


class SignInSheet(Facts, frozen=True, kw_only=True):
    """The scanned sign-in sheet (簽到表), morning and afternoon in one file."""

    format: str


class RosterFacts(VrFacts, frozen=True, kw_only=True):
    """Facts of ``vr.roster_csv``."""

    course: RosterCourse
    files: tuple[RosterFile, ...] = ()
    action: Literal["import", "clear"] = "import"
    sign_in_sheet: SignInSheet | None = None
    hours_verified: bool = False
    already_imported: bool = False

    def __post_init__(self) -> None:
        if len({item.domain for item in self.files}) != len(self.files):
            raise contradiction("files", "files with a domain given once")


@dataclass(slots=True)
class _Checked:
    """What the files hold: good rows with their credit, bad rows with their errors."""

    valid: int = 0
    errors: list[RowError] = field(default_factory=list)
    credits: list[dict[str, object]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    has_old_arc: bool = False
    notices: tuple[Finding, ...] = ()


def _layout(figures: Figures) -> Layout:
    return Layout(
        tuple(figures.figure("roster", "roster_header").value),
        figures.figure("roster", "roster_sample").value["name"],
        figures.figure("roster", "roster_sample").value["number"],
        dict(figures.figure("roster", "roster_flags").value),
    )


def _about_file(facts: RosterFacts, as_of: date, figures: Figures) -> list[Finding]:
    """What must hold before rows matter: course, sign-in sheet, one file per domain.

    Law: seed-000 ch. 4(2)(2). VR-R38.
    """
    law = figures.figure("roster", "roster_header").law
    formats = figures.figure("roster", "roster_sheet_formats").value
    course = facts.course
    sheet = facts.sign_in_sheet
    domains = {item.index for item in course.domains}
    given = {item.domain for item in facts.files}
    codes: list[tuple[str, tuple[str, ...]]] = []
    if course.review_state != "approved":
        codes.append(("course_not_approved", ()))
    if as_of < course.end:
        codes.append(("course_not_finished", ()))
    if facts.hours_verified:
        codes.append(("hours_already_verified", ()))
    if facts.already_imported:
        codes.append(("clear_before_reupload", ()))
    if sheet is None:
        codes.append(("sign_in_sheet_missing", ()))
    elif sheet.format.lower().lstrip(".") not in formats:
        codes.append(("sign_in_sheet_format", ()))
    if domains - given:
        codes.append(("csv_missing_for_domain", tuple(map(str, sorted(domains - given)))))
    if given - domains:
        codes.append(("unknown_domain", tuple(map(str, sorted(given - domains)))))
    return [finding(code, Severity.ERROR, law, about) for code, about in codes]


def _check_file(
    file: RosterFile,
    approved: int,
    day: CourseDay,
    layout: Layout,
    weighting: Weighting,
    law: str,
    checked: _Checked,
) -> set[str]:
    """One file: encoding, header, sample row, then every further row; the flags of good rows."""
    where = (str(file.domain),)
    if file.rows is None:
        checked.findings.append(finding("encoding_unknown", Severity.ERROR, law, where))
        return set()
    records = [[cell_text(cell) for cell in row] for row in file.rows]
    if not records or not is_header(records[0], layout):
        checked.findings.append(finding("header_mismatch", Severity.ERROR, law, where))
        return set()
    if len(records) < _FIRST_ROW or not is_sample(records[1], layout):
        checked.findings.append(finding("sample_row_missing", Severity.ERROR, law, where))
    seen: set[tuple[str, date]] = set()
    flags: set[str] = set()
    valid = wrong = 0
    for line, record in enumerate(records[_FIRST_ROW:], start=_FIRST_ROW + 1):
        if is_blank(record):
            continue
        row = check_row(record, approved, day, layout, seen)
        if row.errors:
            wrong += 1
            checked.errors.append(RowError(file.domain, line, row.errors))
            continue
        valid += 1
        checked.has_old_arc |= row.is_old_arc
        flags.update(row.flags)
        factor = weighting.factor(row.flags)
        checked.credits.append(
            {
                "domain": file.domain,
                "line": line,
                "hours": exact(approved * weighting.factor(())),
                "weighted_hours": exact(approved * factor),
            }
        )
    checked.valid += valid
    checked.steps.append(
        Step(
            "vr.why.roster_file",
            law,
            (
                Figure("domain", count(file.domain), "count"),
                Figure("valid", count(valid), "count"),
                Figure("wrong", count(wrong), "count"),
            ),
            met=wrong == 0,
        )
    )
    return flags


def _check_files(facts: RosterFacts, as_of: date, figures: Figures) -> _Checked:
    checked = _Checked()
    layout = _layout(figures)
    weighting = Weighting(figures)
    most = figures.number("limits", "roster_max_rows")
    law = figures.figure("roster", "roster_header").law
    approved = {item.index: int(item.approved_hours) for item in facts.course.domains}
    flags: set[str] = set()
    day = CourseDay(facts.course.start, facts.course.end, as_of)
    for index, file in enumerate(facts.files):
        if file.rows is not None and len(file.rows) > most:
            raise InvalidFacts.at(f"files[{index}].rows", f"at most {most} rows", f"至多 {most} 列")
    for file in sorted(facts.files, key=lambda item: item.domain):
        if file.domain in approved:
            flags |= _check_file(file, approved[file.domain], day, layout, weighting, law, checked)
    checked.notices = weighting.notices(flags)
    return checked


def _cleared(facts: RosterFacts, as_of: date, figures: Figures) -> Decision:
    """A roster may be taken back until the hours are verified. Law: seed-000 ch. 4(2)(2) item 5."""
    law = figures.figure("roster", "roster_header").law
    locked = facts.hours_verified
    code = "vr.why.roster_not_cleared" if locked else "vr.why.roster_cleared"
    return decided(
        Outcome(
            RULE,
            as_of,
            "rejected" if locked else "cleared",
            not locked,
            Step(code, law, met=not locked),
            findings=[finding("hours_already_verified", Severity.ERROR, law)] if locked else [],
        )
    )


def _step(
    facts: RosterFacts, checked: _Checked, findings: Sequence[Finding], law: str, accepted: bool
) -> Step:
    codes = Counter(item.code for row in checked.errors for item in row.errors)
    children = [
        *(Step(f"vr.why.{item.code}", law, met=False) for item in findings),
        *checked.steps,
        *(
            Step(f"vr.why.row.{code}", law, (Figure("rows", count(rows), "count"),), met=False)
            for code, rows in sorted(codes.items())
        ),
    ]
    return Step(
        "vr.why.roster",
        law,
        (
            Figure("course", facts.course.course_no),
            Figure("valid", count(checked.valid), "count"),
            Figure("wrong", count(len(checked.errors)), "count"),
        ),
        met=accepted,
        children=tuple(children),
    )


def roster_csv(facts: RosterFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Whether a roster may be imported as a whole, every wrong row, and the credits of the rest.

    Args:
        facts: Course, files as records (header first), sign-in sheet, state of earlier imports.
        as_of: Day asked about; the course has to be over, old resident numbers end in 2030.
        ruleset: Layout of the file, weights.

    Returns:
        ``accepted``, ``rejected`` (nothing is stored) or ``cleared``. ``row_errors`` name domain,
        line (header 1), codes in the rulebook's order and per error its field and the values that
        its sentence takes; credits in hours. No name or number is repeated.

    Raises:
        InvalidFacts: a file has more rows than the limit, or was not read first.

    Law: seed-000 ch. 4(2)(2). VR-R38, VR-R39; all or nothing: Q9.
    """
    figures = Figures(ruleset, as_of, facts.params)
    unavailable = law_unavailable(RULE, as_of, figures)
    if unavailable is not None:
        return unavailable
    if facts.action == "clear":
        return _cleared(facts, as_of, figures)
    law = figures.figure("roster", "roster_header").law
    checked = _check_files(facts, as_of, figures)
    findings = [*_about_file(facts, as_of, figures), *checked.findings]
    accepted = not findings and not checked.errors
    return decided(
        Outcome(
            RULE,
            as_of,
            "accepted" if accepted else "rejected",
            accepted,
            _step(facts, checked, findings, law, accepted),
            findings=findings,
            report={
                "valid_rows": checked.valid,
                "error_rows": len(checked.errors),
                "row_errors": [item.report() for item in checked.errors],
                "credits": checked.credits,
            },
            next_change_on=earliest_after(
                as_of,
                (
                    facts.course.end,
                    ARC_OLD_RETIRED_FROM if checked.has_old_arc else None,
                    *figures.changes_after(as_of, "roster", "weights", "limits"),
                ),
            ),
            notices=checked.notices,
        )
    )
