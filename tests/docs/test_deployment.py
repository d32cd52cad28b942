"""docker-compose.yml and the Keycloak realm fit the settings, the scopes and the dev issuer's roles."""

import json
import re
import runpy
import shlex
from collections.abc import Mapping
from typing import Any

import pytest
import typer.main
import yaml

from certhub.auth.scopes import SCOPES
from certhub.cli.main import app
from certhub.sandbox.clock import SANDBOX_DAY
from certhub.sandbox.roles import ROLES
from certhub.settings import Settings

from .sources import ROOT
from .test_settings_page import SETTINGS

_DEFAULT = re.compile(r"\$\{[A-Z_]+:-([^}]*)\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(_DEFAULT.sub(r"\1", text))
    return found


@pytest.fixture(scope="module")
def realm() -> dict[str, Any]:
    text = (ROOT / "deploy/keycloak/certhub-realm.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _clients(realm: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {client["clientId"]: client for client in realm["clients"]}


def _claims(client: Mapping[str, Any]) -> dict[str, Any]:
    """Claims that the client's mappers write into a token."""
    found: dict[str, Any] = {}
    for mapper in client["protocolMappers"]:
        config = mapper["config"]
        if mapper["protocolMapper"] != "oidc-hardcoded-claim-mapper":
            continue
        value = config["claim.value"]
        found[config["claim.name"]] = (
            json.loads(value) if config["jsonType.label"] == "JSON" else value
        )
    return found


def test_services_have_a_build_or_a_pinned_image(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert ("build" in service) != ("image" in service)
        assert re.fullmatch(r"[\w./-]+:\d+(\.\d+)+[\w.-]*", service.get("image", "x:1.0"))


def test_services_wait_for_services_that_exist(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for service in services.values():
        for name, how in service.get("depends_on", {}).items():
            assert name in services
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[name]


def test_volumes_are_declared_and_files_exist(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists()
            else:
                assert source in compose["volumes"]


def test_ports_are_published_on_loopback_only(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for port in service.get("ports", []):
            assert str(port).startswith("127.0.0.1:")


def test_the_hub_is_given_settings_that_exist(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name in service.get("environment", {}):
            assert name in SETTINGS or not name.startswith("CERTHUB_")


def test_the_hubs_settings_can_be_read(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in compose["services"]["hub"]["environment"].items():
        monkeypatch.setenv(name, value)

    settings = Settings()

    assert settings.business_date == SANDBOX_DAY
    assert [issuer.issuer for issuer in settings.issuers] == ["http://keycloak:8180/realms/certhub"]


def test_commands_of_the_services_exist(compose: dict[str, Any]) -> None:
    root = typer.main.get_command(app)
    for service in compose["services"].values():
        words = service.get("command", [])
        if "build" not in service:
            continue
        if words[0] == "sh":
            words = shlex.split(words[-1])
            words = words[words.index("certhub") :]
        assert words[0] == "certhub"
        command: Any = root
        rest = words[1:]
        while rest and hasattr(command, "commands"):
            command, rest = command.commands[rest[0]], rest[1:]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= options


def test_the_realm_is_what_the_tool_writes() -> None:
    made = runpy.run_path(str(ROOT / "tools" / "realm.py"))

    assert made["TARGET"].read_text(encoding="utf-8") == made["written"](), (
        "run: python tools/realm.py"
    )


def test_the_realm_knows_every_scope(realm: dict[str, Any]) -> None:
    assert sorted(scope["name"] for scope in realm["clientScopes"]) == sorted(SCOPES)


def test_the_realm_has_a_client_for_every_role(realm: dict[str, Any]) -> None:
    assert set(ROLES) <= set(_clients(realm))


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_client_is_what_the_dev_issuer_makes_of_its_role(
    realm: dict[str, Any], role: str
) -> None:
    client = _clients(realm)[role]
    wanted = dict(ROLES[role])

    assert sorted(client["defaultClientScopes"]) == sorted(str(wanted.pop("scope")).split())
    assert _claims(client) == {**wanted, "client_id": role}


def test_tokens_of_the_realm_are_of_the_kind_that_the_hub_takes(
    compose: dict[str, Any], realm: dict[str, Any]
) -> None:
    (issuer,) = json.loads(compose["services"]["hub"]["environment"]["CERTHUB_ISSUERS"])
    for role in ROLES:
        client = _clients(realm)[role]
        audiences = [
            mapper["config"].get("included.custom.audience")
            or mapper["config"].get("included.client.audience")
            for mapper in client["protocolMappers"]
            if mapper["protocolMapper"] == "oidc-audience-mapper"
        ]
        kinds = {mapper["protocolMapper"] for mapper in client["protocolMappers"]}
        assert "oidc-sub-mapper" in kinds
        assert audiences == [issuer["audience"]]
        assert client["attributes"]["access.token.signed.response.alg"] in issuer["algorithms"]
        assert client["attributes"]["access.token.header.type.rfc9068"] == "true"
    assert issuer["issuer"].rpartition("/")[2] == realm["realm"]
