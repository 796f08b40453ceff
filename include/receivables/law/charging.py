"""What charges by the day have in common: rates in force, part payments, segments of equal days, missing years."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from receivables.calendar import ONE_DAY, year_pieces
from receivables.errors import InputRejectedError
from receivables.yen import Yen

DAYS_IN_RATE_YEAR = 365  # in leap years too: 利率等の表示の年利建て移行に関する法律第25条
DENOMINATOR = DAYS_IN_RATE_YEAR * 1_000


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
class Payment:
    """Principal paid on one day (納付)."""

    paid_on: date
    amount_yen: int


class Segment(NamedTuple):
    """A run of days with one rate, one base and one relief (減免の種類, None where there is none)."""

    first: date
    last: date
    permille: int
    base_yen: int
    relief: str | None = None

    @property
    def days(self) -> int:
        """Number of days, both ends counted."""
        return (self.last - self.first).days + 1

    @property
    def exact(self) -> int:
        """Base × days × permille, before the division by 365 and 1,000."""
        return self.base_yen * ((self.last - self.first).days + 1) * self.permille

    @property
    def yen(self) -> Yen:
        """The segment's charge, cut to whole yen."""
        return Yen(self.exact // DENOMINATOR)


Run = tuple[date, date, int]


class RateTable(tuple[Rate, ...]):
    """Rates in the order of their days, year by year: a segment ends on 31 December though the rate stays.

    The rate is that of the calendar year (地方税法附則第3条の2), and each segment is cut to whole yen.
    """

    @cached_property
    def low(self) -> "Runs":
        """The runs of the lower rate (納期限後の特例期間)."""
        return Runs((rate.effective_from, rate.effective_to, rate.low_permille) for rate in self)

    @cached_property
    def high(self) -> "Runs":
        """The runs of the higher rate (その後の期間)."""
        return Runs((rate.effective_from, rate.effective_to, rate.high_permille) for rate in self)

    @classmethod
    def of(cls, rates: Sequence[Rate]) -> "RateTable":
        """`rates` themselves when they are a table already."""
        return rates if isinstance(rates, RateTable) else cls(rates)


class Runs:
    """Runs of days of one year with one rate, in order."""

    def __init__(self, pieces: Iterable[Run]) -> None:
        self._runs: list[Run] = []
        for first, last, permille in pieces:
            self._runs.extend((begin, end, permille) for begin, end in year_pieces(first, last))
        self._begins = [run[0] for run in self._runs]

    def between(self, first: date, last: date, *, seed: str) -> Iterator[Run]:
        """(first, last, permille) over `first`..`last`; RateMissingError names `seed` when a day has no rate."""
        at, day = max(bisect_right(self._begins, first) - 1, 0), first
        while day <= last:
            if at == len(self._runs) or not self._runs[at][0] <= day <= self._runs[at][1]:
                raise RateMissingError(
                    f"no rate in force on {day} (asked for {first}..{last}); add the year's row to {seed}"
                )
            _, end, permille = self._runs[at]
            yield day, min(end, last), permille
            if end >= last:
                return
            day, at = end + ONE_DAY, at + 1


def bases_between_payments(
    principal_yen: int, due: date, until: date, payments: Sequence[Payment], base_of: Callable[[int], int]
) -> Iterator[tuple[date, date, int]]:
    """(first day, last day, base in yen) from the day after `due`, only where a base is left. 地方税法第326条第1項.

    From the day after each part payment the base is `base_of` what remains (一部納付). Raises
    InputRejectedError when the payments are more than the principal: what is over is 過誤納.
    """
    remaining, before = principal_yen, due
    if payments:
        late = [payment for payment in payments if payment.paid_on <= until and payment.amount_yen]
        if sum(payment.amount_yen for payment in late) > principal_yen:
            raise InputRejectedError(
                "payments add up to more than the principal; what is over is 過誤納, not a payment"
            )
        for payment in sorted(late, key=lambda each: each.paid_on):
            if before < payment.paid_on:
                base = base_of(remaining)
                if base:
                    yield before + ONE_DAY, payment.paid_on, base
                before = payment.paid_on
            remaining -= payment.amount_yen
    base = base_of(remaining)
    if before < until and base:
        yield before + ONE_DAY, until, base
