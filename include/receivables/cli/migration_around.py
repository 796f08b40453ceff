"""`receivables migration …`, around the runs: what to mend, what changes its meaning, ways to pay, finance's totals."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from receivables import db
from receivables.cli.console import (
    DEFAULT_AS_OF,
    AsOfOption,
    JsonOption,
    StateOption,
    console,
    day,
    emit,
    state_of,
    table,
)
from receivables.errors import InputRejectedError
from receivables.migration import cleansing, control, readiness, semantics
from receivables.reports import write_private

app = typer.Typer(
    help="Around the migration: defects, meanings, ways to pay, finance (移行の周辺)", no_args_is_help=True
)
finance = typer.Typer(help="Control totals of finance: settlement and revenue book (段L)", no_args_is_help=True)
app.add_typer(finance, name="finance-totals")

HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write the page for print to this file 帳票")]
YearOption = Annotated[int | None, typer.Option("--year", help="Accounting year 会計年度 (default: that of the day)")]
_SHOWN_GAPS = 20


@contextmanager
def _migrator(state: Path | None, doing: str) -> Iterator[db.Connection]:
    with db.connect(state_of(state), "migrator", doing=doing) as connection:
        connection.execute("set transaction isolation level repeatable read")
        yield connection


def _write_page(file: Path | None, text: str) -> None:
    if file is not None:
        write_private(file, text.encode())


@app.command()
def defects(
    run: Annotated[str | None, typer.Option("--run", help="Measure for this rehearsal, at its snapshot")] = None,
    as_of: AsOfOption = DEFAULT_AS_OF,
    by: Annotated[str | None, typer.Option("--by", help="Only this department 所管")] = None,
    listed: Annotated[str | None, typer.Option("--cases", help="List the cases of this defect, to mend them")] = None,
    html: HtmlOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count what must be mended before the move and compare it with the days before (データクレンジング)."""
    with _migrator(state, "count defects") as connection:
        on = _snapshot(connection, run) if run else day(as_of)
        cleansing.measure(connection, run, on)
        found = cleansing.burn_down(connection, as_of=on, owner_dept=by)
        cases = list(cleansing.cases(connection, listed, on, by)) if listed else None
    _write_page(html, cleansing.burn_down_page(found))
    told = found.as_json()
    if cases is not None:
        told["cases"] = [dict(zip(("case_id", "owner_dept", "yen", "since_on"), case, strict=True)) for case in cases]

    def human() -> None:
        heads = ["番号", "不備", "所管", "残り", "金額(円)", "新たに", "直した", "経過日数", "解消予測"]
        rows = [[line.defect_id, line.title, line.owner_dept, line.open, line.yen, line.opened, line.mended,
                 line.age_days, f"{line.forecast} {line.ends_on or ''}".strip()] for line in found.lines]  # fmt: skip
        table(f"データクレンジング {found.as_of}（前回 {found.before or 'なし'}）", heads, rows)
        heads = ["所管", "残り", "金額(円)", "新たに", "直した", "最長日数", "解消予測"]
        rows = [[each.owner_dept, each.open, each.yen, each.opened, each.mended, each.age_days,
                 f"{each.forecast} {each.ends_on or ''}".strip()] for each in found.sections]  # fmt: skip
        table("所管ごと", heads, rows)
        table("倉庫からは分からない不備", ["番号", "不備", "理由"], [list(each) for each in found.unknowable])
        if cases is not None:
            table(f"明細 {listed}", ["債権・収納・行", "所管", "金額(円)", "いつから"], [list(case) for case in cases])

    emit(told, as_json, human)


def _snapshot(connection: db.Connection, run: str) -> Any:
    found = connection.execute("select snapshot_date from migration.run where run_id = %s", [run]).fetchone()
    if found is None:
        raise InputRejectedError(f"no migration run {run!r}; see `receivables migration` for the runs there are")
    return found[0]


@app.command("semantics")
def show_semantics(as_of: AsOfOption = DEFAULT_AS_OF, state: StateOption = None, as_json: JsonOption = False) -> None:
    """What means something else after the move, whom it touches, and what is not decided yet (制度・仕様の相違)."""
    with _migrator(state, "count whom new rules touch") as connection:
        effects = semantics.affected(connection, day(as_of))

    def human() -> None:
        rows = []
        for each in effects:
            entry, total = each.entry, each.total
            counts: list[int | None] = [total.persons, total.claims, total.yen] if total else [None] * 3
            rows.append([entry.id, entry.what, entry.new.rule, semantics.CERTAINTY_JA[entry.certainty], *counts,
                         f"{semantics.STATUS_JA[entry.decision.status]}（{entry.decision.owner}）"])  # fmt: skip
        heads = ["番号", "事項", "標準の規則", "確かさ", "人", "債権", "未納(円)", "決定"]
        table(f"制度・仕様の相違 {as_of}", heads, rows)

    emit({"as_of": as_of, "entries": [each.as_json() for each in effects]}, as_json, human)


@app.command("readiness")
def show_readiness(
    as_of: AsOfOption = DEFAULT_AS_OF, html: HtmlOption = None, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """Ways to pay of each kind of claim: said, seen in receipts, missing (ペイジー・eL-QR の準備状況)."""
    with _migrator(state, "look at ways to pay") as connection:
        found = readiness.matrix(connection, day(as_of))
    _write_page(html, readiness.readiness_page(found))

    def human() -> None:
        heads = ["債権の種類", *readiness.CHANNELS_JA.values(), "番号が一意", "番号なし・重複"]
        rows = [[line.name_ja, *(_told(way) for way in line.ways), line.slip_names_one,
                 line.without_slip + line.slip_names_several] for line in found.lines]  # fmt: skip
        table(f"収納方法の準備状況 {found.as_of}（▲ は設定と実績の不一致、％は収納件数）", heads, rows)

    emit(found.as_json(), as_json, human)


def _told(way: readiness.Way) -> str:
    share = f" {way.share_permille // 10}.{way.share_permille % 10}%" if way.receipts else ""
    return f"{'▲' if way.remark else ''}{readiness.STATES_JA[way.state]}{share}"


@finance.command()
def take(
    file: Path,
    as_of: AsOfOption,
    year: YearOption = None,
    refunds: Annotated[
        str, typer.Option("--refunds", help="Is 還付未済額 in 収入済額? included or apart")
    ] = "included",
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take the totals that finance delivered for a day: read strictly, held against their own arithmetic."""
    if refunds not in ("included", "apart"):
        raise InputRejectedError(f"--refunds {refunds!r}: write included or apart")
    with _migrator(state, "take finance's totals") as connection:
        taken = control.take(connection, file, day(as_of), accounting_year=year,
                             refunds_in_received=refunds == "included")  # fmt: skip

    def human() -> None:
        console.print(f"{taken.file_name}: {taken.lines} 行（会計年度 {taken.accounting_year}、基準日 {taken.as_of}）")
        console.print(f"台帳に無い科目: {'・'.join(taken.unknown_subjects) or 'なし'}", markup=False)
        console.print(f"届かなかった科目: {'・'.join(taken.missing_subjects) or 'なし'}", markup=False)

    emit(asdict(taken), as_json, human)


@finance.command()
def show(
    as_of: AsOfOption = DEFAULT_AS_OF, year: YearOption = None, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """What finance said of a day, and where the warehouse says otherwise (R-021)."""
    on = day(as_of)
    with _migrator(state, "compare finance's totals") as connection:
        told = control.finance_totals(connection, on, accounting_year=year)
        if told is None:
            raise InputRejectedError(f"no totals of finance for {on}: run `receivables migration finance-totals take`")
        gaps = control.compare_totals(told, control.own_totals(connection, on, accounting_year=year))

    def human() -> None:
        rows = [[each.subject, each.levy_year, each.collection_category, each.measure, each.finance_yen,
                 each.warehouse_yen, each.yen] for each in gaps[:_SHOWN_GAPS]]  # fmt: skip
        heads = ["科目", "賦課年度", "区分", "項目", "会計(円)", "倉庫(円)", "差(円)"]
        table(f"決算・収入整理簿との照合 {on}: {len(told.totals)} 行、差異 {len(gaps)} 項目", heads, rows)

    payload = {"as_of": on, "lines": [asdict(each) for each in told.totals],
               "gaps": [asdict(each) | {"yen": each.yen} for each in gaps]}  # fmt: skip
    emit(payload, as_json, human)


@finance.command()
def export(
    out: Path,
    as_of: AsOfOption = DEFAULT_AS_OF,
    year: YearOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the warehouse's own totals in the form that finance is asked for: a pattern, never the proof itself."""
    with _migrator(state, "write our own totals") as connection:
        totals = control.own_totals(connection, day(as_of), accounting_year=year)
    write_private(out, control.export_totals(totals))
    emit({"file": out.name, "lines": len(totals)}, as_json)
