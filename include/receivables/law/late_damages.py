"""Late damages on private-law claims (遅延損害金).

Law: 民法第404条 (legal rate), 第419条第1項 (the rate fixed at the first moment of delay; the agreed
rate when it is higher). No 1,000-yen rules unless an ordinance says so, hence the defaults.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from receivables.calendar import year_pieces
from receivables.law.charging import DAYS_IN_RATE_YEAR, RateMissingError
from receivables.yen import Yen, truncate

RATES_SEED = "dbt_project/seeds/law/legal_rates.csv"


@dataclass(frozen=True, slots=True)
class LegalRate:
    """The legal rate (法定利率) for delays that begin in a closed range of days, in thousandths."""

    effective_from: date
    effective_to: date
    permille: int
    citation: str


@dataclass(frozen=True, slots=True)
class DamagesRule:
    """Yen units and year basis; the defaults are the Civil Code's, an ordinance may differ."""

    base_unit: int = 1
    base_minimum: int = 0
    result_unit: int = 1
    result_minimum: int = 0
    year_basis: Literal["365", "actual"] = "365"


@dataclass(frozen=True, slots=True)
class LateDamages:
    """The damages in yen, the days counted and the rate that was fixed when the delay began."""

    damages_yen: Yen
    days: int
    permille: int
    citation: str


def late_damages(
    principal_yen: int, *, delay_from: date, paid: date, rates: Sequence[LegalRate], rule: DamagesRule | None = None
) -> LateDamages:
    """Damages (遅延損害金) from `delay_from`, the day after the due date, to `paid` inclusive. 民法第419条第1項.

    Raises RateMissingError when no legal rate is known for the day the delay began.
    """
    chosen = rule or DamagesRule()
    rate = next((each for each in rates if each.effective_from <= delay_from <= each.effective_to), None)
    if rate is None:
        raise RateMissingError(f"no legal rate in force on {delay_from}; add the period's row to {RATES_SEED}")
    days = max(0, (paid - delay_from).days + 1)
    base = truncate(principal_yen, unit=chosen.base_unit, zero_below=chosen.base_minimum)
    years = Fraction(days, DAYS_IN_RATE_YEAR) if chosen.year_basis == "365" else _actual_years(delay_from, paid)
    accrued = int(base * years * rate.permille / 1_000)
    damages = truncate(accrued, unit=chosen.result_unit, zero_below=chosen.result_minimum)
    return LateDamages(damages, days, rate.permille, rate.citation)


def _actual_years(first: date, last: date) -> Fraction:
    """Days over 366 in leap years, over 365 in others."""
    return sum(
        (
            Fraction((end - begin).days + 1, (date(begin.year, 12, 31) - date(begin.year, 1, 1)).days + 1)
            for begin, end in year_pieces(first, last)
        ),
        Fraction(0),
    )
