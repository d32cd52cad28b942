"""What a roster's check says, as errors a person can mend: one place for mutation and offline check.

The rule decides; here its findings and row errors get the file's name, the line of the sheet and
what was expected. ``certhub roster check`` and the mutations call the same functions, so that the
two verdicts are equal byte by byte.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..domain.decision import Finding, Severity
from ..domain.submission import UserError
from ..roster.trainees import COLUMNS, TraineeSheet
from ..rules.engine import evaluate
from ..rules.params import Ruleset
from ..rules.vr_roster_rows import expected_text
from ..rules.wording import words

__all__ = ["FIRST_VR_LINE", "OshVerdict", "osh_verdict", "vr_errors"]

FIRST_VR_LINE = 3
"""Header, sample row, then the people."""

_OSH_RULE = "osh.roster"
_FIELD_OF_FINDING = {
    "sign_in_sheet_missing": ("signInSheet",),
    "sign_in_sheet_format": ("signInSheet",),
    "csv_missing_for_domain": ("files",),
    "unknown_domain": ("files",),
}
_OSH_FIELDS = {
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


def vr_errors(
    report: Mapping[str, Any],
    findings: Sequence[Finding],
    files: Mapping[int, str | None],
) -> tuple[UserError, ...]:
    """Findings of the whole first, then every row's errors in the order of the sheet.

    Args:
        report: Of ``vr.roster_csv``.
        findings: Of the same decision.
        files: Domain -> name of its file; None for rows sent as input.
    """
    errors = [
        UserError(
            finding.code,
            _FIELD_OF_FINDING.get(finding.code, ("courseNo",)),
            next((files.get(int(item)) for item in finding.about if item.isdigit()), None),
        )
        for finding in findings
    ]
    for row in report.get("row_errors", ()):
        name = files.get(row["domain"])
        # Of rows sent as input the position counts, from 1; of a file the line of the sheet.
        line = row["line"] if name is not None else row["line"] - FIRST_VR_LINE + 1
        errors += [
            UserError(
                error["code"],
                (error["field"],) if error["field"] else None,
                name,
                line,
                expected_text(error["code"], error["values"], "zh") or None,
            )
            for error in row["errors"]
        ]
    return tuple(errors)


@dataclass(frozen=True, slots=True)
class OshVerdict:
    """What the check of an OSH roster found.

    Attributes:
        status: ``accepted``, ``accepted_with_warnings`` or ``rejected``.
        accepted: Rows that count; 0 when there is an error.
        rows: The rows as facts, in order.
    """

    status: str
    accepted: int
    errors: tuple[UserError, ...]
    warnings: tuple[UserError, ...]
    rows: tuple[Mapping[str, Any], ...]


def _camel(field: str) -> str:
    first, *rest = field.split("_")
    return first + "".join(part.title() for part in rest)


def _expected(code: str, values: Mapping[str, str]) -> str | None:
    text = (words(code, _OSH_RULE) or {}).get("expected_zh")
    return text.format_map(values) if text else None


def _of_row(
    code: str, field: str | None, name: str | None, line: int, values: Mapping[str, str]
) -> UserError:
    about = field or _OSH_FIELDS.get(code)
    heading = COLUMNS.get(field or "", "")
    return UserError(
        code,
        (_camel(about),) if about else None,
        name,
        line,
        heading or _expected(code, values),
    )


def osh_verdict(
    facts: Mapping[str, Any],
    sheet: TraineeSheet,
    as_of: date,
    *,
    filename: str | None = None,
    ruleset: Ruleset | None = None,
) -> OshVerdict:
    """The verdict on a roster of trainees (附表五), every error at once.

    Args:
        facts: Of ``osh.roster`` without its rows: ``class``, ``submitter``, ``phase``,
            ``submitted_on`` and, where known, ``recognition``.
        sheet: The rows, from :func:`~certhub.roster.trainees.read_trainees`.
        as_of: Day asked about.
        filename: Of the file; None for rows sent as input, whose position counts then.
        ruleset: Rules and figures; None: those shipped.

    Raises:
        InvalidFacts: ``facts`` are not those of the rule.
    """
    if sheet.code is not None:
        broken = UserError(sheet.code, ("upload",), filename, None, sheet.expected)
        return OshVerdict("rejected", 0, (broken,), (), ())
    given = {**facts, "rows": [dict(row) for row in sheet.rows]}
    decision = evaluate(_OSH_RULE, given, as_of, ruleset).decision
    report: Mapping[str, Any] = decision.report
    values = {"starts_on": str(facts["class"]["starts_on"])}

    def line(position: int) -> int:
        return sheet.lines[position - 1] if filename is not None else position

    of_rows = {error["code"] for error in report["errors"]}
    errors = [
        UserError(item.code, ("classNo",), filename, None, _expected(item.code, values))
        for item in decision.findings
        if item.severity is Severity.ERROR and item.code not in of_rows
    ]
    errors += [
        _of_row(error["code"], error.get("field"), filename, line(row), values)
        for error, row in zip(report["errors"], report["error_rows"], strict=True)
    ]
    surplus = "osh.roster.surplus_fields"
    warnings = [
        UserError(item.code, ("classNo",), filename, None, _expected(item.code, values))
        for item in decision.findings
        if item.severity is Severity.WARNING and item.code != surplus
    ]
    warnings += [
        _of_row(surplus, None, filename, line(row), values) for row in report["surplus_rows"]
    ]
    return OshVerdict(
        decision.status, report["accepted_rows"], tuple(errors), tuple(warnings), sheet.rows
    )
