"""Levies of the national health insurance premium (国民健康保険料): ten instalments a year per household."""

from collections.abc import Iterator
from datetime import date
from random import Random

from receivables.city.bills import Bill
from receivables.city.blocks import Block
from receivables.city.habits import NHI, Habit, habit_of
from receivables.city.levies import month_end
from receivables.city.life import Desk, Rules, write_off_prescribed
from receivables.city.numbers import notice_number
from receivables.city.office_days import fiscal_year, on_or_after
from receivables.city.people import Person

YEARS_KEPT = 6  # the running fiscal year and five before it
_PRESCRIPTION_YEARS = 2  # 国民健康保険法110条1項
_RULES = Rules(NHI, 2, 24, False, 10, _PRESCRIPTION_YEARS, 2018)
_CARE_AGES = range(40, 65)  # 介護分 is paid for members of 40 to 64
_LATE_SHARE = 0.13


def nhi_bills(block: Block, people: list[Person]) -> list[Bill]:
    """Every instalment levied by the block's day, each with its life; the debtor is the household's head (世帯主)."""
    rng, until, serials = block.rng("nhi"), block.as_of, block.serials()
    desk = Desk(_RULES, rng, block.receipt_serials())
    found: list[Bill] = []
    for person in people:
        is_insured = person.is_head and 19 <= person.age(until) < 75 and rng.random() < 0.27
        if is_insured or not person.is_registered:
            found.extend(_household(rng, desk, person, serials, until))
    return found


def _household(rng: Random, desk: Desk, head: Person, serials: Iterator[int], until: date) -> Iterator[Bill]:
    habit = habit_of(rng, NHI)
    medical_yen = int(rng.lognormvariate(11.4 if habit is not Habit.UNABLE else 11.1, 0.6))
    this_year = fiscal_year(until)
    oldest = this_year - YEARS_KEPT + 1
    first = oldest if rng.random() < 0.45 else rng.randint(oldest, this_year)
    last = 2100 if rng.random() < 0.8 else rng.randint(first, this_year)
    for year in range(first, min(last, this_year, head.last_year) + 1):
        care_permille = 260 if head.age(date(year, 4, 1)) in _CARE_AGES else 0
        parts = tuple(medical_yen * permille // 1_000 // 10 * 10 for permille in (1_000, 340, care_permille))
        yield from _year(rng, desk, head, habit, year, notice_number(year, next(serials)), parts)
        if rng.random() < _LATE_SHARE:
            late = tuple(part * 2 // 10 for part in parts)
            yield from _late(rng, desk, head, year, notice_number(year, next(serials)), late)


def _year(
    rng: Random, desk: Desk, head: Person, habit: Habit, year: int, notice_no: str, parts: tuple[int, ...]
) -> Iterator[Bill]:
    """Instalments due at the ends of June to March; the first takes what does not divide by ten."""
    tenth = tuple(part // 10 // 10 * 10 for part in parts)
    for instalment in range(1, 11):
        due = month_end(year, 5 + instalment)
        yens = tuple(part - 9 * each for part, each in zip(parts, tenth, strict=True)) if instalment == 1 else tenth
        yield _lived(rng, desk, _bill(head, notice_no, instalment, (year, year), (date(year, 6, 12), due), yens), habit)


def _late(rng: Random, desk: Desk, head: Person, year: int, notice_no: str, parts: tuple[int, ...]) -> Iterator[Bill]:
    """Premium of last year, levied in April (過年度賦課) in two instalments: April and May."""
    habit = rng.choice((Habit.PUNCTUAL, Habit.FORGETFUL, Habit.STRUGGLING))
    for instalment, month in ((1, 4), (2, 5)):
        dates = date(year, 4, 8), month_end(year, month)
        yield _lived(rng, desk, _bill(head, notice_no, instalment, (year, year - 1), dates, parts), habit)


def _bill(
    head: Person,
    notice_no: str,
    instalment: int,
    years: tuple[int, int],
    dates: tuple[date, date],
    parts: tuple[int, ...],
) -> Bill:
    levy_year, premium_year = years
    levied_on, due = dates
    return Bill(
        "nhi", f"{notice_no}-{instalment:02d}", "nhi_premium", head, notice_no, instalment, levy_year, premium_year,
        premium_year, levied_on, on_or_after(due), sum(parts), parts,
    )  # fmt: skip


def _lived(rng: Random, desk: Desk, bill: Bill, habit: Habit) -> Bill:
    desk.live(bill, habit)
    write_off_prescribed(rng, bill, _PRESCRIPTION_YEARS)
    return bill
