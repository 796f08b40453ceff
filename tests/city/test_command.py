"""`receivables city make`, as a person or a script calls it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from receivables import contracts
from receivables.cli.city import app
from receivables.errors import InputRejectedError
from receivables.settings import State

pytestmark = pytest.mark.postgres


def tables() -> list[str]:
    """Every table that a contract speaks of."""
    return [table.name for contract in contracts.all_contracts() for table in contract.tables]


def test_make_prints_one_json_object_and_fills_the_folder(state: State, tmp_path: Path) -> None:
    options = ["--residents", "200", "--seed", "3", "--as-of", "2026-06-19", "--out", str(tmp_path / "w")]
    done = CliRunner().invoke(app, ["make", *options, "--state", str(state.root), "--json"])
    assert done.exit_code == 0, done.output
    made = json.loads(done.stdout)
    assert (made["residents"], made["seed"], made["as_of"]) == (200, 3, "2026-06-19")
    assert {table["table_name"] for table in made["tables"]} == set(tables())
    for table in made["tables"]:
        fates = sum(table[fate] for fate in ("accepted", "quarantined", "duplicate", "excluded"))
        assert table["rows"] == fates > 0
    folders = {path.name for path in (tmp_path / "w").iterdir()}
    assert folders == {"truth", *(name.partition("__")[0] for name in tables())}
    assert "password" not in (tmp_path / "w/register/connection.json").read_text()


def test_a_date_that_is_none_is_refused(state: State, tmp_path: Path) -> None:
    options = ["--as-of", "2026-02-30", "--out", str(tmp_path / "w"), "--state", str(state.root)]
    done = CliRunner().invoke(app, ["make", *options])
    assert isinstance(done.exception, InputRejectedError)
    assert not (tmp_path / "w").exists()
