"""Delinquency charge (延滞金).

Law: 地方税法第326条第1項 (rates and days), 附則第3条の2 (special rates of the year), 第20条の4の2
(fractions), 第20条の5 with 民法第143条 (where the first month ends); for premiums 地方自治法第231条の3
第2項 and the ward's ordinance (世田谷区国民健康保険条例第22条). Rates are data, one row a period, in
dbt_project/seeds/law/late_charge_rates.csv; this module only counts and cuts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from receivables.calendar import ONE_DAY, last_day_of_months
from receivables.law.charging import DENOMINATOR, Payment, Rate, RateTable, Segment, bases_between_payments
from receivables.law.reliefs import Relief, relieved
from receivables.yen import Yen, truncate

__all__ = ["LateCharge", "LateChargeRule", "Payment", "Rounding", "late_charge"]

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
class LateCharge:
    """The charge in yen, the sum before its last cut, and the segments that make it up."""

    charge_yen: Yen
    sum_before_rounding_yen: Yen
    segments: tuple[Segment, ...]


_NONE = LateCharge(Yen(0), Yen(0), ())


def late_charge(
    principal_yen: int,
    *,
    due: date,
    paid: date,
    rule: LateChargeRule,
    rates: Sequence[Rate],
    payments: Sequence[Payment] = (),
    reliefs: Sequence[Relief] = (),
    deferral_rates: Sequence[Rate] = (),
    fiscal_year: int | None = None,
) -> LateCharge:
    """Charge (延滞金額) on `principal_yen` due on `due` and unpaid until `paid` inclusive. 地方税法第326条第1項.

    `payments` are part payments up to `paid`: from the day after each, the base is what then
    remains, cut again (地方税法第326条第1項, 第20条の4の2第2項). `reliefs` are days that the law
    spares in whole or in part (第15条の9第1項); what a deferred day still bears is in
    `deferral_rates`. A claim of a `fiscal_year` before the rule began to charge bears nothing. A
    component bill (本税の内訳) is a principal of its own. Raises RateMissingError when a day has no
    rate and InputRejectedError when more was paid than was due.
    """
    starts = rule.charged_from_fiscal_year
    if starts is not None and fiscal_year is not None and fiscal_year < starts:
        return _NONE
    made = _segments(principal_yen, due, paid, rule, RateTable.of(rates), payments)
    segments = tuple(relieved(made, reliefs, deferral_rates) if reliefs else made)
    if rule.segment_rounding == "floor_each":
        accrued = sum([segment.exact // DENOMINATOR for segment in segments])
    else:
        accrued = sum([segment.exact for segment in segments]) // DENOMINATOR
    charge = truncate(accrued, unit=rule.result_unit, zero_below=rule.result_minimum)
    return LateCharge(charge, Yen(accrued), segments)


def _segments(
    principal_yen: int, due: date, paid: date, rule: LateChargeRule, rates: RateTable, payments: Sequence[Payment]
) -> Iterator[Segment]:
    """Runs of days at one rate and one base: the lower rate to the end of the first months, then the higher."""
    last_low_day = last_day_of_months(due + ONE_DAY, rule.low_months)

    def base_of(remaining: int) -> int:
        return truncate(remaining, unit=rule.base_unit, zero_below=rule.base_minimum)

    for first, last, base in bases_between_payments(principal_yen, due, paid, payments, base_of):
        if first <= last_low_day:
            for begin, end, permille in rates.low.between(first, min(last, last_low_day), seed=RATES_SEED):
                yield Segment(begin, end, permille, base)
        if last > last_low_day:
            high_first = max(first, last_low_day + ONE_DAY)
            for begin, end, permille in rates.high.between(high_first, last, seed=RATES_SEED):
                yield Segment(begin, end, permille, base)
