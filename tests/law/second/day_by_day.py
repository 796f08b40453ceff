"""Late charge, damages and refund interest by walking every day of every case: integers only, yen and per mille.

Written from the statutes alone (地方税法326条・20条の4の2・附則3条の2、民法143条・404条・419条、地方税法17条の4).
A case that meets a day without a rate is answered with `NO_RATE`.
"""

from dataclasses import dataclass

import numpy as np

from tests.law.second.rate_tables import DEFERRED, HIGH, LEGAL, LOW, REFUND
from tests.law.second.walked_calendar import DAY_OF_YEAR, IS_LEAP, last_of_periods

NO_RATE = -1
DEFERRAL, EXEMPT = 1, 2  # 徴収・換価の猶予 leaves the rate of deferrals; a stay or a disaster leaves nothing
REFUND_OF: list[int] = REFUND.tolist()
PER_YEAR = 365 * 1000  # leap years too


@dataclass(frozen=True, slots=True)
class Terms:
    """One row per case: how its charge is cut. Units and minima in yen."""

    base_unit: np.ndarray
    base_minimum: np.ndarray
    low_months: np.ndarray
    is_floored_each: np.ndarray
    result_unit: np.ndarray
    result_minimum: np.ndarray
    is_split_yearly: np.ndarray  # whether a new year begins a segment though its rate is the old one

    def __getitem__(self, chosen: np.ndarray) -> "Terms":
        return Terms(*(getattr(self, name)[chosen] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Charges:
    """The cases: yen and day numbers; what has slots is (cases, slots).

    An empty slot of payments pays 0 yen, one of reliefs is of kind 0.
    """

    principal: np.ndarray
    due: np.ndarray
    paid: np.ndarray
    pay_day: np.ndarray
    pay_yen: np.ndarray
    terms: Terms
    relief_kind: np.ndarray  # DEFERRAL or EXEMPT
    relief_first: np.ndarray
    relief_last: np.ndarray

    def __len__(self) -> int:
        return len(self.principal)

    def __getitem__(self, chosen: np.ndarray) -> "Charges":
        return Charges(*(getattr(self, name)[chosen] for name in self.__slots__))


def late_charge(cases: Charges) -> tuple[np.ndarray, np.ndarray]:
    """Charge and sum before the last cut, yen per case."""
    order = np.argsort(cases.due - cases.paid, kind="stable")  # the longest first, so that the active are a prefix
    total = np.empty(len(cases), dtype=np.int64)
    total[order] = _walk(cases[order])
    terms = cases.terms
    charge = np.where(total < terms.result_minimum, 0, total // terms.result_unit * terms.result_unit)
    return np.where(total == NO_RATE, NO_RATE, charge), total


def _cut(remaining: np.ndarray, terms: Terms) -> np.ndarray:
    base = remaining // terms.base_unit * terms.base_unit
    return np.where(remaining < terms.base_minimum, 0, base)


def _walk(cases: Charges) -> np.ndarray:
    """Whole yen per case before the last cut, the cases sorted by falling length."""
    count, length, terms = len(cases), cases.paid - cases.due, cases.terms
    remaining = cases.principal - (cases.pay_yen * (cases.pay_day <= cases.due[:, None])).sum(axis=1)
    base = _cut(remaining, terms)
    low_until = last_of_periods(cases.due + 1, terms.low_months)
    whole, part, before = (np.zeros(count, dtype=np.int64) for _ in range(3))
    is_known = np.ones(count, dtype=bool)
    paying, has_reliefs = _paying(cases), bool(cases.relief_kind.any())
    active = int((length > 0).sum())
    for step in range(1, int(length[0]) + 1 if count else 1):
        while active and length[active - 1] < step:
            active -= 1
        day = cases.due[:active] + step
        permille = np.where(day <= low_until[:active], LOW[day], HIGH[day])
        is_rated = permille > 0
        permille, turns = _relieved(cases, day, permille) if has_reliefs else (permille, False)
        begins = (permille != before[:active]) | (day == low_until[:active] + 1) | turns
        begins |= terms.is_split_yearly[:active] & (DAY_OF_YEAR[day] == 1)
        for case, yen in paying.get(step - 1, ()):
            if case < active:
                remaining[case] -= yen
                base[case] = _cut_one(int(remaining[case]), case, terms)
                begins[case] = True
        is_known[:active] &= is_rated | (base[:active] == 0)
        begins &= terms.is_floored_each[:active]
        whole[:active] += np.where(begins, part[:active] // PER_YEAR, 0)
        part[:active] = np.where(begins, 0, part[:active]) + base[:active] * permille
        before[:active] = permille
    return np.where(is_known, whole + part // PER_YEAR, NO_RATE)


def _relieved(cases: Charges, day: np.ndarray, permille: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rate that reliefs leave of a day's, and whether one begins or has just ended (地方税法15条の9)."""
    turns = np.zeros(len(day), dtype=bool)
    for slot in range(cases.relief_kind.shape[1]):
        kind, first, last = (
            column[: len(day), slot] for column in (cases.relief_kind, cases.relief_first, cases.relief_last)
        )
        is_inside = (first <= day) & (day <= last)
        permille = np.where(is_inside & (kind == DEFERRAL), np.minimum(permille, DEFERRED[day]), permille)
        permille = np.where(is_inside & (kind == EXEMPT), 0, permille)
        turns |= (kind > 0) & ((day == first) | (day == last + 1))
    return permille, turns


def _cut_one(remaining: int, case: int, terms: Terms) -> int:
    if remaining < int(terms.base_minimum[case]):
        return 0
    unit = int(terms.base_unit[case])
    return remaining // unit * unit


def _paying(cases: Charges) -> dict[int, list[tuple[int, int]]]:
    """Days after the due date to (case, yen) of the payments made then."""
    paying: dict[int, list[tuple[int, int]]] = {}
    since = cases.pay_day - cases.due[:, None]
    for case, slot in np.argwhere((since > 0) & (cases.pay_yen > 0)):
        paying.setdefault(int(since[case, slot]), []).append((int(case), int(cases.pay_yen[case, slot])))
    return paying


@dataclass(frozen=True, slots=True)
class Damages:
    """Late damages on a private claim: yen and day numbers; rates in per mille, 0: none agreed."""

    principal: int
    delay_from: int
    paid: int
    payments: tuple[tuple[int, int], ...] = ()
    agreed: int = 0
    penalty: int = 0
    is_actual: bool = False  # a day of a leap year is one of 366


def late_damages(case: Damages) -> int:
    """Yen at one rate, that of the first day of delay (419条, an agreed rate if higher; 420条, a penalty instead)."""
    rate = case.penalty or max(case.agreed, int(LEGAL[case.delay_from]))
    base = case.principal - sum(yen for day, yen in case.payments if day < case.delay_from)
    plain = leap = 0
    for day in range(case.delay_from, case.paid + 1):
        if case.is_actual and IS_LEAP[day]:
            leap += base * rate
        else:
            plain += base * rate
        base -= sum(yen for on, yen in case.payments if on == day)
    return (plain * 366 + leap * 365) // (365 * 366 * 1000)


def refund_interest(principal: int, first: int, last: int) -> int:
    """Yen, both days included: cut as a late charge is (17条の4第6項 borrows 20条の4の2第2項・第5項)."""
    base = 0 if principal < 2000 else principal // 1000 * 1000
    whole = part = 0
    for day in range(first, last + 1):
        if base and not REFUND_OF[day]:
            return NO_RATE
        if day > first and REFUND_OF[day] != REFUND_OF[day - 1]:
            whole, part = whole + part // PER_YEAR, 0
        part += base * REFUND_OF[day]
    whole += part // PER_YEAR
    return 0 if whole < 1000 else whole // 100 * 100
