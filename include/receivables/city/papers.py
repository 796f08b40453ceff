"""How departments put rows on paper: each block writes its part of a file, then the parts become the file."""

import pickle
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from receivables.city.bills import Bill
from receivables.city.blocks import Block
from receivables.city.people import Person
from receivables.city.planting import Fault, Row

C = TypeVar("C")
_NEVER_SPOILT_DAYS = 400


@dataclass(slots=True)
class Tally:
    """What the department itself counts of a file: rows, the controlled yen, the yen received beside it."""

    rows: int = 0
    yen: int = 0
    received_yen: int = 0
    received_rows: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.rows + other.rows,
            self.yen + other.yen,
            self.received_yen + other.received_yen,
            self.received_rows + other.received_rows,
        )


def tally_of(rows: list[Row[Any]]) -> Tally:
    """The department's own count, wrong rows included."""
    received = [seen.receipt.principal_yen for row in rows for _, seen in row.told() if seen]
    return Tally(len(rows), sum(row.amount_yen for row in rows), sum(received), len(received))


class Form(Protocol[C]):
    """The form of a file: text lines, host records, a workbook."""

    @property
    def first_line_no(self) -> int:
        """The line, counted from 1, on which the first row stands."""

    def write_part(self, rows: list[Row[C]], part: Path) -> None:
        """One block's rows."""

    def put_together(self, parts: list[Path], tally: Tally, day: date, file: Path) -> None:
        """The whole file, with what stands before and after the rows."""


@dataclass(frozen=True, slots=True)
class Lines(Generic[C]):
    """Lines of bytes: `head` and `tail` give the lines around the rows, without their ends."""

    line: Callable[[C], bytes]
    head: Callable[[date], bytes | None] = lambda _: None
    tail: Callable[[Tally, date], bytes | None] = lambda *_: None
    first_line_no: int = 2
    end: bytes = b"\r\n"

    def write_part(self, rows: list[Row[C]], part: Path) -> None:
        """One block's lines, each with its end."""
        part.write_bytes(b"".join([self.line(row.content) + self.end for row in rows]))

    def put_together(self, parts: list[Path], tally: Tally, day: date, file: Path) -> None:
        """Head, the blocks' lines in order, tail."""
        head, tail = self.head(day), self.tail(tally, day)
        with file.open("wb") as whole:
            if head is not None:
                whole.write(head + self.end)
            for part in parts:
                with part.open("rb") as opened:
                    shutil.copyfileobj(opened, whole, 1 << 20)
            if tail is not None:
                whole.write(tail + self.end)


@dataclass(frozen=True, slots=True)
class Kept(Generic[C]):
    """Rows that only a program of the department can put together (a workbook, a database)."""

    write: Callable[[Iterator[C], Tally, date, Path], None]
    first_line_no: int

    def write_part(self, rows: list[Row[C]], part: Path) -> None:
        """One block's rows as they are."""
        part.write_bytes(pickle.dumps([row.content for row in rows], pickle.HIGHEST_PROTOCOL))

    def put_together(self, parts: list[Path], tally: Tally, day: date, file: Path) -> None:
        """Hand every block's rows to the department's program, one block in memory at a time."""
        self.write((row for part in parts for row in pickle.loads(part.read_bytes())), tally, day, file)


def is_settled(row: Row[Any], settled_by: date) -> bool:
    """Whether a row is old enough to be spoilt: nobody is asked to pay because of a planted fault."""
    return all(
        bill.due_date < settled_by and (seen is None or seen.received_on < settled_by) for bill, seen in row.told()
    )


@dataclass(frozen=True, slots=True)
class Paper(Generic[C]):
    """One file of a department: its rows on a day, the ways in which they go wrong, and its form."""

    table: str  # the contract's short name: claims, receipts …
    file: str  # with {date}
    rows: Callable[[list[Bill], date, Block], list[Row[C]]]
    faults: Callable[[], list[Fault[C]]]
    form: Form[C]
    is_victim: Callable[[Row[C], date], bool] = is_settled
    tells_claims: bool = False
    tells_receipts: bool = False
    tells_provisional: bool = True  # whether the paper has a column that could say 速報

    def file_name(self, day: date) -> str:
        """The file's name on `day`."""
        return self.file.replace("{date}", f"{day:%Y%m%d}")


@dataclass(frozen=True, slots=True)
class Department:
    """One department's system (業務システム): what it levies and the files it hands over."""

    source: str
    bills: Callable[[Block, list[Person]], list[Bill]]
    papers: tuple[Paper[Any], ...]
    accompany: Callable[[Path, date, dict[str, Tally]], None] | None = None  # writes the 送付票
    is_over_all: bool = False  # a payment channel: its papers speak of every department's bills


def settled_by(as_of: date) -> date:
    """Rows settled before this day may be spoilt."""
    return as_of - timedelta(days=_NEVER_SPOILT_DAYS)
