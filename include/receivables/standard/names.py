"""Our names for what an official list calls in Japanese (英名の対応): from an earlier edition, else from a file.

The file is a CSV with the heading group,item,code_table,name,type. A row names one thing: a group (group), an item
(item, of one group or, with an empty group, of all) or a code table (code_table). `type` says what a number is
(yen, year, int), where the official list only says 整数.
"""

import csv
from pathlib import Path

from receivables.errors import InputRejectedError
from receivables.standard import Edition
from receivables.standard.parts import Group, Item
from receivables.standard.workbook import plain

HEADER = ("group", "item", "code_table", "name", "type")


class Names:
    """Looks a name up in the file first, then in the edition that is followed; keeps what nobody knows."""

    def __init__(self, like: Edition | None, file: Path | None) -> None:
        self._rows = {} if file is None else _rows(file)
        self._groups = list(like.groups.values()) if like else []
        self._tables = set(like.code_tables) if like else set()
        self.missing: list[str] = []  # rows for the file, ready to be filled in

    def group(self, name: str, interface_id: str | None) -> str:
        """Our id of a group."""
        given = self._rows.get((plain(name), "", ""))
        known = self.earlier_group(name, interface_id)
        return given[0] if given else known.id if known else self._lacks(f"{name},,,,")

    def earlier_group(self, name: str, interface_id: str | None = None) -> Group | None:
        """The group of the earlier edition: of the same interface, else of the same name."""
        by_interface = [one for one in self._groups if interface_id and one.interface_id == interface_id]
        given = self._rows.get((plain(name), "", ""))
        by_name = [one for one in self._groups if plain(one.name) == plain(name) or (given and one.id == given[0])]
        return next(iter([*by_interface, *by_name]), None)

    def column(self, group: str, item: str, earlier: Item | None) -> str:
        """Our column of an item: from the file, the same group of the earlier edition, or any group where all agree."""
        given = self._given(group, item)
        if given or earlier:
            return given[0] if given else earlier.column if earlier else ""
        elsewhere = {one.column for each in self._groups for one in each.items if plain(one.name) == plain(item)}
        return elsewhere.pop() if len(elsewhere) == 1 else self._lacks(f"{group},{item},,,")

    def type(self, group: str, item: str) -> str:
        """The finer type the file gives an item; empty when it says nothing."""
        given = self._given(group, item)
        return given[1] if given else ""

    def table(self, code_id: str, earlier: Item | None) -> str:
        """Our name of a code table: from the file, from the earlier item, else the official id where it is plain."""
        given = self._rows.get(("", "", plain(code_id)))
        if given:
            return given[0]
        if earlier and earlier.code_table:
            return earlier.code_table
        own = plain(code_id).lower()
        return own if own.isascii() and own.isidentifier() else self._lacks(f",,{code_id},,")

    def _given(self, group: str, item: str) -> tuple[str, str] | None:
        return self._rows.get((plain(group), plain(item), "")) or self._rows.get(("", plain(item), ""))

    def _lacks(self, row: str) -> str:
        if row not in self.missing:
            self.missing.append(row)
        return ""


def _rows(file: Path) -> dict[tuple[str, str, str], tuple[str, str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            read = csv.DictReader(lines)
            heading, rows = tuple(read.fieldnames or ()), list(read)
    except (OSError, UnicodeDecodeError) as error:
        raise InputRejectedError(f"{file.name}: no CSV in UTF-8 that can be read ({type(error).__name__})") from None
    if heading != HEADER:
        raise InputRejectedError(f"{file.name}: the first line must be {','.join(HEADER)}")
    found: dict[tuple[str, str, str], tuple[str, str]] = {}
    for number, row in enumerate(rows, start=2):
        key = (plain(row["group"] or ""), plain(row["item"] or ""), plain(row["code_table"] or ""))
        if not any(key) or not row["name"] or (key[2] and any(key[:2])):
            raise InputRejectedError(f"{file.name}: row {number}: give a group, an item or a code_table, and a name")
        if key in found:
            raise InputRejectedError(f"{file.name}: row {number}: the same thing is named twice; keep one row")
        found[key] = (row["name"], row["type"] or "")
    return found
