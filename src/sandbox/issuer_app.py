"""The dev issuer over HTTP: metadata, keys and a token endpoint for client credentials.

The grant, the client authentication and the metadata rules are authlib's; loopback only.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.models import ClientMixin
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .issuer import DEV_ISSUER, DevIssuer
from .roles import ROLES

__all__ = ["issuer_app"]

_LIFETIME = timedelta(minutes=15)


class _Client(ClientMixin):  # type: ignore[misc]  # authlib is untyped
    def __init__(self, role: str, secret: str) -> None:
        self.role = role
        self._secret = secret

    def get_client_id(self) -> str:
        return self.role

    def get_allowed_scope(self, scope: str) -> str:
        allowed = str(ROLES[self.role]["scope"]).split()
        return " ".join(word for word in scope.split() if word in allowed)

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(self._secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in {"client_secret_basic", "client_secret_post"}

    def check_grant_type(self, grant_type: str) -> bool:
        return bool(grant_type == "client_credentials")


class _TokenRequest(OAuth2Request):  # type: ignore[misc]
    """A token request whose form was read beforehand: authlib is synchronous."""

    def __init__(self, form: Mapping[str, str], headers: Mapping[str, str]) -> None:
        # The endpoint listens on loopback; authlib would refuse a plain http address.
        super().__init__("POST", "https://loopback.invalid/token", headers=headers)
        self._form = dict(form)
        self.payload = BasicOAuth2Payload(self._form)

    @property
    def form(self) -> dict[str, str]:
        return self._form


class _Grant(ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")


class _Server(AuthorizationServer):  # type: ignore[misc]
    def __init__(self, issuer: DevIssuer, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._issuer = issuer
        self._clock = clock
        self.register_grant(_Grant)
        self.register_token_generator("default", self._token)

    def _token(
        self, client: _Client, scope: str | None = None, **_others: object
    ) -> dict[str, object]:
        claims = {"scope": client.get_allowed_scope(scope)} if scope else {}
        return {
            "token_type": "Bearer",
            "access_token": self._issuer.mint(
                client.role, claims, now=self._clock(), lifetime=_LIFETIME
            ),
            "expires_in": int(_LIFETIME.total_seconds()),
            "scope": claims.get("scope", ROLES[client.role]["scope"]),
        }

    def query_client(self, client_id: str) -> _Client | None:
        if client_id not in ROLES:
            return None
        return _Client(client_id, self._issuer.client_secret(client_id))

    def save_token(self, token: object, request: object) -> None:
        """Nothing is kept: tokens are self-contained."""

    def create_oauth2_request(self, request: _TokenRequest) -> _TokenRequest:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        content = body if isinstance(body, str) else json.dumps(body)
        return Response(content, status, dict(headers))

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """No listeners."""


def issuer_app(issuer: DevIssuer, base_url: str, clock: Callable[[], datetime]) -> Starlette:
    """The issuer as an ASGI application.

    Args:
        issuer: Signs.
        base_url: Under which the application is reached, without a trailing slash.
        clock: Aware.
    """
    server = _Server(issuer, clock)
    metadata = {
        "issuer": DEV_ISSUER,
        "jwks_uri": f"{base_url}/jwks",
        "token_endpoint": f"{base_url}/token",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": sorted({s for r in ROLES.values() for s in str(r["scope"]).split()}),
    }

    async def describe(_request: Request) -> Response:
        return JSONResponse(metadata)

    async def keys(_request: Request) -> Response:
        return JSONResponse(issuer.jwks())

    async def token(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        headers = {name.title(): value for name, value in request.headers.items()}
        response: Response = server.create_token_response(_TokenRequest(form, headers))
        return response

    return Starlette(
        routes=[
            Route("/.well-known/oauth-authorization-server", describe),
            Route("/.well-known/openid-configuration", describe),
            Route("/jwks", keys),
            Route("/token", token, methods=["POST"]),
        ]
    )
