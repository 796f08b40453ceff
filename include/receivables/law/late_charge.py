"""Delinquency charge (延滞金).

Law: 地方税法第326条第1項 (rates and days), 附則第3条の2 (special rates of the year), 第20条の4の2
(fractions), 第20条の5 with 民法第143条 (where the first month ends); for premiums 地方自治法第231条の3
第2項 and the ward's ordinance (世田谷区国民健康保険条例第22条). Rates are data, one row a period, in
dbt_project/seeds/law/late_charge_rates.csv; this module only counts and cuts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from receivables.calendar import ONE_DAY, last_day_of_months
from receivables.errors import InputRejectedError
from receivables.law.charging import DAYS_IN_RATE_YEAR, Rate, Segment, runs_of_equal_rate
from receivables.yen import Yen, truncate

RATES_SEED = "dbt_project/seeds/law/late_charge_rates.csv"
Rounding = Literal["floor_each", "sum_exact"]


@dataclass(frozen=True, slots=True)
class LateChargeRule:
    """How a kind of claim is charged (延滞金の計算方法): yen units, months at the lower rate, roundings."""

    rule_id: str
    base_unit: int
    base_minimum: int
    low_months: int
    segment_rounding: Rounding
    result_unit: int
    result_minimum: int
    charged_from_fiscal_year: int | None
    citation: str


@dataclass(frozen=True, slots=True)
class Payment:
    """Principal paid on one day (納付)."""

    paid_on: date
    amount_yen: int


@dataclass(frozen=True, slots=True)
class LateCharge:
    """The charge in yen, the sum before its last cut, and the segments that make it up."""

    charge_yen: Yen
    sum_before_rounding_yen: Yen
    segments: tuple[Segment, ...]


def late_charge(
    principal_yen: int,
    *,
    due: date,
    paid: date,
    rule: LateChargeRule,
    rates: Sequence[Rate],
    payments: Sequence[Payment] = (),
) -> LateCharge:
    """Charge (延滞金額) on `principal_yen` due on `due` and unpaid until `paid` inclusive. 地方税法第326条第1項.

    `payments` are part payments up to `paid`: from the day after each, the base is what then
    remains, cut again (地方税法第326条第1項, 第20条の4の2第2項). Raises RateMissingError when a
    day has no rate and InputRejectedError when more was paid than was due.
    """
    segments = tuple(
        segment
        for first, last, base in _bases(principal_yen, due, paid, rule, payments)
        for segment in _segments(first, last, base, last_day_of_months(due + ONE_DAY, rule.low_months), rates)
    )
    accrued = (
        sum(segment.yen for segment in segments)
        if rule.segment_rounding == "floor_each"
        else sum(segment.exact for segment in segments) // (DAYS_IN_RATE_YEAR * 1_000)
    )
    charge = truncate(accrued, unit=rule.result_unit, zero_below=rule.result_minimum)
    return LateCharge(charge, Yen(accrued), segments)


def _bases(
    principal_yen: int, due: date, paid: date, rule: LateChargeRule, payments: Sequence[Payment]
) -> Iterator[tuple[date, date, int]]:
    """(first day, last day, base in yen) between part payments, only where a base is left."""
    remaining = principal_yen
    in_time = sum(payment.amount_yen for payment in payments if payment.paid_on <= due)
    late = sorted((payment for payment in payments if due < payment.paid_on <= paid), key=lambda each: each.paid_on)
    if in_time + sum(payment.amount_yen for payment in late) > principal_yen:
        raise InputRejectedError("payments add up to more than the principal; what is over is 過誤納, not a payment")
    remaining -= in_time
    stops = [due, *(payment.paid_on for payment in late), paid]
    amounts = [*(payment.amount_yen for payment in late), 0]
    for (before, until), amount in zip(pairwise(stops), amounts, strict=True):
        base = truncate(remaining, unit=rule.base_unit, zero_below=rule.base_minimum)
        if before < until and base:
            yield before + ONE_DAY, until, base
        remaining -= amount


def _segments(first: date, last: date, base: int, last_low_day: date, rates: Sequence[Rate]) -> Iterator[Segment]:
    low_last, high_first = min(last, last_low_day), max(first, last_low_day + ONE_DAY)
    for begin, end, permille in runs_of_equal_rate(
        rates, first, low_last, permille_of=lambda rate: rate.low_permille, seed=RATES_SEED
    ):
        yield Segment(begin, end, permille, base)
    for begin, end, permille in runs_of_equal_rate(
        rates, high_first, last, permille_of=lambda rate: rate.high_permille, seed=RATES_SEED
    ):
        yield Segment(begin, end, permille, base)
