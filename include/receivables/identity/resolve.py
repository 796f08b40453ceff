"""Links every source person to a debtor and keeps what a contact must respect (名寄せと連絡制限)."""

from datetime import date

from psycopg import sql

from receivables import db, decisions
from receivables.contracts import contract
from receivables.errors import InvariantBrokenError
from receivables.identity.pseudonyms import debtor_id
from receivables.settings import State

# 連絡制限: which column of the register stands behind which exclusion of a campaign.
_FACTS_NOW = """
create temp table fact_now on commit drop as
select l.debtor_id, fact.exclusion_code, coalesce(fact.valid_from, {as_of}) as valid_from, p.batch_id
from staging.stg_register__persons as p
join identity.link as l on l.source_code = 'register' and l.source_debtor_key = p.source_debtor_key
cross join lateral (
    values
        ('X05', p.is_on_welfare, null::date),
        ('X07', p.is_deceased, p.died_on),
        ('X08', p.is_protected, null),
        ('X14', p.has_guardian, null),
        ('X17', p.language_code <> 'ja', null)
) as fact (exclusion_code, is_so, valid_from)
where fact.is_so
"""
_DROP_UNTRUE = """
delete from identity.contact_fact as f
where valid_to is null and valid_from >= %s
    and not exists (select from fact_now as n where n.debtor_id = f.debtor_id and n.exclusion_code = f.exclusion_code)
"""
_END_UNTRUE = """
update identity.contact_fact as f set valid_to = %s::date - 1
where valid_to is null
    and not exists (select from fact_now as n where n.debtor_id = f.debtor_id and n.exclusion_code = f.exclusion_code)
"""
_OPEN_NEW = """
insert into identity.contact_fact as f (debtor_id, exclusion_code, valid_from, owner_dept, batch_id)
select n.debtor_id, n.exclusion_code, n.valid_from, %s, n.batch_id
from fact_now as n
where not exists (
    select from identity.contact_fact as open
    where open.debtor_id = n.debtor_id and open.exclusion_code = n.exclusion_code
        and open.valid_to is null and open.valid_from <= n.valid_from
)
on conflict (debtor_id, exclusion_code, valid_from) do update set valid_to = null
"""
# A fact that turns out to have begun earlier replaces the open one that said later.
_DROP_LATER = """
delete from identity.contact_fact as f
using fact_now as n
where n.debtor_id = f.debtor_id and n.exclusion_code = f.exclusion_code
    and f.valid_to is null and f.valid_from > n.valid_from
"""
# 手段ごとの連絡停止 (X11): what vendors reported; a person may refuse one channel and be asked on another.
_DROP_STOPS = "delete from identity.channel_stop"
_KEEP_STOPS = """
insert into identity.channel_stop (debtor_id, channel, stopped_on, batch_id)
select distinct on (l.debtor_id, stopped.channel) l.debtor_id, stopped.channel, c.attempted_on, c.batch_id
from intermediate.int_contacts__unioned as c
join identity.link as l on l.source_code = c.source_code and l.source_debtor_key = c.source_debtor_key
cross join lateral unnest(string_to_array(c.stops_channels, ' ')) as stopped (channel)
order by l.debtor_id, stopped.channel, c.attempted_on, c.contact_id
"""
_FOUND = """
create temp table found on commit drop as
select s.source_code, s.source_debtor_key, k.debtor_id, s.batch_id
from (
    select 'register' as source_code, source_debtor_key, batch_id from staging.stg_register__persons
    union all
    select source_code, source_debtor_key, min(batch_id) from intermediate.int_claims__unioned group by 1, 2
) as s
join pseudonym as k using (source_debtor_key)
"""
_UNLINK = """
delete from identity.link as l
where not exists (
    select from found as f where f.source_code = l.source_code and f.source_debtor_key = l.source_debtor_key
)
"""
_LINK = """
insert into identity.link (source_code, source_debtor_key, debtor_id, method, probability, batch_id)
select source_code, source_debtor_key, debtor_id, 'addressee_no', 1.0, batch_id from found
on conflict (source_code, source_debtor_key) do update set debtor_id = excluded.debtor_id
where link.debtor_id <> excluded.debtor_id
"""
_COUNTS = """
select
    count(*) filter (where l.debtor_id is not null) as linked,
    count(*) filter (where l.debtor_id is null) as unlinked,
    (select count(*) from identity.contact_fact where valid_to is null) as facts
from (select distinct source_code, source_debtor_key from intermediate.int_claims__unioned) as s
left join identity.link as l using (source_code, source_debtor_key)
"""


def resolve(*, as_of: date, state: State) -> dict[str, int]:
    """Bring `identity.link` and `identity.contact_fact` to what the register said on `as_of` (基準日).

    Deterministic and safe to repeat: a second run changes nothing. Returns counts: `debtors` in the
    register, `linked` and `unlinked` persons of the departments' systems, `facts` in force.
    """
    with db.connect(state, "etl", doing="resolve debtors") as connection:
        connection.execute("select pg_advisory_xact_lock(7131123)")
        decisions.take_up(connection, as_of=as_of, state=state)
        pairs = _pseudonyms(connection, key=state.secret("hmac_debtor"))
        _link(connection, pairs)
        _keep_facts(connection, as_of)
        connection.execute(_DROP_STOPS)
        connection.execute(_KEEP_STOPS)
        counts = connection.execute(_COUNTS).fetchone()
    assert counts is not None
    linked, unlinked, facts = (int(str(each)) for each in counts)
    return {"debtors": len(pairs), "linked": linked, "unlinked": unlinked, "facts": facts}


def _pseudonyms(connection: db.Connection, *, key: str) -> list[tuple[str, str]]:
    persons = connection.execute("select source_debtor_key from staging.stg_register__persons order by 1")
    pairs = [(str(number), debtor_id(str(number), key=key)) for (number,) in persons]
    if len({pseudonym for _, pseudonym in pairs}) != len(pairs):
        raise InvariantBrokenError(
            "two persons of the register would share one debtor_id: lengthen it in pseudonyms.py"
        )
    return pairs


def _link(connection: db.Connection, pairs: list[tuple[str, str]]) -> None:
    connection.execute(
        "create temp table pseudonym (source_debtor_key text primary key, debtor_id text) on commit drop"
    )
    with connection.cursor().copy("copy pseudonym from stdin") as copy:
        for pair in pairs:
            copy.write_row(pair)
    connection.execute("analyze pseudonym")
    for statement in (_FOUND, _UNLINK, _LINK):
        connection.execute(statement)


def _keep_facts(connection: db.Connection, as_of: date) -> None:
    connection.execute(sql.SQL(_FACTS_NOW).format(as_of=sql.Literal(as_of)))
    connection.execute(_DROP_UNTRUE, [as_of])
    connection.execute(_END_UNTRUE, [as_of])
    connection.execute(_DROP_LATER)
    connection.execute(_OPEN_NEW, [contract("register").owner_dept])
