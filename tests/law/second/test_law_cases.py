"""The great comparison on a few cases: it counts, and a planted wrong answer is found and told."""

import sys

import pytest

from bench import law_cases
from tests.law.second import charge_compare, engine, interest_compare, prescription_compare
from tests.law.second.prescription_cases import Answer, Case


def test_the_shares_make_up_the_whole() -> None:
    made = list(law_cases.chunks(100_000, 1))
    assert sum(chunk.cases for chunk in made) == 100_000
    assert sum(chunk.cases for chunk in made if chunk.kind == "prescription") == 30_000
    assert len({chunk.seed for chunk in made}) == len(made)


def test_the_same_seed_makes_the_same_cases() -> None:
    first, second = (prescription_compare.cases(7, 50) for _ in range(2))
    assert list(first) == list(second)


def test_a_wrong_prescription_is_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    right = engine.answer

    def a_day_late(case: Case) -> Answer:
        said = right(case)
        return Answer(said.state, said.safe + 1, said.alternative, said.cause)

    monkeypatch.setattr(engine, "answer", a_day_late)
    monkeypatch.setattr(sys, "argv", ["law_cases", "--cases", "100", "--seed", "5", "--processes", "1"])
    assert law_cases.main() == 1
    told = capsys.readouterr().out
    assert "prescription: 30 cases, 30 differences" in told
    assert "receivables law prescription --claim-type" in told
    assert "seed=5" in told


def test_a_wrong_charge_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "charge", lambda *_: (100, 100))
    monkeypatch.setattr(engine, "refund", lambda *_: 100)
    assert len(charge_compare.differences(1, 100)) > 90
    assert len(interest_compare.differences(1, 100)) >= 45
