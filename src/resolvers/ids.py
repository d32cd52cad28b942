"""The hub's own ids: opaque to callers, lasting, the same in every process.

An id names a kind and a key; reading one opens nothing, every load applies the reader's rows.
A person's key is the hub's uuid, which a merge forwards; other keys are ``registry:agency key``.
"""

import base64
import binascii
from enum import StrEnum

from ..domain.errors import InvalidInput

__all__ = ["NodeKind", "decode_id", "encode_id", "split_key"]


class NodeKind(StrEnum):
    """Kinds of nodes; the letters stay for ever, because ids are kept by clients."""

    PERSON = "p"
    CERTIFICATE = "c"
    ACTIVITY = "a"
    INSTITUTION = "i"
    TRAINING_CLASS = "k"
    COURSE = "o"
    RECOGNITION = "r"
    SUBMISSION = "s"
    IDENTITY_CHANGE = "x"
    IDENTITY_CANDIDATE = "d"


def encode_id(kind: NodeKind, key: str) -> str:
    """The id of the object of ``kind`` with that key."""
    return base64.urlsafe_b64encode(f"{kind.value}:{key}".encode()).decode().rstrip("=")


def decode_id(node_id: str) -> tuple[NodeKind, str]:
    """Kind and key of an id.

    Raises:
        InvalidInput: ``INVALID_ID``: not an id of this hub.
    """
    try:
        raw = node_id.encode("ascii")
        text = base64.b64decode(raw + b"=" * (-len(raw) % 4), b"-_", validate=True).decode()
        kind, colon, key = text.partition(":")
        if not colon or not key or "\0" in key:
            raise _invalid()
        return NodeKind(kind), key
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise _invalid() from error


def split_key(key: str) -> tuple[str, str]:
    """Registry and agency key of ``vr:Q1``; the registry is empty where there is none."""
    registry, colon, source_id = key.partition(":")
    return (registry, source_id) if colon else ("", key)


def _invalid() -> InvalidInput:
    return InvalidInput(
        "id: expected an id that this hub gave out",
        "id:應為本樞紐核發之識別碼",
        code="INVALID_ID",
        details={"path": "id", "expected": "an id of this hub"},
    )
