"""和暦: every day of five eras, both sides of every boundary, days that never were, and two second opinions.

`data/era-table.json` gives the first days of the eras (facts; own work); japanera is another's program.
"""

import json
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from japanera import EraDate

from receivables.era import EraError, date_to_host_wareki, date_to_wareki, wareki_to_date

TABLE = json.loads((Path(__file__).parent / "data" / "era-table.json").read_text(encoding="utf-8"))
FIRST, LAST = date.fromisoformat(TABLE[0]["start"]), date(2030, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


def written(era: int, day: date) -> list[str]:
    """`day` counted in that era, in every form departments use."""
    named, first = TABLE[era], date.fromisoformat(TABLE[era]["start"])
    year = day.year - first.year + 1
    packed = f"{year:02d}{day:%m%d}"
    forms = [f"{named['era']}{year}年{day.month}月{day.day}日", f"{named['letter']}{year}.{day.month}.{day.day}",
             f"{named['letter']}{packed}", f"{era + 1}{packed}"]  # fmt: skip
    if year == 1:
        forms.append(f"{named['era']}元年{day.month:02d}月{day.day:02d}日")
    return [*forms, *(form.translate(WIDE) for form in forms)]


WIDE = str.maketrans("0123456789.MTSHR", "０１２３４５６７８９．ＭＴＳＨＲ")
BOUNDARIES = [(at, date.fromisoformat(later["start"])) for at, (_, later) in enumerate(pairwise(TABLE))]


def test_every_day_survives_the_round_trip_in_both_forms() -> None:
    assert [wareki_to_date(date_to_wareki(day)) for day in DAYS] == DAYS
    assert [wareki_to_date(date_to_host_wareki(day)) for day in DAYS] == DAYS


@pytest.mark.parametrize(("era", "change"), BOUNDARIES, ids=[str(change) for _, change in BOUNDARIES])
def test_both_sides_of_a_boundary_in_every_form(era: int, change: date) -> None:
    last = change - timedelta(days=1)
    right = [(form, last) for form in written(era, last)] + [(form, change) for form in written(era + 1, change)]
    wrong = [form for form in written(era, change) if "元" not in form] + written(era + 1, last)
    assert len(right) + len(wrong) >= 30
    assert [(form, wareki_to_date(form)) for form, _ in right] == right
    for form in wrong:
        with pytest.raises(EraError):
            wareki_to_date(form)


OVERRUNS = {
    "平成31年5月1日": date(2019, 5, 1),
    "平成31年5月31日": date(2019, 5, 31),
    "平成32年4月1日": date(2020, 4, 1),
    "平成３２年２月２９日": date(2020, 2, 29),
    "平成45年3月31日": date(2033, 3, 31),
    "4310501": date(2019, 5, 1),
    "H320401": date(2020, 4, 1),
}


@pytest.mark.parametrize(("text", "day"), OVERRUNS.items())
def test_heisei_runs_on_only_where_that_is_allowed(text: str, day: date) -> None:
    assert wareki_to_date(text, may_overrun=True) == day
    with pytest.raises(EraError):
        wareki_to_date(text)


NEVER = ["昭和64年1月8日", "昭和65年4月1日", "大正15年12月25日", "明治46年1月1日", "令和0年5月1日",
         "平成31年4月31日", "平成33年2月29日", "平成0年5月1日", "平成元年1月7日"]  # fmt: skip


@pytest.mark.parametrize("text", NEVER)
def test_no_other_impossible_day_is_allowed_with_it(text: str) -> None:
    with pytest.raises(EraError):
        wareki_to_date(text, may_overrun=True)


@given(st.dates(date(1912, 7, 30), LAST))
def test_japanera_agrees(day: date) -> None:
    ours = date_to_wareki(day).replace("元年", "1年")
    era = EraDate.from_date(day)
    assert ours == f"{era.era.kanji}{era.year - era.era.since.year + 1}年{day.month}月{day.day}日"


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
        "明治元年1月24日", "昭和64年1月8日", "昭和64年2月1日", "平成31年5月1日", "平成32年4月1日", "令和0年5月1日",
        "平成元年1月7日", "令和元年4月30日", "大正15年12月25日", "明治45年7月30日", "令和6年2月30日", "令和6年13月1日",
        "5000531", "令和5年2月29日", "4310501", "6010101", "2024-05-31", "20240531", "", "令和", "9999999",
        "0000000", "R6/5",
    ],
)  # fmt: skip
def test_days_that_never_were_are_refused(text: str) -> None:
    with pytest.raises(EraError) as refused:
        wareki_to_date(text)
    assert len(text) < 3 or text not in str(refused.value)
