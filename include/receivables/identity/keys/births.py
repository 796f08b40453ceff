"""生年月日のキー: what the register knows of a birth date, and whether two such dates can be one."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

Agreement = Literal["exact", "compatible", "conflict", "unknown"]
_WRITTEN = re.compile(r"([0-9]{4})([-/.]?)([0-9]{2})\2([0-9]{2})")
_UNKNOWN = {"00", "99", "0000", "9999"}
_LEAP_YEAR = 2000


@dataclass(frozen=True, slots=True)
class BirthKey:
    """A birth date; None stands for each part that nobody knows (不詳). One part at least is known."""

    year: int | None
    month: int | None
    day: int | None


@lru_cache(65_536)
def birth_key(text: str | None) -> BirthKey | None:
    """The key of a birth date as ingest stores it (`partial_date`: 1940-05-00), or with / or . or nothing between.

    00 and 99 (0000 and 9999 for the year) are unknown. None for no date, a day that no calendar has, and a date
    of which nothing is known. Era names are read by ingest, not here.
    """
    match = _WRITTEN.fullmatch((text or "").strip())
    if match is None:
        return None
    year, month, day = (None if part in _UNKNOWN else int(part) for part in (match[1], match[3], match[4]))
    if (year, month, day) == (None, None, None) or not _is_possible(year, month, day):
        return None
    return BirthKey(year, month, day)


def agrees(one: BirthKey | None, other: BirthKey | None) -> Agreement:
    """How two birth dates stand to each other.

    `exact`: both whole and equal. `conflict`: a part that both know differs. `compatible`: all parts that both know
    are equal, and some part is unknown to one. `unknown`: there is no part that both know. Symmetric.
    """
    if one is None or other is None:
        return "unknown"
    pairs = ((one.year, other.year), (one.month, other.month), (one.day, other.day))
    known = [mine == theirs for mine, theirs in pairs if mine is not None and theirs is not None]
    if not known:
        return "unknown"
    if not all(known):
        return "conflict"
    return "exact" if len(known) == len(pairs) else "compatible"


def _is_possible(year: int | None, month: int | None, day: int | None) -> bool:
    """Whether some calendar day has these parts: 31 without a month is one, the 30th of February is none."""
    try:
        date(year or _LEAP_YEAR, month or 1, day or 1)
    except ValueError:
        return False
    return True
