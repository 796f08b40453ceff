"""生年月日: what the register does not know is neither made up nor held against anybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.identity.keys import BirthKey, agrees, birth_key

parts = st.sampled_from([None, 1, 2, 28])
births = st.one_of(st.none(), st.builds(BirthKey, st.sampled_from([None, 1940, 1941]), parts, parts))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("1940-05-17", BirthKey(1940, 5, 17)),
        ("19400517", BirthKey(1940, 5, 17)),
        ("1940/05/17", BirthKey(1940, 5, 17)),
        ("1940-05-00", BirthKey(1940, 5, None)),
        ("1940-00-00", BirthKey(1940, None, None)),
        ("1940-99-99", BirthKey(1940, None, None)),
        ("0000-05-17", BirthKey(None, 5, 17)),
        ("2000-02-29", BirthKey(2000, 2, 29)),
        ("0000-02-29", BirthKey(None, 2, 29)),
        ("1940-00-31", BirthKey(1940, None, 31)),
    ],
)
def test_parts_that_nobody_knows_are_none(text: str, key: BirthKey) -> None:
    assert birth_key(text) == key


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "不詳",
        "0000-00-00",
        "9999-99-99",
        "1941-02-29",
        "1940-13-01",
        "1940-05/17",
        "昭和15年",
        "１９４００５１７",
    ],
)
def test_what_is_no_date_has_no_key(text: str | None) -> None:
    assert birth_key(text) is None


@pytest.mark.parametrize(
    ("one", "other", "agreement"),
    [
        ("1940-05-17", "1940-05-17", "exact"),
        ("1940-05-17", "1940-05-18", "conflict"),
        ("1940-05-00", "1940-05-17", "compatible"),
        ("1940-05-00", "1940-05-00", "compatible"),
        ("1940-00-00", "1940-05-17", "compatible"),
        ("1941-00-00", "1940-05-17", "conflict"),
        ("0000-05-17", "1940-00-00", "unknown"),
        ("1940-05-17", "", "unknown"),
        ("", "", "unknown"),
    ],
)
def test_two_dates_agree_as_far_as_both_are_known(one: str, other: str, agreement: str) -> None:
    assert agrees(birth_key(one), birth_key(other)) == agreement


@given(births, births)
def test_neither_of_two_dates_is_first(one: BirthKey | None, other: BirthKey | None) -> None:
    assert agrees(one, other) == agrees(other, one)


@given(births)
def test_no_date_is_in_conflict_with_itself(one: BirthKey | None) -> None:
    assert agrees(one, one) != "conflict"
