"""Settings become parts: a registry with a URL needs its credentials, and says which are missing."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from certhub.agencies import build_connectors
from certhub.app import open_hub
from certhub.domain.errors import ConfigurationError
from certhub.settings import AgencySettings, Settings

URL = "http://127.0.0.1:9"


async def test_registries_with_a_url_get_a_connector(tmp_path: Path) -> None:
    agency = AgencySettings(url=URL, client_id="c", client_secret=SecretStr("s"))
    osh = agency.model_copy(update={"api_key": SecretStr("k")})

    found = build_connectors(Settings(home=tmp_path, vr=agency, osh=osh))

    assert {name: connector.registry for name, connector in found.items()} == {
        "vr": "vr",
        "osh": "osh",
    }
    for connector in found.values():
        await connector.aclose()


@pytest.mark.parametrize(
    ("registry", "missing"),
    [
        ("vr", "CERTHUB_VR__CLIENT_ID"),
        ("ltc", "CERTHUB_LTC__CLIENT_ID"),
        ("osh", "CERTHUB_OSH__API_KEY"),
    ],
)
def test_a_missing_credential_is_named(tmp_path: Path, registry: str, missing: str) -> None:
    given: dict[str, Any] = {registry: AgencySettings(url=URL)}

    with pytest.raises(ConfigurationError, match=missing):
        build_connectors(Settings(home=tmp_path, **given))


async def test_a_hub_takes_its_figures_from_the_settings(database_url: str, tmp_path: Path) -> None:
    holidays = tmp_path / "holidays.txt"
    holidays.write_text("2024-10-10\n2030-10-10\n")
    settings = Settings(
        home=tmp_path,
        database_url=SecretStr(database_url),
        holidays_file=holidays,
        business_date=date(2024, 9, 2),
        verify_daily_budget=7,
    )

    async with open_hub(settings) as hub:
        assert hub.holidays.between(date(2030, 1, 1), date(2030, 12, 31)) == [date(2030, 10, 10)]
        assert date(2024, 10, 10) in hub.holidays
        assert hub.holidays.covers(date(2030, 1, 1))
        assert not hub.holidays.covers(date(2029, 1, 1))
        assert hub.business_day(hub.clock()) == date(2024, 9, 2)
        assert hub.verify_daily_budget == 7
        assert set(hub.stale_after) == {"vr", "ltc", "osh"}


async def test_a_broken_holidays_file_is_named(database_url: str, tmp_path: Path) -> None:
    holidays = tmp_path / "holidays.txt"
    holidays.write_text("10 October")
    settings = Settings(home=tmp_path, database_url=SecretStr(database_url), holidays_file=holidays)

    with pytest.raises(ConfigurationError, match="CERTHUB_HOLIDAYS_FILE"):
        async with open_hub(settings):
            pass
