"""``certhub verify``: a staff list in, verdicts and reasons out, in the same order."""

import asyncio
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.errors import InvalidInput
from ..settings import Settings

if TYPE_CHECKING:
    from ..resolvers.verify import EligibilityItem, EligibilityReport, StaffMember

__all__ = ["verify"]

_HEADER = (
    "ref", "verdict", "status", "valid_to", "renewal", "unmet", "findings", "error", "reason",
    "name_matches", "birth_date_matches",
)  # fmt: skip
_CLIENT = "certhub-cli"
_PURPOSE = "local-verification"


async def _check(
    staff: list["StaffMember"], role: str, on: date | None, case: str
) -> "EligibilityReport":
    """As the operator of this machine, who holds the database and its keys anyhow."""
    from ..app import open_hub
    from ..auth.viewer import EVERYWHERE, AgencyType, Viewer
    from ..domain.records import REGISTRIES
    from ..resolvers.verify import verify as check

    viewer = Viewer(
        subject=_CLIENT,
        client_id=_CLIENT,
        issuer="urn:certhub:cli",
        scopes=frozenset({"eligibility.verify", *(f"{name}.person.read" for name in REGISTRIES)}),
        agency_type=AgencyType.CENTRAL,
        jurisdiction=frozenset({EVERYWHERE}),
        registries=frozenset(REGISTRIES),
        purposes=frozenset({_PURPOSE}),
        purpose=_PURPOSE,
        case_reference=case,
    )
    async with open_hub(Settings()) as hub:
        request = hub.request(viewer, "cli")
        return await check(hub, request, role, staff, as_of=on, case_reference=case)


def _cells(item: "EligibilityItem") -> list[str]:
    from ..rules.wording import label

    decision, error = item.decision, item.error
    unmet = [] if decision is None else [one.code for one in decision.requirements if not one.met]
    missing = (
        []
        if item.renewal is None
        else [one.code for one in item.renewal.requirements if not one.met]
    )
    findings = [] if decision is None else [one.code for one in decision.findings]
    rule = "" if decision is None else decision.rule
    code = error.code if error is not None else decision.status if decision is not None else ""
    return [
        item.ref,
        "" if decision is None else decision.verdict.value,
        "" if decision is None else decision.status,
        "" if decision is None or decision.valid_to is None else decision.valid_to.isoformat(),
        "" if item.renewal is None else item.renewal.status,
        " ".join([*unmet, *(one for one in missing if one not in unmet)]),
        " ".join(findings),
        "" if error is None else error.code,
        "; ".join(dict.fromkeys(label(one, rule=rule) for one in (code, *unmet, *findings) if one)),
        "" if item.name_matches is None else str(item.name_matches).lower(),
        "" if item.birth_date_matches is None else str(item.birth_date_matches).lower(),
    ]


def verify(
    file: Annotated[
        Path, typer.Argument(help="人員名單(.csv、.ods、.xlsx)。 Staff list.", exists=True)
    ],
    role: Annotated[str, typer.Option(help="角色,如 ltc.care_worker。 Role: registry and type.")],
    on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="判定日,預設業務日。 Day; the business day unless given."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="輸出檔(.csv、.ods、.xlsx、.json),預設標準輸出。 Output; CSV to stdout."),
    ] = None,
    case: Annotated[
        str | None, typer.Option(help="案號,記入稽核。 Case reference for the audit trail.")
    ] = None,
) -> None:
    """批次查驗任用資格。 Check a staff list: verdict and reasons, in the same order."""
    from ..resolvers.staff_lists import members
    from ..roster.staff import read_staff
    from ..roster.writing import write_table

    try:
        staff = members(read_staff(file.read_bytes(), file.name))
    except OSError as error:
        raise InvalidInput(f"{file}: {error.strerror}", f"{file}:無法讀取") from error
    report = asyncio.run(
        _check(staff, role, on.date() if on else None, case or f"file {file.name}")
    )
    rows = [_cells(item) for item in report.items]
    name = out.name if out is not None else "stdout.csv"
    table = write_table(name, _HEADER, rows, title=role)
    if out is None:
        sys.stdout.write(table.decode("utf-8-sig"))
        return
    out.write_bytes(table)
    decided = sum(1 for item in report.items if item.decision is not None)
    print(f"{len(rows)} people on {report.as_of} as {report.role}: {decided} decided, {out}")
