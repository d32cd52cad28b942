"""What the check of a VR roster says, as errors a person can mend.

The rule decides; here its findings and row errors get the file's name, the line of the sheet and
what was expected. ``certhub roster check`` and the mutation call the same function, so that the
two verdicts are equal byte by byte. Of OSH: ``osh_checks``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..domain.decision import Finding
from ..domain.submission import UserError
from ..rules.vr_roster_rows import expected_text

__all__ = ["FIRST_VR_LINE", "vr_errors"]

FIRST_VR_LINE = 3
"""Header, sample row, then the people."""

_FIELD_OF_FINDING = {
    "sign_in_sheet_missing": ("signInSheet",),
    "sign_in_sheet_format": ("signInSheet",),
    "csv_missing_for_domain": ("files",),
    "unknown_domain": ("files",),
}


def _files_of(finding: Finding, files: Mapping[int, str | None]) -> list[str | None]:
    """The files a finding is about, each once; one without a name where it is about none."""
    domains = [int(item) for item in finding.about if item.isdigit()]
    return [files.get(domain) for domain in domains] or [None]


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
            name,
            expected=expected_text(finding.code, {}, "zh") or None,
            expected_en=expected_text(finding.code, {}, "en") or None,
        )
        for finding in findings
        for name in _files_of(finding, files)
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
                expected_en=expected_text(error["code"], error["values"], "en") or None,
            )
            for error in row["errors"]
        ]
    return tuple(errors)
