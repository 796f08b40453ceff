"""Random faults in the files and maps of a whole rehearsal; `make bench-migration-faults` plants hundreds of them."""

from dataclasses import replace

import pytest
from bench.step_migration_faults import planted

from receivables.migration import reconciling
from receivables.migration.comparing import compared
from receivables.settings import State


def test_every_fault_is_found_and_nothing_else(published: State) -> None:
    tally = planted(published, faults=36, seed=36)

    assert tally.missed == []
    assert tally.false_alarms == []
    assert tally.total == 36
    assert {"cell", "row", "file", "character", "mapping"} == set(tally.planted)
    assert tally.untouched > 40


def test_a_reconciliation_that_compares_no_rows_is_found_out(published: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        reconciling, "compared", lambda *given: [replace(each, status="PASS", keys=[]) for each in compared(*given)]
    )

    tally = planted(published, faults=8, seed=5)

    assert len(tally.missed) > 1
