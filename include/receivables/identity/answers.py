"""What two people said of pairs (判断の適用): which groups are one by their word, and which numbers are parted.

A word holds for the pair that was looked at and no further: it never brings two persons of the register together by way
of a third, and never against a later no.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from receivables import db

REGISTER = "register:"
# The last answer to a pair. `same` holds as long as both persons are who they were; `different` whatever becomes of
# them, and on every day, also on a past one that is worked again.
_SAME = """
    with last as (
        select distinct on (subject) subject, answer, facts, decision_id
        from decision.in_force where kind = 'same_person' and (answer = 'different' or effective_on <= %(as_of)s)
        order by subject, taken_up_at desc, decision_id
    ),
    told as (
        select
            last.subject, last.answer, last.decision_id,
            split_part(last.subject, '|', 1) as ref_l, split_part(last.subject, '|', 2) as ref_r,
            coalesce(kept.anchor, one.anchor) as anchor_l, coalesce(lost.anchor, other.anchor) as anchor_r,
            lost.anchor is not null or coalesce(
                last.facts = identity.facts_of(split_part(last.subject, '|', 1), split_part(last.subject, '|', 2)),
                false
            ) as still_so
        from last
        left join identity.cluster as one on one.person_ref = split_part(last.subject, '|', 1)
        left join identity.cluster as other on other.person_ref = split_part(last.subject, '|', 2)
        -- While no source has one of them any more, the merge that this word made stands as it is.
        left join identity.merge as m on last.answer = 'same' and m.until_on is null
            and m.decision_id = last.decision_id and (one.person_ref is null or other.person_ref is null)
        left join identity.debtor as kept on kept.debtor_id = m.kept_id
        left join identity.debtor as lost on lost.debtor_id = m.lost_id
    ),
    known as (
        select c.anchor from told
        inner join identity.cluster as c on c.anchor = any(array[told.anchor_l, told.anchor_r])
        inner join staging.stg_register__persons as p on c.person_ref = 'register:' || p.source_debtor_key
    )
    select ref_l, ref_r, anchor_l, anchor_r, answer, decision_id, still_so,
        exists (select from known where known.anchor = told.anchor_l) as is_known_l,
        exists (select from known where known.anchor = told.anchor_r) as is_known_r
    from told order by subject, anchor_l, anchor_r
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What two people last said of a pair, the groups of both, and whether both are still who they were then.

    While no source has one of the two any more, its group is that of the merge which the word made.
    """

    ref_l: str
    ref_r: str
    anchor_l: str | None  # None: no source has this person any more
    anchor_r: str | None
    answer: str
    decision_id: str
    still_so: bool
    is_known_l: bool  # whether tonight's register has a person of the group
    is_known_r: bool

    @property
    def is_of_register(self) -> bool:
        """Whether both are the register's own rows."""
        return is_registered(self.ref_l) and is_registered(self.ref_r)


def answers(connection: db.Connection, as_of: date) -> list[Answer]:
    """The last answer to every pair that two people judged."""
    with connection.cursor(row_factory=class_row(Answer)) as cursor:
        return cursor.execute(_SAME, {"as_of": as_of}).fetchall()


def joined(told: Iterable[Answer]) -> dict[str, tuple[str, str]]:
    """Every group that people joined, with the one that stands for all and the decision that brought it in.

    Pairs of the register come first. A pair that would bring together two persons of the register who were not the pair
    itself, or two of whom people said that they are two, joins nothing: it comes back to the work list.
    """
    told = list(told)
    known = {each.anchor_l for each in told if each.is_known_l} | {each.anchor_r for each in told if each.is_known_r}
    foes = {frozenset((each.anchor_l, each.anchor_r)) for each in told if each.answer == "different"}
    groups: dict[str, set[str]] = {}
    by: dict[str, str] = {}
    said = (each for each in told if each.answer == "same" and each.still_so)
    for each in sorted(said, key=lambda one: (not one.is_of_register, one.ref_l, one.ref_r)):
        if each.anchor_l is None or each.anchor_r is None or each.anchor_l == each.anchor_r:
            continue
        mine, theirs = (groups.get(anchor, {anchor}) for anchor in (each.anchor_l, each.anchor_r))
        are_both_known = not (mine.isdisjoint(known) or theirs.isdisjoint(known))
        if mine is theirs or (are_both_known and not each.is_of_register) or _are_foes(mine, theirs, foes):
            continue
        together = mine | theirs
        groups.update(dict.fromkeys(together, together))
        for anchor in (each.anchor_l, each.anchor_r):
            by.setdefault(anchor, each.decision_id)
    # By the number alone, so that who stands for all is the same when the register deletes a row.
    return {
        anchor: (min(together, key=lambda one: (not (is_registered(one) or one in known), len(one), one)), by[anchor])
        for anchor, together in groups.items()
    }


def parted(told: Iterable[Answer]) -> Iterator[tuple[str, str]]:
    """Source and number of everybody whom people parted: of a pair with the register's row the other, else both.

    By the number as the source has it, whatever the person behind it is called by now.
    """
    for each in told:
        if each.answer == "different" and not each.is_of_register:
            for ref in (each.ref_l, each.ref_r):
                if not is_registered(ref):
                    source, _, number = ref.partition("#")[0].partition(":")
                    yield source, number


def is_registered(ref: str) -> bool:
    """Whether this is the register's own row of a number."""
    return ref.startswith(REGISTER) and "#" not in ref


def _are_foes(mine: set[str], theirs: set[str], foes: set[frozenset[str | None]]) -> bool:
    return any(frozenset((one, other)) in foes for one in mine for other in theirs)
