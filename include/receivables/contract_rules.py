"""What a contract must hold beyond the shape of its keys, and how its errors are told (契約の検査).

Each rule raises ValueError("<key>: <what is wrong>; <what to do>"); the reader of contracts adds
the file, table and column.
"""

import codecs
import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from receivables.contract_places import check_places, refuse_twice

if TYPE_CHECKING:
    from receivables.contracts import Column, Contract, Table

# reader: keys it needs, keys it may have besides; any other reader's key is a mistake
READER_KEYS = {
    "csv": ({"encoding"}, {"layout", "header"}),
    "fixed_width": ({"encoding", "record_bytes", "records"}, set[str]()),
    "excel": ({"sheet", "header_row", "as_of_cell", "total_label"}, {"subtotal_label", "helper_columns"}),
    "postgres": ({"query_table"}, {"export"}),
    "mariadb": ({"query_table"}, {"export"}),
    "zengin": ({"encoding"}, set[str]()),
}
READER_CONTROL = {"csv": "manifest", "fixed_width": "trailer", "excel": "total_row", "postgres": "query",
                  "mariadb": "query", "zengin": "trailer"}  # fmt: skip

# key of a column: the type it belongs to, and its value when it is not written
_ONLY_FOR = {
    "unit": ("yen", 1),
    "grouped": ("yen", False),
    "serials": ("wareki", False),
    "era_overrun": ("wareki", False),
    "codes": ("code", ()),
}


def check_column(column: "Column") -> None:
    """A column's own keys agree with its type."""
    if column.type == "code" and not column.codes:
        raise ValueError("codes: missing for type code; list the allowed codes")
    if column.type == "digits" and column.length is None:
        raise ValueError("length: missing for type digits; give the number of digits")
    if (column.unit == 1000) != ("千円" in (column.from_ or "")):
        raise ValueError("unit: a column in 千円 has unit 1000 and says so in its name, no other; correct unit or from")
    for key, (wanted, standard) in _ONLY_FOR.items():
        if getattr(column, key) != standard and column.type != wanted:
            raise ValueError(f"{key}: only type {wanted} has it, not {column.type}; remove it or change the type")
    if column.at and column.length and column.type == "digits" and column.length != column.at[1]:
        raise ValueError(f"length: {column.length} digits do not fill {column.at[1]} bytes; make them equal")


def check_table(table: "Table") -> None:
    """A table's keys agree with its reader and with its columns."""
    _check_reader_keys(table)
    _check_names(table)
    _check_key(table)
    _check_yen(table)
    _check_exclusions(table)
    _check_promises(table)
    _check_legal_basis(table)
    check_places(table)
    if table.as_export:
        check_table(table.as_export)


def check_contract(contract: "Contract") -> None:
    """The tables of a contract belong to its source and differ from each other."""
    for table in contract.tables:
        if not table.name.startswith(f"{contract.source}__"):
            raise ValueError(f"tables: {table.name} must be called {contract.source}__<something>; rename it")
    refuse_twice("tables", [table.name for table in contract.tables])


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
    if READER_CONTROL[table.reader] != "query" and "{date}" not in table.file:
        raise ValueError("file: has no {date}; a file must carry its business date in its name")
    if table.encoding:
        _check_encoding(table.encoding)


def _check_encoding(encoding: str) -> None:
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise ValueError(f"encoding: {encoding!r} is unknown; write cp932, utf-8, euc_jp, jef …") from None


def _check_names(table: "Table") -> None:
    refuse_twice("columns", [column.name for column in table.columns])
    known = {column.name for column in table.columns}
    named = {"key": table.key, "yen": table.measures, "fiscal_year": (table.fiscal_year,) if table.fiscal_year else (),
             "legal_basis": _basis_columns(table),
             "promises": tuple(name for each in table.promises for name in (each.low, each.high)),
             "exclude": tuple(rule.column for rule in table.exclude),
             "sum_of": tuple(name for total, parts in table.sum_of.items() for name in (total, *parts))}  # fmt: skip
    for key, names in named.items():
        for name in names:
            if name not in known:
                raise ValueError(f"{key}: names column {name!r}, which is not among columns; add it or correct {key}")


def _check_key(table: "Table") -> None:
    refuse_twice("key", list(table.key))
    for name in table.key:
        column = table.column(name)
        if column.pii or not column.required:
            raise ValueError(f"key: column {name!r} must be required and not pii; choose another key")


def _check_yen(table: "Table") -> None:
    refuse_twice("also_yen", list(table.measures))
    for name in (*table.measures, *table.sum_of, *(part for parts in table.sum_of.values() for part in parts)):
        if table.column(name).type != "yen":
            raise ValueError(f"yen: column {name!r} has type {table.column(name).type}; give it type yen")
    if table.yen and table.column(table.yen).unit != 1:
        raise ValueError(f"yen: column {table.yen!r} is in 千円, too coarse for a control total; choose one in 円")
    if table.also_yen and not table.yen:
        raise ValueError("also_yen: there is no yen column to be controlled; add yen")
    if table.fiscal_year and table.column(table.fiscal_year).type not in ("year", "date", "wareki"):
        raise ValueError(f"fiscal_year: column {table.fiscal_year!r} is no year or date; choose another")


def _check_promises(table: "Table") -> None:
    for each in table.promises:
        types = {table.column(name).postgres_type for name in (each.low, each.high)}
        if len(types) > 1 or types - {"date", "bigint", "integer"}:
            raise ValueError(
                f"promises: {each.low!r} and {each.high!r} cannot be compared; name two dates or two amounts"
            )


def _basis_columns(table: "Table") -> tuple[str, ...]:
    basis = table.legal_basis
    return (basis.claim_type.column, basis.ground.column, *basis.period) if basis else ()


def _check_legal_basis(table: "Table") -> None:
    if (basis := table.legal_basis) is None:
        return
    for coded in (basis.claim_type, basis.ground):
        if sorted(coded.codes) != sorted(table.column(coded.column).codes):
            raise ValueError(f"legal_basis: its codes are not those of column {coded.column!r}; make them equal")
    for name in basis.period:
        if table.column(name).postgres_type != "date" or not table.column(name).required:
            raise ValueError(f"legal_basis: column {name!r} must be a required date; change its type or choose another")


def _check_exclusions(table: "Table") -> None:
    for rule in table.exclude:
        column = table.column(rule.column)
        if column.type == "code" and rule.equals not in column.codes:
            raise ValueError(f"exclude: {rule.equals!r} is none of the codes of {rule.column!r}; add or correct it")


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
