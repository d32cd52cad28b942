"""The audit trail: append-only, hash-chained, written before anything is told.

Every process writes two chains of its own, so that nobody queues behind one lock: reads are written
in groups by one task (``AuditLog``), an effect writes its row inside its own transaction
(``append``). A row's hash covers the row and the hash before it; ``audit_heads`` signs the heads.
No person's number, name or variable is kept: people are keyed references.
"""

import asyncio
import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache

import structlog
from sqlalchemy import func, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ..domain.errors import CertHubError, Transient
from .signing import canonical_json
from .tables_work import audit

__all__ = [
    "AuditEntry",
    "AuditLog",
    "AuditUnavailable",
    "Position",
    "append",
    "chain_start",
    "row_hash",
]

_BATCH = 200
_log = structlog.get_logger("certhub.audit")


class AuditUnavailable(CertHubError, Transient):
    """The audit row could not be written, so nothing was told."""

    code = "AUDIT_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One operation as the trail keeps it.

    Attributes:
        at: Instant of the request.
        operation: ``Query.person``, ``Mutation.submitVrRoster``, ``sync`` ...
        document_hash: SHA-256 of the GraphQL document, hexadecimal.
        fields: ``Type.field`` that were answered, sorted.
        subject_refs: ``crypto.subject_reference`` of every person touched, sorted.
        counts: Rows by what they are.
        outcome: ``allowed``, ``partial``, ``refused`` or ``failed``.
        denial_code: First code of a refusal or failure.
        latency_us: From the request's arrival, microseconds.
    """

    at: datetime
    request_id: str
    operation: str
    outcome: str
    issuer: str | None = None
    client_id: str | None = None
    subject: str | None = None
    agency_type: str | None = None
    agency_code: str | None = None
    purpose: str | None = None
    case_reference: str | None = None
    document_hash: str | None = None
    fields: tuple[str, ...] = ()
    registries: tuple[str, ...] = ()
    subject_refs: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    denial_code: str | None = None
    ruleset_version: str | None = None
    latency_us: int | None = None


_COLUMNS = tuple(column.name for column in fields(AuditEntry))


@dataclass(frozen=True, slots=True)
class Position:
    """Where a row stands."""

    chain: str
    seq: int


def chain_start(chain: str) -> bytes:
    """What stands in for the hash before the first row of ``chain``."""
    return hashlib.sha256(f"certhub-audit/1 {chain}".encode()).digest()


def row_hash(row: Mapping[str, object]) -> bytes:
    """The hash of a row: everything in it, ``prev_hash`` included, but ``hash`` itself."""
    kept = {name: value for name, value in row.items() if name != "hash"}
    return hashlib.sha256(canonical_json(kept)).digest()


def _row(entry: AuditEntry, chain: str, seq: int, previous: bytes) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(entry, name) for name in _COLUMNS}
    for name in ("fields", "registries", "subject_refs"):
        row[name] = list(getattr(entry, name))
    row.update(chain=chain, seq=seq, prev_hash=previous, counts=dict(entry.counts))
    row["hash"] = row_hash(row)
    return row


@cache
def _process(_pid: int) -> str:
    return secrets.token_hex(8)


def _process_chain(purpose: str) -> str:
    # By process id, so that a forked worker does not go on with its parent's chain.
    return f"{_process(os.getpid())}.{purpose}"


async def append(connection: AsyncConnection, entry: AuditEntry) -> Position:
    """Write ``entry`` in the transaction of the effect it tells about; the last statement of it.

    Writers of one process follow each other from here to the commit, so that a rolled back row
    leaves no gap.
    """
    chain = _process_chain("w")
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(chain, 0))))
    last = (
        await connection.execute(
            select(audit.c.seq, audit.c.hash)
            .where(audit.c.chain == chain)
            .order_by(audit.c.seq.desc())
            .limit(1)
        )
    ).one_or_none()
    seq, previous = (1, chain_start(chain)) if last is None else (last.seq + 1, last.hash)
    await connection.execute(insert(audit), _row(entry, chain, seq, previous))
    return Position(chain, seq)


class AuditLog:
    """Rows of reads: collected while the previous group is being written, one INSERT per group.

    Args:
        engine: The primary database, also where answers come from a replica.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        # One statement is one transaction: no further round trips to begin and commit it. A group
        # that breaks off leaves a beginning of itself, which is a sound end of its chain.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._waiting: list[tuple[AuditEntry, asyncio.Future[Position]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._chains = 0
        self._begin_chain()

    def _begin_chain(self) -> None:
        self._chain = f"{_process_chain('r')}.{secrets.token_hex(2)}{self._chains}"
        self._chains += 1
        self._seq = 0
        self._hash = chain_start(self._chain)

    async def record(self, entry: AuditEntry) -> Position:
        """Write ``entry``; returns after it is committed.

        Raises:
            AuditUnavailable: It could not be written: the answer must not leave.
        """
        done: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        return await done

    async def aclose(self) -> None:
        """Wait for what is being written."""
        if self._writer is not None:
            await self._writer

    async def _write(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            rows: list[dict[str, object]] = []
            seq, previous = self._seq, self._hash
            for entry, _done in group:
                seq += 1
                row = _row(entry, self._chain, seq, previous)
                previous = row_hash(row)
                rows.append(row)
            committed = False
            try:
                async with self._engine.connect() as connection:
                    await connection.execute(insert(audit), rows)
                committed = True
            except (SQLAlchemyError, OSError) as error:
                # Its text would repeat the rows.
                _log.warning("audit_write_failed", error=type(error).__name__, rows=len(rows))
            finally:
                # Also when this task is cancelled: nobody waits for a row that will never come.
                if committed:
                    self._seq, self._hash = seq, previous
                else:
                    # Perhaps the group was committed all the same: a new chain cannot collide.
                    self._begin_chain()
                for number, (_entry, done) in enumerate(group, seq - len(group) + 1):
                    self._tell(done, Position(self._chain, number) if committed else None)

    @staticmethod
    def _tell(done: asyncio.Future[Position], position: Position | None) -> None:
        if done.done():
            return
        if position is not None:
            done.set_result(position)
            return
        done.set_exception(
            AuditUnavailable(
                "the audit trail cannot be written, so nothing is answered; try again",
                "稽核軌跡無法寫入,故不予回覆;請稍後再試",
            )
        )
