"""法人番号: published numbers of public bodies pass, and one wrong digit never does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.identity.keys import corporate_number
from receivables.identity.keys.corporate import check_digit

# 国税庁, デジタル庁, 東京都 and one company, as published on 国税庁法人番号公表サイト.
PUBLISHED = ["7000012050002", "8000012010038", "8000020130001", "1180301018771"]


@pytest.mark.parametrize("number", PUBLISHED)
def test_published_numbers_are_read(number: str) -> None:
    assert corporate_number(number) == number


@pytest.mark.parametrize(
    "text",
    ["７０００-０１２０５-０００２", "T7000012050002", " 7000 0120 5000 2 ", "Ｔ７０００－０１２０－５０００－２"],
)
def test_width_signs_and_the_t_of_an_invoice_change_nothing(text: str) -> None:
    assert corporate_number(text) == "7000012050002"


@pytest.mark.parametrize(
    "text", [None, "", "700001205000", "70000120500021", "0000012050002", "７０００01205000二", "A7000012050002"]
)
def test_what_is_no_corporate_number_is_none(text: str | None) -> None:
    assert corporate_number(text) is None


@given(st.integers(0, 10**12 - 1), st.integers(0, 12), st.integers(1, 8))
def test_one_wrong_digit_is_found(twelve: int, at: int, shift: int) -> None:
    base = f"{twelve:012d}"
    number = f"{check_digit(base)}{base}"
    wrong = number[:at] + str((int(number[at]) + shift) % 9) + number[at + 1 :]

    assert corporate_number(number) == number
    assert wrong == number or corporate_number(wrong) is None or {wrong[at], number[at]} == {"0", "9"}
