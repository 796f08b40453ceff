"""Late-charge cases from a seed, aimed at the edges: ends of months and years, leap days, thresholds, payments."""

from dataclasses import astuple, dataclass

import numpy as np

from tests.law.second.day_by_day import PER_YEAR, Charges, Terms
from tests.law.second.rate_tables import HIGH, LOW, NUMBER
from tests.law.second.walked_calendar import FIRST, LENGTH, MONTH, last_of_periods

SLOTS = 4
EARLIEST, LATEST = NUMBER["1999-01-01"], NUMBER["2026-12-31"]  # the rates are known until then
EDGE_YEN = np.array([0, 1, 999, 1000, 1001, 1999, 2000, 2001, 2999, 3000, 3999, 49_999, 50_000, 999_999, 1_000_000])


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of charge is cut: units and minima in yen."""

    base_unit: int = 1000
    base_minimum: int = 2000
    low_months: int = 1
    is_floored_each: bool = True
    result_unit: int = 100
    result_minimum: int = 1000


RULES = (
    Rule(),  # 地方税法326条
    Rule(low_months=3),  # premiums
    Rule(is_floored_each=False),
    Rule(low_months=3, is_floored_each=False),
    Rule(base_minimum=1000, result_minimum=100),
    Rule(base_unit=1, base_minimum=0, result_unit=1, result_minimum=0),
    Rule(base_unit=100, base_minimum=500, low_months=2, result_unit=10, result_minimum=500),
    Rule(base_unit=1, base_minimum=0, is_floored_each=False, result_unit=1, result_minimum=0),
)
SHARES = (0.4, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05)


def terms_of(chosen: np.ndarray, *, is_split_yearly: bool = True) -> Terms:
    """The terms per case, `chosen` holding positions in RULES."""
    columns = [np.array(column)[chosen] for column in zip(*map(astuple, RULES), strict=True)]
    return Terms(*columns, np.full(len(chosen), is_split_yearly))


def generate(seed: int, count: int, *, has_reliefs: bool = False) -> tuple[Charges, np.ndarray]:
    """Cases and, per case, the position of its rule in RULES; one in five has reliefs where they are wanted."""
    rng = np.random.default_rng(seed)
    rules = rng.choice(len(RULES), count, p=SHARES)
    terms = terms_of(rules)
    due = _due(rng, count)
    low_until = last_of_periods(due + 1, terms.low_months)
    paid = _paid(rng, due, low_until)
    principal = _principal(rng, terms, due, paid, low_until)
    pay_day, pay_yen = _payments(rng, principal, due, paid, low_until)
    reliefs = _reliefs(rng, due, paid, low_until, 0.2 if has_reliefs else 0.0)
    return Charges(principal, due, paid, pay_day, pay_yen, terms, *reliefs), rules


def _mix(rng: np.random.Generator, choices: list[np.ndarray], shares: list[float]) -> np.ndarray:
    kind = rng.choice(len(choices), len(choices[0]), p=shares)
    return np.choose(kind, choices)


def _due(rng: np.random.Generator, count: int) -> np.ndarray:
    any_day = rng.integers(EARLIEST, LATEST - 5, count)
    month = MONTH[any_day]
    month_end = FIRST[month] + LENGTH[month] - 1 - rng.integers(0, 3, count)
    february = FIRST[month - month % 12 + 1] + rng.integers(25, 32, count)
    new_year = FIRST[month - month % 12] + rng.integers(-5, 6, count)
    due = _mix(rng, [any_day, month_end, february, new_year], [0.3, 0.4, 0.15, 0.15])
    return np.clip(due, EARLIEST, LATEST - 2)


def _paid(rng: np.random.Generator, due: np.ndarray, low_until: np.ndarray) -> np.ndarray:
    count = len(due)
    near = due + rng.integers(-2, 70, count)
    far = due + rng.integers(1, 2500, count)
    year = due + rng.integers(360, 370, count)
    boundary = low_until + rng.integers(-1, 3, count)
    month_end = FIRST[MONTH[due] + rng.integers(1, 40, count)] - rng.integers(0, 2, count)
    new_year = FIRST[MONTH[due] - MONTH[due] % 12 + 12 * rng.integers(1, 6, count)] + rng.integers(-2, 3, count)
    paid = _mix(rng, [near, far, year, boundary, month_end, new_year], [0.2, 0.3, 0.1, 0.15, 0.15, 0.1])
    return np.clip(paid, EARLIEST, LATEST + (rng.random(count) < 0.002))  # now and then a day without a rate


def _principal(
    rng: np.random.Generator, terms: Terms, due: np.ndarray, paid: np.ndarray, low_until: np.ndarray
) -> np.ndarray:  # fmt: skip
    count = len(due)
    edge = EDGE_YEN[rng.integers(0, len(EDGE_YEN), count)]
    round_yen = rng.integers(0, 400, count) * 1000 + rng.integers(-1, 2, count)
    any_yen = rng.integers(0, 3_000_000, count)
    large = rng.integers(3_000_000, 5_000_000_000, count)
    target = np.where(rng.random(count) < 0.6, 1000, rng.integers(1, 300, count) * 100)
    weight = np.maximum(_weight(due, paid, low_until), 1)  # near the yen that make the charge just so
    tuned = target * PER_YEAR // weight // terms.base_unit * terms.base_unit
    tuned = np.minimum(tuned + rng.integers(-1, 3, count) * terms.base_unit, 5_000_000_000)
    yen = _mix(rng, [edge, round_yen, any_yen, large, tuned], [0.12, 0.3, 0.2, 0.03, 0.35])
    return np.maximum(yen, 0)


def _weight(due: np.ndarray, paid: np.ndarray, low_until: np.ndarray) -> np.ndarray:
    low, high = np.cumsum(LOW), np.cumsum(HIGH)
    turn = np.clip(low_until, due, np.maximum(paid, due))
    return low[turn] - low[due] + high[np.maximum(paid, turn)] - high[turn]


def _payments(
    rng: np.random.Generator, principal: np.ndarray, due: np.ndarray, paid: np.ndarray, low_until: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    count = len(due)
    days, yen = np.zeros((count, SLOTS), dtype=np.int64), np.zeros((count, SLOTS), dtype=np.int64)
    left, wanted = principal.copy(), rng.choice(SLOTS + 1, count, p=[0.5, 0.2, 0.15, 0.1, 0.05])
    new_year = FIRST[MONTH[due] - MONTH[due] % 12 + 12]
    for slot in range(SLOTS):
        inside = due + (rng.random(count) * np.maximum(paid - due, 1)).astype(np.int64)
        edges = np.stack([due, due + 1, low_until, low_until + 1, paid - 1, paid, paid + 1, due - 3])
        edge = edges[rng.integers(0, len(edges), count), np.arange(count)]
        turn = new_year + rng.integers(-1, 2, count)
        again = days[:, slot - 1] if slot else inside
        days[:, slot] = _mix(rng, [inside, edge, turn, again], [0.4, 0.35, 0.1, 0.15])
        small, part = rng.integers(1, 1500, count), (left * rng.random(count)).astype(np.int64)
        to_edge = left - EDGE_YEN[rng.integers(0, 10, count)]
        amount = _mix(rng, [small, part, to_edge, left], [0.3, 0.4, 0.2, 0.1])
        amount = np.where(slot < wanted, np.clip(amount, 0, left), 0)
        yen[:, slot] = amount
        left -= amount
    return days, yen


def _reliefs(
    rng: np.random.Generator, due: np.ndarray, paid: np.ndarray, low_until: np.ndarray, share: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Kinds, first and last days: up to two, often touching or overlapping each other."""
    count = len(due)
    kind, first, last = (np.zeros((count, 2), dtype=np.int64) for _ in range(3))
    is_spared = rng.random(count) < share
    for slot in range(2):
        inside = due + (rng.random(count) * np.maximum(paid - due, 1)).astype(np.int64)
        edges = np.stack([due, due + 1, low_until, low_until + 1, due - 10, paid, np.maximum(last[:, 0], due) + 1])
        edge = edges[rng.integers(0, len(edges), count), np.arange(count)]
        first[:, slot] = _mix(rng, [inside, edge], [0.5, 0.5])
        length = rng.choice([0, 1, 30, 200, 364], count) + rng.integers(0, 3, count)
        last[:, slot] = first[:, slot] + length
        kind[:, slot] = np.where(is_spared & (rng.random(count) < 0.7), rng.integers(1, 3, count), 0)
    return kind, first, last
