"""Allocation (充当): which part of a claim a sum of money pays, by the order that its kind of claim has.

Law: 民法第489条第1項 (costs, interest, principal), 地方税法第14条の5 (costs of seizure first); that taxes and premiums
pay the principal before its charge is the ward's practice, and so configuration. The orders are rows of
dbt_project/seeds/law/allocation_orders.csv; within one rank the money goes in proportion (按分).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from receivables.errors import InputRejectedError

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
