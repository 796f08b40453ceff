"""Points of contact (連絡先の状態): does a debtor's address or number still reach the debtor; one state for all claims.

Fed by every vendor's returns, by every section's letters that came back (返戻) or arrived, and by the register's moves.
What was seen before the register had a point says nothing of it: a return older than a move condemns no new address.
No value is kept, only a keyed hash that is another one for each debtor, so that two of one home are not seen to be.
Protected persons (支援措置) have no row: they are contacted by hand.
"""

from datetime import date

from psycopg import sql

from receivables import db
from receivables.identity.keys import phone_key
from receivables.identity.linking import fill
from receivables.identity.pseudonyms import pseudonym

# What the register has tonight of debtors who have claims. `begun_on`: the day that the point became the register's.
_REGISTERED = """
    create temp table registered on commit drop as
    -- Until when another home or telephone was known; of the few who had another row.
    with former as (
        select
            old.addressee_no,
            max(old._known_to) filter (
                where (old.address, old.address_detail) is distinct from (now.address, now.address_detail)
            ) as other_home_until,
            max(old._known_to) filter (where old.phone is distinct from now.phone) as other_phone_until
        from vault.register__persons as old
        inner join vault.register__persons as now on old.addressee_no = now.addressee_no
            and now._known_from <= {as_of} and (now._known_to is null or now._known_to > {as_of})
        where old._known_to <= {as_of}
        group by old.addressee_no
    )
    select
        l.debtor_id, p.addressee_no, p._batch_id as batch_id, s.moved_on, k.former_address_key, k.phone_key,
        coalesce(k.address_key, p.address || coalesce('/' || p.address_detail, '')) as home,
        before.other_home_until, before.other_phone_until
    from vault.register__persons as p
    inner join staging.stg_register__persons as s on p.addressee_no = s.source_debtor_key
    inner join identity.link as l on l.source_code = 'register' and l.source_debtor_key = p.addressee_no
    inner join vault.person_key as k on k.person_ref = 'register:' || p.addressee_no
    left join former as before on before.addressee_no = p.addressee_no
    where p._known_from <= {as_of} and (p._known_to is null or p._known_to > {as_of})
        and exists (
            select from identity.link as owes where owes.debtor_id = l.debtor_id and owes.source_code <> 'register'
        )
        and not exists (select from protected where debtor_id = l.debtor_id)
"""
_POINTS = """
    create temp table point on commit drop as
    with told as (
        select
            debtor_id, 'address' as channel, home as value, greatest(moved_on, other_home_until) as begun_on, batch_id
        from registered where home is not null
        union all
        select debtor_id, 'phone', phone_key, other_phone_until, batch_id from registered where phone_key is not null
    )
    -- Of two persons found to be one, both may tell the same point: known since the first of them.
    select distinct on (debtor_id, channel, value) * from told
    order by debtor_id, channel, value, begun_on nulls first, batch_id
"""
_CALLED = """
    create temp table called on commit drop as
    select 'phone_centre:' || call_no as contact_id, phone from vault.phone_centre__calls where phone is not null
    union
    select 'auto_call:' || call_no, phone from vault.auto_call__calls where phone is not null
    union
    select 'sms:' || message_no, phone from vault.sms_returns__statuses where phone is not null
"""
# What was seen of a point while it was the register's. A letter written on the very day of a move may have gone to
# either address: it says nothing. Of two at one moment the worse is believed.
_SEEN = """
    create temp table seen on commit drop as
    select
        p.debtor_id, p.channel, p.value, c.attempted_at as at, c.attempted_on as day, c.point_state as state,
        c.channel as evidence, c.batch_id
    from intermediate.int_contacts__unioned as c
    inner join identity.link as l on l.source_code = c.source_code and l.source_debtor_key = c.source_debtor_key
    inner join called on called.contact_id = c.contact_id
    inner join dialled on dialled.phone = called.phone
    inner join point as p on p.debtor_id = l.debtor_id and p.channel = 'phone' and p.value = dialled.digits
    where c.point_state is not null and (p.begun_on is null or c.attempted_on >= p.begun_on)
    union all
    select
        p.debtor_id, p.channel, p.value, e.issued_on::timestamptz, coalesce(e.returned_on, e.arrived_on, e.issued_on),
        case when e.event_type = 'dunning_returned' or e.returned_on is not null then 'returned' else 'ok' end,
        'letter', e.batch_id
    from (
        select claim_id, event_type, returned_on, arrived_on, batch_id, coalesce(issued_on, event_date) as issued_on
        from intermediate.int_claim_events__unioned
        where event_type = 'dunning_returned' or returned_on is not null
            or (event_type in ('dunned', 'reminded') and arrived_on is not null)
    ) as e
    inner join intermediate.int_claims__unioned as c on c.claim_id = e.claim_id
    inner join identity.link as l on l.source_code = c.source_code and l.source_debtor_key = c.source_debtor_key
    inner join point as p on p.debtor_id = l.debtor_id and p.channel = 'address'
    where p.begun_on is null or e.issued_on > p.begun_on
"""
_JUDGED = """
    create temp table judged on commit drop as
    with last as (
        select distinct on (debtor_id, channel, value) * from seen
        order by
            debtor_id, channel, value, at desc,
            array_position(array['reassigned', 'dead', 'returned', 'ok'], state), batch_id
    ),
    other as (
        select s.debtor_id, s.channel, s.value, max(s.at) as at
        from seen as s inner join last as l using (debtor_id, channel, value)
        where s.state <> l.state group by 1, 2, 3
    ),
    begun as (
        select l.debtor_id, l.channel, l.value, min(s.day) as since
        from last as l
        inner join seen as s using (debtor_id, channel, value)
        left join other as o using (debtor_id, channel, value)
        where s.state = l.state and (o.at is null or s.at >= o.at)
        group by 1, 2, 3
    )
    select
        p.debtor_id, p.channel, p.value, coalesce(l.state, 'unknown') as state, coalesce(b.since, p.begun_on) as since,
        coalesce(l.evidence, 'register') as evidence, coalesce(l.batch_id, p.batch_id) as batch_id
    from point as p
    left join last as l using (debtor_id, channel, value)
    left join begun as b using (debtor_id, channel, value)
    union all
    select distinct on (r.debtor_id, r.former_address_key)
        r.debtor_id, 'address', r.former_address_key, 'moved', r.moved_on, 'register', r.batch_id
    from registered as r
    where r.former_address_key is not null and r.moved_on is not null and not exists (
        select from point as p
        where p.debtor_id = r.debtor_id and p.channel = 'address' and p.value = r.former_address_key
    )
"""
_DROP = """
    delete from identity.contact_point as c
    where not exists (
        select from hashed as h
        where h.debtor_id = c.debtor_id and h.channel = c.channel and h.point_hash = c.point_hash
    )
"""
_KEEP = """
    insert into identity.contact_point as c (debtor_id, channel, point_hash, state, since, evidence, batch_id)
    select h.debtor_id, h.channel, h.point_hash, h.state, h.since, h.evidence, h.batch_id
    from hashed as h
    left join identity.contact_point as was using (debtor_id, channel, point_hash)
    where was.debtor_id is null or (was.state, was.since, was.evidence) is distinct from (h.state, h.since, h.evidence)
    on conflict (debtor_id, channel, point_hash) do update
    set state = excluded.state, since = excluded.since, evidence = excluded.evidence, batch_id = excluded.batch_id
"""
_HASHED = "debtor_id text, channel text, point_hash text, state text, since date, evidence text, batch_id text"


def keep_points(connection: db.Connection, as_of: date, *, key: str) -> int:
    """Bring identity.contact_point to what is known on `as_of` (基準日); how many points there are.

    Made from what sources say every night, so a night repeated gives the same; runs after `keep_relations`, which has
    set the protected persons apart, in its transaction. `key` makes the hashes.
    """
    connection.execute(sql.SQL(_REGISTERED).format(as_of=sql.Literal(as_of)))
    connection.execute(_POINTS)
    connection.execute(_CALLED)
    numbers = [str(phone) for (phone,) in connection.execute("select distinct phone from called").fetchall()]
    digits = ((number, found.digits) for number in numbers if (found := phone_key(number)) is not None)
    fill(connection, "dialled", "phone text primary key, digits text", digits)
    db.run_script(connection, "analyze point; analyze called")
    connection.execute(_SEEN)
    connection.execute(_JUDGED)
    judged = connection.execute(
        "select debtor_id, channel, value, state, since, evidence, batch_id from judged"
    ).fetchall()
    rows = (
        (debtor, channel, pseudonym("p", str(debtor), str(channel), str(value), key=key), *rest)
        for debtor, channel, value, *rest in judged
    )
    fill(connection, "hashed", _HASHED, rows)
    connection.execute(_DROP)
    connection.execute(_KEEP)
    return len(judged)
