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
from receivables.identity.keys import KEYS_VERSION
from receivables.settings import State

KIND = "number_holder"
# The keys under which a number got the id that it bears: kept before they change or go. Who left the register may leave
# his number to somebody else weeks later.
_KEEP = """
    insert into vault.former_holder (
        person_ref, anchor, name_key, kana_key, alias_key, former_key, birth_year, birth_month, birth_day, keys_version
    )
    select k.person_ref, c.anchor, k.name_key, k.kana_key, k.alias_key, k.former_key, k.birth_year, k.birth_month,
        k.birth_day, (select d.keys_version from identity.collected as d where d.table_name = 'register__persons')
    from {keys} as k
    inner join identity.cluster as c on k.person_ref = c.person_ref
    where k.source_code = 'register' and k.person_ref not like '%#%'
    on conflict (person_ref, anchor) do update set noted_at = excluded.noted_at
"""
REMEMBER = _KEEP.format(keys="gone")
_KEEP_CHANGING = _KEEP.format(
    keys="""(
    select b.* from made as m inner join vault.person_key as b on m.person_ref = b.person_ref
    where (m.name_key, m.kana_key, m.alias_key, m.former_key, m.birth_year, m.birth_month, m.birth_day) is distinct from
        (b.name_key, b.kana_key, b.alias_key, b.former_key, b.birth_year, b.birth_month, b.birth_day)
)"""
)
# Another person: no name of the one is a name of the other, and the birth date is not the same. Compared with whom the
# id was given to, so that two corrections on two nights are seen as one. Of keys made otherwise than today's, only a
# birth date that both tell can differ. On a day that is worked again nobody is noted: that was seen on its own night.
_NOTE = """
    with holder as (
        select distinct on (m.person_ref)
            m.person_ref, f.anchor, array[m.kana_key, m.name_key, m.alias_key, m.former_key] as names,
            array[f.kana_key, f.name_key, f.alias_key, f.former_key] as names_before,
            array[m.birth_year, m.birth_month, m.birth_day] as born,
            array[f.birth_year, f.birth_month, f.birth_day] as born_before,
            f.keys_version is not distinct from %(version)s as is_comparable
        from vault.former_holder as f
        inner join vault.person_key as m on f.person_ref = m.person_ref
        left join identity.cluster as c on f.person_ref = c.person_ref
        where f.anchor = coalesce(c.anchor, f.anchor)
            and %(as_of)s >= coalesce(
                (select n.as_of from identity.night as n order by n.night_no desc limit 1), '-infinity'
            )
        order by m.person_ref, f.noted_at desc
    ),
    another as (
        select person_ref, anchor from holder
        where not identity.names_meet(names, names_before) and (
            born[1] <> born_before[1] or born[2] <> born_before[2] or born[3] <> born_before[3]
            or (is_comparable and (born is distinct from born_before or born[1] is null))
        )
    ),
    noted as (
        insert into identity.reused (person_ref, retired_anchor, found_on)
        select person_ref, anchor, %(as_of)s from another
        on conflict do nothing
        returning retired_anchor
    )
    insert into identity.pending (person_ref)
    select c.person_ref from identity.cluster as c
    inner join noted on c.anchor = noted.retired_anchor
    on conflict do nothing
"""
# Whose id a number's holder would have if it is the `same` person: his whose names and birth date the register tells
# again, else the last one's. Nobody's but the first one's, and nobody confirmed to be another in between: then what a
# source without names tells of the number is his.
_MEANT = """
    create temp table meant on commit drop as
    select distinct on (r.person_ref)
        r.person_ref, r.retired_anchor, max(r.found_on) over number as found_on,
        first_value(r.retired_anchor) over (number order by r.found_on, length(r.retired_anchor), r.retired_anchor)
        = r.retired_anchor and not bool_or(coalesce(a.answer = 'another', false)) over number as is_only_one
    from identity.reused as r
    left join vault.person_key as k on r.person_ref = k.person_ref
    left join vault.former_holder as f on r.person_ref = f.person_ref and r.retired_anchor = f.anchor
    left join identity.debtor as d on r.retired_anchor = d.anchor
    left join decision.last as a on a.kind = 'number_holder' and a.subject = d.debtor_id
    window number as (partition by r.person_ref)
    order by r.person_ref, (
        identity.names_meet(
            array[k.kana_key, k.name_key, k.alias_key, k.former_key],
            array[f.kana_key, f.name_key, f.alias_key, f.former_key]
        ) and (k.birth_year, k.birth_month, k.birth_day) is not distinct from (f.birth_year, f.birth_month, f.birth_day)
    ) is true desc, r.found_on desc, length(r.retired_anchor) desc, r.retired_anchor desc
"""
_LAST = """
    select
        d.debtor_id, former.debtor_id as former_id, r.found_on, a.answer,
        identity.facts_of(r.person_ref, r.person_ref) as facts,
        exists (
            select from decision.proposal as p
            where p.kind = 'number_holder' and p.subject = d.debtor_id and p.state = 'waiting'
        ) as is_proposed
    from meant as r
    inner join identity.cluster as c on r.person_ref = c.person_ref
    inner join identity.debtor as d on c.anchor = d.anchor
    left join identity.debtor as former on r.retired_anchor = former.anchor
    left join decision.last as a on a.kind = 'number_holder' and a.subject = d.debtor_id
"""


def keep_keys(connection: db.Connection) -> None:
    """Keep the keys that change tonight of whoever is in `made`: the number got its id under them."""
    connection.execute(_KEEP_CHANGING)


def note_new_holders(connection: db.Connection, as_of: date) -> None:
    """Enter whose number is another person's by now, before the matching; `as_of` (基準日) is tonight's."""
    connection.execute(_NOTE, {"as_of": as_of, "version": KEYS_VERSION})


def find_meant(connection: db.Connection) -> None:
    """Make the temporary table `meant`: of every number given again, when that was seen and whose id `same` means."""
    connection.execute(_MEANT)


def retired(connection: db.Connection) -> list[str]:
    """The anchors that nobody bears any more."""
    return [str(anchor) for (anchor,) in connection.execute("select retired_anchor from identity.reused").fetchall()]


def work_list(*, state: State) -> list[dict[str, Any]]:
    """Debtors whose number was another person's before, and what two people said of it; no number, no name.

    `former_id`: whose id would be one with theirs if it is the `same` person.
    """
    with db.connect(state, "etl", doing="numbers given again") as connection:
        rows = _last(connection)
    return sorted(({**row, "facts": None} for row in rows), key=lambda row: (row["found_on"], row["debtor_id"]))


def answer(debtor: str, said: str, *, user: str, why: str, state: State) -> str:
    """`user` says that the number's holder is `another` person or the `same`, whose entry was corrected.

    Returns the decision that another person must confirm. `same` joins what was said and sent under both ids.
    Raises InputRejectedError for a debtor who is not on the list.
    """
    with db.connect(state, "etl", doing="a number's holder") as connection:
        rows = _last(connection)
    found = next((row for row in rows if row["debtor_id"] == debtor), None)
    if found is None:
        raise InputRejectedError(f"{debtor} is not listed by `receivables identity holder list`")
    evidence = {"found_on": found["found_on"].isoformat(), "debtors": [debtor], "former": found["former_id"]}
    return decisions.propose(
        KIND, debtor, said, reason=why, facts=str(found["facts"]), evidence=evidence, user=user, state=state
    )


def _last(connection: db.Connection) -> list[dict[str, Any]]:
    find_meant(connection)
    return connection.cursor(row_factory=dict_row).execute(_LAST).fetchall()
