"""Boundaries of a group sequential test (逐次検証の境界): how large a difference must be at each look to end a trial.

Lan and DeMets (Biometrika 70, 1983, 659) with their spending function of the O'Brien-Fleming type, two-sided and
symmetric. The probabilities are those of Brownian motion between looks (Armitage, McPherson and Rowe 1969), by
Gauss-Legendre quadrature; no Python library that computes them is kept up.
"""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(160)
_NEVER = 8.0  # a bound nobody reaches, where nothing is left to spend


def spent(share: float, alpha: float) -> float:
    """How much of the two-sided error `alpha` may be spent when `share` (0..1) of the trial is over."""
    return float(4 * ndtr(ndtri(alpha / 4) / np.sqrt(min(share, 1.0))))


def bounds(information: Sequence[float], shares: Sequence[float], *, alpha: float = 0.05) -> list[float]:
    """The bound of |z| at each look, given how much was known (1/variance) and what share of the trial was over then.

    Information counts by its ratios only; both must rise. Earlier bounds do not depend on later looks.
    """
    return list(_bounds(tuple(float(each) / information[0] for each in information), tuple(shares), alpha))


@cache
def _bounds(times: tuple[float, ...], shares: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    if len(times) != len(shares) or any(b <= a for s in (times, shares) for a, b in pairwise(s)):
        raise ValueError("information and shares must rise together")
    found: list[float] = []
    points, density = np.zeros(1), np.ones(1)  # where the sum stands, and how likely, if no look ended the trial
    before, at = 0.0, 0.0
    for time, share in zip(times, shares, strict=True):
        step = np.sqrt(time - before)
        bound = _bound(points, density, step, np.sqrt(time), (spent(share, alpha) - at) / 2)
        found.append(bound)
        edge = bound * np.sqrt(time)
        places = _NODES * edge
        density = _chance((places[:, None] - points[None, :]) / step) / step @ density * _WEIGHTS * edge
        points, before, at = places, time, spent(share, alpha)
    return tuple(found)


def _chance(steps: Any) -> Any:
    return np.exp(-(steps**2) / 2) / np.sqrt(2 * np.pi)


def _bound(points: Any, density: Any, step: float, scale: float, error: float) -> float:
    """The z above which the upper tail, of those still in the trial, is `error`."""

    def excess(z: float) -> float:
        return float(ndtr((points - z * scale) / step) @ density) - error

    return _NEVER if excess(_NEVER) >= 0 else float(brentq(excess, 0.0, _NEVER, xtol=1e-10))
