"""An official workbook (基本データリスト・コード一覧) as rows by the names of its columns, never by their positions.

A heading may stand anywhere in the first 20 rows, in one line or two, with merged cells and in any width of
characters. Nothing is passed over in silence: a heading nobody knows, or one that lacks, is a mistake with its place.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from receivables.errors import InputRejectedError

_LOOKS_AT = 20  # rows in which a heading may begin
_ENOUGH = 3  # headings in one row that make it a heading

# What a heading may be called, without brackets, blanks and separators (見出しの言い換え).
_ITEM_LIST = {
    "no": ("項番", "項目番号", "no"),
    "group_id": ("グループid",),
    "group_name": ("グループ名称", "グループ名"),
    "item_id": ("データ項目id", "項目id"),
    "item_name": ("データ項目名称", "データ項目名", "項目名称", "項目名"),
    "description": ("データ項目説明", "データ項目の説明", "項目説明", "説明"),
    "key": ("主キー",),
    "required": ("必須条件付必須任意", "必須条件付き必須任意", "必須区分", "必須任意区分"),
    "always": ("必須", "必須区分必須"),
    "conditional": ("条件付必須", "条件付き必須", "必須区分条件付必須", "必須区分条件付き必須"),
    "optional": ("任意", "必須区分任意"),
    "repeat": ("繰返し", "繰り返し", "繰返", "繰返し回数"),
    "type": ("データ型", "型"),
    "length": ("桁数", "桁数整数部", "整数部", "桁数整数部小数部"),
    "scale": ("桁数小数部", "小数部"),
    "code": ("コード参照", "コードid", "コード参照コードid"),
    "note": ("備考",),
    "revision": ("改定種別", "改訂種別"),
}
_CODE_LIST = {
    "table": ("コードid",),
    "table_name": ("コード名称", "コード名"),
    "code": ("コード", "コード値", "値"),
    "name": ("名称", "内容", "コード内容", "値の名称", "意味"),
    "valid_from": ("有効開始日", "適用開始日", "有効期間開始日", "有効期間開始"),
    "valid_to": ("有効終了日", "適用終了日", "有効期間終了日", "有効期間終了"),
    "note": ("備考",),
    "revision": ("改定種別", "改訂種別"),
}
_TOPS = ("グループ", "データ項目", "桁数", "コード参照", "必須区分", "有効期間")  # they may span two columns
_OPTIONAL = {"scale", "description", "note", "revision", "required", "always", "conditional", "optional",
             "table_name", "valid_from", "valid_to"}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row of a list: where it stands and its cells by field, as text."""

    sheet: str
    number: int  # as the spreadsheet counts, from 1
    cells: dict[str, str]
    headings: dict[str, str]  # a field's heading as the sheet writes it

    def where(self, name: str | None = None) -> str:
        """The place for a message: sheet, row and, of a field, its heading."""
        heading = f"、見出し「{self.headings.get(name, name)}」" if name else ""
        return f"シート「{self.sheet}」{self.number}行目{heading}"


@dataclass
class Lists:
    """What the sheets of a workbook hold, and what is wrong with them."""

    items: list[Row] = field(default_factory=list)
    codes: list[Row] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)  # sheets without a heading: covers, remarks
    mistakes: list[str] = field(default_factory=list)


def read_lists(file: Path, *, skipped: tuple[str, ...] = ()) -> Lists:
    """Every list of a workbook; sheets named in `skipped` are left out.

    Raises InputRejectedError when the file is no workbook.
    """
    try:
        book = CalamineWorkbook.from_path(file)
    except (CalamineError, OSError) as error:
        raise InputRejectedError(f"{file.name} is no workbook that can be read ({type(error).__name__})") from None
    found = Lists()
    for name in book.sheet_names:
        if name in skipped:
            found.ignored.append(name)
            continue
        sheet = book.get_sheet_by_name(name)
        grid = _filled(sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges or [])
        _read_sheet(name, grid, found)
    return found


def plain(text: str) -> str:
    """A text for comparing (照合用): one width, no blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def _heading(text: str) -> str:
    return re.sub(r"[\W_]+", "", plain(text)).casefold()


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "1" if cell else ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return "".join(str(cell).splitlines()).strip()


def _filled(cells: list[list[Any]], merged: list[Any]) -> list[list[str]]:
    """The cells as text, a merged cell's in each of its places."""
    grid = [[_text(cell) for cell in row] for row in cells]
    for (top, left), (bottom, right) in merged:
        if top >= len(grid) or left >= len(grid[top]):
            continue
        for row in grid[top : bottom + 1]:
            row.extend([""] * (right + 1 - len(row)))
            row[left : right + 1] = [grid[top][left]] * (right + 1 - left)
    return grid


@dataclass(frozen=True)
class _Heading:
    last: int  # its last row
    known: dict[str, tuple[str, ...]]
    labels: list[tuple[str, str]]  # per column: as written, as compared


def _read_sheet(name: str, grid: list[list[str]], found: Lists) -> None:
    heading = next((made for at in range(min(_LOOKS_AT, len(grid))) if (made := _heading_at(grid, at))), None)
    if heading is None:
        found.ignored.append(name)
        return
    columns, headings = _columns(name, heading, grid, found)
    target = found.items if heading.known is _ITEM_LIST else found.codes
    for number, cells in enumerate(grid[heading.last + 1 :], start=heading.last + 2):
        row = Row(name, number, {each: cells[at] if at < len(cells) else "" for each, at in columns.items()}, headings)
        if any(row.cells.values()):
            target.append(row)


def _heading_at(grid: list[list[str]], at: int) -> _Heading | None:
    """The heading that begins in row `at`: of items or of codes, whichever knows more of it, in one line or two."""
    top = grid[at]
    best: tuple[int, _Heading] | None = None
    for known in (_ITEM_LIST, _CODE_LIST):
        words = {word for each in known.values() for word in each}
        if sum(_heading(cell) in words or _heading(cell) in _TOPS for cell in set(top)) < _ENOUGH:
            continue
        below = grid[at + 1] if at + 1 < len(grid) else []
        carried = _carried(top, below)
        has_two = _is_second_line(carried, below, words)
        labels = [
            _label(cell, below[place] if place < len(below) else "", words)
            for place, cell in enumerate(carried)
        ] if has_two else [(cell, _heading(cell)) for cell in top]  # fmt: skip
        count = sum(label in words for _, label in labels)
        if best is None or count > best[0]:
            best = (count, _Heading(at + has_two, known, labels))
    return best[1] if best else None


def _carried(top: list[str], below: list[str]) -> list[str]:
    """The upper line with a heading over several columns in each of them, where the cells were not merged."""
    carried: list[str] = []
    for place, cell in enumerate(top):
        under = below[place] if place < len(below) else ""
        carried.append(cell or (carried[-1] if under and carried else ""))
    return carried


def _is_second_line(top: list[str], below: list[str], words: set[str]) -> bool:
    """Whether the row below belongs to the heading: each of its cells is empty, the same as above, or a heading."""
    pairs = [(over, under) for over, under in zip(top, below, strict=False) if under and under != over]
    return bool(pairs) and all(_heading(over + under) in words or _heading(under) in words for over, under in pairs)


def _label(over: str, under: str, words: set[str]) -> tuple[str, str]:
    """A column's heading as written and as compared: both lines together where they mean something, else the lower."""
    if not under or under == over:
        return over, _heading(over)
    both = _heading(over + under)
    return f"{over} {under}".strip(), both if both in words or _heading(under) not in words else _heading(under)


def _columns(
    name: str, heading: _Heading, grid: list[list[str]], found: Lists
) -> tuple[dict[str, int], dict[str, str]]:
    """Where each field stands and what its heading is called; mistakes are told."""
    of_word = {word: each for each, words in heading.known.items() for word in words}
    columns: dict[str, int] = {}
    headings: dict[str, str] = {}
    where = f"シート「{name}」{heading.last + 1}行目"
    for at, (written, label) in enumerate(heading.labels):
        each = of_word.get(label)
        if each is None:
            is_used = any(at < len(row) and row[at] for row in grid[heading.last + 1 :])
            if written or is_used:
                found.mistakes.append(
                    f"{where}: {at + 1}列目の見出し「{written}」は知らない見出し: 列を消すか見出しを直す"
                )
        elif each in columns:
            found.mistakes.append(f"{where}: 見出し「{written}」と「{headings[each]}」が同じ項目を指す: 一つにする")
        else:
            columns[each], headings[each] = at, written
    found.mistakes += [f"{where}: 見出し「{words}」の列がない" for words in _missing(heading.known, columns)]
    return columns, headings


def _missing(known: dict[str, tuple[str, ...]], columns: dict[str, int]) -> Iterator[str]:
    yield from (words[0] for each, words in known.items() if each not in columns and each not in _OPTIONAL)
    if known is _ITEM_LIST and not {"required", "always"} & set(columns):
        yield "必須／条件付必須／任意"
