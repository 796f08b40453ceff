"""One group of a migrated system beside the warehouse (段Tの照合): R-010 … R-030 and the form of its files."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg import sql

from receivables import contracts
from receivables.migration import comparison
from receivables.migration.checks import EXPLAINED, Check, passed_when
from receivables.migration.comparison import Comparison, Shape, Side
from receivables.migration.files.findings import Issue
from receivables.migration.legs import Bench
from receivables.migration.tables import part

RETURNED = {"chotei_shuno": "claims", "shuno_rireki": "receipts", "tokusoku": "dunnings"}  # group: table of the intake
_FORM = ("C-001", "C-010", "C-020", "C-021", "C-030", "C-070", "C-090", "C-100")
_EXPLAINED_BY = {
    "DELETED": "移行元で削除済み",
    "QUARANTINED": "隔離中",
    "REPEATED": "ファイル内の重複",
    "NO_CLAIM": "調定が倉庫に無い",
}


@dataclass(frozen=True, slots=True)
class Returned:
    """One group of one system as it came back."""

    source: str
    bench: Bench
    files: list[Path]


@dataclass(frozen=True, slots=True)
class Found:
    """The checks of one group, with the keys and yen that nobody explained."""

    checks: list[Check]
    rows: int
    yen: int


def compared(returned: Returned) -> Found:
    """Every check of one group that came back."""
    bench = returned.bench
    aside = _set_aside(returned)
    a, b, shape = _sides(returned)
    screened = comparison.screen(bench.connection, a, b, shape)
    found = (
        Comparison(comparison.OneSided(), comparison.OneSided())
        if screened.is_equal
        else comparison.differences(bench.connection, a, b, shape)
    )
    note = "; ".join(f"{_EXPLAINED_BY[reason]} {count:,} 行" for reason, count in sorted(aside.items()))
    checks = [
        _counts(screened, note),
        _keys(found),
        *_sums(bench, screened),
        _items(bench, found),
        *_form(returned),
    ]
    named = [replace(each, group=bench.group.group_id) for each in checks]
    return Found(named, found.keys, found.yen)


def _counts(screened: comparison.Screened, note: str) -> Check:
    """R-010: rows."""
    gap = abs(screened.rows_a - screened.rows_b)
    return Check(
        "R-010", "W-T", "件数が一致", passed_when(not gap), gap, expected=f"{screened.rows_a:,} 行",
        actual=f"{screened.rows_b:,} 行", cause=f"取込で除いたもの: {note}" if note else None,
    )  # fmt: skip


def _keys(found: Comparison) -> Check:
    """R-011: the same keys, each once."""
    lost, added = found.only_a.rows, found.only_b.rows
    return Check(
        "R-011", "W-T", "期別キーの集合が一致し重複が無い", passed_when(not lost + added), lost + added,
        cause=f"新システムに無い {lost:,} 行; 倉庫に無い {added:,} 行" if lost + added else None,
    )  # fmt: skip


def _items(bench: Bench, found: Comparison) -> Check:
    """R-030: every item that both know."""
    items = found.items.values()
    texts = [f"{bench.label(item.column)} {item.rows:,} 行 {item.yen:,} 円" for item in items]
    return Check(
        "R-030", "W-T", "すべての行・すべての項目が一致", passed_when(not items), sum(item.rows for item in items),
        grain="item values", cause="; ".join(texts) or None,
    )  # fmt: skip


def _sums(bench: Bench, screened: comparison.Screened) -> Iterator[Check]:
    """R-020: yen per component."""
    if screened.yen_a:
        gaps = {name: screened.yen_b[name] - yen for name, yen in screened.yen_a.items()}
        yield Check(
            "R-020", "W-T", "金額の合計が項目ごとに一致", passed_when(not any(gaps.values())),
            sum(abs(gap) for gap in gaps.values()), grain="yen",
            cause="; ".join(f"{bench.label(name)} {gap:+,} 円" for name, gap in gaps.items() if gap) or None,
            expected=f"{sum(screened.yen_a.values()):,} 円", actual=f"{sum(screened.yen_b.values()):,} 円",
        )  # fmt: skip


def _sides(returned: Returned) -> tuple[Side, Side, Shape]:
    """W and T over what both know: the items that the intake reads and the recomputation fills."""
    bench, group = returned.bench, returned.bench.spec.group
    read = {
        str(column.from_)
        for column in contracts.contract(returned.source).table(f"{returned.source}__{RETURNED[group.id]}").columns
    }
    filled = _filled(bench)
    items = tuple(item for item in group.items if item.key or (item.name in read and item.column in filled))
    shape = Shape(group.key, items, tuple(name for name in bench.g0 if name != "category"))
    columns = sql.SQL(", ").join(sql.Identifier(item.column) for item in items)
    told = sql.SQL("(select {} from {} as t where not exists (select from set_aside as s where s.row_no = t.row_no))")
    relation = told.format(columns, part("reread", bench.spec, bench.run.run_id))
    return (
        Side("W", sql.SQL("(select {} from {})").format(columns, part("warehouse", bench.spec, bench.run.run_id))),
        Side("T", relation),
        shape,
    )


def _filled(bench: Bench) -> set[str]:
    """Items that the recomputation has a value for in any row."""
    names = [item.column for item in bench.spec.group.items]
    any_value = sql.SQL(", ").join(sql.SQL("count({})").format(sql.Identifier(name)) for name in names)
    row = bench.rows(sql.SQL("select {} from {}").format(any_value, part("warehouse", bench.spec, bench.run.run_id)))[0]
    return {name for name, count in zip(names, row, strict=True) if count}


def _set_aside(returned: Returned) -> dict[str, int]:
    """Rows of T that the intake has not taken, each with why: table `set_aside`; how many of each."""
    bench = returned.bench
    place = part("reread", bench.spec, bench.run.run_id)
    key = sql.SQL(", ").join(map(sql.Identifier, bench.spec.group.key))
    bench.connection.execute("drop table if exists set_aside")
    bench.connection.execute(
        sql.SQL(
            """
            create temp table set_aside on commit drop as
            select distinct on (row_no) row_no, reason from (
                select row_no, 'DELETED' as reason, 1 as place from {t} where del_flg = '1'
                union all
                select t.row_no, 'QUARANTINED', 2 from {t} as t
                inner join quarantine.row as q on q.line_no = t.row_no
                where q.source = {source} and q.table_name = {table} and q.file_name = any({files}) and q.state = 'open'
                union all
                select row_no, 'REPEATED', 3 from (
                    select row_no, row_number() over (partition by {key} order by row_no) as nth from {t}
                ) as numbered where nth > 1
                {orphans}
            ) as found order by row_no, place
            """
        ).format(
            t=place,
            key=key,
            source=sql.Literal(returned.source),
            table=sql.Literal(f"{returned.source}__{RETURNED[bench.group.group_id]}"),
            files=sql.Literal([file.name for file in returned.files]),
            orphans=_orphans(bench),
        )
    )
    rows = bench.rows("select reason, count(*) from set_aside group by 1 order by 1")
    return {str(reason): int(count) for reason, count in rows}


def _orphans(bench: Bench) -> sql.Composable:
    """Rows about a claim that the warehouse does not have."""
    if bench.group.group_id == "chotei_shuno":
        return sql.SQL("")
    return sql.SQL(
        "union all select t.row_no, 'NO_CLAIM', 4 from {} as t where not exists (select from warehouse_keys as k"
        " where (k.fuka_nendo, k.soto_nendo, k.tsuchisho_no, k.kamoku_cd, k.kibetsu_cd)"
        " = (t.fuka_nendo, t.soto_nendo, t.tsuchisho_no, t.kamoku_cd, t.kibetsu_cd))"
    ).format(part("reread", bench.spec, bench.run.run_id))


def _is_bytes(issue: Issue) -> bool:
    return issue.row_no is None and issue.problem.startswith("not ")


def _bad_bytes(returned: Returned) -> int:
    """Lines that the intake quarantined for bytes that are no text."""
    row = returned.bench.connection.execute(
        "select count(*) from quarantine.row where source = %s and file_name = any(%s)"
        " and reason_code in ('ENCODING', 'NUL')",
        [returned.source, [file.name for file in returned.files]],
    ).fetchone()
    return int(str(row[0])) if row else 0


def _form(returned: Returned) -> Iterator[Check]:
    """C checks of the files; what the intake quarantined too is explained by it."""
    found = returned.bench.found
    bad_bytes = _bad_bytes(returned)
    known = {int(row_no) for (row_no,) in returned.bench.rows("select row_no from set_aside")}
    for check_id in _FORM:
        issues = [issue for issue in found.issues if issue.check_id == check_id]
        left = [issue for issue in issues if not (issue.row_no in known or (_is_bytes(issue) and bad_bytes))]
        status = passed_when(not found.issue_counts[check_id])
        if issues and not left and found.issue_counts[check_id] == len(issues):
            status = EXPLAINED
        shown = "; ".join(f"{each.item or '行'}: {each.problem}（{each.row_no} 行目）" for each in (left or issues)[:5])
        yield Check(
            check_id, "T", "新システムの出力の形式", status, found.issue_counts[check_id], grain="findings",
            cause=f"{shown}{'（取込でも隔離済み）' if status == EXPLAINED else ''}" if shown else None,
        )  # fmt: skip
