"""What happens to the people on the days that follow the first (異動): 転入, 転出, 転居, 出生, 死亡, 改姓, new phones.

Each day is drawn from numbers of its own, so that K days and one more begin with the same K days. Nothing here changes
a bill or a file of the first day; whose row is spoilt stays as he is. The rates are the ward's, roughly.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from receivables.city.blocks import Block
from receivables.city.history import BIRTH, IN, WITHIN, rename
from receivables.city.names import Name, name_book
from receivables.city.numbers import addressee_number
from receivables.city.people import (
    PEOPLE_PER_BLOCK,
    Person,
    Source,
    first_serial,
    household,
)
from receivables.city.phones import spare_mobile
from receivables.city.places import all_towns, place_elsewhere, place_in

_NEWCOMERS_FROM = 16_000  # of a block's 20,000 numbers of people
_SERIALS = 4_000
_TRIES = 2_000


@dataclass(slots=True)
class _Days:
    """One block's people while the days go by."""

    block: Block
    source: Source
    people: list[Person]
    homes: dict[str, list[Person]]
    serials: Iterator[int]
    newcomers: list[Person]
    phones: int = 0

    def home(self, day: date, rng: Random) -> list[Person]:
        """Everybody of one household that is wholly there and has not moved since the first day; nobody, rarely."""
        for _ in range(_TRIES):
            found = self.homes[rng.choice(self.people).household_no]
            if all(one.is_known(day) and (one.moved_on or self.block.as_of) <= self.block.as_of for one in found):
                return found
        return []

    def one(self, day: date, rng: Random, is_fit: Callable[[Person], bool]) -> Person | None:
        """Somebody alive and there whom `is_fit` takes; nobody when a long search finds none."""
        for _ in range(_TRIES):
            found = rng.choice(self.people)
            if found.died_on is None and found.is_known(day) and is_fit(found):
                return found
        return None


def live_on(block: Block, people: list[Person], settled: Collection[str], days: int) -> list[Person]:
    """Let `days` days go by for those of `people` whose number is in `settled`; who came to the ward meanwhile."""
    if not days:
        return []
    living, homes = [], defaultdict(list)
    for person in people:
        homes[person.household_no].append(person)
    for members in homes.values():
        if all(person.addressee_no in settled for person in members):
            living += members
    source = Source(Random(), name_book(), all_towns(), block.as_of)
    found = _Days(block, source, living, homes, _new_serials(block, people), [])
    for count in range(1, days + 1):
        day = block.as_of + timedelta(days=count)
        for name, (happen, per_ten_thousand) in _KINDS.items():
            rng = block.rng(f"changes:{name}:{day:%Y%m%d}")
            times = int(per_ten_thousand * block.residents / 10_000 + rng.random())
            for _ in range(max(times, int(block.number == 0))):  # a small ward sees each of them every day, too
                happen(found, rng, day)
    return found.newcomers


def _new_serials(block: Block, people: list[Person]) -> Iterator[int]:
    taken = {person.addressee_no for person in people}
    first = first_serial(block.number)
    drawn = block.rng("newcomers").sample(range(first, first + 4_000_000), _SERIALS)
    return (serial for serial in drawn if addressee_number(serial) not in taken)


def _come(days: _Days, rng: Random, day: date) -> None:
    """転入: a household from elsewhere."""
    for person in _household(days, rng, day, 9):
        person.moved_on, person.move_code = day, IN
        person.phone = _phone(days) if person.age(day) >= 15 else None
        days.newcomers.append(person)


def _household(days: _Days, rng: Random, day: date, room: int) -> list[Person]:
    source = replace(days.source, rng=rng, as_of=day)
    count = days.block.number * PEOPLE_PER_BLOCK + _NEWCOMERS_FROM + len(days.newcomers)
    found, before = household(source, count, days.serials, room), place_elsewhere(rng)
    for person in found:
        person.died_on, person.previous_place = None, before
    return found


def _leave(days: _Days, rng: Random, day: date) -> None:
    """転出: a household goes; the feed no longer has it."""
    for person in days.home(day, rng):
        person.left_on = day


def _move(days: _Days, rng: Random, day: date) -> None:
    """転居: a household moves within the ward."""
    place = place_in(rng, days.source.towns)
    for person in days.home(day, rng):
        person.previous_place, person.place = person.place, place
        person.moved_on, person.move_code = day, WITHIN


def _be_born(days: _Days, rng: Random, day: date) -> None:
    """出生: entered within fourteen days (戸籍法49条); a protected mother's child is protected too (支援措置)."""
    mother = days.one(day, rng, lambda one: one.sex_code == "2" and 22 <= one.age(day) <= 42)
    if mother is None:
        return
    (child,) = _household(days, rng, day, 1)
    family = mother.name_on(day)
    born = day - timedelta(days=rng.randint(0, 14))
    given = days.source.names.given(rng, child.sex_code, born.year)
    child.name, child.foreign, child.language_code = Name(family.family, family.family_kana, *given), None, "ja"
    child.household_no, child.is_head, child.birth_date = mother.household_no, False, born
    child.place, child.previous_place, child.moved_on, child.move_code = mother.place, None, born, BIRTH
    child.is_protected, child.is_on_welfare, child.has_guardian = mother.is_protected, mother.is_on_welfare, False
    child.is_birth_day_known = True
    days.newcomers.append(child)
    days.homes[child.household_no].append(child)


def _die(days: _Days, rng: Random, day: date) -> None:
    """死亡, mostly of the old."""
    if person := days.one(day, rng, lambda one: one.age(day) >= 70):
        person.died_on = day


def _marry(days: _Days, rng: Random, day: date) -> None:
    """婚姻による改姓 (民法750条)."""
    if person := days.one(day, rng, lambda one: 20 <= one.age(day) < 50 and not (one.foreign or one.former_name)):
        rename(person, days.source.names.family(rng), day, is_new=True)


def _change_phone(days: _Days, rng: Random, day: date) -> None:
    if person := days.one(day, rng, lambda one: one.phone is not None):
        person.phone = _phone(days)


def _phone(days: _Days) -> str:
    days.phones += 1
    return spare_mobile(days.block.number, days.phones)


# kind: what happens, and how often a day among 10,000 residents (households for moves).
_KINDS: dict[str, tuple[Callable[[_Days, Random, date], None], float]] = {
    "come": (_come, 1.2),
    "leave": (_leave, 1.2),
    "move": (_move, 0.4),
    "be born": (_be_born, 0.2),
    "die": (_die, 0.25),
    "marry": (_marry, 0.1),
    "change phone": (_change_phone, 1.0),
}
