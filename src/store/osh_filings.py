"""What a filing about an OSH class needs to know: who may file it, and what was filed before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.bundles import Row
from ..domain.submission import SubmissionState
from .keys import KeyRing
from .read_rows import in_texts, live
from .submissions import payload_of
from .tables import mirror
from .tables_work import submission

__all__ = [
    "EarlierFiling",
    "certificate_numbers",
    "filings_about",
    "filings_of_plan",
    "institution_by_code",
    "own_institutions",
    "own_payload",
    "recognitions_of",
]

_STANDS = (
    SubmissionState.QUEUED.value,
    SubmissionState.SENT.value,
    SubmissionState.ACCEPTED.value,
)


@dataclass(frozen=True, slots=True)
class EarlierFiling:
    """A submission that was neither rejected nor refused nor replaced.

    Attributes:
        row: Of ``hub.submission``.
        payload: What was filed.
    """

    row: RowMapping
    payload: Mapping[str, Any]

    @property
    def id(self) -> UUID:
        """Its id."""
        number: UUID = self.row["id"]
        return number


async def own_institutions(
    connection: AsyncConnection, tax_ids: Collection[str]
) -> Sequence[RowMapping]:
    """The OSH institutions (機構代碼) under these 統一編號."""
    table = mirror("osh.institution")
    statement = (
        select(table).where(in_texts(table.c.tax_id, tax_ids), live(table)).order_by(table.c.id)
    )
    return (await connection.execute(statement)).mappings().all()


async def institution_by_code(connection: AsyncConnection, code: str) -> Row | None:
    """The OSH institution with that 機構代碼."""
    table = mirror("osh.institution")
    statement = select(table).where(table.c.id == code, live(table))
    found = (await connection.execute(statement)).mappings().one_or_none()
    return None if found is None else dict(found)


async def recognitions_of(connection: AsyncConnection, code: str) -> list[Row]:
    """Every recognition of an institution."""
    table = mirror("osh.recognition")
    statement = (
        select(table).where(table.c.institution_code == code, live(table)).order_by(table.c.id)
    )
    return [dict(row) for row in (await connection.execute(statement)).mappings()]


async def filings_about(
    connection: AsyncConnection,
    keys: KeyRing,
    class_no: str,
    kinds: Collection[str],
) -> list[EarlierFiling]:
    """Filings about a class that has a number, oldest first; a plan is about it once it is taken."""
    table = submission
    statement = (
        select(table)
        .where(
            table.c.registry == "osh",
            in_texts(table.c.kind, kinds),
            in_texts(table.c.state, _STANDS),
            table.c.target == class_no,
        )
        .order_by(table.c.created_at, table.c.id)
    )
    rows = (await connection.execute(statement)).mappings().all()
    return [EarlierFiling(row, payload_of(keys, row)) for row in rows]


async def own_payload(
    connection: AsyncConnection, keys: KeyRing, number: UUID, *, issuer: str, client_id: str
) -> Mapping[str, Any] | None:
    """What this client filed under that id."""
    table = submission
    statement = select(table).where(
        table.c.id == number, table.c.issuer == issuer, table.c.client_id == client_id
    )
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else payload_of(keys, row)


async def filings_of_plan(
    connection: AsyncConnection, keys: KeyRing, institution: str, plan: str
) -> list[EarlierFiling]:
    """Plans and rosters that stand for a class which has no number yet, oldest first.

    Args:
        connection: Any transaction.
        keys: Open the payloads.
        institution: 統一編號.
        plan: What the class is known by until then.
    """
    table = submission
    statement = (
        select(table)
        .where(
            table.c.registry == "osh",
            table.c.institution == institution,
            in_texts(table.c.state, _STANDS),
            or_(
                and_(table.c.kind == "fileOshClass", table.c.summary["class"].astext == plan),
                and_(table.c.kind == "submitOshRoster", table.c.target == plan),
            ),
        )
        .order_by(table.c.created_at, table.c.id)
    )
    rows = (await connection.execute(statement)).mappings().all()
    return [EarlierFiling(row, payload_of(keys, row)) for row in rows]


async def certificate_numbers(connection: AsyncConnection, numbers: Collection[str]) -> set[str]:
    """Which of these 證書字號 the agency has on file already."""
    table = mirror("osh.certificate")
    statement = select(table.c.id).where(in_texts(table.c.id, numbers), live(table))
    return set((await connection.execute(statement)).scalars())
