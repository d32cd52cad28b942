"""``certhub roster check``: a roster file checked offline, with the same codes as the mutation."""

import json
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ..domain.errors import InvalidInput

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="名冊。 Roster files.")


class RosterKind(StrEnum):
    """Which registry's roster."""

    VR = "vr"


@app.callback()
def _root() -> None:
    """名冊。 Roster files."""


def _course(path: Path) -> dict[str, Any]:
    from ..rules.params import read_yaml

    found = read_yaml(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise InvalidInput(
            f"{path.name}: expected a map with the rulebook's keys (start, end, domains ...)",
            f"{path.name}:應為規則手冊鍵名之對照表",
        )
    return dict(found)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="名冊檔 .csv .ods .xlsx。 The roster.", exists=True)],
    course: Annotated[
        Path, typer.Option(help="課程(YAML 或 JSON,規則手冊鍵名)。 The course.", exists=True)
    ],
    kind: Annotated[RosterKind, typer.Option(help="登錄系統。 Registry.")] = RosterKind.VR,
    domain: Annotated[int, typer.Option(help="課程領域序號。 Domain of the file.", min=1)] = 1,
    sign_in_sheet: Annotated[
        str, typer.Option(help="簽到表格式。 Format of the sign-in sheet: pdf or jpg.")
    ] = "pdf",
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="判定日。 Day.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False,
) -> None:
    """檢核名冊,不送出。 Check a roster without sending it; exit 1 when it would be rejected."""
    from ..domain.decision import details
    from ..domain.roc_date import TAIPEI
    from ..roster.reading import read_roster
    from ..rules.engine import evaluate
    from ..rules.vr_roster_rows import expected_text
    from ..rules.wording import label
    from ..store import clock

    day: date = on.date() if on else clock.now().astimezone(TAIPEI).date()
    sheet = read_roster(file.read_bytes(), file.name)
    given = {
        "course": _course(course),
        "files": [sheet.as_fact(domain)],
        "sign_in_sheet": {"format": sign_in_sheet},
    }
    decision = evaluate(f"{kind}.roster_csv", given, day).decision
    if as_json:
        print(json.dumps(details(decision), ensure_ascii=False, indent=1))
    else:
        for finding in decision.findings:
            print(f"{finding.code}: {label(finding.code, 'zh', decision.rule)}")
        rows: Any = decision.report.get("row_errors") or ()
        for row in rows:
            for error in row["errors"]:
                expected = expected_text(error["code"], error["values"])
                print(
                    f"line {row['line']}: {error['code']}: {label(error['code'], rule=decision.rule)}:{expected}"
                )
        print(f"{decision.status}: {decision.report.get('valid_rows', 0)} rows right, "
              f"{decision.report.get('error_rows', 0)} wrong")  # fmt: skip
    raise typer.Exit(code=0 if decision.eligible else 1)
