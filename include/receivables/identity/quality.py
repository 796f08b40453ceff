"""How many automatic links are wrong (名寄せの品質): a monthly sample that people judge, and what it proves.

The bound is one-sided Clopper-Pearson over the last twelve months. A link that nobody could judge counts as wrong:
it is never shown better than it is.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.confidence import upper_share
from receivables.errors import InputRejectedError
from receivables.settings import State

SIZE = 60  # pairs a month; without an error it takes some 300 judged pairs to prove 1 % at 95 %
MONTHS = 12
CONFIDENCE_PERMILLE = 950
# Three in four from links by evidence, as far as there are that many: a wrong one is likelier there than where
# the number is borne out by the name.
_BY_METHOD = (("evidence", 0.75), ("number", 1.0))
_LINKS = """
    select p.ref_l || '|' || p.ref_r as pair from identity.pair as p
    where p.outcome = 'link' and p.method = %(method)s
        and not exists (select from identity.sampled as s where s.pair = p.ref_l || '|' || p.ref_r) -- no pair twice
    order by md5(%(month)s || p.ref_l || p.ref_r), p.ref_l, p.ref_r limit %(size)s
"""
_COUNT = "select count(*) from identity.pair where outcome = 'link' and method = %s"
_KEEP = """
    insert into identity.sampled (month, pair, method, linked_pairs) values (%s, %s, %s, %s) on conflict do nothing
"""
_OPEN = """
    select month, pair, method from identity.sampled where verdict is null order by month, pair limit %s
"""
_JUDGE = """
    update identity.sampled
    set verdict = %(verdict)s, judged_by = %(user)s, why = %(why)s, judged_at = clock_timestamp()
    where pair = %(pair)s and verdict is null
"""
_JUDGED = """
    select count(*), count(*) filter (where verdict <> 'same') from identity.sampled
    where verdict is not null and month > to_char(%s::date - make_interval(months => %s), 'YYYY-MM')
"""

_TRUST = """
    select as_of, source_code, numbered, registered, corroborated, trust_permille from identity.source_trust
    where as_of = (select max(as_of) from identity.source_trust) order by trust_permille nulls last, source_code
"""


@dataclass(frozen=True, slots=True)
class Quality:
    """What the judged pairs of the last twelve months prove of all automatic links."""

    judged: int
    wrong: int
    waiting: int
    upper_permille: float | None  # None: nothing judged, nothing proven

    def told(self) -> str:
        """In words, for the screen."""
        if self.upper_permille is None:
            return f"判定済みの抜取がないため、誤統合率は示せない（判定待ち {self.waiting}組）"
        return (
            f"誤統合率は{CONFIDENCE_PERMILLE / 10:g}％の信頼度で{self.upper_permille / 10:.2f}％以下"
            f"（直近{MONTHS}か月の抜取{self.judged}組のうち誤り・不明{self.wrong}組、判定待ち{self.waiting}組）"
        )


def draw(*, as_of: date, size: int = SIZE, state: State) -> int:
    """Draw the sample of the month of `as_of`, once; how many pairs are new. The month decides it, nobody chooses."""
    month, drawn = f"{as_of:%Y-%m}", 0
    with db.connect(state, "etl", doing="draw a sample") as connection:
        there = connection.execute("select count(*) from identity.sampled where month = %s", [month]).fetchone()
        if there is not None and int(str(there[0])):
            return 0
        for method, share in _BY_METHOD:
            wanted = {"method": method, "month": month, "size": round((size - drawn) * share)}
            (linked,) = connection.execute(_COUNT, [method]).fetchone() or (0,)
            pairs = [str(pair) for (pair,) in connection.execute(_LINKS, wanted).fetchall()]
            connection.cursor().executemany(_KEEP, [(month, pair, method, linked) for pair in pairs])
            drawn += len(pairs)
    return drawn


def to_judge(*, limit: int = SIZE, state: State) -> list[dict[str, Any]]:
    """The pairs of the samples that wait, oldest first; `review.look` shows the two."""
    with db.connect(state, "etl", doing="the sample") as connection:
        return connection.cursor(row_factory=dict_row).execute(_OPEN, [limit]).fetchall()


def judge(pair: str, verdict: str, *, user: str, why: str, state: State) -> None:
    """Say of a sampled pair that it is one person (`same`), two (`different`), or that nobody can tell (`unclear`).

    A `different` does not part the two by itself: that is for two people, by `receivables identity review reject`.
    """
    if verdict not in ("same", "different", "unclear"):
        raise InputRejectedError(f"a verdict is same, different or unclear; not {verdict!r}")
    with db.connect(state, "etl", doing="judge a pair") as connection:
        done = connection.execute(_JUDGE, {"pair": pair, "verdict": verdict, "user": user, "why": why})
    if done.rowcount == 0:
        raise InputRejectedError("the pair waits in no sample; `receivables identity sample list` shows those that do")


def quality(*, as_of: date, state: State) -> Quality:
    """The upper bound of wrong automatic links on `as_of`, per mille."""
    with db.connect(state, "screen", doing="quality of links") as connection:
        judged, wrong = connection.execute(_JUDGED, [as_of, MONTHS]).fetchone() or (0, 0)
        waiting = connection.execute("select count(*) from identity.sampled where verdict is null").fetchone()
    judged, wrong = int(str(judged)), int(str(wrong))
    return Quality(judged, wrong, int(str(waiting[0])) if waiting else 0, _upper(wrong, judged))


def trust(*, state: State) -> list[dict[str, Any]]:
    """How often each source's 宛名番号 was borne out by name or reading when everybody was compared last."""
    with db.connect(state, "etl", doing="trust of the sources") as connection:
        return connection.cursor(row_factory=dict_row).execute(_TRUST).fetchall()


def _upper(wrong: int, judged: int) -> float | None:
    if not judged:
        return None
    return round(1000 * upper_share(wrong, judged, CONFIDENCE_PERMILLE / 1000), 3)
