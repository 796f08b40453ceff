"""A 宛名番号 whose holder is another person now (番号の再利用), told from a name and a birth date that both changed.

The new holder gets an id of his own and the old one is never given again, so nothing that was owed, said or sent under
the number passes to him. Until two people have said whether it is another person or a corrected entry, nothing is sent
to him (X25), and a source that tells no names is not taken by that number.
"""

from datetime import date
from typing import Any

from psycopg.rows import dict_row

from receivables import db, decisions
from receivables.errors import InputRejectedError
from receivables.settings import State

KIND = "number_holder"
# Who left the register may leave his number to somebody else weeks later.
REMEMBER = """
    insert into vault.former_holder as f (
        person_ref, anchor, name_key, kana_key, alias_key, former_key, birth_year, birth_month, birth_day
    )
    select k.person_ref, c.anchor, k.name_key, k.kana_key, k.alias_key, k.former_key, k.birth_year, k.birth_month,
        k.birth_day
    from gone as k
    inner join identity.cluster as c on k.person_ref = c.person_ref
    where k.source_code = 'register'
    on conflict (person_ref) do update set anchor = excluded.anchor, name_key = excluded.name_key,
        kana_key = excluded.kana_key, alias_key = excluded.alias_key, former_key = excluded.former_key,
        birth_year = excluded.birth_year, birth_month = excluded.birth_month, birth_day = excluded.birth_day
"""
# Another person: no name of the one is a name of the other, and a part of the birth date that both tell differs.
_NOTE = """
    with holder as (
        select
            m.person_ref, coalesce(c.anchor, f.anchor) as anchor,
            array_remove(array[m.name_key, m.kana_key, m.alias_key, m.former_key], null) as names,
            case when k.person_ref is null then array[f.name_key, f.kana_key, f.alias_key, f.former_key]
                else array[k.name_key, k.kana_key, k.alias_key, k.former_key] end as names_before,
            array[m.birth_year, m.birth_month, m.birth_day] as born,
            case when k.person_ref is null then array[f.birth_year, f.birth_month, f.birth_day]
                else array[k.birth_year, k.birth_month, k.birth_day] end as born_before
        from made as m
        left join vault.person_key as k on m.person_ref = k.person_ref
        left join vault.former_holder as f on m.person_ref = f.person_ref
        left join identity.cluster as c on m.person_ref = c.person_ref
        where m.source_code = 'register' and m.person_ref not like '%%#%%'
    ),
    another as (
        select person_ref, anchor from holder
        where anchor is not null and not names && array_remove(names_before, null)
            and (born[1] <> born_before[1] or born[2] <> born_before[2] or born[3] <> born_before[3])
    ),
    noted as (
        insert into identity.reused (person_ref, retired_anchor, found_on)
        select person_ref, anchor, %s from another
        on conflict do nothing
        returning retired_anchor
    )
    insert into identity.pending (person_ref)
    select c.person_ref from identity.cluster as c
    inner join noted on c.anchor = noted.retired_anchor
    on conflict do nothing
"""
_LAST = """
    select distinct on (r.person_ref)
        d.debtor_id, r.found_on, a.answer, identity.facts_of(r.person_ref, r.person_ref) as facts,
        exists (
            select from decision.proposal as p
            where p.kind = 'number_holder' and p.subject = d.debtor_id and p.state = 'waiting'
        ) as is_proposed
    from identity.reused as r
    inner join identity.cluster as c on r.person_ref = c.person_ref
    inner join identity.debtor as d on c.anchor = d.anchor
    left join decision.last as a on a.kind = 'number_holder' and a.subject = d.debtor_id
    order by r.person_ref, r.found_on desc, r.retired_anchor desc
"""


def note_new_holders(connection: db.Connection, as_of: date) -> None:
    """Enter whose number is another person's since the last night; `made` has the keys that were made tonight."""
    connection.execute(_NOTE, [as_of])


def retired(connection: db.Connection) -> list[str]:
    """The anchors that nobody bears any more."""
    return [str(anchor) for (anchor,) in connection.execute("select retired_anchor from identity.reused").fetchall()]


def work_list(*, state: State) -> list[dict[str, Any]]:
    """Debtors whose number was another person's before, and what two people said of it; no number, no name."""
    with db.connect(state, "etl", doing="numbers given again") as connection:
        rows = connection.cursor(row_factory=dict_row).execute(_LAST).fetchall()
    return sorted(({**row, "facts": None} for row in rows), key=lambda row: (row["found_on"], row["debtor_id"]))


def answer(debtor: str, said: str, *, user: str, why: str, state: State) -> str:
    """`user` says that the number's holder is `another` person or the `same`, whose entry was corrected.

    Returns the decision that another person must confirm. `same` joins what was said and sent under both ids.
    Raises InputRejectedError for a debtor who is not on the list.
    """
    with db.connect(state, "etl", doing="a number's holder") as connection:
        rows = connection.cursor(row_factory=dict_row).execute(_LAST).fetchall()
    found = next((row for row in rows if row["debtor_id"] == debtor), None)
    if found is None:
        raise InputRejectedError(f"{debtor} is not listed by `receivables identity holder list`")
    evidence = {"found_on": found["found_on"].isoformat(), "debtors": [debtor]}
    return decisions.propose(
        KIND, debtor, said, reason=why, facts=str(found["facts"]), evidence=evidence, user=user, state=state
    )
