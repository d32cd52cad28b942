"""The SQL that merges staged rows into a mirror, generated once per entity.

Version rule: a row older than the stored one, or than the entity's last full listing (its floor), is
old news (stale). The same version and hash, or a newer version of the same content, is unchanged.
A closed row opens again only for a version above its tombstone's. All statements of a batch run in
its transaction, under the registry's lock: nobody else writes these tables.
"""
# ruff: noqa: S608 - every name in these statements comes from our own catalogue

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from ..domain.records import BY_NAME, Kind
from .tables import MIRRORS, number_columns

__all__ = ["PERSON_ENTITIES", "EntitySql", "entity_sql", "quoted"]

PERSON_ENTITIES = ("vr.professional", "ltc.person", "osh.trainee", "osh.certificate")
"""Records that are people."""

# What a change touches besides the row itself: the record that owns it.
_OWNERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "vr.qualification": ("vr.professional", "professional_id"),
        "vr.training_record": ("vr.professional", "professional_id"),
        "vr.extension": ("vr.professional", "professional_id"),
        "vr.appointment": ("vr.professional", "professional_id"),
        "ltc.certificate": ("ltc.person", "person_id"),
        "ltc.credit": ("ltc.person", "person_id"),
        "ltc.registration": ("ltc.person", "person_id"),
        "osh.recognition": ("osh.institution", "institution_code"),
        "osh.session": ("osh.training_class", "class_no"),
        "osh.lecturer": ("osh.training_class", "class_no"),
        "osh.attendance": ("osh.trainee", "trainee_no"),
        "osh.result": ("osh.trainee", "trainee_no"),
    }
)

# Entities whose own keys are needed afterwards: people, organisations, where somebody works.
_OWN = frozenset(
    {
        *PERSON_ENTITIES,
        "vr.institution",
        "vr.appointment",
        "ltc.unit",
        "ltc.registration",
        "osh.institution",
        "osh.training_class",
    }
)


# Read through their person alone, whatever else is asked of them.
_ACTIVITIES = frozenset({"vr.training_record", "ltc.credit"})


def quoted(name: str) -> str:
    """A column name from the catalogue, quoted (``no``, ``format``, ``time`` are keywords)."""
    return f'"{name}"'


@dataclass(frozen=True, slots=True)
class EntitySql:
    """Names and statements of one entity.

    Attributes:
        columns: Columns of a staged row, in the order of ``staging.copy_lines``.
        analyzed: The mirror with the columns that the planner is asked about: an analysis of all the
            texts takes as long as a tenth of a first load.
        touched: (entity, column, own) of the keys that a change of a row touches.
        all_seen: Notes all that the mirror holds as listed.
        any: Whether the mirror holds any row.
        probe: What to do with rows; $1 ids, $2 versions, both as array literals, $3 their hashes end
            to end, $4 floor, $5 whether rows of the same content are written too, $6 whether the
            second of these is asked for. One row: places (from
            1) of rows to write, places of unchanged rows with a newer version, number of stale rows.
        insert: Staged rows whose key is new; $1 now. One row: their number.
        update: Staged rows whose key is known; $1 now, $2 as $5 of probe. One row: their number.
        renew: Newer versions of unchanged rows; $1, $2 as of probe. (Not in a full listing, whose
            floor says it for all of them.)
        close: Tombstones; $1 ids, $2 versions, $3 merged_into, $4 floor, $5 now. One row: deleted,
            distinct, stale.
        current: Faulty rows that are not older than what is stored; $1 ids, $2 versions (0: not
            readable), $3 floor. Their places, from 1.
        vanished: Rows that a full listing lacks; $1 its version. A row that is newer than the
            listing came after it and stays. One row: gone, live.
        vanish: Closes them; $1 version, $2 now. One row: their number.
    """

    entity: str
    mirror: str
    stage: str
    seen: str
    columns: tuple[str, ...]
    analyzed: str
    touched: tuple[tuple[str, str, bool], ...]
    create_stage: str
    create_seen: str
    all_seen: str
    any: str
    probe: str
    insert: str
    update: str
    renew: str
    close: str
    current: str
    vanished: str
    vanish: str


@cache
def entity_sql(name: str) -> EntitySql:
    """The statements of ``vr.professional``.

    Raises:
        KeyError: no such entity.
    """
    registry, table = name.split(".")
    mirror = f"{registry}.{quoted(table)}"
    stage, seen = f"stage_{registry}_{table}", f"seen_{registry}_{table}"
    columns = _staged_columns(name)
    names = ", ".join(map(quoted, columns))
    touched = _touched_columns(name)
    returned = ", ".join(["id", *(quoted(column) for _, column, own in touched if not own)])
    old_owner = "".join(
        f", m.{quoted(column)} as {quoted(column)}" for _, column, own in touched if not own
    )
    settings = ", ".join(f"{quoted(c)} = s.{quoted(c)}" for c in columns if c != "id")
    merged = name == "ltc.person"
    return EntitySql(
        entity=name,
        mirror=mirror,
        stage=stage,
        seen=seen,
        columns=columns,
        analyzed=f"{mirror} ({', '.join(map(quoted, _analyzed_columns(name)))})",
        touched=touched,
        create_stage=(
            f"create temp table if not exists {stage} as "
            f"select {names} from {mirror} with no data"
        ),
        create_seen=f"create temp table if not exists {seen} (id text)",
        all_seen=f"insert into {seen} select id from {mirror}",
        any=f"select exists (select from {mirror})",
        probe=f"""
            select array_agg(place) filter (where verdict = 'write'),
                array_agg(place) filter (where verdict = 'newer' and $6),
                count(*) filter (where verdict = 'stale')
            from (
                select s.place, case
                    when s.version < greatest(m.source_version, $4::bigint)
                        or (m.deleted_at is not null and s.version <= m.source_version)
                        then 'stale'
                    when $5 or m.raw_hash is distinct from s.hash or m.deleted_at is not null
                        then 'write'
                    when s.version > m.source_version then 'newer'
                    end as verdict
                from (
                    select id, version, place,
                        substr($3::bytea, (place * 32 - 31)::int, 32) as hash
                    from unnest($1::text::text[], $2::text::bigint[]) with ordinality
                        as u(id, version, place)
                ) s left join {mirror} m on m.id = s.id
            ) judged
        """,
        insert=f"""
            with done as (
                insert into {mirror} ({names}, synced_at)
                select {names}, $1::timestamptz from {stage}
                on conflict (id) do nothing
                returning {returned}
            ){_touch(touched, "done")}
            select count(*) from done
        """,
        update=f"""
            with known as materialized (
                select s.id{old_owner} from {stage} s join {mirror} m on m.id = s.id
                where $2 or m.raw_hash is distinct from s.raw_hash or m.deleted_at is not null
            ), done as (
                update {mirror} m set {settings}, synced_at = $1::timestamptz, deleted_at = null
                    {", merged_into = null" if merged else ""}
                from {stage} s join known k on k.id = s.id
                where m.id = s.id
                returning m.id{"".join(f", m.{quoted(c)}" for _, c, own in touched if not own)}
            ){_touch(touched, "done")}{_touch_old(touched)}
            select count(*) from done
        """,
        renew=f"""
            update {mirror} m set source_version = s.version
            from unnest($1::text::text[], $2::text::bigint[]) as s(id, version)
            where m.id = s.id
        """,
        close=_close_sql(name, mirror, touched, merged=merged),
        current=f"""
            select p.place
            from unnest($1::text[], $2::bigint[]) with ordinality as p(id, version, place)
                left join {mirror} m on m.id = p.id
            where p.version = 0
                or p.version >= greatest(m.source_version, $3::bigint)
        """,
        vanished=f"""
            select count(*) filter (
                    where s.id is null and ($1::bigint < 0 or m.source_version <= $1::bigint)
                ) as gone,
                count(*) as live
            from {mirror} m left join (select distinct id from {seen}) s on s.id = m.id
            where m.deleted_at is null
        """,
        vanish=f"""
            with done as (
                update {mirror} m set deleted_at = $2::timestamptz, synced_at = $2::timestamptz,
                    source_version = greatest(m.source_version, $1::bigint)
                where m.deleted_at is null
                    and ($1::bigint < 0 or m.source_version <= $1::bigint)
                    and not exists (select from {seen} s where s.id = m.id)
                returning {returned}
            ){_touch(touched, "done")}
            select count(*) as deleted from done
        """,
    )  # fmt: skip


def _close_sql(
    name: str, mirror: str, touched: tuple[tuple[str, str, bool], ...], *, merged: bool
) -> str:
    returned = "".join(f", m.{quoted(column)}" for _, column, own in touched if not own)
    into = ", merged_into = coalesce(t.merged_into, m.merged_into)" if merged else ""
    own = name in _OWN
    remembered = (
        f", seen_first as (insert into touched (entity, id, own) select '{name}', id, true "
        "from remembered)"
        if own and merged
        else ""
    )
    return f"""
        with t as materialized (
            select distinct on (id) id, version, merged_into
            from unnest($1::text[], $2::bigint[], $3::text[]) as u(id, version, merged_into)
            order by id, version desc
        ), done as (
            update {mirror} m set deleted_at = $5::timestamptz, synced_at = $5::timestamptz,
                source_version = t.version{into}
            from t
            where m.id = t.id and m.deleted_at is null
                and t.version > m.source_version and t.version >= $4::bigint
            returning m.id{returned}
        ), again as (
            update {mirror} m set source_version = t.version{into}
            from t
            where m.id = t.id and m.deleted_at is not null and t.version > m.source_version
        ), remembered as (
            insert into {mirror} (id, source_version, synced_at, deleted_at
                {", merged_into" if merged else ""})
            select t.id, t.version, $5::timestamptz, $5::timestamptz
                {", t.merged_into" if merged else ""}
            from t where t.version >= $4::bigint
                and not exists (select from {mirror} m where m.id = t.id)
            returning id
        ){_touch(touched, "done")}{remembered}, answered as (
            update hub.quarantine q
            set state = 'resolved', resolved_at = $5::timestamptz, raw_cipher = null
            from t where q.entity = '{name}' and q.slot = t.id and q.state = 'open'
                and q.version <= t.version
        )
        select (select count(*) from done) + (select count(*) from remembered) as deleted,
            (select count(*) from t) as tombstones,
            (select count(*) from t left join {mirror} m on m.id = t.id
                where t.version < greatest(coalesce(m.source_version, $4::bigint), $4::bigint)
            ) as stale
    """  # fmt: skip


def _staged_columns(name: str) -> tuple[str, ...]:
    """Key and version first, then plain fields, JSON fields, numbers: as ``staging`` builds rows."""
    plain: list[str] = []
    documents: list[str] = []
    numbers: list[str] = []
    for field in BY_NAME[name].fields:
        if field.kind is Kind.NUMBER:
            numbers += number_columns(field.name)
        elif field.kind in (Kind.PEOPLE, Kind.OBJECT, Kind.OBJECTS):
            documents.append(field.name)
        else:
            plain += (field.name, *_code_columns(name, field.name))
    return ("id", "source_version", "source_updated_at", "raw_hash", *plain, *documents, *numbers)


def _code_columns(name: str, field: str) -> tuple[str, ...]:
    table = MIRRORS[name]
    return tuple(c for c in (f"{field}__code", f"{field}__codes") if c in table.c)


def _analyzed_columns(name: str) -> list[str]:
    table = MIRRORS[name]
    wanted = {"id", "deleted_at", *(c.name for index in table.indexes for c in index.columns)}
    if name not in _ACTIVITIES:
        wanted |= {c.name for c in table.c if c.name.endswith("__code")}
    return [c.name for c in table.c if c.name in wanted]


def _touched_columns(name: str) -> tuple[tuple[str, str, bool], ...]:
    """(entity, column, own) of the keys that a change of a row touches."""
    own = ((name, "id", True),) if name in _OWN else ()
    owner = ((*_OWNERS[name], False),) if name in _OWNERS else ()
    return (*own, *owner)


def _touch(touched: tuple[tuple[str, str, bool], ...], source: str) -> str:
    return "".join(
        f", touch_{number} as (insert into touched (entity, id, own) select distinct '{entity}', "
        f"{quoted(column)}, {str(own).lower()} from {source} where {quoted(column)} is not null)"
        for number, (entity, column, own) in enumerate(touched)
    )


def _touch_old(touched: tuple[tuple[str, str, bool], ...]) -> str:
    """The owners that changed rows had before: a credit may move from one person to another."""
    return "".join(
        f", left_{number} as (insert into touched (entity, id, own) select distinct '{entity}', "
        f"{quoted(column)}, false from known where {quoted(column)} is not null)"
        for number, (entity, column, own) in enumerate(touched)
        if not own
    )
