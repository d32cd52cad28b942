"""Writes deploy/keycloak/certhub-realm.json: a client for every role of the dev issuer, with its scopes and claims.

For trying out with docker-compose.yml only: every client's secret is its name with ``-local-only``.

Usage: python tools/realm.py
"""

import json
from collections.abc import Mapping
from pathlib import Path

from certhub.auth.scopes import SCOPES
from certhub.sandbox.roles import ROLES

TARGET = Path(__file__).parent.parent / "deploy" / "keycloak" / "certhub-realm.json"
AUDIENCE = "certhub"
LIFESPAN_SECONDS = 900

_ACCESS_ONLY = {
    "access.token.claim": "true",
    "id.token.claim": "false",
    "userinfo.token.claim": "false",
}


def mapper(name: str, provider: str, config: Mapping[str, str]) -> dict[str, object]:
    """A protocol mapper of a client."""
    return {
        "name": name,
        "protocol": "openid-connect",
        "protocolMapper": provider,
        "config": dict(config),
    }


def claim(name: str, value: object) -> dict[str, object]:
    """A claim that every token of the client carries."""
    text = isinstance(value, str)
    return mapper(
        name,
        "oidc-hardcoded-claim-mapper",
        {
            "claim.name": name,
            "claim.value": value if isinstance(value, str) else json.dumps(value),
            "jsonType.label": "String" if text else "JSON",
            **_ACCESS_ONLY,
        },
    )


def client(role: str, given: Mapping[str, object]) -> dict[str, object]:
    """The client of a role."""
    claims = {name: value for name, value in given.items() if name != "scope"}
    return {
        "clientId": role,
        "enabled": True,
        "protocol": "openid-connect",
        "publicClient": False,
        "serviceAccountsEnabled": True,
        "standardFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "clientAuthenticatorType": "client-secret",
        "secret": f"{role}-local-only",
        "fullScopeAllowed": False,
        "attributes": {
            "access.token.signed.response.alg": "ES256",
            "access.token.lifespan": str(LIFESPAN_SECONDS),
            "access.token.header.type.rfc9068": "true",
        },
        "defaultClientScopes": str(given["scope"]).split(),
        "protocolMappers": [
            # A realm that brings its own client scopes has none of Keycloak's: `sub` is theirs.
            mapper("sub", "oidc-sub-mapper", {"access.token.claim": "true"}),
            mapper(
                "audience",
                "oidc-audience-mapper",
                {
                    "included.custom.audience": AUDIENCE,
                    "access.token.claim": "true",
                    "id.token.claim": "false",
                },
            ),
            claim("client_id", role),
            *(claim(name, value) for name, value in claims.items()),
        ],
    }


def realm() -> dict[str, object]:
    """The whole realm."""
    return {
        "realm": "certhub",
        "enabled": True,
        "sslRequired": "external",
        "accessTokenLifespan": LIFESPAN_SECONDS,
        "defaultSignatureAlgorithm": "ES256",
        "clientScopes": [
            {
                "name": scope,
                "protocol": "openid-connect",
                "attributes": {
                    "include.in.token.scope": "true",
                    "display.on.consent.screen": "false",
                },
            }
            for scope in SCOPES
        ],
        "clients": [client(role, given) for role, given in ROLES.items()],
    }


def written() -> str:
    """The file's text."""
    return json.dumps(realm(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
