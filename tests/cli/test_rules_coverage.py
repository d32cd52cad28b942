"""``certhub rules coverage``: what it prints."""

import json

import pytest
import typer
from typer.testing import CliRunner

from certhub.cli.rules_coverage import coverage
from certhub.domain.errors import InvalidInput

app = typer.Typer()
app.command()(coverage)


def test_a_law_is_printed_article_by_article_with_reasons() -> None:
    result = CliRunner().invoke(app, ["--law", "L0070045"])

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("L0070045 長期照顧服務人員訓練認證繼續教育及登錄辦法 (2023-10-11): ")
    assert "  covered      第6條第1項 [ltc.validity] 六年效期、效期年度及民法之末日。" in lines
    assert any(line.startswith("  unknown      第11條第3項 附件二") for line in lines)
    assert not any(line.startswith("seed-") for line in lines)


def test_reasons_are_told_in_english_too() -> None:
    result = CliRunner().invoke(app, ["--law", "L0070045", "--lang", "en"])

    assert "  out_of_scope art. 1 Legal basis only." in result.stdout.splitlines()


def test_whole_texts_and_rests_are_named() -> None:
    result = CliRunner().invoke(app, [])

    assert "  out_of_scope 全文 個人資料保護法拘束樞紐本身" in result.stdout
    assert "  out_of_scope 其餘 服務體系" in result.stdout


def test_json_holds_every_provision_with_its_citation() -> None:
    [law] = json.loads(CliRunner().invoke(app, ["--law", "N0080029", "--json"]).stdout)

    assert law["version"] == "2023-09-23"
    assert sum(law["counts"].values()) == len(law["provisions"])
    first = law["provisions"][0]
    assert (first["at"], first["citation"]) == ("1", "N0080029@2023-09-23:1")
    assert first["url"].endswith("LawSingle.aspx?pcode=N0080029&flno=1")


def test_an_unknown_text_is_refused_with_those_there_are() -> None:
    result = CliRunner().invoke(app, ["--law", "X1"])

    assert isinstance(result.exception, InvalidInput)
    assert "L0070045" in result.exception.en


@pytest.mark.parametrize("lang", ["fr", ""])
def test_an_unknown_language_is_a_usage_error(lang: str) -> None:
    assert CliRunner().invoke(app, ["--lang", lang]).exit_code == 2
