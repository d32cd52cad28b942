"""The database as SQLAlchemy Core metadata: one mirror table per agency record, and ``hub``.

A mirror is generated from ``domain.records``: schema = registry, table = ``entity.table``, key
``id``, then per field the columns that ``columns_of`` lists, then the envelope. Every column but
the envelope's own is nullable, because a tombstone may arrive before its record: the row then
holds the key, the version and the day of closing. Readers filter ``deleted_at is null``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.types import TypeEngine

from ..domain.records import ENTITIES, REGISTRIES, Entity, Field, Kind

__all__ = ["MIRRORS", "SCHEMAS", "columns_of", "metadata", "mirror", "number_columns"]

SCHEMAS = (*REGISTRIES, "hub")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_STAMP = TIMESTAMP(timezone=True)

_TYPES: Mapping[Kind, TypeEngine[Any]] = MappingProxyType(
    {
        Kind.TEXT: Text(),
        Kind.TEXTS: ARRAY(Text()),
        Kind.DAY: Date(),
        Kind.STAMP: _STAMP,
        Kind.AMOUNT: BigInteger(),
        Kind.WHOLE: BigInteger(),
        Kind.FLAG: Boolean(),
        Kind.PEOPLE: JSONB(none_as_null=True),
        Kind.OBJECT: JSONB(none_as_null=True),
        Kind.OBJECTS: JSONB(none_as_null=True),
    }
)

# References between records of one registry, and what lists and joins look rows up by.
_INDEXES: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "vr.professional": (("national_id_index",),),
        "vr.qualification": (("professional_id",),),
        "vr.training_record": (("professional_id", "held_to"), ("course_no",)),
        "vr.course": (("no",), ("institution_tax_id",), ("starts_on", "id")),
        "vr.instructor": (("national_id_index",),),
        "vr.institution": (("tax_id",),),
        "vr.extension": (("qualification_id",), ("professional_id",)),
        "vr.appointment": (("professional_id",), ("institution_tax_id",)),
        "ltc.person": (("merged_into",),),
        "ltc.certificate": (("person_id",),),
        # Not covering what decisions read: one course name too long for an index would stop a sync.
        "ltc.credit": (("person_id", "ends_at"),),
        "ltc.registration": (("person_id",), ("certificate_id",), ("unit_id",)),
        "ltc.course": (("unit_id",), ("starts_at", "id")),
        "ltc.unit": (("tax_id",),),
        "osh.institution": (("tax_id",),),
        "osh.recognition": (("institution_code",),),
        "osh.training_class": (("institution_code",), ("starts_on", "id")),
        "osh.session": (("class_no",),),
        "osh.lecturer": (("class_no",),),
        "osh.trainee": (("class_no",),),
        "osh.attendance": (("trainee_no",), ("class_no",)),
        "osh.result": (("trainee_no",), ("class_no",)),
        "osh.certificate": (("trainee_no",), ("class_no",)),
        "osh.improvement_order": (("institution_code",), ("class_no",)),
    }
)


# References that few rows hold.
_SPARSE: Mapping[str, tuple[str, ...]] = MappingProxyType({"ltc.credit": ("recognition_id",)})


def number_columns(name: str) -> tuple[str, str, str, str, str]:
    """Columns that hold a person's number: index, ciphertext, mask, kind and verdict."""
    return (f"{name}_index", f"{name}_cipher", f"{name}_masked", f"{name}_kind", f"{name}_check")


def columns_of(field: Field) -> list[Column[Any]]:
    """The columns of one field: its value, and the code beside it where it has a vocabulary."""
    if field.kind is Kind.NUMBER:
        index, cipher, masked, kind, check = number_columns(field.name)
        return [
            Column(index, LargeBinary(), doc=field.title),
            Column(cipher, LargeBinary()),
            Column(masked, Text()),
            Column(kind, Text()),
            Column(check, Text()),
        ]
    columns: list[Column[Any]] = [Column(field.name, _TYPES[field.kind], doc=field.title)]
    if field.vocabulary:
        listed = field.kind is Kind.TEXTS
        columns.append(
            Column(f"{field.name}__codes", ARRAY(Text()))
            if listed
            else Column(f"{field.name}__code", Text())
        )
    return columns


def _mirror_table(entity: Entity) -> Table:
    columns: list[Column[Any]] = [Column("id", Text(), primary_key=True, doc=entity.key)]
    for field in entity.fields:
        columns += columns_of(field)
    if entity.name == "ltc.person":
        columns.append(Column("merged_into", Text(), doc="整併後識別碼"))
    columns += [
        Column("source_version", BigInteger(), nullable=False),
        Column("source_updated_at", _STAMP),
        Column("raw_hash", LargeBinary()),
        Column("synced_at", _STAMP, nullable=False),
        Column("deleted_at", _STAMP),
    ]
    table = Table(entity.table, metadata, *columns, schema=entity.registry, comment=entity.title)
    for names in _INDEXES.get(entity.name, ()):
        Index(None, *(table.c[name] for name in names))
    for name in _SPARSE.get(entity.name, ()):
        Index(None, table.c[name], postgresql_where=table.c[name].is_not(None))
    return table


MIRRORS: Mapping[str, Table] = MappingProxyType(
    {entity.name: _mirror_table(entity) for entity in ENTITIES}
)
"""``vr.professional`` -> its mirror."""


def mirror(name: str) -> Table:
    """The mirror of ``vr.professional``.

    Raises:
        KeyError: no such entity.
    """
    return MIRRORS[name]
