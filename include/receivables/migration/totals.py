"""Ledger, counts and sums (台帳・件数・金額): R-001, R-002, R-010, R-020."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from psycopg import sql

from receivables.migration.checks import EXPLAINED, Check, passed_when
from receivables.migration.entities import entities
from receivables.migration.legs import PAIRS, Bench, Excluded

Cell = tuple[Any, ...]
Cells = dict[Cell, dict[str, int]]  # (科目, 賦課年度, 相当年度, 現年/滞繰, 期別) -> rows and yen per component


def ledger_checks(bench: Bench) -> Iterator[Check]:
    """R-001, R-002: every source row and every yen of it in exactly one disposition."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    mine = [bench.run.run_id, bench.group.group_id]
    for entity, rows in bench.connection.execute(
        "select entity, count(*) from migration.row_ledger where run_id = %s and group_id = %s group by 1", mine
    ).fetchall():
        found[str(entity)]["rows"] = int(str(rows))
    for entity, component, yen in bench.connection.execute(
        "select entity, part.key, sum(part.value::bigint)::bigint from migration.row_ledger"
        " cross join lateral jsonb_each_text(amounts) as part where run_id = %s and group_id = %s group by 1, 2",
        mine,
    ).fetchall():
        found[str(entity)][str(component)] = int(str(yen))
    for entity, source in sorted(bench.group.source_totals.items()):
        name = entities()[entity].title
        yield _ledger_check("R-001", f"{name}の件数が台帳と一致", {"rows": source["rows"]}, found[entity])
        amounts = {key: yen for key, yen in source.items() if key != "rows"}
        if not amounts:
            continue
        yield _ledger_check("R-002", f"{name}の金額が台帳と一致", amounts, found[entity])


def _ledger_check(check_id: str, title: str, source: dict[str, int], ledger: dict[str, int]) -> Check:
    gaps = {key: ledger.get(key, 0) - value for key, value in source.items()}
    wrong = "; ".join(f"{key} {gap:+,}" for key, gap in gaps.items() if gap)
    return Check(
        check_id, "S-G", title, passed_when(not wrong), sum(map(abs, gaps.values())),
        grain="rows" if check_id == "R-001" else "yen", cause=wrong or None,
        expected="; ".join(f"{key} {value:,}" for key, value in source.items()),
        actual="; ".join(f"{key} {ledger.get(key, 0):,}" for key in source),
    )  # fmt: skip


def cells(bench: Bench, name: str) -> Cells:
    """Rows and yen per component of a leg at g1 = g0 and 期別."""
    yen = bench.spec.yen_columns
    keys = sql.SQL(", ").join(map(sql.Identifier, bench.g1))
    sums = [sql.SQL("coalesce(sum({}), 0)::bigint").format(sql.Identifier(each)) for each in yen]
    grouped = sql.SQL("group by {keys} order by {keys}").format(keys=keys) if bench.g1 else sql.SQL("")
    rows = bench.rows(
        sql.SQL("select {} from {} as leg {}").format(
            sql.SQL(", ").join([*map(sql.Identifier, bench.g1), sql.SQL("count(*)"), *sums]), bench.leg(name), grouped
        )
    )
    width = len(bench.g1)
    return {row[:width]: dict(zip(("rows", *yen), map(int, map(str, row[width:])), strict=True)) for row in rows}


def persons(bench: Bench, name: str) -> dict[Cell, int]:
    """Distinct 宛名番号 of a leg at g0 (人数)."""
    if "atena_no" not in {item.column for item in bench.spec.group.items}:
        return {}
    keys = sql.SQL(", ").join(map(sql.Identifier, bench.g0))
    grouped = sql.SQL("group by {keys} order by {keys}").format(keys=keys) if bench.g0 else sql.SQL("")
    counted = [*map(sql.Identifier, bench.g0), sql.SQL("count(distinct atena_no)")]
    rows = bench.rows(
        sql.SQL("select {} from {} as leg {}").format(sql.SQL(", ").join(counted), bench.leg(name), grouped)
    )
    return {row[:-1]: int(str(row[-1])) for row in rows}


def count_checks(bench: Bench, by_leg: dict[str, Cells], excluded: Excluded) -> Iterator[Check]:
    """R-010: rows at g0 and 期別, and persons at g0, are the same in both legs.

    Rows left behind that carry no yen at all need no explanation; with yen, people must accept them.
    """
    people = {name: persons(bench, name) for name in "WGF"}
    for left, right in PAIRS:
        a, b = by_leg[left], by_leg[right]
        gap = sum(abs(_of(a, at, "rows") - _of(b, at, "rows")) for at in a.keys() | b.keys())
        people_gap = sum(
            abs(people[left].get(at, 0) - people[right].get(at, 0)) for at in people[left].keys() | people[right].keys()
        )
        wrong = [f"件数 {gap:,}" if gap else "", f"人数 {people_gap:,}" if people_gap else ""]
        note = "; ".join(filter(None, wrong))
        is_equal = not note
        if is_equal and excluded.rows and left == "W":
            note = f"対応表の規則による対象外 {excluded.rows:,} 行（うち金額あり {excluded.with_yen:,} 行）を除いて一致"
        needs_acceptance = is_equal and left == "W" and excluded.with_yen > 0
        yield Check(
            "R-010", f"{left}-{right}", "件数と人数が一致（科目・年度・期別）",
            EXPLAINED if needs_acceptance else passed_when(is_equal), gap + people_gap, cause=note or None,
            expected=f"{_all(a, 'rows'):,} 行", actual=f"{_all(b, 'rows'):,} 行",
        )  # fmt: skip


def sum_checks(bench: Bench, by_leg: dict[str, Cells]) -> Iterator[Check]:
    """R-020: yen per component at g0 and 期別 are the same in both legs; names each component that is not."""
    for left, right in PAIRS if bench.spec.yen_columns else ():
        a, b = by_leg[left], by_leg[right]
        gaps = {
            column: sum(abs(_of(a, at, column) - _of(b, at, column)) for at in a.keys() | b.keys())
            for column in bench.spec.yen_columns
        }
        wrong = [
            f"{bench.label(column)} {_all(a, column):,} → {_all(b, column):,}" for column, gap in gaps.items() if gap
        ]
        total = [sum(_all(found, column) for column in bench.spec.yen_columns) for found in (a, b)]
        yield Check(
            "R-020", f"{left}-{right}", "金額の合計が項目ごとに一致（科目・年度・期別）", passed_when(not wrong),
            sum(gaps.values()), grain="yen", cause="; ".join(wrong) or None,
            expected=f"{total[0]:,} 円", actual=f"{total[1]:,} 円",
        )  # fmt: skip


def _of(found: Cells, at: Cell, name: str) -> int:
    return found.get(at, {}).get(name, 0)


def _all(found: Cells, name: str) -> int:
    return sum(cell[name] for cell in found.values())
