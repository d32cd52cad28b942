"""Heads of the audit chains, signed together; export and verification without the database.

An export is newline-delimited JSON: heads first, then rows by chain and number, and beside it one
detached JWS over the file's digest and counts. What is checked: every row's hash, every link, every
signed head against its row, the heads' own chain, and the export's signature.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
from joserfc.jwk import OKPKey
from sqlalchemy import func, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from .audit import chain_start, row_hash
from .keys import KeyRing
from .signing import canonical_json, iso_instant, sign_detached, verify_detached
from .tables_work import audit, audit_head

__all__ = ["Problem", "Verifier", "records", "sign_heads"]

_LOCK = 0x43484844  # any number that nothing else locks
# A row carries the instant of its request and is committed later: look a little further back.
_OVERLAP = timedelta(minutes=15)
_PAGE = 1000


def _signed(at: datetime, heads: Mapping[str, object], previous: str | None) -> bytes:
    return canonical_json(
        {
            "at": iso_instant(at),
            "heads": heads,
            "previous": None if previous is None else hashlib.sha256(previous.encode()).hexdigest(),
        }
    )


async def sign_heads(engine: AsyncEngine, keys: KeyRing, now: datetime) -> int:
    """Sign the heads of every chain that grew since the last signature; how many they are.

    Another process that is signing at this moment does it for all: then 0.
    """
    async with engine.begin() as connection:
        free = await connection.scalar(select(func.pg_try_advisory_xact_lock(_LOCK)))
        if not free:
            return 0
        last = (
            await connection.execute(select(audit_head).order_by(audit_head.c.id.desc()).limit(1))
        ).one_or_none()
        grown = select(audit.c.chain, func.max(audit.c.seq)).group_by(audit.c.chain)
        if last is not None:
            grown = grown.where(audit.c.at >= last.at - _OVERLAP)
        tops = [tuple(row) for row in await connection.execute(grown)]
        if not tops:
            return 0
        found = await connection.execute(
            select(audit.c.chain, audit.c.seq, audit.c.hash).where(
                tuple_(audit.c.chain, audit.c.seq).in_(tops)
            )
        )
        heads = {row.chain: {"seq": row.seq, "hash": row.hash.hex()} for row in found}
        if last is not None and all(last.heads.get(chain) == top for chain, top in heads.items()):
            return 0
        jws = sign_detached(keys, _signed(now, heads, None if last is None else last.jws))
        await connection.execute(insert(audit_head).values(at=now, heads=heads, jws=jws))
        return len(heads)


async def records(engine: AsyncEngine) -> AsyncIterator[dict[str, object]]:
    """Every head, then every row, as they are exported: JSON-ready, keys sorted."""
    async with engine.connect() as connection:
        # One snapshot: rows that come in meanwhile are left for the next export.
        await connection.execution_options(isolation_level="REPEATABLE READ")
        for head in await connection.execute(select(audit_head).order_by(audit_head.c.id)):
            yield {
                "kind": "head",
                "at": iso_instant(head.at),
                "heads": head.heads,
                "id": head.id,
                "jws": head.jws,
            }
        rows = await connection.stream(
            select(audit).order_by(audit.c.chain, audit.c.seq),
            execution_options={"yield_per": _PAGE},
        )
        async for row in rows.mappings():
            plain = {str(name): value for name, value in row.items()}
            yield {"kind": "row", **orjson.loads(canonical_json(plain))}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where.

    Codes: ``row_changed`` (its hash does not fit), ``row_missing`` (a number is skipped),
    ``chain_broken`` (does not follow the row before), ``head_changed`` (signature), ``head_missing``
    (the heads' own chain), ``head_unmet`` (a signed row is not there or another), ``unreadable``.
    """

    code: str
    where: str


@dataclass
class Verifier:
    """Checks records in the order of ``records``; ``problems`` grows, ``rows`` are counted.

    Attributes:
        keys: Public keys by key id.
    """

    keys: Mapping[str, OKPKey]
    rows: int = 0
    heads: int = 0
    problems: list[Problem] = field(default_factory=list)
    _previous_jws: str | None = None
    _promised: dict[tuple[str, int], str] = field(default_factory=dict)
    _chain: str = ""
    _seq: int = 0
    _hash: str = ""

    def check_all(self, found: Iterable[Mapping[str, object]]) -> None:
        """Check records and what must have been among them."""
        for record in found:
            self.check(record)
        self.finish()

    def check(self, record: Mapping[str, object]) -> None:
        """Check the next record."""
        try:
            if record["kind"] == "head":
                self._head(record)
            else:
                self._row(record)
        except (KeyError, TypeError, ValueError, AttributeError):
            self._report("unreadable", f"record {self.heads + self.rows + 1}")

    def finish(self) -> None:
        """Report every signed row that did not come."""
        for chain, seq in sorted(self._promised):
            self._report("head_unmet", f"{chain} #{seq}")
        self._promised.clear()

    def _report(self, code: str, where: str) -> None:
        self.problems.append(Problem(code, where))

    def _head(self, record: Mapping[str, object]) -> None:
        self.heads += 1
        at = datetime.fromisoformat(str(record["at"]))
        heads, jws = record["heads"], str(record["jws"])
        if not isinstance(heads, dict):
            raise TypeError("heads")
        if not verify_detached(jws, _signed(at, heads, self._previous_jws), self.keys):
            self._report("head_changed", f"head {record['id']}")
        self._previous_jws = jws
        for chain, top in heads.items():
            self._promised[chain, int(top["seq"])] = str(top["hash"])

    def _row(self, record: Mapping[str, object]) -> None:
        self.rows += 1
        row = {name: value for name, value in record.items() if name != "kind"}
        chain, seq = str(row["chain"]), int(str(row["seq"]))
        where = f"{chain} #{seq}"
        if chain != self._chain:
            self._chain, self._seq, self._hash = chain, 0, chain_start(chain).hex()
        if seq != self._seq + 1:
            self._report("row_missing", f"{chain} #{self._seq + 1}")
        elif row["prev_hash"] != self._hash:
            self._report("chain_broken", where)
        computed = row_hash(row).hex()
        if computed != row["hash"]:
            self._report("row_changed", where)
        self._seq, self._hash = seq, str(row["hash"])
        promised = self._promised.pop((chain, seq), None)
        if promised is not None and promised != computed:
            self._report("head_unmet", where)
