"""``certhub rules``: what can be asked, by which figures, and whether worked cases come out right."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..domain.errors import CertHubError, UnknownRule

if TYPE_CHECKING:
    from ..resolvers.rules import Rule

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="判定規則。 Rules, figures and cases.")

_JSON = Annotated[bool, typer.Option("--json", help="JSON。")]
_ON = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"], help="查詢日,預設今日。 Day of the figures; today's unless given."
    ),
]


@app.callback()
def _root() -> None:
    """判定規則。 Rules, figures and cases."""


def _today(on: datetime | None) -> date:
    if on is not None:
        return on.date()
    from ..domain.roc_date import TAIPEI
    from ..settings import Settings
    from ..store import clock

    return Settings().business_date or clock.now().astimezone(TAIPEI).date()


@app.command(name="list")
def list_rules(
    registry: Annotated[
        str | None, typer.Option(help="vr、ltc、osh 或 sharing。 Only of one rulebook.")
    ] = None,
    as_json: _JSON = False,
) -> None:
    """列出判定項目。 Every rule one can ask."""
    from ..rules.entry_points import ENTRY_POINTS

    found = [
        entry
        for code, entry in sorted(ENTRY_POINTS.items())
        if registry is None or entry.registry == registry
    ]
    if as_json:
        print(
            json.dumps(
                [{"code": item.code, **item.title, "law": list(item.law)} for item in found],
                ensure_ascii=False,
                indent=1,
            )
        )
        return
    for item in found:
        print(f"{item.code:28} {item.title['zh']}  {item.title['en']}")


def _rule(code: str, on: date) -> "Rule":
    from ..resolvers.rules import rule
    from ..rules.entry_points import ENTRY_POINTS
    from ..rules.params import current_ruleset

    entry = ENTRY_POINTS.get(code)
    if entry is None:
        raise UnknownRule(
            f"no rule {code!r}; see `certhub rules list`",
            f"無此判定項目 {code!r};見 `certhub rules list`",
            details={"rule": code},
        )
    return rule(entry, current_ruleset(), on)


@app.command()
def show(
    code: Annotated[str, typer.Argument(help="判定項目代碼。 Code of the rule.")],
    on: _ON = None,
    as_json: _JSON = False,
) -> None:
    """顯示判定項目、施行中之數值與法源。 A rule, its figures in force and the texts behind them."""
    from ..rules.law import citation

    found = _rule(code, _today(on))
    if as_json:
        print(
            json.dumps(
                {
                    "code": found.code,
                    **found.title,
                    "on": found.on.isoformat(),
                    "ruleset": found.ruleset_version,
                    "law": [{"code": text, "zh": citation(text).zh} for text in found.law],
                    "figures": [
                        {
                            "group": item.group,
                            "name": item.name,
                            "value": item.value,
                            "unit": item.unit,
                            "since": item.since.isoformat(),
                            "law": item.law,
                            "confirmed": item.confirmed,
                        }
                        for item in found.figures
                    ],
                },
                ensure_ascii=False,
                indent=1,
            )
        )
        return
    print(f"{found.code}  {found.title['zh']}  {found.title['en']}")
    print(f"on {found.on} under {found.ruleset_version}")
    for text in found.law:
        print(f"  {citation(text).zh}  ({text})")
    group = None
    for item in found.figures:
        if item.group != group:
            group = item.group
            print(f"{group}  {item.title['zh']}  {item.title['en']}")
        mark = "" if item.confirmed else "  not confirmed"
        print(f"  {item.name}: {item.value} {item.unit}, since {item.since}, {item.law}{mark}")


def _unreadable(file: Path, reason: str) -> dict[str, Any]:
    """A file without cases fails like a case, so that the others are run all the same."""
    return {"id": str(file), "rule": None, "file": str(file), "failures": [f"{file}: {reason}"]}


def _run(file: Path, wanted: str | None) -> list[dict[str, Any]]:
    from ..roster.case_files import resolve_case_files
    from ..rules.cases import read_cases, run_case

    try:
        cases = read_cases(file.read_text(encoding="utf-8"), str(file.parent))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text in UTF-8"
        return [_unreadable(file, f"cannot be read: {reason}")]
    except CertHubError as error:
        return [_unreadable(file, error.en)]
    outcomes: list[dict[str, Any]] = []
    for case in cases:
        if wanted is not None and case.rule != wanted:
            continue
        try:
            failures = list(run_case(case, resolve_case_files(case.given, case.folder)).failures)
        except CertHubError as error:
            failures = [f"{case.id}: {case.rule}: {error.code}: {error.en}"]
        outcomes.append({"id": case.id, "rule": case.rule, "file": str(file), "failures": failures})
    return outcomes


@app.command(name="test")
def run_cases(
    files: Annotated[list[Path], typer.Argument(help="案例檔(YAML)。 Case files.")],
    rule: Annotated[
        str | None, typer.Option("--rule", help="僅此判定項目。 Only the cases of this rule.")
    ] = None,
    as_json: _JSON = False,
) -> None:
    """執行判定案例。 Run rule cases; exit code 1 if one fails or the rule isn't there."""
    if rule is not None:
        _rule(rule, date(2024, 1, 1))
    outcomes = [outcome for file in files for outcome in _run(file, rule)]
    failed = sum(1 for item in outcomes if item["failures"])
    passed = len(outcomes) - failed
    if as_json:
        print(
            json.dumps({"passed": passed, "failed": failed, "cases": outcomes}, ensure_ascii=False)
        )
    else:
        for item in outcomes:
            for line in item["failures"]:
                print(line)
        print(f"{passed} passed, {failed} failed")
    if failed:
        raise typer.Exit(1)
