"""A made-up delivery in the form of the samples (見本と同じ形の作り物): nothing of a sample's rows is in it."""

import csv
import hashlib
import io
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

from receivables.contract_parts import Place
from receivables.contracts import Column, Contract, Table
from receivables.era import date_to_host_wareki, date_to_wareki
from receivables.ingest.manifest import HEADER
from receivables.sources.tables import Draft

AS_OF = date(2026, 6, 19)
_ROWS = 12
Row = dict[str, str]


def write_fixtures(contract: Contract, drafts: list[Draft], folder: Path) -> list[Path]:
    """Write twelve made-up rows for each file, and what accompanies them, into `folder/<source>`; returns the files."""
    place = folder / contract.source
    place.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    manifests: dict[Path, list[str]] = {}
    for table, draft in zip(contract.tables, drafts, strict=True):
        rows = [_row(table, at) for at in range(_ROWS)]
        file = place / table.file_name(AS_OF).replace("*", "")
        total = sum(int(row[table.yen]) for row in rows) if table.yen else 0
        if table.reader == "excel":
            _workbook(table, rows, total, file)
        elif table.reader == "fixed_width":
            file.write_bytes(_records(table, rows, total))
        else:
            file.write_bytes(_lines(table, draft.sample.heading, rows))
            manifest = place / table.file_name(AS_OF, table.control.file)
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            manifests.setdefault(manifest, [",".join(HEADER)]).append(f"{file.name},{_ROWS},{total},{digest}")
        written.append(file)
    for manifest, lines in manifests.items():
        manifest.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return [*written, *manifests]


def _lines(table: Table, heading: list[str], rows: list[Row]) -> bytes:
    names = {column.from_: column.name for column in table.columns}
    content = io.StringIO(newline="")
    body = [[row.get(names.get(item, ""), "") for item in heading] for row in rows]
    csv.writer(content, lineterminator="\r\n").writerows([heading, *body])
    return content.getvalue().encode(table.encoding or "utf-8")


def _records(table: Table, rows: list[Row], total: int) -> bytes:
    assert table.records
    assert table.record_bytes
    encoding, width, kinds = table.encoding or "cp932", table.record_bytes, table.records
    data = [
        _record(width, kinds.data.mark, [(column.at, row[column.name]) for column in table.columns], encoding)
        for row in rows
    ]
    header = _record(width, kinds.header.mark, [(kinds.header.date, date_to_host_wareki(AS_OF))], encoding)
    sums = [(kinds.trailer.rows, str(len(rows)).zfill(kinds.trailer.rows[1])),
            (kinds.trailer.yen, str(total).zfill(kinds.trailer.yen[1]))]  # fmt: skip
    return b"\r\n".join([header, *data, _record(width, kinds.trailer.mark, sums, encoding), b""])


def _record(width: int, mark: str, parts: Sequence[tuple[Place | None, str]], encoding: str) -> bytes:
    record = bytearray(mark.encode().ljust(width))
    for place, value in parts:
        assert place
        first, size = place[0] - 1, place[1]
        record[first : first + size] = value.encode(encoding)[:size].ljust(size)
    return bytes(record)


def _workbook(table: Table, rows: list[Row], total: int, file: Path) -> None:
    assert table.header_row
    names = [column.name for column in table.columns]
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet(table.sheet)
        sheet.write_string(table.as_of_cell, f"{date_to_wareki(AS_OF)}現在")
        body = [[str(column.from_) for column in table.columns], *(list(row.values()) for row in rows)]
        for at, cells in enumerate(body, start=table.header_row - 1):
            for place, cell in enumerate(cells):
                sheet.write_string(at, place, cell)
        last = table.header_row + len(rows)
        counted = names.index(table.key[0])
        label = next(at for at, name in enumerate(names) if at != counted and name != table.yen)
        sheet.write_string(last, label, str(table.total_label))
        sheet.write_number(last, counted, len(rows))
        if table.yen:
            sheet.write_number(last, names.index(table.yen), total)


def _row(table: Table, at: int) -> Row:
    """A made-up row whose sums hold."""
    row = {column.name: _value(column, at) for column in table.columns}
    for total, parts in table.sum_of.items():
        row[total] = _filled(table.column(total), str(sum(int(row[part] or 0) for part in parts)))
    return row


def _value(column: Column, at: int) -> str:
    """A made-up value; every other row is neither paid nor has anything else that may be empty."""
    if at % 2 and (not column.required or column.name == "received_yen"):
        return _filled(column, "0") if column.type == "yen" else ""
    day = date(2025, 4, 30) + timedelta(days=30 * at)
    is_packed = column.at is not None and column.at[1] == len(date_to_host_wareki(day))
    is_short = column.at is not None and column.at[1] == len(f"{day:%Y%m%d}")
    kinds = {
        "digits": str(at + 1).zfill(column.length or 1),
        "int": str(at + 1),
        "year": str(day.year if day.month >= 4 else day.year - 1),
        "yen": _filled(column, str((at + 1) * 1_000)),
        "date": f"{day:%Y%m%d}" if is_short else day.isoformat(),
        "wareki": date_to_host_wareki(day) if is_packed else date_to_wareki(day),
        "partial_date": f"{day:%Y%m%d}" if is_short else day.isoformat(),
        "timestamp": f"{day.isoformat()}T10:30:00+09:00",
        "flag": "0",
        "code": next((code for code in column.codes if code not in ("取消", "取下", "削除", "9")), ""),
        "text": f"作り物{at + 1}" if column.pii else f"t{at + 1}",
    }
    return kinds[column.type]


def _filled(column: Column, yen: str) -> str:
    """Host files fill an amount's bytes with zeros."""
    return yen.zfill(column.at[1]) if column.at else yen
