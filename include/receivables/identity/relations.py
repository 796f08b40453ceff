"""Relations (関係): who stands beside a debtor, from what the sources and the departments tell.

Households come from the register's 世帯番号, guarantors (連帯保証人) from the loan book of 生活福祉課, everything else
from files of the departments (`relation_import`). What a kind means in law is data: `relation_kinds`.

Closure (reliability I11): a household sets people beside an address. A protected person's (支援措置) household is
therefore never stored outside the vault, not for the time before the protection either.
"""

from collections.abc import Iterable
from datetime import date

from psycopg import sql

from receivables import db
from receivables.contracts import contract
from receivables.identity.keys import name_key
from receivables.identity.linking import fill
from receivables.identity.pseudonyms import pseudonym

# Debtors whom the register protects tonight, as keep_facts has just written, and every id that ever was one with
# theirs: identity.merge tells that it was, and what is stored under it would tell the household.
_PROTECTED = """
    create temp table protected on commit drop as
    with recursive known_as as (
        select debtor_id from identity.contact_fact
        where exclusion_code = 'X08' and valid_from <= {as_of} and (valid_to is null or valid_to >= {as_of})
        union
        select case when m.kept_id = k.debtor_id then m.lost_id else m.kept_id end
        from known_as as k
        inner join identity.merge as m on k.debtor_id in (m.kept_id, m.lost_id)
    )
    select debtor_id from known_as
"""
_HOUSEHOLD_NUMBERS = """
    select distinct household_no from vault.register__persons
    where household_no is not null and _known_from <= %(as_of)s and (_known_to is null or _known_to > %(as_of)s)
"""
_NOW = """
    create temp table relation_now (
        kind text, from_ref text, to_ref text, source_code text, valid_from date, valid_to date, owner_dept text,
        basis text, batch_id text, relation_id text generated always as ('r' || left(md5(
            kind || '|' || from_ref || '|' || to_ref || '|' || source_code || '|' || basis || '|'
            || (valid_from - date '2000-01-01')::text
        ), 20)) stored
    ) on commit drop
"""
# One row a person and household, not one a pair: who lives with whom is asked by the household.
_HOUSEHOLDS = """
    insert into relation_now
    select distinct on (l.debtor_id, h.ref)
        'household', l.debtor_id, h.ref, 'register', coalesce(was.valid_from, %(as_of)s), null::date, %(dept)s,
        'register', p._batch_id
    from vault.register__persons as p
    inner join household as h on p.household_no = h.household_no
    inner join identity.link as l on l.source_code = 'register' and l.source_debtor_key = p.addressee_no
    left join identity.relation as was
        on was.kind = 'household' and was.from_ref = l.debtor_id and was.to_ref = h.ref and was.valid_to is null
        and was.valid_from <= %(as_of)s
    where p._known_from <= %(as_of)s and (p._known_to is null or p._known_to > %(as_of)s)
        and not exists (select from protected where debtor_id = l.debtor_id)
    order by l.debtor_id, h.ref, p._batch_id
"""
_GUARANTORS_WRITTEN = """
    select raw.loan_no, raw.addressee_no, vault.guarantor_name, min(raw.contract_date), min(raw._batch_id)
    from raw.welfare_loans__instalments as raw
    inner join vault.welfare_loans__instalments as vault using (loan_no, instalment_no)
    where raw._known_from <= %(as_of)s and (raw._known_to is null or raw._known_to > %(as_of)s)
        and vault._known_from <= %(as_of)s and (vault._known_to is null or vault._known_to > %(as_of)s)
        and raw.addressee_no is not null and vault.guarantor_name is not null and raw.contract_date is not null
    group by 1, 2, 3
"""
_GUARANTOR = (
    "loan_no text, addressee_no text, written_name text, contract_date date, batch_id text, name_key text, ref text,"
    " borrower_ref text"
)
# A name alone is nobody (reliability F53). It is somebody when the whole register has the name once, under whatever
# kind of name, and that person lives with the borrower; and where either is protected, not even then: the answer would
# tell who lives with whom.
_GUARANTORS = """
    insert into relation_now
    with called as (
        select distinct k.person_ref, k.household_no, k.source_debtor_key, each.name_key
        from vault.person_key as k
        cross join lateral unnest(array[k.name_key, k.alias_key, k.kanji_key, k.katakana_key, k.former_key])
            as each (name_key)
        where k.source_code = 'register' and each.name_key in (select g.name_key from guarantor as g)
    ),
    once as (
        select name_key, min(household_no) as household_no, min(source_debtor_key) as number
        from called group by name_key having count(distinct person_ref) = 1
    ),
    known as (
        select g.loan_no, g.ref, person.debtor_id
        from guarantor as g
        inner join once as o on g.name_key = o.name_key and o.number <> g.addressee_no
        inner join vault.person_key as borrower
            on borrower.person_ref = 'register:' || g.addressee_no and borrower.household_no = o.household_no
        inner join identity.link as person on person.source_code = 'register' and person.source_debtor_key = o.number
        where not exists (
            select from protected as p
            inner join identity.link as l on p.debtor_id = l.debtor_id
            where l.source_code = 'register' and l.source_debtor_key in (o.number, g.addressee_no)
        )
    )
    select
        'guarantor', coalesce(l.debtor_id, g.borrower_ref), coalesce(k.debtor_id, g.ref), 'welfare_loans',
        g.contract_date, null::date, %(dept)s, g.loan_no, g.batch_id
    from guarantor as g
    left join identity.link as l on l.source_code = 'welfare_loans' and l.source_debtor_key = g.addressee_no
    left join known as k on g.loan_no = k.loan_no and g.ref = k.ref
    where l.debtor_id is distinct from k.debtor_id or k.debtor_id is null
"""
_NAMES = """
    with gone as (
        delete from vault.relation_name as n
        where not exists (select from guarantor as g where g.ref = n.person_ref)
            or exists (select from relation_now as r
                       where r.kind = 'guarantor' and r.basis = n.basis and r.to_ref like 'd%')
    )
    insert into vault.relation_name (person_ref, source_code, basis, written_name, name_key)
    select g.ref, 'welfare_loans', g.loan_no, g.written_name, g.name_key
    from guarantor as g where g.ref in (select to_ref from relation_now)
    on conflict (person_ref) do nothing
"""
_TOLD_NUMBERS = "select from_no from vault.relation_told union select to_no from vault.relation_told"
_TOLD = """
    insert into relation_now
    select
        t.kind, coalesce(f.debtor_id, one.ref), coalesce(o.debtor_id, other.ref), 'told', t.valid_from, t.valid_to,
        t.owner_dept, t.document_no, t.batch_id
    from vault.relation_told as t
    inner join told_number as one on t.from_no = one.number
    inner join told_number as other on t.to_no = other.number
    left join identity.link as f on f.source_code = 'register' and f.source_debtor_key = t.from_no
    left join identity.link as o on o.source_code = 'register' and o.source_debtor_key = t.to_no
    where coalesce(f.debtor_id, one.ref) <> coalesce(o.debtor_id, other.ref)
"""
# A guarantor whom the loan book names is known by the household alone, so that row would tell it as well.
_FORGET = """
    delete from identity.relation
    where (kind = 'household' and from_ref in (select debtor_id from protected)) or (
        kind = 'guarantor' and source_code = 'welfare_loans' and state = 'resolved'
        and (from_ref in (select debtor_id from protected) or to_ref in (select debtor_id from protected))
    )
"""
# What is stored and not so tonight: few, found once.
_GONE = """
    create temp table relation_gone on commit drop as
    select r.relation_id from identity.relation as r
    where not exists (select from relation_now as n where n.relation_id = r.relation_id)
"""
# What was wrong rather than over leaves no row: begun tonight and not so, told otherwise now, or found to be another.
_DROP_WRONG = """
    delete from identity.relation as r using relation_gone as g
    where r.relation_id = g.relation_id and (
        r.source_code = 'told' or (r.valid_to is null and r.valid_from >= %(as_of)s)
        or (r.source_code <> 'register' and exists (
            select from relation_now as n
            where n.kind = r.kind and n.source_code = r.source_code and n.basis = r.basis
        ))
    )
"""
_END = """
    update identity.relation as r set valid_to = %(as_of)s::date - 1 from relation_gone as g
    where r.relation_id = g.relation_id and r.valid_to is null
"""
_KEEP = """
    insert into identity.relation as r (
        relation_id, kind, from_ref, to_ref, source_code, state, valid_from, valid_to, owner_dept, basis, batch_id
    )
    select
        n.relation_id, n.kind, n.from_ref, n.to_ref, n.source_code,
        case when n.from_ref like 'u%%' or n.to_ref like 'u%%' then 'unresolved' else 'resolved' end,
        n.valid_from, n.valid_to, n.owner_dept, n.basis, n.batch_id
    from (
        select distinct on (relation_id) * from relation_now order by relation_id, valid_to nulls last, batch_id
    ) as n
    left join identity.relation as was on n.relation_id = was.relation_id
    where was.relation_id is null or (was.valid_to, was.owner_dept) is distinct from (n.valid_to, n.owner_dept)
    on conflict (relation_id) do update set valid_to = excluded.valid_to, owner_dept = excluded.owner_dept
"""


def keep_relations(connection: db.Connection, as_of: date, *, key: str) -> int:
    """Bring identity.relation to what is told on `as_of` (基準日); how many hold then.

    Runs after links and facts, in their transaction; safe to repeat. `key` makes the pseudonyms. A person whom a source
    names without a number stays `unresolved`, by a pseudonym of their own for each loan.
    """
    on = {"as_of": as_of}
    connection.execute(sql.SQL(_PROTECTED).format(as_of=sql.Literal(as_of)))
    connection.execute(_NOW)
    _households(connection, as_of, key)
    _guarantors(connection, as_of, key)
    numbers = [str(number) for (number,) in connection.execute(_TOLD_NUMBERS).fetchall()]
    unknown = ((number, pseudonym("u", "number", number, key=key)) for number in numbers)
    fill(connection, "told_number", "number text primary key, ref text", unknown)
    connection.execute(_TOLD)
    connection.execute("analyze relation_now")
    connection.execute(_FORGET)
    connection.execute(_GONE)
    connection.execute("analyze relation_gone")
    for statement in (_DROP_WRONG, _END, _KEEP):
        connection.execute(statement, on)
    held = connection.execute(
        "select count(*) from identity.relation where valid_from <= %(as_of)s"
        " and (valid_to is null or valid_to >= %(as_of)s)", on,
    ).fetchone()  # fmt: skip
    assert held is not None
    return int(str(held[0]))


def _households(connection: db.Connection, as_of: date, key: str) -> None:
    numbers = [str(number) for (number,) in connection.execute(_HOUSEHOLD_NUMBERS, {"as_of": as_of}).fetchall()]
    refs = ((number, pseudonym("h", number, key=key)) for number in numbers)
    fill(connection, "household", "household_no text primary key, ref text", refs)
    connection.execute(_HOUSEHOLDS, {"as_of": as_of, "dept": contract("register").owner_dept})


def _guarantors(connection: db.Connection, as_of: date, key: str) -> None:
    written = connection.execute(_GUARANTORS_WRITTEN, {"as_of": as_of}).fetchall()
    fill(connection, "guarantor", _GUARANTOR, _guarantor_rows(written, key))
    connection.execute(_GUARANTORS, {"dept": contract("welfare_loans").owner_dept})
    connection.execute(_NAMES)


def _guarantor_rows(written: Iterable[tuple[object, ...]], key: str) -> Iterable[tuple[object, ...]]:
    """With key and pseudonym; one name on two loans may be two persons, so each loan has its own."""
    for loan_no, number, name, contract_date, batch_id in written:
        if named := name_key(str(name)):
            unknown = pseudonym("u", "name", str(loan_no), named, key=key)
            borrower = pseudonym("u", "number", str(number), key=key)
            yield loan_no, number, name, contract_date, batch_id, named, unknown, borrower
