"""Who is calling, and why: the bearer token and the two headers about the purpose."""

from starlette.requests import Request

from ..auth.purposes import read_purpose
from ..auth.tokens import InvalidToken
from ..auth.viewer import Viewer
from ..domain.errors import InvalidInput
from .http_shell import HttpError
from .site import Site

__all__ = ["insufficient_scope", "viewer_of"]


def _unauthorised(site: Site, reason: str | None) -> HttpError:
    challenge = f'Bearer resource_metadata="{site.resource_metadata}"'
    if reason is not None:
        # Reasons are words of a fixed list, so nothing needs escaping here.
        challenge += f', error="invalid_token", error_description="{reason}"'
    return HttpError(
        401,
        "UNAUTHENTICATED",
        "an access token is needed: Authorization: Bearer ..."
        if reason is None
        else f"access token refused: {reason}",
        "需要存取權杖" if reason is None else f"存取權杖不被接受:{reason}",
        headers={"www-authenticate": challenge},
        details={} if reason is None else {"reason": reason},
    )


def insufficient_scope(site: Site, scopes: str) -> HttpError:
    """403 for an endpoint that needs one of ``scopes`` (RFC 6750)."""
    challenge = (
        f'Bearer error="insufficient_scope", scope="{scopes}", '
        f'resource_metadata="{site.resource_metadata}"'
    )
    return HttpError(
        403,
        "FORBIDDEN",
        f"this needs the scope {scopes}",
        f"需要授權範圍 {scopes}",
        headers={"www-authenticate": challenge},
        details={"needed": scopes.split()},
    )


def _header(request: Request, name: str) -> str | None:
    values = [value for key, value in request.headers.raw if key == name.encode("ascii")]
    if not values:
        return None
    if len(values) > 1:
        raise HttpError(400, "BAD_REQUEST", f"{name}: sent twice", f"標頭 {name} 重複")
    try:
        # A case reference is often Chinese; clients send it as UTF-8.
        return values[0].decode("utf-8")
    except UnicodeDecodeError:
        return values[0].decode("latin-1")


async def viewer_of(request: Request, site: Site) -> Viewer:
    """The verified caller with the purpose of this request.

    Raises:
        HttpError: 401 without an acceptable token, 400 for odd purpose headers.
    """
    given = request.headers.getlist("authorization")
    if not given:
        raise _unauthorised(site, None)
    scheme, _, token = given[0].partition(" ")
    if len(given) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise _unauthorised(site, "malformed")
    try:
        viewer = await site.verifier.verify(token.strip())
    except InvalidToken as error:
        raise _unauthorised(site, error.reason) from error
    request.scope["certhub.client_id"] = viewer.client_id
    try:
        purpose, case = read_purpose(
            _header(request, "x-purpose-of-use"), _header(request, "x-case-reference")
        )
    except InvalidInput as error:
        raise HttpError(400, error.code, error.en, error.zh) from error
    return viewer.for_purpose(purpose, case)
