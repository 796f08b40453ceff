"""Many records at once as arrays of bytes (ブロック), so that what is plainly right costs no Python per value."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from receivables.ingest.chunks import WIDEST, Bytes, Chunk, Places
from receivables.ingest.records import Line

Mask = NDArray[np.bool_]
_BLANK = ord(" ")
_TENS = 10 ** np.arange(14, dtype=np.int64)[::-1]


@dataclass(frozen=True, slots=True)
class Block:
    """Records of a chunk that have the right shape: their first and last lines, where their fields start and end."""

    chunk: Chunk
    lines: Places  # places in the chunk
    lasts: Places
    starts: Sequence[Places]  # per column of the contract
    ends: Sequence[Places]

    def __len__(self) -> int:
        return len(self.lines)

    def keep(self, mask: Mask) -> "Block":
        """Some of the records."""
        return Block(self.chunk, self.lines[mask], self.lasts[mask], [one[mask] for one in self.starts],
                     [one[mask] for one in self.ends])  # fmt: skip

    def line(self, at: int) -> Line:
        """All bytes of record `at`."""
        return self.chunk.line(int(self.lines[at]), int(self.lasts[at]))

    def field(self, column: int) -> "Cells":
        """The cells of one column, blanks around them cut off."""
        return Cells.cut(self.chunk, self.starts[column], self.ends[column])

    def place_columns(self) -> list[Bytes]:
        """Line number, byte offset and length of every record as digits."""
        begins, stops = self.chunk.begins[self.lines], self.chunk.stops[self.lasts]
        return [_digits(self.chunk.first_line_no + self.lines), _digits(self.chunk.offset + begins),
                _digits(stops - begins)]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cells:
    """One column of a block: a row of bytes per record, 0 where there is nothing."""

    data: Bytes  # shape (records, width)
    lengths: Places  # bytes in each cell
    is_printable: bool = False  # True: no cell holds a control byte; False: one may

    @classmethod
    def cut(cls, chunk: Chunk, starts: Places, ends: Places) -> "Cells":
        """Cells between `starts` and `ends` of a chunk; what is wider than WIDEST is cut there."""
        lengths = ends - starts
        width = int(min(max(lengths.max(initial=1), 1), WIDEST))
        if (lengths == width).all() and len(starts) > 1 and (np.diff(starts) == starts[1] - starts[0]).all():
            # Equal records in a row: no bytes need to be gathered one by one.
            shape, strides = (len(starts), width), (int(starts[1] - starts[0]), 1)
            found = np.lib.stride_tricks.as_strided(chunk.data[int(starts[0]) :], shape, strides).copy()
        else:
            found = np.lib.stride_tricks.sliding_window_view(chunk.padded, width)[starts]
            found *= np.arange(width) < lengths[:, None]
        # A line's end inside a record is a control byte that the chunk does not tell apart.
        if _has_blanks_at_edges(chunk.data, starts, ends) or chunk.has_controls:
            found = _without_blanks_around(found)
            lengths = np.asarray(np.count_nonzero(found, axis=1), dtype=np.int64)
        return cls(found, np.minimum(lengths, width), not chunk.has_controls)

    def are_digits(self) -> Mask:
        """Whether each cell holds digits only (an empty one does)."""
        is_digit: Mask = np.count_nonzero((self.data - np.uint8(48)) < 10, axis=1) == self.lengths
        return is_digit

    def numbers(self) -> Places:
        """The value of each cell of digits; 0 for an empty one."""
        found = np.zeros(len(self.data), dtype=np.int64)
        for column in self.data.T:
            found = np.where(column == 0, found, found * 10 + (column.astype(np.int64) - 48))
        return found

    def words(self) -> NDArray[np.uint64]:
        """The bytes of each cell as numbers of eight bytes, the first in the lowest place."""
        padded = np.zeros((len(self.data), -(-self.data.shape[1] // 8) * 8), dtype=np.uint8)
        padded[:, : self.data.shape[1]] = self.data
        return padded.view("<u8")

    def distinct(self) -> tuple[Places, Places]:
        """For each record the number of its value, and for each number a record that has it."""
        words = self.words()
        codes = np.zeros(len(words), dtype=np.int64)
        for word in words.T:
            found, values = pd.factorize(np.ascontiguousarray(word))
            codes, _ = pd.factorize(codes * len(values) + found)
        firsts = np.zeros(int(codes.max(initial=-1)) + 1, dtype=np.int64)
        firsts[codes[::-1]] = np.arange(len(codes))[::-1]
        return codes, firsts

    def value(self, at: int) -> bytes:
        """The bytes of one cell."""
        cell = self.data[at]
        return bytes(cell[cell != 0])


def written(columns: Sequence[Bytes], mask: Mask) -> bytes:
    """One line per record of `mask`, its cells apart by tabs."""
    width = sum(column.shape[1] + 1 for column in columns)
    page = np.zeros((len(mask), width), dtype=np.uint8)
    at = 0
    for column in columns:
        page[:, at : at + column.shape[1]] = column
        at += column.shape[1]
        page[:, at] = 9
        at += 1
    page[:, -1] = 10
    page[~mask] = 0
    return bytes(page[page != 0])


def _has_blanks_at_edges(data: Bytes, starts: Places, ends: Places) -> bool:
    edges = np.concatenate((data.take(starts, mode="clip"), data.take(ends - 1, mode="clip")))
    return bool((edges == _BLANK).any())


def _without_blanks_around(cells: Bytes) -> Bytes:
    has_text = (cells != _BLANK) & (cells != 0)
    if (has_text[:, 0] & has_text[:, -1]).all():
        return cells
    inside = np.logical_or.accumulate(has_text[:, ::-1], axis=1)[:, ::-1]
    if not has_text[:, 0].all():
        inside &= np.logical_or.accumulate(has_text, axis=1)
    cells[~inside] = 0
    return cells


def _digits(values: Places) -> Bytes:
    tens = _TENS[-max(len(str(int(values.max(initial=0)))), 1) :]
    return (values[:, None] // tens % 10 + 48).astype(np.uint8)
