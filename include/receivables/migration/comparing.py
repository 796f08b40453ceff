"""Row by row, item by item (明細照合): R-011, R-030, R-031, R-060. Integers are equal or they are not."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from psycopg import sql

from receivables import db
from receivables.migration.checks import EXPLAINED, FAIL, KEYS_SHOWN, PASS, Check, passed_when
from receivables.migration.differences import Difference, class_of, keep_differences
from receivables.migration.digests import group_digest
from receivables.migration.legs import PAIRS, Bench, leg, pair
from receivables.migration.spec import NUMERIC

_DIFFERS = sql.SQL(" where a.digest is distinct from b.digest")


def compared(bench: Bench) -> Iterator[Check]:
    """All row-level checks of every pair of legs; keeps the differences and the unexplained keys."""
    bench.connection.execute(
        "create temp table if not exists unexplained (group_id text, row_key text, yen numeric) on commit drop"
    )
    for left, right in PAIRS:
        yield _key_sets(bench, left, right)
        differing = _differing_columns(bench, left, right)
        swapped = _transpositions(bench, left, right, differing)
        items = list(_item_differences(bench, left, right, differing, swapped))
        yield _items_check(left, right, items)
        yield _transposition_check(bench, left, right, swapped)
        yield _digest_check(bench, left, right, items)
        _keep_unexplained(bench, left, right)


def unexplained(connection: db.Connection) -> tuple[int, int]:
    """Keys with a difference nobody explained, and the yen that differ in them over all amount items."""
    rows = connection.execute(
        "select count(distinct (group_id, row_key)), coalesce(sum(yen), 0)::bigint from unexplained"
    ).fetchall()
    return int(str(rows[0][0])), int(str(rows[0][1]))


def _key_sets(bench: Bench, left: str, right: str) -> Check:
    """R-011: the same keys on both sides, each once."""
    causes: list[str] = []
    keys: list[object] = []
    total = 0
    for kind, mine, other, text, cause in (
        ("only-left", "a", "b", f"{right} に無い", "row missing（行の欠落）"),
        ("only-right", "b", "a", f"{left} に無い", "row added or duplicated（行の追加・重複）"),
    ):
        query = sql.SQL("select {mine} from {} where {other} is null order by 1").format(
            pair(left, right), mine=sql.Identifier(mine, "row_key"), other=sql.Identifier(other, "row_key")
        )
        found = [row[0] for row in bench.rows(query)]
        if found:
            total += len(found)
            causes.append(f"{text} {len(found):,} 行")
            keys += found[:KEYS_SHOWN]
            listed = [Difference(str(key), None, None, kind) for key in found]
            keep_differences(bench, "R-011", f"{left}-{right}", None, listed, cause)
    for name in (left, right):
        repeated = bench.number(sql.SQL("select count(*) from {} where occurrence > 1").format(leg(name)))
        if repeated:
            causes.append(f"{name} でキー重複 {repeated:,} 行")
            total += repeated
    return Check(
        "R-011", f"{left}-{right}", "期別キーの集合が一致し重複が無い", passed_when(not causes), total,
        cause="; ".join(causes) or None, keys=bench.hashes(keys[:KEYS_SHOWN]),
    )  # fmt: skip


def _differing_columns(bench: Bench, left: str, right: str) -> dict[str, int]:
    """The items that differ in rows with the same key, with the number of rows."""
    names = [item.column for item in bench.spec.group.items]
    counts = sql.SQL(", ").join(
        sql.SQL("count(*) filter (where a.{0} is distinct from b.{0})").format(sql.Identifier(name)) for name in names
    )
    row = bench.rows(sql.SQL("select {} from {}").format(counts, pair(left, right, kind="inner")) + _DIFFERS)[0]
    return {name: int(str(count)) for name, count in zip(names, row, strict=True) if count}


def _transpositions(bench: Bench, left: str, right: str, differing: dict[str, int]) -> dict[tuple[str, str], int]:
    """R-031: pairs of amount items whose values changed places, with the number of rows."""
    amounts = [name for name in bench.spec.yen_columns if name in differing]
    found: dict[tuple[str, str], int] = {}
    for one, other in combinations(amounts, 2):
        i, j = sql.Identifier(one), sql.Identifier(other)
        rows = bench.number(
            sql.SQL("select count(*) from {}").format(pair(left, right, kind="inner"))
            + _DIFFERS
            + sql.SQL(
                " and a.{i} is not distinct from b.{j} and a.{j} is not distinct from b.{i}"
                " and a.{i} is distinct from a.{j}"
            ).format(i=i, j=j)
        )
        if rows:
            found[one, other] = rows
    return found


@dataclass(frozen=True, slots=True)
class ItemDifference:
    """How one item differs between two legs."""

    column: str
    rows: int
    yen: int
    text: str
    is_explained: bool
    keys: list[str]


def _item_differences(
    bench: Bench, left: str, right: str, differing: dict[str, int], swapped: dict[tuple[str, str], int]
) -> Iterator[ItemDifference]:
    """R-030: each differing item with its classes, its yen and what is suspected."""
    kinds = {item.column: item.type for item in bench.spec.group.items}
    for column, rows in differing.items():
        name = sql.Identifier(column)
        found = bench.rows(
            sql.SQL("select a.row_key, a.{0}::text, b.{0}::text from {1}").format(name, pair(left, right, kind="inner"))
            + _DIFFERS
            + sql.SQL(" and a.{0} is distinct from b.{0} order by a.row_key").format(name)
        )
        listed = [
            Difference(str(key), _str(a), _str(b), class_of(_str(a), _str(b), kinds[column])) for key, a, b in found
        ]
        zeroed = sum(each.kind == "null-vs-value" and each.a is None and each.b == "0" for each in listed)
        is_explained = (left, right) == ("G", "F") and bench.spec.profile.empty_number == "0" and zeroed == rows
        suspicion = _suspicion(bench, left, right, column, rows, swapped, zeroed)
        keep_differences(bench, "R-030", f"{left}-{right}", column, listed, suspicion)
        yen = sum(abs(int(each.a or 0) - int(each.b or 0)) for each in listed) if kinds[column] == "yen" else 0
        classes = ", ".join(sorted({each.kind for each in listed}))
        text = f"{bench.label(column)} {rows:,} 行" + (f" {yen:,} 円" if yen else "") + f"（{classes}）"
        keys = [each.row_key for each in listed[:KEYS_SHOWN]]
        yield ItemDifference(column, rows, yen, f"{text}: {suspicion}", is_explained, bench.hashes(list(keys)))


def _str(value: object) -> str | None:
    return None if value is None else str(value)


def _suspicion(
    bench: Bench, left: str, right: str, column: str, rows: int, swapped: dict[tuple[str, str], int], zeroed: int
) -> str:
    """The likeliest cause of one item's differences (推定原因)."""
    for couple, count in swapped.items():
        if column in couple:
            other = couple[1] if couple[0] == column else couple[0]
            return f"transposition suspected（入替えの疑い） {bench.label(other)} と {count:,} 行"
    if zeroed:
        by_profile = "、プロファイルの空値" if bench.spec.profile.empty_number == "0" and right == "F" else ""
        return f"NULL became 0 in {zeroed:,} rows（空が0になった{by_profile}）"
    if (origin := _other_column(bench, left, right, column, rows)) is not None:
        return f"wrong column suspected（列の取違えの疑い） {bench.label(origin)} の値"
    if (left, right) == ("G", "F"):
        return "file changed after writing, or written wrongly（ファイルの改変・書込み誤り）"
    return "mapping or calculation（対応表または計算）"


def _other_column(bench: Bench, left: str, right: str, column: str, rows: int) -> str | None:
    """Another amount item whose left values are, in every differing row, this item's right values."""
    if column not in bench.spec.yen_columns:
        return None
    for other in (name for name in bench.spec.yen_columns if name != column):
        same = bench.number(
            sql.SQL("select count(*) from {}").format(pair(left, right, kind="inner"))
            + _DIFFERS
            + sql.SQL(" and a.{i} is distinct from b.{i} and a.{j} = b.{i} and b.{i} <> 0").format(
                i=sql.Identifier(column), j=sql.Identifier(other)
            )
        )
        if same == rows:
            return other
    return None


def _items_check(left: str, right: str, items: list[ItemDifference]) -> Check:
    is_explained = bool(items) and all(each.is_explained for each in items)
    return Check(
        "R-030", f"{left}-{right}", "すべての行・すべての項目が一致",
        EXPLAINED if is_explained else passed_when(not items), sum(each.rows for each in items), grain="item values",
        cause="; ".join(each.text for each in items) or None,
        keys=list(dict.fromkeys(key for each in items for key in each.keys))[:KEYS_SHOWN],
    )  # fmt: skip


def _transposition_check(bench: Bench, left: str, right: str, swapped: dict[tuple[str, str], int]) -> Check:
    causes = [
        f"transposition suspected（入替えの疑い）: {bench.label(one)} ⇄ {bench.label(other)} {rows:,} 行"
        for (one, other), rows in swapped.items()
    ]
    return Check(
        "R-031", f"{left}-{right}", "金額項目の入替えが無い", passed_when(not causes), sum(swapped.values()),
        cause="; ".join(causes) or None,
    )  # fmt: skip


def _digest_check(bench: Bench, left: str, right: str, items: list[ItemDifference]) -> Check:
    """R-060: the canonical digests agree; a differing segment says where to look."""
    (a, a_parts), (b, b_parts) = group_digest(bench, left), group_digest(bench, right)
    wrong = [at for at in a_parts.keys() | b_parts.keys() if a_parts.get(at) != b_parts.get(at)]
    only_sentinels = bool(items) and all(each.is_explained for each in items)
    status = PASS if a == b else EXPLAINED if only_sentinels and _same_keys(bench, left, right) else FAIL
    shown = ", ".join("/".join(map(str, at)) for at in sorted(wrong, key=str)[:5])
    return Check(
        "R-060", f"{left}-{right}", "正準ダイジェストが一致", status, len(wrong), grain="segments", expected=a,
        actual=b, cause=f"異なる区分: {shown}" if wrong else None,
    )  # fmt: skip


def _same_keys(bench: Bench, left: str, right: str) -> bool:
    missing = sql.SQL("select count(*) from {} where a.row_key is null or b.row_key is null")
    return bench.number(missing.format(pair(left, right))) == 0


def _keep_unexplained(bench: Bench, left: str, right: str) -> None:
    """Remember the keys whose rows differ by more than the profile's own sentinel."""
    has_sentinel = (left, right) == ("G", "F") and bench.spec.profile.empty_number == "0"

    def values(alias: str) -> sql.Composed:
        return sql.SQL(", ").join(
            sql.SQL("coalesce({}, 0)" if has_sentinel and item.type in NUMERIC else "{}").format(
                sql.Identifier(alias, item.column)
            )
            for item in bench.spec.group.items
        )

    gaps = [
        sql.SQL("abs(coalesce(a.{0}, 0) - coalesce(b.{0}, 0))").format(sql.Identifier(name))
        for name in bench.spec.yen_columns
    ]
    yen = sql.SQL(" + ").join([sql.SQL("0"), *gaps])
    bench.connection.execute(
        sql.SQL(
            "insert into unexplained select {group}, coalesce(a.row_key, b.row_key), {} from {}"
            " where a.digest is distinct from b.digest and (a.row_key is null or b.row_key is null"
            " or ({}) is distinct from ({}))"
        ).format(yen, pair(left, right), values("a"), values("b"), group=sql.Literal(bench.group.group_id))
    )
