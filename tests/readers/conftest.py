"""The intake's desk with contracts of its own, one per reader; docs/readers.md shows the same ones."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.conftest import Desk, clean, intake  # noqa: F401
from tests.ingest.conftest import desk as intake_desk  # noqa: F401

CONTRACTS = Path(__file__).parent / "contracts"


@pytest.fixture(scope="session")
def _all_contracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contracts") / "all"
    shutil.copytree(CONTRACTS, folder)
    return folder


@pytest.fixture
def own_contracts(_all_contracts: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECEIVABLES_CONTRACTS", str(_all_contracts))
    return _all_contracts


@pytest.fixture
def desk(own_contracts: Path, intake_desk: Desk) -> Desk:  # noqa: F811
    return intake_desk


@pytest.fixture
def parsed() -> Callable[..., Any]:
    """Parses one value as the table's contract says: what RowCheck would keep."""
    from receivables.ingest.rows import RowCheck

    return lambda table, record: RowCheck(table).check(record)
