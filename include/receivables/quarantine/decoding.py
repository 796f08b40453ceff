r"""The fields of a quarantined row (隔離行の項目), as people read them: bytes that are no letters show as \xNN."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from receivables import contracts
from receivables.charsets import is_host
from receivables.contracts import Table
from receivables.ingest import spool
from receivables.ingest.readers import open_reader
from receivables.ingest.records import Record
from receivables.quarantine.worklist import QuarantinedRow
from receivables.settings import State

Bytes = Sequence[bytes]
_READ_AGAIN = ("excel", "postgres", "mariadb", "zengin")  # their fields are no cuts of the record's bytes
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Field(NamedTuple):
    """One field in the contract's order: what to show, and whether it is surely what the department wrote."""

    shown: str
    is_sound: bool


def fields(rows: Sequence[QuarantinedRow], state: State) -> dict[str, list[Field]]:
    """The fields of each row by its id; a row whose shape is wrong has none that is sound."""
    by_file: dict[tuple[str, str], list[QuarantinedRow]] = {}
    for row in rows:
        by_file.setdefault((row.table_name, row.file_sha256), []).append(row)
    found: dict[str, list[Field]] = {}
    for (table_name, file_sha256), members in by_file.items():
        table = contracts.contract(members[0].source).table(table_name).as_delivered(members[0].file_name)
        if table.reader in ("excel", "postgres", "mariadb", "zengin") or is_host(
            table.encoding
        ):  # fields that are in no single record
            found |= _read_again(table, file_sha256, members, state)
        else:
            header = _header(table, spool.place(state, file_sha256))
            found |= {row.row_id: _cut(table, row.raw, header) for row in members}
    return found


def whole(row: QuarantinedRow) -> str:
    """The whole record, for rows whose shape is wrong."""
    table = contracts.contract(row.source).table(row.table_name).as_delivered(row.file_name)
    return _shown(row.raw, table.encoding or "utf-8").shown


def _read_again(
    table: Table, file_sha256: str, rows: Sequence[QuarantinedRow], state: State
) -> dict[str, list[Field]]:  # fmt: skip
    wanted = {row.line_no: row.row_id for row in rows}
    parts = open_reader(table, spool.place(state, file_sha256), rows[0].business_date).parts()
    return {
        wanted[record.line_no]: [_text(text) for text in record.fields or [None] * len(table.columns)]
        for record in parts
        if isinstance(record, Record) and record.line_no in wanted
    }


def _header(table: Table, file: Path) -> list[str]:
    """The headings of a CSV as this file has them: they may stand in any order, and name more than we take."""
    if table.reader != "csv":
        return []
    with file.open(encoding=table.encoding or "utf-8", newline="") as lines:
        return next(csv.reader(lines, strict=True), [])


def _cut(table: Table, raw: bytes, header: list[str]) -> list[Field]:
    parts = _fixed_width(table, raw) if table.reader == "fixed_width" else _delimited(table, raw, header)
    if parts is None:
        return [Field("", False)] * len(table.columns)
    return [_shown(part, table.encoding or "utf-8") for part in parts]


def _fixed_width(table: Table, raw: bytes) -> Bytes | None:
    if len(raw) != table.record_bytes:
        return None
    return [raw[column.at[0] - 1 : column.at[0] - 1 + column.at[1]] for column in table.columns if column.at]


def _delimited(table: Table, raw: bytes, header: list[str]) -> Bytes | None:
    try:
        (parts,) = csv.reader([raw.decode("latin-1")], strict=True)
    except (csv.Error, ValueError):
        return None
    if len(parts) != len(header):
        return None
    return [parts[header.index(str(column.from_ or column.name))].encode("latin-1") for column in table.columns]


def _shown(part: bytes, encoding: str) -> Field:
    try:
        return _text(part.decode(encoding).strip(" \u3000"))
    except UnicodeDecodeError:
        return Field(part.decode(encoding, "backslashreplace").strip(" \u3000"), False)


def _text(text: str | None) -> Field:
    """A control character (NUL, line end) is no letter of a field either; 全角空白 is one."""
    if text is None:
        return Field("", False)
    shown = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    return Field(shown, shown == text)
