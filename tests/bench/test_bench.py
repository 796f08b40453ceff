"""The benchmark suite on a few rows: it runs, and it does not time a wrong result."""

import json
from pathlib import Path
from typing import Any

import pytest
from bench.__main__ import Wanted, measure
from bench.deliveries import deliver
from bench.rounds import Contender, Gate, Step

from bench import report, rounds

OURS = (
    "ours",
    "ours, two streams",
    "ours, a tenth of the rows",
    "ours, csv",
    "ours, fixed width",
    "ours, csv, a tenth",
)


def spoil(step: Step) -> None:
    """One contender of the load is given a result with a row too few."""
    if step.name == "load":
        one = step.named("psycopg pass-through of the csv")
        answer = one.answer
        one.answer = lambda: (int(str(answer()[0])) - 1, *answer()[1:])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out: Path = tmp_path_factory.mktemp("bench")
    measure(Wanted(scale=0.002, rounds=2, has_peers=False, steps=("load", "clean"), out=out), spoil)
    found: dict[str, Any] = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert (out / "ratios.svg").read_text(encoding="utf-8").startswith("<svg")
    return {one["name"]: one for step in found["steps"] for one in step["contenders"]}


def test_ours_gives_the_answer_of_the_key_and_is_timed(told: dict[str, Any]) -> None:
    assert [told[name]["verdict"] for name in OURS] == ["right"] * len(OURS)
    assert all(told[name]["cpu_ratio"] > 0 for name in OURS)


def test_a_wrong_result_is_named_and_not_timed(told: dict[str, Any]) -> None:
    wrong = told["psycopg pass-through of the csv"]
    assert wrong["verdict"].startswith("WRONG: ")
    assert "cpu_ratio" not in wrong
    assert "cpu_seconds" not in wrong


def test_a_peer_that_is_not_there_is_said_to_be_missing(told: dict[str, Any]) -> None:
    assert told["polars"]["verdict"] == "not installed"


def test_the_same_seed_makes_the_same_bytes(tmp_path: Path) -> None:
    one, other = (deliver(tmp_path / name, 3_000) for name in ("one", "other"))
    assert one.sha256 == other.sha256
    assert (one.rows, one.bad_rows) == (3_000, 2)


def test_one_row_in_a_hundred_differs_on_the_second_day(tmp_path: Path) -> None:
    first, second = (deliver(tmp_path / str(day), 30_000, day_no=day) for day in (1, 2))
    lines = [set(each.truth.read_bytes().splitlines()) for each in (first, second)]
    assert len(lines[1] - lines[0]) == 199  # changed and new, one of the new ones is bad
    assert len(lines[0] - lines[1]) == 200  # changed and gone


def contender(name: str, cpu: list[float], rows: int = 100) -> Contender:
    return Contender(name, lambda: None, tuple, (), rows, wall=cpu, cpu=cpu)


@pytest.mark.parametrize(("seconds", "failed"), [(1.1, []), (1.3, []), (1.5, ["step: ours"])])
def test_a_gate_fails_only_beyond_fifteen_per_cent(seconds: float, failed: list[str]) -> None:
    step = Step("step", "", "COPY", [contender("COPY", [1.0, 1.0]), contender("ours", [seconds] * 2)],
                [Gate("ours", "COPY", 1.2)])  # fmt: skip
    assert report.failures([report.tell(step)]) == failed


def test_a_ratio_is_per_row() -> None:
    middle, least, most = rounds.ratio(contender("ours", [1.0, 2.0, 3.0], rows=50), contender("COPY", [1.0, 1.0, 1.0]))
    assert (middle, least, most) == (4.0, 2.0, 6.0)
