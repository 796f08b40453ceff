"""What the cells of an official list mean (基本データリストの欄): marks, types, digits, codes."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from receivables.standard.parts import Charset, Code, Item
from receivables.standard.workbook import Lists, Row, plain

_YES, _NO = {"○", "〇", "◯", "◎", "●", "1", "Y", "y", "有"}, {"", "-", "－", "―", "×", "0", "N", "n", "無"}
_REQUIRED = {"必須": "always", "条件付必須": "conditional", "条件付き必須": "conditional", "任意": "no", "": None}
_TYPES = {"文字": "text", "文字列": "text", "整数": "int", "数値": "int", "小数": "decimal", "日付": "date",
          "時間": "time", "時刻": "time", "フラグ": "flag", "コード": "code"}  # fmt: skip
_FINER = {"int": ("int", "yen", "year"), "text": ("text", "year")}  # what an official type may be for us
_CHARSETS: dict[str, Charset | None] = {
    "": None, "全角": None, "半角": None, "全角半角": None, "混在": None,
    "半角数字": "digits", "数字": "digits", "半角英数字": "ascii", "半角英数": "ascii",
    "全角カナ": "kana", "全角カタカナ": "kana",
}  # fmt: skip
_WIDTH_ONLY: dict[str, Charset] = {"全角": "free", "半角": "ascii"}  # what a bare width makes likely: assumed
_DIGITS = re.compile(r"(\d+)(?:[.,](\d+))?")
_DAY = re.compile(r"(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})")


class MistakeError(Exception):
    """One cell that means nothing (欄の誤り), with its sheet, row and heading."""

    def __init__(self, row: Row, name: str | None, told: str) -> None:
        super().__init__(f"{row.where(name)}: {told}")


def group_rows(lists: Lists) -> Iterator[list[Row]]:
    """The rows of each group in the order of the list; rows that say no group or item are told as mistakes."""
    groups: dict[str, list[Row]] = {}
    for row in lists.items:
        empty = [name for name in ("group_id", "group_name", "item_name") if not row.cells[name]]
        if empty:
            lists.mistakes.append(f"{row.where(empty[0])}: 空のまま: 埋めるか、表の外の行なら消す")
            continue
        before = groups.setdefault(plain(row.cells["group_id"]), [])
        if before and plain(before[0].cells["group_name"]) != plain(row.cells["group_name"]):
            lists.mistakes.append(f"{row.where('group_name')}: {before[0].where()}と同じグループIDで名称が違う")
        twin = next((one for one in before if plain(one.cells["item_name"]) == plain(row.cells["item_name"])), None)
        if twin:
            lists.mistakes.append(f"{row.where('item_name')}: {twin.where()}と同じデータ項目が二度ある")
        else:
            before.append(row)
    yield from (rows for rows in groups.values() if rows)


def facts_of(row: Row, earlier: Item | None, finer: str) -> dict[str, Any]:
    """What a row says of its item, raising MistakeError; `finer` and `earlier` tell which numbers are yen."""
    kind, charset, assumed = _type(row, earlier, finer)
    length, scale = _digits(row)
    return {
        "no": _number(row), "type": kind, "length": length, "scale": scale, "key": _mark(row, "key"),
        "required": _required(row), "repeat": row.cells["repeat"] or None, "charset": charset, "assumed": assumed,
        "official_id": row.cells.get("item_id") or None, "description": row.cells.get("description") or None,
        "note": row.cells.get("note") or None, "revision": row.cells.get("revision") or None,
    }  # fmt: skip


def code_of(row: Row) -> Code:
    """What a row of the code list says, raising MistakeError."""
    empty = next((name for name in ("table", "code", "name") if not row.cells[name]), None)
    if empty:
        raise MistakeError(row, empty, "空のまま: 埋める")
    days = {name: _day(row, name) for name in ("valid_from", "valid_to")}
    return Code(code=plain(row.cells["code"]), name=row.cells["name"], evidence="official", **days)


def _number(row: Row) -> int:
    text = plain(row.cells["no"])
    if not text.isdigit() or int(text) < 1:
        raise MistakeError(row, "no", f"{text!r} は項番の数でない")
    return int(text)


def _mark(row: Row, name: str) -> bool:
    text = plain(row.cells[name])
    if text in _YES or (text.isdigit() and int(text) > 0):  # some lists number the parts of the key
        return True
    if text in _NO:
        return False
    raise MistakeError(row, name, f"{text!r} は○でも空でもない")


def _required(row: Row) -> str | None:
    """必須, 条件付必須 or 任意: in one column by word, or as a mark in one of three."""
    if "required" in row.cells or not {"conditional", "optional"} & set(row.cells):
        name = "required" if "required" in row.cells else "always"
        text = plain(row.cells[name])
        if text in _REQUIRED:
            return _REQUIRED[text]
        if name == "always":
            return "always" if _mark(row, name) else None
        raise MistakeError(row, name, f"{text!r} は必須・条件付必須・任意のどれでもない")
    found = [kind for name, kind in (("always", "always"), ("conditional", "conditional"), ("optional", "no"))
             if name in row.cells and _mark(row, name)]  # fmt: skip
    if len(found) > 1:
        raise MistakeError(row, "always", "必須・条件付必須・任意の二つ以上に印がある")
    return found[0] if found else None


def _type(row: Row, earlier: Item | None, finer: str) -> tuple[str, Charset | None, tuple[str, ...]]:
    """Our type, the set of characters, and whether the latter is assumed."""
    match = re.fullmatch(r"([^()]+)(?:\((.*)\))?", plain(row.cells["type"]))
    official = _TYPES.get(match[1]) if match else None
    inner = re.sub(r"[・/、,]", "", match[2] or "") if match else ""
    if match is None or official is None or (inner and (official != "text" or inner not in _CHARSETS)):
        raise MistakeError(row, "type", f"データ型 {row.cells['type']!r} は知らない型")
    may = _FINER.get(official, (official,))
    if finer and finer not in may:
        raise MistakeError(
            row, "type", f"--names の型 {finer} は {row.cells['type']} ではありえない（{'・'.join(may)}）"
        )
    kind = finer or (earlier.type if earlier and earlier.type in may else official)
    charset = _CHARSETS[inner]
    if charset:
        return kind, charset, ()
    if earlier and earlier.charset and earlier.type == kind:
        return kind, earlier.charset, ("charset",) if "charset" in earlier.assumed else ()
    likely = _WIDTH_ONLY.get(inner)
    return kind, likely, ("charset",) if likely else ()


def _digits(row: Row) -> tuple[int | None, int | None]:
    """整数部 and 小数部, in two columns or as 5.2 in one; None where the list says nothing."""
    text = plain(row.cells["length"])
    match = _DIGITS.fullmatch(text) if text not in _NO - {"0"} else None
    if match is None and text not in _NO - {"0"}:
        raise MistakeError(row, "length", f"{text!r} は桁数でない")
    behind = plain(row.cells.get("scale", ""))
    if behind not in _NO and not behind.isdigit():
        raise MistakeError(row, "scale", f"{behind!r} は桁数でない")
    inner = match[2] if match else None
    scale = int(behind) if behind.isdigit() else int(inner) if inner else None
    return int(match[1]) if match else None, scale


def _day(row: Row, name: str) -> date | None:
    text = plain(row.cells.get(name, ""))
    if text in _NO:
        return None
    match = _DAY.fullmatch(text)
    try:
        return date(*(int(part) for part in match.groups())) if match else _refuse(row, name, text)
    except ValueError:
        return _refuse(row, name, text)


def _refuse(row: Row, name: str, text: str) -> date:
    raise MistakeError(row, name, f"{text!r} は日付でない: YYYY-MM-DD で書く")
