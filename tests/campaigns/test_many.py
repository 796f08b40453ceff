"""5,000 messages through the city's simulator, with faults, workers killed and the database killed (the 100,000 are
`python -m bench.step_sending`)."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from bench.step_sending import TARGETS, Wanted, send

from receivables.settings import State

WANTED = Wanted(messages=5_000, rate=200, kills=12, database_kills=1, workers=4)


@pytest.mark.slow
def test_five_thousand_messages_under_fire(new_state: Callable[[], State]) -> None:
    found = send(WANTED, new_state())

    assert (found["messages"], found["accepted"], found["duplicates"], found["lost"]) == (5_000, 5_000, 0, 0)
    assert (found["unknown"], found["unknown_listed"], found["never_listed"]) == (0, 0, [])
    assert found["busiest_second_ratio"] <= 1.1
    assert found["database_kills"] == 1
    assert found["worker_kills"] >= WANTED.kills - 2
    assert found["calls"] > 5_050, "the carrier failed too seldom for this to prove anything"
    assert found["looked_up"] > 100


def test_the_document_tells_what_the_hundred_thousand_gave() -> None:
    root = Path(__file__).resolve().parents[2]
    told = json.loads((root / "bench" / "sending.json").read_text(encoding="utf-8"))
    text = " ".join((root / "docs" / "sending.md").read_text(encoding="utf-8").split())

    assert not [name for name, most in TARGETS.items() if told[name] > most and name != "wall_seconds"]
    assert f"It took {told['wall_seconds'] / 60:.1f} minutes" in text
    assert (told["messages"], told["accepted"], told["never_listed"]) == (100_000, 100_000, [])
    assert told["unknown"] == told["unknown_listed"]
    assert (
        f"{told['messages']:,} messages through the simulator at {told['rate_per_second']} a second with"
        f" {told['fault_permille'] / 10:g} % faults, {told['worker_kills']} workers and"
        f" {told['database_kills']} databases"
    ) in text
