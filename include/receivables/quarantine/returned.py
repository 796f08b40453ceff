"""Correction files back in (訂正票の読込): Excel or CSV, by heading, as text."""

import csv
import io
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from receivables.errors import InputRejectedError
from receivables.ingest.readers.workbook import sheet_facts
from receivables.quarantine import sheet

_ENCODINGS = ("utf-8-sig", "cp932")  # Excel saves a CSV as either
Cells = list[str]


def read(file: Path) -> list[sheet.Line]:
    """The lines of a returned file; refuses a file that is no correction file at all."""
    rows, formulas = _workbook(file) if file.suffix.lower() == ".xlsx" else (_csv(file), set[int]())
    if not rows or rows[0][: len(sheet.HEADING)] != list(sheet.HEADING):
        raise InputRejectedError(
            f"{file.name}: HEADER: line 1 is not the heading of a correction file; use the file that was exported"
        )
    return [
        _line(number, row, number in formulas) for number, row in enumerate(rows, start=1) if number > 1 and any(row)
    ]


def _line(number: int, cells: Cells, is_formula: bool) -> sheet.Line:
    named = dict(zip(sheet.HEADING, [*cells, *[""] * len(sheet.HEADING)], strict=False))
    corrected = named["訂正後の値"].strip(" \u3000")
    return sheet.Line(
        number, named["訂正票"], named["行ID"], named["照合"], named["項目名"], corrected,
        is_formula or corrected.startswith("="),
    )  # fmt: skip


def _csv(file: Path) -> list[Cells]:
    content = file.read_bytes()
    for encoding in _ENCODINGS:
        try:
            return list(csv.reader(io.StringIO(content.decode(encoding), newline=""), strict=True))
        except (UnicodeDecodeError, csv.Error):
            continue
    raise InputRejectedError(f"{file.name}: UNREADABLE: no CSV in UTF-8 or CP932; save it as CSV or .xlsx again")


def _workbook(file: Path) -> tuple[list[Cells], set[int]]:
    facts = sheet_facts(file, sheet.SHEET)  # refuses macros, links and ZIP bombs
    try:
        page = CalamineWorkbook.from_path(file).get_sheet_by_name(sheet.SHEET)
        rows = [[_text(value) for value in row] for row in page.to_python(skip_empty_area=False)]
    except (CalamineError, OSError):
        raise InputRejectedError(f"{file.name}: UNREADABLE: the workbook does not open; save it again") from None
    return rows, {row for row, _ in facts.formulas}


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat() if isoformat else value)
