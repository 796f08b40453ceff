"""Cells and lines of CP932 CSV files, as several departments' systems write them."""

from collections.abc import Callable
from datetime import date
from functools import cache

from receivables.city.papers import Lines

Cells = tuple[str, ...]
FOLDED = str.maketrans({"𠮷": "吉"})  # not in CP932
_ERAS = ((date(2019, 5, 1), "R", 2018), (date(1989, 1, 8), "H", 1988), (date(1926, 12, 25), "S", 1925))


def form(header: Cells) -> Lines[Cells]:
    """A file of one header line and a line a row."""
    return Lines(_line, head=lambda _: _line(header))


def quoted(text: str) -> str:
    """A cell between quotes."""
    return f'"{text}"'


def cell(header: Cells, item: str, spoil: Callable[[str], str]) -> Callable[[Cells], Cells]:
    """A change of one cell."""
    at = header.index(item)
    return lambda cells: (*cells[:at], spoil(cells[at]), *cells[at + 1 :])


@cache
def era_day(day: date | None, *, is_packed: bool = False) -> str:
    """和暦 as systems print it: R8.06.30, or R080630."""
    if day is None:
        return ""
    letter, before = next((letter, before) for first, letter, before in _ERAS if day >= first)
    year = day.year - before
    return f"{letter}{year:02d}{day:%m%d}" if is_packed else f"{letter}{year}.{day:%m.%d}"


def _line(cells: Cells) -> bytes:
    return ",".join(cells).encode("cp932", "surrogateescape")  # a planted broken byte stays as it is
