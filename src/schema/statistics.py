"""Counts of certificates, small numbers suppressed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, cast

import strawberry

from ..resolvers import statistics
from .context import Info
from .enums import Registry, StatisticsDimension
from .fields import computed
from .nodes import Provenance
from .sharing import CertificateFilter

__all__ = ["StatisticsInput", "StatisticsQuery", "StatisticsRow", "StatisticsTable"]


@strawberry.input(description="統計之維度與範圍。 What to count, and by what.")
class StatisticsInput:
    """Input of ``statistics``."""

    dimensions: list[StatisticsDimension] = strawberry.field(
        description="維度,一至五個。 Dimensions, one to five, each once."
    )
    filter: CertificateFilter | None = strawberry.field(
        default=None, description="證書之篩選條件。 Which certificates."
    )


@strawberry.type(description="統計表之一格。 A cell of the table.")
class StatisticsRow:
    """A cell; wraps ``resolvers.statistics.StatisticsRow``."""

    keys: list[str | None] = strawberry.field(
        description="依維度順序之鍵值(登錄系統如 LTC)。 Keys in the order of the dimensions, registries as "
        "the enum writes them; null where there is none."
    )
    count: int | None = strawberry.field(
        description="件數;過小而隱蔽者為空。 Certificates; null where suppressed."
    )


@strawberry.type(description="統計表;件數為零者不列。 A table; cells that would be 0 are left out.")
class StatisticsTable:
    """A table; wraps ``resolvers.statistics.StatisticsTable``."""

    dimensions: list[StatisticsDimension] = strawberry.field(description="維度。 Dimensions.")
    rows: list[StatisticsRow] = strawberry.field(description="各格。 The cells.")
    as_of: date = strawberry.field(description="業務日。 The business day.")
    threshold: int = strawberry.field(
        description="低於此數者隱蔽。 Counts below it are suppressed, and those that would give them away."
    )
    sources: list[Provenance] = strawberry.field(description="資料來源。 Sources.")


def _named(dimensions: Sequence[str], keys: Sequence[str | None]) -> list[str | None]:
    """Keys as the API writes them: a registry is the enum's name, which its filters take."""
    return [
        Registry(key).name if name == "registry" and key is not None else key
        for name, key in zip(dimensions, keys, strict=True)
    ]


@strawberry.type
class StatisticsQuery:
    """Root field ``statistics``."""

    @computed("證書統計,小數隱蔽。 Counts of certificates, small numbers suppressed.")
    async def statistics(
        self,
        info: Info,
        given: Annotated[
            StatisticsInput, strawberry.argument(name="input", description="輸入。 The input.")
        ],
    ) -> StatisticsTable | None:
        """The table."""
        table = await statistics.statistics(
            info.context.hub,
            info.context.request,
            [item.value for item in given.dimensions],
            (given.filter or CertificateFilter()).plain(),
        )
        rows = [replace(row, keys=_named(table.dimensions, row.keys)) for row in table.rows]
        return cast("StatisticsTable", replace(table, rows=rows))
