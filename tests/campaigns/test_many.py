"""5,000 messages through the city's simulator, with faults, workers killed and the database killed (the 100,000 are
`python -m bench.step_sending`)."""

from collections.abc import Callable

import pytest
from bench.step_sending import Wanted, send

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
