"""Commands that answer from files, over the synced hub's database."""

import csv
import io
from pathlib import Path

import pytest

from certhub.roster.reading import read_roster
from certhub.roster.staff import read_staff
from certhub.roster.writing import write_table
from certhub.sandbox.cast import CAST
from certhub.sandbox.numbers import national_id, with_wrong_check_digit

from .conftest import Country

ROOT = Path(__file__).parents[2]
HEADINGS = {
    "english": ("ref", "kind", "identifier", "nationality", "name", "birth_date"),
    "chinese": ("編號", "證號類別", "身分證字號", "國籍", "姓名", "出生年月日"),
}
C1, C7 = CAST["C1"], CAST["C7"]
STAFF = (
    ("a", "", C1.number, "", C1.name, "1985-04-12"),
    ("b", "身分證字號", C7.number.lower(), "", "別人", "80/01/02"),
    ("c", "", national_id("Z", 1, 9_999_999), "", "", ""),
    ("d", "", with_wrong_check_digit(C1.number), "", "", ""),
    ("e", "電話", C1.number, "", "", ""),
    ("f", "", "", "", C1.name, ""),
)
VERDICTS = [
    ("a", "ELIGIBLE", "window_open", "2024-11-30", "short", "", "true", "true"),
    ("b", "ELIGIBLE", "valid", "2027-07-31", "short", "", "false", "false"),
    ("c", "", "", "", "", "no_record", "", ""),
    ("d", "", "", "", "", "identifier_invalid", "", ""),
    ("e", "", "", "", "", "identifier_invalid", "", ""),
    ("f", "", "", "", "", "identifier_invalid", "", ""),
]
COLUMNS = ("ref", "verdict", "status", "valid_to", "renewal", "error", "name_matches", "birth_date_matches")  # fmt: skip


@pytest.mark.parametrize("ending", ["csv", "ods", "xlsx"])
def test_a_staff_list_reads_the_same_in_every_format_and_language(ending: str) -> None:
    lists = [
        read_staff(write_table(f"staff.{ending}", head, STAFF, title="人員"), f"staff.{ending}")
        for head in HEADINGS.values()
    ]

    assert lists[0] == lists[1]
    assert [row.ref for row in lists[0]] == list("abcdef")
    assert [row.fault for row in lists[0]] == [None, None, None, None, "kind", None]


@pytest.mark.parametrize(("language", "ending", "out"), [("chinese", "csv", "ods"), ("english", "xlsx", "csv")])  # fmt: skip
def test_a_staff_list_comes_back_in_order_with_verdicts(
    country: Country, tmp_path: Path, language: str, ending: str, out: str
) -> None:
    file, result = tmp_path / f"staff.{ending}", tmp_path / f"verdicts.{out}"
    file.write_bytes(write_table(file.name, HEADINGS[language], STAFF, title="人員"))

    country.run(
        "verify", str(file), "--role", "ltc.care_worker", "--on", "2024-09-02", "--out", str(result)
    )

    rows = read_roster(result.read_bytes(), result.name).rows
    assert rows is not None
    places = [rows[0].index(name) for name in COLUMNS]
    assert [tuple(row[place] for place in places) for row in rows[1:]] == VERDICTS


def test_a_staff_list_comes_back_on_the_standard_output(country: Country, tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_bytes("編號,證號,姓名\n1,".encode("cp950") + C1.number.encode() + b",\xb4\xfa\n")

    done = country.run("verify", str(file), "--role", "ltc.care_worker")

    [row] = csv.DictReader(io.StringIO(done.stdout))
    assert (row["ref"], row["verdict"], row["name_matches"]) == ("1", "ELIGIBLE", "false")


def test_every_case_file_is_run_whatever_the_others_are(country: Country, tmp_path: Path) -> None:
    case = "- {{id: {}, rule: {}, as_of: {}, given: {}, expect: {}}}"
    validity = "{effective_date: 2020-01-01}"
    texts = {
        "broken": "a: [1, 2\n b: {",
        "map": "a: 1",
        "unknown": case.format("u-1", "ltc.nothing", "2024-09-02", "{}", "{}"),
        "wrong": case.format(
            "w-1", "ltc.validity", "2024-09-02", validity, "{status: expired, year_no: 5}"
        ),
        "text": case.format("t-1", "ltc.validity", "'2024-09-02'", validity, "{status: valid}"),
        "day": case.format("d-1", "ltc.validity", "soon", validity, "{status: valid}"),
        "facts": case.format(
            "f-1", "ltc.validity", "2024-09-02", "{no_such: 1}", "{status: valid}"
        ),
    }
    files = []
    for name, text in texts.items():
        file = tmp_path / f"{name}.yaml"
        file.write_text(text)
        files.append(str(file))
    missing = tmp_path / "missing.yaml"

    done = country.run("rules", "test", *files, str(missing), check=1)

    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        f"{tmp_path}/broken.yaml: not YAML, line 2",
        f"{tmp_path}/map.yaml: expected a YAML list of cases with id, rule, as_of, given, expect",
        "u-1: ltc.nothing: UNKNOWN_RULE: no rule 'ltc.nothing'; see `certhub rules list`",
        "w-1: status: expected 'expired', got 'valid'",
        f"{tmp_path}/day.yaml: d-1: as_of: expected an ISO day",
        "f-1: ltc.validity: INVALID_FACTS: given: expected keys of the rulebook only",
        f"{missing}: cannot be read: No such file or directory",
        "1 passed, 7 failed",
    ]


def test_the_printed_schema_is_the_reviewed_one(country: Country) -> None:
    printed = country.run("schema", "print").stdout

    assert printed == (ROOT / "src" / "schema" / "schema.graphql").read_text(encoding="utf-8")


def test_production_mints_no_tokens_and_says_which_setting_it_refuses(country: Country) -> None:
    production = {"CERTHUB_ENVIRONMENT": "production", "CERTHUB_ID_KEYS_FILE": "keys.json"}

    refused = country.run("token", "operator", check=1, **production)
    without = country.without("CERTHUB_BUSINESS_DATE")
    denied = without.run("token", "operator", check=1, **production)
    garbled = country.run("sync", "status", check=1, CERTHUB_STALE_AFTER__VR="soon")

    assert refused.stderr.splitlines() == [
        "CONFIGURATION: CERTHUB_BUSINESS_DATE is refused when ENVIRONMENT=production"
    ]
    assert denied.stdout == ""
    assert denied.stderr.startswith("CONFIGURATION: certhub token: the dev issuer does not exist")
    assert garbled.stderr.startswith("CONFIGURATION: CERTHUB_STALE_AFTER__VR: ")
