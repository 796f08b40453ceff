"""Whole yen: ASCII digits only, cut and never rounded up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.yen import parse_yen, truncate


@given(st.integers(-(10**12), 10**12))
def test_what_is_written_is_read(amount: int) -> None:
    assert parse_yen(str(amount)) == amount


@pytest.mark.parametrize(
    "text", ["", " 1", "1,000", "¥1000", "△500", "(500)", "1e9", "１２３", "1_000", "²", "1.0", "99999999999999", "+-1"]
)
def test_other_notations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="whole number of yen"):
        parse_yen(text)


@given(st.integers(0, 10**12), st.sampled_from([1, 10, 100, 1000]), st.sampled_from([0, 1000, 2000]))
def test_cutting_never_adds_and_never_loses_a_whole_unit(amount: int, unit: int, zero_below: int) -> None:
    cut = truncate(amount, unit=unit, zero_below=zero_below)
    assert cut <= amount
    assert cut % unit == 0
    assert cut == 0 if amount < zero_below else amount - cut < unit
