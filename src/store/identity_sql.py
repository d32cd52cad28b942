"""The statements that decide which records are one person; ``identity`` runs them in this order.

Records are joined by *clusters*. A number whose check digit fits is a cluster; where its live
records name several birth dates, each date is a cluster of its own and records without a date stay
outside. A passport number needs the birth date. The agencies' own links (LTC merges, an OSH
certificate without a number and its trainee row) and the decisions of people (pins) are clusters
too. The connected records are one person, who keeps the oldest id that any of them had.

Temporary tables, made once per session: ``touched`` (from the mirrors), ``id_changed`` (records to look at), ``id_node``
(these, and whatever they may be connected with), ``id_edge`` (their clusters).
"""

__all__ = [
    "ASSIGN",
    "ATTRIBUTES",
    "CHANGED",
    "CLEAR",
    "EDGES",
    "EXPAND",
    "JOIN_LABELS",
    "NAMES",
    "REFRESH",
    "REVIEWS",
    "SETUP",
    "SURVIVORS",
]

SETUP = """
    create temp table if not exists touched (
        entity text not null, id text not null, own bool not null);
    create temp table if not exists id_changed (
        entity text, source_id text, primary key (entity, source_id));
    create temp table if not exists id_node (
        nid bigint generated always as identity, entity text, source_id text, round int,
        label bigint, person_id uuid, linked_at timestamptz, live bool, alone bool, target uuid,
        primary key (entity, source_id));
    create temp table if not exists id_edge (nid bigint, cluster text);
    create temp table if not exists id_number (index bytea primary key);
    create temp table if not exists id_anchor (
        person_id uuid, label bigint, created_at timestamptz);
    create temp table if not exists id_target (label bigint, person_id uuid);
    create temp table if not exists id_review (reason text, index bytea, entity text,
        source_id text, records jsonb, persons uuid[], masked text);
    create temp table if not exists org_record (entity text, source_id text, number text);
    create temp table if not exists county_record (
        entity text, source_id text, primary key (entity, source_id));
"""

# Emptied after use: an unused temporary table costs nothing at a commit, an ``on commit`` one does.
CLEAR = """
    truncate touched, id_changed, id_node, id_edge, id_number, id_anchor, id_target, id_review,
        org_record, county_record
"""

# A trainee waits for its class, a certificate without a number for its trainee: what arrives may
# end the waiting.
CHANGED = """
    insert into id_changed
    select distinct entity, id from touched
    where own and entity in ('vr.professional', 'ltc.person', 'osh.trainee', 'osh.certificate')
    on conflict do nothing;

    insert into id_changed
    select 'osh.trainee', t.id
    from touched c join osh.trainee t on t.class_no = c.id
    where c.own and c.entity = 'osh.training_class' and t.raw_hash is not null
        and not exists (select from hub.person_record r
            where r.entity = 'osh.trainee' and r.source_id = t.id)
    on conflict do nothing;

    insert into id_changed
    select 'osh.certificate', c.id
    from id_changed t join osh.certificate c on c.trainee_no = t.source_id
    where t.entity = 'osh.trainee' and c.raw_hash is not null and c.national_id_index is null
    on conflict do nothing;
"""

# A number that leaves a record may end a doubt about the others that have it: they are looked at too.
REFRESH = """
    insert into id_node (entity, source_id, round)
    select entity, source_id, 0 from id_changed
    union
    select j.entity, j.source_id, 0
    from id_changed c
        join hub.identifier i on i.entity = c.entity and i.source_id = c.source_id
        join hub.identifier j on j.index = i.index
    where i."check" = 'valid' and j."check" = 'valid';

    with gone as (
        delete from hub.identifier i using id_changed c
        where i.entity = c.entity and i.source_id = c.source_id
        returning i.index
    )
    insert into id_number select distinct index from gone;

    insert into hub.identifier (entity, source_id, index, kind, "check", live, cipher, masked,
        key_version, birth_date)
    select c.entity, c.source_id, m.national_id_index, m.national_id_kind, m.national_id_check,
        m.deleted_at is null, m.national_id_cipher, m.national_id_masked,
        get_byte(m.national_id_index, 0), m.birth_date
    from id_changed c join vr.professional m on m.id = c.source_id
    where c.entity = 'vr.professional' and m.national_id_index is not null;

    insert into hub.identifier (entity, source_id, index, kind, "check", live, cipher, masked,
        key_version, birth_date)
    select c.entity, c.source_id, m.national_id_index, m.national_id_kind, m.national_id_check,
        m.deleted_at is null, m.national_id_cipher, m.national_id_masked,
        get_byte(m.national_id_index, 0), m.birth_date
    from id_changed c join osh.trainee m on m.id = c.source_id
    where c.entity = 'osh.trainee' and m.national_id_index is not null;

    insert into hub.identifier (entity, source_id, index, kind, "check", live, cipher, masked,
        key_version, birth_date)
    select c.entity, c.source_id, m.national_id_index, m.national_id_kind, m.national_id_check,
        m.deleted_at is null, m.national_id_cipher, m.national_id_masked,
        get_byte(m.national_id_index, 0), m.birth_date
    from id_changed c join osh.certificate m on m.id = c.source_id
    where c.entity = 'osh.certificate' and m.national_id_index is not null;

    insert into hub.identifier (entity, source_id, index, kind, "check", current, live, cipher,
        masked, key_version, birth_date)
    select distinct on (c.source_id, number.index) c.entity, c.source_id, number.index,
        item ->> 'type__code', item -> 'number' ->> 'check',
        coalesce((item ->> 'current')::bool, true), m.deleted_at is null,
        decode(item -> 'number' ->> 'cipher', 'base64'), item -> 'number' ->> 'masked',
        get_byte(number.index, 0), m.birth_date
    from id_changed c
        join ltc.person m on m.id = c.source_id
        cross join lateral jsonb_array_elements(m.identifiers) as item
        cross join lateral (select decode(item -> 'number' ->> 'index', 'hex') as index) number
    where c.entity = 'ltc.person' and number.index is not null
    order by c.source_id, number.index, coalesce((item ->> 'current')::bool, true) desc;

    delete from hub.record_link l using id_changed c
    where l.owner_entity = c.entity and l.owner_id = c.source_id;

    insert into hub.record_link
    select 'ltc.person', m.id, 'ltc.person', m.id, 'ltc.person', m.merged_into
    from id_changed c join ltc.person m on m.id = c.source_id
    where c.entity = 'ltc.person' and m.merged_into is not null and m.merged_into <> m.id
    on conflict do nothing;

    insert into hub.record_link
    select 'ltc.person', m.id, 'ltc.person', merged, 'ltc.person', m.id
    from id_changed c join ltc.person m on m.id = c.source_id
        cross join lateral unnest(m.merged_ids) as merged
    where c.entity = 'ltc.person' and m.deleted_at is null and merged <> m.id
    on conflict do nothing;

    insert into hub.record_link
    select 'osh.certificate', m.id, 'osh.certificate', m.id, 'osh.trainee', m.trainee_no
    from id_changed c join osh.certificate m on m.id = c.source_id
    where c.entity = 'osh.certificate' and m.trainee_no is not null
        and m.national_id_index is null
    on conflict do nothing;
"""

EXPAND = """
    insert into id_node (entity, source_id, round)
    select distinct near.entity, near.source_id, $1::int + 1
    from (
        select j.entity, j.source_id
        from id_node n
            join hub.identifier i on i.entity = n.entity and i.source_id = n.source_id
            join hub.identifier j on j.index = i.index
        where n.round = $1 and i."check" = 'valid' and i.kind is not null
            and j."check" = 'valid' and j.kind is not null
        union all
        select l.to_entity, l.to_id
        from id_node n join hub.record_link l on l.entity = n.entity and l.source_id = n.source_id
        where n.round = $1
        union all
        select l.entity, l.source_id
        from id_node n join hub.record_link l on l.to_entity = n.entity and l.to_id = n.source_id
        where n.round = $1
        union all
        select q.entity, q.source_id
        from id_node n
            join hub.identity_pin p on p.entity = n.entity and p.source_id = n.source_id
            join hub.identity_pin q on q.group_id = p.group_id
        where n.round = $1
        union all
        select r.entity, r.source_id
        from id_node n
            join hub.person_record o on o.entity = n.entity and o.source_id = n.source_id
            join hub.person_record r on r.person_id = o.person_id
        where n.round = $1
    ) near
    on conflict do nothing
"""

# Records that are nobody yet leave: a key that was only announced (a tombstone before its record),
# a trainee without its class, a certificate without a number whose trainee waits.
ATTRIBUTES = """
    delete from id_node n where not exists (
            select from hub.person_record r where r.entity = n.entity and r.source_id = n.source_id)
        and not case n.entity
            when 'vr.professional' then exists (
                select from vr.professional m where m.id = n.source_id and m.raw_hash is not null)
            when 'ltc.person' then exists (
                    select from ltc.person m where m.id = n.source_id
                        and (m.raw_hash is not null or m.merged_into is not null))
                or exists (select from hub.record_link l
                    where l.entity = 'ltc.person' and l.source_id = n.source_id)
            when 'osh.trainee' then exists (
                select from osh.trainee m join osh.training_class c on c.id = m.class_no
                where m.id = n.source_id and m.raw_hash is not null and c.raw_hash is not null)
            when 'osh.certificate' then exists (
                select from osh.certificate m where m.id = n.source_id
                    and m.raw_hash is not null)
            else false end;

    delete from id_node n
    where n.entity = 'osh.certificate'
        and not exists (select from hub.person_record r
            where r.entity = n.entity and r.source_id = n.source_id)
        and not exists (select from osh.certificate m
            where m.id = n.source_id and m.national_id_index is not null)
        and not exists (select from osh.certificate m
            join id_node t on t.entity = 'osh.trainee' and t.source_id = m.trainee_no
            where m.id = n.source_id);

    update id_node n
    set label = n.nid, person_id = r.person_id, linked_at = r.linked_at,
        alone = exists (select from hub.identity_pin p
            where p.entity = k.entity and p.source_id = k.source_id and p.alone),
        live = case k.entity
            when 'vr.professional' then exists (
                select from vr.professional m where m.id = k.source_id and m.deleted_at is null)
            when 'ltc.person' then exists (
                select from ltc.person m where m.id = k.source_id and m.deleted_at is null)
            when 'osh.trainee' then exists (
                select from osh.trainee m where m.id = k.source_id and m.deleted_at is null)
            else exists (
                select from osh.certificate m where m.id = k.source_id and m.deleted_at is null)
            end
    from id_node k
        left join hub.person_record r on r.entity = k.entity and r.source_id = k.source_id
    where n.entity = k.entity and n.source_id = k.source_id;

    analyze id_node;
"""

EDGES = """
    insert into id_edge
    select nid, case
        when passport then 'passport:' || encode(index, 'hex') || birth_date
        when coalesce(first_born = last_born, true)
            and coalesce(birth_date = first_born, true) then encode(index, 'hex')
        else encode(index, 'hex') || birth_date end
    from (
        select n.nid, i.index, i.kind = 'passport' as passport, i.birth_date,
            min(i.birth_date) filter (where n.live and i.kind <> 'passport')
                over (partition by i.index) as first_born,
            max(i.birth_date) filter (where n.live and i.kind <> 'passport')
                over (partition by i.index) as last_born
        from id_node n join hub.identifier i on i.entity = n.entity and i.source_id = n.source_id
        where i."check" = 'valid' and i.kind is not null and not n.alone
    ) numbered
    where birth_date is not null or (not passport and coalesce(first_born = last_born, true));

    insert into id_edge
    select ends.nid, 'link:' || l.entity || ':' || l.source_id || '>' || l.to_id
    from hub.record_link l
        join id_node a on a.entity = l.entity and a.source_id = l.source_id
        join id_node b on b.entity = l.to_entity and b.source_id = l.to_id
        cross join lateral (values (a.nid), (b.nid)) as ends (nid)
    where l.entity = 'ltc.person' or not (a.alone or b.alone);

    insert into id_edge
    select n.nid, 'pin:' || p.group_id
    from id_node n join hub.identity_pin p on p.entity = n.entity and p.source_id = n.source_id;

    analyze id_edge;
"""

JOIN_LABELS = """
    update id_node n set label = lower.label
    from (
        select e.nid, min(c.label) as label
        from id_edge e join (
            select e.cluster, min(n.label) as label
            from id_edge e join id_node n on n.nid = e.nid
            group by e.cluster having count(*) > 1
        ) c on c.cluster = e.cluster
        group by e.nid
    ) lower
    where n.nid = lower.nid and lower.label < n.label
"""

# A person goes where its oldest live record goes, one that was its own before any that a merge
# brought: a merge that is taken back gives everybody his id again. Of several persons in one group the oldest stays
# and the others are merged into it; a group without one gets back the id it was once merged away
# under, else a new one.
ASSIGN = """
    insert into id_anchor
    select distinct on (n.person_id) n.person_id, n.label, p.created_at
    from id_node n join hub.person p on p.id = n.person_id
    order by n.person_id, n.live desc, exists (
            select from hub.person_merge m
            where m.kind = 'merge' and m.entity = n.entity and m.source_id = n.source_id
                and m.to_person = n.person_id),
        n.linked_at, n.entity desc, n.source_id;

    insert into id_target
    select distinct on (label) label, person_id from id_anchor
    order by label, created_at, exists (
            select from hub.person_merge m where m.kind = 'split' and m.to_person = person_id),
        person_id;

    insert into id_target
    select distinct on (past.label) past.label, past.from_person
    from (
        select distinct on (m.from_person) n.label, m.from_person, m.id
        from id_node n
            join hub.person_merge m on m.entity = n.entity and m.source_id = n.source_id
            join hub.person p on p.id = m.from_person
        where m.kind = 'merge' and p.merged_into is not null
            and not exists (select from id_target t where t.label = n.label)
        order by m.from_person, m.id desc
    ) past
    order by past.label, past.id desc;

    update hub.person x set merged_into = t.person_id
    from id_target t
        join hub.person p on p.id = t.person_id
        join hub.person_merge m on m.to_person = t.person_id and m.kind = 'merge'
    where x.id = m.from_person and x.merged_into = p.merged_into;

    update hub.person p set merged_into = null from id_target t
    where p.id = t.person_id and p.merged_into is not null;

    insert into id_target
    select label, gen_random_uuid() from (
        select distinct n.label from id_node n
        where not exists (select from id_target t where t.label = n.label)
    ) bare;

    insert into hub.person (id, created_at, changed_at)
    select t.person_id, $now, $now from id_target t
    where not exists (select from hub.person p where p.id = t.person_id);

    update id_node n set target = t.person_id from id_target t where t.label = n.label;

    insert into hub.person_merge (kind, from_person, to_person, entity, source_id, at)
    select case when a.label = n.label then 'merge' else 'split' end, n.person_id, n.target,
        n.entity, n.source_id, $now
    from id_node n join id_anchor a on a.person_id = n.person_id
    where n.person_id <> n.target
    order by n.nid;

    update hub.person p set merged_into = t.person_id
    from id_anchor a join id_target t on t.label = a.label
    where p.id = a.person_id and t.person_id <> a.person_id;

    update hub.person p set merged_into = t.person_id
    from id_anchor a join id_target t on t.label = a.label
    where p.merged_into = a.person_id and t.person_id <> a.person_id;

    insert into hub.person_record as r (entity, source_id, person_id, survivor_id, linked_at)
    select entity, source_id, target, source_id, $now from id_node
    where person_id is distinct from target
    on conflict (entity, source_id) do update
        set person_id = excluded.person_id, linked_at = r.linked_at;

    update hub.identifier i set person_id = n.target
    from id_node n
    where i.entity = n.entity and i.source_id = n.source_id
        and i.person_id is distinct from n.target;

    -- A recognition is about a certificate and goes where its holder goes, in a split too.
    update hub.recognition r set person_id = n.target
    from ltc.certificate c
        join id_node n on n.entity = 'ltc.person' and n.source_id = c.person_id
    where r.to_registry = 'ltc' and c.id = substr(r.certificate, 5) and r.person_id <> n.target;

    update hub.recognition r set person_id = n.target
    from vr.qualification c
        join id_node n on n.entity = 'vr.professional' and n.source_id = c.professional_id
    where r.to_registry = 'vr' and c.id = substr(r.certificate, 4) and r.person_id <> n.target;

    delete from hub.evaluation e using id_node n
    where e.person_id = n.person_id and n.person_id <> n.target;
"""

SURVIVORS = """
    with recursive chain (id, at, depth) as (
        select source_id, source_id, 0 from id_node where entity = 'ltc.person'
        union all
        select c.id, l.to_id, c.depth + 1
        from chain c join hub.record_link l
            on l.entity = 'ltc.person' and l.source_id = c.at and l.to_entity = 'ltc.person'
        where c.depth < 50
            and not exists (select from ltc.person m where m.id = c.at and m.deleted_at is null)
    ), ends as (
        select distinct on (c.id) c.id, c.at
        from chain c left join ltc.person m on m.id = c.at
        order by c.id, (m.id is not null and m.deleted_at is null) desc, c.depth desc, c.at
    )
    update hub.person_record r set survivor_id = e.at
    from ends e
    where r.entity = 'ltc.person' and r.source_id = e.id and r.survivor_id <> e.at
"""

NAMES = """
    with shown as (
        select distinct on (person_id) person_id, name, birth_date
        from (
            select n.target as person_id, 1 as rank, m.name, m.birth_date, null::date as day, m.id
            from id_node n join vr.professional m on m.id = n.source_id
            where n.entity = 'vr.professional' and n.live
            union all
            select n.target, 2, m.name, m.birth_date, null, m.id
            from id_node n join ltc.person m on m.id = n.source_id
            where n.entity = 'ltc.person' and n.live
            union all
            select n.target, 3, m.name, m.birth_date, coalesce(m.issued_on, m.ends_on), m.id
            from id_node n join osh.certificate m on m.id = n.source_id
            where n.entity = 'osh.certificate' and n.live
            union all
            select n.target, 3, m.name, m.birth_date, c.ends_on, m.id
            from id_node n
                join osh.trainee m on m.id = n.source_id
                left join osh.training_class c on c.id = m.class_no
            where n.entity = 'osh.trainee' and n.live
        ) candidates
        order by person_id, rank, day desc nulls last, birth_date nulls last, id
    )
    update hub.person p set name = s.name, birth_date = s.birth_date, changed_at = $1::timestamptz
    from shown s
    where p.id = s.person_id
        and (p.name is distinct from s.name or p.birth_date is distinct from s.birth_date)
"""

REVIEWS = """
    insert into id_review
    select 'birth_date_differs' as reason, i.index, '' as entity, '' as source_id,
        jsonb_agg(jsonb_build_array(i.entity, i.source_id) order by i.entity, i.source_id)
            as records,
        array_agg(distinct n.target order by n.target) as persons, min(i.masked) as masked
    from id_node n join hub.identifier i on i.entity = n.entity and i.source_id = n.source_id
    where i."check" = 'valid' and i.kind <> 'passport' and n.live
    group by i.index
    having count(distinct i.birth_date) > 1 and count(distinct n.target) > 1;

    insert into id_review
    select i."check", i.index, i.entity, i.source_id,
        jsonb_build_array(jsonb_build_array(i.entity, i.source_id)), array[n.target], i.masked
    from id_node n join hub.identifier i on i.entity = n.entity and i.source_id = n.source_id
    where i."check" <> 'valid' and n.live;

    insert into id_number
    select distinct i.index
    from id_node n join hub.identifier i on i.entity = n.entity and i.source_id = n.source_id
    on conflict do nothing;

    update hub.identity_review v set state = 'closed', closed_at = $now
    from id_number i
    where v.state <> 'closed' and v.index = i.index
        and (v.entity = '' or (v.entity, v.source_id) in (select entity, source_id from id_node))
        and not exists (select from id_review f where f.reason = v.reason and f.index = v.index
            and f.entity = v.entity and f.source_id = v.source_id);

    insert into hub.identity_review as v (reason, index, entity, source_id, records, persons,
        masked, state, opened_at)
    select reason, index, entity, source_id, records, persons, masked, 'open', $now
    from id_review
    on conflict (reason, index, entity, source_id) do update
        set records = excluded.records, persons = excluded.persons, masked = excluded.masked,
            state = 'open', closed_at = null, decided_by = null,
            opened_at = case v.state when 'closed' then excluded.opened_at else v.opened_at end
        where v.state = 'closed' or v.persons <> excluded.persons;
"""
