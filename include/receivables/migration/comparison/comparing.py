"""All rows that differ (明細照合): keys of one side only, keys that are there twice, and item by item what differs.

R-011 and R-030. Needs a transaction; the temporary tables `pair` and `differing_key` stay for the caller until the next
comparison of the session. `differing_key` holds every differing key once: `key_no`, the key's own columns, the `kind`
(only-left, only-right, item), the `yen` that differ over all amount items, and whether all that happened is that NULL
became 0 (`is_null_became_zero`: a receiver's empty value, プロファイルの空値).
"""

from dataclasses import dataclass, field

from psycopg import sql

from receivables import db
from receivables.migration.comparison import classes
from receivables.migration.comparison.asking import ask, numbers, one_row
from receivables.migration.comparison.hashing import new_seed
from receivables.migration.comparison.isolating import ordered
from receivables.migration.comparison.pairing import BOTH, SIDES, key_of, pair_rows
from receivables.migration.comparison.shape import Column, Columns, Shape, Side, columns_of

Key = tuple[object, ...]
_HOW_MUCH = sql.SQL(
    "select (select count(*) from differing_key), (select count(*) from pair), (select sum(yen) from differing_key)"
)

_PAIRS_BY_KEY = (
    "select key_no, {key}, case when bool_or(in_a and in_b) then 'item' when bool_or(in_a) then 'only-left'"
    " else 'only-right' end as kind, sum({yen}) as yen, bool_and(in_a and in_b and {zeroed}) as is_null_became_zero"
    " from pair group by key_no"
)
_ONE_PAIR_A_KEY = (
    "select key_no, {key}, case when in_a and in_b then 'item' when in_a then 'only-left' else 'only-right' end"
    " as kind, {yen} as yen, in_a and in_b and {zeroed} as is_null_became_zero from pair"
)


@dataclass(frozen=True, slots=True)
class Example:
    """One differing value with its key; a person's data: never into a log or a report as it is."""

    key: Key
    a: str | None
    b: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class ItemDifference:
    """How one item differs: rows, yen (absolute, and b minus a), rows by class, and the first of them."""

    column: str
    label: str
    rows: int
    yen: int
    net_yen: int
    kinds: dict[str, int]
    nulls_became_zero: int  # from NULL in a to 0 in b
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class OneSided:
    """Rows of one side without a partner, how many of them are further occurrences of a key the other side has."""

    rows: int = 0
    further: int = 0
    yen: int = 0
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything in which two sides differ."""

    only_a: OneSided
    only_b: OneSided
    items: dict[str, ItemDifference] = field(default_factory=dict)
    keys: int = 0  # differing keys, each counted once
    rows: int = 0  # pairs and rows without partner
    yen: int = 0
    seed: int = 0

    @property
    def is_equal(self) -> bool:
        """No row differs."""
        return not self.rows


def differences(
    connection: db.Connection, a: Side, b: Side, shape: Shape, *, limit_per_item: int = 1_000, seed: int | None = None
) -> Comparison:
    """All differences, with at most `limit_per_item` examples of each item; InvariantBrokenError if data moved."""
    seed = new_seed() if seed is None else seed
    columns = columns_of(connection, a, b, shape)
    is_unique = pair_rows(connection, (a, b), columns, seed)
    _keep_keys(connection, columns, is_unique=is_unique)
    keys, rows, yen = numbers(one_row(connection, _HOW_MUCH))
    items = {
        one.name: _item(connection, one, columns, count, limit_per_item)
        for one, count in _differing(connection, columns).items()
    }
    only = [_one_sided(connection, columns, mine, other, limit_per_item) for mine, other in (SIDES, SIDES[::-1])]
    return Comparison(only[0], only[1], items, keys, rows, yen, seed)


def yen_between(columns: Columns) -> sql.Composed:
    """The yen that differ in a pair, over all amount items."""
    parts = [
        sql.SQL("abs(coalesce({}, 0)::numeric - coalesce({}, 0))").format(one.of("a"), one.of("b"))
        for one in columns.amounts
    ]
    return sql.SQL(" + ").join([sql.SQL("0::numeric"), *parts])


def _keep_keys(connection: db.Connection, columns: Columns, *, is_unique: bool) -> None:
    """Make `differing_key` of `pair`."""
    only_zeroed = sql.SQL(" and ").join(
        sql.SQL("({0} is not distinct from {1} or {0} is null and {1} = 0)" if one.type in classes.NUMERIC
                and one.kind != "text" else "{0} is not distinct from {1}").format(one.of("a"), one.of("b"))
        for one in columns.all
    )  # fmt: skip
    form = "coalesce({}, {}) as {}" if is_unique else "(array_agg(coalesce({}, {})))[1] as {}"
    key = sql.SQL(", ").join(
        sql.SQL(form).format(one.of("a"), one.of("b"), sql.Identifier(one.name)) for one in columns.key
    )
    db.run_script(connection, "drop table if exists pg_temp.differing_key")
    query = sql.SQL("create temp table differing_key as " + (_ONE_PAIR_A_KEY if is_unique else _PAIRS_BY_KEY))
    ask(connection, query.format(key=key, yen=yen_between(columns), zeroed=only_zeroed))


def _differing(connection: db.Connection, columns: Columns) -> dict[Column, int]:
    counts = sql.SQL(", ").join(
        sql.SQL("count(*) filter (where {} is distinct from {})").format(one.of("a"), one.of("b"))
        for one in columns.all
    )
    row = numbers(one_row(connection, sql.SQL("select {} from pair where {}").format(counts, BOTH)))
    return {one: count for one, count in zip(columns.all, row, strict=True) if count}


def _item(connection: db.Connection, one: Column, columns: Columns, rows: int, limit: int) -> ItemDifference:
    a, b = one.of("a"), one.of("b")
    yen = sql.SQL("coalesce({}, 0)::numeric - coalesce({}, 0)").format(b, a)
    sums = sql.SQL("sum(abs({0})), sum({0})" if one.type == "yen" else "0, 0").format(yen)
    became = sql.SQL("{} is null and {}::text = '0'").format(a, b)
    query = sql.SQL(
        "select {kind}, count(*), count(*) filter (where {became}), {sums} from pair where {both}"
        " and {a} is distinct from {b} group by 1 order by 1"
    ).format(kind=classes.class_of(one), became=became, sums=sums, both=BOTH, a=a, b=b)
    found = [(str(kind), numbers(tuple(counted))) for kind, *counted in ask(connection, query)]
    examples = ask(
        connection,
        sql.SQL(
            "select {a}::text, {b}::text, {kind}, {key} from pair where {both} and {a} is distinct from {b}"
            " order by {key}, occurrence limit {limit}"
        ).format(a=a, b=b, kind=classes.class_of(one), key=key_of(columns), both=BOTH, limit=sql.Literal(limit)),
    ).fetchall()
    is_number = one.type in classes.NUMERIC
    return ItemDifference(
        one.name, one.label, rows, sum(counted[2] for _, counted in found), sum(counted[3] for _, counted in found),
        {kind: counted[0] for kind, counted in found}, sum(counted[1] for _, counted in found) if is_number else 0,
        tuple(Example(tuple(key), _text(x), _text(y), str(kind)) for x, y, kind, *key in examples),
    )  # fmt: skip


def _one_sided(connection: db.Connection, columns: Columns, mine: str, other: str, limit: int) -> OneSided:
    kept = sql.SQL("in_{0} and not in_{1}").format(sql.SQL(mine), sql.SQL(other))
    query = sql.SQL("select count(*), sum({}) from pair where {}").format(yen_between(columns), kept)
    rows, yen = numbers(one_row(connection, query))
    if not rows:
        return OneSided()
    mine_key = sql.SQL(", ").join(one.of(mine) for one in columns.key)
    (further,) = numbers(one_row(
        connection,
        sql.SQL(
            "select sum(n) from (select sum(n) as n from (select {key}, 1 as n, false as is_there from pair where"
            " {kept} union all select {taken}, 0, true from {other}) as both_sides ({names}, n, is_there)"
            " group by {names} having bool_or(is_there)) as further"
        ).format(key=mine_key, kept=kept, taken=ordered(columns.key), other=sql.Identifier(f"taken_{other}"),
                 names=ordered(columns.key)),
    ))  # fmt: skip
    keys = ask(
        connection,
        sql.SQL("select {key} from pair where {} order by {key}, occurrence limit {}").format(
            kept, sql.Literal(limit), key=mine_key
        ),
    ).fetchall()
    return OneSided(rows, further, yen, tuple(keys))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
