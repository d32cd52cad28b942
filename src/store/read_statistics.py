"""Counts of certificates from the stored evaluations."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from .read_certificates import CertificateQuery, fits
from .tables import mirror
from .tables_people import person_county
from .tables_work import evaluation

__all__ = ["counts"]


def _places(query: CertificateQuery) -> Select[tuple[str, str]]:
    """(certificate, county) of every certificate: several counties count in each."""
    working = (
        select(evaluation.c.certificate, person_county.c.county_code.label("county"))
        .distinct()
        .join(
            person_county,
            and_(
                person_county.c.person_id == evaluation.c.person_id,
                person_county.c.registry == evaluation.c.registry,
                person_county.c.valid_from <= query.day,
                or_(person_county.c.valid_to.is_(None), person_county.c.valid_to >= query.day),
            ),
        )
    )
    row, training = mirror("osh.certificate"), mirror("osh.training_class")
    trained = (
        select(evaluation.c.certificate, training.c.county__code.label("county"))
        .join(row, evaluation.c.certificate == func.concat("osh:", row.c.id))
        .join(training, training.c.id == row.c.class_no)
        .where(evaluation.c.registry == "osh", training.c.county__code.is_not(None))
    )
    return working.union_all(trained)  # type: ignore[return-value]


async def counts(
    connection: AsyncConnection, query: CertificateQuery, dimensions: Sequence[str], limit: int
) -> dict[tuple[str | None, ...], int]:
    """Certificates that fit ``query`` by the values of ``dimensions``, at most ``limit`` cells.

    With ``county``, a reader of some counties sees the counts of those alone.
    """
    columns: dict[str, ColumnElement[str]] = {
        "registry": evaluation.c.registry,
        "type": evaluation.c.type,
        "renewal_status": evaluation.c.status,
        "expiry_month": func.to_char(evaluation.c.valid_to, "YYYY-MM"),
    }
    # Every certificate stands once, in each of its counties once: nothing to tell apart.
    statement = select(func.count()).select_from(evaluation).where(fits(evaluation, query))
    if "county" in dimensions:
        place = _places(query).subquery("place")
        columns["county"] = place.c.county
        statement = statement.select_from(
            evaluation.outerjoin(place, place.c.certificate == evaluation.c.certificate)
        )
        ways = [
            or_(place.c.county.in_(sorted(rows.counties)), evaluation.c.registry != registry)
            for registry, rows in query.rows.items()
            if not rows.everything
        ]
        if query.counties:
            ways.append(place.c.county.in_(sorted(query.counties)))
        statement = statement.where(*ways)
    chosen = [columns[name] for name in dimensions]
    statement = statement.add_columns(*chosen).group_by(*chosen).limit(limit)
    return {tuple(row[1:]): row[0] for row in (await connection.execute(statement)).all()}
