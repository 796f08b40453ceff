"""What the sign-off report says (移行検証報告書): figures and keyed hashes only, ready to print and to sign."""

from collections import defaultdict
from typing import Any

from psycopg import sql

from receivables.migration.checks import KEYS_SHOWN
from receivables.migration.conformance import empty_items
from receivables.migration.entities import entities
from receivables.migration.feeds import LEFT_BEHIND, REJECTIONS
from receivables.migration.legs import Bench
from receivables.migration.runs import Run
from receivables.migration.totals import Cell, Cells, persons

SAMPLE_ROWS = 20
SIGNERS = ("所管課", "債権管理課", "会計", "移行ベンダ", "情報政策")
_CATEGORIES = {"current": "現年分", "arrears": "滞納繰越分"}
_DISPOSITIONS = {"staged": "移行", "excluded": "対象外", "rejected": "エラー", "merged": "調定に合算"}


def report_model(run: Run, parts: list[dict[str, Any]], result: dict[str, Any], postgres: str) -> dict[str, Any]:
    """The report of one reconciliation as one model; its JSON is what people sign."""
    return {
        "cover": _cover(run, parts, postgres),
        "verdict": result["verdict"],
        "unexplained_rows": result["unexplained_rows"],
        "unexplained_yen": result["unexplained_yen"],
        "checks": result["checks"],
        "groups": parts,
        "signers": list(SIGNERS),
    }


def group_part(bench: Bench, by_leg: dict[str, Cells]) -> dict[str, Any]:
    """What the report says of one group; taken while its legs are laid out."""
    yearly = {name: _by_year(cells) for name, cells in by_leg.items()}
    return {
        "group": bench.spec.group.name,
        "group_id": bench.group.group_id,
        "interface_id": bench.spec.group.interface_id,
        "evidence": bench.spec.group.evidence,
        "profile_description": bench.spec.profile.description,
        "counts": _counts(bench, yearly),
        "amounts": _amounts(bench, yearly),
        "differences": _differences(bench),
        "ledger": _ledger(bench),
        "codes": _codes(bench),
        "empty_items": empty_items(bench),
        "unverified": _unverified(bench),
        "previous": _previous(bench),
        "sample": _sample(bench),
        "files": _files(bench),
    }


def _cover(run: Run, parts: list[dict[str, Any]], postgres: str) -> dict[str, Any]:
    return {
        "run_id": run.run_id, "kind": run.kind, "edition": run.edition, "is_draft": "draft" in run.edition,
        "profile": run.profile, "profile_description": parts[0]["profile_description"],
        "snapshot": run.snapshot_date.isoformat(), "published_batch": run.published_batch, "revision": run.revision,
        "spec_sha256": run.spec_sha256, "map_sha256": run.map_sha256, "profile_sha256": run.profile_sha256,
        "plan": run.plan, "postgres": postgres,
    }  # fmt: skip


def _by_year(cells: Cells) -> dict[Cell, dict[str, int]]:
    """Rows and yen at g0: the 期別 are added up."""
    found: dict[Cell, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for at, figures in cells.items():
        for name, value in figures.items():
            found[at[:4]][name] += value
    return found


def _place(at: Cell) -> dict[str, Any]:
    return {
        "kamoku": at[0] if at else "", "levy_year": at[1] if len(at) > 1 else "",
        "fiscal_year": at[2] if len(at) > 2 else "",
        "category": _CATEGORIES.get(str(at[3]), str(at[3])) if len(at) > 3 else "",
    }  # fmt: skip


def _counts(bench: Bench, yearly: dict[str, dict[Cell, dict[str, int]]]) -> list[dict[str, Any]]:
    """件数・人数照合表: one line per 科目, 年度 and 現年/滞繰."""
    people = {name: persons(bench, name) for name in "WGF"}
    places = sorted({at for cells in yearly.values() for at in cells}, key=_order)
    return [
        _place(at)
        | {
            "rows": {name: yearly[name].get(at, {}).get("rows", 0) for name in "WGF"},
            "persons": {name: people[name].get(at, 0) for name in "WGF"},
        }
        for at in places
    ]


def _order(at: Cell) -> list[str]:
    return [str(part) for part in at]


def _amounts(bench: Bench, yearly: dict[str, dict[Cell, dict[str, int]]]) -> list[dict[str, Any]]:
    """金額照合表: one line per amount item that any leg fills, in all and per year."""
    found = []
    for column in bench.spec.yen_columns:
        legs = {name: sum(cell[column] for cell in yearly[name].values()) for name in "WGF"}
        years = [
            _place(at) | {"yen": {name: yearly[name].get(at, {}).get(column, 0) for name in "WGF"}}
            for at in sorted({at for cells in yearly.values() for at in cells}, key=_order)
        ]
        if any(value for year in years for value in year["yen"].values()):
            found.append({"column": column, "item": bench.spec.label(column), "yen": legs, "years": years})
    return found


def _differences(bench: Bench) -> list[dict[str, Any]]:
    """項目照合: the kept differences by check, item and class, with the first keys."""
    rows = bench.connection.execute(
        """
        select check_id, legs, component, class, suspected_cause, count(*),
            (array_agg(key_hash order by key_hash collate "C"))[1:%s]
        from migration.recon_diff where run_id = %s and group_id = %s
        group by check_id, legs, component, class, suspected_cause
        order by check_id, legs, component nulls first, class, suspected_cause
        """,
        [KEYS_SHOWN, bench.run.run_id, bench.group.group_id],
    ).fetchall()
    return [
        {
            "check": check, "legs": legs, "item": bench.label(str(column)) if column else "（行全体）", "class": kind,
            "cause": cause, "rows": rows_, "keys": keys,
        }
        for check, legs, column, kind, cause, rows_, keys in rows
    ]  # fmt: skip


def _ledger(bench: Bench) -> list[dict[str, Any]]:
    """除外・エラー台帳: every disposition and reason with rows and yen; the sum is the source."""
    rows = bench.connection.execute(
        """
        select entity, disposition, reason_code, count(*),
            coalesce(sum((
                select sum(part.value::bigint) from jsonb_each_text(amounts) as part where part.key <> 'written_off_yen'
            )), 0)::bigint
        from migration.row_ledger where run_id = %s and group_id = %s
        group by entity, disposition, reason_code order by entity, disposition desc, reason_code
        """,
        [bench.run.run_id, bench.group.group_id],
    ).fetchall()
    rules = {str(rule["reason"]): str(rule["title"]) for feeds in bench.group.maps for rule in feeds["exclusions"]}
    titles = {reason: title for reason, (_, title) in REJECTIONS.items()} | LEFT_BEHIND | rules
    return [
        {
            "entity": entities()[str(entity)].title, "disposition": _DISPOSITIONS[str(disposition)], "reason": reason,
            "title": titles.get(str(reason), "") if reason else "", "rows": count, "yen": yen,
        }
        for entity, disposition, reason, count, yen in rows
    ]  # fmt: skip


def _codes(bench: Bench) -> list[dict[str, Any]]:
    """コード変換表: each declared code with the rows that became it."""
    used: dict[tuple[str, str], int] = {}
    for feeds in bench.group.maps:
        for column, feed in feeds["items"].items():
            if table := feed.get("codes"):
                name = sql.Identifier(column)
                for target, count in bench.rows(
                    sql.SQL("select {0}, count(*) from {1} as leg group by {0}").format(name, bench.leg("G"))
                ):
                    used[table, str(target)] = int(count)
    return [
        code | {"table": name, "rows": used.get((name, code["target_code"]), 0)}
        for name, code in _declared(bench)
    ]  # fmt: skip


def _declared(bench: Bench) -> list[tuple[str, dict[str, Any]]]:
    found = {
        (name, code["source_code"], code["valid_from"]): code
        for feeds in bench.group.maps
        for name, codes in feeds["codes"].items()
        for code in codes
    }
    return [(key[0], found[key]) for key in sorted(found)]


def _unverified(bench: Bench) -> list[str]:
    """Items whose length the edition does not know yet (桁数未確定): they stop a production run."""
    return [item.name for item in bench.spec.group.items if item.length is None and item.type not in ("yen", "decimal")]


def _previous(bench: Bench) -> dict[str, Any] | None:
    """前回リハーサルとの差: rows and yen of the file against the run before this one."""
    found = bench.connection.execute(
        """
        select r.run_id, r.snapshot_date::text, r.verdict, before.rows, now.rows, before.sums, now.sums
        from migration.run as r
        inner join migration.file_manifest as before on r.run_id = before.run_id
        inner join migration.file_manifest as now on now.run_id = %(run)s
        where before.group_id = %(group)s and now.group_id = %(group)s and r.kind = %(kind)s
            and r.created_at < (select created_at from migration.run where run_id = %(run)s)
        order by r.created_at desc limit 1
        """,
        {"run": bench.run.run_id, "group": bench.group.group_id, "kind": bench.run.kind},
    ).fetchone()
    if found is None:
        return None
    run_id, snapshot, verdict, rows, rows_now, sums, sums_now = found
    before: dict[str, int] = sums  # type: ignore[assignment]
    now: dict[str, int] = sums_now  # type: ignore[assignment]
    return {
        "run_id": run_id, "snapshot": snapshot, "verdict": verdict, "rows": rows, "rows_now": rows_now,
        "items": [
            {"item": bench.label(column), "before": before.get(column, 0), "now": now.get(column, 0)}
            for column in bench.spec.yen_columns
            if before.get(column, 0) != now.get(column, 0)
        ],
    }  # fmt: skip


def _sample(bench: Bench) -> list[dict[str, Any]]:
    """目視確認サンプル: rows drawn by the run's own number, fixed before anybody looks; by record of the file."""
    shown = [name for name in bench.spec.yen_columns if name in bench.spec.files.columns][:3]
    rows = bench.rows(
        sql.SQL(
            "select row_no, row_key, {} from {} as leg"
            " order by sha256(convert_to({} || coalesce(row_key, ''), 'UTF8')) limit {}"
        ).format(
            sql.SQL(", ").join([sql.SQL("null"), *map(sql.Identifier, shown)]), bench.leg("F"),
            sql.Literal(bench.run.run_id), sql.Literal(SAMPLE_ROWS),
        )
    )  # fmt: skip
    return [
        {
            "row_no": row[0], "key": bench.hashes([row[1]])[0],
            "yen": {bench.spec.label(name): value for name, value in zip(shown, row[3:], strict=True)},
        }
        for row in sorted(rows, key=lambda row: int(str(row[0])))
    ]  # fmt: skip


def _files(bench: Bench) -> list[dict[str, Any]]:
    rows = bench.connection.execute(
        "select file_name, rows, bytes, sha256, first_key_hash, last_key_hash, sums from migration.file_manifest"
        " where run_id = %s and group_id = %s order by length(file_name), file_name",
        [bench.run.run_id, bench.group.group_id],
    ).fetchall()
    names = ("file_name", "rows", "bytes", "sha256", "first_key", "last_key", "sums")
    return [dict(zip(names, row, strict=True)) for row in rows]
