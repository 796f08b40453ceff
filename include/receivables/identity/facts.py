"""What a contact must respect (連絡制限), from what the register and the vendors say of the debtors."""

from datetime import date

from psycopg import sql

from receivables import db
from receivables.contracts import contract

# 連絡制限: which column of the register stands behind which exclusion of a campaign. A merged debtor (統合) is several
# rows of the register: what they all tell is one fact, from the earliest day.
_FACTS_NOW = """
create temp table fact_now on commit drop as
with told as (
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
    union all
    -- 番号の再利用: nothing to the new holder of a number until two people have said who it is.
    select debtor_id, 'X25', found_on, batch_id from new_holder where answer is null
)
select debtor_id, exclusion_code, min(valid_from) as valid_from, min(batch_id) as batch_id
from told group by debtor_id, exclusion_code
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


def keep_facts(connection: db.Connection, as_of: date) -> None:
    """Bring identity.contact_fact and identity.channel_stop to `as_of`; safe to repeat."""
    connection.execute(sql.SQL(_FACTS_NOW).format(as_of=sql.Literal(as_of)))
    connection.execute(_DROP_UNTRUE, [as_of])
    connection.execute(_END_UNTRUE, [as_of])
    connection.execute(_DROP_LATER)
    connection.execute(_OPEN_NEW, [contract("register").owner_dept])
    connection.execute(_DROP_STOPS)
    connection.execute(_KEEP_STOPS)
