"""A block of records against its contract: what is surely right is accepted at once (一括検査).

What is not surely right is left to RowCheck, which alone says what is wrong. So this check may be
strict where it likes, and never more lenient than RowCheck: a property test holds them together.
"""

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
from receivables.ingest.letters import FEED, MOST_DIGITS, RETURN, escaped, odd_lines, without, without_wide_blanks
from receivables.ingest.records import NULL
from receivables.ingest.rejection import RowFaultError

_NULL = ord(NULL)  # an empty cell is what COPY is told to take for one
_ZERO, _TEN = np.uint8(48), np.uint8(10)
_LF, _CR = ord("\n"), ord("\r")
_MOST_YEN_DIGITS = 13


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
            text, units = without_wide_blanks(text)
            if odd := odd_lines(units):
                text, is_kept = without(text, units, odd), is_right.copy()
                is_kept[np.flatnonzero(is_right)[odd]] = False
        return escaped(text, has_breaks=bytes([FEED]) in raw or bytes([RETURN]) in raw), is_kept


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
    if data.shape[1] > MOST_DIGITS:
        is_right &= np.count_nonzero((data - _ZERO) < _TEN, axis=1) <= MOST_DIGITS
    if not cells.is_printable:
        is_break = (data == _LF) | (data == _CR)
        is_right &= ((data >= 32) | (data == 0) | is_break).all(axis=1)
        data[data == _LF], data[data == _CR] = FEED, RETURN
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
