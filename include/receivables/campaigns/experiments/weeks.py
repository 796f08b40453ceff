"""Weeks drawn by chance (週の無作為割付): in which of two weeks the phone centre calls out, and in which it answers.

Weeks come in pairs, one of each kind, so that the season falls on both alike. What they bring is compared pair by
pair: Student's interval of the paired differences, and how often chance alone would do as much (every way the pairs
could have been drawn).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import product
from math import sqrt
from typing import Any

import numpy as np
from psycopg.rows import dict_row
from scipy.special import stdtrit

from receivables import db
from receivables.campaigns.experiments.assignment import bucket
from receivables.campaigns.experiments.effects import published_day
from receivables.campaigns.experiments.intervals import Interval
from receivables.errors import InputRejectedError
from receivables.settings import State

MODES_JA = {"outbound": "架電の週", "inbound": "受電の週"}
_MOST_PAIRS = 26
_MOST_FOR_ALL_WAYS = 12
_LAG_DAYS = 20  # 帳簿に入るまで
_WEEKS = """
    select w.block_no, w.week_start, w.mode,
        coalesce((
            select sum(received.received_yen) from mart.fct_receipts as received
            inner join mart.fct_claims as claims using (claim_id)
            where received.paid_on between w.week_start and w.week_start + 6 and claims.due_date < w.week_start
                and received.is_provisional is not true
        ), 0)::bigint as paid_yen,
        (
            select sum(calls) from campaign.inbound_load where day between w.week_start and w.week_start + 6
        )::bigint as calls
    from campaign.week as w
    where w.week_start + 7 + %s <= %s
    order by w.block_no, w.mode
"""
_DRAWN = """
    insert into campaign.week (week_start, block_no, mode, salt)
    values (%(week_start)s, %(block_no)s, %(mode)s, %(salt)s)
"""


def plan_weeks(first_monday: date, *, pairs: int, salt: str, state: State) -> list[dict[str, Any]]:
    """Draw `pairs` pairs of weeks from `first_monday` on; frozen when this returns (事前割付).

    Raises InputRejectedError for weeks that have begun or were drawn before.
    """
    if not 1 <= pairs <= _MOST_PAIRS or first_monday.isoweekday() != 1 or len(salt) < 8:
        raise InputRejectedError(f"give a Monday, 1 to {_MOST_PAIRS} pairs and a salt of at least 8 letters")
    with db.connect(state, "sender", doing="plan weeks") as connection:
        if first_monday <= published_day(connection):
            raise InputRejectedError(f"the week of {first_monday} has begun: weeks are drawn beforehand or not at all")
        if connection.execute("select 1 from campaign.week where week_start >= %s", [first_monday]).fetchone():
            raise InputRejectedError("weeks from then on were drawn before, and are not drawn again")
        found = connection.execute("select coalesce(max(block_no), 0) from campaign.week").fetchone()
        before = int(str(found[0])) if found else 0
        rows = [
            {"week_start": first_monday + timedelta(weeks=2 * at + place), "block_no": before + at + 1, "mode": mode}
            for at in range(pairs)
            for place, mode in enumerate(_order(f"{first_monday}|{at}", salt))
        ]
        connection.cursor().executemany(_DRAWN, [{**row, "salt": salt} for row in rows])
    return rows


def compared(connection: db.Connection) -> dict[str, Any]:
    """Outbound weeks minus inbound ones, as far as both weeks of a pair are over and their money is booked."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_WEEKS, [_LAG_DAYS, published_day(connection)]).fetchall()
    by = {(row["block_no"], row["mode"]): row for row in rows}
    blocks = sorted({block for block, _ in by if (block, "outbound") in by and (block, "inbound") in by})
    gaps = [by[block, "outbound"]["paid_yen"] - by[block, "inbound"]["paid_yen"] for block in blocks]
    found = paired(gaps)
    return {
        "weeks": [row for row in rows if row["block_no"] in blocks], "pairs": len(blocks),
        "gain_yen": found and round(found.estimate), "gain_low_yen": found and round(found.low),
        "gain_high_yen": found and round(found.high), "chance_permille": chance_permille(gaps),
    }  # fmt: skip


def paired(gaps: Sequence[int]) -> Interval | None:
    """Mean of paired differences with Student's 95 % interval; None of fewer than two."""
    if len(gaps) < 2:
        return None
    mean = float(np.mean(gaps))
    half = float(stdtrit(len(gaps) - 1, 0.975)) * float(np.std(gaps, ddof=1)) / sqrt(len(gaps))
    return Interval(mean, mean - half, mean + half)


def chance_permille(gaps: Sequence[int]) -> int | None:
    """Per mille of all ways to draw the pairs that would differ as much or more; None where there are too many ways."""
    if not 1 <= len(gaps) <= _MOST_FOR_ALL_WAYS:
        return None
    ways = np.array(list(product((1, -1), repeat=len(gaps)))) @ np.array(gaps)
    return round(1000 * float((np.abs(ways) >= abs(sum(gaps))).mean()))


def _order(pair: str, salt: str) -> tuple[str, str]:
    return ("outbound", "inbound") if bucket(pair, salt) < 500 else ("inbound", "outbound")
