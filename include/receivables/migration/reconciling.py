"""Reconciliation (照合): read the file again, lay the legs side by side, run every check, report."""

from typing import Any

from receivables import db
from receivables.errors import InputRejectedError
from receivables.migration.checks import FAIL, Check, keep_checks, kept_checks, verdict_of
from receivables.migration.comparing import compared, unexplained
from receivables.migration.conformance import conformance_checks
from receivables.migration.consistency import consistency_checks
from receivables.migration.digests import group_digest
from receivables.migration.legs import Bench, keep_reread, lay_out
from receivables.migration.report import Report, keep_report, report_files
from receivables.migration.report_model import report_model
from receivables.migration.rereading import reread
from receivables.migration.runs import folder_of, run_of
from receivables.migration.tables import ROLE
from receivables.migration.totals import cells, count_checks, ledger_checks, sum_checks
from receivables.migration.writing import file_name
from receivables.settings import State


def reconcile(run_id: str, *, state: State) -> dict[str, Any]:
    """Check the run's file against the staged rows and the warehouse of the same snapshot.

    Returns the verdict and every check; keeps them, the differences and the report.
    """
    with db.connect(state, ROLE, doing=f"reconcile {run_id}") as connection:
        # One reconciliation of a run at a time: they replace the same results.
        connection.execute("select run_id from migration.run where run_id = %s for update", [run_id])
        bench = _bench(connection, run_id, state)
        excluded = lay_out(bench)
        by_leg = {name: cells(bench, name) for name in "WGF"}
        checks: list[Check] = [
            *ledger_checks(bench),
            *count_checks(bench, by_leg, excluded),
            *sum_checks(bench, by_leg),
            *compared(bench),
            *consistency_checks(bench),
            *conformance_checks(bench),
        ]
        checks.sort(key=lambda check: (check.id[0] != "R", check.id))
        rows, yen = unexplained(bench)
        verdict = verdict_of(checks) if rows == 0 and yen == 0 else FAIL
        keep_checks(connection, run_id, checks)
        result = _result(run_id, verdict, rows, yen, checks)
        report = keep_report(report_model(bench, by_leg, result), state=state)
        _keep_verdict(bench, result, report)
    return result | {"report": str(report.html), "report_sha256": report.sha256}


def outcome(run_id: str, *, state: State) -> dict[str, Any]:
    """What the last reconciliation of a run found, as `reconcile` returned it; nothing is done again."""
    with db.connect(state, ROLE, doing=f"read the checks of {run_id}") as connection:
        run = run_of(connection, run_id)
        if run.verdict is None:
            raise InputRejectedError(f"run {run_id} was never reconciled: `receivables migration reconcile {run_id}`")
        checks = kept_checks(connection, run_id)
    result = _result(run_id, run.verdict, run.unexplained_rows or 0, run.unexplained_yen or 0, checks)
    return result | {"report": str(report_files(run_id, state).html), "report_sha256": run.report_sha256}


def _bench(connection: db.Connection, run_id: str, state: State) -> Bench:
    """The run with what an independent reader finds in its file now."""
    run = run_of(connection, run_id)
    spec = run.spec()
    found = reread(folder_of(run_id, state) / file_name(spec, run), spec)
    keep_reread(connection, run, spec, found)
    return Bench(connection, state, run, spec, found)


def _result(run_id: str, verdict: str, rows: int, yen: int, checks: list[Check]) -> dict[str, Any]:
    return {
        "run_id": run_id, "verdict": verdict, "unexplained_rows": rows, "unexplained_yen": yen,
        "checks": [check.as_dict() for check in checks],
    }  # fmt: skip


def _keep_verdict(bench: Bench, result: dict[str, Any], report: Report) -> None:
    digests = {name: group_digest(bench, name)[0] for name in "WG"}
    bench.connection.execute(
        "update migration.run set verdict = %s, unexplained_rows = %s, unexplained_yen = %s, report_file = %s,"
        " report_sha256 = %s, warehouse_digest = %s, staged_digest = %s where run_id = %s",
        [
            result["verdict"], result["unexplained_rows"], result["unexplained_yen"], report.name, report.sha256,
            digests["W"], digests["G"], bench.run.run_id,
        ],
    )  # fmt: skip
