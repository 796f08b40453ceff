"""The people of the ward: households of relatives at one address, and what the register knows of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from receivables.city.blocks import Block
from receivables.city.history import give_history
from receivables.city.names import ForeignNames, Name, NameBook, name_book
from receivables.city.numbers import addressee_number
from receivables.city.phones import give_phones
from receivables.city.places import Place, Town, all_towns, place_in

T = TypeVar("T")
_HOUSEHOLD_SIZES = ((1, 50), (2, 25), (3, 13), (4, 9), (5, 3))
_HEAD_AGES = (((20, 34), 28), ((35, 49), 28), ((50, 64), 22), ((65, 79), 14), ((80, 97), 8))
_SERIALS_PER_BLOCK = 4_000_000
PEOPLE_PER_BLOCK = 20_000
_LANGUAGES = (("zh", 40), ("ko", 15), ("en", 25), ("vi", 12), ("ne", 8))


@dataclass(slots=True)
class Person:
    """One row of the register (宛名), and who it is in truth.

    `name` holds from `renamed_on` on and `place` from `moved_on` on, before them the former ones; either day may lie
    after the ward's first.
    """

    person_id: str
    addressee_no: str
    household_no: str
    is_head: bool
    name: Name
    sex_code: str
    birth_date: date
    place: Place
    phone: str | None = None
    died_on: date | None = None
    is_protected: bool = False
    has_guardian: bool = False
    is_on_welfare: bool = False
    language_code: str = "ja"
    is_birth_day_known: bool = True
    is_registered: bool = True  # False: moved away, so that the register feed no longer has the row
    foreign: ForeignNames | None = None  # of a foreign resident, whose `name` is the one in Latin letters (本名)
    former_name: Name | None = None  # 改姓前の氏名
    renamed_on: date | None = None
    previous_place: Place | None = None  # 前住所; as secret as the present one
    moved_on: date | None = None
    move_code: str | None = None  # 異動事由: how the present address came to be
    left_on: date | None = None  # 転出
    no_sms_from: date | None = None  # the day on which the ward is told that no SMS may go there (拒否・番号違い)
    stopped_on: date | None = None  # the day on which it is told so of any channel

    @property
    def last_year(self) -> int:
        """The last calendar year in which something can be levied on this person."""
        return self.died_on.year if self.died_on else 9999

    def age(self, day: date) -> int:
        """Full years on `day` (満年齢)."""
        return day.year - self.birth_date.year - ((day.month, day.day) < (self.birth_date.month, self.birth_date.day))

    def is_known(self, day: date) -> bool:
        """Whether the register feed of `day` has the row."""
        return self.is_registered and (self.left_on is None or day < self.left_on)

    def name_on(self, day: date) -> Name:
        """氏名 as it was on `day`."""
        return self.former_name if self.former_name and self.renamed_on and day < self.renamed_on else self.name

    def place_on(self, day: date) -> Place:
        """住所 as it was on `day`."""
        return self.previous_place if self.previous_place and self.moved_on and day < self.moved_on else self.place


@dataclass(frozen=True, slots=True)
class Source:
    """What households are drawn from."""

    rng: Random
    names: NameBook
    towns: list[Town]
    as_of: date


def population(block: Block) -> list[Person]:
    """Exactly `block.residents` people of the register, then one more in 200 who moved away owing money."""
    rng, residents = block.rng("people"), block.residents
    source = Source(rng, name_book(), all_towns(), block.as_of)
    leavers = residents // 200
    first = first_serial(block.number)
    serials = iter(rng.sample(range(first, first + _SERIALS_PER_BLOCK), residents + leavers))
    first_person = block.number * PEOPLE_PER_BLOCK
    found: list[Person] = []
    while len(found) < residents:
        found.extend(household(source, first_person + len(found), serials, residents - len(found)))
    _plant_namesakes(rng, found)
    _plant_second_numbers(rng, found)
    _plant_guardians(rng, found)
    for at in range(leavers):
        found.extend(household(source, first_person + residents + at, serials, 1))
        found[-1].is_registered = False
    give_phones(rng, found, block)
    give_history(block, found, source.names, source.towns)
    return found


def first_serial(block: int) -> int:
    """The first of the serial numbers from which a block draws 宛名番号."""
    return 10_000_000 + block * _SERIALS_PER_BLOCK


def household(source: Source, count: int, serials: Iterator[int], room: int) -> list[Person]:
    """The next household, of at most `room` people; `count` people have numbers already."""
    rng, as_of = source.rng, source.as_of
    size = min(_weighted(rng, _HOUSEHOLD_SIZES), room)
    language = _weighted(rng, _LANGUAGES) if rng.random() < 0.034 else "ja"
    place, family = place_in(rng, source.towns), source.names.family(rng)
    ages = _ages(rng, size)
    members: list[Person] = []
    for at, age in enumerate(ages):
        sex = ("2" if members[0].sex_code == "1" else "1") if at == 1 and size != 2 else rng.choice("12")
        born = date(as_of.year - age, 1, 1) - timedelta(days=rng.randrange(170))
        name = Name(*family, *source.names.given(rng, sex, born.year))
        foreign = None if language == "ja" else source.names.foreign(rng, language)
        number = addressee_number(next(serials))
        person = Person(f"p{count + at + 1:07d}", number, f"{count + 1:010d}", at == 0, name, sex, born, place)
        if foreign:
            person.name, person.foreign, person.language_code = foreign.latin, foreign, language
        _give_circumstances(rng, person, age, as_of)
        members.append(person)
    if language == "ja" and size >= 3 and rng.random() < 0.02:
        _name_after_parent(source, members[0], members[2])
    return members


def _ages(rng: Random, size: int) -> list[int]:
    low, high = _weighted(rng, _HEAD_AGES)
    head = rng.randint(low, high)
    if size == 2 and rng.random() < 0.3:
        return [head, max(head - rng.randint(22, 38), 0)]
    couple = [head, max(20, head + rng.randint(-8, 6))]
    return [*couple, *(max(head - rng.randint(24, 36), 0) for _ in range(size - 2))][:size]


def _give_circumstances(rng: Random, person: Person, age: int, as_of: date) -> None:
    """Death, protection (支援措置), guardianship (成年後見), welfare (生活保護), unknown birthday (不詳)."""
    if rng.random() < (0.002 if age < 65 else 0.05 if age < 85 else 0.15):
        person.died_on = as_of - timedelta(days=rng.randint(3, 1500))
    person.is_protected = rng.random() < 0.004
    person.has_guardian = rng.random() < (0.012 if age >= 70 else 0.002)
    person.is_on_welfare = rng.random() < (0.008 if age < 65 else 0.025)
    person.is_birth_day_known = rng.random() >= (0.06 if person.language_code != "ja" else 0.03 if age >= 85 else 0)


def _name_after_parent(source: Source, parent: Person, child: Person) -> None:
    """Father and son of one reading at one address: the pair that a careless matcher joins."""
    kana = parent.name.given_kana
    writing = source.names.namesake(source.rng, kana, parent.sex_code, unlike=parent.name.given)
    child.sex_code, child.name = parent.sex_code, replace(parent.name, given=writing, given_kana=kana)


def _plant_namesakes(rng: Random, people: list[Person]) -> None:
    """Two people of one name in different households (同姓同名); some were even born on one day."""
    heads = [person for person in people if person.is_head and person.language_code == "ja"]
    chosen = rng.sample(heads, max(2, len(heads) // 500) * 2)
    for at in range(0, len(chosen), 2):
        one, other = chosen[at], chosen[at + 1]
        other.name, other.sex_code = one.name, one.sex_code
        if at % 8 == 0:
            other.birth_date = one.birth_date


def _plant_second_numbers(rng: Random, people: list[Person]) -> None:
    """A person registered twice under two numbers (二重登録), the second time at an older address."""
    singles = [at for at in range(1, len(people)) if people[at].is_head and people[at - 1].is_head]
    for at in rng.sample(singles, max(1, len(people) // 2000)):
        twin, person = people[at], people[at - 1]
        twin.person_id, twin.name, twin.sex_code = person.person_id, person.name, person.sex_code
        twin.birth_date, twin.language_code, twin.foreign = person.birth_date, person.language_code, person.foreign


def _plant_guardians(rng: Random, people: list[Person]) -> None:
    """Heads of households with a guardian: the letter must go to somebody else (成年後見人)."""
    heads = [person for person in people if person.is_head]
    for person in rng.sample(heads, max(4, len(heads) // 150)):
        person.has_guardian = True


def _weighted(rng: Random, table: tuple[tuple[T, int], ...]) -> T:
    return rng.choices([value for value, _ in table], [weight for _, weight in table])[0]
