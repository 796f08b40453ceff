"""A department's sample file, as far as it tells its own form (見本): encoding, heading, total row, companions."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from receivables.era import EraError, wareki_to_date
from receivables.errors import InputRejectedError
from receivables.ingest.encodings import encoding_guess
from receivables.ingest.manifest import HEADER as MANIFEST_HEADER

_DATE = re.compile(r"(?<!\d)20\d{6}(\d{6})?(?!\d)")  # with or without the time of day
_TOTALS = ("合計", "総合計", "総計", "計")
_MOST_TITLE_ROWS = 12
_LARGEST = 64 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """What a sample says: the contract keys of its form, and the values of each column in order."""

    file_pattern: str
    form: dict[str, object]
    columns: dict[str, list[str]]
    open_questions: tuple[str, ...] = ()


def read_sample(file: Path, sheet: str | None) -> Sample:
    """Read a CSV file or an Excel workbook. Raises InputRejectedError that says what is wrong with the sample."""
    if not file.is_file():
        raise InputRejectedError(f"{file.name}: no such file; give a sample as the department sends it")
    if file.stat().st_size > _LARGEST:
        raise InputRejectedError(f"{file.name}: more than 64 MB; a sample of some thousand rows is enough")
    return _workbook(file, sheet) if file.suffix.lower() == ".xlsx" else _delimited(file)


def _delimited(file: Path) -> Sample:
    content = file.read_bytes()
    encoding = _encoding(file, content)
    try:
        rows = [row for row in csv.reader(io.StringIO(content.decode(encoding), newline=""), strict=True) if row]
    except csv.Error as error:
        raise InputRejectedError(f"{file.name}: no CSV ({error}); is a quotation mark missing?") from None
    columns = _columns(file, rows[0] if rows else [], rows[1:])
    manifest = _manifest(file)
    questions = () if manifest else ("control: no 送付票 beside the sample names it; agree on one with rows and yen",)
    form: dict[str, object] = {
        "reader": "csv",
        "encoding": encoding.removesuffix("-sig"),
        "control": f'{{kind: manifest, file: "{manifest or "soufu_{date}.csv"}"}}',
    }
    return Sample(_pattern(file.name), form, columns, questions)


def _encoding(file: Path, content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932", "euc_jp"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        other = encoding_guess(content, "cp932") if encoding == "cp932" else None
        return other or encoding
    raise InputRejectedError(
        f"{file.name}: neither UTF-8 nor CP932 nor EUC-JP throughout; a fixed-width host file needs its layout: "
        "copy the contract of nhi and give the byte places"
    )


def _manifest(file: Path) -> str | None:
    """The pattern of the 送付票 beside the sample that names it."""
    for other in sorted(file.parent.glob("*.csv")):
        if other != file and other.stat().st_size < 1 << 20:
            text = other.read_bytes().decode("utf-8-sig", "replace")
            if text.startswith(",".join(MANIFEST_HEADER)) and file.name in text:
                return _pattern(other.name)
    return None


def _workbook(file: Path, sheet: str | None) -> Sample:
    try:
        book = CalamineWorkbook.from_path(str(file))
    except (CalamineError, OSError):
        raise InputRejectedError(f"{file.name}: does not open as an .xlsx workbook; have it saved again") from None
    names = book.sheet_names
    if sheet is None and len(names) > 1:
        raise InputRejectedError(f"{file.name}: has {len(names)} sheets; choose one with --sheet")
    if sheet is not None and sheet not in names:
        raise InputRejectedError(f"{file.name}: has no sheet of that name; it has {len(names)}")
    rows = [[_text(cell) for cell in row] for row in book.get_sheet_by_name(sheet or names[0]).to_python()]
    at = next((at for at, row in enumerate(rows[:_MOST_TITLE_ROWS]) if _is_heading(row)), None)
    if at is None:
        raise InputRejectedError(f"{file.name}: no row of the first {_MOST_TITLE_ROWS} looks like a heading")
    total_at, label = _total_row(rows, at)
    as_of = _as_of_cell(rows[:at])
    questions = [
        *(() if label else ("total_label: no total row (合計) under the rows; agree on one with count and yen",)),
        *(() if as_of else ("as_of_cell: no cell above the heading holds a 和暦 date (…現在); agree on one",)),
    ]
    form: dict[str, object] = {
        "reader": "excel",
        "sheet": f'"{sheet or names[0]}"',
        "header_row": at + 1,
        "as_of_cell": as_of or "A1",
        "total_label": f'"{label or "合計"}"',
        "control": "{kind: total_row}",
    }
    heading = [cell for cell in rows[at] if cell]
    body = [row for row in rows[at + 1 : total_at] if any(row)]
    return Sample(_pattern(file.name), form, _columns(file, heading, body), tuple(questions))


def _is_heading(row: list[str]) -> bool:
    cells = [cell for cell in row if cell]
    return len(cells) >= 3 and len(set(cells)) == len(cells) and not any(re.search(r"\d{3}", cell) for cell in cells)


def _total_row(rows: list[list[str]], heading_at: int) -> tuple[int, str | None]:
    for at in range(len(rows) - 1, heading_at, -1):
        if any(rows[at]):
            label = next((cell for cell in rows[at] if cell.replace("　", "").replace(" ", "") in _TOTALS), None)
            return (at, label) if label else (len(rows), None)
    return len(rows), None


def _as_of_cell(rows: list[list[str]]) -> str | None:
    for at, row in enumerate(rows, start=1):
        for column, cell in enumerate(row[:26]):
            try:
                wareki_to_date(cell.replace("現在", ""))
            except EraError:
                continue
            return f"{chr(65 + column)}{at}"
    return None


def _columns(file: Path, heading: list[str], body: list[list[str]]) -> dict[str, list[str]]:
    if len(heading) < 2 or any(not cell.strip() for cell in heading):
        raise InputRejectedError(f"{file.name}: the first row is no heading: a name is missing, or there is one column")
    if len(set(heading)) != len(heading):
        twice = next(cell for cell in heading if heading.count(cell) > 1)
        raise InputRejectedError(f"{file.name}: the heading names {twice!r} twice; rename one")
    if not body:
        raise InputRejectedError(f"{file.name}: no rows under the heading; a sample needs some hundred")
    if any(re.fullmatch(r"[\d/.-]+", cell) for cell in heading):
        raise InputRejectedError(f"{file.name}: the first row holds values, no heading; have the file sent with one")
    if any(len(row) < len(heading) or any(row[len(heading) :]) for row in body):
        raise InputRejectedError(f"{file.name}: rows have more or fewer fields than the heading")
    return {name: [row[at].strip() for row in body] for at, name in enumerate(heading)}


def _pattern(name: str) -> str:
    pattern, found = _DATE.subn(lambda match: "{date}*" if match[1] else "{date}", name, count=1)
    if not found:
        raise InputRejectedError(f"{name}: the name holds no date (YYYYMMDD); files must carry their business date")
    return pattern


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip(" 　")
