"""A warehouse of its own for nights that are made by hand."""

from collections.abc import Callable, Iterator

import pytest

from receivables import db
from receivables.identity import matched
from receivables.settings import State
from tests.identity.nights import Nights


@pytest.fixture(scope="session")
def matching_state(new_state: Callable[[], State]) -> State:
    return new_state()


@pytest.fixture
def nights(matching_state: State, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nights]:
    """Nights that do a part however much of a small town has changed."""
    monkeypatch.setattr(matched, "_MOST_CHANGED", 1.0)
    with db.connect(matching_state, autocommit=True) as connection:
        yield Nights(connection)
