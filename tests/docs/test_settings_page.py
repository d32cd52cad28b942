"""docs/operations.md names every setting, log event and metric, and nothing else."""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum

from pydantic import BaseModel, TypeAdapter

from certhub.schema.site import Metrics
from certhub.settings import AgencySettings, IssuerSettings, Settings

from .sources import ROOT, SRC, page, tracked

_NAME = re.compile(r"`(CERTHUB_[A-Z_]+)`")
_ROW = re.compile(r"^\| (?P<names>`[^|]*`) \| (?P<default>[^|]*) \|", re.MULTILINE)


def _settings(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, object]]:
    """Environment variable and default of every field, nested ones too."""
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            yield from _settings(type(default), f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}", default


SETTINGS = dict(_settings(Settings, "CERTHUB_"))


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, timedelta):
        return f"`{TypeAdapter(timedelta).dump_json(value).decode().strip(chr(34))}`"
    if isinstance(value, float):
        return f"`{value:g}`"
    return f"`{value.value if isinstance(value, Enum) else value}`"


def _defaults() -> dict[str, str]:
    return {
        name: match["default"].strip()
        for match in _ROW.finditer(page("operations.md"))
        for name in _NAME.findall(match["names"])
    }


def test_every_setting_has_a_row_with_its_default() -> None:
    shown = _defaults()
    read_by_one_agency_only = {
        name
        for name in SETTINGS
        if name not in shown and name in set(_NAME.findall(page("operations.md")))
    }

    assert {name for name in SETTINGS if name not in shown} == read_by_one_agency_only
    assert {name: shown[name] for name in SETTINGS if name in shown} == {
        name: _shown(default) for name, default in SETTINGS.items() if name in shown
    }


def test_settings_read_by_one_agency_only_are_those_of_the_contracts() -> None:
    shown = _defaults()

    assert sorted(name for name in SETTINGS if name not in shown) == [
        "CERTHUB_LTC__API_KEY",
        "CERTHUB_LTC__CLIENT_SECRET",
        "CERTHUB_OSH__KEY_ID",
        "CERTHUB_OSH__PAGE_SIZE",
        "CERTHUB_OSH__PRIVATE_KEY_FILE",
        "CERTHUB_VR__API_KEY",
        "CERTHUB_VR__KEY_ID",
        "CERTHUB_VR__PRIVATE_KEY_FILE",
    ]
    assert set(AgencySettings.model_fields) == {
        "url",
        "client_id",
        "client_secret",
        "private_key_file",
        "key_id",
        "api_key",
        "timeout_seconds",
        "deadline_seconds",
        "attempts",
        "page_size",
        "sync_interval",
    }


def test_every_key_of_an_issuer_has_a_row_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| ([^|]*) \|", page("operations.md"), re.MULTILINE))

    assert {name: rows.get(name) for name in IssuerSettings.model_fields} == {
        name: "required" if field.is_required() else _shown(field.default).replace("'", '"')
        for name, field in IssuerSettings.model_fields.items()
    }


def test_no_document_names_a_setting_that_is_not_there() -> None:
    kinds = {".md", ".yml", ".yaml", ".json", ""}
    # A variable of the compose file's own is no setting.
    known = {*SETTINGS, "CERTHUB_DB_PASSWORD"}

    unknown = {
        file.relative_to(ROOT).as_posix(): sorted(named)
        for file in tracked()
        if file.suffix in kinds
        and (
            named := set(re.findall(r"CERTHUB_[A-Z][A-Z_]*[A-Z]", file.read_text(encoding="utf-8")))
            - known
        )
    }

    assert unknown == {}


def _events() -> Iterator[str]:
    for file in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "_log"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield str(node.args[0].value)


def test_every_log_event_is_explained() -> None:
    rows = re.findall(
        r"^\| `([a-z_]+)` \| (?:info|warning|error) \|", page("operations.md"), re.MULTILINE
    )

    assert sorted(rows) == sorted(set(_events()))


def test_every_metric_is_explained() -> None:
    named = {metric.name for metric in Metrics().registry.collect()}

    assert sorted(name for name in named if f"`{name}" not in page("operations.md")) == []
