"""Row rules as SQL: which rows of a registry a reader may see, from a value that ``auth`` made.

A county's VR and LTC rows are those of persons registered there on the day; its OSH rows are those
of classes held there. An institution's rows are those under its own 統一編號.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Protocol

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    false,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from .tables import mirror
from .tables_people import person_county, person_record

__all__ = [
    "PERSON_ENTITIES",
    "Rows",
    "in_texts",
    "live",
    "of_class",
    "of_course",
    "of_institution",
    "of_person",
    "registered",
    "visible_person",
]

PERSON_ENTITIES: Mapping[str, tuple[str, ...]] = {
    "vr": ("vr.professional",),
    "ltc": ("ltc.person",),
    "osh": ("osh.trainee", "osh.certificate"),
}
"""Entities whose records are persons, by registry."""


class Rows(Protocol):
    """What ``auth.rows.RowFilter`` says: everything, or these counties, or these institutions."""

    @property
    def everything(self) -> bool: ...  # noqa: D102
    @property
    def counties(self) -> Collection[str]: ...  # noqa: D102
    @property
    def institutions(self) -> Collection[str]: ...  # noqa: D102
    @property
    def on(self) -> date: ...  # noqa: D102


def in_texts(column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
    """``column = any(array)``: one statement text for any number of values."""
    return column == any_(bindparam(None, sorted(values), ARRAY(Text()), unique=True))


def live(table: FromClause) -> ColumnElement[bool]:
    """Rows that no tombstone has closed."""
    return table.c.deleted_at.is_(None)


def registered(
    person: ColumnElement[object], registry: str, counties: Collection[str], on: date
) -> ColumnElement[bool]:
    """Whether ``person`` is registered in one of ``counties`` on the day, by that registry."""
    place = person_county.alias()
    return exists(
        select(1)
        .select_from(place)
        .correlate_except(place)
        .where(
            place.c.person_id == person,
            place.c.registry == registry,
            in_texts(place.c.county_code, counties),
            place.c.valid_from <= on,
            or_(place.c.valid_to.is_(None), place.c.valid_to >= on),
        )
    )


def of_class(class_no: ColumnElement[str], rows: Rows) -> ColumnElement[bool]:
    """Whether the OSH class of that number may be seen."""
    if rows.everything:
        return true()
    if not (rows.counties or rows.institutions):
        return false()
    training = mirror("osh.training_class").alias()
    allowed: list[ColumnElement[bool]] = []
    if rows.counties:
        allowed.append(in_texts(training.c.county__code, rows.counties))
    if rows.institutions:
        owner = mirror("osh.institution").alias()
        allowed.append(
            exists(
                select(1)
                .select_from(owner)
                .correlate_except(owner)
                .where(
                    owner.c.id == training.c.institution_code,
                    live(owner),
                    in_texts(owner.c.tax_id, rows.institutions),
                )
            )
        )
    return exists(
        select(1)
        .select_from(training)
        .correlate_except(training)
        .where(training.c.id == class_no, live(training), or_(*allowed))
    )


def of_institution(table: FromClause, registry: str, rows: Rows) -> ColumnElement[bool]:
    """Whether an institution (VR institution, LTC unit, OSH institution) may be seen."""
    if rows.everything:
        return true()
    allowed: list[ColumnElement[bool]] = []
    if rows.counties:
        county = table.c.county__code
        if registry == "ltc":
            # The unit's own code counts; the name only where the code is none of ours.
            code = table.c.county_code
            allowed += [
                in_texts(code, rows.counties),
                and_(code.not_in(_known_codes()), in_texts(county, rows.counties)),
            ]
        else:
            allowed.append(in_texts(county, rows.counties))
    if rows.institutions:
        allowed.append(in_texts(table.c.tax_id, rows.institutions))
    return or_(false(), *allowed)


def _known_codes() -> list[str]:
    from ..domain.counties import BY_CODE

    return sorted(BY_CODE)


def of_course(table: FromClause, registry: str, rows: Rows) -> ColumnElement[bool]:
    """Whether a course may be seen: VR by its place, LTC by the unit that holds it."""
    if rows.everything:
        return true()
    if registry == "ltc":
        unit = mirror("ltc.unit").alias()
        return exists(
            select(1)
            .select_from(unit)
            .correlate_except(unit)
            .where(unit.c.id == table.c.unit_id, live(unit), of_institution(unit, "ltc", rows))
        )
    allowed: list[ColumnElement[bool]] = []
    if rows.counties:
        allowed.append(in_texts(table.c.county__code, rows.counties))
    if rows.institutions:
        allowed.append(in_texts(table.c.institution_tax_id, rows.institutions))
    return or_(false(), *allowed)


def _recorded(person: ColumnElement[object], registry: str) -> ColumnElement[bool]:
    record = person_record.alias()
    return exists(
        select(1)
        .select_from(record)
        .correlate_except(record)
        .where(record.c.person_id == person, record.c.entity.in_(PERSON_ENTITIES[registry]))
    )


def _in_class(person: ColumnElement[object], rows: Rows) -> ColumnElement[bool]:
    allowed: list[ColumnElement[bool]] = []
    for entity in PERSON_ENTITIES["osh"]:
        record, row = person_record.alias(), mirror(entity).alias()
        allowed.append(
            exists(
                select(1)
                .select_from(record.join(row, row.c.id == record.c.source_id))
                .correlate_except(record, row)
                .where(
                    record.c.person_id == person,
                    record.c.entity == entity,
                    live(row),
                    of_class(row.c.class_no, rows),
                )
            )
        )
    return or_(*allowed)


def of_person(person: ColumnElement[object], registry: str, rows: Rows) -> ColumnElement[bool]:
    """Whether what ``registry`` holds on ``person`` may be seen.

    In OSH this is true as soon as one class of the person may be seen; the rows of other classes
    are cut by :func:`of_class`.
    """
    if rows.everything:
        return _recorded(person, registry)
    if registry == "osh":
        return _in_class(person, rows) if rows.counties or rows.institutions else false()
    # Institutions see no VR or LTC rows of persons; their filter holds no counties.
    return registered(person, registry, rows.counties, rows.on) if rows.counties else false()


def visible_person(person: ColumnElement[object], rows: Mapping[str, Rows]) -> ColumnElement[bool]:
    """Whether ``person`` may be seen through any registry of ``rows``."""
    return or_(false(), *(of_person(person, registry, item) for registry, item in rows.items()))
