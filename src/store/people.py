"""Bundles: all live rows of many persons, one statement per table, for decisions.

Rows come straight from asyncpg (read by column name) inside the caller's transaction: a bundle of
ten thousand persons holds hundreds of thousands of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.bundles import HubRows, PersonRows, Row
from ..domain.records import REGISTRIES

__all__ = ["fetch", "holders_of", "load_people"]

_QUALIFICATION = (
    "id, professional_id, title, title__code, status, status__code, issued_on, renewed_on, "
    "extension_from, extension_to, ce_completed_on, ce_due_on"
)
_RECORD = (
    "id, professional_id, course_no, course_name, nature__code, held_to, category__code, delivery, "
    "delivery__code, identity, identity__code, hours, outlying_island__code, "
    "international__code, lecturer__code, credited_hours, status__code, "
    "qualification_titles, qualification_titles__codes"
)
_EXTENSION = (
    "id, professional_id, qualification_id, applied_on, leave_from, leave_to, reason__code, "
    "local_document_no, local_document_on, status__code, decided_on"
)
_APPOINTMENT = (
    "id, professional_id, title__code, first_hired_on, appointed_on, left_on, county__code, "
    "full_time"
)
_CERTIFICATE = (
    "id, person_id, no, suffix__code, personnel_type, personnel_type__code, employment_path, "
    "employment_path__code, valid_from, valid_to, original_valid_to, pandemic_extended, "
    "credit_from, renewal_count, state, state__code"
)
# Terms of categories travel only where one of them has no code: most rows are millions.
_CREDIT = (
    "id, person_id, course_name, starts_at, ends_at, attribute__code, categories__codes, "
    "case when cardinality(categories) > cardinality(categories__codes) then categories end "
    "as categories, mode__code, live_sync, training_course__code, points, status__code, role__code"
)
_CREDIT_ORIGIN = ", course_id, source, source__code, source_record"
_UNIT = "from ltc.unit u where u.id = unit_id and u.deleted_at is null"
_REGISTRATION = (
    "id, person_id, certificate_id, kind__code, starts_on, ends_on, state__code, county__code, "
    f"(select u.county_code {_UNIT}) as unit_county_code, "
    f"(select u.county__code {_UNIT}) as unit_county__code"
)
_OSH_TRAINEE = "id, class_no, licence_no, profession, profession__code"
_OSH_CERTIFICATE = "id, class_no, trainee_no, kind__code, ends_on, issued_on, hours, category_hours"
_OSH_RESULT = "id, trainee_no, exam_on, outcome__code"
_OSH_CLASS = (
    "id, institution_code, training_kind, training_kind__code, training_name, starts_on, ends_on"
)
_OSH_RECOGNITION = (
    "id, institution_code, training_kinds, recognised_on, valid_from, valid_to, "
    "termination_kind, termination_kind__code, terminated_on, effective_on"
)


async def fetch(connection: AsyncConnection, statement: str, *values: object) -> Sequence[Any]:
    """Rows of a statement by asyncpg itself, in the transaction of ``connection``.

    Args:
        connection: Inside a transaction (one begins with its first statement).
        statement: SQL of ours; values travel apart, as ``$1`` and so on.
        values: Its parameters.
    """
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    if not driver.is_in_transaction():
        # SQLAlchemy opens its transaction with its first statement; ours goes past it.
        await connection.exec_driver_sql("select 1")
    found: Sequence[Any] = await driver.fetch(statement, *values)
    return found


async def _rows_by_person(
    connection: AsyncConnection,
    table: str,
    columns: str,
    key: str,
    holders: Mapping[str, UUID],
    order: str = "id",
) -> dict[UUID, list[Any]]:
    """Live rows of ``table`` by the hub person that their ``key`` hangs on, in a stable order."""
    rows = await fetch(
        connection,
        f"select {columns} from {table} "  # noqa: S608 - names of ours
        f"where {key} = any($1) and deleted_at is null order by {order}",
        list(holders),
    )
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(holders[row[key]], []).append(row)
    return found


Holders = Mapping[str, Mapping[str, UUID]]
"""Entity -> the agency's key -> hub person."""


async def _load_vr(
    connection: AsyncConnection, people: Mapping[UUID, PersonRows], holders: Holders
) -> None:
    members = holders["vr.professional"]
    for attribute, table, columns, order in (
        ("qualifications", "vr.qualification", _QUALIFICATION, "id"),
        ("records", "vr.training_record", _RECORD, "professional_id, held_to, id"),
        ("extensions", "vr.extension", _EXTENSION, "id"),
        ("appointments", "vr.appointment", _APPOINTMENT, "id"),
    ):
        found = await _rows_by_person(connection, table, columns, "professional_id", members, order)
        for key, rows in found.items():
            setattr(people[key].vr, attribute, rows)


async def _load_ltc(
    connection: AsyncConnection,
    people: Mapping[UUID, PersonRows],
    holders: Holders,
    *,
    origin: bool,
) -> None:
    members = holders["ltc.person"]
    for key, persons in (
        await _rows_by_person(connection, "ltc.person", "id, identifiers", "id", members)
    ).items():
        people[key].ltc.persons = [_opened(row) for row in persons]
    for attribute, table, columns, order in (
        ("certificates", "ltc.certificate", _CERTIFICATE, "id"),
        (
            "credits",
            "ltc.credit",
            _CREDIT + _CREDIT_ORIGIN if origin else _CREDIT,
            "person_id, ends_at, id",
        ),
        ("registrations", "ltc.registration", _REGISTRATION, "id"),
    ):
        found = await _rows_by_person(connection, table, columns, "person_id", members, order)
        for key, rows in found.items():
            setattr(people[key].ltc, attribute, rows)


def _opened(row: Any) -> dict[str, Any]:
    """A person's row with the kinds of its numbers; the numbers themselves are not handed on."""
    found = row["identifiers"]
    kept = orjson.loads(found) if isinstance(found, (str, bytes)) else found
    return {
        "id": row["id"],
        "identifiers": [
            {"type__code": item.get("type__code"), "current": item.get("current")}
            for item in kept or ()
        ],
    }


async def _load_osh(
    connection: AsyncConnection, people: Mapping[UUID, PersonRows], holders: Holders
) -> None:
    trainees, certificates = holders["osh.trainee"], holders["osh.certificate"]
    for attribute, table, columns, key, members in (
        ("trainees", "osh.trainee", _OSH_TRAINEE, "id", trainees),
        ("certificates", "osh.certificate", _OSH_CERTIFICATE, "id", certificates),
        ("results", "osh.result", _OSH_RESULT, "trainee_no", trainees),
    ):
        found = await _rows_by_person(connection, table, columns, key, members, "id")
        for person, rows in found.items():
            setattr(people[person].osh, attribute, rows)
    numbers = {
        row["class_no"]
        for person in people.values()
        for row in (*person.osh.trainees, *person.osh.certificates)
        if row["class_no"] is not None
    }
    if not numbers:
        return
    classes, institutions, recognitions = await osh_reference(connection, numbers)
    for held in (person.osh for person in people.values()):
        mine = {row["class_no"] for row in (*held.trainees, *held.certificates)}
        held.classes = {key: classes[key] for key in mine if key in classes}
        codes = {row["institution_code"] for row in held.classes.values()}
        held.institutions = {key: institutions[key] for key in codes if key in institutions}
        held.recognitions = {key: recognitions[key] for key in codes if key in recognitions}


async def osh_reference(
    connection: AsyncConnection, class_numbers: Collection[str]
) -> tuple[dict[str, Row], dict[str, Row], dict[str, list[Row]]]:
    """Classes by number, their institutions and the institutions' recognitions by code."""
    classes = await fetch(
        connection,
        f"select {_OSH_CLASS} from osh.training_class "  # noqa: S608 - names of ours
        "where id = any($1) and deleted_at is null",
        sorted(class_numbers),
    )
    codes = sorted({row["institution_code"] for row in classes if row["institution_code"]})
    institutions = await fetch(
        connection,
        "select id, tax_id from osh.institution where id = any($1) and deleted_at is null",
        codes,
    )
    rows = await fetch(
        connection,
        f"select {_OSH_RECOGNITION} from osh.recognition "  # noqa: S608 - names of ours
        "where institution_code = any($1) and deleted_at is null order by id",
        codes,
    )
    recognitions: dict[str, list[Row]] = {}
    for row in rows:
        recognitions.setdefault(row["institution_code"], []).append(row)
    return (
        {row["id"]: row for row in classes},
        {row["id"]: row for row in institutions},
        recognitions,
    )


async def _load_sharing(connection: AsyncConnection, people: Mapping[UUID, PersonRows]) -> None:
    """What only sharing needs: who held a course, and the hub's own records on credits."""
    vr_courses = {row["course_no"] for person in people.values() for row in person.vr.records}
    ltc_courses = {row["course_id"] for person in people.values() for row in person.ltc.credits}
    osh_classes = {key for person in people.values() for key in person.osh.classes}
    held_by = {
        "vr": await fetch(
            connection,
            "select no as course, institution_tax_id as tax_id from vr.course "
            "where no = any($1) and deleted_at is null",
            sorted(vr_courses - {None}),
        ),
        "ltc": await fetch(
            connection,
            "select c.id as course, u.tax_id from ltc.course c join ltc.unit u on u.id = c.unit_id "
            "where c.id = any($1) and c.deleted_at is null and u.deleted_at is null",
            sorted(ltc_courses - {None}),
        ),
    }
    providers = {
        registry: {row["course"]: row["tax_id"] for row in rows if row["tax_id"]}
        for registry, rows in held_by.items()
    }
    joint = await fetch(
        connection,
        "select registry, course, event from hub.joint_course where (registry = 'vr' and "
        "course = any($1)) or (registry = 'ltc' and course = any($2)) or (registry = 'osh' and "
        "course = any($3))",
        sorted(vr_courses - {None}),
        sorted(ltc_courses - {None}),
        sorted(osh_classes),
    )
    events = {(row["registry"], row["course"]): row["event"] for row in joint}
    hub = await _hub_rows(connection, people)
    for key, person in people.items():
        person.vr.providers = providers["vr"]
        person.ltc.providers = providers["ltc"]
        person.hub = replace(hub.get(key, HubRows()), joint_courses=events)


async def _hub_rows(
    connection: AsyncConnection, people: Mapping[UUID, PersonRows]
) -> dict[UUID, HubRows]:
    filed = await fetch(
        connection,
        "select r.person_id as hub_person, r.activity, r.certificate, r.filed_on, r.declared, "
        "r.state = 'approved' and s.state = 'REFUSED' as refused from hub.recognition r "
        "left join hub.submission s on s.id = r.submission_id "
        "where r.person_id = any($1) order by r.filed_on, r.id",
        list(people),
    )
    decided = await fetch(
        connection,
        "select r.person_id as hub_person, d.id::text as id, r.activity, r.certificate, d.outcome, "
        "d.amount, d.attribute, d.categories, d.authority, d.decided_on "
        "from hub.recognition r join hub.recognition_decision d on d.recognition_id = r.id "
        "where r.person_id = any($1) and d.stage = 'decision' order by d.decided_on, d.id",
        list(people),
    )
    holders = {
        f"{registry}:{row['id']}": key
        for key, person in people.items()
        for registry, rows in (
            ("vr", person.vr.qualifications),
            ("ltc", person.ltc.certificates),
        )
        for row in rows
    }
    used = await fetch(
        connection,
        "select activity, certificate from hub.used_activity where certificate = any($1) "
        "order by certificate, activity",
        sorted(holders),
    )
    found: dict[UUID, dict[str, list[Row]]] = {}

    def add(key: UUID, name: str, row: Row) -> None:
        found.setdefault(key, {}).setdefault(name, []).append(row)

    for row in filed:
        key, pair = row["hub_person"], {name: row[name] for name in ("activity", "certificate")}
        add(key, "applications", {**pair, "filed_on": row["filed_on"]})
        if row["declared"] is not None:
            add(key, "declared", row["declared"])
        if row["refused"]:
            add(key, "refused", pair)
    for row in decided:
        facts = dict(row)
        add(facts.pop("hub_person"), "decisions", facts)
    for row in used:
        add(holders[row["certificate"]], "used", dict(row))
    return {
        key: HubRows(
            applications=rows.get("applications", ()),
            decisions=rows.get("decisions", ()),
            used=rows.get("used", ()),
            declared=rows.get("declared", ()),
            refused=rows.get("refused", ()),
        )
        for key, rows in found.items()
    }


async def _load_shared(connection: AsyncConnection, people: Mapping[UUID, PersonRows]) -> None:
    """What the renewal of an LTC certificate takes from elsewhere, for the few it concerns."""
    rows = await fetch(
        connection,
        "select distinct person_id from hub.recognition where person_id = any($1) "
        "and to_registry = 'ltc' and state in ('approved', 'revoked')",
        list(people),
    )
    if rows:
        shared = await load_people(connection, [row["person_id"] for row in rows], sharing=True)
        for key, person in shared.items():
            people[key].shared = person


_ENTITIES = ("vr.professional", "ltc.person", "osh.trainee", "osh.certificate")


async def load_people(
    connection: AsyncConnection,
    ids: Collection[UUID],
    registries: Collection[str] = REGISTRIES,
    *,
    sharing: bool = False,
) -> dict[UUID, PersonRows]:
    """All live rows of these hub persons, one statement per table whatever their number.

    Args:
        connection: A connection of the read pool.
        ids: Hub uuids (of living persons: merges are followed before).
        registries: Whose rows.
        sharing: With what ``sharing.cross_registry`` needs besides; wants all registries.
    """
    people = {key: PersonRows(str(key)) for key in ids}
    if not people:
        return people
    holders: dict[str, dict[str, UUID]] = {entity: {} for entity in _ENTITIES}
    links = await fetch(
        connection,
        "select entity, source_id, survivor_id, person_id from hub.person_record "
        "where person_id = any($1)",
        list(people),
    )
    for entity, source_id, survivor_id, key in links:
        holders[entity][source_id] = key
        if entity == "ltc.person":
            survivors = people[key].ltc.survivors
            assert isinstance(survivors, dict)
            survivors[source_id] = survivor_id
    if "vr" in registries and holders["vr.professional"]:
        await _load_vr(connection, people, holders)
    if "ltc" in registries and holders["ltc.person"]:
        await _load_ltc(connection, people, holders, origin=sharing)
    if "osh" in registries and (holders["osh.trainee"] or holders["osh.certificate"]):
        await _load_osh(connection, people, holders)
    if sharing:
        await _load_sharing(connection, people)
    elif "ltc" in registries and holders["ltc.person"]:
        await _load_shared(connection, people)
    return people


_HOLDERS = {
    "vr": "select c.id, r.person_id from vr.qualification c join hub.person_record r "
    "on r.entity = 'vr.professional' and r.source_id = c.professional_id",
    "ltc": "select c.id, r.person_id from ltc.certificate c join hub.person_record r "
    "on r.entity = 'ltc.person' and r.source_id = c.person_id",
    "osh": "select c.id, r.person_id from osh.certificate c join hub.person_record r "
    "on r.entity = 'osh.certificate' and r.source_id = c.id",
}


async def holders_of(
    connection: AsyncConnection, registry: str, ids: Collection[str]
) -> dict[str, UUID]:
    """The hub person of each live certificate with one of these agency keys."""
    rows = await fetch(
        connection,
        f"{_HOLDERS[registry]} where c.id = any($1) and c.deleted_at is null",
        sorted(ids),
    )
    return {row["id"]: row["person_id"] for row in rows}
