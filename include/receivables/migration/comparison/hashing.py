"""Seeded hashes of typed rows (行ハッシュ), in the server and in its parallel workers.

Not `hash_record_extended`: it is 31 times one column's hash plus the next, so its sum over rows does not see two rows
that exchange a value, and its bigint hash folds 64 bits to 32, so 1 and 4,294,967,296 are one to it. Here every column
has seeds of its own, columns are joined by exclusive or, all of a bigint counts, NULL has a value of its own,
and a last step that is not linear stands between row and sum. It is also cheaper: no record is formed.
"""

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from psycopg import sql

from receivables.migration.comparison.shape import Column, Columns

LANES = 2  # of 64 bits each
_FORMS = {
    "text": "hashtextextended({x}, {p})",
    "numeric": 'hashtextextended({x}::text collate "C", {p})',
    "bigint": "hashint4extended({q}, {x} # {p})",  # as the seed all 64 bits count
    "integer": "hashint4extended({x}, {p})",
    "smallint": "hashint2extended({x}, {p})",
    "date": "hashint4extended(case when isfinite({x}) then {x} - date '2000-01-01'"
    " when {x} > date '2000-01-01' then 2147483647 else -2147483648 end, {p})",
}


def new_seed() -> int:
    """A seed nobody can foresee (実行ごとの種): drawn for each run, and printed with its result."""
    return secrets.randbits(62)


@dataclass(frozen=True, slots=True)
class Hashes:
    """The SQL of one seed: two lanes of a row's hash, and the hash of its key that sorts rows into leaves."""

    lanes: tuple[sql.Composed, ...]
    key: sql.Composed

    def leaf(self, bits: int) -> sql.Composed:
        """The leaf of a row: the last `bits` bits of its key's hash."""
        return sql.SQL("(({}) & {})::int").format(self.key, sql.Literal((1 << bits) - 1))


def hashes(columns: Columns, seed: int, value: Callable[[Column], sql.Composable] = lambda one: one.value) -> Hashes:
    """The hashes of a side's rows; with `value`, of the same rows where they stand under other names."""
    draw = random.Random(seed)
    lanes = tuple(_mixed(_joined([_hash(one, draw, value(one)) for one in columns.all]), draw) for _ in range(LANES))
    return Hashes(lanes, _joined([_hash(one, draw, value(one)) for one in columns.key]))


def _hash(column: Column, draw: random.Random, value: sql.Composable) -> sql.Composed:
    p, absent, q = (sql.Literal(draw.getrandbits(bits)) for bits in (62, 62, 31))
    form = sql.SQL(_FORMS[column.kind]).format(x=value, p=p, q=q)
    return sql.SQL("coalesce({}, {})").format(form, absent)


def _joined(parts: list[sql.Composed]) -> sql.Composed:
    return sql.SQL(" # ").join(parts)


def _mixed(row: sql.Composed, draw: random.Random) -> sql.Composed:
    """The last step, not linear, with all 64 bits as its seed: an exchange between two rows changes the sum."""
    return sql.SQL("hashint4extended({}, {})").format(sql.Literal(draw.getrandbits(31)), row)
