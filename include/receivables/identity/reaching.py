"""How far a night's changes reach (影響範囲): the persons that must be looked at again, found where they are kept.

Everybody else's pairs and group are what they were, so they are neither read nor written. The matching does to this
part what it would do to the whole (tested). In the order of the night: `bring_near`, `bring_orphans`, `bring_scope`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pyarrow as pa
from psycopg import sql

from receivables import db
from receivables.identity import exchange
from receivables.identity.keying import Keys
from receivables.identity.matching import Declaration

_PERSONS = """
    create temp view compared as
    select *, {derived} from (
        select person_ref, source_code, source_debtor_key as addressee_no, {keys} from vault.person_key
    ) as k
"""
_TOUCHED = """
    create temp table touched on commit drop as
    select c.* from identity.pending as t inner join compared as c on t.person_ref = c.person_ref
"""
# Every rule finds its persons through an index on vault.person_key: nobody else is read.
_RULE = "select p.person_ref from touched as t inner join compared as p on {same}"
_NEAR = "create temp table near on commit drop as select person_ref from identity.pending union {rules}"
_NEAR_PERSONS = """
    create temp table near_person on commit drop as
    select {columns} from near inner join vault.person_key using (person_ref)
"""
# Whose number may have become known or unknown: a changed person's own; and of whoever bears one with a changed person
# of the register, or bore one: two of one number are told as a pair whatever else they are.
_RECHECKED = """
    create temp table rechecked on commit drop as
    select person_ref as ref from identity.pending
    union
    select p.ref_r from identity.pending as t inner join identity.pair as p on t.person_ref = p.ref_l
    union
    select p.ref_l from identity.pending as t inner join identity.pair as p on t.person_ref = p.ref_r
    union
    select p.person_ref from touched as t inner join compared as p on t.is_registered and t.number_key = p.number_key
"""
_KNOWN = "delete from identity.unknown_number where person_ref in (select ref from rechecked)"
_UNKNOWN = """
    insert into identity.unknown_number (person_ref)
    select p.person_ref from rechecked as c inner join compared as p on c.ref = p.person_ref
    where not p.is_registered and p.number_key <> '' and not exists (
        select from vault.person_key as r where r.source_code = 'register' and r.source_debtor_key = p.number_key
    )
"""
# 誤記: whom an orphan may have meant hangs on himself and on those of the register who are, or were, of his name.
_ORPHANS = """
    create temp table orphan on commit drop as
    with namesake as materialized ( -- a few for each, found by the name; the unknown numbers are many
        select o.person_ref from touched as t
        inner join vault.person_key as o on t.is_registered and t.name_key = o.name_key and t.kana_key = o.kana_key
    )
    select u.person_ref as ref from identity.unknown_number as u inner join rechecked as c on u.person_ref = c.ref
    union
    select u.person_ref
    from identity.slip as s
    inner join identity.pending as t on s.other_ref = t.person_ref
    inner join identity.unknown_number as u on s.person_ref = u.person_ref
    union
    select u.person_ref from identity.unknown_number as u inner join namesake as n on u.person_ref = n.person_ref
"""
_FORGOTTEN = """
    create temp table slip_told (ref text, other text) on commit drop;
    with gone as (
        delete from identity.slip
        where person_ref in (select ref from rechecked union select ref from orphan)
            or other_ref in (select person_ref from identity.pending)
        returning person_ref, other_ref
    )
    insert into slip_told select person_ref, other_ref from gone
"""
_SLIP_PERSONS = """
    create temp table slip_person on commit drop as
    select {columns} from vault.person_key where person_ref in (
        select ref from orphan
        union
        select r.person_ref
        from orphan inner join vault.person_key as o on orphan.ref = o.person_ref
        inner join vault.person_key as r
            on r.source_code = 'register' and o.name_key = r.name_key and o.kana_key = r.kana_key
    )
"""
_SCOPE = """
    create temp table made_link (ref_l text, ref_r text) on commit drop;
    create temp table slip_now (ref text, other text) on commit drop;
"""
_IN_SCOPE = """
    create temp table in_scope (ref text primary key, round integer) on commit drop;
    insert into in_scope
    select person_ref, 0 from identity.pending
    union select ref_l, 0 from made_link
    union select ref_r, 0 from made_link;
    insert into identity.slip (person_ref, other_ref) select ref, other from slip_now;
    insert into slip_told select ref, other from slip_now;
"""
# Who hangs together with those of the last round by a link, lost ones too: a group of before hangs together by links.
_TOGETHER = """
    insert into in_scope
    with latest as materialized (select ref from in_scope where round = %(last)s)
    select p.ref_r, %(last)s + 1 from latest as s inner join identity.pair as p on s.ref = p.ref_l
    where p.decided = 'link'
    union
    select p.ref_l, %(last)s + 1 from latest as s inner join identity.pair as p on s.ref = p.ref_r
    where p.decided = 'link'
    on conflict do nothing
"""
_CUT = """
    create temp table scope_person on commit drop as
    select {columns} from in_scope inner join vault.person_key on ref = person_ref;
    create temp table scope_cluster on commit drop as
    select c.* from in_scope as s inner join identity.cluster as c on s.ref = c.person_ref;
    create temp table elsewhere on commit drop as
    with borne as (
        select c.* from in_scope as s inner join identity.cluster as c on s.ref = c.anchor
        union all
        select c.* from in_scope as s
        inner join identity.cluster as c on s.ref = split_part(c.anchor, '~', 1) and c.anchor like '%~%'
    )
    select distinct anchor from borne where person_ref not in (select ref from in_scope);
    insert into slip_told
    select s.person_ref, s.other_ref from in_scope as i inner join identity.slip as s on i.ref = s.person_ref;
    create temp table scope_pair on commit drop as
    select p.* from in_scope as l
    inner join identity.pair as p on l.ref = p.ref_l
    inner join in_scope as r on p.ref_r = r.ref
    union
    select p.* from identity.pending as t inner join identity.pair as p on t.person_ref = p.ref_l
    union
    select p.* from identity.pending as t inner join identity.pair as p on t.person_ref = p.ref_r
    union
    select p.* from slip_told as s
    inner join identity.pair as p on p.ref_l = least(s.ref, s.other) and p.ref_r = greatest(s.ref, s.other);
    create temp table slip_again on commit drop as
    select person_ref as ref, other_ref as other from identity.slip where person_ref in (select ref from slip_told);
    drop view compared;
"""
_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, ("person_ref", "source_code", "source_debtor_key", *Keys._fields)))
# From few persons into tables of millions: the planner takes a reading of the whole table for cheaper than it is.
_BY_INDEX = "set local enable_hashjoin = {0}; set local enable_mergejoin = {0}"


@contextmanager
def _by_index(connection: db.Connection) -> Iterator[None]:
    db.run_script(connection, _BY_INDEX.format("off"))
    yield
    db.run_script(connection, _BY_INDEX.format("on"))  # an error ends the transaction, and the setting with it


def bring_near(connection: db.Connection, declaration: Declaration) -> None:
    """Make `near_person`: who is pending in identity.pending, and everybody whom a blocking rule puts beside one.

    Inside a transaction, as what follows it.
    """
    compare(connection, declaration)
    connection.execute(sql.SQL(_NEAR).format(rules=sql.SQL(" union ".join(rules(declaration)))))
    with _by_index(connection):
        connection.execute(sql.SQL(_NEAR_PERSONS).format(columns=_COLUMNS))


def bring_orphans(connection: db.Connection) -> None:
    """Make `orphan` (`ref`), of whom a slip is sought again, and `slip_person`: with the registered of their names.

    Keeps identity.unknown_number; what was found of them before is taken out of identity.slip.
    """
    with _by_index(connection):
        for statement in (_RECHECKED, "analyze rechecked", _KNOWN, _UNKNOWN, _ORPHANS):
            connection.execute(statement)
        db.run_script(connection, _FORGOTTEN)
        connection.execute(sql.SQL(_SLIP_PERSONS).format(columns=_COLUMNS))


def bring_scope(connection: db.Connection, *, made: pa.Table, slips: pa.Table) -> None:
    """Make `scope_person`, `scope_cluster`, `scope_pair`, `elsewhere` and `slip_again`: what is joined and told anew.

    `made`: the links that pending persons have now; `slips`: whom the orphans may have meant, kept in identity.slip.
    """
    db.run_script(connection, _SCOPE)
    exchange.write(connection, sql.Identifier("made_link"), made)
    exchange.write(connection, sql.Identifier("slip_now"), slips)
    db.run_script(connection, _IN_SCOPE)
    with _by_index(connection):
        for last in count():
            if not connection.execute(_TOGETHER, {"last": last}).rowcount:
                break
        connection.execute("analyze in_scope")
        connection.execute(sql.SQL(_CUT).format(columns=_COLUMNS))


def compare(connection: db.Connection, declaration: Declaration) -> None:
    """Make the view `compared` of all persons as the declaration sees them, and `touched`, those of them pending."""
    keys = sql.SQL(", ").join(map(sql.Identifier, Keys._fields))
    derived = ", ".join(f"{code} as {name}" for name, code in declaration.derived.items())
    connection.execute(sql.SQL(_PERSONS).format(keys=keys, derived=sql.SQL(derived)))
    connection.execute(_TOUCHED)
    db.run_script(connection, "analyze touched; analyze identity.pending")


def rules(declaration: Declaration) -> list[str]:
    """Every blocking rule, from both sides, as the query of who of `compared` it puts beside whom of `touched`."""
    sides = {(one.left, one.right) for one in declaration.blocking} | {
        (one.right, one.left) for one in declaration.blocking
    }
    return [
        _RULE.format(same=" and ".join(f"p.{mine} = t.{theirs}" for theirs, mine in zip(*side, strict=True)))
        for side in sorted(sides)
    ]
