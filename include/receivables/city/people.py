"""The people of the ward: households of relatives at one address, and what the register knows of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from receivables.city.blocks import Block
from receivables.city.names import Name, NameBook, name_book
from receivables.city.numbers import addressee_number
from receivables.city.places import Place, Town, all_towns, place_in

T = TypeVar("T")
_HOUSEHOLD_SIZES = ((1, 50), (2, 25), (3, 13), (4, 9), (5, 3))
_HEAD_AGES = (((20, 34), 28), ((35, 49), 28), ((50, 64), 22), ((65, 79), 14), ((80, 97), 8))
_SERIALS_PER_BLOCK = 4_000_000
_PEOPLE_PER_BLOCK = 20_000
# One middle a block, known as invented at sight: one digit four times, then two digits by turns.
_MIDDLES = [
    *(one * 4 for one in "546732819"),
    *(f"{one}{other}" * 2 for one in "546732819" for other in "0123456789" if one != other),
    *(f"{one}{one}{other}{other}" for one in "546732819" for other in "0123456789" if one != other),
]
_LANGUAGES = (("zh", 40), ("ko", 15), ("en", 25), ("vi", 12), ("ne", 8))


@dataclass(slots=True)
class Person:
    """One row of the register (宛名), and who it is in truth."""

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
    no_sms_from: date | None = None  # the day on which the ward is told that no SMS may go there (拒否・番号違い)
    stopped_on: date | None = None  # the day on which it is told so of any channel

    @property
    def last_year(self) -> int:
        """The last calendar year in which something can be levied on this person."""
        return self.died_on.year if self.died_on else 9999

    def age(self, day: date) -> int:
        """Full years on `day` (満年齢)."""
        return day.year - self.birth_date.year - ((day.month, day.day) < (self.birth_date.month, self.birth_date.day))


@dataclass(frozen=True, slots=True)
class _Source:
    rng: Random
    names: NameBook
    towns: list[Town]
    as_of: date


def population(block: Block) -> list[Person]:
    """Exactly `block.residents` people of the register, then one more in 200 who moved away owing money."""
    rng, residents = block.rng("people"), block.residents
    source = _Source(rng, name_book(), all_towns(), block.as_of)
    leavers = residents // 200
    first = 10_000_000 + block.number * _SERIALS_PER_BLOCK
    serials = iter(rng.sample(range(first, first + _SERIALS_PER_BLOCK), residents + leavers))
    first_person = block.number * _PEOPLE_PER_BLOCK
    found: list[Person] = []
    while len(found) < residents:
        found.extend(_household(source, first_person + len(found), serials, residents - len(found)))
    _plant_namesakes(rng, found)
    _plant_second_numbers(rng, found)
    _plant_guardians(rng, found)
    for at in range(leavers):
        found.extend(_household(source, first_person + residents + at, serials, 1))
        found[-1].is_registered = False
    _give_phones(rng, found, block)
    return found


def _household(source: _Source, count: int, serials: Iterator[int], room: int) -> list[Person]:
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
        if language != "ja":
            name = source.names.foreign(rng, language)
        number = addressee_number(next(serials))
        person = Person(f"p{count + at + 1:07d}", number, f"{count + 1:010d}", at == 0, name, sex, born, place)
        person.language_code = language
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


def _name_after_parent(source: _Source, parent: Person, child: Person) -> None:
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
        twin.birth_date, twin.language_code = person.birth_date, person.language_code


def _plant_guardians(rng: Random, people: list[Person]) -> None:
    """Heads of households with a guardian: the letter must go to somebody else (成年後見人)."""
    heads = [person for person in people if person.is_head]
    for person in rng.sample(heads, max(4, len(heads) // 150)):
        person.has_guardian = True


def _give_phones(rng: Random, people: list[Person], block: Block) -> None:
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


def _weighted(rng: Random, table: tuple[tuple[T, int], ...]) -> T:
    return rng.choices([value for value, _ in table], [weight for _, weight in table])[0]
