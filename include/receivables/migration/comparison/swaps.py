"""Values in the wrong place (入替え・取違え), and the likeliest cause of an item's differences (推定原因).

R-031. Row counts and total yen do not see two amount items that changed places; the differing rows do. All of it reads
the table `pair` that `differences` left behind, so it costs no further scan.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice, permutations

from psycopg import sql

from receivables import db
from receivables.migration.comparison.asking import numbers, one_row
from receivables.migration.comparison.comparing import Comparison, ItemDifference
from receivables.migration.comparison.pairing import BOTH
from receivables.migration.comparison.shape import Column, Shape, Side, columns_of

_AT_ONCE = 500  # expressions in one query


@dataclass(frozen=True, slots=True)
class Transposition:
    """Two amount items whose values changed places in `rows` rows; of `differing` rows in which either differs."""

    one: str
    other: str
    rows: int
    differing: int

    @property
    def is_whole(self) -> bool:
        """Every difference of both items is of this kind: the columns themselves were swapped (列ごと)."""
        return self.rows == self.differing


def transpositions(
    connection: db.Connection, a: Side, b: Side, shape: Shape, compared: Comparison
) -> list[Transposition]:  # fmt: skip
    """The pairs of amount items that changed places in some row; right after `differences` of the same sides."""
    columns = columns_of(connection, a, b, shape)
    suspects = [one for one in columns.amounts if one.name in compared.items]
    couples = list(combinations(suspects, 2))
    parts = [sql.SQL("count(*) filter (where {})").format(_swapped(*couple)) for couple in couples]
    either = [
        sql.SQL("count(*) filter (where {} or {})").format(_differs(one), _differs(other)) for one, other in couples
    ]
    found = zip(couples, _counted(connection, parts), _counted(connection, either), strict=True)
    return [Transposition(one.name, other.name, rows, all_) for (one, other), rows, all_ in found if rows]


def wrong_columns(
    connection: db.Connection, a: Side, b: Side, shape: Shape, compared: Comparison
) -> dict[str, str]:  # fmt: skip
    """Amount items whose values in b are, in every row that differs, those of another amount item in a."""
    columns = columns_of(connection, a, b, shape)
    couples = [(one, other) for one, other in permutations(columns.amounts, 2) if one.name in compared.items]
    parts = [
        sql.SQL("count(*) filter (where {} and {} = {} and {} <> 0)").format(
            _differs(one), other.of("a"), one.of("b"), one.of("b")
        )
        for one, other in couples
    ]
    found: dict[str, str] = {}
    for (one, other), rows in zip(couples, _counted(connection, parts), strict=True):
        if rows == compared.items[one.name].rows:
            found.setdefault(one.name, other.name)
    return found


def cause_of(
    item: ItemDifference, swapped: list[Transposition], wrong: dict[str, str], shape: Shape, *, is_file: bool = False,
    is_profile: bool = False,
) -> str:  # fmt: skip
    """The likeliest cause (推定原因); `is_file`: b is a file re-read, `is_profile`: its profile writes 0 for empty."""
    labels = {one.column: f"{one.name}[{one.column}]" for one in shape.items}
    for each in swapped:
        if item.column in (each.one, each.other):
            other = each.other if item.column == each.one else each.one
            return f"transposition suspected（入替えの疑い） {labels[other]} と {each.rows:,} 行"
    if item.nulls_became_zero:
        by_profile = "、プロファイルの空値" if is_profile else ""
        return f"NULL became 0 in {item.nulls_became_zero:,} rows（空が0になった{by_profile}）"
    if item.column in wrong:
        return f"wrong column suspected（列の取違えの疑い） {labels[wrong[item.column]]} の値"
    if is_file:
        return "file changed after writing, or written wrongly（ファイルの改変・書込み誤り）"
    return "mapping or calculation（対応表または計算）"


def _differs(one: Column) -> sql.Composed:
    return sql.SQL("{} is distinct from {}").format(one.of("a"), one.of("b"))


def _swapped(one: Column, other: Column) -> sql.Composed:
    return sql.SQL(
        "{ai} is not distinct from {bj} and {aj} is not distinct from {bi} and {ai} is distinct from {aj}"
    ).format(ai=one.of("a"), aj=other.of("a"), bi=one.of("b"), bj=other.of("b"))


def _counted(connection: db.Connection, parts: list[sql.Composed]) -> Iterator[int]:
    rest = iter(parts)
    while some := list(islice(rest, _AT_ONCE)):
        query = sql.SQL("select {} from pair where {}").format(sql.SQL(", ").join(some), BOTH)
        yield from numbers(one_row(connection, query))
