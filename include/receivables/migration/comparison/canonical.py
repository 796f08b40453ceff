"""Canonical digests (正準ダイジェスト): R-060, one SHA-256 per segment and one of all, the same on any machine.

A row's canonical form holds, item by item in the shape's order (the key first), a tag of the type, the length in bytes,
':' and the bytes; NULL is the tag `N` alone. No two different rows have the same form. A segment's digest is the
SHA-256 of its rows' SHA-256, one after the other, ordered by the bytes of the canonical key and then by the digest. The
whole is the SHA-256 of every segment's canonical form and digest, ordered by the form's bytes.
"""

import hashlib
from dataclasses import dataclass

from psycopg import sql

from receivables import db
from receivables.errors import InvariantBrokenError
from receivables.migration.comparison.asking import ask
from receivables.migration.comparison.comparing import Comparison
from receivables.migration.comparison.screening import Screened
from receivables.migration.comparison.shape import Column, Shape, Side, columns_of

_TAGS = {"yen": "y", "int": "i", "year": "i", "decimal": "n", "date": "d"}
_AT_ONCE = 40  # columns in one concat: a function takes a hundred arguments at most
Segment = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Digests:
    """The digest of every segment by its values, and of the whole."""

    segments: dict[Segment, str]
    total: str


def digests(connection: db.Connection, side: Side, shape: Shape) -> Digests:
    """The canonical digests of a side. Memory: 32 bytes a row of the largest segment (at most 33 million rows)."""
    columns = columns_of(connection, side, side, shape)
    places = range(len(columns.segments))
    values = [sql.SQL("{} as {}").format(one.value, sql.Identifier(f"g{at}"))
              for at, one in zip(places, columns.segments, strict=True)]  # fmt: skip
    query = sql.SQL(
        "select segment, {told} from (select {inner}) as canonical group by segment"
    ).format(
        told=sql.SQL(", ").join([
            *(sql.SQL("min({})").format(sql.Identifier(f"g{at}")) for at in places),
            sql.SQL("encode(sha256(string_agg(digest, ''::bytea order by row_key, digest)), 'hex')"),
        ]),
        inner=sql.SQL("{} from {}").format(sql.SQL(", ").join([
            *values, sql.SQL("{} as segment").format(canonical(columns.segments)),
            sql.SQL("{} as row_key").format(canonical(columns.key)),
            sql.SQL("sha256({}) as digest").format(canonical(columns.all)),
        ]), side.source),
    )  # fmt: skip
    found = sorted((bytes(row[0]), tuple(row[1:-1]), str(row[-1])) for row in _rows(connection, query))
    whole = hashlib.sha256(b"".join(form + bytes.fromhex(digest) for form, _, digest in found))
    return Digests({segment: digest for _, segment, digest in found}, whole.hexdigest())


def canonical(columns: tuple[Column, ...]) -> sql.Composed:
    """The canonical form of some columns of a side, as bytes."""
    parts = [_canonical(one) for one in columns] or [sql.SQL("''").format()]
    some = [parts[at : at + _AT_ONCE] for at in range(0, len(parts), _AT_ONCE)]
    texts = sql.SQL(", ").join(sql.SQL("concat({})").format(sql.SQL(", ").join(each)) for each in some)
    return sql.SQL("convert_to(concat({}), 'UTF8')").format(texts)


def _canonical(one: Column) -> sql.Composed:
    """Two arguments of concat, which leaves out NULL: tag and length, then the value."""
    return sql.SQL("coalesce({tag} || octet_length({x}::text) || ':', 'N'), {x}").format(
        tag=sql.Literal(_TAGS.get(one.type, "t")), x=one.value
    )


def _rows(connection: db.Connection, query: sql.Composed) -> list[tuple[bytes, ...]]:
    return ask(connection, query).fetchall()


def check_agreement(a: Side, b: Side, mine: Digests, theirs: Digests, compared: Screened | Comparison) -> None:
    """InvariantBrokenError when equal rows have different digests or different rows the same: one of them is wrong."""
    is_same = mine.total == theirs.total and mine.segments == theirs.segments
    if is_same != compared.is_equal:
        rows, told = ("equal", "differ") if compared.is_equal else ("different", "agree")
        raise InvariantBrokenError(
            f"{a.name}-{b.name}: the rows are {rows} and their canonical digests {told} (seed {compared.seed});"
            " compare both in one snapshot (repeatable read), and report it if it remains"
        )
