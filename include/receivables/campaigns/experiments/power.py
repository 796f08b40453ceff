"""Power (検出力): the smallest difference of two payment rates that a campaign of this size would see.

The usual normal approximation for two independent proportions, pooled under no effect and unpooled under the effect
(Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 2003, ch. 4).
"""

from decimal import ROUND_CEILING, Decimal
from math import sqrt

from scipy.optimize import brentq
from scipy.special import ndtri

from receivables.errors import InputRejectedError

_LEAST = 1e-9
_CENT = Decimal("0.01")


def smallest_effect(
    baseline_permille: float, treat: float, control: float, *, alpha_permille: int = 50, power_permille: int = 800
) -> Decimal | None:
    """Minimum detectable effect (検出できる最小の差) in per mille, rounded up; None when no rise could be seen.

    `treat` and `control` are people, or effective people when some were drawn together. Two-sided test.
    """
    if not 0 < baseline_permille < 1000:
        raise InputRejectedError(f"a baseline of {baseline_permille} per mille leaves nothing to see: give 1..999")
    if treat <= 0 or control <= 0:
        return None
    base, room = baseline_permille / 1000, 1 - baseline_permille / 1000
    sure = float(ndtri(1 - alpha_permille / 2000)), float(ndtri(power_permille / 1000))

    def short_of(gain: float) -> float:
        return gain - _needed(base, gain, treat, control, *sure)

    if short_of(room) < 0:
        return None
    found = brentq(short_of, _LEAST, room, xtol=1e-9)
    return Decimal(str(1000 * found)).quantize(_CENT, ROUND_CEILING)


def _needed(base: float, gain: float, treat: float, control: float, z_alpha: float, z_power: float) -> float:
    """How far apart the rates must be to be seen, if they are `gain` apart."""
    raised = base + gain
    pooled = (raised * treat + base * control) / (treat + control)
    under_none = sqrt(pooled * (1 - pooled) * (1 / treat + 1 / control))
    under_gain = sqrt(raised * (1 - raised) / treat + base * (1 - base) / control)
    return z_alpha * under_none + z_power * under_gain


def effective_size(people: int, squares: int) -> float:
    """People that count (有効標本数) if members of one unit act as one: (Σn)² / Σn² over the units."""
    return people * people / squares if squares else 0.0
