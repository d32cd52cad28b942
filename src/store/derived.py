"""What follows from a batch besides the mirrors and the persons: organisations, counties, queue.

Runs after the identity links, in the same transaction, over ``touched`` and ``id_node``.
"""

from datetime import datetime
from typing import Any

import asyncpg

from .evaluations import EVALUATION_LOCK
from .identity_sql import CLEAR

__all__ = ["derive"]

# Institutions meet by 統一編號 alone; one without a number is an organisation of its own.
_ORGANISATIONS = """
    insert into org_record
    select entity, source_id, case when tax_id ~ '^[0-9]{8}$' then tax_id end
    from (
        select distinct t.entity, t.id as source_id, btrim(normalize(m.tax_id, nfkc)) as tax_id
        from touched t join vr.institution m on m.id = t.id
        where t.entity = 'vr.institution' and t.own and m.raw_hash is not null
        union
        select t.entity, t.id, btrim(normalize(m.tax_id, nfkc))
        from touched t join ltc.unit m on m.id = t.id
        where t.entity = 'ltc.unit' and t.own and m.raw_hash is not null
        union
        select t.entity, t.id, btrim(normalize(m.tax_id, nfkc))
        from touched t join osh.institution m on m.id = t.id
        where t.entity = 'osh.institution' and t.own and m.raw_hash is not null
    ) found;

    insert into hub.organisation (unified_business_number)
    select distinct number from org_record where number is not null order by number
    on conflict (unified_business_number) do nothing;

    insert into hub.organisation_record as r (entity, source_id, organisation_id)
    select n.entity, n.source_id, o.id
    from org_record n join hub.organisation o on o.unified_business_number = n.number
    on conflict (entity, source_id) do update set organisation_id = excluded.organisation_id
        where r.organisation_id <> excluded.organisation_id;

    with alone as (
        select n.entity, n.source_id, gen_random_uuid() as id
        from org_record n
        where n.number is null and not exists (
            select from hub.organisation_record r join hub.organisation o
                on o.id = r.organisation_id
            where r.entity = n.entity and r.source_id = n.source_id
                and o.unified_business_number is null)
    ), made as (
        insert into hub.organisation (id) select id from alone
    )
    insert into hub.organisation_record (entity, source_id, organisation_id)
    select entity, source_id, id from alone
    on conflict (entity, source_id) do update set organisation_id = excluded.organisation_id;
"""

# The county of work, never of residence: appointments until left, registrations until ended. One
# that has ended without saying when gives no county.
_COUNTIES = """
    insert into county_record
    select distinct entity, id from touched
    where own and entity in ('vr.appointment', 'ltc.registration')
    on conflict do nothing;

    insert into county_record
    select 'vr.appointment', m.id
    from id_node n join vr.appointment m on m.professional_id = n.source_id
    where n.entity = 'vr.professional' and n.person_id is distinct from n.target
    on conflict do nothing;

    insert into county_record
    select 'ltc.registration', m.id
    from id_node n join ltc.registration m on m.person_id = n.source_id
    where n.entity = 'ltc.person' and n.person_id is distinct from n.target
    on conflict do nothing;

    delete from hub.person_county p using county_record c
    where p.entity = c.entity and p.source_id = c.source_id;

    insert into hub.person_county
        (entity, source_id, person_id, registry, county_code, valid_from, valid_to)
    select c.entity, c.source_id, r.person_id, 'vr', m.county__code, m.appointed_on, m.left_on
    from county_record c
        join vr.appointment m on m.id = c.source_id
        join hub.person_record r
            on r.entity = 'vr.professional' and r.source_id = m.professional_id
    where c.entity = 'vr.appointment' and m.deleted_at is null
        and m.county__code is not null and m.appointed_on is not null
    union all
    select c.entity, c.source_id, r.person_id, 'ltc', m.county__code, m.starts_on, m.ends_on
    from county_record c
        join ltc.registration m on m.id = c.source_id
        join hub.person_record r on r.entity = 'ltc.person' and r.source_id = m.person_id
    where c.entity = 'ltc.registration' and m.deleted_at is null
        and m.county__code is not null and m.starts_on is not null
        and (m.ends_on is not null or m.state__code = 'active');
"""

# A change of a class or of an institution's recognition may change what its trainees' hours count.
# Who is queued already stays queued until the commit, because nobody is taken off under the lock.
_DUE = """
    insert into hub.evaluation_due (person_id, since)
    select person_id, $1::timestamptz
    from (
        select target as person_id from id_node
        union all
        select r.person_id
        from touched t join hub.person_record r on r.entity = t.entity and r.source_id = t.id
        union all
        select r.person_id
        from (
            select id from touched where entity = 'osh.training_class'
            union
            select m.id from touched t join osh.training_class m on m.institution_code = t.id
            where t.entity = 'osh.institution'
        ) c
            join osh.certificate m on m.class_no = c.id
            join hub.person_record r on r.entity = 'osh.certificate' and r.source_id = m.id
        except
        select person_id from hub.evaluation_due
    ) changed
    where person_id is not null
    order by person_id
    on conflict (person_id) do nothing
"""


async def derive(connection: "asyncpg.Connection[Any]", now: datetime) -> None:
    """Bring organisations, counties of work and the queue of evaluations up to date.

    Empties the temporary tables afterwards.

    Args:
        connection: asyncpg's own connection, in the batch's transaction, after ``link_touched``.
        now: Since when an evaluation is due.
    """
    await connection.execute(_ORGANISATIONS)
    await connection.execute(_COUNTIES)
    # Whoever is being evaluated now was read without what this batch changes: wait, then queue anew.
    await connection.execute("select pg_advisory_xact_lock($1)", EVALUATION_LOCK)
    await connection.execute(_DUE, now)
    await connection.execute(CLEAR)
