"""Debtors that people made one (統合): which ids, by which pairs, since when."""

from dataclasses import dataclass
from datetime import date

from psycopg.rows import dict_row

from receivables import db
from receivables.identity.review import split
from receivables.settings import State

_DEBTORS = """
    select distinct l.debtor_id from vault.person_key as k
    inner join identity.link as l on k.source_code = l.source_code and k.source_debtor_key = l.source_debtor_key
    where k.person_ref in (%s, %s) order by 1
"""
_MERGES = """
    with given as (select %s::text as id),
    kept as (
        select m.kept_id from identity.merge as m, given
        where m.until_on is null and given.id in (m.kept_id, m.lost_id)
    )
    select m.kept_id, m.lost_id, m.from_on from identity.merge as m
    where m.until_on is null and m.kept_id in (select kept_id from kept)
"""
# Every pair by which people brought these together: taking one away must not leave them joined by another.
_SAME_AMONG = """
    select last.subject from decision.last as last
    where last.kind = 'same_person' and last.answer = 'same' and exists (
        select from identity.cluster as c
        inner join identity.debtor as d on c.anchor = d.anchor
        where c.person_ref in (split_part(last.subject, '|', 1), split_part(last.subject, '|', 2))
            and d.debtor_id = any(%(ids)s)
    )
    order by last.subject
"""


@dataclass(frozen=True, slots=True)
class Merged:
    """What people made one: the ids, the pairs they said it of, and the first 基準日; all empty when there is none."""

    debtors: list[str]
    pairs: list[str]
    since: date | None


def debtors_of(pair: str, *, state: State) -> list[str]:
    """The ids under which the two of a pair are known now; one id when they are one, none when they are nobody."""
    one, other = split(pair)
    with db.connect(state, "etl", doing="debtors of a pair") as connection:
        return [str(debtor) for (debtor,) in connection.execute(_DEBTORS, [one, other]).fetchall()]


def merged(debtor: str, *, state: State) -> Merged:
    """Everything that people joined with a debtor, whichever of the ids is given; empty when nobody did."""
    with db.connect(state, "etl", doing="merges of a debtor") as connection:
        cursor = connection.cursor(row_factory=dict_row)
        rows = cursor.execute(_MERGES, [debtor]).fetchall()
        ids = sorted({str(row[side]) for row in rows for side in ("kept_id", "lost_id")})
        pairs = [str(row["subject"]) for row in cursor.execute(_SAME_AMONG, {"ids": ids}).fetchall()] if ids else []
        return Merged(ids, pairs, min((row["from_on"] for row in rows), default=None))
