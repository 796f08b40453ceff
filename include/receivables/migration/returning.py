"""Reading back (読み戻し, 段T): what a standard system that is already in use gives out, beside the warehouse's own figures.

The files are read by the independent reader under the edition's groups, not by the intake. A row that the warehouse does
not have must be one that the intake set aside: deleted at its source, quarantined, or twice in the file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from psycopg import sql

from receivables import contracts, db
from receivables.errors import InputRejectedError
from receivables.migration import comparison
from receivables.migration.checks import EXPLAINED, FAIL, Check, keep_checks, passed_when, verdict_of
from receivables.migration.comparison import Comparison, Shape, Side
from receivables.migration.entities import fragments
from receivables.migration.files.findings import Issue
from receivables.migration.legs import Bench, reread
from receivables.migration.plan import Scope, targets
from receivables.migration.progress import Say, silent
from receivables.migration.runs import RunGroup, run_of
from receivables.migration.spec import Spec, spec_of
from receivables.migration.staging import keep_warehouse, lay_out_keys, open_run, published
from receivables.migration.tables import ROLE, open_parts, part, prepare_tables
from receivables.settings import State

PROFILE = "zero_filled_csv"  # 読み戻し: an empty number stands as 0 in what the systems give out
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


def take_back(
    drop: Path, *, edition: str, as_of: date, state: State, sources: Sequence[str] | None = None, say: Say = silent
) -> dict[str, Any]:
    """Compare what the migrated systems delivered on `as_of` in `drop` with the warehouse; returns verdict and checks.

    Raises InputRejectedError for a system that is not migrated yet, or whose files are not there.
    """
    chosen = _migrated(sources)
    specs = [spec_of(edition, group, PROFILE, as_of) for group in RETURNED]
    prepare_tables(specs, state=state)
    results: list[dict[str, Any]] = []
    for source in chosen:
        say(f"読み戻し {source}")
        results.append(_one(source, specs, drop, as_of, state, say))
    checks = [check for each in results for check in each["checks"]]
    verdict = next((each for each in (FAIL, EXPLAINED) if each in {one["verdict"] for one in results}), "PASS")
    return {
        "verdict": verdict, "runs": [each["run_id"] for each in results],
        "unexplained_rows": sum(each["unexplained_rows"] for each in results),
        "unexplained_yen": sum(each["unexplained_yen"] for each in results), "checks": checks,
    }  # fmt: skip


def _migrated(sources: Sequence[str] | None) -> tuple[str, ...]:
    done = tuple(dict.fromkeys(each.source_code for each in targets() if each.state == "done"))
    for name in sources or ():
        if name not in done:
            raise InputRejectedError(f"--sources {name!r} is not migrated yet; those that are: {', '.join(done)}")
    return tuple(name for name in done if sources is None or name in sources)


def _one(source: str, specs: list[Spec], drop: Path, as_of: date, state: State, say: Say) -> dict[str, Any]:
    files = {spec.group.id: _files(drop, source, spec, as_of) for spec in specs}
    scope = Scope((source,), tuple(RETURNED), tuple(each for each in targets() if each.source_code == source))
    with db.connect(state, ROLE, doing=f"take back {source}") as connection:
        connection.execute("set transaction isolation level repeatable read")
        batch = published(connection, as_of)
        parts = fragments(scope.sources, sql.Literal(as_of))
        run_id = open_run(connection, specs, scope, {spec.group.id: [] for spec in specs}, "return", as_of, batch)
        lay_out_keys(connection, parts)
        checks: list[Check] = []
        rows = yen = 0
        for position, spec in enumerate(specs, start=1):
            say(f"  {spec.group.name}")
            open_parts(connection, spec, run_id)
            connection.execute(
                "insert into migration.run_group (run_id, group_id, position, maps, source_totals)"
                " values (%s, %s, %s, '[]', '{}')",
                [run_id, spec.group.id, position],
            )
            keep_warehouse(connection, spec, run_id, parts)
            run = run_of(connection, run_id)
            group = RunGroup(spec.group.id, position, [], {}, None, None, None)
            bench = Bench(connection, state, run, group, spec, reread(connection, run, spec, files[spec.group.id]))
            found = _compared(Returned(source, bench, files[spec.group.id]))
            checks += found.checks
            rows, yen = rows + found.rows, yen + found.yen
        verdict = verdict_of(checks) if not rows and not yen else FAIL
        keep_checks(connection, run_id, checks)
        connection.execute(
            "update migration.run set verdict = %s, unexplained_rows = %s, unexplained_yen = %s where run_id = %s",
            [verdict, rows, yen, run_id],
        )
    return {
        "run_id": run_id, "verdict": verdict, "unexplained_rows": rows, "unexplained_yen": yen,
        "checks": [each.as_dict() for each in checks],
    }  # fmt: skip


def _files(drop: Path, source: str, spec: Spec, as_of: date) -> list[Path]:
    folder = drop / source
    found = sorted(
        file
        for file in (folder.iterdir() if folder.is_dir() else ())
        if (match := spec.files.file_pattern.fullmatch(file.name)) and match["stamp"].startswith(f"{as_of:%Y%m%d}")
    )
    if not found:
        raise InputRejectedError(
            f"{source}: no file {spec.files.file_name(f'{as_of:%Y%m%d}000000', 1)} or like it in {folder.name}/;"
            " take the day and the folder that the system delivered to"
        )
    return found


@dataclass(frozen=True, slots=True)
class _Found:
    checks: list[Check]
    rows: int
    yen: int


def _compared(returned: Returned) -> _Found:
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
        Check("R-010", "W-T", "件数が一致", passed_when(screened.rows_a == screened.rows_b),
              abs(screened.rows_a - screened.rows_b), expected=f"{screened.rows_a:,} 行", actual=f"{screened.rows_b:,} 行",
              cause=f"取込で除いたもの: {note}" if note else None),
        Check("R-011", "W-T", "期別キーの集合が一致し重複が無い", passed_when(not found.only_a.rows + found.only_b.rows),
              found.only_a.rows + found.only_b.rows,
              cause=f"新システムに無い {found.only_a.rows:,} 行; 倉庫に無い {found.only_b.rows:,} 行" if found.rows else None),
        *_sums(bench, screened),
        Check("R-030", "W-T", "すべての行・すべての項目が一致", passed_when(not found.items),
              sum(item.rows for item in found.items.values()), grain="item values",
              cause="; ".join(f"{bench.label(i.column)} {i.rows:,} 行 {i.yen:,} 円" for i in found.items.values()) or None),
        *_form(returned, aside.get("QUARANTINED", 0)),
    ]  # fmt: skip
    named = [replace(each, group=bench.group.group_id) for each in checks]
    return _Found(named, found.keys, found.yen)


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
        )  # fmt: skip
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


def _form(returned: Returned, quarantined: int) -> Iterator[Check]:
    """C checks of the files; what the intake quarantined too is explained by it."""
    found = returned.bench.found
    bad_bytes = _bad_bytes(returned)
    known = {int(row_no) for (row_no,) in returned.bench.rows("select row_no from set_aside")}
    for check_id in _FORM:
        issues = [issue for issue in found.issues if issue.check_id == check_id]
        left = [issue for issue in issues if not (issue.row_no in known or _is_bytes(issue) and bad_bytes)]
        status = passed_when(not found.issue_counts[check_id])
        if issues and not left and found.issue_counts[check_id] == len(issues):
            status = EXPLAINED
        shown = "; ".join(f"{each.item or '行'}: {each.problem}（{each.row_no} 行目）" for each in (left or issues)[:5])
        yield Check(
            check_id, "T", "新システムの出力の形式", status, found.issue_counts[check_id], grain="findings",
            cause=f"{shown}{'（取込でも隔離済み）' if status == EXPLAINED else ''}" if shown else None,
        )  # fmt: skip
