"""Where a contract's columns stand in the source (項目の位置): bytes of a record, names in a header, items of 全銀."""

import codecs
from collections import Counter
from collections.abc import Collection
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from receivables import standard
from receivables.charsets import is_host
from receivables.errors import InputRejectedError
from receivables.standard import zengin

if TYPE_CHECKING:
    from receivables.contracts import Table


def check_places(table: "Table") -> None:
    """Every column says where its reader finds it, and no two say the same."""
    if table.reader == "fixed_width":
        _check_bytes(table)
    else:
        _check_source_names(table)
    if table.reader == "zengin":
        _check_zengin(table)
    _check_storage(table)


def _check_bytes(table: "Table") -> None:
    assert table.record_bytes is not None
    assert table.records is not None
    places: list[tuple[int, int, str]] = []
    for column in table.columns:
        if column.at is None:
            raise ValueError(f"at: missing for column {column.name!r}; give first byte and length")
        places.append((column.at[0], sum(column.at) - 1, column.name))
    places.sort()
    for (_, end, name), (start, _, following) in pairwise(places):
        if start <= end:
            raise ValueError(f"at: columns {name!r} and {following!r} share byte {start}; correct one of them")
    records = table.records
    ends = [("columns", places[-1][1]), *((key, sum(at) - 1) for key, at in _control_places(records))]
    for key, end in ends:
        if end > table.record_bytes:
            raise ValueError(f"record_bytes: {key} end at byte {end}, beyond {table.record_bytes}; correct either")
    refuse_twice("records", [records.header.mark, records.data.mark, records.trailer.mark])


def _control_places(records: Any) -> list[tuple[str, tuple[int, int]]]:
    return [("header.system", records.header.system), ("header.date", records.header.date),
            ("trailer.rows", records.trailer.rows), ("trailer.yen", records.trailer.yen)]  # fmt: skip


def _check_source_names(table: "Table") -> None:
    for column in table.columns:
        if column.at is not None:
            raise ValueError(f"at: only fixed_width has byte places; remove it from column {column.name!r}")
        if not column.from_:
            raise ValueError(f"from: missing for column {column.name!r}; give the source's own column name")
    refuse_twice("from", [str(column.from_) for column in table.columns])
    if table.header is not None:
        refuse_twice("header", list(table.header))
        _check_items(table, table.header, "the header")
    if table.layout:
        try:
            items = standard.edition().group(table.layout).names
        except InputRejectedError as error:
            raise ValueError(f"layout: {error}") from None
        _check_items(table, items, f"group {table.layout}")


def _check_items(table: "Table", items: Collection[str], where: str) -> None:
    for column in table.columns:
        if column.from_ not in items:
            raise ValueError(f"from: {where} has no item {column.from_!r}; correct it")


def _check_storage(table: "Table") -> None:
    """Only a host keeps fields that are no plain text, and only of the types that can be read from them."""
    is_of_host = table.reader == "fixed_width" and is_host(table.encoding)
    if is_host(table.encoding) and table.reader != "fixed_width":
        raise ValueError(f"encoding: {table.encoding} is of a host; only reader fixed_width reads it")
    if table.records and table.records.trailer.storage and not is_of_host:
        raise ValueError("storage: the trailer is plain text in this encoding; remove it or write encoding jef")
    for column in table.columns:
        types = ("text",) if column.storage == "kanji" else ("yen", "int")
        if column.storage and not is_of_host:
            raise ValueError(f"storage: only host files in encoding jef have it; remove it from column {column.name!r}")
        if column.storage and column.type not in types:
            raise ValueError(f"storage: {column.storage} holds {' or '.join(types)}, column {column.name!r} has not")


def _check_zengin(table: "Table") -> None:
    if codecs.lookup(str(table.encoding)).name != "cp932":
        raise ValueError(f"encoding: reader zengin reads JIS in cp932, not {table.encoding}; write cp932")
    for column in table.columns:
        if column.from_ not in zengin.names():
            raise ValueError(
                f"from: the 全銀 record has no item {column.from_!r}; choose of {'、'.join(zengin.names())}"
            )
    named = {str(column.from_): column for column in table.columns}
    for item in (zengin.AMOUNT, zengin.RESULT, *zengin.BY_RESULT):
        if item not in named:
            raise ValueError(f"columns: {item} is missing, by which the trailer is compared; add a column from it")
    parts = [named[item].name for item in zengin.BY_RESULT]
    if table.yen != named[zengin.AMOUNT].name or list(table.also_yen) != parts:
        raise ValueError(f"also_yen: the totals are yen from {zengin.AMOUNT} and also_yen {parts}; write them so")


def refuse_twice(key: str, names: list[str]) -> None:
    """No name may be there twice."""
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ValueError(f"{key}: {twice[0]!r} is there twice; remove one")
