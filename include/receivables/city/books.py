"""Workbooks as sections keep them by hand (Excel台帳): merged titles, a heading, rows, 小計, 合計.

A book is written row by row, so that a whole ward's fits into memory.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from random import Random

import xlsxwriter

from receivables.city.papers import Kept, Tally

_MANY_ROWS = 100_000
_DAY_ZERO = date(1899, 12, 30)
_ERAS = ((date(2019, 5, 1), "令和", 2018), (date(1989, 1, 8), "平成", 1988))


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula whose result the section's program never stored."""

    text: str


Cell = str | int | date | Formula | None
Cells = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """One section's workbook: a sheet of rows under merged titles, and what stands around them."""

    sheet: str
    titles: tuple[str, ...]  # merged rows above the heading; {day} is the day in 和暦
    header: tuple[str, ...]
    count_in: str  # the column in which 小計 and 合計 give their rows
    yen_in: str
    received_in: str | None = None  # none where no payments stand beside the rows
    subtotal_by: str | None = None  # 小計 after each run of rows that are equal in this column
    hidden: str | None = None  # a helper column (作業列) that nobody is to see
    cover: tuple[str, ...] = ()  # lines of a sheet in front
    total_label: str = "合計"

    @property
    def form(self) -> Kept[Cells]:
        """The book as the form of a paper."""
        return Kept(self._write, len(self.titles) + 2)

    def at(self, title: str) -> int:
        """Where a column stands, from 0."""
        return self.header.index(title)

    def cell(self, title: str, spoil: Callable[[Cell], Cell]) -> Callable[[Cells], Cells]:
        """A change of one cell of a row."""
        at = self.at(title)
        return lambda cells: (*cells[:at], spoil(cells[at]), *cells[at + 1 :])

    def _write(self, rows: Iterator[Cells], tally: Tally, day: date, file: Path) -> None:
        with xlsxwriter.Workbook(str(file), {"constant_memory": tally.rows > _MANY_ROWS}) as book:
            created = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # the format knows no zone
            book.set_properties({"created": created, "title": self.titles[0]})
            if self.cover:
                book.add_worksheet("表紙").write_column(0, 0, self.cover)
            _Sheet(self, book).fill(rows, tally, day)


class _Sheet:
    """The sheet being written; `row` is the next one, from 0."""

    def __init__(self, book: Book, file: xlsxwriter.Workbook) -> None:
        self._book, self._row = book, 0
        self._title = file.add_format({"bold": True, "align": "center"})
        self._date = file.add_format({"num_format": "yyyy/m/d"})
        self._sheet = file.add_worksheet(book.sheet)

    def fill(self, rows: Iterator[Cells], tally: Tally, day: date) -> None:
        book = self._book
        for title in book.titles:
            self._sheet.merge_range(
                self._row, 0, self._row, len(book.header) - 1, title.replace("{day}", str(wareki(day))), self._title
            )
            self._row += 1
        self._sheet.write_row(self._row, 0, book.header, self._title)
        if book.hidden:
            self._sheet.set_column(book.at(book.hidden), book.at(book.hidden), None, None, {"hidden": True})
        self._row += 1
        self._sheet.freeze_panes(self._row, 0)
        self._rows(rows)
        self._put(self._summed(book.total_label, tally.rows, tally.yen, tally.received_yen))

    def _rows(self, rows: Iterator[Cells]) -> None:
        by = self._book.at(self._book.subtotal_by) if self._book.subtotal_by else None
        before, count = None, 0
        for cells in rows:
            if by is not None:
                if count and cells[by] != before:
                    self._subtotal(count)
                    count = 0
                before = cells[by]
            self._put(cells)
            count += 1
        if by is not None and count:
            self._subtotal(count)

    def _subtotal(self, count: int) -> None:
        yen, received = (
            Formula(f"=SUBTOTAL(9,{letter}{self._row - count + 1}:{letter}{self._row})")
            for letter in (_letter(self._book.at(title)) for title in (self._book.yen_in, self._book.received_in or ""))
        )
        self._put(self._summed("小計", count, yen, received))

    def _summed(self, label: str, count: int, yen: Cell, received: Cell) -> Cells:
        cells: list[Cell] = [None] * len(self._book.header)
        cells[0], cells[self._book.at(self._book.count_in)] = label, count
        cells[self._book.at(self._book.yen_in)] = yen
        if self._book.received_in:
            cells[self._book.at(self._book.received_in)] = received
        return tuple(cells)

    def _put(self, cells: Cells) -> None:
        for column, cell in enumerate(cells):
            if isinstance(cell, Formula):
                self._sheet.write_formula(self._row, column, cell.text, None, "")
            elif isinstance(cell, date):
                self._sheet.write_datetime(self._row, column, cell, self._date)
            elif isinstance(cell, int):
                self._sheet.write_number(self._row, column, cell)
            elif cell:
                self._sheet.write_string(self._row, column, cell)
        self._row += 1


def wareki(day: date | None, *, is_short: bool = False) -> str | None:
    """和暦 text as staff type it: 令和6年5月31日, 令和元年…, now and then R6.5.31."""
    if day is None:
        return None
    kanji, before = next((kanji, before) for first, kanji, before in _ERAS if day >= first)
    year = day.year - before
    if is_short:
        return f"{'R' if kanji == '令和' else 'H'}{year}.{day.month}.{day.day}"
    return f"{kanji}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def typed(day: date | None, typing: Random) -> Cell:
    """A day as a sheet holds it: 和暦 text, a date of Excel's, or its bare number where the format was lost."""
    if day is None:
        return None
    chance = typing.random()
    if chance < 0.04:
        return (day - _DAY_ZERO).days
    return day if chance < 0.5 else wareki(day, is_short=chance < 0.55)


def grouped(yen: int) -> str:
    """Yen as text with commas: 12,300."""
    return f"{yen:,}"


def ungrouped(cell: Cell) -> int:
    """The yen of such a text."""
    return int(str(cell).replace(",", ""))


def number(cell: Cell) -> int:
    """The number that a cell holds, as text or as a number."""
    assert isinstance(cell, (str, int))
    return int(cell)


def _letter(column: int) -> str:
    return chr(65 + column) if column < 26 else chr(64 + column // 26) + chr(65 + column % 26)
