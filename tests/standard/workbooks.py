"""Workbooks as an office would publish them, written cell by cell: several shapes of the same list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter

from receivables.standard import Code, Group, Item

NAME = "036_統合収滞納_基本データリスト【第2.1版】_20260929.xlsx"
TYPES = {"int": "整数", "yen": "整数", "year": "整数", "decimal": "小数", "date": "日付", "time": "時間",
         "flag": "フラグ", "code": "コード"}  # fmt: skip
TEXTS = {
    "digits": "文字（半角数字）",
    "ascii": "文字（半角英数字）",
    "kana": "文字（全角カナ）",
    "free": "文字（全角）",
}
REQUIRED = {"always": "必須", "conditional": "条件付必須", "no": "任意", None: ""}
ONE_LINE = [
    "項番", "グループID", "グループ名称", "データ項目ID", "データ項目名称", "データ項目の説明", "主キー",
    "必須／条件付必須／任意", "繰返し", "データ型", "桁数（整数部）", "桁数（小数部）", "コード参照", "備考",
    "改定種別",
]  # fmt: skip
TWO_LINES = [
    ("項番", ""), ("グループ", "ID"), ("グループ", "名称"), ("データ項目", "ID"), ("データ項目", "名称"),
    ("データ項目", "説明"), ("主キー", ""), ("必須区分", ""), ("繰返し", ""), ("データ型", ""),
    ("桁数", "整数部"), ("桁数", "小数部"), ("コード参照", "コードID"), ("備考", ""), ("改定種別", ""),
]  # fmt: skip
CODE_LINE = ["コードID", "コード名称", "コード", "内容", "有効開始日", "有効終了日", "備考"]


def cells_of(group: Group, item: Item) -> list[Any]:
    """An item as the list tells it, in the order of ONE_LINE."""
    kind = TEXTS.get(item.charset or "", "文字") if item.type == "text" else TYPES[item.type]
    return [
        item.no, group.official_id or "", group.name, item.official_id or "", item.name, item.description or "",
        "○" if item.key else "", REQUIRED[item.required], item.repeat or "", kind, item.length or "",
        "" if item.scale is None else item.scale, item.code_table or "", item.note or "", item.revision or "",
    ]  # fmt: skip


@dataclass
class Shape:
    """How a workbook is laid out: the same content in another dress."""

    first_row: int = 0
    first_column: int = 0
    is_two_lines: bool = False
    is_merged: bool = False
    order: Sequence[int] = tuple(range(len(ONE_LINE)))
    headings: dict[str, str] = field(default_factory=dict)  # another spelling of a heading
    sheets: int = 1
    has_cover: bool = False


def workbook(file: Path, rows: Iterable[list[Any]], codes: dict[str, Iterable[Code]], shape: Shape) -> Path:
    """Write the rows of items and the codes as `shape` says."""
    listed = list(rows)
    with xlsxwriter.Workbook(file, {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        if shape.has_cover:
            book.add_worksheet("表紙").write(3, 1, "基本データリスト")
        size = -(-len(listed) // max(shape.sheets, 1)) or 1
        for at in range(shape.sheets):
            sheet = book.add_worksheet(f"一覧{at + 1}")
            first = _heading(sheet, shape)
            for number, cells in enumerate(listed[at * size : (at + 1) * size], start=first):
                for place, index in enumerate(shape.order):
                    sheet.write(number, shape.first_column + place, cells[index])
        if codes:
            _codes(book.add_worksheet("コード一覧"), codes)
    return file


def _heading(sheet: Any, shape: Shape) -> int:
    """Write the heading; the row where items begin."""
    row, left = shape.first_row, shape.first_column
    if row:
        sheet.write(0, 0, "基本データリスト（案）")
    if not shape.is_two_lines:
        for place, index in enumerate(shape.order):
            sheet.write(row, left + place, shape.headings.get(ONE_LINE[index], ONE_LINE[index]))
        return row + 1
    for top, listed in groupby(enumerate(TWO_LINES[index] for index in shape.order), key=lambda one: one[1][0]):
        pairs = list(listed)
        first, last = left + pairs[0][0], left + pairs[-1][0]
        for at, (_, under) in pairs:
            sheet.write(row + 1, left + at, under)
        if not shape.is_merged or (first == last and pairs[0][1][1]):
            sheet.write(row, first, top)
        else:
            sheet.merge_range(row, first, row + (not pairs[0][1][1]), last, top)
    return row + 2


def _codes(sheet: Any, codes: dict[str, Iterable[Code]]) -> None:
    for place, name in enumerate(CODE_LINE):
        sheet.write(1, place, name)
    row = 2
    for table, listed in codes.items():
        for code in listed:
            days = [day.isoformat() if day else "" for day in (code.valid_from, code.valid_to)]
            for place, cell in enumerate([table, "", code.code, code.name, *days, ""]):
                sheet.write_string(row, place, cell)
            row += 1
