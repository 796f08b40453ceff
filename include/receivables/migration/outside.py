"""Against what is told from outside (外からの突合): finance's totals (R-021) and the run before this one (R-080)."""

import json
from typing import Any

from psycopg import sql

from receivables import db
from receivables.errors import InputRejectedError
from receivables.migration.checks import NOT_RUN, Check, passed_when
from receivables.migration.control import (
    Cell,
    Movement,
    compare_totals,
    finance_totals,
    ledger_movements,
    own_totals,
    roll_forward,
)
from receivables.migration.crossing import CLAIM, CLAIM_KEY
from receivables.migration.legs import Bench
from receivables.migration.runs import Run, previous_of
from receivables.migration.tables import part

_KEPT = 1_000  # gaps


def keep_finance(connection: db.Connection, run: Run) -> None:
    """Compare finance's totals of the snapshot's day with the warehouse's own while it stands at that day."""
    finance = finance_totals(connection, run.snapshot_date)
    if finance is None:
        return
    gaps = compare_totals(finance, own_totals(connection, run.snapshot_date))
    told = {
        "lines": len(finance.totals),
        "gaps": [
            {"subject": each.subject, "levy_year": each.levy_year, "category": each.collection_category,
             "measure": each.measure, "finance_yen": each.finance_yen, "warehouse_yen": each.warehouse_yen}
            for each in gaps[:_KEPT]
        ],
        "yen": sum(abs(each.yen) for each in gaps), "count": len(gaps),
    }  # fmt: skip
    connection.execute("update migration.run set finance = %s::jsonb where run_id = %s", [json.dumps(told), run.run_id])


def finance_check(run: Run) -> Check | None:
    """R-021: 調定・収入・欠損・未済 of finance's books; a rehearsal may go without them, a production run may not."""
    title = "会計の統制値（決算・収入整理簿）と一致"
    if run.finance is None:
        cause = "会計の統制値が届いていない: `receivables migration finance-totals take`"
        return Check("R-021", "W-L", title, NOT_RUN, grain="yen", cause=cause) if run.kind == "production" else None
    found: dict[str, Any] = run.finance
    shown = "; ".join(
        f"科目 {gap['subject']} {gap['levy_year']} {gap['category']} {gap['measure']}:"
        f" 会計 {gap['finance_yen']:,} / 倉庫 {gap['warehouse_yen']:,}"
        for gap in found["gaps"][:5]
    )
    return Check(
        "R-021", "W-L", title, passed_when(not found["count"]), found["yen"], grain="yen", cause=shown or None,
        expected=f"{found['lines']:,} 行",
    )  # fmt: skip


def rolling_check(connection: db.Connection, run: Run, benches: list[Bench]) -> Check | None:
    """R-080: Σ of this run = Σ of the last one + what the ledger says moved; None where there is no last one."""
    bench = next((each for each in benches if each.group.group_id == CLAIM), None)
    before = previous_of(connection, run)
    if bench is None or before is None:
        return None
    title = f"前回 {before.run_id} からの繰越しが一致"
    try:
        movements = _movements(connection, before, run)
    except InputRejectedError as error:  # a batch that the ledger does not know
        return Check("R-080", "G-G", title, NOT_RUN, grain="yen", cause=str(error))
    gaps = roll_forward(_balances(connection, bench, before), _balances(connection, bench, run), movements)
    yen = sum(abs(gap.difference_yen) for gap in gaps)
    shown = "; ".join(
        f"{gap.cell.claim_type} {gap.cell.fiscal_year} {gap.cell.collection_category}: {gap.difference_yen:+,} 円"
        for gap in gaps[:5]
    )
    return Check(
        "R-080", "G-G", title, passed_when(not gaps), yen, grain="yen",
        cause=shown or f"移動 {len(movements):,} 区分",
    )  # fmt: skip


def _movements(connection: db.Connection, before: Run, run: Run) -> list[Movement]:
    """What the ledger says moved between two runs of claims that this run moves; nothing within one batch."""
    if before.published_batch == run.published_batch:
        return []
    moving = {target["claim_type"] for target in run.plan["targets"]}
    found = ledger_movements(connection, before.published_batch, run.published_batch)
    return [each for each in found if each.cell.claim_type in moving]


def _balances(connection: db.Connection, bench: Bench, run: Run) -> dict[Cell, int]:
    """調定 − 収納 − 欠損 + 還付・充当済み of a run's staged rows, per kind of claim, 相当年度 and 現年・滞繰."""
    spec, key = bench.spec, sql.SQL(", ").join(map(sql.Identifier, CLAIM_KEY))
    kinds = [(target["subject_code"], target["claim_type"]) for target in run.plan["targets"] if target["subject_code"]]
    given_back = _given_back(connection, run, key)
    rows = connection.execute(
        sql.SQL(
            """
            select k.claim_type, g.soto_nendo,
                case when g.soto_nendo >= {open_year} then 'current' else 'arrears' end,
                sum(g.zeigaku - g.zeigaku_shuno - g.kesson_zeigaku + coalesce(b.yen, 0))::bigint
            from {staged} as g
            inner join unnest({codes}::text[], {types}::text[]) as k (subject_code, claim_type)
                on g.kamoku_cd = k.subject_code
            left join {given_back} as b on {same}
            group by 1, 2, 3
            """
        ).format(
            open_year=sql.Literal(bench.open_year(run)), staged=part("stage", spec, run.run_id),
            codes=sql.Literal([code for code, _ in kinds]), types=sql.Literal([kind for _, kind in kinds]),
            given_back=given_back,
            same=sql.SQL(" and ").join(sql.SQL("g.{0} = b.{0}").format(sql.Identifier(name)) for name in CLAIM_KEY),
        )
    ).fetchall()  # fmt: skip
    return {Cell(str(kind), int(str(year)), str(category)): int(str(yen)) for kind, year, category, yen in rows}


def _given_back(connection: db.Connection, run: Run, key: sql.Composed) -> sql.Composed:
    """What of each claim has gone back or to another claim, as far as the run staged it."""
    has = connection.execute(
        "select exists (select from migration.run_group where run_id = %s and group_id = 'kanpu')", [run.run_id]
    ).fetchone()
    source = sql.Identifier("migration", f"stage_kanpu_{run.run_id}" if has and has[0] else f"stage_{CLAIM}")
    yen = sql.SQL("kanpu_gaku + juto_gaku" if has and has[0] else "0")
    where = sql.SQL("true" if has and has[0] else "false")
    return sql.SQL("(select {}, sum({}) as yen from {} where {} group by {})").format(key, yen, source, where, key)
