"""A made-up delivery in the form of a sample (見本と同じ形の作り物): nothing of the sample's rows is in it."""

import csv
import hashlib
import io
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

from receivables.contracts import Column, Contract, Table
from receivables.era import date_to_wareki
from receivables.ingest.manifest import HEADER
from receivables.sources.samples import Sample

AS_OF = date(2026, 6, 19)
_ROWS = 12


def write_fixture(contract: Contract, sample: Sample, folder: Path) -> list[Path]:
    """Write twelve made-up rows and what accompanies them into `folder/<source>`; returns the files."""
    table = contract.tables[0]
    place = folder / contract.source
    place.mkdir(parents=True, exist_ok=True)
    order = {column.from_: column for column in table.columns}
    columns = [order[item] for item in sample.columns]
    rows = [[_value(column, at) for column in columns] for at in range(_ROWS)]
    file = place / table.file_name(AS_OF)
    yen = sum(int(row[at]) for row in rows for at, column in enumerate(columns) if column.name == table.yen)
    if table.reader == "excel":
        _workbook(table, columns, rows, yen, file)
        return [file]
    content = io.StringIO(newline="")
    csv.writer(content, lineterminator="\r\n").writerows([[column.from_ for column in columns], *rows])
    file.write_bytes(content.getvalue().encode(table.encoding or "utf-8"))
    manifest = place / table.file_name(AS_OF, table.control.file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    manifest.write_text(f"{','.join(HEADER)}\n{file.name},{_ROWS},{yen},{digest}\n", encoding="utf-8")
    return [file, manifest]


def _workbook(table: Table, columns: list[Column], rows: list[list[str]], yen: int, file: Path) -> None:
    assert table.header_row
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet(table.sheet)
        sheet.write_string(table.as_of_cell, f"{date_to_wareki(AS_OF)}現在")
        for at, row in enumerate([[str(column.from_) for column in columns], *rows], start=table.header_row - 1):
            for place, cell in enumerate(row):
                sheet.write_string(at, place, cell)
        last = table.header_row + len(rows)
        key = next(at for at, column in enumerate(columns) if column.name in table.key)
        sheet.write_string(last, next(at for at in range(len(columns)) if at != key), str(table.total_label))
        sheet.write_number(last, key, len(rows))
        for at, column in enumerate(columns):
            if column.name == table.yen:
                sheet.write_number(last, at, yen)


def _value(column: Column, at: int) -> str:
    """A made-up value; every other row is neither paid nor has anything else that may be empty."""
    if at % 2 and (not column.required or column.name == "received_yen"):
        return "0" if column.type == "yen" else ""
    day = date(2025, 4, 30) + timedelta(days=30 * at)
    kinds = {
        "digits": str(at + 1).zfill(column.length or 1),
        "int": str(at + 1),
        "year": str(day.year if day.month >= 4 else day.year - 1),
        "yen": str((at + 1) * 1_000),
        "date": day.isoformat(),
        "wareki": date_to_wareki(day),
        "partial_date": day.isoformat(),
        "flag": "0",
        "code": next((code for code in column.codes if code not in ("取消", "取下", "削除")), ""),
        "text": f"作り物{at + 1}" if column.pii else f"t{at + 1}",
    }
    return kinds[column.type]
