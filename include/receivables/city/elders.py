"""Levies of the medical premium of the late-stage elderly (後期高齢者医療保険料): nine instalments July to March.

The wide-area union (広域連合) levies it (高齢者の医療の確保に関する法律104条), the ward collects. Ordinary
collection (普通徴収: 同法107条・109条) only, as the union's system hands it over; who pays from the
pension (特別徴収) has no instalment here.
"""

from collections.abc import Iterator
from datetime import date
from random import Random

from receivables.city.bills import Bill
from receivables.city.blocks import Block
from receivables.city.habits import LATTER_STAGE, Habit
from receivables.city.levies import YEARS_KEPT, Levy, Payer, birthday, levied, month_end, years_between
from receivables.city.life import Rules, write_off_prescribed
from receivables.city.office_days import fiscal_year
from receivables.city.people import Person

_PRESCRIPTION_YEARS = 2  # 高齢者の医療の確保に関する法律160条1項
_RULES = Rules(LATTER_STAGE, 5, 24, False, 10, _PRESCRIPTION_YEARS, 2008)
_AGE = 75  # 同法50条1号
_LASTING_SHARE = 0.45
# Configuration: the union's equal part (均等割額) since a fiscal year, in yen; the most that a year can cost.
_EQUAL_YEN = {2020: 44_100, 2022: 46_400, 2024: 47_300}
_MOST_YEN = 660_000
_REDUCED_PERMILLE = ((300, 30), (500, 10), (800, 10), (1_000, 50))  # 均等割の7・5・2割軽減


def elders_bills(block: Block, people: list[Person]) -> list[Bill]:
    """Every instalment levied by the block's day, each with its whole life."""
    return levied(_LEVY, block, people)


def _payers(rng: Random, people: list[Person], until: date) -> Iterator[Payer]:
    """Who is 75 on 1 July pays himself that year, until the pension fund has been told; nearly half do so for good."""
    for person in people:
        if person.age(until) < _AGE:
            continue
        reached = birthday(person, _AGE)
        first = date(reached.year + ((reached.month, reached.day) > (7, 1)), 7, 1)
        if not person.is_registered or rng.random() < _LASTING_SHARE:
            yield Payer(person, person, years_between(rng, first, date(9999, 3, 31), until))
        elif first <= until and fiscal_year(until) - first.year < YEARS_KEPT:
            yield Payer(person, person, range(first.year, first.year + 1))


def _instalments(year: int) -> list[tuple[date, date]]:
    """Notice in the middle of July, due at the ends of July to March."""
    return [(date(year, 7, 14), month_end(year, month)) for month in range(7, 16)]


def _yen(rng: Random, payer: Payer, year: int, habit: Habit) -> list[int]:
    """The equal part, reduced for small incomes, and a part by income; in nine, the first takes the rest."""
    equal_yen = _EQUAL_YEN[max(since for since in _EQUAL_YEN if since <= year)]
    kinds = _REDUCED_PERMILLE[:3] if habit is Habit.UNABLE else _REDUCED_PERMILLE
    (permille,) = rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])
    income_yen = int(rng.lognormvariate(11.2, 0.9)) if permille == 1_000 else 0
    year_yen = min(equal_yen * permille // 1_000 + income_yen, _MOST_YEN) // 100 * 100
    ninth_yen = year_yen // 9 // 100 * 100
    return [year_yen - 8 * ninth_yen, *[ninth_yen] * 8]


def _ends(rng: Random, bill: Bill) -> None:
    write_off_prescribed(rng, bill, _PRESCRIPTION_YEARS)


_LEVY = Levy("latter_stage", "latter_stage_medical_premium", _RULES, _payers, _instalments, _yen, _ends)
