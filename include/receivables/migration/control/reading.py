"""The file that finance delivers (決算・収入整理簿の値): read strictly, and held against its own arithmetic.

Columns are found by their heading: 科目, 賦課年度, 現年/滞納繰越, 調定額, 収入済額, 不納欠損額, 収入未済額 and, where
the books tell it, 還付未済額. CSV as UTF-8 or CP932, or the first sheet of an Excel book.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from receivables.errors import InputRejectedError
from receivables.yen import parse_yen

SUBJECT, LEVY_YEAR, CATEGORY, REFUNDS = "科目", "賦課年度", "現年/滞納繰越", "還付未済額"
MEASURES = {"調定額": "assessed_yen", "収入済額": "received_yen", "不納欠損額": "written_off_yen",
            "収入未済額": "uncollected_yen", REFUNDS: "refund_pending_yen"}  # fmt: skip
HEADINGS = (SUBJECT, LEVY_YEAR, CATEGORY, *MEASURES)
_CATEGORIES = {"現年": "current", "現年分": "current", "現年課税分": "current", "現年度分": "current",
               "滞納繰越": "arrears", "滞納繰越分": "arrears", "滞繰": "arrears"}  # fmt: skip
CATEGORY_JA = {"current": "現年", "arrears": "滞納繰越"}
_WAREKI_YEAR = re.compile(r"(?:(令和|R)|(平成|H))(元|[0-9]{1,2})(?:年度?)?")
_WESTERN_YEAR = re.compile(r"([12][0-9]{3})(?:年度?)?")
_TOTAL_WORDS = re.compile(r"(?:小|合|総)?計")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class FinanceTotal:
    """Yen of one 科目, 賦課年度 and 現年・滞納繰越 as finance books them; `line_no` counts records from 1."""

    line_no: int
    subject: str
    levy_year: int
    collection_category: str
    assessed_yen: int
    received_yen: int
    written_off_yen: int
    uncollected_yen: int
    refund_pending_yen: int

    @property
    def key(self) -> tuple[str, int, str]:
        """What the figures are of."""
        return self.subject, self.levy_year, self.collection_category

    def gap_yen(self) -> int:
        """調定額 − (収入済額 − 還付未済額) − 不納欠損額 − 収入未済額: zero where the line adds up."""
        net = self.received_yen - self.refund_pending_yen
        return self.assessed_yen - net - self.written_off_yen - self.uncollected_yen

    def without_refunds(self) -> "FinanceTotal":
        """The same with 還付未済額 taken out of 収入済額, as books write that do not tell it."""
        return replace(self, received_yen=self.received_yen - self.refund_pending_yen, refund_pending_yen=0)


@dataclass(frozen=True, slots=True)
class FinanceFile:
    """All lines of a file; `has_refunds` tells that 収入済額 still holds what is to be refunded."""

    totals: tuple[FinanceTotal, ...]
    has_refunds: bool


def read_finance_file(file: Path, *, refunds_in_received: bool = True) -> FinanceFile:
    """The lines of `file`, each checked to add up: 調定 = 収入済 − 還付未済 + 欠損 + 未済.

    `refunds_in_received=False`: 収入済額 is already without 還付未済額, so that column is kept but plays no part; then
    収入済額 is returned with it, as the warehouse counts. Raises InputRejectedError naming line and column.
    """
    rows = list(_rows(file))
    if not rows:
        raise InputRejectedError(f"{file.name}: the file is empty; ask finance to deliver it again")
    places = _places(rows[0][1], file.name)
    totals = [_total(line, cells, places, file.name) for line, cells in rows[1:] if any(cells)]
    if not totals:
        raise InputRejectedError(
            f"{file.name}: there is a heading and no line below it; ask finance to deliver it again"
        )
    _refuse_twice(totals, file.name)
    if REFUNDS in places and not refunds_in_received:
        totals = [replace(each, received_yen=each.received_yen + each.refund_pending_yen) for each in totals]
    _refuse_gaps(totals, file.name)
    return FinanceFile(tuple(totals), REFUNDS in places)


def _rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Records from 1 with their cells as trimmed text."""
    if not file.is_file():
        raise InputRejectedError(f"{file.name}: no such file")
    if file.suffix.lower() in (".xlsx", ".xlsm", ".xls"):
        records: Sequence[Sequence[object]] = _sheet(file)
    else:
        records = _records(file)
    for line, cells in enumerate(records, start=1):
        yield line, [_cell(each) for each in cells]


def _records(file: Path) -> list[list[str]]:
    reader = csv.reader(io.StringIO(_text(file), newline=""), strict=True)
    try:
        return list(reader)
    except csv.Error:
        raise InputRejectedError(
            f"{file.name}, line {reader.line_num}: quotes that do not close; save the file as CSV again"
        ) from None


def _text(file: Path) -> str:
    raw = file.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("cp932")
    except UnicodeDecodeError as error:
        raise InputRejectedError(
            f"{file.name}: byte {error.start} is neither UTF-8 nor CP932 (Shift_JIS); save it in one of the two"
        ) from None


def _sheet(file: Path) -> list[list[object]]:
    try:
        with CalamineWorkbook.from_path(str(file)) as book:
            return [list(row) for row in book.get_sheet_by_index(0).to_python(skip_empty_area=False)]
    except (CalamineError, IndexError):
        raise InputRejectedError(
            f"{file.name}: no Excel book that can be read; save it again without password"
        ) from None


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return unicodedata.normalize("NFKC", str(value)).strip()


def _places(header: Sequence[str], name: str) -> dict[str, int]:
    headings = {unicodedata.normalize("NFKC", each): each for each in HEADINGS}
    found: dict[str, int] = {}
    for at, cell in enumerate(header):
        if cell == "":
            continue
        known = headings.get(cell.replace("・", "/"))
        if known is None:
            raise InputRejectedError(
                f"{name}, line 1, column {at + 1}: an unknown heading; known are {_listed(HEADINGS)}"
            )
        if known in found:
            raise InputRejectedError(f"{name}, line 1: the heading {known} stands twice")
        found[known] = at
    missing = [each for each in HEADINGS if each not in found and each != REFUNDS]
    if missing:
        raise InputRejectedError(f"{name}, line 1: the heading {_listed(missing)} is missing")
    return found


def _total(line: int, cells: Sequence[str], places: dict[str, int], name: str) -> FinanceTotal:
    def cell(heading: str) -> str:
        return cells[places[heading]] if places[heading] < len(cells) else ""

    def wrong(heading: str, wanted: str) -> InputRejectedError:
        return InputRejectedError(f"{name}, line {line}, {heading}: {wanted}")

    subject = cell(SUBJECT)
    if not subject or _TOTAL_WORDS.fullmatch(subject):
        raise wrong(SUBJECT, "needs the name of a 科目; leave out subtotals and totals (小計・合計)")
    year = _year(cell(LEVY_YEAR))
    if year is None:
        raise wrong(LEVY_YEAR, "needs a year as 2025, 令和7年度 or R7")
    category = _CATEGORIES.get(cell(CATEGORY))
    if category is None:
        raise wrong(CATEGORY, f"needs one of {_listed(_CATEGORIES)}")
    yen = {}
    for heading, measure in MEASURES.items():
        try:
            yen[measure] = _yen(cell(heading)) if heading in places else 0
        except ValueError:
            raise wrong(heading, "needs whole yen, as 1234, 1,234 or △1,234; write 0 for none") from None
    return FinanceTotal(line, subject, year, category, **yen)


def _year(text: str) -> int | None:
    if found := _WESTERN_YEAR.fullmatch(text):
        return int(found[1])
    if found := _WAREKI_YEAR.fullmatch(text):
        number = 1 if found[3] == "元" else int(found[3])
        return number + (2018 if found[1] else 1988) if number else None
    return None


def _yen(text: str) -> int:
    """Whole yen; thousands separators only where they belong, △ and ▲ as minus."""
    sign = -1 if text[:1] in ("△", "▲") else 1
    digits = text.lstrip("△▲") if sign < 0 else text
    if "," in digits:
        if not re.fullmatch(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+", digits):
            raise ValueError("separators that do not part thousands")
        digits = digits.replace(",", "")
    return sign * parse_yen(digits)


def _refuse_twice(totals: Sequence[FinanceTotal], name: str) -> None:
    first: dict[tuple[str, int, str], int] = {}
    for each in totals:
        if each.key in first:
            raise InputRejectedError(
                f"{name}, line {each.line_no}: the same 科目, 賦課年度 and 区分 as line {first[each.key]}; "
                "give one line each"
            )
        first[each.key] = each.line_no


def _refuse_gaps(totals: Sequence[FinanceTotal], name: str) -> None:
    wrong = [each for each in totals if each.gap_yen()]
    if wrong:
        shown = ", ".join(f"line {each.line_no} by {each.gap_yen():,} yen" for each in wrong[:_SHOWN])
        raise InputRejectedError(
            f"{name}: 調定額 is not 収入済額 − 還付未済額 + 不納欠損額 + 収入未済額 in {len(wrong)} lines ({shown}); "
            "ask finance, or say with --refunds how 還付未済額 is booked"
        )


def _listed(words: Sequence[str] | dict[str, str]) -> str:
    return "・".join(words)
