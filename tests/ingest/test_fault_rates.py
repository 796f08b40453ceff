"""Five rates of faults, from none to one row in twenty: every row and yen is found again, every fault by its reason."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from receivables import city, contracts, ingest
from receivables.settings import State
from tests.conftest import AS_OF
from tests.ingest.test_ward import found, planted

pytestmark = pytest.mark.postgres
PERMILLE = (0, 1, 5, 20, 50)


@pytest.fixture(scope="module", params=PERMILLE)
def spoilt_ward(request: pytest.FixtureRequest, new_state: Callable[[], State]) -> tuple[int, State]:
    state = new_state()
    city.make(residents=2_000, seed=11, as_of=AS_OF, fault_permille=request.param, out=state.ward, state=state)
    for contract in contracts.all_contracts():
        ingest.ingest_source(contract.source, drop=state.ward, as_of=AS_OF, state=state)
    return request.param, state


def test_nothing_is_unexplained_at_any_rate(spoilt_ward: tuple[int, State]) -> None:
    _, state = spoilt_ward
    account = ingest.account(as_of=AS_OF, state=state)
    assert [batch["reason"] for batch in account["batches"] if batch["state"] != "loaded"] == []
    assert (account["unexplained_rows"], account["unexplained_yen"]) == (0, 0)


def test_every_fault_is_found_with_its_reason_at_any_rate(spoilt_ward: tuple[int, State]) -> None:
    permille, state = spoilt_ward
    wanted = planted(state.ward, "faults.csv")
    assert wanted.total() > permille * 20
    assert found(state, "select source, file_name, line_no, reason_code from quarantine.row") == wanted
    aside = """
        select load.source, load.file_name, aside.line_no, aside.reason_code
        from ops.set_aside_row as aside inner join ops.load as load using (batch_id)
    """
    assert found(state, aside) == planted(state.ward, "set_aside.csv")


def test_what_is_left_is_what_the_truth_counts(spoilt_ward: tuple[int, State]) -> None:
    _, state = spoilt_ward
    accepted = {
        batch["table_name"]: (batch["accepted_rows"], batch["accepted_yen"])
        for batch in ingest.account(as_of=AS_OF, state=state)["batches"]
    }
    wanted: dict[str, tuple[int, int]] = {}
    for row in totals(state.ward):
        rows, yen = wanted.get(row["table_name"], (0, 0))
        wanted[row["table_name"]] = (rows + int(row["rows"]), yen + int(row["yen"]))
    assert accepted == wanted


def totals(ward: Path) -> list[dict[str, str]]:
    with (ward / "truth/totals.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
