"""Days on which the ward's counters and banks are open (開庁日)."""

from datetime import date, timedelta
from functools import cache

import holidays

_ONE = timedelta(days=1)
_YEARS = range(2010, 2041)
_HOLIDAYS = frozenset(holidays.country_holidays("JP", years=_YEARS))


@cache
def is_office_day(day: date) -> bool:
    """Whether `day` is neither weekend, holiday (祝日) nor 29 December to 3 January (年末年始)."""
    closed_for_new_year = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
    return day.weekday() < 5 and day not in _HOLIDAYS and not closed_for_new_year


@cache
def on_or_after(day: date) -> date:
    """The first office day not before `day` (翌開庁日, as due dates roll)."""
    while not is_office_day(day):
        day += _ONE
    return day


@cache
def on_or_before(day: date) -> date:
    """The last office day not after `day` (前開庁日, as letters are sent within a limit)."""
    while not is_office_day(day):
        day -= _ONE
    return day


@cache
def later(day: date, count: int) -> date:
    """`day` and `count` calendar days, rolled to an office day."""
    return on_or_after(day + timedelta(days=count))


def fiscal_year(day: date) -> int:
    """The fiscal year (年度, April to March) of `day`."""
    return day.year if day.month >= 4 else day.year - 1


def accounting_year(day: date, claim_year: int) -> int:
    """The year whose books take a receipt of `day`: the claim's own until they close on 31 May (出納閉鎖)."""
    return claim_year if day <= date(claim_year + 1, 5, 31) else fiscal_year(day)
