"""Late damages on private-law claims (遅延損害金).

Law: 民法第404条 (legal rate), 第419条第1項 (the rate fixed at the first moment of delay; the agreed
rate when it is higher), 第420条第1項 (a rate of 違約金 that contract or ordinance set beforehand binds).
No 1,000-yen rules unless an ordinance says so, hence the defaults.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from receivables.calendar import ONE_DAY, year_pieces
from receivables.law.charging import DAYS_IN_RATE_YEAR, Payment, RateMissingError, bases_between_payments
from receivables.yen import Yen, truncate

RATES_SEED = "dbt_project/seeds/law/legal_rates.csv"
Permille = int | Fraction


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
class BaseDays:
    """Days that bear damages on one base, before any cut: `exact` is in yen."""

    first: date
    last: date
    base_yen: int
    exact: Fraction


@dataclass(frozen=True, slots=True)
class LateDamages:
    """The damages in yen, the days counted, the rate that was fixed when the delay began, and the pieces."""

    damages_yen: Yen
    days: int
    permille: Permille
    citation: str
    pieces: tuple[BaseDays, ...] = ()


def late_damages(
    principal_yen: int,
    *,
    delay_from: date,
    paid: date,
    rates: Sequence[LegalRate],
    rule: DamagesRule | None = None,
    payments: Sequence[Payment] = (),
    agreed_permille: Permille | None = None,
    penalty_permille: Permille | None = None,
) -> LateDamages:
    """Damages (遅延損害金) from `delay_from`, the day after the due date, to `paid` inclusive. 民法第419条第1項.

    One rate for the whole delay: 違約金 where there is one (第420条第1項), else the agreed rate
    where it is higher than the legal one, in thousandths a year, whole or a Fraction. From the day
    after a part payment the base is what remains. Raises RateMissingError when no legal rate is
    known for the day the delay began, InputRejectedError when more was paid than was due.
    """
    chosen = rule or DamagesRule()
    permille, citation = _rate(delay_from, rates, agreed_permille, penalty_permille)

    def base_of(remaining: int) -> int:
        return truncate(remaining, unit=chosen.base_unit, zero_below=chosen.base_minimum)

    pieces = tuple(
        BaseDays(first, last, base, base * _years(first, last, chosen) * Fraction(permille) * Fraction(1, 1_000))
        for first, last, base in bases_between_payments(principal_yen, delay_from - ONE_DAY, paid, payments, base_of)
    )
    accrued = sum((piece.exact for piece in pieces), Fraction(0)) // 1
    damages = truncate(accrued, unit=chosen.result_unit, zero_below=chosen.result_minimum)
    return LateDamages(damages, max(0, (paid - delay_from).days + 1), permille, citation, pieces)


def _rate(
    delay_from: date, rates: Sequence[LegalRate], agreed: Permille | None, penalty: Permille | None
) -> tuple[Permille, str]:
    if penalty is not None:
        return penalty, "民法第420条第1項"
    legal = next((each for each in rates if each.effective_from <= delay_from <= each.effective_to), None)
    if legal is None:
        raise RateMissingError(f"no legal rate in force on {delay_from}; add the period's row to {RATES_SEED}")
    if agreed is not None and agreed > legal.permille:
        return agreed, "民法第419条第1項ただし書"
    return legal.permille, legal.citation


def _years(first: date, last: date, rule: DamagesRule) -> Fraction:
    """Days over 365; on the actual basis over 366 in leap years."""
    if rule.year_basis == "365":
        return Fraction((last - first).days + 1, DAYS_IN_RATE_YEAR)
    return sum(
        (
            Fraction((end - begin).days + 1, (date(begin.year, 12, 31) - date(begin.year, 1, 1)).days + 1)
            for begin, end in year_pieces(first, last)
        ),
        Fraction(0),
    )
