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
    )
    select
        split_part(last.subject, '|', 1) as ref_l, split_part(last.subject, '|', 2) as ref_r,
        one.anchor as anchor_l, other.anchor as anchor_r, last.answer, last.decision_id,
        coalesce(
            last.facts = identity.facts_of(split_part(last.subject, '|', 1), split_part(last.subject, '|', 2)), false
        ) as still_so
    from last
    left join identity.cluster as one on one.person_ref = split_part(last.subject, '|', 1)
    left join identity.cluster as other on other.person_ref = split_part(last.subject, '|', 2)
    order by last.subject
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What two people last said of a pair, the groups of both, and whether both are still who they were then."""

    ref_l: str
    ref_r: str
    anchor_l: str | None  # None: no source has this person any more
    anchor_r: str | None
    answer: str
    decision_id: str
    still_so: bool

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
    foes = {frozenset((each.anchor_l, each.anchor_r)) for each in told if each.answer == "different"}
    groups: dict[str, set[str]] = {}
    by: dict[str, str] = {}
    said = (each for each in told if each.answer == "same" and each.still_so)
    for each in sorted(said, key=lambda one: (not one.is_of_register, one.ref_l, one.ref_r)):
        if each.anchor_l is None or each.anchor_r is None or each.anchor_l == each.anchor_r:
            continue
        mine, theirs = (groups.get(anchor, {anchor}) for anchor in (each.anchor_l, each.anchor_r))
        if mine is theirs or _may_not_meet(mine, theirs, foes, is_of_register=each.is_of_register):
            continue
        together = mine | theirs
        groups.update(dict.fromkeys(together, together))
        for anchor in (each.anchor_l, each.anchor_r):
            by.setdefault(anchor, each.decision_id)
    return {
        anchor: (min(together, key=lambda one: (not is_registered(one), len(one), one)), by[anchor])
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


def _may_not_meet(mine: set[str], theirs: set[str], foes: set[frozenset[str | None]], *, is_of_register: bool) -> bool:
    if any(frozenset((one, other)) in foes for one in mine for other in theirs):
        return True
    return not is_of_register and any(map(is_registered, mine)) and any(map(is_registered, theirs))
