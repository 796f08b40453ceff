"""The reconciliation bench on few rows: ours sees every planted fault, and a wrong answer is called WRONG."""

import json
from pathlib import Path

import pytest
from bench.reconcile_days import Answer
from bench.reconcile_ways import Way

from bench import step_reconcile


def test_every_planted_fault_is_seen_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "reconcile.json"
    monkeypatch.setattr(step_reconcile, "GATES", ())  # on a few rows the scan costs nothing
    monkeypatch.setattr("sys.argv", ["bench", "--rows", "4000", "--detect-rows", "4000", "--rounds", "1", "--no-peers",
                                     "--out", str(out)])  # fmt: skip
    assert step_reconcile.main() == 0
    told = json.loads(out.read_text(encoding="utf-8"))
    assert len(told["faults"]) == 12
    for fault, each in told["faults"].items():
        ours = each["ours: all"]
        assert (fault, ours["verdict"], ours["names_rows"], ours["names_columns"]) == (fault, "right", True, True)
    assert told["faults"]["two rows exchange a name"]["record hash"]["verdict"] in ("right", "WRONG")  # by its carries
    assert told["faults"]["row there twice"]["FULL JOIN"]["verdict"] == "WRONG"


def test_a_wrong_answer_is_called_wrong() -> None:
    truth = Answer(True, frozenset({"1"}), frozenset({"fee_yen"}))
    for answer, verdict in (
        (Answer(True, frozenset({"1"}), frozenset({"fee_yen"})), "right"),
        (Answer(False), "WRONG"),
        (Answer(True, frozenset({"2"})), "WRONG"),
        (Answer(True, frozenset({"1"}), frozenset({"address"})), "WRONG"),
    ):
        result = step_reconcile.Result()
        step_reconcile.judge(Way("one", "", lambda: truth), answer, truth, result)
        assert result.verdict == verdict
