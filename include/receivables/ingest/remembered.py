"""Lines of a table's last full copy (前回の写しの行), so that the next one is read only where it differs (ADR 22).

A line that was accepted yesterday and stands in today's file byte for byte is accepted again without being
read. What is kept of a line is its place and 64 bits of its hash. The file lies beside the spool, and may be
deleted at any time: the next copy is then read whole.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from receivables import db
from receivables.charsets import is_host
from receivables.contracts import Table
from receivables.ingest import spool
from receivables.ingest.blocks import Block, Mask
from receivables.ingest.gaiji import governed
from receivables.ingest.ledger import Batch
from receivables.ingest.records import Line, Record
from receivables.settings import State

LINE = np.dtype([("digest", "u8"), ("line_no", "i8"), ("offset", "i8"), ("length", "i4"), ("is_quick", "?")])
_KEY = "receivables-line"  # of the hash: 16 letters
_HERE = Path(__file__).parent
# The reading code itself, as it was when this process began: what another edition accepted is read again.
_CODE = hashlib.sha256(b"".join(
    file.read_bytes() for file in [*sorted(_HERE.rglob("*.py")), _HERE.parent / "era.py", _HERE.parent / "yen.py"]
)).digest()  # fmt: skip
Lines = NDArray[np.void]
Digests = NDArray[np.uint64]


class NotAsBeforeError(Exception):
    """Today's copy cannot be read as changes to the last one, and is read whole."""


@dataclass(frozen=True, slots=True)
class LastCopy:
    """The last loaded copy of a table: its batch, and the lines of its accepted rows."""

    batch_id: str
    sha256: str
    accepted_rows: int
    accepted_yen: int
    layout: str
    lines: Lines


@dataclass(slots=True)
class Kept:
    """The lines of the rows accepted so far."""

    parts: list[Lines] = field(default_factory=list)
    slow: list[tuple[int, int, int, int, bool]] = field(default_factory=list)
    taken_back: set[int] = field(default_factory=set)
    layout: str = ""  # of the reader: equal bytes under other headings are other rows

    def add_block(self, block: Block, digests: Digests, mask: Mask) -> None:
        """Records of a block that are surely right."""
        found = np.zeros(int(mask.sum()), dtype=LINE)
        begins = block.chunk.begins[block.lines[mask]]
        found["digest"], found["line_no"] = digests[mask], block.chunk.first_line_no + block.lines[mask]
        found["offset"], found["length"] = block.chunk.offset + begins, block.chunk.stops[block.lasts[mask]] - begins
        found["is_quick"] = True
        self.parts.append(found)

    def add_record(self, record: Record) -> None:
        """A record that was looked at by itself: it is looked at again every night."""
        self.slow.append((0, record.line_no, record.byte_offset, len(record.raw), False))

    def lines(self) -> Lines:
        """All of them; equal lines are looked at again, for only one of them is a row."""
        found = np.concatenate([*self.parts, np.array(self.slow, dtype=LINE)])
        values, counts = np.unique(found["digest"][found["is_quick"]], return_counts=True)
        if (counts > 1).any():
            found["is_quick"] &= ~np.isin(found["digest"], values[counts > 1])
        return found[~np.isin(found["line_no"], list(self.taken_back))] if self.taken_back else found


class Known:
    """The last copy while today's is read: which of its lines stand there again."""

    def __init__(self, copy: LastCopy) -> None:
        self.copy = copy
        quick = np.flatnonzero(copy.lines["is_quick"])
        self._order = quick[np.argsort(copy.lines["digest"][quick])]
        self._sorted = copy.lines["digest"][self._order]
        self._seen = np.zeros(len(copy.lines), dtype=np.int32)

    def stay(self, digests: Digests) -> Mask:
        """Which of these lines stood in the last copy."""
        if not len(self._sorted):
            return np.zeros(len(digests), dtype=np.bool_)
        at = np.searchsorted(self._sorted, digests).clip(max=len(self._sorted) - 1)
        found: Mask = self._sorted[at] == digests
        np.add.at(self._seen, self._order[at[found]], 1)
        return found

    def gone(self) -> Lines:
        """Lines of rows that do not stand there again, or that are looked at every night.

        Raises NotAsBeforeError when a line stands there twice.
        """
        if (self._seen > 1).any():
            raise NotAsBeforeError
        found: Lines = self.copy.lines[self._seen == 0]
        return found


def digests(block: Block) -> Digests:
    """A hash of the bytes of every record."""
    raw = block.chunk.raw
    begins, stops = block.chunk.begins[block.lines].tolist(), block.chunk.stops[block.lasts].tolist()
    lines = np.empty(len(begins), dtype=object)
    lines[:] = [raw[begin:stop] for begin, stop in zip(begins, stops, strict=True)]
    found: Digests = pd.util.hash_array(lines, hash_key=_KEY, categorize=False)
    return found


def recall(connection: db.Connection, batch: Batch, state: State) -> LastCopy | None:
    """The last copy of the batch's table, when today's may be read as changes to it.

    None for increments, for another copy of the same day, after corrections of ours, and when contract,
    外字 map or the code that reads have changed since.
    """
    if not _has_lines(batch.table):
        return None
    last = last_loaded(connection, batch.table)
    if last is None or last[1] >= batch.business_date or has_corrections(connection, batch.table):
        return None
    try:
        with np.load(_file(state, batch.table, last[0])) as kept:
            mark, layout, lines = str(kept["mark"]), str(kept["layout"]), kept["lines"]
    except Exception:
        return None
    found = LastCopy(last[0], last[2], last[3], last[4], layout, lines)
    is_whole = len(lines) == found.accepted_rows and spool.place(state, found.sha256).exists()
    return found if is_whole and mark == _mark(batch.table) else None


def last_loaded(connection: db.Connection, table: Table) -> tuple[str, date, str, int, int] | None:
    """Batch id, business date, SHA-256, accepted rows and yen of the newest loaded batch of a table."""
    return connection.execute(
        "select batch_id, business_date, file_sha256, accepted_rows, accepted_yen from ops.load"
        " where table_name = %s and state = 'loaded' order by business_date desc, created_at desc limit 1",
        [table.name],
    ).fetchone()  # type: ignore[return-value]


def has_corrections(connection: db.Connection, table: Table) -> bool:
    """Whether rows of ours stand beside the department's in raw."""
    found = connection.execute(
        "select exists (select 1 from correction.standing where table_name = %s and ended_on is null)", [table.name]
    ).fetchone()
    return bool(found and found[0])


def keep(state: State, batch: Batch, kept: Kept) -> None:
    """Remember the lines of a batch that is checked; where they cannot be written the next copy is read whole."""
    if not _has_lines(batch.table):
        return
    with suppress(OSError):
        file = _file(state, batch.table, batch.batch_id)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        with draft.open("wb") as stream:
            np.savez(stream, mark=_mark(batch.table), layout=kept.layout, lines=kept.lines())
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)


def forget_others(state: State, batch: Batch) -> None:
    """Once a batch is loaded, only its own lines are needed."""
    with suppress(OSError):
        own = _file(state, batch.table, batch.batch_id)
        for file in own.parent.glob("*") if own.parent.is_dir() else ():
            if file != own:
                file.unlink(missing_ok=True)


def _has_lines(table: Table) -> bool:
    """Whether its copies are whole, and read in blocks of lines."""
    return table.delivery == "full" and table.reader in ("csv", "fixed_width") and not is_host(table.encoding)


def line_at(stream: BinaryIO, line: np.void) -> Line:
    """One line of the last copy, read from the spool."""
    stream.seek(int(line["offset"]))
    return Line(int(line["line_no"]), int(line["offset"]), stream.read(int(line["length"])), b"")


def _file(state: State, table: Table, batch_id: str) -> Path:
    return state.path("lines", table.name, f"{batch_id}.npz")


def _mark(table: Table) -> str:
    """What the acceptance of a line hung on."""
    found = hashlib.sha256(table.model_dump_json().encode())
    found.update(json.dumps(sorted(governed(table.name.partition("__")[0]).items())).encode())
    found.update(_CODE)
    return found.hexdigest()
