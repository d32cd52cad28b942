"""Errors as the API shows them: a code and a message from our own tree, never a trace or a value.

A bug shows as ``INTERNAL`` with the request's id; what happened is logged without source, arguments
and values, because all three may hold personal data.
"""

import re
from collections.abc import Mapping

import structlog
from graphql import GraphQLError

from ..domain.errors import CertHubError, InvalidInput, Transient

__all__ = ["coded"]

_NUMBER = re.compile(r"[A-Za-z][A-Da-d0-9]\d{8}")
_ECHOES = (
    (re.compile(r"(got invalid value) .*; ", re.DOTALL), r"\1; "),
    (re.compile(r", found .*(?=; )|, found .*$", re.DOTALL), ""),
    (re.compile(r" value: .*$", re.DOTALL), " value"),
    (
        re.compile(r"(?:^|(?<=; )|(?<=: ))Value .*(?= does not exist in )"),
        "Value",
    ),
    # Whatever else graphql-core may say: nothing in the shape of a person's number.
    (_NUMBER, "***"),
)
"""Where graphql-core repeats a value that a caller sent."""

_NOT_STORABLE = frozenset({"22021", "22P05"})
"""What PostgreSQL says of U+0000 in a text or in JSON: the caller's fault, and nobody else's."""

_log = structlog.get_logger("certhub.graphql")


def _hidden(value: object) -> object:
    """``value`` without anything in the shape of a person's number.

    Our messages name rules, roles and keys, which are words of the caller.
    """
    if isinstance(value, str):
        return _NUMBER.sub("***", value)
    if isinstance(value, list | tuple):
        return [_hidden(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _hidden(item) for key, item in value.items()}
    return value


def _sqlstate(cause: object) -> str | None:
    """The database's code of an error, of SQLAlchemy's or of the driver's own."""
    found = getattr(getattr(cause, "orig", cause), "sqlstate", None)
    return found if isinstance(found, str) else None


def coded(error: GraphQLError, request_id: str) -> GraphQLError:
    """``error`` with ``extensions.code`` and nothing in its message that is not ours."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if _sqlstate(cause) in _NOT_STORABLE:
        cause = InvalidInput(
            "a text of the input holds characters that cannot be stored (U+0000)",
            "輸入文字含無法儲存之字元(U+0000)",
        )
    if isinstance(cause, CertHubError):
        extensions: dict[str, object] = {
            **{key: _hidden(value) for key, value in cause.details.items()},
            "code": cause.code,
            "zh": _hidden(cause.zh),
            "requestId": request_id,
        }
        if isinstance(cause, Transient):
            extensions["retryable"] = True
        return _like(error, str(_hidden(cause.en)), extensions)
    if cause is None:
        # Syntax and validation speak about the document; but they repeat values of literals and
        # variables, which may be persons' numbers, so those are cut out.
        code = (error.extensions or {}).get("code", "BAD_REQUEST")
        message = error.message
        for pattern, instead in _ECHOES:
            message = pattern.sub(instead, message)
        return _like(error, message, {**(error.extensions or {}), "code": code})
    _log.error(
        "resolver_failed",
        error=type(cause).__name__,
        path=".".join(str(part) for part in error.path or ()),
        request_id=request_id,
    )
    return _like(
        error, "internal error", {"code": "INTERNAL", "zh": "系統內部錯誤", "requestId": request_id}
    )


def _like(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
