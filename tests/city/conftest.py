"""A ward of this room's own, in a state of its own, and its files re-read without the city's code."""

import csv
import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from receivables import city
from receivables.settings import State

AS_OF = date(2026, 6, 19)


def read_csv(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def digests(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != "connection.json"
    }


@pytest.fixture(scope="session")
def make_ward(state: State, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, dict[str, Any]]]:
    def make(**options: Any) -> tuple[Path, dict[str, Any]]:
        out = tmp_path_factory.mktemp("ward") / "w"
        return out, city.make(**{"residents": 1_000, "seed": 7, "as_of": AS_OF, "out": out, "state": state} | options)

    return make


@pytest.fixture(scope="session")
def small_ward(make_ward: Callable[..., tuple[Path, dict[str, Any]]]) -> Path:
    return make_ward(residents=3_000, seed=1)[0]
