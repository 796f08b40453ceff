"""The end of a burn-down: exact where it falls evenly, unmoved by one odd count, and none where it does not fall."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from receivables.migration.cleansing.trend import forecast

START = date(2026, 6, 1)


def days(*rows: int, step: int = 1) -> list[tuple[date, int]]:
    return [(START + timedelta(days=at * step), count) for at, count in enumerate(rows)]


def test_an_even_fall_ends_when_the_rows_run_out() -> None:
    found = forecast(days(100, 90, 80, step=7))
    assert found.ends_on == START + timedelta(days=14 + 56)
    assert found.words == "見込み"


def test_a_day_that_is_not_whole_counts_whole() -> None:
    assert forecast(days(10, 7)).ends_on == START + timedelta(days=1 + 3)  # 7 / 3 is more than two days


def test_one_odd_count_moves_nothing() -> None:
    straight = forecast(days(100, 90, 80, 70, 60))
    assert forecast(days(100, 90, 500, 70, 60)).ends_on == straight.ends_on


def test_what_does_not_fall_has_no_end() -> None:
    for rows in ((5, 5, 5), (5, 6), (5, 9, 5), (1, 2, 3, 4)):
        assert forecast(days(*rows)).ends_on is None
        assert forecast(days(*rows)).words == "減っていない"


def test_one_count_says_nothing_and_none_neither() -> None:
    assert (forecast(days(5)).ends_on, forecast(days(5)).words) == (None, "測定が一回のみ")
    assert forecast([]).words == "測定なし"


def test_nothing_left_ended_on_the_first_day_of_none() -> None:
    assert forecast(days(3, 0, 0)).ends_on == START + timedelta(days=1)
    assert forecast(days(3, 0, 1, 0)).ends_on == START + timedelta(days=3)


def test_a_day_in_a_far_century_is_no_forecast() -> None:
    assert forecast(days(1_000_001, 1_000_000)).ends_on is None
    assert forecast(days(1_000_001, 1_000_000)).words == "十年以上先"


def test_only_the_last_counts_bear_on_it() -> None:
    assert forecast(days(10, 500, 400, 300), last=3).ends_on == START + timedelta(days=6)


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=8), st.integers(1, 30))
def test_an_end_is_never_before_the_last_count_unless_nothing_is_left(rows: list[int], step: int) -> None:
    counted = days(*rows, step=step)
    found = forecast(counted)
    if found.ends_on is not None and rows[-1]:
        assert found.ends_on > counted[-1][0]
    if rows == sorted(rows) and rows[-1]:
        assert found.ends_on is None
