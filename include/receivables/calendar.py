"""Counting days, months and fiscal years as the Civil Code and the Local Autonomy Act do (期間計算).

Law: 民法第140条・第143条 (periods), 地方自治法第208条 (fiscal year), 第235条の5 (出納閉鎖),
地方自治法施行令第142条 (the year an instalment belongs to), 地方税法第20条の5 (days that roll).
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

import holidays

ONE_DAY = timedelta(days=1)
YEAR_END = frozenset({(12, 29), (12, 30), (12, 31), (1, 2), (1, 3)})  # 年末年始: 地方税法第20条の5 and its order


def last_day_of_months(first_day: date, months: int) -> date:
    """Last day of a period of `months` that counts `first_day` as its first day (応当日の前日).

    民法第143条第2項: the day before the corresponding day; where the last month has no such
    day, the last day of that month.
    """
    year, month_before = divmod(first_day.year * 12 + first_day.month - 1 + months, 12)
    month = month_before + 1
    if first_day.day > 28 and first_day.day > (last := monthrange(year, month)[1]):
        return date(year, month, last)
    return date(year, month, first_day.day) - ONE_DAY


def fiscal_year(day: date) -> int:
    """The fiscal year (会計年度, April to March) that `day` lies in: 2026-03-31 is 2025. 地方自治法第208条."""
    return day.year if day.month >= 4 else day.year - 1


def book_closing(year: int) -> date:
    """The day the books of fiscal `year` close: 31 May of the next (出納閉鎖). 地方自治法第235条の5."""
    return date(year + 1, 5, 31)


def is_closed(day: date) -> bool:
    """True on Saturdays, Sundays, national holidays and 29 December to 3 January (閉庁日)."""
    return day.weekday() >= 5 or (day.month, day.day) in YEAR_END or is_holiday(day)


def is_holiday(day: date) -> bool:
    """True on national holidays (国民の祝日) and their substitutes. 国民の祝日に関する法律第3条."""
    return day in _holidays_of(day.year)


def rolled(day: date) -> date:
    """`day`, or the next office day when it is closed (納期限の繰延べ). 地方税法第20条の5第2項."""
    while is_closed(day):
        day += ONE_DAY
    return day


def year_pieces(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The closed range `first`..`last` cut at every 31 December."""
    while first <= last:
        end = min(last, date(first.year, 12, 31))
        yield first, end
        first = end + ONE_DAY


@cache
def _holidays_of(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("JP", years=year))
