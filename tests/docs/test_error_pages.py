"""docs/errors: one page per code, in both languages, and an index."""

import re
from pathlib import Path

import pytest

from .sources import DOCS, error_codes

_PAGES = sorted(file for file in DOCS.glob("errors/*.md") if file.stem != "README")

MADE_UP_LATER = {
    "COST_EXCEEDED",
    "METHOD_NOT_ALLOWED",
}
"""Codes that the source puts together in another way than ``code="..."``."""


def test_every_code_has_a_page() -> None:
    pages = {file.stem for file in _PAGES}

    assert {code: where for code, where in error_codes().items() if code not in pages} == {}


def test_every_page_is_about_a_code() -> None:
    pages = {file.stem for file in _PAGES}

    assert sorted(pages - set(error_codes())) == sorted(MADE_UP_LATER)


@pytest.mark.parametrize("file", _PAGES, ids=lambda file: str(file.stem))
def test_a_page_says_what_happened_in_chinese_and_in_english(file: Path) -> None:
    title, zh, en = file.read_text(encoding="utf-8").rstrip("\n").split("\n\n")

    assert title == f"# {file.stem}"
    assert re.search(r"[\u4e00-\u9fff]", zh) is not None
    assert zh.endswith("。")
    assert re.search(r"[\u4e00-\u9fff]", re.sub(r"\([^)]*\)", "", en)) is None
    assert en.endswith(".")
