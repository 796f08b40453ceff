"""Intervals (信頼区間) for what was paid per person, by the unit that was drawn, from whole sums alone.

The variance is that of a ratio of unit totals with the factor G/(G−1): what statistics packages print as cluster-robust
for a regression on the arm alone (Cameron and Miller 2015, eq. 11, without their factor for parameters). The t quantile
has Welch and Satterthwaite's degrees of freedom over units.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import NamedTuple

from scipy.special import stdtrit

_SURE = 0.975
_LEAST_PAYERS = 10  # fewer: one large payment decides, and no interval is honest


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm as assigned (割付どおり): sums over its people, and over its units of products of their totals."""

    run_id: str
    cell: str
    arm: str
    people: int
    units: int
    contacted: int
    paid: int
    due_yen: int
    paid_yen: int
    people_people: int  # Σ n², n people of one unit
    people_paid: int
    paid_paid: int
    people_yen: int
    yen_yen: int

    @property
    def rate(self) -> float:
        """Share who paid."""
        return self.paid / self.people

    def rate_variance(self) -> float:
        """Variance of the rate; units differ in size, and members of one unit are alike."""
        return _variance(self.paid, self.people_paid, self.paid_paid, self)

    def yen_variance(self) -> float:
        """Variance of yen per person."""
        return _variance(self.paid_yen, self.people_yen, self.yen_yen, self)

    def effective(self) -> tuple[float, float]:
        """Payers and people, as few as alike members of units are worth (有効標本数); never more than there are.

        Rao and Scott 1992: divided by the design effect, the variance by units over the binomial one.
        """
        if self.people == self.units:
            return self.paid, self.people
        plain = self.rate * (1 - self.rate) / self.people
        effect = self.rate_variance() / plain if plain else self.people_people / self.people
        return self.paid / max(effect, 1.0), self.people / max(effect, 1.0)


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    estimate: float
    low: float
    high: float


def gain_in_yen(treat: Arm, control: Arm) -> Interval | None:
    """Yen paid per person, treated minus control (一人当たりの追加納付額); None when too few paid to say."""
    if min(treat.units, control.units) < 2 or min(treat.paid, control.paid) < _LEAST_PAYERS:
        return None
    one, other = treat.yen_variance(), control.yen_variance()
    gain = float(Fraction(treat.paid_yen, treat.people) - Fraction(control.paid_yen, control.people))
    freedom = (one + other) ** 2 / (one**2 / (treat.units - 1) + other**2 / (control.units - 1))
    half = float(stdtrit(freedom, _SURE)) * sqrt(one + other)
    return Interval(gain, gain - half, gain + half)


def cost_per_1000_yen(cost_yen: int, gain: Interval | None, people: int) -> Interval | None:
    """Cost in yen of 1,000 yen that would not have come otherwise (追加納付千円当たりの費用).

    None (推定できない) when the interval of the gain holds zero: there may be no further yen to divide by.
    """
    if gain is None or gain.low <= 0 or not people:
        return None
    return Interval(*(1000 * cost_yen / (yen * people) for yen in (gain.estimate, gain.high, gain.low)))


def _variance(total: int, people_total: int, total_total: int, arm: Arm) -> float:
    if arm.units < 2:
        return 0.0
    mean = Fraction(total, arm.people)
    squares = total_total - 2 * mean * people_total + mean**2 * arm.people_people
    return float(Fraction(arm.units, arm.units - 1) * squares / arm.people**2)
