"""Interest on refunds (還付加算金).

Law: 地方税法第17条の4 and 附則第3条の2 (rate of the year); other public revenue "as local tax" by
地方自治法第231条の3第4項; fractions 地方税法第20条の4の2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from receivables.law.charging import Rate, Segment, runs_of_equal_rate
from receivables.yen import Yen, truncate

RATES_SEED = "dbt_project/seeds/law/refund_interest_rates.csv"
BASE_UNIT, BASE_MINIMUM, RESULT_UNIT, RESULT_MINIMUM = 1_000, 2_000, 100, 1_000


@dataclass(frozen=True, slots=True)
class RefundInterest:
    """The interest in yen and the segments that make it up."""

    interest_yen: Yen
    segments: tuple[Segment, ...]


def refund_interest(principal_yen: int, *, first: date, last: date, rates: Sequence[Rate]) -> RefundInterest:
    """Interest (還付加算金) on `principal_yen` from `first` to `last`, both counted. 地方税法第17条の4第1項.

    Raises RateMissingError when a day has no rate.
    """
    base = truncate(principal_yen, unit=BASE_UNIT, zero_below=BASE_MINIMUM)
    runs = runs_of_equal_rate(rates, first, last, permille_of=lambda rate: rate.low_permille, seed=RATES_SEED)
    segments = tuple(Segment(begin, end, permille, base) for begin, end, permille in runs) if base else ()
    accrued = sum(segment.yen for segment in segments)
    return RefundInterest(truncate(accrued, unit=RESULT_UNIT, zero_below=RESULT_MINIMUM), segments)
