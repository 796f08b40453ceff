"""What became of the people before the ward's first day: moves (転入・転居), 婚姻による改姓, 通称 of foreign residents.

It draws from numbers of its own, so that it changes nobody's age, household or money. The shares are assumptions.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter
from random import Random
from typing import TYPE_CHECKING

from receivables.city.blocks import Block
from receivables.city.names import ForeignNames, Name, NameBook
from receivables.city.places import Town, place_elsewhere, place_in

if TYPE_CHECKING:
    from receivables.city.people import Person

_MOVED_SHARE = 0.25  # of households, in five years
_PROTECTED_MOVED_SHARE = 0.9  # whoever is protected (支援措置) has mostly fled from somewhere
_FROM_ELSEWHERE_SHARE = 0.6
_DAYS_BACK = 5 * 365
_RENAMED_SHARE = 0.03  # of grown people who head no household
_RENAMED_DAYS_BACK = 900
_ALIAS_SHARE = {"ko": 0.45, "zh": 0.2}
_OTHER_ALIAS_SHARE = 0.04
IN, WITHIN, BIRTH = "1", "2", "3"  # 異動事由; the register's own codes


def give_history(block: Block, people: "list[Person]", names: NameBook, towns: list[Town]) -> None:
    """Give former addresses, former surnames and aliases to a share of `people`."""
    rng, as_of = block.rng("history"), block.as_of
    aliases: dict[str, ForeignNames] = {}
    for _, members in groupby(people, attrgetter("household_no")):
        for person in _moved(rng, list(members), as_of, towns):
            if person.foreign:
                alias = aliases.get(person.person_id) or _with_alias(rng, person, names)
                person.foreign = aliases[person.person_id] = alias
            elif not person.is_head and rng.random() < _RENAMED_SHARE and person.age(as_of) >= 22:
                renamed_on = as_of - timedelta(days=rng.randint(5, _RENAMED_DAYS_BACK))
                rename(person, names.family(rng), renamed_on, is_new=False)


def rename(person: "Person", family: tuple[str, str], day: date, *, is_new: bool) -> None:
    """婚姻による改姓 on `day`: `family` is the new surname, or the one given up."""
    other = replace(person.name, family=family[0], family_kana=family[1])
    person.renamed_on = day
    if is_new:
        person.former_name, person.name = person.name, other
    else:
        person.former_name = other


def alias(rng: Random, names: NameBook, sex_code: str, birth_year: int) -> Name:
    """通称: a Japanese name that a foreign resident had entered, and mostly goes by."""
    return Name(*names.family(rng), *names.given(rng, sex_code, birth_year))


def _with_alias(rng: Random, person: "Person", names: NameBook) -> ForeignNames:
    assert person.foreign
    if rng.random() >= _ALIAS_SHARE.get(person.language_code, _OTHER_ALIAS_SHARE):
        return person.foreign
    return replace(person.foreign, alias=alias(rng, names, person.sex_code, person.birth_date.year))


def _moved(rng: Random, members: "list[Person]", as_of: date, towns: list[Town]) -> "Iterator[Person]":
    share = _PROTECTED_MOVED_SHARE if any(person.is_protected for person in members) else _MOVED_SHARE
    if rng.random() >= share:
        return iter(members)
    day = as_of - timedelta(days=rng.randint(1, _DAYS_BACK))
    is_from_elsewhere = rng.random() < _FROM_ELSEWHERE_SHARE
    before = place_elsewhere(rng) if is_from_elsewhere else place_in(rng, towns)
    for person in members:
        if person.birth_date < day:
            person.previous_place, person.moved_on = before, day
            person.move_code = IN if is_from_elsewhere else WITHIN
    return iter(members)
