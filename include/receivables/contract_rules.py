"""What a contract must hold beyond the shape of its keys, and how its errors are told (契約の検査).

Each rule raises ValueError("<key>: <what is wrong>; <what to do>"); the reader of contracts adds
the file, table and column.
"""

import codecs
import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from receivables import standard
from receivables.errors import InputRejectedError

if TYPE_CHECKING:
    from receivables.contracts import Column, Contract, Table

# reader: keys it needs, keys it may have besides; any other reader's key is a mistake
READER_KEYS = {
    "csv": ({"encoding"}, {"layout"}),
    "fixed_width": ({"encoding", "record_bytes", "records"}, set[str]()),
    "excel": ({"sheet", "header_row", "as_of_cell", "total_label"}, set[str]()),
    "postgres": ({"query_table"}, set[str]()),
}
READER_CONTROL = {"csv": "manifest", "fixed_width": "trailer", "excel": "total_row", "postgres": "query"}


def check_column(column: "Column") -> None:
    """A column's own keys agree with its type."""
    if column.type == "code" and not column.codes:
        raise ValueError("codes: missing for type code; list the allowed codes")
    if column.type != "code" and column.codes:
        raise ValueError(f"codes: only type code has codes, not {column.type}; remove them or change the type")
    if column.type == "digits" and column.length is None:
        raise ValueError("length: missing for type digits; give the number of digits")
    if column.era_overrun and column.type != "wareki":
        raise ValueError(f"era_overrun: only type wareki has eras, not {column.type}; remove it or change the type")
    if column.at and column.length and column.type == "digits" and column.length != column.at[1]:
        raise ValueError(f"length: {column.length} digits do not fill {column.at[1]} bytes; make them equal")


def check_table(table: "Table") -> None:
    """A table's keys agree with its reader and with its columns."""
    _check_reader_keys(table)
    _check_names(table)
    _check_key(table)
    _check_yen(table)
    _check_exclusions(table)
    if table.reader == "fixed_width":
        _check_bytes(table)
    else:
        _check_source_names(table)


def check_contract(contract: "Contract") -> None:
    """The tables of a contract belong to its source and differ from each other."""
    for table in contract.tables:
        if not table.name.startswith(f"{contract.source}__"):
            raise ValueError(f"tables: {table.name} must be called {contract.source}__<something>; rename it")
    _refuse_twice("tables", [table.name for table in contract.tables])


def _check_reader_keys(table: "Table") -> None:
    needed, allowed = READER_KEYS[table.reader]
    everything = {key for keys in READER_KEYS.values() for group in keys for key in group}
    for key in sorted(everything):
        has = getattr(table, key) is not None
        if key in needed and not has:
            raise ValueError(f"{key}: missing for reader {table.reader}; add it")
        if has and key not in needed | allowed:
            raise ValueError(f"{key}: reader {table.reader} does not use it; remove it")
    if table.control.kind != READER_CONTROL[table.reader]:
        raise ValueError(f"control: kind must be {READER_CONTROL[table.reader]} for reader {table.reader}; change it")
    if (table.control.kind == "manifest") != (table.control.file is not None):
        raise ValueError("control: file names the manifest, for kind manifest only; add or remove it")
    if table.reader != "postgres" and "{date}" not in table.file:
        raise ValueError("file: has no {date}; a file must carry its business date in its name")
    if table.encoding:
        _check_encoding(table.encoding)


def _check_encoding(encoding: str) -> None:
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise ValueError(f"encoding: {encoding!r} is unknown; write cp932, utf-8, euc_jp …") from None


def _check_names(table: "Table") -> None:
    _refuse_twice("columns", [column.name for column in table.columns])
    known = {column.name for column in table.columns}
    named = {"key": table.key, "yen": table.measures, "fiscal_year": (table.fiscal_year,) if table.fiscal_year else (),
             "exclude": tuple(rule.column for rule in table.exclude),
             "sum_of": tuple(name for total, parts in table.sum_of.items() for name in (total, *parts))}  # fmt: skip
    for key, names in named.items():
        for name in names:
            if name not in known:
                raise ValueError(f"{key}: names column {name!r}, which is not among columns; add it or correct {key}")


def _check_key(table: "Table") -> None:
    _refuse_twice("key", list(table.key))
    for name in table.key:
        column = table.column(name)
        if column.pii or not column.required:
            raise ValueError(f"key: column {name!r} must be required and not pii; choose another key")


def _check_yen(table: "Table") -> None:
    _refuse_twice("also_yen", list(table.measures))
    for name in (*table.measures, *table.sum_of, *(part for parts in table.sum_of.values() for part in parts)):
        if table.column(name).type != "yen":
            raise ValueError(f"yen: column {name!r} has type {table.column(name).type}; give it type yen")
    if table.also_yen and not table.yen:
        raise ValueError("also_yen: there is no yen column to be controlled; add yen")
    if table.fiscal_year and table.column(table.fiscal_year).type not in ("year", "date", "wareki"):
        raise ValueError(f"fiscal_year: column {table.fiscal_year!r} is no year or date; choose another")


def _check_exclusions(table: "Table") -> None:
    for rule in table.exclude:
        column = table.column(rule.column)
        if column.type == "code" and rule.equals not in column.codes:
            raise ValueError(f"exclude: {rule.equals!r} is none of the codes of {rule.column!r}; add or correct it")


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
    _refuse_twice("records", [records.header.mark, records.data.mark, records.trailer.mark])


def _control_places(records: Any) -> list[tuple[str, tuple[int, int]]]:
    return [("header.system", records.header.system), ("header.date", records.header.date),
            ("trailer.rows", records.trailer.rows), ("trailer.yen", records.trailer.yen)]  # fmt: skip


def _check_source_names(table: "Table") -> None:
    for column in table.columns:
        if column.at is not None:
            raise ValueError(f"at: only fixed_width has byte places; remove it from column {column.name!r}")
        if not column.from_:
            raise ValueError(f"from: missing for column {column.name!r}; give the source's own column name")
    _refuse_twice("from", [str(column.from_) for column in table.columns])
    if table.layout:
        try:
            items = standard.edition().group(table.layout).names
        except InputRejectedError as error:
            raise ValueError(f"layout: {error}") from None
        for column in table.columns:
            if column.from_ not in items:
                raise ValueError(f"from: group {table.layout} has no item {column.from_!r}; correct it")


def _refuse_twice(key: str, names: list[str]) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ValueError(f"{key}: {twice[0]!r} is there twice; remove one")


def explanation(error: ValidationError, found: dict[str, Any], where: str) -> str:
    """Every fault of a contract: file, place, key and what to do, one per line."""
    return "\n".join(f"{where}: {_place(fault['loc'], found)}{_fault(fault)}" for fault in error.errors())


def _place(loc: tuple[int | str, ...], found: Any) -> str:
    """Table and column names instead of pydantic's numbers; the last key is part of the fault."""
    words: list[str] = []
    here = found
    for step in loc:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(step, int) and isinstance(here, dict) and "name" in here:
            words.append(f"{'table' if not words else 'column'} {here['name']}: ")
    return "".join(words)


def _fault(fault: Any) -> str:
    key = next((str(step) for step in reversed(fault["loc"]) if isinstance(step, str)), "contract")
    if fault["type"] == "missing":
        return f"key {key} is missing; add it under config.meta"
    if fault["type"] == "extra_forbidden":
        return f"key {key} is unknown; correct its spelling or remove it"
    message = re.sub(r"^Value error, ", "", fault["msg"])
    return f"key {message}" if fault["type"] == "value_error" else f"key {key}: {message}; correct it"
