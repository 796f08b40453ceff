"""How far a night's changes reach (影響範囲): the persons that must be looked at again, found where they are kept.

Everybody else's pairs and group are what they were, so they are neither read nor written. The matching does to this
part what it would do to the whole (tested).
"""

from psycopg import sql

from receivables import db
from receivables.identity.keying import Keys
from receivables.identity.matching import Declaration

_SCOPE = """
    create temp table in_scope on commit drop as select person_ref as ref from identity.pending;
    create unique index on in_scope (ref);
"""
_PERSONS = """
    create temp view compared as
    select *, {derived} from (
        select person_ref, source_code, source_debtor_key as addressee_no, {keys} from vault.person_key
    ) as k
"""
_TOUCHED = (
    "create temp table touched on commit drop as select * from compared where person_ref in (select ref from in_scope)"
)
# Who was told as a pair with one of them, though nothing puts the two side by side any more.
_PARTNERS = """
    insert into in_scope
    select p.ref_r from identity.pending as t inner join identity.pair as p on t.person_ref = p.ref_l
    union
    select p.ref_l from identity.pending as t inner join identity.pair as p on t.person_ref = p.ref_r
    on conflict do nothing
"""
# Every rule finds its persons through an index on vault.person_key: nobody else is read.
_NEAR = "insert into in_scope {rules} on conflict do nothing"
_RULE = "select p.person_ref from touched as t inner join compared as p on {same}"
# 誤記: a slip of the pen hangs on whoever else is registered, so all of the few whose number nobody has are looked at,
# with everybody of their name and reading.
_ORPHANS = """
    create temp table orphan on commit drop as
    select person_ref, name_key, kana_key from compared as p
    where not is_registered and number_key is not null and not exists (
        select from vault.person_key as r where r.source_code = 'register' and r.source_debtor_key = p.number_key
    )
"""
_SLIPS = """
    insert into in_scope
    select person_ref from orphan
    union
    select p.person_ref from vault.person_key as p
    where p.source_code = 'register' and (p.name_key, p.kana_key) in (
        select o.name_key, o.kana_key from orphan as o where o.name_key is not null and o.kana_key is not null
    )
    on conflict do nothing
"""
_TOGETHER = """
    insert into in_scope
    select c.person_ref
    from in_scope as s
    inner join identity.cluster as mine on s.ref = mine.person_ref
    inner join identity.cluster as c on mine.anchor = c.anchor
    union
    select c.person_ref from in_scope as s inner join identity.cluster as c on s.ref = c.anchor
    union
    select c.person_ref from in_scope as s
    inner join identity.cluster as c on s.ref = split_part(c.anchor, '~', 1) and c.anchor like '%~%'
    union
    select p.ref_r from in_scope as s inner join identity.pair as p on s.ref = p.ref_l where p.decided = 'link'
    union
    select p.ref_l from in_scope as s inner join identity.pair as p on s.ref = p.ref_r where p.decided = 'link'
    on conflict do nothing
"""
# The register's row of everybody's number, last and without its group: that it is there says that the number is known.
_KNOWN = """
    insert into in_scope
    select r.person_ref from in_scope as s
    inner join compared as k on s.ref = k.person_ref and not k.is_registered
    -- By the number as it is compared: in place of one that nobody knows, tens of thousands bear the same zeros.
    inner join vault.person_key as r on r.source_code = 'register' and k.number_key = r.source_debtor_key
    on conflict do nothing
"""
# From few persons into tables of millions: the planner takes a reading of the whole table for cheaper than it is.
_BY_INDEX = "set local enable_hashjoin = {0}; set local enable_mergejoin = {0}"
_CUT = """
    create temp table scope_person on commit drop as
    select {columns} from vault.person_key inner join in_scope on person_ref = ref;
    create temp table scope_pair on commit drop as
    select p.* from identity.pair as p
    inner join in_scope as l on p.ref_l = l.ref
    inner join in_scope as r on p.ref_r = r.ref;
    create temp table scope_cluster on commit drop as
    select c.* from identity.cluster as c inner join in_scope as s on c.person_ref = s.ref;
    drop view compared;
"""


def cut_out(connection: db.Connection, declaration: Declaration) -> None:
    """Make the temporary tables `scope_person`, `scope_pair` and `scope_cluster` of all whom identity.pending reaches.

    In them are the pending persons, everybody whom a blocking rule puts or put beside one of them, whoever hangs
    together with one of these by a link or a lasting id, on whom a slip of the pen depends, and the register's row of
    each one's number. Inside a transaction.
    """
    compare(connection, declaration)
    connection.execute(sql.SQL(_NEAR).format(rules=sql.SQL(" union ".join(rules(declaration)))))
    for statement in (_ORPHANS, _SLIPS, "analyze in_scope"):
        connection.execute(statement)
    db.run_script(connection, _BY_INDEX.format("off"))
    connection.execute(_PARTNERS)
    while connection.execute(_TOGETHER).rowcount:
        pass
    connection.execute(_KNOWN)
    columns = ", ".join(("person_ref", "source_code", "source_debtor_key", *Keys._fields))
    db.run_script(connection, _CUT.format(columns=columns))
    db.run_script(connection, _BY_INDEX.format("on"))


def compare(connection: db.Connection, declaration: Declaration) -> None:
    """Make the view `compared` of all persons as the declaration sees them, and `touched`, those of them pending."""
    keys = sql.SQL(", ").join(map(sql.Identifier, Keys._fields))
    derived = ", ".join(f"{code} as {name}" for name, code in declaration.derived.items())
    db.run_script(connection, _SCOPE)
    connection.execute(sql.SQL(_PERSONS).format(keys=keys, derived=sql.SQL(derived)))
    connection.execute(_TOUCHED)
    connection.execute("analyze touched")


def rules(declaration: Declaration) -> list[str]:
    """Every blocking rule, from both sides, as the query of who of `compared` it puts beside whom of `touched`."""
    sides = {(one.left, one.right) for one in declaration.blocking} | {
        (one.right, one.left) for one in declaration.blocking
    }
    return [
        _RULE.format(same=" and ".join(f"p.{mine} = t.{theirs}" for theirs, mine in zip(*side, strict=True)))
        for side in sorted(sides)
    ]
