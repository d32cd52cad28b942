"""The dev issuer: its tokens pass the hub's own verification, its key stays private."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from certhub.auth.jwks import from_file
from certhub.auth.scopes import SCOPES
from certhub.auth.tokens import InvalidToken, TokenVerifier, TrustedIssuer
from certhub.auth.viewer import AgencyType, Viewer
from certhub.domain.errors import InvalidInput
from certhub.sandbox.cast import INSTITUTION_OSH_TAX_ID, INSTITUTION_VR_TAX_ID
from certhub.sandbox.issuer import DEV_AUDIENCE, DEV_ISSUER, JWKS_FILE, DevIssuer
from certhub.sandbox.issuer_app import issuer_app
from certhub.sandbox.roles import ROLES

NOW = datetime(2024, 10, 1, 8, 0, tzinfo=UTC)


async def read(home: Path, token: str) -> Viewer:
    keys = from_file(home / JWKS_FILE, lambda: NOW)
    verifier = TokenVerifier([TrustedIssuer(DEV_ISSUER, DEV_AUDIENCE, keys)], lambda: NOW)
    return await verifier.verify(token)


@pytest.mark.parametrize("role", list(ROLES))
async def test_every_role_is_accepted_with_all_its_scopes(tmp_path: Path, role: str) -> None:
    viewer = await read(tmp_path, DevIssuer(tmp_path).mint(role, now=NOW))

    assert viewer.client_id == role
    assert viewer.scopes == set(str(ROLES[role]["scope"]).split())
    assert viewer.scopes <= set(SCOPES)


async def test_roles_carry_the_claims_of_the_design(tmp_path: Path) -> None:
    issuer = DevIssuer(tmp_path)
    found = {role: await read(tmp_path, issuer.mint(role, now=NOW)) for role in ROLES}

    assert {role: (v.agency_type, set(v.jurisdiction)) for role, v in found.items()} == {
        "central-mol": (AgencyType.CENTRAL, {"*"}),
        "central-mohw": (AgencyType.CENTRAL, {"*"}),
        "local-taipei": (AgencyType.LOCAL, {"63000"}),
        "local-kaohsiung": (AgencyType.LOCAL, {"64000"}),
        "institution-vr": (AgencyType.INSTITUTION, set()),
        "institution-osh": (AgencyType.INSTITUTION, set()),
        "operator": (AgencyType.OPERATOR, set()),
        "auditor": (AgencyType.CENTRAL, set()),
    }
    assert found["central-mol"].registries == {"vr", "ltc", "osh"}
    assert found["central-mohw"].registries == {"ltc"}
    assert found["auditor"].registries == set()
    assert found["institution-vr"].institution_ids == {INSTITUTION_VR_TAX_ID}
    assert found["institution-osh"].institution_ids == {INSTITUTION_OSH_TAX_ID}


async def test_claims_can_be_replaced_and_removed(tmp_path: Path) -> None:
    changes = {"jurisdiction": ["64000"], "purposes": None, "scope": "pii.basic"}

    viewer = await read(tmp_path, DevIssuer(tmp_path).mint("local-taipei", changes, now=NOW))

    assert (viewer.jurisdiction, viewer.purposes) == (frozenset({"64000"}), frozenset())
    assert viewer.scopes == {"pii.basic"}


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first, second = DevIssuer(tmp_path), DevIssuer(tmp_path)
    private = tmp_path / "dev-issuer.key.json"

    assert first.jwks() == second.jwks()
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert "d" not in json.loads((tmp_path / JWKS_FILE).read_text())["keys"][0]


def test_unknown_roles_and_long_lifetimes_are_refused(tmp_path: Path) -> None:
    issuer = DevIssuer(tmp_path)

    with pytest.raises(InvalidInput) as caught:
        issuer.mint("emperor", now=NOW)
    assert caught.value.code == "UNKNOWN_ROLE"
    with pytest.raises(InvalidInput):
        issuer.mint("operator", now=NOW, lifetime=timedelta(hours=13))


async def test_a_token_of_another_home_is_refused(tmp_path: Path) -> None:
    DevIssuer(tmp_path / "a")
    stranger = DevIssuer(tmp_path / "b")

    with pytest.raises(InvalidToken) as caught:
        await read(tmp_path / "a", stranger.mint("operator", now=NOW))

    assert caught.value.reason == "unknown_key"


def client(tmp_path: Path) -> tuple[DevIssuer, httpx.AsyncClient]:
    issuer = DevIssuer(tmp_path)
    app = issuer_app(issuer, "http://issuer.test", lambda: NOW)
    return issuer, httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://issuer.test"
    )


async def test_the_metadata_lead_to_the_keys(tmp_path: Path) -> None:
    issuer, http = client(tmp_path)
    async with http:
        metadata = (await http.get("/.well-known/oauth-authorization-server")).json()
        keys = (await http.get(metadata["jwks_uri"])).json()

    assert metadata["issuer"] == DEV_ISSUER
    assert metadata["grant_types_supported"] == ["client_credentials"]
    assert keys == issuer.jwks()


async def test_client_credentials_give_a_token_of_the_role(tmp_path: Path) -> None:
    issuer, http = client(tmp_path)
    async with http:
        answer = await http.post(
            "/token",
            data={"grant_type": "client_credentials", "scope": "sync.run pii.full"},
            auth=("operator", issuer.client_secret("operator")),
        )

    assert answer.status_code == 200
    assert answer.json()["expires_in"] == 900
    viewer = await read(tmp_path, answer.json()["access_token"])
    assert viewer.scopes == {"sync.run"}
    assert viewer.agency_type is AgencyType.OPERATOR


@pytest.mark.parametrize(
    ("form", "auth", "status", "error"),
    [
        ({"grant_type": "client_credentials"}, ("operator", "guess"), 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, ("emperor", "guess"), 401, "invalid_client"),
        ({"grant_type": "password"}, ("operator", "guess"), 400, "unsupported_grant_type"),
    ],
)
async def test_anything_else_is_refused(
    tmp_path: Path, form: dict[str, str], auth: tuple[str, str], status: int, error: str
) -> None:
    _issuer, http = client(tmp_path)
    async with http:
        answer = await http.post("/token", data=form, auth=auth)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
