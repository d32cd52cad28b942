"""Bundles of OSH classes: everything filed under each, one statement per table, for decisions."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.bundles import ClassRows, Row
from .read_rows import in_texts, live
from .tables import mirror
from .tables_work import submission

__all__ = ["appointments_in", "load_classes"]

_PARTS = {
    "sessions": "osh.session",
    "lecturers": "osh.lecturer",
    "trainees": "osh.trainee",
    "attendance": "osh.attendance",
    "results": "osh.result",
    "certificates": "osh.certificate",
}


_CHANGES = frozenset({"amendOshClass", "submitOshRoster"})


async def _by(
    connection: AsyncConnection, entity: str, column: str, keys: Collection[str]
) -> list[RowMapping]:
    table = mirror(entity)
    statement = (
        select(table).where(in_texts(table.c[column], keys), live(table)).order_by(table.c.id)
    )
    return list((await connection.execute(statement)).mappings())


def _facts(row: RowMapping) -> dict[str, Any]:
    return dict(row)


async def load_classes(
    connection: AsyncConnection, numbers: Collection[str]
) -> dict[str, ClassRows]:
    """All live rows of these classes (班別編號), with institution and recognitions."""
    found = {
        row["id"]: ClassRows(_facts(row))
        for row in await _by(connection, "osh.training_class", "id", numbers)
    }
    for attribute, entity in _PARTS.items():
        rows: dict[str, list[Row]] = {}
        for row in await _by(connection, entity, "class_no", list(found)):
            rows.setdefault(row["class_no"], []).append(_facts(row))
        for number, held in rows.items():
            setattr(found[number], attribute, held)
    codes: Mapping[str, Any] = {
        number: item.training_class["institution_code"] for number, item in found.items()
    }
    known = {code for code in codes.values() if code}
    owners = {
        row["id"]: _facts(row) for row in await _by(connection, "osh.institution", "id", known)
    }
    recognitions: dict[str, list[Row]] = {}
    for row in await _by(connection, "osh.recognition", "institution_code", known):
        recognitions.setdefault(row["institution_code"], []).append(_facts(row))
    for number, item in found.items():
        item.institution = owners.get(codes[number] or "")
        item.recognitions = recognitions.get(codes[number] or "", [])
    for number, filing in (await _filings(connection, list(found))).items():
        found[number].filing = filing
    return found


async def _filings(
    connection: AsyncConnection, numbers: Collection[str]
) -> dict[str, dict[str, Any]]:
    """What only the hub's submissions know of classes, from those that the agency accepted.

    A plan's target is the number that the agency gave its class.
    Read from ``summary``: ``letter_on`` and ``issue_roll_on`` (ISO days) and ``venue_proof`` (true);
    ``changed_on`` is the business day of the last accepted change.
    """
    table = submission
    statement = (
        select(table.c.kind, table.c.business_day, table.c.summary, table.c.target)
        .where(
            table.c.registry == "osh",
            table.c.state == "ACCEPTED",
            in_texts(table.c.target, numbers),
        )
        .order_by(table.c.created_at, table.c.id)
    )  # fmt: skip
    known: dict[str, dict[str, Any]] = {}
    for row in (await connection.execute(statement)).mappings():
        filing, summary = known.setdefault(row["target"], {}), row["summary"] or {}
        for key in ("letter_on", "issue_roll_on"):
            if summary.get(key):
                filing[key] = date.fromisoformat(summary[key])
        if summary.get("venue_proof"):
            filing["venue_proof"] = True
        if row["kind"] in _CHANGES:
            filing["changed_on"] = row["business_day"]
    return known


async def appointments_in(
    connection: AsyncConnection, county: str, title: str
) -> list[Mapping[str, Any]]:
    """VR appointments of a title in a county, past ones too."""
    table = mirror("vr.appointment")
    statement = (
        select(table)
        .where(live(table), table.c.county__code == county, table.c.title__code == title)
        .order_by(table.c.id)
    )
    return [_facts(row) for row in (await connection.execute(statement)).mappings()]
