"""A sample workbook (所管課のExcel台帳): where its sheet, titles, headings and total row are."""

from itertools import count
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from receivables.era import EraError, wareki_to_date
from receivables.ingest.readers.excel import cell_letters, cell_text
from receivables.ingest.readers.workbook import sheet_facts
from receivables.sources.samples import Sample, SampleRejectedError, require_heading, require_rows

_TITLES = 20  # rows among which the headings are looked for
_LEAST = 3  # a row of headings has this many cells; merged titles have one or two
_TOTALS = ("合計", "総計", "総合計", "計")
Rows = list[list[str]]


def ledger(file: Path, *, sheet: str | None = None) -> Sample:
    """The sheet `sheet`, or the only one that has headings."""
    found = {name: rows for name, rows in _sheets(file).items() if sheet in (None, name)}
    found = {name: rows for name, rows in found.items() if _heading_at(rows) is not None}
    if len(found) != 1:
        names = ", ".join(found) or "none"
        raise SampleRejectedError(f"{file.name}: sheets with headings: {names}; name one with --sheet (対象のシート)")
    [(name, rows)] = found.items()
    sheet_facts(file, name)  # refuses bombs, macros and links as the nightly reader does
    at = _heading_at(rows)
    assert at is not None
    places = [place for place, cell in enumerate(rows[at]) if cell]
    heading = [rows[at][place] for place in places]
    require_heading(heading, f"{file.name}, row {at + 1}")
    total = next((label for row in rows[at + 1 :] for label in _TOTALS if label in map(_tight, row)), None)
    data = [
        [row[place] for place in places]
        for row in rows[at + 1 :]
        if any(row) and not (total and total in map(_tight, row))
    ]
    require_rows(data, file.name)
    as_of, doubts = _as_of_cell(rows[:at]), []
    if as_of is None:
        doubts.append("基準日（令和…年…月…日現在）のセルが見出しより上にない: 書いてもらい as_of_cell に番地を書く")
    if total is None:
        doubts.append("合計行がない: 最後に 合計・件数・金額 の行を置いてもらう（total_label）")
    keys = {"sheet": name, "header_row": at + 1, "as_of_cell": as_of or "A1", "total_label": total or _TOTALS[0]}
    return Sample(file, "excel", heading, data, keys, doubts)


def _sheets(file: Path) -> dict[str, Rows]:
    try:
        with file.open("rb") as stream:
            book = CalamineWorkbook.from_filelike(stream)
            return {
                name: [
                    [cell_text(cell) for cell in row]
                    for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                ]
                for name in book.sheet_names
            }
    except (CalamineError, OSError):
        raise SampleRejectedError(f"{file.name}: the workbook does not open; have it saved as .xlsx again") from None


def _heading_at(rows: Rows) -> int | None:
    """The first row with several cells that has as many in the row under it, or nearly."""
    for at in range(min(_TITLES, len(rows) - 1)):
        cells, below = [sum(map(bool, row)) for row in rows[at : at + 2]]
        if cells >= _LEAST and below * 2 > cells:
            return at
    return None


def _as_of_cell(titles: Rows) -> str | None:
    for row_no, row in zip(count(1), titles, strict=False):
        for column, cell in enumerate(row):
            try:
                wareki_to_date(cell.replace("現在", ""))
            except EraError:
                continue
            return f"{cell_letters(column)}{row_no}"
    return None


def _tight(cell: str) -> str:
    return cell.replace(" ", "").replace("\u3000", "")
