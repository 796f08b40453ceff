"""和暦: every day of five eras, the days that never were, and a second opinion from japanera."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from japanera import EraDate

from receivables.era import EraError, date_to_host_wareki, date_to_wareki, wareki_to_date

FIRST, LAST = date(1873, 1, 1), date(2030, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


def test_every_day_survives_the_round_trip_in_both_forms() -> None:
    assert [wareki_to_date(date_to_wareki(day)) for day in DAYS] == DAYS
    assert [wareki_to_date(date_to_host_wareki(day)) for day in DAYS] == DAYS


@given(st.dates(date(1912, 7, 30), LAST))
def test_japanera_agrees(day: date) -> None:
    written = date_to_wareki(day).replace("元年", "1年")
    era = EraDate.from_date(day)
    assert written == f"{era.era.kanji}{era.year - era.era.since.year + 1}年{day.month}月{day.day}日"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("平成元年1月8日", date(1989, 1, 8)),
        ("平成31年4月30日", date(2019, 4, 30)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("R6.5.31", date(2024, 5, 31)),
        ("5060531", date(2024, 5, 31)),
        ("S640107", date(1989, 1, 7)),
        ("令和６年５月３１日", date(2024, 5, 31)),
        ("令和 6年 5月31日", date(2024, 5, 31)),
    ],
)
def test_forms_that_departments_write(text: str, day: date) -> None:
    assert wareki_to_date(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "昭和64年1月8日", "昭和64年2月1日", "平成31年5月1日", "平成32年4月1日", "令和0年5月1日", "平成元年1月7日",
        "令和元年4月30日", "大正15年12月25日", "明治45年7月30日", "令和6年2月30日", "令和6年13月1日", "5000531",
        "令和5年2月29日", "4310501", "6010101", "2024-05-31", "20240531", "", "令和", "9999999", "0000000", "R6/5",
    ],
)  # fmt: skip
def test_days_that_never_were_are_refused(text: str) -> None:
    with pytest.raises(EraError) as refused:
        wareki_to_date(text)
    assert len(text) < 3 or text not in str(refused.value)
