"""When a kind of defect is gone (解消の見込み): the robust slope of its last counts, and a date only where it falls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations
from math import ceil
from statistics import median

LAST = 5  # counts that the slope rests on
FARTHEST_DAYS = 3650  # beyond that a date means nothing


@dataclass(frozen=True, slots=True)
class Forecast:
    """The day on which nothing is left at the present rate (解消予測日), or in words why there is none."""

    ends_on: date | None
    words: str


def forecast(counts: Sequence[tuple[date, int]], *, last: int = LAST) -> Forecast:
    """From the last `last` counts of different days, oldest first: Theil–Sen slope, so one odd count moves little.

    Nothing left ends on the day it was first counted as none; what does not fall has no end.
    """
    if not counts:
        return Forecast(None, "測定なし")
    recent = list(counts)[-last:]
    on, left = recent[-1]
    if left == 0:
        since = on
        for day, rows in reversed(counts):
            if rows:
                break
            since = day
        return Forecast(since, "解消済み")
    if len(recent) < 2:
        return Forecast(None, "測定が一回のみ")
    slope = _slope(recent)
    if slope >= 0:
        return Forecast(None, "減っていない")
    days = ceil(left / -slope)
    if days > FARTHEST_DAYS:
        return Forecast(None, "十年以上先")
    return Forecast(on + timedelta(days=days), "見込み")


def _slope(counts: Sequence[tuple[date, int]]) -> Fraction:
    """Rows a day: the median of the slopes between every two counts (Theil, 1950; Sen, 1968)."""
    return median(
        Fraction(later[1] - earlier[1], (later[0] - earlier[0]).days) for earlier, later in combinations(counts, 2)
    )
