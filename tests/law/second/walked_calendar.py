"""The Gregorian calendar by walking it: day 0 is 1990-01-01; no date arithmetic but one step after another.

Days and months are numbers from 0; `LAST` is the last day known (2075-12-31).
"""

from datetime import date

import numpy as np

FIRST_YEAR, LAST_YEAR = 1990, 2075
EPOCH = date(FIRST_YEAR, 1, 1).toordinal()


def _length(year: int, month: int) -> int:
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (31, 29 if is_leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def _walk() -> tuple[list[int], list[int], list[int], list[int], list[int]]:
    year_of, month_no_of, day_of, first_of, length_of = [], [], [], [], []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for month in range(1, 13):
            first_of.append(len(day_of))
            length_of.append(_length(year, month))
            for day in range(1, length_of[-1] + 1):
                year_of.append(year)
                month_no_of.append(len(first_of) - 1)
                day_of.append(day)
    return year_of, month_no_of, day_of, first_of, length_of


YEARS, MONTHS, DAYS, FIRSTS, LENGTHS = _walk()
YEAR, MONTH, DAY, FIRST, LENGTH = (np.array(one, dtype=np.int64) for one in (YEARS, MONTHS, DAYS, FIRSTS, LENGTHS))
LAST = len(DAYS) - 1
DAY_OF_YEAR = np.arange(LAST + 1) - FIRST[MONTH - MONTH % 12] + 1
IS_LEAP: list[bool] = [LENGTHS[month - month % 12 + 1] == 29 for month in MONTHS]


def number(day: date) -> int:
    """The number of a date."""
    return day.toordinal() - EPOCH


def as_date(day: int) -> date:
    """The date of a number."""
    return date.fromordinal(int(day) + EPOCH)


def last_of_period(first: int, months: int) -> int:
    """Last day of `months` beginning with `first` (Civil Code 143): the eve of the corresponding day, or month end."""
    month = MONTHS[first] + months
    if DAYS[first] > LENGTHS[month]:
        return FIRSTS[month] + LENGTHS[month] - 1
    return FIRSTS[month] + DAYS[first] - 2


def last_of_periods(first: np.ndarray, months: np.ndarray) -> np.ndarray:
    """`last_of_period` of many."""
    month = MONTH[first] + months
    whole = FIRST[month] + LENGTH[month] - 1
    return np.where(DAY[first] > LENGTH[month], whole, FIRST[month] + DAY[first] - 2)
