"""``certhub roster check`` and the mutations say the same of one file, byte by byte."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from certhub.auth.viewer import AgencyType, Viewer
from certhub.cli.roster import app
from certhub.domain.submission import UserError
from certhub.resolvers.facts.built import Findings
from certhub.resolvers.facts.osh_classes import roster_class
from certhub.resolvers.facts.vr_offices import roster_course
from certhub.resolvers.osh_roster import SubmitOshRosterInput, submit_osh_roster
from certhub.resolvers.vr_roster import RosterFile, VrRosterInput, submit_vr_roster
from certhub.roster.trainees import COLUMNS, OUR_COLUMNS
from certhub.sandbox.numbers import national_id, with_wrong_check_digit
from certhub.store.class_rows import load_classes
from certhub.store.uploads import save_upload
from certhub.store.vr_courses import course_of

from ..country import Country
from .filing_setup import COURSE, DAY, PDF, add_course, asked_by, make_hub, sample, uploaded

runner = CliRunner()


def _told(errors: tuple[UserError, ...]) -> list[dict[str, object]]:
    return [
        {key: value for key, value in error.as_json().items() if key not in {"zh", "en"}}
        for error in errors
    ]


def _offline(arguments: list[str]) -> tuple[dict[str, Any], int]:
    found = runner.invoke(app, ["check", *arguments, "--json"])
    report = json.loads(found.stdout)
    for error in (*report["user_errors"], *report["user_warnings"]):
        assert error.pop("message_zh")
        assert error.pop("message_en")
    return report, found.exit_code


HEAD = sample("roster-clean-utf8bom.csv").decode("utf-8-sig").splitlines()[:2]
GOOD = "A123456789"


def _row(**changes: str) -> str:
    cells = {
        "date": "2024/3/15", "name": "測試甲", "id": GOOD, "hours": "3",
        "offshore": "否", "international": "否", "instructor": "否",
    } | changes  # fmt: skip
    return ",".join(cells.values())


EVERY_CODE = {
    "wrong_column_count": "2024/3/15,測試",
    "line_break_in_cell": _row(name='"測\n試"', id=national_id("B", 1, 1)),
    "date_invalid": _row(date="2024/2/30"),
    "date_outside_course": _row(date="2024/3/16"),
    "name_missing": _row(name="", id=national_id("B", 1, 2)),
    "id_missing": _row(id=""),
    "id_format": _row(id="A12345678"),
    "id_checksum": _row(id=with_wrong_check_digit(national_id("B", 1, 3))),
    "hours_missing": _row(hours="", id=national_id("B", 1, 4)),
    "hours_not_number": _row(hours="三", id=national_id("B", 1, 5)),
    "hours_not_positive": _row(hours="0", id=national_id("B", 1, 6)),
    "hours_mismatch": _row(hours="6", id=national_id("B", 1, 7)),
    "flag_invalid": _row(offshore="Y", id=national_id("B", 1, 8)),
    "duplicate_row": _row(),
}


def _vr_file(*rows: str, head: list[str] = HEAD) -> bytes:
    return b"\xef\xbb\xbf" + "\r\n".join([*head, *rows, ""]).encode()


VR_FILES = {
    "clean": sample("roster-clean-utf8bom.csv"),
    "bad rows": sample("roster-bad-rows.csv"),
    "big5": (Path(__file__).parents[1] / "samples" / "roster-big5.csv").read_bytes(),
    "every code": _vr_file(_row(), *EVERY_CODE.values()),
    "no header": b"a,b\r\n",
    "no sample row": _vr_file(_row(), head=HEAD[:1]),
    "no encoding": b"\xff\xfea\0",
    "no csv": b'a,"b\nc\n',
}


async def test_a_vr_file_gets_the_mutations_verdict_offline(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    await add_course(engine)
    hub = make_hub(engine)
    async with engine.connect() as connection:
        course = await course_of(connection, COURSE)
    assert course is not None
    facts = tmp_path / "course.yaml"
    facts.write_text(yaml.safe_dump(roster_course(dict(course)), allow_unicode=True))
    sheet = await uploaded(hub, "sheet.pdf", PDF)
    file = tmp_path / "名冊.csv"

    for name, content in VR_FILES.items():
        file.write_bytes(content)
        upload = await uploaded(hub, file.name, content)
        filed = await submit_vr_roster(
            hub,
            asked_by(hub),
            VrRosterInput("key-0001", COURSE, sheet, (RosterFile(1, upload),), validate_only=True),
        )
        report, exit_code = _offline([str(file), "--course", str(facts), "--on", DAY.isoformat()])

        assert report["user_errors"] == _told(filed.errors), name
        assert exit_code == (1 if filed.errors else 0), name


def test_every_code_of_a_vr_row_is_in_the_file_once(tmp_path: Path) -> None:
    file, course = tmp_path / "a.csv", tmp_path / "course.yaml"
    file.write_bytes(VR_FILES["every code"])
    course.write_text(
        "start: 2024-03-15\nend: 2024-03-15\nreview_state: approved\n"
        "domains: [{index: 1, approved_hours: 3}]\n"
    )

    report, _ = _offline([str(file), "--course", str(course), "--on", "2024-09-02"])

    assert [error["code"] for error in report["user_errors"]] == list(EVERY_CODE)


CLASS, OWNER = "OH0003-113-000101", "04000002"
HEADINGS = ",".join([*COLUMNS.values(), *OUR_COLUMNS.values()])


def _trainee(seat: int, **changes: str) -> str:
    cells = {
        "seq": str(seat),
        "name": "測試乙",
        "birth_date": "78年3月2日",
        "national_id": national_id("C", 2, seat),
        "licence_no": "護字第1號",
        "education": "大學",
        "employer": "測試公司",
        "job_title": "護理師",
        "address": "臺北市測試路1號",
        "email": "a@example.org",
        "phone": "0912345678",
        "remarks": "",
        "profession": "護理師",
        "licence_verified": "是",
        "waiver_proof": "",
        "waiver_courses": "",
    } | changes
    return ",".join(cells.values())


OSH_ROWS = {
    "osh.roster.field_missing": _trainee(2, employer=""),
    "osh.roster.id_format": _trainee(3, national_id="c200000003"),
    "osh.roster.id_checksum": _trainee(4, national_id=with_wrong_check_digit(national_id("C", 2, 4))),
    "osh.roster.duplicate_person": _trainee(5, national_id=national_id("C", 2, 1)),
    "osh.roster.birth_date_invalid": _trainee(6, birth_date="113年9月12日"),
    "osh.roster.licence_not_verified": _trainee(7, licence_verified="否"),
    "osh.roster.profession_not_allowed": _trainee(8, profession="廚師"),
    "osh.roster.waiver_incomplete": _trainee(9, waiver_proof="訓練證明"),
    "osh.roster.waiver_course_unknown": _trainee(
        10, waiver_proof="訓練證明", waiver_courses="沒有的課"
    ),
}  # fmt: skip
OSH_FILES = {
    "right": "\n".join([HEADINGS, _trainee(1), _trainee(2)]),
    "every code": "\n".join(["附表五、受訓人員名冊", HEADINGS, _trainee(1), *OSH_ROWS.values()]),
    "one seat for two": "\n".join([HEADINGS, _trainee(1), _trainee(2, seq="1")]),
    "too many": "\n".join([HEADINGS, *(_trainee(seq) for seq in range(1, 83))]),
    "headings": "姓名,身分證字號\n",
    "empty": "\n",
    "far too long": "\n".join([HEADINGS, *(["x"] * 2000)]),
}


async def _osh_facts(country: Country) -> dict[str, Any]:
    async with country.hub.engine.connect() as connection:
        rows = (await load_classes(connection, [CLASS]))[CLASS]
    facts: dict[str, Any] = roster_class(rows, Findings())
    return {**facts, "phase": "change"}


@pytest.mark.parametrize("name", OSH_FILES)
async def test_an_osh_file_gets_the_mutations_verdict_offline(
    country: Country, tmp_path: Path, name: str
) -> None:
    hub = country.hub
    file = tmp_path / "名冊.csv"
    file.write_bytes(OSH_FILES[name].encode())
    facts = tmp_path / "class.yaml"
    facts.write_text(yaml.safe_dump(await _osh_facts(country), allow_unicode=True))
    viewer = Viewer(
        "someone", "offline", "test", frozenset({"roster.submit", "roster.read"}),
        AgencyType.INSTITUTION, OWNER, registries=frozenset({"osh"}),
        institution_ids=frozenset({OWNER}),
    )  # fmt: skip
    request = hub.request(viewer, "request-1")
    async with hub.engine.begin() as connection:
        upload = await save_upload(
            connection, hub.keys, issuer="test", client_id="offline", subject="someone",
            filename=file.name, content_type=None, content=file.read_bytes(), now=request.instant,
        )  # fmt: skip

    filed = await submit_osh_roster(
        hub,
        request,
        SubmitOshRosterInput(
            idempotency_key="key-0001", class_no=CLASS, upload=upload, validate_only=True
        ),
    )
    report, exit_code = _offline(
        [str(file), "--kind", "osh", "--class", str(facts), "--on", "2024-09-02"]
    )

    assert report["user_errors"] == _told(filed.errors)
    shared = [item for item in _told(filed.warnings) if item["row"] is not None]
    assert [item for item in report["user_warnings"] if item["row"] is not None] == shared
    assert exit_code == (1 if filed.errors else 0)


async def test_every_code_of_an_osh_row_is_in_the_file_once(
    country: Country, tmp_path: Path
) -> None:
    file, held = tmp_path / "a.csv", tmp_path / "class.yaml"
    file.write_text(OSH_FILES["every code"])
    held.write_text(yaml.safe_dump(await _osh_facts(country), allow_unicode=True))

    report, _ = _offline([str(file), "--kind", "osh", "--class", str(held), "--on", "2024-09-02"])

    assert [error["code"] for error in report["user_errors"]] == list(OSH_ROWS)


def test_a_late_submission_and_a_foreign_class_are_told_offline_too(tmp_path: Path) -> None:
    file, held = tmp_path / "a.csv", tmp_path / "class.yaml"
    file.write_text(OSH_FILES["right"])
    held.write_text(
        f"class: {{institution: OH1, kind: professional, starts_on: {date(2024, 9, 10)}}}\n"
    )
    late, code = _offline([str(file), "--kind", "osh", "--class", str(held), "--on", "2024-09-02"])
    held.write_text(held.read_text() + "submitter: OH2\n")
    foreign, _ = _offline([str(file), "--kind", "osh", "--class", str(held), "--on", "2024-09-02"])

    assert [error["code"] for error in late["user_errors"]] == [
        "osh.roster.too_few",
        "osh.roster.too_late",
    ]
    assert code == 1
    assert [error["code"] for error in foreign["user_errors"]] == ["osh.roster.not_owner"]
