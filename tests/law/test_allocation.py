"""Money spread over the parts of a claim: not a yen lost, always the same way, in the order that the seed gives."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.claims import LegalClass
from receivables.errors import InputRejectedError
from receivables.law.allocation import Rank, allocate
from receivables.rulebook import rulebook

DAY = date(2026, 6, 19)
PUBLIC = rulebook().allocation_order("nhi_premium", LegalClass.ENFORCED_PUBLIC, DAY)
PRIVATE = rulebook().allocation_order("scholarship_loan", LegalClass.PRIVATE, DAY)
NAMES = [name for rank in PUBLIC for name in rank.components]
DEBTS = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3_000_000))
AMOUNTS = st.integers(0, 10_000_000)


@given(AMOUNTS, DEBTS)
def test_what_goes_in_comes_out(amount: int, owed: dict[str, int]) -> None:
    found = allocate(amount, owed, PUBLIC)
    assert sum(found.parts.values()) + found.over_yen == amount
    assert all(0 < yen <= owed[name] for name, yen in found.parts.items())
    assert found.over_yen == max(0, amount - sum(owed.values()))


@given(AMOUNTS, DEBTS)
def test_no_rank_is_paid_before_the_one_above_is_settled(amount: int, owed: dict[str, int]) -> None:
    found = allocate(amount, owed, PUBLIC)
    left = {name: yen - found.parts.get(name, 0) for name, yen in owed.items()}
    for above, below in pairwise(PUBLIC):
        if any(found.parts.get(name) for name in below.components):
            assert not any(left.get(name) for name in above.components)


@given(AMOUNTS, DEBTS)
def test_shares_differ_from_proportion_by_less_than_a_yen(amount: int, owed: dict[str, int]) -> None:
    rank = Rank(tuple(NAMES), "")
    found, total = allocate(amount, owed, [rank]), sum(owed.values())
    for name, yen in owed.items():
        if 0 < amount < total:
            assert abs(found.parts.get(name, 0) * total - amount * yen) < total


@given(st.permutations(["medical", "support", "care"]))
def test_the_order_of_the_debts_does_not_matter(names: list[str]) -> None:
    owed = {"medical": 6_001, "support": 3_001, "care": 1_001}
    assert allocate(5_000, {name: owed[name] for name in names}, PUBLIC) == allocate(5_000, owed, PUBLIC)


def test_a_premium_is_paid_in_proportion_before_its_charge() -> None:
    owed = {"medical": 6_000, "support": 3_000, "care": 1_000, "delinquency_charge": 700}
    assert allocate(5_000, owed, PUBLIC).parts == {"medical": 3_000, "support": 1_500, "care": 500}
    assert allocate(10_100, owed, PUBLIC).parts["delinquency_charge"] == 100


def test_a_loan_pays_costs_and_damages_first() -> None:
    """民法第489条第1項."""
    owed = {"principal": 30_000, "delinquency_charge": 1_800, "disposition_costs": 500}
    assert allocate(2_000, owed, PRIVATE).parts == {"disposition_costs": 500, "delinquency_charge": 1_500}


def test_what_is_over_is_told() -> None:
    assert allocate(10_500, {"principal": 10_000}, PUBLIC).over_yen == 500


@pytest.mark.parametrize(("amount", "owed"), [(-1, {"principal": 5}), (1, {"principal": -5})])
def test_nothing_below_zero_is_allocated(amount: int, owed: dict[str, int]) -> None:
    with pytest.raises(InputRejectedError, match="below zero"):
        allocate(amount, owed, PUBLIC)


def test_an_unknown_component_names_the_seed() -> None:
    with pytest.raises(InputRejectedError, match=r"parking.*allocation_orders\.csv"):
        allocate(1, {"parking": 5}, PUBLIC)


def test_a_class_without_an_order_names_the_seed() -> None:
    with pytest.raises(InputRejectedError, match=r"allocation_orders\.csv"):
        rulebook().allocation_order("resident_tax", LegalClass.ENFORCED_PUBLIC, date(1899, 12, 31))
