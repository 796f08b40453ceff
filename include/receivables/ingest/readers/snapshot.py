"""Snapshots of a department's database (連携DBのスナップショット), and the reader of what was landed.

All rows of all tables come from one read-only transaction that sees one moment, so that nothing moves between
two of them; only the columns of the contract are asked for. The snapshot is landed as JSON lines: first what it
is, how many rows there are and their yen, then one array of texts a row.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from receivables.contracts import Table
from receivables.ingest.chunks import lines
from receivables.ingest.records import Declared, Record
from receivables.ingest.rejection import BatchRejectedError

_WHOLE_YEN = re.compile(r"(-?[0-9]+)\.0+")  # DECIMAL(12,2) writes 12000.00


class Found(NamedTuple):
    """A column as the department's catalogue describes it."""

    name: str
    data_type: str
    is_number: bool


class Dialect(Protocol):
    """One kind of database, inside its read-only transaction."""

    def columns(self, table: Table) -> list[Found]:
        """The columns of the table; none when it is missing or not granted."""
        ...

    def totals(self, table: Table, yen: str | None) -> tuple[int, Decimal | None]:
        """Rows, and the sum of column `yen` when there is one."""
        ...

    def rows(self, table: Table, columns: Sequence[Found]) -> Iterable[Sequence[str | None]]:
        """Every row as texts, ordered by the key; not all of them in memory at once."""
        ...


def write_snapshot(database: Dialect, table: Table, stream: BinaryIO, *, as_of: date) -> None:
    """Write one table's snapshot. Raises BatchRejectedError (HEADER) when the department changed a column."""
    found = {column.name: column for column in database.columns(table)}
    columns = [_require(found, table, str(column.from_)) for column in table.columns]
    amount = found[str(table.column(table.yen).from_)] if table.yen else None
    rows, yen = database.totals(table, amount.name if amount and amount.is_number else None)
    head = {"table": table.query_table, "as_of": as_of.isoformat(), "rows": rows,
            "yen": None if yen is None else int(yen), "columns": [column.name for column in columns]}  # fmt: skip
    stream.write(_line(head))
    amounts = [at for at, column in enumerate(table.columns) if column.type == "yen"]
    for row in database.rows(table, columns):
        values = list(row)
        for at in amounts:
            if match := _WHOLE_YEN.fullmatch(values[at] or ""):
                values[at] = match[1]
        stream.write(_line(values))


def _require(found: dict[str, Found], table: Table, name: str) -> Found:
    if name not in found:
        raise BatchRejectedError(
            "HEADER",
            f"table {table.query_table}: field {name} is missing" if found
            else f"table {table.query_table} is missing or not granted",
            "agree on the change with the department, then correct the contract",
        )  # fmt: skip
    return found[name]


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


class Snapshot:
    """Reader of one landed snapshot."""

    def __init__(self, table: Table, file: Path) -> None:
        self.declared = Declared()
        self._table = table
        self._file = file

    def parts(self) -> Iterator[Record]:
        """Rows in the order of the key, numbered from 1."""
        with self._file.open("rb") as stream:
            found = lines(stream)
            head = json.loads(next(found).raw)
            self.declared.rows, self.declared.yen = head["rows"], head.get("yen")
            self.declared.business_date = date.fromisoformat(head["as_of"])
            for number, line in enumerate(found, start=1):
                yield self._record(number, line.raw)

    def _record(self, number: int, raw: bytes) -> Record:
        fields: list[str | None] = ["" if value is None else value.strip(" \u3000") for value in json.loads(raw)]
        return Record(number, 0, raw, fields)
