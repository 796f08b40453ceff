"""Allocation (充当): which part of a claim a sum of money pays, by the order that its kind of claim has.

Law: 民法第489条第1項 (costs, interest, principal), 地方税法第14条の5 (costs of seizure first); that taxes and premiums
pay the principal before its charge is the ward's practice, and so configuration. The orders are rows of
dbt_project/seeds/law/allocation_orders.csv; within one rank the money goes in proportion (按分).
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from operator import itemgetter

from receivables.claims import LegalClass
from receivables.errors import InputRejectedError
from receivables.settings import SEEDS

ORDERS_SEED = "dbt_project/seeds/law/allocation_orders.csv"
Parts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Rank:
    """Components that are paid together, and the article or manual that says when."""

    components: tuple[str, ...]
    citation: str


@dataclass(frozen=True, slots=True)
class Allocation:
    """Yen paid on each component, and what is left over (過誤納)."""

    parts: Parts
    over_yen: int


@cache
def order_of(claim_type: str, legal_class: LegalClass, day: date) -> tuple[Rank, ...]:
    """The order in force on `day` for a kind of claim, else for its class (充当の順序). 民法第489条, 地方税法第14条の5.

    Raises InputRejectedError naming the seed when there is none.
    """
    for applies_to in (claim_type, str(legal_class)):
        found = [row for row in _rows() if row["applies_to"] == applies_to and _holds(row, day)]
        if found:
            found.sort(key=itemgetter("rank"))
            groups = [list(rows) for _, rows in groupby(found, key=itemgetter("rank"))]
            return tuple(Rank(tuple(row["component_code"] for row in rows), rows[0]["citation"]) for rows in groups)
    raise InputRejectedError(
        f"no order of allocation for {claim_type} ({legal_class}) on {day}; add it to {ORDERS_SEED}"
    )


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with (SEEDS / "law" / "allocation_orders.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines, strict=True))


def _holds(row: Mapping[str, str], day: date) -> bool:
    return row["effective_from"] <= day.isoformat() <= row["effective_to"]


def allocate(amount_yen: int, owed: Mapping[str, int], order: Sequence[Rank]) -> Allocation:
    """Spread `amount_yen` over what is `owed`, component by component (充当). 地方税法第14条の5, 民法第489条.

    Sum in = sum out: the parts and what is over add up to the amount. Raises InputRejectedError for an
    amount or a debt below zero and for a component that the order does not know.
    """
    _refuse(amount_yen, owed, order)
    parts, left = {}, amount_yen
    for rank in order:
        shares = _in_proportion(left, {name: owed[name] for name in rank.components if owed.get(name)})
        parts.update(shares)
        left -= sum(shares.values())
    return Allocation({name: yen for name, yen in parts.items() if yen}, left)


def _in_proportion(amount_yen: int, owed: Mapping[str, int]) -> Parts:
    """Whole yen in proportion to what is owed; the yen that division leaves go to the largest remainders.

    Equal remainders are settled in the order given, so that the same money always goes the same way.
    """
    total = sum(owed.values())
    if amount_yen >= total:
        return dict(owed)
    parts = {name: amount_yen * yen // total for name, yen in owed.items()}
    by_remainder = sorted(owed, key=lambda name: -(amount_yen * owed[name] % total))
    for name in by_remainder[: amount_yen - sum(parts.values())]:
        parts[name] += 1
    return parts


def _refuse(amount_yen: int, owed: Mapping[str, int], order: Sequence[Rank]) -> None:
    ranked = {name for rank in order for name in rank.components}
    unknown = sorted(set(owed) - ranked)
    if unknown:
        raise InputRejectedError(f"no rank for {', '.join(unknown)}; add it to {ORDERS_SEED}")
    if amount_yen < 0 or any(yen < 0 for yen in owed.values()):
        raise InputRejectedError("a payment or a debt below zero cannot be allocated; a reversal withdraws its receipt")
