"""``hub``: where each registry's sync stands, what its runs did and what they set aside."""

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

from .tables import metadata

__all__ = ["drift", "key_state", "quarantine", "sync_run", "sync_state"]

_STAMP = TIMESTAMP(timezone=True)
_HUB = "hub"

sync_state = Table(
    "sync_state",
    metadata,
    Column("registry", Text(), primary_key=True),
    Column("position", JSONB(none_as_null=True), doc="the connector's cursor, opaque"),
    Column(
        "floors",
        JSONB(),
        nullable=False,
        server_default=text("'{}'"),
        doc="entity -> version of its last full listing: what is older is old news",
    ),
    Column("complete_at", _STAMP, doc="start of the last complete run"),
    Column("complete_run", BigInteger()),
    Column("reading", Text(), doc="how the last full run read records: catalogue and value maps"),
    schema=_HUB,
    comment="同步位置",
)

sync_run = Table(
    "sync_run",
    metadata,
    Column("id", BigInteger(), Identity(), primary_key=True),
    Column("registry", Text(), nullable=False),
    Column("mode", Text(), nullable=False, doc="incremental | full"),
    Column("state", Text(), nullable=False, doc="running complete failed halted interrupted"),
    Column("started_at", _STAMP, nullable=False),
    Column("finished_at", _STAMP),
    Column("counts", JSONB(), nullable=False, server_default=text("'{}'"), doc="by entity"),
    Column("entity", Text(), doc="the last that the run came to"),
    Column(
        "expected",
        JSONB(),
        nullable=False,
        server_default=text("'{}'"),
        doc="by entity, rows that the agency announced",
    ),
    Column("notes", ARRAY(Text()), nullable=False, server_default=text("'{}'")),
    Column("error_code", Text()),
    Column("error_message", Text()),
    schema=_HUB,
    comment="同步紀錄",
)
Index(None, sync_run.c.registry, sync_run.c.id)

key_state = Table(
    "key_state",
    metadata,
    Column("kind", Text(), primary_key=True, doc="index"),
    Column("version", SmallInteger(), nullable=False, doc="that all of them are under"),
    schema=_HUB,
    comment="資料所用金鑰版次",
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", BigInteger(), Identity(), primary_key=True),
    Column("registry", Text(), nullable=False),
    Column("entity", Text(), nullable=False),
    Column("source_id", Text(), nullable=False, doc="empty: the record has no readable key"),
    Column("slot", Text(), nullable=False, doc="source_id, or the hash where it is empty"),
    Column("field", Text(), nullable=False),
    Column("reason", Text(), nullable=False),
    Column("found_in", Text(), nullable=False, doc="page, line or file and row"),
    Column("raw_cipher", LargeBinary(), doc="until resolved"),
    Column("raw_hash", LargeBinary(), nullable=False),
    Column("version", BigInteger(), nullable=False, server_default=text("0")),
    Column("state", Text(), nullable=False, doc="open | resolved"),
    Column("seen", Integer(), nullable=False, server_default=text("1")),
    Column("first_seen_at", _STAMP, nullable=False),
    Column("last_seen_at", _STAMP, nullable=False),
    Column("last_run", BigInteger()),
    Column("resolved_at", _STAMP),
    schema=_HUB,
    comment="隔離之紀錄",
)
Index("uq_quarantine_entity_slot", quarantine.c.entity, quarantine.c.slot, unique=True)
Index(None, quarantine.c.registry, quarantine.c.state, quarantine.c.id)

drift = Table(
    "drift",
    metadata,
    Column("run_id", BigInteger(), primary_key=True),
    Column("entity", Text(), primary_key=True),
    Column("field", Text(), primary_key=True),
    Column("kind", Text(), primary_key=True),
    Column("sample", Text(), primary_key=True),
    Column("count", BigInteger(), nullable=False),
    Column("seen_at", _STAMP, nullable=False, server_default=func.now()),
    schema=_HUB,
    comment="未知欄位與未知值",
)
