"""Levies of resident tax (特別区民税・普通徴収): four instalments a year, and late ones (過年度随時)."""

from collections.abc import Iterator
from datetime import date
from random import Random

from receivables.city.bills import Bill
from receivables.city.blocks import Block
from receivables.city.habits import TAX, Habit, habit_of
from receivables.city.life import Desk, Rules, write_off_after_stay
from receivables.city.numbers import notice_number
from receivables.city.office_days import fiscal_year, on_or_after
from receivables.city.people import Person

YEARS_KEPT = 6  # the running fiscal year and five before it
_RULES = Rules(TAX, 1, 20, True, 10, 5, 2000)
_FOREST_TAX_FROM, _FOREST_TAX_YEN = 2024, 1_000  # 森林環境税 (国税), billed together
_LATE_SHARE = 0.06


def tax_bills(block: Block, people: list[Person]) -> list[Bill]:
    """Every instalment levied by the block's day, each with its whole life."""
    rng, until, serials = block.rng("tax"), block.as_of, block.serials()
    desk = Desk(_RULES, rng, block.receipt_serials())
    found: list[Bill] = []
    for person in people:
        if not person.is_registered or (person.age(until) >= 22 and rng.random() < 0.155):
            found.extend(_payer(rng, desk, person, serials, until))
    return found


def _payer(rng: Random, desk: Desk, person: Person, serials: Iterator[int], until: date) -> Iterator[Bill]:
    habit = habit_of(rng, TAX)
    yearly_yen = int(rng.lognormvariate(12.1 if habit in (Habit.DEBIT, Habit.PUNCTUAL) else 11.6, 0.8))
    this_year = fiscal_year(until)
    oldest = this_year - YEARS_KEPT + 1
    first = oldest if rng.random() < 0.5 else rng.randint(oldest, this_year)
    last = 2100 if rng.random() < 0.85 else rng.randint(first, this_year)
    for year in range(first, min(last, this_year, person.last_year) + 1):
        total_yen = max(5_000, int(yearly_yen * rng.uniform(0.9, 1.1)) // 100 * 100)
        yield from _year(rng, desk, person, habit, year, notice_number(year, next(serials)), total_yen)
        if rng.random() < _LATE_SHARE:
            yield _late(rng, desk, person, year, notice_number(year, next(serials)))


def _year(
    rng: Random, desk: Desk, person: Person, habit: Habit, year: int, notice_no: str, total_yen: int
) -> Iterator[Bill]:
    """The year's four instalments; the first takes the odd yen and 森林環境税 (地方税法20条の4の2第6項)."""
    quarter_yen = total_yen // 4 // 1_000 * 1_000
    forest_yen = _FOREST_TAX_YEN if year >= _FOREST_TAX_FROM else 0
    for instalment, due in enumerate(_due_dates(year), start=1):
        yen = total_yen - 3 * quarter_yen + forest_yen if instalment == 1 else quarter_yen
        if yen:
            part_yen = forest_yen if instalment == 1 else 0
            bill = _bill(person, notice_no, instalment, (year, year), (date(year, 6, 10), due), yen, part_yen)
            yield _lived(rng, desk, bill, habit)


def _late(rng: Random, desk: Desk, person: Person, year: int, notice_no: str) -> Bill:
    """Last year's tax levied in April (過年度課税); few expect it, so that many pay late."""
    yen = rng.randint(8, 120) * 1_000
    bill = _bill(person, notice_no, 1, (year, year - 1), (date(year, 4, 8), date(year, 4, 30)), yen, 0)
    return _lived(rng, desk, bill, rng.choice((Habit.PUNCTUAL, Habit.FORGETFUL, Habit.STRUGGLING)))


def _due_dates(year: int) -> tuple[date, ...]:
    return date(year, 6, 30), date(year, 8, 31), date(year, 10, 31), date(year + 1, 1, 31)


def _bill(
    person: Person,
    notice_no: str,
    instalment: int,
    years: tuple[int, int],
    dates: tuple[date, date],
    yen: int,
    forest_yen: int,
) -> Bill:
    levy_year, tax_year = years
    levied_on, due = dates
    key = f"{levy_year}-{tax_year}-{notice_no}-{instalment:02d}"
    return Bill(
        "resident_tax", key, "resident_tax", person, notice_no, instalment, levy_year, tax_year, levy_year,
        levied_on, on_or_after(due), yen, (forest_yen,),
    )  # fmt: skip


def _lived(rng: Random, desk: Desk, bill: Bill, habit: Habit) -> Bill:
    desk.live(bill, habit)
    if habit is Habit.UNABLE:
        write_off_after_stay(rng, bill)
    return bill
