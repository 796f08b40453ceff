"""What charges by the day have in common: rates in force, segments of equal days, missing years."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from receivables.calendar import ONE_DAY
from receivables.errors import InputRejectedError
from receivables.yen import Yen

DAYS_IN_RATE_YEAR = 365  # in leap years too: 利率等の表示の年利建て移行に関する法律第25条


class RateMissingError(InputRejectedError):
    """The rate table does not reach some of the days asked for (率の未登録)."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The rates in force on a closed range of days, in thousandths a year (年2.4% is 24)."""

    effective_from: date
    effective_to: date
    low_permille: int
    high_permille: int
    citation: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of days with one rate and one base: `yen` is cut to whole yen, `exact` is yen × 365,000."""

    first: date
    last: date
    permille: int
    base_yen: int

    @property
    def days(self) -> int:
        """Number of days, both ends counted."""
        return (self.last - self.first).days + 1

    @property
    def exact(self) -> int:
        """Base × days × permille, before the division by 365 and 1,000."""
        return self.base_yen * self.days * self.permille

    @property
    def yen(self) -> Yen:
        """The segment's charge, cut to whole yen."""
        return Yen(self.exact // (DAYS_IN_RATE_YEAR * 1_000))


def runs_of_equal_rate(
    rates: Sequence[Rate], first: date, last: date, *, permille_of: Callable[[Rate], int], seed: str
) -> Iterator[tuple[date, date, int]]:
    """(first, last, permille) over `first`..`last`; years with one rate are one run.

    Raises RateMissingError naming the seed to add to when some day has no rate.
    """
    day, pending = first, None
    while day <= last:
        rate = next((each for each in rates if each.effective_from <= day <= each.effective_to), None)
        if rate is None:
            raise RateMissingError(
                f"no rate in force on {day} (asked for {first}..{last}); add the year's row to {seed}"
            )
        end = min(last, rate.effective_to)
        permille = permille_of(rate)
        if pending and pending[2] == permille:
            pending = (pending[0], end, permille)
        else:
            if pending:
                yield pending
            pending = (day, end, permille)
        day = end + ONE_DAY
    if pending:
        yield pending
