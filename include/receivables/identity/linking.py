"""From groups of persons to debtors (債務者): whose id a claim bears, and what two people decided on top.

The matching's groups rest on evidence alone. What people decided lies above them and can be taken off again: who was
found to be one person by two people is joined here, who was found to be two is parted, and the groups stay as they are.
"""

from collections.abc import Iterable
from datetime import date
from itertools import permutations

from psycopg import errors, sql

from receivables import db
from receivables.errors import InvariantBrokenError
from receivables.identity.answers import REGISTER, answers, is_registered, joined, parted
from receivables.identity.holders import find_meant
from receivables.identity.pseudonyms import debtor_id

# Groups that have a person of tonight's register and no pseudonym yet.
_NAMELESS = """
    select distinct cluster.anchor
    from staging.stg_register__persons as known
    inner join identity.cluster as cluster on cluster.person_ref = 'register:' || known.source_debtor_key
    where not exists (select from identity.debtor as d where d.anchor = cluster.anchor)
"""
# Every group of tonight's register under its pseudonym, or under that of the group with which people joined it.
_DEBTOR_OF = """
    create temp table debtor_of on commit drop as
    select cluster.anchor, min(coalesce(joint.debtor_id, own.debtor_id)) as debtor_id
    from staging.stg_register__persons as known
    inner join identity.cluster as cluster on cluster.person_ref = 'register:' || known.source_debtor_key
    inner join identity.debtor as own on own.anchor = cluster.anchor
    left join joined as j on j.anchor = cluster.anchor
    left join identity.debtor as joint on joint.anchor = j.whole
    group by cluster.anchor
    union all
    -- A group that the register does not know, joined by people with one that it knows.
    select j.anchor, joint.debtor_id
    from joined as j
    inner join identity.debtor as joint on joint.anchor = j.whole
    where j.anchor not in (
        select c.anchor from identity.cluster as c
        inner join staging.stg_register__persons as known on c.person_ref = 'register:' || known.source_debtor_key
        where c.anchor in (select anchor from joined)
    )
"""
# 番号の再利用: who bears a number that was another person's, with the last word of two that still holds.
_NEW_HOLDERS = """
    create temp table new_holder on commit drop as
    select r.person_ref, p.source_debtor_key, r.retired_anchor, r.found_on, c.anchor, d.debtor_id, p.batch_id,
        a.decision_id, a.answer, r.is_only_one and a.answer = 'same' as is_as_before
    from meant as r
    inner join identity.cluster as c on r.person_ref = c.person_ref
    inner join debtor_of as d on c.anchor = d.anchor
    inner join identity.debtor as own on c.anchor = own.anchor
    inner join staging.stg_register__persons as p on r.person_ref = 'register:' || p.source_debtor_key
    left join decision.last as a on a.kind = 'number_holder' and a.subject = own.debtor_id
        and a.facts = identity.facts_of(r.person_ref, r.person_ref)
"""
_CORRECTED = "select decision_id, anchor, retired_anchor from new_holder where answer = 'same'"
# Every number that bears a claim: read once a night, for there are tens of claims to a number.
_CLAIMED = """
    create temp table claimed on commit drop as
    select source_code, source_debtor_key, min(batch_id) as batch_id
    from intermediate.int_claims__unioned group by source_code, source_debtor_key
"""
# A number of a source is linked when all that stands under it is one debtor; a source that tells no names is taken by
# its word when the register has the number. Who was parted by people is linked to nobody, with all under that number.
_FOUND = """
    create temp table found on commit drop as
    with named as (
        select
            k.source_code, k.source_debtor_key, min(d.debtor_id) as debtor_id,
            bool_or(c.person_ref = 'register:' || k.source_debtor_key or c.anchor = 'register:' || k.source_debtor_key)
            as by_number,
            bool_or(j.anchor is not null) as is_reviewed,
            min(d.debtor_id) = max(d.debtor_id) and count(d.debtor_id) = count(*) and count(a.source_code) = 0 as is_one
        from vault.person_key as k
        inner join identity.cluster as c on k.person_ref = c.person_ref
        left join debtor_of as d on c.anchor = d.anchor
        left join joined as j on c.anchor = j.anchor
        left join apart as a on k.source_code = a.source_code and k.source_debtor_key = a.source_debtor_key
        where k.source_code <> 'register'
        group by k.source_code, k.source_debtor_key
    )
    select
        'register' as source_code, p.source_debtor_key, p.batch_id, d.debtor_id, 'addressee_no' as method
    from staging.stg_register__persons as p
    inner join identity.cluster as c on c.person_ref = 'register:' || p.source_debtor_key
    inner join debtor_of as d on c.anchor = d.anchor
    union all
    select
        s.source_code, s.source_debtor_key, s.batch_id, n.debtor_id,
        case when n.is_reviewed then 'review' when n.by_number then 'number' else 'evidence' end
    from claimed as s
    inner join named as n on s.source_code = n.source_code and s.source_debtor_key = n.source_debtor_key
    where n.is_one
    union all
    select s.source_code, s.source_debtor_key, s.batch_id, d.debtor_id, 'addressee_no'
    from claimed as s
    left join named as n on s.source_code = n.source_code and s.source_debtor_key = n.source_debtor_key
    inner join identity.cluster as c on c.person_ref = 'register:' || s.source_debtor_key
    inner join debtor_of as d on c.anchor = d.anchor
    where n.source_code is null and not exists (
        select from apart as a where a.source_code = s.source_code and a.source_debtor_key = s.source_debtor_key
    ) and s.source_debtor_key not in (
        select h.source_debtor_key from new_holder as h where h.is_as_before is not true
    )
    union all
    -- A number whose row the register deleted after people found it to be another's: it stays with that debtor.
    select s.source_code, s.source_debtor_key, s.batch_id, d.debtor_id, 'review'
    from claimed as s
    left join named as n on s.source_code = n.source_code and s.source_debtor_key = n.source_debtor_key
    inner join joined as j on j.anchor = 'register:' || s.source_debtor_key
    inner join debtor_of as d on j.anchor = d.anchor
    where n.source_code is null and not exists (
        select from identity.cluster as c where c.person_ref = 'register:' || s.source_debtor_key
    ) and not exists (
        select from apart as a where a.source_code = s.source_code and a.source_debtor_key = s.source_debtor_key
    ) and not exists (select from identity.reused as r where r.person_ref = 'register:' || s.source_debtor_key)
"""
_UNLINK = """
    delete from identity.link as l
    where not exists (
        select from found as f where f.source_code = l.source_code and f.source_debtor_key = l.source_debtor_key
    )
"""
_LINK = """
    insert into identity.link (source_code, source_debtor_key, debtor_id, method, probability, batch_id)
    select f.source_code, f.source_debtor_key, f.debtor_id, f.method, 1.0, f.batch_id
    from found as f
    left join identity.link as l on f.source_code = l.source_code and f.source_debtor_key = l.source_debtor_key
    where (l.debtor_id, l.method) is distinct from (f.debtor_id, f.method)
    on conflict (source_code, source_debtor_key) do update
    set debtor_id = excluded.debtor_id, method = excluded.method
"""
_OF_DEBTORS = """
    create temp table {debtors} on commit drop as
    select a.decision_id, kept.debtor_id as kept_id, lost.debtor_id as lost_id
    from {anchors} as a
    inner join identity.debtor as kept on a.kept = kept.anchor
    inner join identity.debtor as lost on a.lost = lost.anchor
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


def link(connection: db.Connection, *, as_of: date, key: str) -> None:
    """Bring `identity.link` and `identity.merge` to the groups and to what people decided; inside a transaction.

    Leaves `claimed` for who counts afterwards: every number of a source that bears a claim.
    """
    connection.execute("set local work_mem = '256MB'")
    _name(connection, key)
    told = answers(connection, as_of)
    whole = joined(told)
    fill(
        connection,
        "joined",
        "anchor text primary key, whole text",
        ((anchor, kept) for anchor, (kept, _) in whole.items()),
    )
    fill(connection, "apart", "source_code text, source_debtor_key text", set(parted(told)))
    find_meant(connection)
    for statement in (
        _DEBTOR_OF, "analyze debtor_of", _NEW_HOLDERS, _CLAIMED, "analyze claimed", _FOUND, "analyze found", _UNLINK,
        _LINK,
    ):  # fmt: skip
        connection.execute(statement)
    merging = {lost: (by, kept, lost) for lost, (kept, by) in whole.items() if lost != kept}
    for by, own, lost in connection.execute(_CORRECTED).fetchall():
        kept, _ = whole.get(str(own), (str(own), ""))
        merging.setdefault(str(lost), (str(by), kept, str(lost)))
    parting = ((each.decision_id, one, other)
               for each in told if each.answer == "different" and each.anchor_l and each.anchor_r
               for one, other in permutations((each.anchor_l, each.anchor_r)))  # fmt: skip
    _keep_merges(connection, as_of, merging.values(), parting)


def _name(connection: db.Connection, key: str) -> None:
    """Give a pseudonym to every group that has none; it bears it for ever."""
    try:
        with connection.transaction(), connection.cursor() as cursor:
            fresh = [str(anchor) for (anchor,) in connection.execute(_NAMELESS).fetchall()]
            with cursor.copy("copy identity.debtor (anchor, debtor_id) from stdin") as copy:
                for anchor in fresh:
                    copy.write_row((anchor, _id_of(anchor, key)))
    except errors.UniqueViolation:
        raise InvariantBrokenError(
            "two persons of the register would share one debtor_id: make it longer in pseudonyms.py"
        ) from None
    if fresh:
        connection.execute("analyze identity.debtor")


def _keep_merges(
    connection: db.Connection, as_of: date, merging: Iterable[tuple[str, ...]], parting: Iterable[tuple[str, ...]]
) -> None:
    """The history of who was one with whom: of debtors, so of groups that the register knows."""
    for name, rows in (("merging", merging), ("parting", parting)):
        fill(connection, f"{name}_anchor", "decision_id text, kept text, lost text", rows)
        anchors, debtors = sql.Identifier(f"{name}_anchor"), sql.Identifier(name)
        connection.execute(sql.SQL(_OF_DEBTORS).format(debtors=debtors, anchors=anchors))
    connection.execute(_END_MERGES, [as_of])
    connection.execute(_BEGIN_MERGES, [as_of])


def _id_of(anchor: str, key: str) -> str:
    """The pseudonym of a group: of the 宛名番号 where the register holds the anchor, else of the anchor itself."""
    number = anchor.removeprefix(REGISTER) if is_registered(anchor) else anchor
    return debtor_id(number, key=key)


def fill(connection: db.Connection, name: str, columns: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Make a temp table `name` of `columns` that holds `rows` until the transaction ends."""
    db.run_script(connection, f"create temp table {name} ({columns}) on commit drop")
    with connection.cursor().copy(sql.SQL("copy {} from stdin").format(sql.Identifier(name))) as copy:
        for row in rows:
            copy.write_row(row)
    connection.execute(sql.SQL("analyze {}").format(sql.Identifier(name)))
