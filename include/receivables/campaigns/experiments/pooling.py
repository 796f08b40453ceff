"""Putting estimates together (区間の合成): many small comparisons, and differences of independent estimates."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt

from receivables.campaigns.experiments.intervals import Interval

_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Stratum:
    """People who paid, of those asked and of those left alone, in one wave and group (層)."""

    paid_treat: int
    treat: int
    paid_control: int
    control: int


def mantel_haenszel(strata: Sequence[Stratum]) -> Interval | None:
    """Difference of rates over strata, however small each is; None when no stratum has both arms.

    Mantel and Haenszel's weights n·m/(n+m), with Sato's variance (Biometrics 45, 1989, 1323), which holds for few large
    strata and for many sparse ones. Intervals of small strata put together would be too narrow.
    """
    both = [each for each in strata if each.treat and each.control]
    total = sum(weight_of(each.treat, each.control) for each in both)
    if not total:
        return None
    found = sum(
        (each.paid_treat * each.control - each.paid_control * each.treat) / (each.treat + each.control)
        for each in both
    ) / total  # fmt: skip
    half = _Z * sqrt(max(found * sum(map(_p, both)) + sum(map(_q, both)), 0.0)) / total
    return Interval(found, found - half, found + half)


def weighted(parts: Sequence[tuple[Interval, float]]) -> Interval | None:
    """The weighted mean of independent estimates that each stand on many people; None of none.

    Variance estimates recovered from the intervals (MOVER; Zou and Donner, Statistics in Medicine 27, 2008, 1693).
    """
    total = sum(weight for _, weight in parts)
    if not total:
        return None
    shares = [(each, weight / total) for each, weight in parts]
    estimate = sum(each.estimate * share for each, share in shares)
    below = hypot(*(share * (each.estimate - each.low) for each, share in shares))
    above = hypot(*(share * (each.high - each.estimate) for each, share in shares))
    return Interval(estimate, estimate - below, estimate + above)


def difference(one: Interval, other: Interval) -> Interval:
    """One minus the other, both independent (MOVER)."""
    estimate = one.estimate - other.estimate
    return Interval(
        estimate,
        estimate - hypot(one.estimate - one.low, other.high - other.estimate),
        estimate + hypot(one.high - one.estimate, other.estimate - other.low),
    )


def weight_of(treat: int, control: int) -> float:
    """What a comparison of two arms counts for among others (Mantel and Haenszel): n·m/(n+m)."""
    return treat * control / (treat + control)


def _p(each: Stratum) -> float:
    n, m = each.treat, each.control
    return (n**2 * each.paid_control - m**2 * each.paid_treat + n * m * (m - n) / 2) / (n + m) ** 2


def _q(each: Stratum) -> float:
    moved = each.paid_treat * (each.control - each.paid_control) + each.paid_control * (each.treat - each.paid_treat)
    return moved / (2 * (each.treat + each.control))
