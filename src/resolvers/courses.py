"""Courses of continuing education in VR and LTC."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import RowMapping

from ..auth.rows import RowKind
from ..domain.amounts import parse_amount
from ..domain.roc_date import TAIPEI
from ..domain.vocabulary import course_state
from ..store import read_courses
from ..store.read_courses import CourseQuery
from .batch import Batch
from .context import Hub, Request
from .ids import NodeKind, encode_id, split_key
from .objects import Course, CourseDomain, Institution
from .pages import Page, page_size, read_cursor
from .reach import allowed_registries, rows_of
from .registries import record_of, states, usable

__all__ = ["CourseFilter", "courses", "courses_by_key", "courses_of"]

_ORDER = "newest"


@dataclass(frozen=True, slots=True)
class CourseFilter:
    """What a list of courses is asked for; empty: all.

    Attributes:
        registries: vr, ltc; None: all that the token may read.
        numbers: Course numbers.
        institutions: 統一編號 of who holds them.
        states: submitted approved rejected roster_imported hours_verified ...; LTC courses are
            approved.
        starts_from: First first day, included.
        starts_to: Last first day, included.
        units: LTC units.
    """

    registries: tuple[str, ...] | None = None
    numbers: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    starts_from: date | None = None
    starts_to: date | None = None
    units: tuple[str, ...] = ()


async def courses(
    hub: Hub,
    request: Request,
    asked: CourseFilter,
    first: int | None,
    after: str | None,
    *,
    total: bool,
) -> Page[Course]:
    """A page of courses, latest first day first.

    Raises:
        Refused: a named registry is not the token's.
        RegistryUnavailable: one cannot be relied on.
        InvalidInput: a cursor or size that is none.
    """
    size = page_size(first)
    last = read_cursor(after, _ORDER, (date, str, str))
    rows = rows_of(request, RowKind.COURSE, asked.registries)
    query = CourseQuery(
        rows,
        asked.numbers,
        asked.institutions,
        asked.states,
        asked.starts_from,
        asked.starts_to,
        asked.units,
    )
    sources = await usable(hub, request, rows)
    async with hub.reader.connect() as connection:
        found = await read_courses.course_page(connection, query, last, size + 1)
        count = await read_courses.course_count(connection, query) if total else None
    made = await courses_by_key(hub, request, [_key(row) for row in found[:size]])
    return Page.cut(
        [
            (
                made.get(_key(row)),
                (row["starts_on"], row["registry"], row["id"]),
            )
            for row in found
        ],
        size,
        _ORDER,
        request.business_day,
        after=after,
        sources=sources,
        total_count=count,
    )


async def courses_of(
    institution: Institution,
    asked: CourseFilter,
    first: int | None,
    after: str | None,
    *,
    total: bool,
) -> Page[Course]:
    """A page of the courses of a VR institution or an LTC unit; others have none.

    Raises:
        Refused, RegistryUnavailable, InvalidInput: as :func:`courses`.
    """
    hub, request = institution.batch.hub, institution.batch.request
    registry, key = split_key(institution.key)
    number = institution.unified_business_number
    if registry == "osh" or (registry == "vr" and not number):
        return Page.none(_ORDER, request.business_day, total=total)
    own = (
        replace(asked, registries=("vr",), institutions=(number or "",))
        if registry == "vr"
        else replace(asked, registries=("ltc",), units=(key,))
    )
    return await courses(hub, request, own, first, after, total=total)


def _key(row: RowMapping) -> str:
    return f"{row['registry']}:{row['id']}"


async def courses_by_key(hub: Hub, request: Request, keys: Collection[str]) -> dict[str, Course]:
    """The courses with these keys (``vr:C1``) that the reader may see, in one batch."""
    await states(hub, request)
    wanted: dict[str, list[str]] = {}
    for key in keys:
        registry, source_id = split_key(key)
        wanted.setdefault(registry, []).append(source_id)
    allowed = allowed_registries(request, RowKind.COURSE)
    batch = Batch(hub, request)
    async with hub.reader.connect() as connection:
        for registry, ids in wanted.items():
            if registry not in allowed:
                continue
            rows = rows_of(request, RowKind.COURSE, [registry])
            for row in await read_courses.courses_by_key(connection, registry, ids, rows[registry]):
                made = (_vr if registry == "vr" else _ltc)(batch, row)
                batch.members[made.key] = made
    request.trace.registries.update(wanted)
    return batch.members


def _shared(batch: Batch, registry: str, row: RowMapping) -> dict[str, Any]:
    key = f"{registry}:{row['id']}"
    return {
        "id": encode_id(NodeKind.COURSE, key),
        "key": key,
        "batch": batch,
        "registry": registry,
        "title": row["name"],
        "provenance": record_of(
            batch.request, registry, row["id"], row["source_updated_at"], row["synced_at"]
        ),
    }


def _hours(text: object) -> int | None:
    try:
        return parse_amount(text)
    except ValueError:
        return None


def _domains(categories: Sequence[Mapping[str, Any]] | None) -> list[CourseDomain]:
    """The parts of a VR course; their amounts stand as the contract writes them."""
    return [
        CourseDomain(
            index,
            item.get("category__code"),
            item.get("field"),
            _hours(item.get("hours")),
            item.get("core_competency"),
        )
        for index, item in enumerate(categories or (), start=1)
    ]


def _vr(batch: Batch, row: RowMapping) -> Course:
    return Course(
        **_shared(batch, "vr", row),
        number=row["no"],
        state=course_state(row["status__code"], row["roster_state__code"]),
        registry_state=row["status"],
        starts_on=row["starts_on"],
        ends_on=row["ends_on"],
        domains=_domains(row["categories"]),
        hours=row["hours"],
        points=None,
        county=row["county"],
        targets=row["target_titles__codes"] or (),
        institution_key=f"vr#{row['institution_tax_id']}" if row["institution_tax_id"] else None,
    )


def _ltc(batch: Batch, row: RowMapping) -> Course:
    return Course(
        **_shared(batch, "ltc", row),
        number=row["id"],
        state="approved",
        registry_state=row["approval_no"],
        starts_on=row["starts_at"].astimezone(TAIPEI).date(),
        ends_on=row["ends_at"].astimezone(TAIPEI).date(),
        domains=[CourseDomain(1, row["attribute__code"], None, None, None)],
        hours=None,
        points=row["points"],
        county=None,
        targets=(),
        institution_key=f"ltc:{row['unit_id']}" if row["unit_id"] else None,
    )
