"""The work list of 名寄せ (確認一覧): pairs that people must judge, side by side, masked unless there is a reason."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from psycopg.rows import class_row, dict_row

from receivables import db, decisions, roster
from receivables.errors import InputRejectedError, NeedsApprovalError
from receivables.settings import State

KIND = "same_person"
_LETTER = re.compile(r"\w")
_LIST = """
    select
        p.ref_l, p.ref_r, p.reasons, p.evidence, p.weight,
        exists (
            select from decision.proposal as w
            where w.kind = 'same_person' and w.subject = p.ref_l || '|' || p.ref_r and w.state = 'waiting'
        ) as is_proposed
    from identity.pair as p
    left join decision.last as a on a.kind = 'same_person' and a.subject = p.ref_l || '|' || p.ref_r
        and a.facts = identity.facts_of(p.ref_l, p.ref_r)
    where p.outcome = 'review' and a.subject is null
    order by p.weight desc nulls last, p.ref_l, p.ref_r
    limit %s
"""
_PERSONS = """
    select person_ref, source_code, name_key, kana_key, alias_key, former_key, birth_year, birth_month, birth_day,
        sex_code, address_key, former_address_key, phone_key, is_deceased,
        exists (
            select from staging.stg_register__persons as r
            left join identity.link as who on who.source_code = 'register'
                and who.source_debtor_key = r.source_debtor_key
            where r.is_protected and (r.source_debtor_key = k.source_debtor_key or who.debtor_id in (
                select l.debtor_id from identity.link as l
                where l.source_code = k.source_code and l.source_debtor_key = k.source_debtor_key
            ))
        ) as is_protected
    from vault.person_key as k where person_ref = any(%s)
"""
_PAIR = "select outcome, reasons from identity.pair where ref_l = %s and ref_r = %s"


@dataclass(frozen=True, slots=True)
class Person:
    """One person of one source as far as it is compared; keys, not the original writing."""

    person_ref: str
    source_code: str
    name_key: str | None
    kana_key: str | None
    alias_key: str | None
    former_key: str | None
    birth_year: int | None
    birth_month: int | None
    birth_day: int | None
    sex_code: str | None
    address_key: str | None
    former_address_key: str | None
    phone_key: str | None
    is_deceased: bool | None
    is_protected: bool

    def masked(self) -> dict[str, Any]:
        """What everybody with the work list may see: first letters, the year of birth, no place, no number."""
        shown = asdict(self)
        for name in ("name_key", "kana_key", "alias_key", "former_key"):
            shown[name] = _masked(shown[name])
        for name in ("birth_month", "birth_day", "address_key", "former_address_key", "phone_key"):
            shown[name] = None if shown[name] is None else "○"
        shown["person_ref"] = self.source_code
        return shown

    def open(self, *, is_hidden: bool) -> dict[str, Any]:
        """Everything that is compared; no place and no telephone where either of the two is protected (支援措置)."""
        shown = asdict(self)
        if is_hidden:
            shown |= dict.fromkeys(("address_key", "former_address_key", "phone_key"), "支援措置につき非表示")
        return shown


def work_list(*, limit: int = 50, state: State) -> list[dict[str, Any]]:
    """The pairs that wait for people, the likeliest first, both persons masked; `pair` is what other verbs take."""
    with db.connect(state, "etl", doing="review list") as connection:
        pairs = connection.cursor(row_factory=dict_row).execute(_LIST, [limit]).fetchall()
        return [_listed(pair, _person(connection, pair["ref_l"]), _person(connection, pair["ref_r"])) for pair in pairs]


def _listed(pair: dict[str, Any], left: Person, right: Person) -> dict[str, Any]:
    """One line of the work list; what tells that two live together is left out where one of them is protected."""
    hidden = left.is_protected or right.is_protected
    return {
        "pair": pair_id(pair["ref_l"], pair["ref_r"]), "reasons": _reasons(pair["reasons"], is_hidden=hidden),
        "evidence": [] if hidden else pair["evidence"].split(), "weight": None if hidden else pair["weight"],
        "is_proposed": pair["is_proposed"], "left": left.masked(), "right": right.masked(),
    }  # fmt: skip


def look(pair: str, *, user: str, why: str, state: State) -> dict[str, Any]:
    """Both persons of a pair in full, for somebody with the duty and a reason; every look is written down.

    Where either of the two is protected (支援措置), the outcome is None and no reason tells whether they live together.
    Raises NeedsApprovalError for who is not on the roster with the duty 名寄せ, InputRejectedError for an unknown pair
    or no reason.
    """
    if not why.strip():
        raise InputRejectedError("to look at two persons in full needs a reason (--why)")
    one, other = split(pair)
    roster.install(state)
    with db.connect(state, "etl", doing="look at a pair") as connection:
        if not roster.has_duty(connection, user, "identity"):
            raise NeedsApprovalError(f"{user} may not look: the roster (承認者名簿) does not list that user for 名寄せ")
        found = connection.execute(_PAIR, [one, other]).fetchone()
        if found is None:
            raise InputRejectedError("there is no such pair; `receivables identity review list` names them")
        connection.execute("insert into identity.viewing (pair, user_name, why) values (%s, %s, %s)", [pair, user, why])
        left, right = _person(connection, one), _person(connection, other)
        hidden = left.is_protected or right.is_protected  # the place of one may be that of the other
        return {"pair": pair, "outcome": None if hidden else found[0],
                "reasons": _reasons(str(found[1]), is_hidden=hidden),
                "left": left.open(is_hidden=hidden), "right": right.open(is_hidden=hidden)}  # fmt: skip


def answer(pair: str, said: str, *, user: str, why: str, debtors: Sequence[str] = (), state: State) -> str:
    """`user` says that the two are one person (`same`) or two (`different`); the decision another must confirm.

    `debtors`: the ids from whom everything is held back until this is answered (X25).

    `same` is only for pairs of the work list: what a rule forbids, or what is one person already, is refused.
    """
    one, other = split(pair)
    with db.connect(state, "etl", doing="answer a pair") as connection:
        found = connection.execute(_PAIR, [one, other]).fetchone()
        facts = connection.execute("select identity.facts_of(%s, %s)", [one, other]).fetchone()
        people = connection.cursor(row_factory=class_row(Person)).execute(_PERSONS, [[one, other]]).fetchall()
    if said == "same" and (found is None or found[0] != "review"):
        # Which of these it is may tell that the two live together.
        raise InputRejectedError(
            "`same` is for pairs of `receivables identity review list`; this one is not compared, is forbidden by a"
            " rule or is one person already"
        )
    assert facts is not None
    reasons = _reasons(str(found[1]), is_hidden=any(each.is_protected for each in people)) if found else []
    return decisions.propose(
        KIND,
        pair,
        said,
        reason=why,
        facts=str(facts[0]),
        evidence={"reasons": reasons, "debtors": sorted(debtors)},
        user=user,
        state=state,
    )


def pair_id(one: str, other: str) -> str:
    """The name of a pair: both refs in order."""
    return "|".join(sorted((one, other)))


def last_night(state: State) -> date:
    """基準日 of the last matching; InputRejectedError before the first."""
    with db.connect(state, "etl", doing="the last matching") as connection:
        found = connection.execute("select as_of from identity.night order by night_no desc limit 1").fetchone()
    if found is None or not isinstance(found[0], date):
        raise InputRejectedError("nothing was matched yet: run a night first")
    return found[0]


def split(pair: str) -> tuple[str, str]:
    """The two refs of a pair; InputRejectedError when it names none."""
    one, bar, other = pair.partition("|")
    if not bar or not one or not other or one >= other:
        raise InputRejectedError("that names no pair: two refs in order with | between, as the work list has them")
    return one, other


def _person(connection: db.Connection, ref: str) -> Person:
    with connection.cursor(row_factory=class_row(Person)) as cursor:
        found = cursor.execute(_PERSONS, [[ref]]).fetchone()
    if found is None:
        raise InputRejectedError("a person of this pair is no longer in any source: run the next night")
    return found


def _reasons(codes: str, *, is_hidden: bool) -> list[str]:
    """The codes of a pair; without those of the home where either of the two is protected."""
    if not is_hidden:
        return codes.split()
    from receivables.identity.matching.deciding import of_the_home  # DuckDB: not for who only proposes
    from receivables.identity.matching.declaration import japanese

    of_home = of_the_home(japanese())
    return [code for code in codes.split() if code not in of_home]


def _masked(text: str | None) -> str | None:
    return None if text is None else text[:1] + _LETTER.sub("○", text[1:])
