"""Which lines of a CSV make a record, and where its cells begin and end (区切り), for whole chunks at once.

A record is neat when every quoted cell begins right at its comma, ends right at the next one and holds no
quote itself; it may run over several lines. Whatever else quotes do is left to the reader that looks at one
line after another, and so is everything between such a line and the next line that is surely a row: what
the careful reader may have swallowed there cannot be known from afar.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from receivables.ingest.blocks import Mask
from receivables.ingest.chunks import Chunk, Places

LONGEST_RECORD = 50  # lines: a quote open for longer than this was never closed
_COMMA, _QUOTE = ord(","), ord('"')
_MOST_STOPS = 64  # a chunk with more broken quotes than that is read line by line from there
IsRow = Callable[[int], bool]  # whether a line of the chunk is surely a row


@dataclass(frozen=True, slots=True)
class Neat:
    """The neat records of a chunk: their first and last lines, and the commas that part their cells."""

    firsts: Places
    lasts: Places
    commas: Places  # shape (records, commas of a record)


def neat_records(chunk: Chunk, start: int, width: int, is_row: IsRow) -> Neat:
    """The neat records of `width` cells from line `start` of `chunk` on."""
    if b'"' in chunk.raw:
        return _Search(chunk, width, is_row).run(start)
    counts = chunk.count(b",")
    is_neat = (counts == width - 1) & (chunk.stops > chunk.begins)
    is_neat[:start] = False
    lines, commas = np.flatnonzero(is_neat), np.flatnonzero(chunk.data == _COMMA)
    return Neat(lines, lines, commas[np.repeat(is_neat, counts)].reshape(len(lines), width - 1))


def unquoted(chunk: Chunk, starts: Places, ends: Places) -> tuple[Places, Places]:
    """The cells of neat records without the quotes around them."""
    if b'"' not in chunk.raw:
        return starts, ends
    is_quoted = (ends > starts) & (chunk.data.take(starts, mode="clip") == _QUOTE)
    return starts + is_quoted, ends - is_quoted


class _Search:
    def __init__(self, chunk: Chunk, width: int, is_row: IsRow) -> None:
        self._chunk, self._commas_wanted, self._is_row = chunk, width - 1, is_row
        is_quote = chunk.data == _QUOTE
        self._commas, self._quotes = np.flatnonzero(chunk.data == _COMMA), np.flatnonzero(is_quote)
        self._comma_lines, self._quote_lines = self._line_of(self._commas), self._line_of(self._quotes)
        per_line = np.bincount(self._quote_lines, minlength=len(chunk))
        before = np.cumsum(per_line) - per_line  # quotes before each line
        passed = np.searchsorted(self._quotes, self._commas)
        self._comma_parity = (passed - before[self._comma_lines]) % 2
        self._quote_parity = (np.arange(len(self._quotes)) - before[self._quote_lines]) % 2
        self._is_odd: Mask = per_line % 2 == 1
        self._is_wide = np.bincount(self._comma_lines, minlength=len(chunk)) >= self._commas_wanted
        self._is_later = np.zeros(len(chunk), dtype=np.bool_)  # lines that go on with a record

    def run(self, start: int) -> Neat:
        """Join lines of odd quotes by twos; at the first pair that is not neat, begin again behind the next row."""
        count = len(self._chunk)
        is_open = np.zeros(count, dtype=np.bool_)  # lines that only the careful reader may judge
        is_open[:start] = True
        lasts = np.arange(count)
        for stop in range(_MOST_STOPS + 1):
            firsts, ends = self._pairs(start)
            is_neat = self._are_neat(firsts, ends)
            good = len(is_neat) if is_neat.all() else int(is_neat.argmin())
            lasts[firsts[:good]] = ends[:good]
            if good == len(firsts):
                break
            self._forget_after(int(firsts[good]))
            start = count if stop == _MOST_STOPS else self._next_row(int(firsts[good]))
            is_open[int(firsts[good]) : start] = True
        return self._found(lasts, is_open)

    def _line_of(self, places: Places) -> Places:
        return np.searchsorted(self._chunk.begins, places, side="right") - 1

    def _pairs(self, start: int) -> tuple[Places, Places]:
        """Lines of odd quotes from `start` on by twos; one that is left over is its own pair, and never neat."""
        odd = start + np.flatnonzero(self._is_odd[start:])
        if len(odd) % 2:
            odd = np.append(odd, odd[-1])
        firsts, lasts = odd[0::2], odd[1::2]
        steps = np.zeros(len(self._chunk) + 1, dtype=np.int64)
        np.add.at(steps, firsts + 1, 1)
        np.add.at(steps, lasts + 1, -1)
        self._is_later[start:] = np.cumsum(steps)[start:-1] > 0
        return firsts, lasts

    def _forget_after(self, line: int) -> None:
        self._is_later[line:] = False

    def _next_row(self, line: int) -> int:
        """The next whole line that is surely a row: no quote opened before it reaches over it."""
        likely = line + 1 + np.flatnonzero(~self._is_odd[line + 1 :] & self._is_wide[line + 1 :])
        return next((int(at) for at in likely if self._is_row(int(at))), len(self._chunk))

    def _are_neat(self, firsts: Places, lasts: Places) -> Mask:
        """Quotes in their places, as many cells as agreed, and no line that may be a row of its own inside."""
        wrong, commas = self._sums()
        rows = np.concatenate(([0], np.cumsum(self._is_wide)))
        found: Mask = (lasts > firsts) & (lasts - firsts < LONGEST_RECORD)
        found &= rows[lasts + 1] == rows[firsts + 1]
        found &= wrong[lasts + 1] == wrong[firsts]
        found &= commas[lasts + 1] - commas[firsts] == self._commas_wanted
        return found

    def _sums(self) -> tuple[Places, Places]:
        """How many quotes out of place, and how many separating commas, stand before each line."""
        data, lines, count = self._chunk.data, self._quote_lines, len(self._chunk)
        is_later = self._is_later[lines]
        is_opening = self._quote_parity == is_later
        # A line that goes on with a record begins inside a quote: a quote at its very begin is a closing one.
        begins_cell = (self._quotes == self._chunk.begins[lines]) | (data.take(self._quotes - 1, mode="clip") == _COMMA)
        ends_cell = (self._quotes == self._chunk.stops[lines] - 1) | (
            data.take(self._quotes + 1, mode="clip") == _COMMA
        )
        wrong = np.bincount(lines[np.where(is_opening, ~begins_cell, ~ends_cell)], minlength=count)
        commas = np.bincount(self._comma_lines[self._are_outside()], minlength=count)
        return np.concatenate(([0], np.cumsum(wrong))), np.concatenate(([0], np.cumsum(commas)))

    def _are_outside(self) -> Mask:
        found: Mask = self._comma_parity == self._is_later[self._comma_lines]
        return found

    def _found(self, lasts: Places, is_open: Mask) -> Neat:
        """Pairs that were joined, and every single line that is neat by itself."""
        lines = np.arange(len(self._chunk))
        wrong, commas = self._sums()
        is_first = ~is_open & ~self._is_later & (lasts > lines)
        is_single = ~is_open & ~self._is_later & ~self._is_odd & (wrong[1:] == wrong[:-1])
        is_single &= (np.diff(commas) == self._commas_wanted) & (self._chunk.stops > self._chunk.begins)
        firsts = np.flatnonzero(is_first | is_single)
        steps = np.zeros(len(self._chunk) + 1, dtype=np.int64)
        np.add.at(steps, firsts, 1)
        np.add.at(steps, lasts[firsts] + 1, -1)
        is_used = np.cumsum(steps)[:-1] > 0
        commas_used = self._commas[self._are_outside() & is_used[self._comma_lines]]
        return Neat(firsts, lasts[firsts], commas_used.reshape(len(firsts), self._commas_wanted))
