"""Excel ledgers (所管課のExcel台帳): values only, as text; what Excel changed by itself is set aside.

Columns are found by their heading. A number Excel kept is turned back into text exactly: 12300,
never 12300.0 or 1.23E+04, so that a lost leading zero shows as too few digits.
"""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from receivables.contracts import Table
from receivables.era import EraError, wareki_to_date
from receivables.ingest.readers.delimited import header_difference
from receivables.ingest.readers.workbook import SheetFacts, sheet_facts
from receivables.ingest.records import Declared, Record
from receivables.ingest.rejection import BatchRejectedError

_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_EXACT = 1 << 53
Cells = list[str]


class Excel:
    """Reader of one sheet of a workbook."""

    def __init__(self, table: Table, file: Path) -> None:
        assert table.sheet
        assert table.header_row
        assert table.as_of_cell
        assert table.total_label
        self.declared = Declared()
        self._table = table
        self._file = file
        self._sheet, self._header_row = table.sheet, table.header_row
        self._as_of_cell, self._total_label = table.as_of_cell, table.total_label

    def parts(self) -> Iterator[Record]:
        """Data rows between the heading and the total row; blank rows are nothing, subtotals are checked."""
        facts = sheet_facts(self._file, self._sheet)
        rows = self._rows()
        self._check_row_count(rows, facts)
        self.declared.business_date = self._as_of(rows)
        places = self._places(rows)
        since_subtotal = 0
        for at in range(self._header_row, len(rows)):
            cells = rows[at]
            if not any(cells):
                continue
            if self._is_subtotal(cells, places):
                self._check_subtotal(cells, places, at + 1, since_subtotal)
                since_subtotal = 0
                continue
            if _holds(cells, self._total_label):
                self._read_total(cells, places, at + 1)
                if any(any(row) for row in rows[at + 1 :]):
                    raise BatchRejectedError("CONTROL_TOTAL", f"row {at + 2}: rows follow the total row", "put it last")
                return
            since_subtotal += 1
            yield self._record(at + 1, cells, places, facts)
        raise BatchRejectedError("TRUNCATED", f"the total row {self._total_label!r} is missing", "have it sent whole")

    def _rows(self) -> list[Cells]:
        try:
            with self._file.open("rb") as stream:
                sheet = CalamineWorkbook.from_filelike(stream).get_sheet_by_name(self._sheet)
                return [[cell_text(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
        except (CalamineError, OSError):
            raise BatchRejectedError(
                "UNREADABLE", "the workbook does not open", "have it saved and sent again"
            ) from None

    def _check_row_count(self, rows: list[Cells], facts: SheetFacts) -> None:
        """A sheet may declare fewer rows than it holds: two independent counts must agree."""
        seen = {at for at, row in enumerate(rows, start=1) if any(row)}
        if lost := sorted(row for row in facts.rows - seen if row > len(rows)):
            raise BatchRejectedError("UNREADABLE", f"row {lost[0]} lies beyond the sheet's size", "have it saved anew")

    def _as_of(self, rows: list[Cells]) -> date:
        column, row = _place(self._as_of_cell)
        text = rows[row][column] if row < len(rows) and column < len(rows[row]) else ""
        try:
            return wareki_to_date(text.replace("現在", ""))
        except EraError:
            raise BatchRejectedError(
                "HEADER", f"cell {self._as_of_cell} holds no 和暦 date (現在)", "have the date put back"
            ) from None

    def _places(self, rows: list[Cells]) -> list[int]:
        heading = rows[self._header_row - 1] if len(rows) >= self._header_row else []
        found = [cell for cell in heading if cell]
        own = [str(column.from_) for column in self._table.columns]
        agreed = [*own, *(self._table.helper_columns or ())]
        if sorted(found) != sorted(agreed):
            raise BatchRejectedError(
                "HEADER", f"row {self._header_row}: {header_difference(found, agreed)}", "have the heading put back"
            )
        return [heading.index(name) for name in own]

    def _is_subtotal(self, cells: Cells, places: list[int]) -> bool:
        """Whether a row is a sum of rows above it: it has the label and says nothing that only a claim has."""
        if self._table.subtotal_label is None or not _holds(cells, self._table.subtotal_label):
            return False
        sums = {*self._table.key, *self._table.measures}
        return not any(
            cells[at] for column, at in zip(self._table.columns, places, strict=True)
            if column.required and column.name not in sums
        )  # fmt: skip

    def _check_subtotal(self, cells: Cells, places: list[int], row_no: int, rows: int) -> None:
        """A subtotal that counts other rows than those above it: some are missing, or were taken for it."""
        if self._counts(cells, places) != [str(rows)]:
            raise BatchRejectedError(
                "CONTROL_TOTAL",
                f"row {row_no}: the subtotal does not count the {rows} rows above it",
                "have it corrected",
            )

    def _counts(self, cells: Cells, places: list[int]) -> list[str]:
        keys = [
            cells[at] for column, at in zip(self._table.columns, places, strict=True) if column.name in self._table.key
        ]
        return [cell for cell in keys if cell.isascii() and cell.isdigit()]

    def _read_total(self, cells: Cells, places: list[int], row_no: int) -> None:
        named = dict(zip((column.name for column in self._table.columns), (cells[at] for at in places), strict=True))
        counts = self._counts(cells, places)
        yen = named[self._table.yen] if self._table.yen else "0"
        if len(counts) != 1 or not re.fullmatch(r"-?[0-9]{1,13}", yen):
            raise BatchRejectedError(
                "CONTROL_TOTAL", f"row {row_no}: the total row lacks count or yen", "have it put back"
            )
        self.declared.rows, self.declared.yen = int(counts[0]), int(yen)

    def _record(self, row_no: int, cells: Cells, places: list[int], facts: SheetFacts) -> Record:
        fields: list[str | None] = [cells[at] for at in places]
        raw = json.dumps(cells, ensure_ascii=False).encode()
        for column, at in zip(self._table.columns, places, strict=True):
            if (row_no, cell_letters(at)) in facts.formulas:
                return Record(row_no, 0, raw, fields, "FORMULA", column.name)
        return Record(row_no, 0, raw, fields)


def _holds(cells: Cells, label: str) -> bool:
    return label in (cell.replace(" ", "").replace("\u3000", "") for cell in cells)


def cell_text(value: object) -> str:
    """A cell as text; a date stays recognisable as one that Excel made (ISO form), a float keeps its fraction."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).strip(" \u3000")


def _place(cell: str) -> tuple[int, int]:
    match = _CELL.fullmatch(cell)
    if match is None:
        raise BatchRejectedError("HEADER", f"as_of_cell {cell!r} of the contract is no cell", "write it as A2")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return column - 1, int(match[2]) - 1


def cell_letters(column: int) -> str:
    """The letters of a column counted from 0: A, B, … AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
