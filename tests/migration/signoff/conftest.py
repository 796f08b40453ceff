"""Runs made by hand in a real database: rows, one file, a report; no reconciliation is needed to sign one."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from receivables import db, roster
from receivables.migration import signoff
from receivables.migration.checks import Check, keep_checks
from receivables.migration.runs import folder_of
from receivables.migration.signoff.report_model import report_model
from receivables.settings import State
from tests.migration.signoff import handmade

_EMPTY = """
truncate migration.run, migration.run_group, migration.row_ledger, migration.file_manifest, migration.recon_result,
    migration.recon_diff, migration.signoff, migration.release, migration.acceptance, decision.proposal,
    campaign.approver cascade
"""
FILE = "036o005_20260619000000_1.csv"


@dataclass
class Desk:
    """The database as the administrator sees it, and the runs in it."""

    state: State
    connection: db.Connection
    made: int = 0

    def run(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        done = self.connection.execute(query, arguments or None)  # type: ignore[call-overload]
        return done.fetchall() if done.description else []

    def rehearse(self, *, kind: str = "rehearsal", made_by: str | None = None, snapshot: str = "2026-06-19",
                 sources: tuple[str, ...] = ("nhi",)) -> str:  # fmt: skip
        """A staged and written run that nobody has reconciled yet."""
        self.made += 1
        run_id = f"M20260619-{self.made:04}"
        self.run(
            "insert into migration.run (run_id, kind, edition, profile, snapshot_date, published_batch, spec_sha256,"
            " map_sha256, profile_sha256, plan, made_by) values (%s, %s, '0.1-draft', 'standard_csv', %s, 'p1', 's',"
            " 'm', 'p', %s::jsonb, %s)",
            run_id, kind, snapshot, json.dumps({"sources": sources}), made_by,
        )  # fmt: skip
        self.run("insert into migration.run_group values (%s, 'chotei_shuno', 1, '{}', '{}')", run_id)
        file = folder_of(run_id, self.state) / FILE
        file.write_bytes(b"no resident\r\n")
        self.run(
            "insert into migration.file_manifest (run_id, file_name, group_id, rows, sums, sha256, bytes)"
            " values (%s, %s, 'chotei_shuno', 1, '{}', %s, 13)",
            run_id, FILE, handmade.sha("no resident\r\n"),
        )  # fmt: skip
        return run_id

    def reconcile(self, run_id: str, *checks: Check, differences: tuple[signoff.Differing, ...] = ()) -> list[Check]:
        """What a reconciliation does at its end: acceptances, results, report, verdict."""
        with db.connect(self.state, "migrator", doing="reconcile") as connection:
            connection.execute("select from migration.run where run_id = %s for update", [run_id])
            found = signoff.apply(connection, run_id, checks or (PASSED,), differences, state=self.state)
            keep_checks(connection, run_id, found)
            gate = signoff.gate(found, signoff.still_open(connection, run_id))
            kind = connection.execute("select kind from migration.run where run_id = %s", [run_id]).fetchone()
            facts = replace(
                handmade.ordinary(), run=handmade.run_row(run_id=run_id, kind=kind and kind[0]), checks=tuple(found),
                unexplained_rows=gate.unexplained_rows, unexplained_yen=gate.unexplained_yen, differences=(),
                signers=signoff.required(["nhi_premium"]), groups=handmade.ordinary().groups[1:2],
                acceptances=signoff.acceptance_lines(connection, run_id),
            )  # fmt: skip
            model = report_model(facts)
            report = signoff.keep_report(connection, model, state=self.state)
            connection.execute(
                "update migration.run set verdict = %s, unexplained_rows = %s, unexplained_yen = %s, report_file = %s,"
                " report_sha256 = %s where run_id = %s",
                [
                    model["summary"]["verdict"],
                    gate.unexplained_rows,
                    gate.unexplained_yen,
                    report.name,
                    report.sha256,
                    run_id,
                ],
            )
        return found

    def verdict(self, run_id: str) -> str:
        return str(self.run("select verdict from migration.run where run_id = %s", run_id)[0][0])

    def file(self, run_id: str) -> Path:
        return folder_of(run_id, self.state) / FILE


PASSED = Check("R-030", "W-G", "各行の値が一致", "PASS", group="chotei_shuno")
FINAL = Check("C-110", "G", "仕様の版が確定している", "PASS", group="chotei_shuno")


@pytest.fixture(scope="session")
def signing_state(new_state: Callable[[], State]) -> State:
    return new_state()


@pytest.fixture
def desk(signing_state: State) -> Iterator[Desk]:
    """No run, and the municipality's own roster."""
    with db.connect(signing_state, autocommit=True, doing="handmade") as connection:
        made = Desk(signing_state, connection)
        made.run(_EMPTY)
        roster.install(signing_state)
        yield made
