"""Telephone numbers of the ward's people, all invented, written as counters write them."""

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import TYPE_CHECKING

from receivables.city.blocks import Block

if TYPE_CHECKING:
    from receivables.city.people import Person

# One middle a block, known as invented at sight: one digit four times, then two digits by turns.
_MIDDLES = [
    *(one * 4 for one in "546732819"),
    *(f"{one}{other}" * 2 for one in "546732819" for other in "0123456789" if one != other),
    *(f"{one}{one}{other}{other}" for one in "546732819" for other in "0123456789" if one != other),
]


def give_phones(rng: Random, people: "list[Person]", block: Block) -> None:
    """Mobile, landline or none; written as counters write them. All numbers are invented."""
    mobiles = _mobile_numbers(block.number)
    shared: dict[str, str] = {}
    for person in people:
        kind = rng.random()
        if person.age(date(2026, 4, 1)) < 15 or kind > 0.92:
            continue
        if kind > 0.74:
            number = shared.setdefault(person.household_no, f"03-5555-{rng.randint(0, 9999):04d}")
        elif kind > 0.735 and person.household_no in shared:
            number = shared[person.household_no]
        else:
            number = next(mobiles)
            shared.setdefault(person.household_no, number)
        person.phone = _as_written(rng, number)


def spare_mobile(block: int, at: int) -> str:
    """A number that nobody had on the first day: the `at`-th from the end of this block's own."""
    return f"070-{_MIDDLES[block]}-{(9_999 - at) * 7919 % 10_000:04d}"


def _mobile_numbers(block: int) -> Iterator[str]:
    """30,000 numbers of this block alone; the middle tells that they are invented (5555, 4444 …, then 5050 …)."""
    middle = _MIDDLES[block]
    for last in range(10_000):
        for prefix in ("090", "080", "070"):
            yield f"{prefix}-{middle}-{last * 7919 % 10_000:04d}"


def _as_written(rng: Random, number: str) -> str:
    chance = rng.random()
    if chance < 0.10:
        return number.replace("-", "")
    if chance < 0.12:
        return number.translate(str.maketrans("0123456789-", "０１２３４５６７８９－"))
    return number
