"""How people pay: by debit, on time, when reminded, in bits, or not at all.

All shares are assumptions, set so that the yearly collection rates come near those published
for Tokyo wards (tax 99 %, health insurance 91 % of the current year).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from random import Random

from receivables.city.office_days import fiscal_year

Payment = tuple[date, int]


class Habit(StrEnum):
    """What kind of payer somebody is; it stays the same over the years."""

    DEBIT = "debit"  # 口座振替
    PUNCTUAL = "punctual"
    FORGETFUL = "forgetful"  # pays once the letter (督促状) comes
    STRUGGLING = "struggling"  # late and in parts
    UNABLE = "unable"


@dataclass(frozen=True, slots=True)
class Mix:
    """How many payers are of which habit, in per mille, and what share of arrears is paid in a year."""

    shares: tuple[int, int, int, int, int]
    arrears_permille: int
    years: int  # no payment after that many years: the claim is extinguished by then


@dataclass(frozen=True, slots=True)
class Owed:
    """What one payer is asked for."""

    levied_on: date
    due_date: date
    dunning_date: date
    yen: int


TAX = Mix((365, 492, 134, 6, 3), 400, 5)
NHI = Mix((395, 362, 180, 41, 22), 80, 2)
LOAN = Mix((90, 110, 150, 320, 330), 40, 10)
# Further departments, near the rates assumed in domain note 6.2 (current year / arrears, per cent).
VEHICLE = Mix((120, 700, 150, 20, 10), 400, 5)
LATTER_STAGE = Mix((610, 310, 65, 10, 5), 350, 2)  # 98.5 / 35
CARE = Mix((300, 480, 140, 50, 30), 250, 2)  # ordinary collection: 93 / 25
NURSERY = Mix((820, 110, 55, 10, 5), 300, 5)  # 99 / 30
CLUB = Mix((780, 130, 70, 15, 5), 200, 5)  # 98.5 / 20
RENT = Mix((600, 250, 110, 30, 10), 200, 5)  # 98 / 20
LUNCH = Mix((0, 30, 150, 420, 400), 90, 8)  # who was left in arrears when pupils' lunch became free
REFUND = Mix((20, 60, 110, 310, 500), 50, 5)  # 30 / 5


def habit_of(rng: Random, mix: Mix) -> Habit:
    """A payer's habit, drawn from the mix."""
    return rng.choices(tuple(Habit), mix.shares)[0]


def payments(rng: Random, habit: Habit, owed: Owed, mix: Mix) -> list[Payment]:
    """The days and yen that this payer will pay for this bill, however far ahead."""
    planned = _WAYS[habit](rng, owed, mix)
    if planned and sum(yen for _, yen in planned) == owed.yen and rng.random() < 0.0025:
        planned.append((planned[-1][0] + timedelta(days=rng.randint(1, 12)), planned[-1][1]))  # paid twice (過誤納)
    return planned


def _by_debit(rng: Random, owed: Owed, mix: Mix) -> list[Payment]:
    if rng.random() < 0.985:
        return [(owed.due_date, owed.yen)]
    return _when_reminded(rng, owed, mix)  # the debit failed (振替不能) and is not tried again


def _on_time(rng: Random, owed: Owed, mix: Mix) -> list[Payment]:
    if rng.random() < 0.97:
        return [(max(owed.due_date - timedelta(days=rng.randint(0, 20)), owed.levied_on), owed.yen)]
    return _when_reminded(rng, owed, mix)


def _when_reminded(rng: Random, owed: Owed, mix: Mix) -> list[Payment]:
    chance = rng.random()
    if chance < 0.50:
        return [(owed.due_date - timedelta(days=rng.randint(-17, 5)), owed.yen)]
    if chance < 0.84:
        return [(owed.dunning_date + timedelta(days=rng.randint(2, 50)), owed.yen)]
    if chance < 0.965:
        return [(owed.dunning_date + timedelta(days=rng.randint(40, 120)), owed.yen)]
    return _in_later_years(rng, owed, mix, owed.yen)


def _in_parts(rng: Random, owed: Owed, mix: Mix) -> list[Payment]:
    chance = rng.random()
    if chance < 0.30:
        return [(owed.due_date + timedelta(days=rng.randint(20, 180)), owed.yen)]
    if chance < 0.60 and owed.yen >= 3_000:
        return _parts(rng, owed, mix)
    return _in_later_years(rng, owed, mix, owed.yen)


def _parts(rng: Random, owed: Owed, mix: Mix) -> list[Payment]:
    count = rng.randint(2, 4)
    part_yen = owed.yen // count // 1_000 * 1_000 or 1_000
    planned, rest, day = [], owed.yen, owed.due_date + timedelta(days=rng.randint(5, 70))
    for _ in range(count - 1):
        if rest <= part_yen:
            break
        planned.append((day, part_yen))
        rest, day = rest - part_yen, day + timedelta(days=rng.randint(25, 40))
    if rng.random() < 0.55:
        return [*planned, (day, rest)]
    return [*planned, *_in_later_years(rng, owed, mix, rest)]


def _hardly(rng: Random, owed: Owed, mix: Mix) -> list[Payment]:
    return _in_later_years(rng, owed, mix, owed.yen)


def _in_later_years(rng: Random, owed: Owed, mix: Mix, yen: int) -> list[Payment]:
    """Arrears (滞納繰越): each further year a share of them is paid, whole or by half."""
    planned: list[Payment] = []
    first = fiscal_year(owed.due_date) + 1
    for year in range(first, first + mix.years):
        if rng.random() * 1000 >= mix.arrears_permille * 1.15:
            continue
        day = date(year, 6, 1) + timedelta(days=rng.randrange(290))
        if day > owed.due_date + timedelta(days=mix.years * 365 - 30):
            break
        part_yen = yen if rng.random() < 0.75 or yen < 4_000 else yen // 2_000 * 1_000
        planned.append((day, part_yen))
        yen -= part_yen
        if yen == 0:
            break
    return planned


_WAYS: dict[Habit, Callable[[Random, Owed, Mix], list[Payment]]] = {
    Habit.DEBIT: _by_debit,
    Habit.PUNCTUAL: _on_time,
    Habit.FORGETFUL: _when_reminded,
    Habit.STRUGGLING: _in_parts,
    Habit.UNABLE: _hardly,
}
