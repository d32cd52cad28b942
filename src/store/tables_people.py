"""``hub``: persons and organisations that the registries' records meet in."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

from .tables import metadata

__all__ = [
    "evaluation_due",
    "identifier",
    "identity_change",
    "identity_pin",
    "identity_review",
    "organisation",
    "organisation_record",
    "person",
    "person_county",
    "person_merge",
    "person_record",
    "record_link",
]

_STAMP = TIMESTAMP(timezone=True)
_HUB = "hub"

person = Table(
    "person",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("name", Text(), doc="VR, else LTC, else the newest OSH row"),
    Column("birth_date", Date()),
    Column("merged_into", Uuid(), ForeignKey("hub.person.id"), doc="chains are kept flat"),
    Column("created_at", _STAMP, nullable=False, server_default=func.now()),
    Column("changed_at", _STAMP, nullable=False, server_default=func.now()),
    schema=_HUB,
    comment="人員",
)
Index(None, person.c.merged_into, postgresql_where=person.c.merged_into.isnot(None))
Index("ix_person_name_id", person.c.name, person.c.id)

person_record = Table(
    "person_record",
    metadata,
    Column("entity", Text(), primary_key=True),
    Column("source_id", Text(), primary_key=True),
    Column("person_id", Uuid(), ForeignKey("hub.person.id"), nullable=False),
    Column("survivor_id", Text(), nullable=False, doc="the live LTC person, else source_id"),
    Column("linked_at", _STAMP, nullable=False, server_default=func.now()),
    schema=_HUB,
    comment="人員與來源紀錄之連結",
)
Index(None, person_record.c.person_id)
Index(None, person_record.c.entity, person_record.c.survivor_id)

identifier = Table(
    "identifier",
    metadata,
    Column("entity", Text(), primary_key=True),
    Column("source_id", Text(), primary_key=True),
    Column("index", LargeBinary(), primary_key=True, doc="HMAC-SHA256 after a key version"),
    Column("person_id", Uuid(), doc="null while the record waits for its parent"),
    Column("kind", Text(), doc="national_id arc_new arc_old passport; null: no shape fits"),
    Column("check", Text(), nullable=False, doc="valid id_format id_checksum"),
    Column("current", Boolean(), nullable=False, server_default=text("true")),
    Column("live", Boolean(), nullable=False, server_default=text("true")),
    Column("cipher", LargeBinary(), nullable=False),
    Column("masked", Text(), nullable=False),
    Column("key_version", SmallInteger(), nullable=False),
    Column("nationality", Text(), doc="of passports; no contract carries it"),
    Column("birth_date", Date()),
    schema=_HUB,
    comment="人員證號",
)
Index(None, identifier.c.index)
Index(None, identifier.c.person_id)

record_link = Table(
    "record_link",
    metadata,
    Column("owner_entity", Text(), primary_key=True, doc="the record that says so"),
    Column("owner_id", Text(), primary_key=True),
    Column("entity", Text(), primary_key=True),
    Column("source_id", Text(), primary_key=True),
    Column("to_entity", Text(), primary_key=True),
    Column("to_id", Text(), primary_key=True),
    schema=_HUB,
    comment="機關自己的連結:LTC 整併、OSH 證書與受訓人員",
)
Index(None, record_link.c.entity, record_link.c.source_id)
Index(None, record_link.c.to_entity, record_link.c.to_id)

identity_change = Table(
    "identity_change",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("kind", Text(), nullable=False, doc="merge | split"),
    Column("state", Text(), nullable=False, doc="proposed approved rejected reverted"),
    Column("persons", ARRAY(Uuid()), nullable=False),
    Column("records", JSONB(), nullable=False, doc="[[entity, source_id]] that move"),
    Column("reason", Text(), nullable=False),
    Column("issuer", Text(), nullable=False),
    Column("client_id", Text(), nullable=False),
    Column("proposed_by", Text(), nullable=False),
    Column("proposed_at", _STAMP, nullable=False),
    Column("decided_by", Text()),
    Column("decided_at", _STAMP),
    Column("note", Text()),
    Column("reverted_by", Text()),
    Column("reverted_at", _STAMP),
    schema=_HUB,
    comment="身分異動:一人提出,另一人決定",
)
Index(None, identity_change.c.state, identity_change.c.proposed_at)

identity_pin = Table(
    "identity_pin",
    metadata,
    Column("change_id", Uuid(), ForeignKey("hub.identity_change.id"), primary_key=True),
    Column("entity", Text(), primary_key=True),
    Column("source_id", Text(), primary_key=True),
    Column("group_id", Uuid(), nullable=False, doc="records of one group are one person"),
    Column("alone", Boolean(), nullable=False, doc="true: numbers of the record join nobody"),
    schema=_HUB,
    comment="人工決定之連結",
)
Index(None, identity_pin.c.entity, identity_pin.c.source_id)
Index(None, identity_pin.c.group_id)

person_merge = Table(
    "person_merge",
    metadata,
    Column("id", BigInteger(), Identity(), primary_key=True),
    Column("kind", Text(), nullable=False, doc="merge | split"),
    Column("from_person", Uuid(), nullable=False),
    Column("to_person", Uuid(), nullable=False),
    Column("entity", Text(), nullable=False, doc="of the record that moved"),
    Column("source_id", Text(), nullable=False),
    Column("at", _STAMP, nullable=False),
    schema=_HUB,
    comment="人員合併與拆分之歷史:每筆移動之紀錄一列",
)
Index(None, person_merge.c.entity, person_merge.c.source_id)
Index(None, person_merge.c.from_person)
Index(None, person_merge.c.to_person)

identity_review = Table(
    "identity_review",
    metadata,
    Column("id", Uuid(), primary_key=True, server_default=func.gen_random_uuid()),
    Column("reason", Text(), nullable=False, doc="birth_date_differs id_checksum id_format"),
    Column("index", LargeBinary(), nullable=False),
    Column("entity", Text(), nullable=False, doc="empty: the number, not one record"),
    Column("source_id", Text(), nullable=False),
    Column("records", JSONB(), nullable=False, doc="[[entity, source_id]]"),
    Column("persons", ARRAY(Uuid()), nullable=False, doc="sorted"),
    Column("masked", Text(), nullable=False),
    Column("state", Text(), nullable=False, doc="open | dismissed | closed"),
    Column("opened_at", _STAMP, nullable=False),
    Column("closed_at", _STAMP),
    Column("decided_by", Text()),
    Column("note", Text(), doc="why it was dismissed"),
    schema=_HUB,
    comment="待人工判定之身分",
)
Index(
    "uq_identity_review_what",
    identity_review.c.reason, identity_review.c.index,
    identity_review.c.entity, identity_review.c.source_id,
    unique=True,
)  # fmt: skip
Index(None, identity_review.c.state, identity_review.c.opened_at)

person_county = Table(
    "person_county",
    metadata,
    Column("entity", Text(), primary_key=True, doc="vr.appointment | ltc.registration"),
    Column("source_id", Text(), primary_key=True),
    Column("person_id", Uuid(), nullable=False),
    Column("registry", Text(), nullable=False),
    Column("county_code", Text(), nullable=False),
    Column("valid_from", Date(), nullable=False),
    Column("valid_to", Date(), doc="inclusive; null: open"),
    schema=_HUB,
    comment="登錄縣市與期間",
)
Index(
    "ix_person_county_county_code",
    person_county.c.county_code,
    person_county.c.registry,
    person_county.c.person_id,
    postgresql_include=["valid_from", "valid_to"],
)
Index(
    "ix_person_county_person_id",
    person_county.c.person_id,
    postgresql_include=["registry", "county_code", "valid_from", "valid_to"],
)

organisation = Table(
    "organisation",
    metadata,
    Column("id", Uuid(), primary_key=True, server_default=func.gen_random_uuid()),
    Column("unified_business_number", Text(), unique=True, doc="統一編號; null: has none"),
    Column("created_at", _STAMP, nullable=False, server_default=func.now()),
    schema=_HUB,
    comment="機構",
)

organisation_record = Table(
    "organisation_record",
    metadata,
    Column("entity", Text(), primary_key=True, doc="vr.institution ltc.unit osh.institution"),
    Column("source_id", Text(), primary_key=True),
    Column("organisation_id", Uuid(), ForeignKey("hub.organisation.id"), nullable=False),
    schema=_HUB,
    comment="機構與來源紀錄之連結",
)
Index(None, organisation_record.c.organisation_id)

evaluation_due = Table(
    "evaluation_due",
    metadata,
    Column("person_id", Uuid(), primary_key=True),
    Column("since", _STAMP, nullable=False, server_default=func.now()),
    schema=_HUB,
    comment="事實已變動、待重新評估之人員",
)
