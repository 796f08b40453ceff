"""納期限 and 時効完成日 by fiscal year (年度別の度数): a wrong period moves days by years (R-070)."""

from collections.abc import Iterator

from psycopg import sql

from receivables.migration.checks import Check, passed_when
from receivables.migration.legs import PAIRS, Bench

# Days that decide whether a claim may still be collected; per key they are compared as every item.
DAYS = {"chotei_shuno": ("noki_ymd",), "jiko": ("jiko_2nen_ymd", "jiko_5nen_ymd", "shikkoteishi_jiko_ymd")}
_APRIL = 3  # a fiscal year begins this many months after January (地方自治法208条)
_SHOWN = 6

Histogram = dict[tuple[str, int | None], int]  # (item, fiscal year or none): rows


def days_checks(bench: Bench) -> Iterator[Check]:
    """R-070 between neighbouring legs, for a group that has such days."""
    columns = {item.column for item in bench.spec.group.items}
    items = [name for name in DAYS.get(bench.group.group_id, ()) if name in columns]
    if not items:
        return
    by_leg = {name: _histogram(bench, name, items) for name in "WGF"}
    for left, right in PAIRS:
        held = {item.column for item in bench.shape(left, right).items}
        a, b = ({key: count for key, count in by_leg[leg].items() if key[0] in held} for leg in (left, right))
        wrong = [key for key in sorted({*a, *b}, key=str) if a.get(key, 0) != b.get(key, 0)]
        moved = sum(max(a.get(key, 0) - b.get(key, 0), 0) for key in wrong)
        cause = "; ".join(_told(bench, key, a, b) for key in wrong[:_SHOWN])
        yield Check(
            "R-070", f"{left}-{right}", "納期限・時効完成日の年度別件数", passed_when(not wrong),
            moved or len(wrong), cause=_suspected(bench, items, a, b) + cause or None,
        )  # fmt: skip


def _histogram(bench: Bench, leg: str, items: list[str]) -> Histogram:
    pairs = sql.SQL(", ").join(
        sql.SQL("({}, {}::date)").format(sql.Literal(name), sql.Identifier(name)) for name in items
    )
    rows = bench.rows(
        sql.SQL(
            "select day.item, extract(year from day.value - make_interval(months => {}))::integer, count(*)"
            " from {} as leg cross join lateral (values {}) as day (item, value) group by 1, 2"
        ).format(sql.Literal(_APRIL), bench.leg(leg), pairs)
    )
    return {(str(item), None if year is None else int(str(year))): int(str(count)) for item, year, count in rows}


def _told(bench: Bench, key: tuple[str, int | None], a: Histogram, b: Histogram) -> str:
    item, year = key
    shown = "空" if year is None else f"{year}年度"
    return f"{bench.label(item)} {shown}: {a.get(key, 0):,} → {b.get(key, 0):,} 行"


def _suspected(bench: Bench, items: list[str], a: Histogram, b: Histogram) -> str:
    """Said first: one item lost as many days as another won."""
    won = {name: _filled(b, name) - _filled(a, name) for name in items}
    pairs = [(x, y) for x in items for y in items if won[x] < 0 < won[y] and won[x] == -won[y]]
    return "".join(f"時効期間の取違えの疑い: {bench.label(x)} → {bench.label(y)} {won[y]:,} 行; " for x, y in pairs)


def _filled(histogram: Histogram, item: str) -> int:
    return sum(count for (name, year), count in histogram.items() if name == item and year is not None)
