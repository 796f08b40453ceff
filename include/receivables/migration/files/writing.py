"""The files of one group as the receiver wants them (移行ファイル): the same rows give the same bytes, always.

PostgreSQL draws the CSV text in the order of the key's bytes and streams it; here line ends and encoding are made
right, and everything is counted from what passes. No more than some thousand rows are in memory.
"""

import csv
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from psycopg import sql

from receivables import db
from receivables.errors import InvariantBrokenError
from receivables.migration.files.profile import GroupSpec
from receivables.migration.files.selecting import copy_statement

_ROWS_AT_ONCE = 2_000
_Row = tuple[
    bytes, bytes, bytes
]  # an x and the key in hexadecimal digits, a delimiter, and the record with its line feed


@dataclass
class Written:
    """One file (ファイル一覧の1行): counted from what was written."""

    file_name: str
    sha256: str = ""
    bytes: int = 0
    rows: int = 0
    sums: dict[str, int] = field(default_factory=dict)  # yen by column
    first_key_hash: str | None = None
    last_key_hash: str | None = None


def write_group(
    connection: db.Connection, *, relation: sql.Composable, spec: GroupSpec, folder: Path, stamp: str,
    key_hash: Callable[[str], str],
) -> list[Written]:  # fmt: skip
    """Write the group's files into `folder` in place of those that are there; what went into each.

    `relation` is a table, or a sub-select in parentheses, with `row_key` and the group's columns; `key_hash` gives
    what stands for a key in reports. Raises InvariantBrokenError, and leaves no file of the group, for a value with a
    line break or with a character that the profile's encoding lacks or changes.
    """
    for old in folder.iterdir():
        if spec.file_pattern.fullmatch(old.name.removesuffix(".part")):
            old.unlink()
    files: list[Path] = []

    def opened(number: int) -> BinaryIO:
        files.append(folder / spec.file_name(stamp, number))
        return os.fdopen(os.open(_draft(files[-1]), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    try:
        written = list(_produced(connection, relation, spec, key_hash, opened))
    except BaseException:
        for file in files:
            _draft(file).unlink(missing_ok=True)
        raise
    for file, each in zip(files, written, strict=True):
        _draft(file).replace(file)
        each.file_name = file.name
    return written


def digest_again(
    connection: db.Connection, *, relation: sql.Composable, spec: GroupSpec, key_hash: Callable[[str], str]
) -> list[str]:
    """SHA-256 of each file that writing once more would give (R-090); nothing is kept."""
    nowhere = Path(os.devnull)
    return [each.sha256 for each in _produced(connection, relation, spec, key_hash, lambda _: nowhere.open("wb"))]


def _draft(file: Path) -> Path:
    return file.with_name(f"{file.name}.part")


def _produced(
    connection: db.Connection, relation: sql.Composable, spec: GroupSpec, key_hash: Callable[[str], str],
    opened: Callable[[int], BinaryIO],
) -> Iterator[Written]:  # fmt: skip
    connection.execute("set datestyle to iso")
    with connection.cursor().copy(copy_statement(relation, spec)) as copy:
        batches, last = _batches(map(bytes, copy), spec.profile.max_rows_per_file), b""
        for number, mine in groupby(batches, key=itemgetter(0)):
            with opened(number) as sink:
                file = _File(spec, key_hash, sink, last)
                yield file.filled(raw for _, raw in mine)
                last = file.last


def _batches(rows: Iterator[bytes], most: int | None) -> Iterator[tuple[int, list[bytes]]]:
    """Some rows at a time and the number of their file; no batch is for two files, and there is always a first file."""
    number, room = 1, most or 0
    batch = list(islice(rows, min(_ROWS_AT_ONCE, room) if most else _ROWS_AT_ONCE))
    yield number, batch
    while batch:
        room -= len(batch)
        if most and not room:
            number, room = number + 1, most
        batch = list(islice(rows, min(_ROWS_AT_ONCE, room) if most else _ROWS_AT_ONCE))
        if batch:
            yield number, batch


class _File:
    """One file while it is written."""

    def __init__(self, spec: GroupSpec, key_hash: Callable[[str], str], sink: BinaryIO, last: bytes) -> None:
        self.spec, self.key_hash, self.sink = spec, key_hash, sink
        self.profile, self.digest = spec.profile, hashlib.sha256()
        self.delimiter = self.profile.delimiter.encode()
        self.yen = [(at, spec.group.items[at].column) for at in spec.yen_at]
        self.written = Written("", sums={column: 0 for _, column in self.yen})
        self.first, self.last = b"", last  # keys

    def filled(self, batches: Iterable[list[bytes]]) -> Written:
        """Take the records, each with its key before it and a line feed after it."""
        if self.profile.bom:
            self._put("\ufeff".encode(self.profile.encoding))
        if self.profile.header:
            self._put((self._header() + self.profile.line_end).encode(self.profile.encoding))
        for raw in batches:
            if raw:
                self._take([row.partition(self.delimiter) for row in raw])
        written = self.written
        written.sha256 = self.digest.hexdigest()
        if self.first:
            written.first_key_hash, written.last_key_hash = self._hashed(self.first), self._hashed(self.last)
        return written

    def _take(self, rows: list[_Row]) -> None:
        self._require_order([key for key, _, _ in rows])
        lines = [line for _, _, line in rows]
        self._put(self._encoded(b"".join(lines), rows))
        self.written.rows += len(rows)
        if self.yen:
            fields = [self._fields(line) if b'"' in line else line.split(self.delimiter) for line in lines]
            for at, column in self.yen:
                counted = Counter([row[at] for row in fields])
                self.written.sums[column] += sum(int(text) * count for text, count in counted.items() if text.strip())

    def _require_order(self, keys: list[bytes]) -> None:
        """Hexadecimal digits sort as the bytes they stand for: the order is proven, not believed."""
        if sorted(known := [self.last, *keys]) != known:
            raise InvariantBrokenError(
                f"{self.spec.group.id}: the rows came in another order than that of their keys; no file was written:"
                " run it again and report it"
            )
        self.first, self.last = self.first or keys[0], keys[-1]

    def _encoded(self, block: bytes, rows: list[_Row]) -> bytes:
        """The records in the profile's encoding and with its line ends, or an error when a value forbids it."""
        if b"\r" in block or block.count(b"\n") != len(rows):
            raise self._fault(rows)
        if self.profile.encoding == "utf-8":
            return block if self.profile.newline == "LF" else block.replace(b"\n", b"\r\n")
        text = block.decode("utf-8")
        if not self._is_kept(text):
            raise self._fault(rows)
        return text.replace("\n", self.profile.line_end).encode(self.profile.encoding)

    def _is_kept(self, text: str) -> bool:
        """Whether the encoding has every character, and gives it back as it was."""
        try:
            return text.encode(self.profile.encoding).decode(self.profile.encoding) == text
        except UnicodeEncodeError:
            return False

    def _fault(self, rows: list[_Row]) -> InvariantBrokenError:
        """The first value that cannot stand in the file, by its item and the key's hash."""
        for key, _, line in rows:
            for item, text in zip(self.spec.group.items, self._fields(line), strict=True):
                if "\r" in text or "\n" in text:
                    problem = "holds a line break"
                elif not self._is_kept(text):
                    problem = f"has a character that {self.profile.encoding} lacks or changes"
                else:
                    continue
                return InvariantBrokenError(
                    f"{self.spec.group.id}: {item.name} of {self._hashed(key)} {problem}; no file was written:"
                    " correct the source or the character table and stage the run again"
                )
        raise AssertionError("a block was refused, but none of its values")

    def _fields(self, line: bytes) -> list[str]:
        """The fields of one record, which may hold line breaks."""
        text = line.decode("utf-8").removesuffix("\n")
        return next(csv.reader([text], delimiter=self.profile.delimiter), [""])

    def _header(self) -> str:
        mark = '"' if self.profile.quoting == "all" else ""
        return self.profile.delimiter.join(
            _quoted(name, self.profile.delimiter, mark) for name in self.spec.group.names
        )

    def _hashed(self, key: bytes) -> str:
        return self.key_hash(bytes.fromhex(key[1:].decode()).decode("utf-8"))

    def _put(self, content: bytes) -> None:
        self.sink.write(content)
        self.digest.update(content)
        self.written.bytes += len(content)


def _quoted(name: str, delimiter: str, mark: str) -> str:
    """A name of the header, in quotation marks where the profile or the name itself asks for them."""
    needed = mark or ('"' if '"' in name or delimiter in name else "")
    return needed + (name.replace('"', '""') if needed else name) + needed
