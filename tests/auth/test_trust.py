"""Issuers from settings: where their keys come from, and how far they are trusted."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from certhub.auth.jwks import Fetch
from certhub.auth.tokens import InvalidToken, TokenVerifier
from certhub.auth.trust import trusted_issuer
from certhub.connectors.documents import fetch_document
from certhub.domain.errors import AgencyFault, ConfigurationError
from certhub.sandbox.issuer import DEV_AUDIENCE, DEV_ISSUER, DevIssuer
from certhub.sandbox.issuer_app import issuer_app

NOW = datetime(2024, 10, 1, 8, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:9"


def fetching(home: Path) -> Fetch:
    app = issuer_app(DevIssuer(home), BASE, lambda: NOW)

    async def fetch(url: str) -> bytes:
        return await fetch_document(url, transport=httpx.ASGITransport(app=app))

    return fetch


def given(home: Path, **changes: Any) -> Any:
    return {
        "issuer": DEV_ISSUER,
        "audience": DEV_AUDIENCE,
        "algorithms": ["ES256"],
        "jwks_uri": None,
        "jwks_file": None,
        "discovery": None,
        "claims": {},
        "agency_types": ["local"],
        "scopes": None,
        "max_lifetime_seconds": 3600,
        "clock": lambda: NOW,
        "fetch": fetching(home),
        **changes,
    }


@pytest.mark.parametrize(
    "where",
    [
        {"jwks_uri": f"{BASE}/jwks"},
        {"discovery": f"{BASE}/.well-known/oauth-authorization-server"},
    ],
)
async def test_keys_are_fetched_where_the_settings_say(tmp_path: Path, where: Any) -> None:
    issuer = trusted_issuer(**given(tmp_path, **where))
    token = DevIssuer(tmp_path).mint("local-taipei", now=NOW)

    viewer = await TokenVerifier([issuer], lambda: NOW).verify(token)

    assert viewer.client_id == "local-taipei"


async def test_an_address_without_keys_is_no_way_in(tmp_path: Path) -> None:
    issuer = trusted_issuer(**given(tmp_path, jwks_uri=f"{BASE}/nowhere"))
    token = DevIssuer(tmp_path).mint("local-taipei", now=NOW)

    with pytest.raises(InvalidToken) as caught:
        await TokenVerifier([issuer], lambda: NOW).verify(token)

    assert caught.value.reason == "keys_unavailable"


async def test_a_local_issuer_cannot_make_a_ministry(tmp_path: Path) -> None:
    issuer = trusted_issuer(**given(tmp_path, jwks_uri=f"{BASE}/jwks"))
    token = DevIssuer(tmp_path).mint("central-mol", now=NOW)

    with pytest.raises(InvalidToken) as caught:
        await TokenVerifier([issuer], lambda: NOW).verify(token)

    assert caught.value.reason == "agency_type_above_ceiling"


@pytest.mark.parametrize("changes", [{"agency_types": ["king"]}, {"algorithms": ["HS256"]}])
def test_odd_settings_are_refused(tmp_path: Path, changes: Any) -> None:
    with pytest.raises(ConfigurationError):
        trusted_issuer(**given(tmp_path, **changes))


async def test_a_document_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AgencyFault):
        await fetching(tmp_path)(f"{BASE}/nowhere")
