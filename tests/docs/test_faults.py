"""docs/faults.md against what is there: every fault once, its tests and reason codes real, gaps said in words."""

import ast
import csv
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| F\d\d \|", line)
]


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_fault_has_one_row() -> None:
    assert [row[0] for row in ROWS] == [f"F{number:02d}" for number in range(1, 80)]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_names_tests_and_reasons_that_are_there(row: list[str]) -> None:
    code, fault, answer, reasons, tests = row
    with (ROOT / "dbt_project/seeds/ingest/reason_codes.csv").open(encoding="utf-8", newline="") as lines:
        known = {found["reason_code"] for found in csv.DictReader(lines)}
    named = [name.split("::") for name in re.findall(r"`([^`]+)`", tests)]
    assert fault
    assert named or "not tested" in answer, code
    assert all(test in names_in(path) for path, test in named), code
    assert set(re.findall(r"`([A-Z_]+)`", reasons)) <= known
