"""Signed receipts (收據): what an officer files and anybody can check later, without the hub."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from joserfc.jwk import OKPKey
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from .audit import Position
from .keys import KeyRing
from .signing import canonical_json, sign_detached, verify_detached
from .tables_work import receipt

__all__ = ["Receipt", "issue_receipt", "receipt_in", "verify_receipt"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it is handed out.

    Attributes:
        content: What was signed, JSON-ready: ``id``, ``kind``, ``issuedAt``, ``clientId``, ``audit``
            (``chain``, ``seq``) and what the use case put in.
        jws: Detached JWS (Ed25519) over the canonical JSON of ``content``.
    """

    id: uuid.UUID
    content: Mapping[str, Any]
    jws: str


async def issue_receipt(
    connection: AsyncConnection,
    keys: KeyRing,
    kind: str,
    content: Mapping[str, object],
    *,
    client_id: str,
    audit: Position,
    now: datetime,
) -> Receipt:
    """Sign and store a receipt in the transaction of what it is for.

    Args:
        connection: Inside that transaction.
        keys: The newest signing key signs.
        kind: ``verification`` or ``submission``.
        content: Facts without any person's number, name or address.
        client_id: Whose receipt it is.
        audit: The row that tells of the same event.
        now: Instant of issue.
    """
    number = uuid.uuid4()
    signed: dict[str, Any] = orjson.loads(
        canonical_json(
            {
                **content,
                "id": str(number),
                "kind": kind,
                "issuedAt": now,
                "clientId": client_id,
                "audit": {"chain": audit.chain, "seq": audit.seq},
            }
        )
    )
    made = Receipt(number, signed, sign_detached(keys, canonical_json(signed)))
    await connection.execute(
        insert(receipt).values(
            id=number,
            kind=kind,
            jws=made.jws,
            content=signed,
            client_id=client_id,
            audit_chain=audit.chain,
            audit_seq=audit.seq,
            created_at=now,
        )
    )
    return made


def receipt_in(document: object) -> tuple[Mapping[str, Any], str] | None:
    """The first receipt in a JSON document: an object with ``content`` and ``jws``.

    A whole GraphQL answer may be given; ``content`` may be an object or its JSON as text.
    """
    waiting = [document]
    while waiting:
        found = waiting.pop(0)
        if isinstance(found, dict):
            content, jws = found.get("content"), found.get("jws")
            if isinstance(content, str):
                try:
                    content = orjson.loads(content)
                except ValueError:
                    content = None
            if isinstance(content, dict) and isinstance(jws, str):
                return content, jws
            waiting.extend(found.values())
        elif isinstance(found, list):
            waiting.extend(found)
    return None


def verify_receipt(content: Mapping[str, Any], jws: str, keys: Mapping[str, OKPKey]) -> bool:
    """Whether ``content`` is exactly what the hub signed."""
    return verify_detached(jws, canonical_json(content), keys)
