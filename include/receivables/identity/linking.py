"""From groups of persons to debtors (債務者): whose id a claim bears, and what two people decided on top.

The matching's groups rest on evidence alone. What people decided lies above them and can be taken off again: who was
found to be one person by two people is joined here, who was found to be two is parted, and the groups stay as they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import permutations

from psycopg import sql
from psycopg.rows import class_row

from receivables import db
from receivables.errors import InvariantBrokenError
from receivables.identity.pseudonyms import debtor_id

REGISTER = "register:"
# The groups that have a person of tonight's register.
_REGISTERED = """
    select distinct cluster.anchor
    from staging.stg_register__persons as known
    inner join identity.cluster as cluster on cluster.person_ref = 'register:' || known.source_debtor_key
"""
# The last answer of two people to a pair; 'same' holds as long as both persons are who they were.
_ANSWERS = """
    with last as (
        select distinct on (subject) subject, answer, facts, decision_id
        from decision.in_force where kind = 'same_person' and effective_on <= %(as_of)s
        order by subject, taken_up_at desc, decision_id
    )
    select
        l.person_ref as ref_l, r.person_ref as ref_r, one.anchor as anchor_l, other.anchor as anchor_r,
        last.answer, last.decision_id, last.facts = identity.facts_of(l.person_ref, r.person_ref) as still_so
    from last
    inner join vault.person_key as l on l.person_ref = split_part(last.subject, '|', 1)
    inner join vault.person_key as r on r.person_ref = split_part(last.subject, '|', 2)
    inner join identity.cluster as one on one.person_ref = l.person_ref
    inner join identity.cluster as other on other.person_ref = r.person_ref
    order by last.subject
"""
# A number of a source is linked when all that stands under it is one debtor; a source that tells no names is taken by
# its word when the register has the number.
_FOUND = """
    create temp table found on commit drop as
    with named as (
        select
            k.source_code, k.source_debtor_key, min(d.debtor_id) as debtor_id, count(distinct c.anchor) as anchors,
            count(*) filter (where d.debtor_id is null) as without, bool_or(d.is_reviewed) as is_reviewed
        from vault.person_key as k
        inner join identity.cluster as c on k.person_ref = c.person_ref
        left join debtor_of as d on c.anchor = d.anchor
        where not exists (select from apart as a where a.person_ref = k.person_ref)
        group by k.source_code, k.source_debtor_key
    ),
    -- Who was parted by people is linked to nobody, with all that stands under the number.
    parted as (
        select distinct k.source_code, k.source_debtor_key
        from vault.person_key as k inner join apart as a on a.person_ref = k.person_ref
    ),
    claimed as (
        select source_code, source_debtor_key, min(batch_id) as batch_id
        from intermediate.int_claims__unioned group by source_code, source_debtor_key
        union
        select 'register', source_debtor_key, batch_id from staging.stg_register__persons
    ),
    by_number as (
        select s.source_code, s.source_debtor_key, d.debtor_id
        from claimed as s
        inner join identity.cluster as c on c.person_ref = 'register:' || s.source_debtor_key
        inner join debtor_of as d on c.anchor = d.anchor
        where not exists (
            select from vault.person_key as k
            where k.source_code = s.source_code and k.source_debtor_key = s.source_debtor_key
        )
    )
    select
        s.source_code, s.source_debtor_key, s.batch_id, coalesce(n.debtor_id, b.debtor_id) as debtor_id,
        case
            when n.debtor_id is null or s.source_code = 'register' then 'addressee_no'
            when n.is_reviewed then 'review'
            when exists (
                select from identity.cluster as same
                inner join debtor_of as d on same.anchor = d.anchor
                where same.person_ref = 'register:' || s.source_debtor_key and d.debtor_id = n.debtor_id
            ) then 'number'
            else 'evidence'
        end as method
    from claimed as s
    left join named as n on s.source_code = n.source_code and s.source_debtor_key = n.source_debtor_key
        and n.anchors = 1 and n.without = 0
    left join by_number as b on s.source_code = b.source_code and s.source_debtor_key = b.source_debtor_key
    where coalesce(n.debtor_id, b.debtor_id) is not null and not exists (
        select from parted as p where p.source_code = s.source_code and p.source_debtor_key = s.source_debtor_key
    )
"""
_UNLINK = """
    delete from identity.link as l
    where not exists (
        select from found as f where f.source_code = l.source_code and f.source_debtor_key = l.source_debtor_key
    )
"""
_LINK = """
    insert into identity.link (source_code, source_debtor_key, debtor_id, method, probability, batch_id)
    select source_code, source_debtor_key, debtor_id, method, 1.0, batch_id from found
    on conflict (source_code, source_debtor_key) do update
    set debtor_id = excluded.debtor_id, method = excluded.method
    where (link.debtor_id, link.method) <> (excluded.debtor_id, excluded.method)
"""
_END_MERGES = """
    update identity.merge as m set until_on = greatest(%s, m.from_on), ended_by = (
        select a.decision_id from parting as a where a.kept_id = m.kept_id and a.lost_id = m.lost_id limit 1
    )
    where m.until_on is null and not exists (
        select from merging as n where n.kept_id = m.kept_id and n.lost_id = m.lost_id
    )
"""
_BEGIN_MERGES = """
    insert into identity.merge (decision_id, kept_id, lost_id, from_on)
    select n.decision_id, n.kept_id, n.lost_id, %s from merging as n
    where not exists (
        select from identity.merge as m
        where m.until_on is null and m.kept_id = n.kept_id and m.lost_id = n.lost_id
    )
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What two people last said of a pair, and whether both persons are still who they were then."""

    ref_l: str
    ref_r: str
    anchor_l: str
    anchor_r: str
    answer: str
    decision_id: str
    still_so: bool


def link(connection: db.Connection, *, as_of: date, key: str) -> None:
    """Bring `identity.link` and `identity.merge` to the groups and to what people decided; inside a transaction."""
    ids = {str(anchor): _id_of(str(anchor), key) for (anchor,) in connection.execute(_REGISTERED).fetchall()}
    if len(set(ids.values())) != len(ids):
        raise InvariantBrokenError(
            "two persons of the register would share one debtor_id: make it longer in pseudonyms.py"
        )
    with connection.cursor(row_factory=class_row(Answer)) as cursor:
        answers = cursor.execute(_ANSWERS, {"as_of": as_of}).fetchall()
    same = [each for each in answers if each.answer == "same" and each.still_so]
    parted = [each for each in answers if each.answer == "different"]
    kept = dict(_joined((each.anchor_l, each.anchor_r) for each in same))
    debtors = ((anchor, ids.get(kept.get(anchor, anchor)), anchor in kept) for anchor in {*ids, *kept})
    fill(connection, "debtor_of", "anchor text primary key, debtor_id text, is_reviewed boolean", debtors)
    apart = {_lesser(each) for each in parted if not (_is_registered(each.ref_l) and _is_registered(each.ref_r))}
    fill(connection, "apart", "person_ref text primary key", ((ref,) for ref in apart))
    for statement in (_FOUND, _UNLINK, _LINK):
        connection.execute(statement)
    by = {anchor: each.decision_id for each in same for anchor in (each.anchor_l, each.anchor_r)}
    merging = ((by[lost], ids[whole], ids[lost]) for lost, whole in kept.items()
               if lost != whole and lost in ids and whole in ids)  # fmt: skip
    parting = ((each.decision_id, ids[one], ids[other])
               for each in parted for one, other in permutations((each.anchor_l, each.anchor_r))
               if one in ids and other in ids)  # fmt: skip
    _keep_merges(connection, as_of, merging, parting)


def _keep_merges(
    connection: db.Connection, as_of: date, merging: Iterable[tuple[str, ...]], parting: Iterable[tuple[str, ...]]
) -> None:
    """The history of who was one with whom: of debtors, so of groups that the register knows."""
    columns = "decision_id text, kept_id text, lost_id text"
    fill(connection, "merging", columns, merging)
    fill(connection, "parting", columns, parting)
    connection.execute(_END_MERGES, [as_of])
    connection.execute(_BEGIN_MERGES, [as_of])


def _joined(same: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Every anchor that people joined, with the one that stands for all: of the register first, then the oldest."""
    groups: dict[str, set[str]] = {}
    for one, other in same:
        together = groups.get(one, {one}) | groups.get(other, {other})
        for each in together:
            groups[each] = together
    for anchor, together in groups.items():
        yield anchor, min(together, key=lambda each: (not _is_registered(each), len(each), each))


def _id_of(anchor: str, key: str) -> str:
    """The pseudonym of a group: of the 宛名番号 where the register holds the anchor, else of the anchor itself."""
    number = anchor.removeprefix(REGISTER) if _is_registered(anchor) else anchor
    return debtor_id(number, key=key)


def _is_registered(ref: str) -> bool:
    return ref.startswith(REGISTER) and "#" not in ref


def _lesser(pair: Answer) -> str:
    """Of a pair that is not one person, the one that loses its link: never the register's own row."""
    return pair.ref_r if _is_registered(pair.ref_l) else pair.ref_l


def fill(connection: db.Connection, name: str, columns: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Make a temp table `name` of `columns` that holds `rows` until the transaction ends."""
    db.run_script(connection, f"create temp table {name} ({columns}) on commit drop")
    with connection.cursor().copy(sql.SQL("copy {} from stdin").format(sql.Identifier(name))) as copy:
        for row in rows:
            copy.write_row(row)
    connection.execute(sql.SQL("analyze {}").format(sql.Identifier(name)))
