"""Interest on refunds (還付加算金).

Law: 地方税法第17条の4第1項 (from when to when) and 附則第3条の2 (rate of the year); other public revenue "as local
tax" by 地方自治法第231条の3第4項; fractions 地方税法第20条の4の2. Units and starting days are data,
dbt_project/seeds/law/refund_interest_rules.csv and refund_interest_starts.csv.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from receivables.calendar import ONE_DAY, last_day_of_months
from receivables.errors import InputRejectedError
from receivables.law.charging import DENOMINATOR, Rate, RateTable, Segment
from receivables.yen import Yen, truncate

RATES_SEED = "dbt_project/seeds/law/refund_interest_rates.csv"
Occasion = Literal["paid_on", "decided_on", "requested_on"]


@dataclass(frozen=True, slots=True)
class RefundInterestRule:
    """How interest on a refund is cut (端数): yen units and minima."""

    rule_id: str
    base_unit: int
    base_minimum: int
    result_unit: int
    result_minimum: int
    citation: str


LOCAL_TAX = RefundInterestRule("local_tax", 1_000, 2_000, 100, 1_000, "地方税法第20条の4の2")


@dataclass(frozen=True, slots=True)
class StartRule:
    """From which day interest runs (起算): the day after `months` have passed since the day of an occasion."""

    rule_id: str
    occasion: Occasion
    months: int
    citation: str


@dataclass(frozen=True, slots=True)
class RefundInterest:
    """The interest in yen and the segments that make it up."""

    interest_yen: Yen
    segments: tuple[Segment, ...]


def first_day_of_interest(start: StartRule, days: Mapping[str, date | None]) -> date:
    """The first day that bears interest, by the day of the rule's occasion. 地方税法第17条の4第1項.

    The day after it, or after the months that must first pass from the next day on. Raises
    InputRejectedError when nobody told the day: it is not guessed.
    """
    day = days.get(start.occasion)
    if day is None:
        raise InputRejectedError(f"refund interest by rule {start.rule_id!r} needs {start.occasion} ({start.citation})")
    return last_day_of_months(day + ONE_DAY, start.months) + ONE_DAY


def refund_interest(
    principal_yen: int, *, first: date, last: date, rates: Sequence[Rate], rule: RefundInterestRule | None = None
) -> RefundInterest:
    """Interest (還付加算金) on `principal_yen` from `first` to `last`, both counted. 地方税法第17条の4第1項.

    `last` is the day on which the refund or its set-off was decided; without a `rule` the cuts of
    local tax hold (第20条の4の2). Raises RateMissingError when a day has no rate.
    """
    rule = rule or LOCAL_TAX
    base = truncate(principal_yen, unit=rule.base_unit, zero_below=rule.base_minimum)
    runs = RateTable.of(rates).low.between(first, last, seed=RATES_SEED)
    segments = tuple(Segment(begin, end, permille, base) for begin, end, permille in runs) if base else ()
    accrued = sum(segment.exact // DENOMINATOR for segment in segments)
    return RefundInterest(truncate(accrued, unit=rule.result_unit, zero_below=rule.result_minimum), segments)
