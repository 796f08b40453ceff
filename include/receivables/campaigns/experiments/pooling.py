"""Putting intervals together (区間の合成): sums and differences of independent estimates, each with its own interval.

The method of variance estimates recovery (MOVER; Zou and Donner, Statistics in Medicine 27, 2008, 1693): it takes over
the asymmetry of each interval, as Newcombe's own difference does for two Wilson intervals.
"""

from collections.abc import Sequence
from math import hypot

from receivables.campaigns.experiments.intervals import Interval


def weighted(parts: Sequence[tuple[Interval, float]]) -> Interval | None:
    """The weighted mean of independent estimates; None of none."""
    total = sum(weight for _, weight in parts)
    if not total:
        return None
    shares = [(each, weight / total) for each, weight in parts]
    estimate = sum(each.estimate * share for each, share in shares)
    below = hypot(*(share * (each.estimate - each.low) for each, share in shares))
    above = hypot(*(share * (each.high - each.estimate) for each, share in shares))
    return Interval(estimate, estimate - below, estimate + above)


def difference(one: Interval, other: Interval) -> Interval:
    """One minus the other, both independent."""
    estimate = one.estimate - other.estimate
    return Interval(
        estimate,
        estimate - hypot(one.estimate - one.low, other.high - other.estimate),
        estimate + hypot(one.high - one.estimate, other.estimate - other.low),
    )


def weight_of(treat: int, control: int) -> float:
    """What a comparison of two arms counts for among others (Mantel and Haenszel): n·m/(n+m)."""
    return treat * control / (treat + control)
