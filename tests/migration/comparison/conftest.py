"""Two small tables of one group, laid into the session's server, and a brute-force comparison to hold against."""

from collections.abc import Iterator

import pytest

from receivables import db
from receivables.settings import State


@pytest.fixture(scope="session")
def connection(state: State) -> Iterator[db.Connection]:
    """A connection whose transaction is never committed."""
    with db.connect(state, doing="compare") as one:
        yield one
        one.rollback()
