"""Levies of the long-term care premium (介護保険料, 第1号被保険者): ordinary collection, ten instalments June to March.

Special collection (特別徴収, from the pension: 介護保険法135条) pays itself, ~100 %: 160,000 of 187,000
insured in a ward of 918,246, six times a year, would be a million rows a year without a debtor.
This ward's system hands over ordinary collection (普通徴収: 介護保険法131条; due dates by ordinance:
133条) only, so that rates from these rows are those of ordinary collection and are never mixed.
"""

from collections.abc import Iterator
from datetime import date
from random import Random

from receivables.city.bills import Bill
from receivables.city.blocks import Block
from receivables.city.habits import CARE, Habit
from receivables.city.levies import YEARS_KEPT, Levy, Payer, birthday, levied, month_end, standard_key, years_between
from receivables.city.life import Rules, write_off_prescribed
from receivables.city.office_days import fiscal_year
from receivables.city.people import Person

_PRESCRIPTION_YEARS = 2  # 介護保険法200条1項
_RULES = Rules(CARE, 4, 24, False, 10, _PRESCRIPTION_YEARS, 2000)
_AGE = 65  # 介護保険法9条1号
_LASTING_SHARE = 0.12  # a pension too small for deduction, or none: ordinary collection year after year
# Configuration: the monthly base premium (基準額) since a fiscal year, and the levels around it, in per mille.
_BASE_YEN = {2018: 6_450, 2021: 6_180, 2024: 6_280}
_LEVELS = ((285, 22), (485, 9), (685, 9), (850, 10), (1_000, 12), (1_150, 12), (1_250, 11), (1_500, 7), (2_000, 8))


def care_bills(block: Block, people: list[Person]) -> list[Bill]:
    """Every instalment levied by the block's day, each with its whole life."""
    return levied(_LEVY, block, people)


def _payers(rng: Random, people: list[Person], until: date) -> Iterator[Payer]:
    """Who is 65 on 1 June pays himself that year, until the pension fund has been told; a few do so for good."""
    for person in people:
        if person.age(until) < _AGE:
            continue
        reached = birthday(person, _AGE)
        first = max(date(reached.year + ((reached.month, reached.day) > (6, 1)), 6, 1), reached)
        if not person.is_registered or rng.random() < _LASTING_SHARE:
            yield Payer(person, person, years_between(rng, first, date(9999, 3, 31), until))
        elif first <= until and fiscal_year(until) - fiscal_year(first) < YEARS_KEPT:
            yield Payer(person, person, range(fiscal_year(first), fiscal_year(first) + 1))


def _instalments(year: int) -> list[tuple[date, date]]:
    """Notice in the middle of June, due at the ends of June to March."""
    return [(date(year, 6, 12), month_end(year, month)) for month in range(6, 16)]


def _yen(rng: Random, payer: Payer, year: int, habit: Habit) -> list[int]:
    """The year's premium in ten parts of full hundred yen; the first takes the rest."""
    base_yen = _BASE_YEN[max(since for since in _BASE_YEN if since <= year)]
    levels = _LEVELS[:5] if habit is Habit.UNABLE else _LEVELS
    (permille,) = rng.choices([level for level, _ in levels], [weight for _, weight in levels])
    year_yen = base_yen * 12 * permille // 1_000 // 10 * 10
    tenth_yen = year_yen // 10 // 100 * 100
    return [year_yen - 9 * tenth_yen, *[tenth_yen] * 9]


def _ends(rng: Random, bill: Bill) -> None:
    write_off_prescribed(rng, bill, _PRESCRIPTION_YEARS)


_LEVY = Levy("ltci", "ltci_premium", _RULES, _payers, _instalments, _yen, _ends, standard_key)
