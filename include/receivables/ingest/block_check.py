"""A block of records against its contract: what is surely right is accepted at once (一括検査).

What is not surely right is left to RowCheck, which alone says what is wrong. So this check may be
strict where it likes, and never more lenient than RowCheck: a property test holds them together.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from receivables.contracts import Column, Table
from receivables.ingest import fields
from receivables.ingest.blocks import Block, Cells, Mask, written
from receivables.ingest.chunks import WIDEST, Bytes, Places
from receivables.ingest.records import NULL
from receivables.ingest.rejection import RowFaultError

# An empty cell is what COPY is told to take for one; these stand for line ends until the text is decoded.
_NULL, _FEED, _RETURN = ord(NULL), 2, 3  # a cell with a control byte is never surely right
_ZERO, _TEN = np.uint8(48), np.uint8(10)
_TAB, _LF, _CR, _WIDE_BLANK = ord("\t"), ord("\n"), ord("\r"), 0x3000
_WIDE_BLANKS = re.compile("(?<=[\t\n])[ \u3000]*\u3000[ \u3000]*|[ \u3000]*\u3000[ \u3000]*(?=[\t\n])")
Units = NDArray[np.uint16]
_MOST_DIGITS = 11  # twelve may be a My Number
_MOST_YEN_DIGITS = 13
_WINDOW, _LAST_ASCII = 14, 127
_DIGITS = np.array([chr(unit).isdecimal() for unit in range(1 << 16)], dtype=np.bool_)


class Accepted(NamedTuple):
    """What a block gave: COPY text of its accepted rows, how many, their yen, and the records left to RowCheck."""

    text: str
    rows: int
    yen: int
    doubtful: Places


class _Checked(NamedTuple):
    cells: Bytes
    is_right: Mask
    numbers: Places | None = None


class BlockCheck:
    """The checks of one table, made once and applied to every block."""

    def __init__(self, table: Table) -> None:
        encoding = table.encoding or "utf-8"
        self._names = [column.name for column in table.columns]
        self._checks = [_check_of(column, encoding) for column in table.columns]
        self._encoding = encoding
        self._table = table
        self._yen = self._names.index(table.yen) if table.yen else None

    def check(self, block: Block) -> Accepted:
        """Accept what is surely right."""
        checked = [check(block.field(at)) for at, check in enumerate(self._checks)]
        is_right = np.logical_and.reduce([one.is_right for one in checked])
        is_right &= self._are_narrow(block) & self._sums_hold(checked) & ~self._are_excluded(block)
        if self._table.legal_basis:
            is_right[:] = False  # few rows, and each is looked up: RowCheck's work
        columns = [*(one.cells for one in checked), *block.place_columns()]
        text, is_right = self._decoded(columns, is_right)
        yen = 0
        if self._yen is not None:
            numbers = checked[self._yen].numbers
            yen = int(numbers[is_right].sum()) if numbers is not None else 0
        return Accepted(text, int(is_right.sum()), yen, np.flatnonzero(~is_right))

    def _are_narrow(self, block: Block) -> Mask:
        found = np.ones(len(block), dtype=np.bool_)
        for starts, ends in zip(block.starts, block.ends, strict=True):
            found &= ends - starts <= WIDEST
        return found

    def _sums_hold(self, checked: list[_Checked]) -> Mask:
        holds = np.ones(len(checked[0].cells), dtype=np.bool_)
        for total, parts in self._table.sum_of.items():
            amounts = [checked[self._names.index(name)].numbers for name in (total, *parts)]
            whole, *rest = (amount for amount in amounts if amount is not None)
            holds &= whole == sum(rest)
        return holds

    def _are_excluded(self, block: Block) -> Mask:
        found = np.zeros(len(block), dtype=np.bool_)
        for rule in self._table.exclude:
            cells = block.field(self._names.index(rule.column))
            codes, firsts = cells.distinct()
            void = rule.equals.encode(self._encoding)
            found |= np.array([cells.value(int(at)) == void for at in firsts], dtype=np.bool_)[codes]
        return found

    def _decoded(self, columns: list[Bytes], is_right: Mask) -> tuple[str, Mask]:
        """The accepted rows as text; rows that do not decode, or hold what no row may, become doubtful."""
        raw = written(columns, is_right)
        text = raw.decode(self._encoding, "surrogateescape")  # a letter that is none becomes an odd one
        is_kept = is_right
        if not raw.isascii():
            text, units = _without_wide_blanks(text)
            if odd := _odd_lines(units):
                text, is_kept = _without(text, units, odd), is_right.copy()
                is_kept[np.flatnonzero(is_right)[odd]] = False
        return _escaped(text, has_breaks=bytes([_FEED]) in raw or bytes([_RETURN]) in raw), is_kept


def _without(text: str, units: Units, places: list[int]) -> str:
    """The text without some of its lines."""
    if len(units) != len(text):  # a letter of two units: places of units are none of letters
        left_out = set(places)
        return "\n".join(line for at, line in enumerate(text.split("\n")) if at not in left_out)
    ends = np.concatenate(([0], np.flatnonzero(units == _LF) + 1))
    begins, stops = [0, *ends[np.array(places) + 1].tolist()], [*ends[places].tolist(), len(text)]
    return "".join(text[begin:stop] for begin, stop in zip(begins, stops, strict=True))


def _escaped(text: str, *, has_breaks: bool) -> str:
    """COPY text of what stood for it."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    return text.replace(chr(_FEED), "\\n").replace(chr(_RETURN), "\\r") if has_breaks else text


def _units(text: str) -> Units:
    return np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2")


def _without_wide_blanks(text: str) -> tuple[str, Units]:
    """Cells without 全角 blanks around them; plain blanks are gone, so a 全角 one stands at the very edge."""
    units = _units(text)
    blanks = np.flatnonzero(units == _WIDE_BLANK)
    edges = np.isin(units.take(blanks + 1, mode="clip"), (_TAB, _LF)) | np.isin(units[blanks - 1], (_TAB, _LF))
    if not edges.any():
        return text, units
    text = _WIDE_BLANKS.sub("", f"\n{text}")[1:]
    return text, _units(text)


def _odd_lines(units: Units) -> list[int]:
    """Lines with an empty cell, a letter that is none, a replacement or maybe 外字, or a long number not of ASCII.

    A cell that may be empty is marked; another one was blanks alone.
    """
    is_odd = ((units >= 0xD800) & (units <= 0xF8FF)) | (units == 0xFFFD) | _in_wide_numbers(units)
    is_end = (units == _TAB) | (units == _LF)
    is_odd[1:] |= is_end[1:] & is_end[:-1]
    is_odd[:1] |= is_end[:1]
    places = np.flatnonzero(is_odd)
    return sorted(set(np.searchsorted(np.flatnonzero(units == _LF), places).tolist())) if len(places) else []


def _in_wide_numbers(units: Units) -> Mask:
    """Digits beyond ASCII, 全角 mostly, near which as many digits stand as a My Number has, two blanks between at most.

    A street's number in 全角 is none: twelve digits in fourteen letters are.
    """
    found = np.zeros(len(units), dtype=np.bool_)
    is_digit = _DIGITS[units]
    wide = np.flatnonzero(is_digit & (units > _LAST_ASCII))
    if not len(wide):
        return found
    before = np.concatenate(([0], np.cumsum(is_digit, dtype=np.int32)))  # digits before each letter
    starts = wide[:, None] - np.arange(_WINDOW)
    stops = np.minimum(starts + _WINDOW, len(units))
    counts = before[stops] - before[np.maximum(starts, 0)]
    found[wide[(counts > _MOST_DIGITS).any(axis=1)]] = True
    return found


def _check_of(column: Column, encoding: str) -> Callable[[Cells], _Checked]:
    match column.type:
        case "text":
            return lambda cells: _text(cells, is_required=column.required)
        case "digits":
            return lambda cells: _number(cells, column, fewest=column.length or 0, most=column.length or 0)
        case "yen" if column.unit != 1:
            return _in_units(column, encoding)
        case "yen":
            return lambda cells: _number(cells, column, fewest=1, most=_MOST_YEN_DIGITS)
        case "int":
            return lambda cells: _number(cells, column, fewest=1, most=9)
        case _:
            return _Distinct(column, encoding)


def _text(cells: Cells, *, is_required: bool) -> _Checked:
    data = cells.data
    is_empty = cells.lengths == 0
    is_right = ~(is_empty & is_required)
    if data.shape[1] > _MOST_DIGITS:
        is_right &= np.count_nonzero((data - _ZERO) < _TEN, axis=1) <= _MOST_DIGITS
    if not cells.is_printable:
        is_break = (data == _LF) | (data == _CR)
        is_right &= ((data >= 32) | (data == 0) | is_break).all(axis=1)
        data[data == _LF], data[data == _CR] = _FEED, _RETURN
    return _Checked(_with_null(data, is_empty), is_right)


def _number(cells: Cells, column: Column, *, fewest: int, most: int) -> _Checked:
    lengths = cells.lengths
    is_empty = lengths == 0
    is_right = cells.are_digits() & (((lengths >= fewest) & (lengths <= most)) | (is_empty & (not column.required)))
    numbers = cells.numbers() if column.type == "yen" else None
    return _Checked(_with_null(cells.data, is_empty), is_right, numbers)


def _in_units(column: Column, encoding: str) -> Callable[[Cells], _Checked]:
    """Amounts in 千円: the cells become yen, and so do the numbers that sums are made of."""
    read = _Distinct(column, encoding)
    return lambda cells: read(cells)._replace(numbers=cells.numbers() * column.unit)


def _with_null(data: Bytes, is_empty: Mask) -> Bytes:
    if is_empty.any():
        data[is_empty, 0] = _NULL
    return data


class _Distinct:
    """A column of few values: each value goes once through the parser that RowCheck uses."""

    def __init__(self, column: Column, encoding: str) -> None:
        # A day after its era's end is left to RowCheck, which counts it.
        self._parse, self._encoding = fields.parser(column.model_copy(update={"era_overrun": False})), encoding
        self._words = pd.Index([], dtype=np.uint64)  # values of up to eight bytes that were met, as one word
        self._met: list[bytes | None] = []
        self._table, self._is_right = _tabled(self._met)
        self._parsed = lru_cache(65_536)(self._read)

    def __call__(self, cells: Cells) -> _Checked:
        words = cells.words()
        if words.shape[1] > 1:
            codes, firsts = cells.distinct()
            table, is_right = _tabled([self._parsed(cells.value(int(at))) for at in firsts])
            return _Checked(table[codes], is_right[codes])
        codes = self._words.get_indexer(words[:, 0])
        if (codes < 0).any():
            self._meet(words[codes < 0, 0])
            codes = self._words.get_indexer(words[:, 0])
        return _Checked(self._table[codes], self._is_right[codes])

    def _meet(self, words: NDArray[np.uint64]) -> None:
        new = pd.unique(words)
        self._words = self._words.append(pd.Index(new))
        self._met += [self._parsed(int(word).to_bytes(8, "little").replace(b"\0", b"")) for word in new]
        self._table, self._is_right = _tabled(self._met)

    def _read(self, raw: bytes) -> bytes | None:
        try:
            found = self._parse(raw.decode(self._encoding).strip(" \u3000"))
        except (RowFaultError, UnicodeDecodeError):
            return None
        return bytes([_NULL]) if found is None else found.encode(self._encoding)


def _tabled(found: list[bytes | None]) -> tuple[Bytes, Mask]:
    """Read values as rows of bytes, and which of them are right."""
    width = max((len(each) for each in found if each), default=1)
    table = np.zeros((len(found), width), dtype=np.uint8)
    for at, each in enumerate(found):
        if each:
            table[at, : len(each)] = np.frombuffer(each, dtype=np.uint8)
    return table, np.array([each is not None for each in found], dtype=np.bool_)
