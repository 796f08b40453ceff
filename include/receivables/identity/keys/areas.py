"""The head of an address (都道府県・市区町村・町域): which area a text names, whatever of it is left out."""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from receivables.identity.keys.towns import City, Town, cities_at, marked, prefectures, town_at
from receivables.identity.keys.writing import plain

_OAZA = re.compile(r"大字|字")
STREETS = re.compile(r".*(?:(?:上|下)ケ?ル|(?:東|西)入ル?)")  # 京都の通り名: what comes last is the town


class Area(NamedTuple):
    """What was recognised, each None when it was not, and the place behind it in the text."""

    prefecture: str | None
    city: str | None
    town: Town | None
    end: int


@lru_cache(65_536)
def area_of(text: str, home: str | None) -> Area:
    """The area at the head of `text` (marked): the first reading that reaches a town, else the one as it is written.

    Tried in turn: as written; a prefecture without its 県 (福島石川郡); the city `home` for a text that names none.
    """
    prefecture, start = _prefecture(text)
    written = _city(text, start, prefecture)
    if written.town or prefecture:
        return written
    stems = (_city(text, len(stem) - 1, name) for stem, name in _prefectures() if text.startswith(stem[:-1]))
    at_home = (_town(_home(home), text, start),) if home and not written.city else ()
    return next((found for found in (*stems, *at_home) if found.town), written)


def _prefecture(text: str) -> tuple[str | None, int]:
    return next(((name, len(writing)) for writing, name in _prefectures() if text.startswith(writing)), (None, 0))


@cache
def _prefectures() -> list[tuple[str, str]]:
    return [(marked(name).text, name) for name in prefectures()]


def _city(text: str, start: int, prefecture: str | None) -> Area:
    """The city at `start`, the one that has the town when several have the name; without it the first."""
    end, cities = cities_at(text, start, prefecture)
    found = [_town(city, text, end) for city in cities]
    as_written = found[0] if found else Area(prefecture, None, None, start)
    return next((one for one in found if one.town), as_written)


@cache
def _home(home: str) -> City:
    """The city whose name is `home`; LookupError for a name that postal data do not know."""
    text = marked(plain(home)).text
    prefecture, start = _prefecture(text)
    end, cities = cities_at(text, start, prefecture)
    if len(cities) != 1 or end != len(text):
        raise LookupError(f"{home} is not one city of postal data: write prefecture and city, e.g. 東京都世田谷区")
    return cities[0]


def _town(city: City, text: str, start: int) -> Area:
    """The town at `start`; in 京都 also the one after the last street (上る, 東入)."""
    streets = STREETS.match(text, start) if city.city.startswith("京都市") else None
    for begin in (streets.end(), start) if streets else (start,):
        oaza = _OAZA.match(text, begin)
        for at in (oaza.end(), begin) if oaza else (begin,):
            if hit := town_at(city, text, at):
                return Area(*city, hit[1], hit[0])
    return Area(*city, None, start)
