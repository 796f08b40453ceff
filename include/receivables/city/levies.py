"""A department's levy in general (賦課・調定): on whom, how much, due when, and how such people pay.

Departments whose levy has a shape of its own (resident tax, health insurance, loans) write it down
themselves; the others only say what is theirs. Shares and yen are assumptions of the synthetic ward.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from receivables.city.bills import Bill
from receivables.city.blocks import Block
from receivables.city.habits import Habit, habit_of
from receivables.city.life import Desk, Rules
from receivables.city.numbers import notice_number
from receivables.city.office_days import fiscal_year, on_or_after
from receivables.city.people import Person

YEARS_KEPT = 6  # the running fiscal year and five before it
Key = Callable[[str, int, int], str]  # from 通知書番号, 年度, 期別


def notice_key(notice_no: str, _: int, instalment_no: int) -> str:
    """A claim's key where the notice alone tells the year."""
    return f"{notice_no}-{instalment_no:02d}"


def standard_key(notice_no: str, year: int, instalment_no: int) -> str:
    """A claim's key in the standard's groups, which begins with 賦課年度 and 相当年度."""
    return f"{year}-{year}-{notice_no}-{instalment_no:02d}"


@dataclass(frozen=True, slots=True)
class Payer:
    """Who owes, for whom or for what, and in which years (年度)."""

    debtor: Person
    subject: Person
    years: range
    object_no: str = ""  # a thing's number where it is owed for a thing
    kind_code: str = ""


@dataclass(frozen=True, slots=True)
class Levy:
    """What one department levies.

    `instalments` gives for a year the day of the notice and the unrolled due date of each instalment;
    `yen` gives a payer's instalments of that year in the same order, 0 where nothing is levied.
    """

    source_code: str
    claim_type: str
    rules: Rules
    payers: Callable[[Random, list[Person], date], Iterable[Payer]]
    instalments: Callable[[int], list[tuple[date, date]]]
    yen: Callable[[Random, Payer, int, Habit], list[int]]
    ends: Callable[[Random, Bill], None] = lambda *_: None  # how it is written off, if ever
    key: Key = notice_key


def levied(levy: Levy, block: Block, people: list[Person]) -> list[Bill]:
    """Every instalment levied by the block's day, each with its whole life."""
    rng, serials = block.rng(levy.claim_type), block.serials()
    desk = Desk(levy.rules, rng, block.receipt_serials())
    found: list[Bill] = []
    for payer in levy.payers(rng, people, block.as_of):
        habit = habit_of(rng, levy.rules.mix)
        for year in payer.years:
            if year <= payer.debtor.last_year:
                found.extend(
                    _year(levy, desk, rng, payer, habit, year, notice_number(year, next(serials)), block.as_of)
                )
    return found


def _year(
    levy: Levy, desk: Desk, rng: Random, payer: Payer, habit: Habit, year: int, notice_no: str, until: date
) -> Iterator[Bill]:
    dates = levy.instalments(year)
    for number, ((levied_on, due), yen) in enumerate(zip(dates, levy.yen(rng, payer, year, habit), strict=True), 1):
        if yen and levied_on <= until:
            bill = Bill(
                levy.source_code, levy.key(notice_no, year, number), levy.claim_type, payer.debtor, notice_no, number,
                year, year, fiscal_year(due), levied_on, on_or_after(due), yen, subject=payer.subject,
                object_no=payer.object_no, kind_code=payer.kind_code,
            )  # fmt: skip
            desk.live(bill, habit)
            levy.ends(rng, bill)
            yield bill


def years_between(rng: Random, first: date, last: date, until: date, *, stay: float = 0.6) -> range:
    """The fiscal years of somebody who could owe from `first` to `last`; `stay` are there all that time."""
    lowest = max(fiscal_year(until) - YEARS_KEPT + 1, fiscal_year(first))
    highest = min(fiscal_year(until), fiscal_year(last))
    if lowest > highest:
        return range(0)
    start = lowest if rng.random() < stay else rng.randint(lowest, highest)
    end = highest if rng.random() < stay else rng.randint(start, highest)
    return range(start, end + 1)


def birthday(person: Person, age: int) -> date:
    """The day on which `person` reaches `age` (29 February counts as 1 March)."""
    born = person.birth_date
    return (
        date(born.year + age, born.month, born.day)
        if (born.month, born.day) != (2, 29)
        else date(born.year + age, 3, 1)
    )


def heads(people: list[Person]) -> dict[str, Person]:
    """The head (世帯主) of every household, who pays for its children."""
    return {person.household_no: person for person in people if person.is_head}


def monthly(year: int, *, notice_day: int = 10) -> list[tuple[date, date]]:
    """Twelve months from April: notice within the month, due at its end."""
    return [(date(at.year, at.month, notice_day), month_end(at.year, at.month)) for at in _months(year)]


def month_end(year: int, month: int) -> date:
    """The last day of the `month`-th month counted from January of `year` (13 is the next January)."""
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _months(year: int) -> list[date]:
    return [date(year + (month > 12), (month - 1) % 12 + 1, 1) for month in range(4, 16)]
