"""Many plain records at once, by column (列単位の検査): the same words come again and again, and each is judged once.

Plain is a block of which every record has all its fields, all quoted or none, and no quotation mark within a field.
Whatever is not plain, and every record with a word that has a problem, is left to be read by the letter.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from receivables.migration.files.judging import Accepted
from receivables.migration.files.parsing import LONGEST_RECORD

_LINE_FEED, _MARK = ord("\n"), ord('"')


class Lot(NamedTuple):
    """What came of a plain block: a COPY line for each record, null where a word is in doubt, and the sums without."""

    lines: pa.StringArray
    sums: dict[int, int]  # by the column's place

    @property
    def text(self) -> str:
        """All lines as one text; there must be no null among them."""
        offsets = np.frombuffer(self.lines.buffers()[1], np.int32)
        return str(memoryview(self.lines.buffers()[2])[: offsets[len(self.lines)]], "utf-8")


class Columns:
    """Reads plain blocks of one group's files."""

    def __init__(self, accepted: list[Accepted], yen_at: tuple[int, ...], delimiter: str, *, is_quoted: bool) -> None:
        self.accepted, self.yen_at, self.delimiter, self.is_quoted = accepted, yen_at, ord(delimiter), is_quoted
        self.shortest = 3 if is_quoted else 1  # bytes of an empty field, with what stands behind it

    def lot(self, data: bytes, begin: "NDArray[np.int64] | int", file_no: int) -> Lot | None:
        """The records of `data`, each with a line feed behind it; None when they are not plain.

        `begin` is the number of the first record, or the numbers of all.
        """
        bounds = self._bounds(data)
        if bounds is None:
            return None
        width = len(self.accepted)
        rows = len(bounds) // width
        fields = pa.StringArray.from_buffers(rows * width, pa.py_buffer(bounds), pa.py_buffer(data))
        is_empty = (np.diff(bounds).reshape(rows, width) == self.shortest).all(axis=0)
        columns, coded = [], {}
        for at, accepted in enumerate(self.accepted):
            if is_empty[at]:
                columns.append(pa.scalar(accepted[""], pa.string()))
                continue
            own = fields.take(_integers(np.arange(at, rows * width, width, dtype=np.int32))).dictionary_encode()
            words = [word[1:-2] if self.is_quoted else word[:-1] for word in own.dictionary.to_pylist()]
            columns.append(_texts([accepted[word] for word in words]).take(own.indices))
            coded[at] = words, own.indices
        numbers = begin if isinstance(begin, np.ndarray) else np.arange(begin, begin + rows, dtype=np.int64)
        lines = pc.binary_join_element_wise(_integers(numbers).cast(pa.string()), str(file_no), *columns, "\t")
        is_sure = np.array(lines.is_valid().to_pylist()) if lines.null_count else slice(None)
        sums = {at: _sum(*coded[at], is_sure) for at in self.yen_at if at in coded}
        return Lot(pc.binary_join_element_wise(lines, "", "\n"), sums)

    def _bounds(self, data: bytes) -> "NDArray[np.int32] | None":
        """Where each field begins, and behind the last one's end; None when the block is not plain."""
        letters = np.frombuffer(data, np.uint8)
        if self.is_quoted:  # a line feed within a field is left to the judge: no item takes one
            last = self._behind_marks(letters)
        else:
            last = np.flatnonzero((letters == _LINE_FEED) | (letters == self.delimiter))
        width = len(self.accepted)
        if last is None or not len(last) or len(last) % width:
            return None
        ends = letters[last].reshape(-1, width)
        is_plain = (
            (ends[:, -1] == _LINE_FEED).all()
            and (ends[:, :-1] == self.delimiter).all()
            and np.diff(last[width - 1 :: width], prepend=-1).max() <= LONGEST_RECORD
            and (self.is_quoted or _MARK not in data)
        )
        return np.concatenate(([0], last + 1)).astype(np.int32) if is_plain else None

    def _behind_marks(self, letters: "NDArray[np.uint8]") -> "NDArray[np.int64] | None":
        """What stands behind each closing mark, when marks stand nowhere but around the fields."""
        marks = np.flatnonzero(letters == _MARK)
        if not len(marks) or len(marks) % 2 or marks[0] != 0 or marks[-1] + 2 != len(letters):
            return None
        return marks[1::2] + 1 if (marks[2::2] == marks[1:-1:2] + 2).all() else None


# `pa.array` would load pandas for either, which takes a second and 60 MiB.
def _texts(values: list[str | None]) -> pa.StringArray:
    builder = pa.lib.StringBuilder()
    builder.append_values(values)
    return builder.finish()


def _integers(values: "NDArray[np.int32] | NDArray[np.int64]") -> pa.Array:
    kind = pa.int32() if values.dtype == np.int32 else pa.int64()
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def _sum(words: list[str], codes: pa.Array, is_sure: "NDArray[np.bool_] | slice") -> int:
    """Yen of one column: each word so many times as it stands in a record without doubt."""
    counts = np.bincount(np.frombuffer(codes.buffers()[1], np.int32)[: len(codes)][is_sure], minlength=len(words))
    return sum(int(word) * count for word, count in zip(words, counts.tolist(), strict=True) if word and count)
