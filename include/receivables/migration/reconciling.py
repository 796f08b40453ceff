"""Reconciliation (照合): read every file again, lay the legs side by side, run every check, report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from receivables import db
from receivables.errors import InputRejectedError
from receivables.migration import reporting
from receivables.migration.by_group import each_group
from receivables.migration.checks import FAIL, Check, keep_checks, kept_checks
from receivables.migration.comparing import compared, group_digests
from receivables.migration.comparison import Digests
from receivables.migration.conformance import conformance_checks
from receivables.migration.consistency import consistency_checks, rerun_check
from receivables.migration.crossing import crossing_checks
from receivables.migration.days import days_checks
from receivables.migration.facts import GroupStory, story_of
from receivables.migration.files.findings import Reread
from receivables.migration.legs import Bench, reread, set_aside
from receivables.migration.lettering import letters_check
from receivables.migration.outside import finance_check, rolling_check
from receivables.migration.progress import Say, silent
from receivables.migration.runs import Run, RunGroup, groups_of, run_of
from receivables.migration.signoff import (
    Differing,
    Report,
    apply,
    differing_of,
    keys_digest,
    report_files,
    require_unsigned,
)
from receivables.migration.signoff.differing import gated
from receivables.migration.tables import ROLE
from receivables.migration.totals import cells, count_checks, ledger_checks, sum_checks
from receivables.migration.unexplained import take_out, unexplained
from receivables.migration.writing import files_of
from receivables.settings import State


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One group after its checks: what the report needs of it."""

    bench: Bench
    story: GroupStory
    checks: list[Check]
    differing: list[Differing]


def reconcile(run_id: str, *, state: State, say: Say = silent) -> dict[str, Any]:
    """Check the run's files against the staged rows and the warehouse of the same snapshot.

    Returns the verdict and every check; keeps them, the differences and the report. Raises InvariantBrokenError for
    a run that somebody has signed: it stays as it was signed.
    """
    with db.connect(state, ROLE, doing=f"reconcile {run_id}") as connection:
        # One reconciliation of a run at a time: they replace the same results. Its own helpers refer to the run's row.
        connection.execute("select run_id from migration.run where run_id = %s for no key update", [run_id])
        run = run_of(connection, run_id)
        require_unsigned(connection, run_id)
        connection.execute("delete from migration.recon_diff where run_id = %s", [run_id])
        listed = groups_of(connection, run_id)
        found = _read_again(run, listed, state, say)
        groups = [_group(connection, run, group, found[group.group_id], state, say) for group in listed]
        checks, differing = _judged(connection, run, groups, state)
        rows, yen = unexplained(connection)
        verdict = gated(checks, rows, yen).verdict
        keep_checks(connection, run_id, checks)
        result = _result(run_id, verdict, rows, yen, checks)
        benches = {group.bench.group.group_id: group.bench for group in groups}
        report = reporting.keep(
            connection, run, groups[0].bench.spec, [group.story for group in groups], checks,
            reporting.lines_of(differing, checks, benches), (rows, yen), state=state,
        )  # fmt: skip
        _keep_verdict(connection, run_id, result, report)
    return result | {"report": str(report.html), "report_sha256": report.sha256}


def _judged(
    connection: db.Connection, run: Run, groups: list[Reconciled], state: State
) -> tuple[list[Check], list[Differing]]:
    """Every check of the run with what people have explained, and every difference exactly."""
    benches = [group.bench for group in groups]
    found = [check for group in groups for check in group.checks]
    found += crossing_checks(benches)
    found += [check for check in (finance_check(run), rolling_check(connection, run, benches)) if check]
    differing = [each for group in groups for each in group.differing]
    told = {(each.group, each.check, each.legs) for each in differing}
    differing += [
        Differing(
            each.group or "", each.id, each.legs, "", "check", 0 if each.grain == "yen" else each.difference,
            each.difference if each.grain == "yen" else 0, keys_digest(each.keys),
        )
        for each in found
        if each.status == FAIL and (each.group or "", each.id, each.legs) not in told
    ]  # fmt: skip
    checks = apply(connection, run.run_id, found, differing, state=state)
    take_out(connection, checks)
    return sorted(checks, key=lambda check: (check.id[0] != "R", check.id)), differing


def outcome(run_id: str, *, state: State) -> dict[str, Any]:
    """What the last reconciliation of a run found, as `reconcile` returned it; nothing is done again."""
    with db.connect(state, ROLE, doing=f"read the checks of {run_id}") as connection:
        run = run_of(connection, run_id)
        if run.verdict is None:
            raise InputRejectedError(f"run {run_id} was never reconciled: `receivables migration reconcile {run_id}`")
        checks = kept_checks(connection, run_id)
    result = _result(run_id, run.verdict, run.unexplained_rows or 0, run.unexplained_yen or 0, checks)
    return result | {"report": str(report_files(run_id, state).html), "report_sha256": run.report_sha256}


def differences(run_id: str, *, state: State) -> list[dict[str, Any]]:
    """Every difference of the run's last reconciliation as people name it: `GROUP/CHECK/LEGS/ITEM/CLASS`, rows, yen."""
    with db.connect(state, ROLE, doing=f"read the differences of {run_id}") as connection:
        found = differing_of(connection, run_of(connection, run_id).run_id)
    return [{"place": "/".join(each.place), "rows": each.rows, "yen": each.yen} for each in found]


def _read_again(run: Run, groups: Sequence[RunGroup], state: State, say: Say) -> dict[str, Reread]:
    """What an independent reader finds in the files of every group now; its rows are kept beside the staged ones."""
    found = {}
    for done, (group, told) in enumerate(each_group(_read_group, groups, run.run_id, state), start=1):
        found[group.group_id] = told
        say(f"再読込 {done}/{len(groups)} {run.spec(group.group_id).group.name}")
    return found


def _read_group(group: RunGroup, run_id: str, state: State) -> Reread:
    with db.connect(state, ROLE, doing=f"read {group.group_id} of {run_id} again") as connection:
        run = run_of(connection, run_id)
        spec = run.spec(group.group_id)
        return reread(connection, run, spec, files_of(run, spec, state))


def _group(connection: db.Connection, run: Run, group: RunGroup, found: Reread, state: State, say: Say) -> Reconciled:
    """Every check of one group, with what the reader found in its files."""
    spec = run.spec(group.group_id)
    say(f"照合 {group.position} {spec.group.name}")
    bench = Bench(connection, state, run, group, spec, found)
    digests = group_digests(bench)
    differing: list[Differing] = []
    by_leg = {name: cells(bench, name) for name in "WGF"}
    checks = [
        replace(check, group=group.group_id)
        for check in (
            *ledger_checks(bench),
            *count_checks(bench, by_leg, set_aside(bench)),
            *sum_checks(bench, by_leg),
            *compared(bench, digests, differing),
            *days_checks(bench),
            *consistency_checks(bench),
            *_keep_digests(bench, digests),
            *conformance_checks(bench),
            letters_check(bench),
        )
    ]
    return Reconciled(bench, story_of(bench, by_leg, digests), checks, differing)


def _keep_digests(bench: Bench, digests: dict[str, Digests]) -> Iterator[Check]:
    """Keep the digests of the legs before R-090 asks for earlier runs with the same."""
    bench.connection.execute(
        "update migration.run_group set warehouse_digest = %s, staged_digest = %s where run_id = %s and group_id = %s",
        [digests["W"].total, digests["G"].total, bench.run.run_id, bench.group.group_id],
    )
    yield rerun_check(bench)


def _result(run_id: str, verdict: str, rows: int, yen: int, checks: list[Check]) -> dict[str, Any]:
    return {
        "run_id": run_id, "verdict": verdict, "unexplained_rows": rows, "unexplained_yen": yen,
        "checks": [check.as_dict() for check in checks],
    }  # fmt: skip


def _keep_verdict(connection: db.Connection, run_id: str, result: dict[str, Any], report: Report) -> None:
    connection.execute(
        "update migration.run set verdict = %s, unexplained_rows = %s, unexplained_yen = %s, report_file = %s,"
        " report_sha256 = %s where run_id = %s",
        [
            result["verdict"], result["unexplained_rows"], result["unexplained_yen"], report.name, report.sha256,
            run_id,
        ],
    )  # fmt: skip
