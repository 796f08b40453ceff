"""The synthetic ward's planted faults (truth/faults.csv): each is found with the planted reason, none invented."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from receivables import contracts, db, ingest
from receivables.settings import State
from tests.conftest import AS_OF

pytestmark = pytest.mark.postgres
Key = tuple[str, str, int, str]


def planted(ward: Path, name: str) -> Counter[Key]:
    with (ward / "truth" / name).open(encoding="utf-8", newline="") as lines:
        return Counter(
            (row["source"], row["file"], int(row["line_no"]), row["reason_code"]) for row in csv.DictReader(lines)
        )


def found(state: State, query: str) -> Counter[Key]:
    with db.connect(state) as connection:
        return Counter(connection.execute(query.encode()).fetchall())  # type: ignore[arg-type]


def test_every_planted_fault_is_found_with_its_reason_and_none_is_invented(loaded: State, ward: Path) -> None:
    wanted = planted(ward, "faults.csv")
    assert len({reason for *_, reason in wanted}) >= 12
    assert found(loaded, "select source, file_name, line_no, reason_code from quarantine.row") == wanted


def test_rows_set_aside_without_being_wrong_are_the_planted_ones(loaded: State, ward: Path) -> None:
    query = """
        select load.source, load.file_name, aside.line_no, aside.reason_code
        from ops.set_aside_row as aside inner join ops.load as load using (batch_id)
    """
    assert found(loaded, query) == planted(ward, "set_aside.csv")


def test_every_row_and_yen_of_every_file_is_somewhere(loaded: State) -> None:
    account = ingest.account(as_of=AS_OF, state=loaded)
    # Another test of this worker may have run the night again: its copies are duplicates, and change nothing here.
    first = [batch for batch in account["batches"] if batch["state"] != "duplicate"]
    assert len(first) == sum(len(contract.tables) for contract in contracts.all_contracts())
    for batch in first:
        assert batch["state"] == "loaded", batch["reason"]
        for measure in ("rows", "yen"):
            parts = ("accepted", "quarantined", "duplicate", "excluded")
            whole = sum(batch[f"{part}_{measure}"] for part in parts)
            assert batch[f"declared_{measure}"] == whole, batch["batch_id"]
    assert (account["unexplained_rows"], account["unexplained_yen"]) == (0, 0)


def test_quarantined_bytes_are_the_files_own(loaded: State, ward: Path) -> None:
    query = "select source, file_name, byte_offset, raw from quarantine.row where file_name !~ '(xlsx|json)$'"
    with db.connect(loaded) as connection:
        rows = connection.execute(query.encode()).fetchall()
    assert len(rows) > 10
    for source, file_name, offset, raw in rows:
        content = (ward / str(source) / str(file_name)).read_bytes()
        assert content[offset : offset + len(raw)] == raw  # type: ignore[operator, arg-type]
