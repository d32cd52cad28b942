"""``certhub roster check``: a roster file checked offline, with the same verdict as the mutation."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..domain.errors import InvalidInput

if TYPE_CHECKING:
    from ..domain.submission import UserError

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="名冊。 Roster files.")


class RosterKind(StrEnum):
    """Which registry's roster."""

    VR = "vr"
    OSH = "osh"


class Phase(StrEnum):
    """Of an OSH roster: with the plan, or a change of it."""

    FILING = "filing"
    CHANGE = "change"


@app.callback()
def _root() -> None:
    """名冊。 Roster files."""


def _map(path: Path) -> dict[str, Any]:
    from ..rules.params import read_yaml

    found = read_yaml(path.read_text(encoding="utf-8-sig"))
    if not isinstance(found, dict):
        raise InvalidInput(
            f"{path.name}: expected a map with the rulebook's keys (start, end, domains ...)",
            f"{path.name}:應為規則手冊鍵名之對照表",
        )
    return dict(found)


def _plain(value: object) -> Any:
    """Days as ISO text, as a mutation's facts hold them."""
    from ..domain.decision import plain

    return plain(value)


def _vr_facts(path: Path) -> dict[str, Any]:
    """The facts beside the files: a course alone, or all of the entry point's keys."""
    found: dict[str, Any] = _plain(_map(path))
    return found if "course" in found else {"course": found}


def _osh_facts(path: Path, day: date, phase: Phase | None) -> dict[str, Any]:
    found: dict[str, Any] = _plain(_map(path))
    facts: dict[str, Any] = found if "class" in found else {"class": found}
    held = facts["class"]
    if not isinstance(held, dict) or not {"institution", "kind", "starts_on"} <= set(held):
        raise InvalidInput(
            f"{path.name}: a class needs institution, kind and starts_on",
            f"{path.name}:班別應載明 institution、kind、starts_on",
        )
    facts.setdefault("submitter", held["institution"])
    facts.setdefault("submitted_on", day.isoformat())
    facts.setdefault("phase", Phase.FILING.value)
    if phase is not None:
        facts["phase"] = phase.value
    facts.pop("rows", None)
    return facts


class _Outcome:
    """What is printed: the verdict, its errors and warnings, and the rule's own report."""

    def __init__(
        self,
        status: str,
        errors: Sequence["UserError"],
        warnings: Sequence["UserError"] = (),
        details: Mapping[str, object] | None = None,
    ) -> None:
        self.status = status
        self.errors = errors
        self.warnings = warnings
        self.details = details or {}

    def as_json(self) -> dict[str, object]:
        """The errors as the mutation's payload gives them, with the words in both languages."""
        return {
            **self.details,
            "status": self.status,
            "user_errors": [_told(error) for error in self.errors],
            "user_warnings": [_told(error) for error in self.warnings],
        }


def _words(error: "UserError", lang: str) -> str:
    """As the API says it: the catalogue's sentence, else what came with the error."""
    from ..rules.wording import label

    found = label(error.code, lang)
    own = error.zh if lang == "zh" else error.en or error.zh
    return own or found if found == error.code else found


def _told(error: "UserError") -> dict[str, object]:
    shown = error.as_json()
    return {
        **{key: value for key, value in shown.items() if key not in {"zh", "en"}},
        "message_zh": _words(error, "zh"),
        "message_en": _words(error, "en"),
    }


def _check_vr(
    files: Sequence[Path], course: Path, domains: Sequence[int], sheet: str, day: date
) -> _Outcome:
    from dataclasses import replace

    from ..domain.decision import details
    from ..resolvers.roster_verdicts import vr_errors
    from ..resolvers.vr_filings import told
    from ..roster.reading import read_roster
    from ..rules.engine import evaluate

    numbers = domains or range(1, len(files) + 1)
    if len(numbers) != len(files) or len(set(numbers)) != len(files):
        raise InvalidInput("--domain: a different one for each file", "--domain:每檔各一且不得重複")
    sheets: list[dict[str, object]] = []
    wrong: list[UserError] = []
    for index, (file, number) in enumerate(zip(files, numbers, strict=True)):
        try:
            sheets.append(read_roster(file.read_bytes(), file.name).as_fact(number))
        except InvalidInput as error:
            at = ("files", str(index))
            wrong.append(replace(told(error.code, at, file=file.name), zh=error.zh, en=error.en))
    if wrong:
        return _Outcome("rejected", wrong)
    given = {**_vr_facts(course), "files": sheets}
    if sheet:
        given["sign_in_sheet"] = {"format": sheet}
    decision = evaluate("vr.roster_csv", given, day).decision
    names: dict[int, str | None] = {
        number: file.name for number, file in zip(numbers, files, strict=True)
    }
    errors = vr_errors(decision.report, decision.findings, names)
    return _Outcome(decision.status, errors, details=details(decision))


def _check_osh(file: Path, held: Path, day: date, phase: Phase | None, verified: bool) -> _Outcome:
    from uuid import UUID

    from ..domain.submission import UserError
    from ..resolvers.osh_files import GivenFile, GivenTrainees
    from ..resolvers.osh_trainees import RosterOf, check_trainees
    from ..roster.reading import read_roster
    from ..rules.params import current_ruleset

    facts = _osh_facts(held, day, phase)
    about = facts["class"]
    if facts["submitter"] != about["institution"]:
        return _Outcome("rejected", (UserError("osh.roster.not_owner", ("classNo",)),))
    here = UUID(int=0)
    try:
        read = GivenFile(here, file.name, read_roster(file.read_bytes(), file.name))
    except InvalidInput as error:
        said = UserError(error.code, ("upload",), file.name, zh=error.zh, en=error.en)
        read = GivenFile(here, file.name, error=said)
    trainees = GivenTrainees(None, read, verified or None)
    fault = trainees.fault(("upload",))
    if fault is not None:
        return _Outcome("rejected", (fault,))
    recognition = facts.get("recognition")
    roster = RosterOf(
        institution_code=about["institution"],
        kind=about["kind"],
        format=about.get("format", "lecture"),
        starts_on=_day(about["starts_on"]),
        courses=tuple(about.get("courses", ())),
        phase=facts["phase"],
        recognition=recognition,
        already=about.get("already", 0),
    )
    verdict, rows = check_trainees(roster, trainees, _day(facts["submitted_on"]), current_ruleset())
    # The rulebook: a recognition that is not given counts as held.
    errors = tuple(
        error
        for error in verdict.errors
        if recognition is not None or error.code != "osh.roster.institution_not_recognised"
    )
    status = "rejected" if errors else "accepted_with_warnings" if verdict.warnings else "accepted"
    counted = {"rows": len(rows), "accepted_rows": 0 if errors else len(rows)}
    return _Outcome(status, errors, verdict.warnings, counted)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            f"{text}: expected a day (YYYY-MM-DD)", f"{text}:應為 YYYY-MM-DD"
        ) from error


def _print(outcome: _Outcome) -> None:
    for kind, items in (("", outcome.errors), ("warning: ", outcome.warnings)):
        for error in items:
            where = "" if error.row is None else f"line {error.row}: "
            field = f" ({'.'.join(error.field)})" if error.field and error.row else ""
            expected = f":{error.expected}" if error.expected else ""
            print(f"{kind}{where}{error.code}{field}: {_words(error, 'zh')}{expected}")
    wrong = len({(error.file, error.row) for error in outcome.errors if error.row is not None})
    right = outcome.details.get("valid_rows")
    if right is None:
        rows = outcome.details.get("rows", 0)
        right = rows - wrong if isinstance(rows, int) else 0
    print(f"{outcome.status}: {right} rows right, {wrong} wrong")


@app.command()
def check(
    files: Annotated[
        list[Path], typer.Argument(help="名冊檔 .csv .ods .xlsx。 The roster.", exists=True)
    ],
    kind: Annotated[RosterKind, typer.Option(help="登錄系統。 Registry.")] = RosterKind.VR,
    course: Annotated[
        Path | None,
        typer.Option(help="vr:課程(YAML 或 JSON,規則手冊鍵名)。 The course.", exists=True),
    ] = None,
    training_class: Annotated[
        Path | None,
        typer.Option(
            "--class", help="osh:班別(YAML 或 JSON,規則手冊鍵名)。 The class.", exists=True
        ),
    ] = None,
    domain: Annotated[
        list[int] | None,
        typer.Option(help="vr:各檔之課程領域序號。 Domain of each file.", min=1),
    ] = None,
    sign_in_sheet: Annotated[
        str, typer.Option(help="vr:簽到表格式;空白為無。 pdf, jpg, or empty for none.")
    ] = "pdf",
    phase: Annotated[
        Phase | None, typer.Option(help="osh:報備或變更。 With the plan, or a change.")
    ] = None,
    licence_verified: Annotated[
        bool,
        typer.Option(help="osh:聲明資格證書均已查核。 Every licence was verified."),
    ] = False,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="判定日。 Day.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False,
) -> None:
    """檢核名冊,不送出。 Check a roster without sending it; exit 1 when it would be rejected."""
    from ..domain.roc_date import TAIPEI
    from ..store import clock

    day: date = on.date() if on else clock.now().astimezone(TAIPEI).date()
    if kind is RosterKind.VR:
        if course is None:
            raise InvalidInput("--course: needed with --kind vr", "--kind vr 應給 --course")
        outcome = _check_vr(files, course, domain or (), sign_in_sheet, day)
    else:
        if training_class is None or len(files) != 1:
            raise InvalidInput(
                "--kind osh: one file and --class", "--kind osh 應給一個檔案與 --class"
            )
        outcome = _check_osh(files[0], training_class, day, phase, licence_verified)
    if as_json:
        print(json.dumps(outcome.as_json(), ensure_ascii=False, indent=1))
    else:
        _print(outcome)
    raise typer.Exit(code=1 if outcome.status == "rejected" else 0)
