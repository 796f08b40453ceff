"""Official workbooks become an edition (取込): every mistake is told with sheet, row and heading, or all is written.

Taken from the list are names, types, digits, keys, codes and remarks. What the list does not say (a column's
English name, which whole numbers are yen, what may be negative) comes from an earlier edition or a file of names.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from receivables import standard
from receivables.errors import InputRejectedError
from receivables.standard import Edition, folder
from receivables.standard.cells import MistakeError, code_of, facts_of, group_rows
from receivables.standard.names import Names
from receivables.standard.parts import Code, Group, Item, Meta
from receivables.standard.workbook import Lists, Row, plain, read_lists

_FILE_NAME = re.compile(r"(\d{3})_(.+)_基本データリスト【第(\d+(?:\.\d+)*)版】_(\d{8})\.xlsx")
_MOST_TOLD = 40
_FROM_EARLIER = ("unit", "null_policy", "is_signed")


@dataclass(frozen=True)
class Order:
    """What the person who brings an edition in decides (取込の指定)."""

    edition: str
    like: Edition | None = None
    names: Path | None = None
    interfaces: dict[str, str] | None = None  # a group's Japanese name or our id -> 機能別連携ID
    first_year: int | None = None  # 適用年度
    last_year: int | None = None
    skipped: tuple[str, ...] = ()  # sheets that are no list


def import_workbooks(files: Sequence[Path], order: Order, *, into: Path | None = None) -> dict[str, Any]:
    """Make the edition `order.edition` out of official workbooks; says what it holds and what was no list.

    Raises InputRejectedError with every mistake, or with the rows that the file of names lacks; then nothing is
    written.
    """
    if not re.fullmatch(r"[0-9a-z][0-9a-z.\-]*", order.edition):
        raise InputRejectedError(f"--edition {order.edition!r}: only small letters, digits, . and -")
    place = (into or standard.EDITIONS) / order.edition
    if place.exists():
        raise InputRejectedError(
            f"edition {order.edition} is there already and is never edited; choose another --edition"
        )
    lists = _read(files, order)
    _refuse_mistakes(lists)  # without its columns no row can be read
    names = Names(order.like, order.names)
    codes, table_of = _codes(lists, names)
    groups = _groups(lists, order, names, set(table_of))
    _refuse_mistakes(lists)
    if names.missing:
        raise InputRejectedError(
            "何も書いていない: 英名がない。--names のCSV（group,item,code_table,name,type）に足して name を埋める行:\n"
            + "\n".join(names.missing)
        )
    folder.write_edition(place, _meta(files, order), groups, codes)
    return {"edition": order.edition, "groups": len(groups), "items": sum(len(each.items) for each in groups),
            "code_tables": len(codes), "ignored_sheets": lists.ignored,
            "sha256": folder.sha256_of(place)}  # fmt: skip


def _refuse_mistakes(lists: Lists) -> None:
    if lists.mistakes:
        more = f"; ほか{len(lists.mistakes) - _MOST_TOLD}件" if len(lists.mistakes) > _MOST_TOLD else ""
        raise InputRejectedError("何も書いていない: " + "; ".join(lists.mistakes[:_MOST_TOLD]) + more)


def _read(files: Sequence[Path], order: Order) -> Lists:
    found = Lists()
    for file in files:
        one = read_lists(file, skipped=order.skipped)
        if one.items and not _FILE_NAME.fullmatch(_name(file)):
            one.mistakes.append(
                f"{file.name}: ファイル名が「業務ID3桁_業務名_基本データリスト【第x.y版】_YYYYMMDD.xlsx」でない:"
                " 公表時の名前に戻す"
            )
        for mine, its in ((found.items, one.items), (found.codes, one.codes),
                          (found.ignored, one.ignored), (found.mistakes, one.mistakes)):  # fmt: skip
            mine.extend(its)  # type: ignore[arg-type]
    if not found.items and not found.mistakes:
        found.mistakes.append("項目の一覧（項番・グループ・データ項目の見出しがあるシート）が一つもない")
    return found


def _name(file: Path) -> str:
    """The file's name in composed characters: some systems take them apart."""
    return unicodedata.normalize("NFC", file.name)


def _meta(files: Sequence[Path], order: Order) -> Meta:
    named = [match for file in files if (match := _FILE_NAME.fullmatch(_name(file)))]
    versions = " / ".join(dict.fromkeys(f"第{each[3]}版" for each in named))
    years = {"from": order.first_year, "to": order.last_year}
    sources = [{"title": _name(file), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()} for file in files]
    return Meta.model_validate({
        "edition": order.edition, "version": versions, "status": "draft",
        "basis": "、".join(f"{each[2]} 基本データリスト【第{each[3]}版】{each[4]}" for each in named),
        "sources": sources, "effective_fiscal_years": years,
        "file_profile_default": order.like.file_profile if order.like else {},
    })  # fmt: skip


def _codes(lists: Lists, names: Names) -> tuple[dict[str, list[Code]], dict[str, str]]:
    """Code tables by our name, and our name of each official code id that is there."""
    earlier = _earlier_tables(lists, names)
    found: dict[str, list[Code]] = {}
    table_of: dict[str, str] = {}
    for row in lists.codes:
        try:
            code_id = plain(row.cells["table"])
            table = table_of.setdefault(code_id, names.table(code_id, earlier.get(code_id)))
            code = code_of(row)
            if any((code.code, code.valid_from) == (one.code, one.valid_from) for one in found.get(table, ())):
                raise MistakeError(row, "code", f"コード {code.code!r} が同じ開始日で二度ある")
            found.setdefault(table, []).append(code)
        except MistakeError as mistake:
            lists.mistakes.append(str(mistake))
    return found, table_of


def _earlier_tables(lists: Lists, names: Names) -> dict[str, Item]:
    """The earlier edition's item for each code id that an item refers to: it knows the table's name."""
    found: dict[str, Item] = {}
    for row in lists.items:
        code_id, group = plain(row.cells["code"]), names.earlier_group(row.cells["group_name"])
        item = _earlier_item(group, row.cells["item_name"])
        if code_id and item and item.code_table:
            found.setdefault(code_id, item)
    return found


def _groups(lists: Lists, order: Order, names: Names, code_ids: set[str]) -> list[Group]:
    groups = []
    for rows in group_rows(lists):
        official, name = rows[0].cells["group_id"], rows[0].cells["group_name"]
        interface = _interface(name, order, names)
        earlier = names.earlier_group(name, interface)
        items = [item for row in rows if (item := _item(row, earlier, names, lists, code_ids))]
        group_id = names.group(name, interface)
        if not group_id or len(items) < len(rows):
            continue  # told already
        try:
            groups.append(Group(
                id=group_id, interface_id=interface or (earlier.interface_id if earlier else None), name=name,
                evidence="official", order_observed=True, note=None,
                load_order=earlier.load_order if earlier else None, items=tuple(items), official_id=official or None,
            ))  # fmt: skip
        except ValueError as error:
            lists.mistakes.append(f"シート「{rows[0].sheet}」グループ「{name}」: {_first_line(error)}")
    _refuse_one_id_for_two(groups, lists)
    return groups


def _interface(name: str, order: Order, names: Names) -> str | None:
    given = order.interfaces or {}
    known = names.earlier_group(name)
    return given.get(name) or (given.get(known.id) if known else None)


def _refuse_one_id_for_two(groups: list[Group], lists: Lists) -> None:
    seen: dict[str, str] = {}
    for group in groups:
        if group.id in seen:
            lists.mistakes.append(
                f"グループ「{seen[group.id]}」と「{group.name}」の英名が同じ {group.id}: --names で分ける"
            )
        seen[group.id] = group.name


def _item(row: Row, group: Group | None, names: Names, lists: Lists, code_ids: set[str]) -> Item | None:
    """One item, or None when its row is wrong or nobody knows its English name (both are kept)."""
    name, group_name = row.cells["item_name"], row.cells["group_name"]
    earlier = _earlier_item(group, name)
    try:
        facts = facts_of(row, earlier, names.type(group_name, name))
        code_id = plain(row.cells["code"])
        if code_id and code_id not in code_ids:
            raise MistakeError(row, "code", f"コードID {code_id!r} がコード一覧にない: コード一覧のブックも並べて渡す")
        if code_id:
            facts["code_table"] = names.table(code_id, earlier)
    except MistakeError as mistake:
        lists.mistakes.append(str(mistake))
        return None
    column = names.column(group_name, name, earlier)
    if not column:
        return None
    kept = {each: getattr(earlier, each) for each in _FROM_EARLIER} if earlier else {}
    kept["assumed"] = tuple(each for each in _assumed(earlier) if each in kept) + facts.pop("assumed")
    try:
        return Item.model_validate({"column": column, "name": name, **facts, **kept})
    except ValueError as error:
        lists.mistakes.append(f"{row.where('item_name')}: {_first_line(error)}")
        return None


def _assumed(earlier: Item | None) -> tuple[str, ...]:
    return earlier.assumed if earlier else ()


def _earlier_item(group: Group | None, name: str) -> Item | None:
    return next((one for one in group.items if plain(one.name) == plain(name)), None) if group else None


def _first_line(error: ValueError) -> str:
    """What pydantic found wrong, without its address."""
    errors = getattr(error, "errors", None)
    found = errors(include_url=False, include_input=False) if errors else [{"loc": (), "msg": str(error)}]
    return "; ".join(f"{'.'.join(map(str, one['loc']))} {one['msg']}".strip() for one in found)
