"""What a contract promises of every row (検査項目), and how many rows of a delivery break each promise.

All rules are counted in one parallel scan of the table; a key's uniqueness is the index that PostgreSQL built
on it. Great Expectations then judges the counts: its own scans cost twice as much (ADR 21).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from psycopg import sql

from receivables import db
from receivables.contracts import Column, Contract, Table
from receivables.ingest import tables


class Meaning(NamedTuple):
    """What a rule says to its section, how much hangs on it, whose it is and where it is written."""

    wording: str
    severity: str  # stop, hold_sending or warn
    owner: str
    reference: str


class Rule(NamedTuple):
    """One promise: Great Expectations' name of its kind, its column (None: several), when a row breaks it."""

    kind: str
    column: str | None
    broken: sql.Composable | None  # None: no two rows may have the same key
    meaning: Meaning


def rules(contract: Contract, table: Table) -> list[Rule]:
    """The promises of one table of a contract, the key's first."""
    own = Meaning("", "stop", contract.department, f"連携契約 {contract.source}/_{contract.source}.yml")
    keys = "・".join(table.column(name).description for name in table.key)
    kind, column = ("expect_compound_columns_to_be_unique", None) if len(table.key) > 1 else (
        "expect_column_values_to_be_unique", table.key[0])  # fmt: skip
    found = [Rule(kind, column, None, own._replace(wording=f"{keys}が重複しない"))]
    for each in table.columns:
        found += [Rule(kind, each.name, broken, own._replace(wording=wording))
                  for kind, broken, wording in _of_column(each)]  # fmt: skip
    for promise in table.promises:
        broken = sql.SQL("{} > {}").format(sql.Identifier(promise.low), sql.Identifier(promise.high))
        meaning = Meaning(promise.wording, promise.severity, contract.department, promise.reference)
        found.append(Rule("expect_column_pair_values_a_to_be_greater_than_b", None, broken, meaning))
    return found


def broken_rows(connection: db.Connection, found: Sequence[Rule], relation: sql.Composable) -> list[int]:
    """How many rows of `relation` break each rule but the key's (0), in one scan."""
    conditions = [rule.broken for rule in found if rule.broken is not None]
    counts = sql.SQL(", ").join(sql.SQL("count(*) filter (where {})").format(broken) for broken in conditions)
    row = connection.execute(sql.SQL("select {} from {}").format(counts or sql.SQL("0"), relation)).fetchone()
    counted = iter(int(str(value)) for value in row or ())
    return [0 if rule.broken is None else next(counted) for rule in found]


def repeats_keys(connection: db.Connection, batch_id: str) -> int:
    """0 when PostgreSQL holds the keys of the held rows apart by a unique index, else 1."""
    unique = connection.execute(
        "select count(*)::int from pg_index where indrelid = %s::regclass and indisunique and indisvalid",
        [tables.held(batch_id).as_string()],
    ).fetchone()
    return 0 if unique and unique[0] else 1


def _of_column(column: Column) -> Iterator[tuple[str, sql.Composable, str]]:
    name, named = sql.Identifier(column.name), column.description
    if column.required:
        yield "expect_column_values_to_not_be_null", sql.SQL("{} is null").format(name), f"{named}が空でない"
    if column.type == "yen":
        yield "expect_column_values_to_be_between", sql.SQL("{} < 0").format(name), f"{named}が負でない"
    if column.codes:
        codes = sql.SQL(", ").join(sql.Literal(code) for code in column.codes)
        broken = sql.SQL("{} not in ({})").format(name, codes)
        yield "expect_column_values_to_be_in_set", broken, f"{named}が取り決めたコードである"
    if column.type == "digits" and column.length:
        broken = sql.SQL("{} !~ {}").format(name, sql.Literal(f"^[0-9]{{{column.length}}}$"))
        yield "expect_column_values_to_match_regex", broken, f"{named}が{column.length}桁の数字である"
