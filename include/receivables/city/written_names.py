"""Which name a department writes (所管の記載氏名): a foreign resident's one form, or a surname given up by marriage.

The person is the same; whoever joins by name is misled (名寄せ). The habits are assumptions, as configuration.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from receivables.city.names import ForeignNames, Name
from receivables.city.people import Person


@dataclass(frozen=True, slots=True)
class _Habit:
    """The form that is written, and after how many days a new surname is."""

    form: Callable[[ForeignNames], Name | None]
    days_behind: timedelta


def _habit(form: Callable[[ForeignNames], Name | None], days: int) -> _Habit:
    return _Habit(form, timedelta(days=days))


_HABITS = {
    "nhi": _habit(lambda names: names.alias or names.kanji, 30),
    "latter_stage": _habit(lambda names: names.kanji, 14),
    "scholarship": _habit(lambda names: None, 10_000),  # the name of the contract, for ever
    "after_school": _habit(lambda names: names.katakana, 180),
    "school_lunch": _habit(lambda names: names.alias or names.katakana, 365),
    "nursery": _habit(lambda names: None, 60),
    "ward_housing": _habit(lambda names: names.alias, 365),
    "welfare_refund": _habit(lambda names: names.kanji or names.katakana, 90),
    "welfare_loans": _habit(lambda names: names.alias, 10_000),  # the name of the contract, for ever
}


def written_name(source: str, person: Person, day: date) -> Name:
    """The name that the files of `source` show on `day`."""
    if person.foreign is None and person.former_name is None:
        return person.name
    habit = _HABITS[source]
    if person.foreign:
        return habit.form(person.foreign) or person.name
    return person.name_on(day - habit.days_behind)
