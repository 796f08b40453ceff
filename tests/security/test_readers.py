"""Readers during publishes: one batch each, always a whole one, and nobody waits (I4)."""

import threading
import time
from collections.abc import Callable

import psycopg
import pytest
from handmade import AS_OF, Handmade

from receivables import access, db, publish, warehouse
from receivables.errors import EnvironmentFailureError

pytestmark = pytest.mark.postgres
PUBLISHES = 15
REST_SECONDS = 0.5  # between two readings: a publish changes a view while nobody reads it
MARTS = sorted(access.declaration().marts)
EMPTY = {"agg_write_offs", "agg_receipt_lag", "wl_in_flight", "agg_contact_effect"}  # the handmade world has none such
FILLED = [mart for mart in MARTS if mart not in EMPTY]
CURRENT = "select published_batch from ops.published_batch where is_current"
ALL_AT_ONCE = " union all ".join(
    [f"select '{mart}' as mart, published_batch, count(*) from mart.{mart} group by 2" for mart in FILLED]
    + [f"select 'current', published_batch, 1 from ({CURRENT}) as c"]
)


def single_statements(connection: psycopg.Connection, stop: threading.Event) -> list[set[tuple[str, str]]]:
    """READ COMMITTED: everything in one statement."""
    connection.autocommit = True
    found = []
    while not stop.is_set():
        found.append({(mart, batch) for mart, batch, _ in connection.execute(ALL_AT_ONCE).fetchall()})
        time.sleep(REST_SECONDS / 10)
    return found


def long_transactions(connection: psycopg.Connection, stop: threading.Event) -> list[set[tuple[str, str]]]:
    """REPEATABLE READ: one mart after the other, in pauses; the snapshot is older than what is built meanwhile."""
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    found = []
    while not stop.is_set():
        seen = set()
        connection.execute("select 1")
        time.sleep(0.3)
        for mart in FILLED:
            query = f"select distinct published_batch from mart.{mart}"
            seen |= {(mart, batch) for (batch,) in connection.execute(query).fetchall()}  # type: ignore[arg-type]
            time.sleep(0.01)
        seen |= {("current", batch) for (batch,) in connection.execute(CURRENT).fetchall()}
        connection.commit()
        found.append(seen)
        time.sleep(REST_SECONDS)
    return found


@pytest.mark.slow
def test_no_reader_ever_sees_two_batches_or_none(world: Handmade) -> None:
    stop, found, published = threading.Event(), [], []

    def read(how: Callable[..., list[set[tuple[str, str]]]], role: str) -> None:
        with psycopg.connect(db.dsn(world.state, role)) as connection:
            found.append((how.__name__, how(connection, stop)))

    readers = [
        threading.Thread(target=read, args=(how, role))
        for how in (single_statements, long_transactions)
        for role in ("analyst", "etl")
    ]
    for each in readers:
        each.start()
    try:
        for number in range(PUBLISHES):
            if number % 5 == 0:
                warehouse.build_marts(as_of=AS_OF, state=world.state)  # dbt itself now and then
            else:
                world.rebuild_marts()
                time.sleep(0.3)
            published.append(publish.publish(as_of=AS_OF, state=world.state))
    finally:
        stop.set()
        for each in readers:
            each.join()

    assert len(found) == len(readers), "a reader failed"
    for kind, readings in found:
        assert len(readings) >= PUBLISHES // 3, kind
        torn = [reading for reading in readings if len({batch for _, batch in reading}) != 1]
        assert torn == [], kind
        partial = [reading for reading in readings if len(reading) != len(FILLED) + 1]
        assert partial == [], kind
    seen = {batch for _, readings in found for reading in readings for _, batch in reading}
    assert len(seen & set(published)) >= PUBLISHES // 2, "the readers watched while batches changed"


def test_an_old_snapshot_keeps_its_batch_after_the_next_is_published(world: Handmade) -> None:
    with psycopg.connect(db.dsn(world.state, "analyst")) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        before = reader.execute(CURRENT).fetchone()
        world.rebuild_marts()
        after = publish.publish(as_of=AS_OF, state=world.state)
        seen = reader.execute("select distinct published_batch from mart.fct_claims").fetchall()

    assert seen == [before]
    assert before != (after,)


def test_a_reader_that_holds_a_mart_for_ever_stops_the_publish_and_not_other_readers(
    world: Handmade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "PATIENCE_SECONDS", 1.0)
    world.rebuild_marts()
    current = world.run(CURRENT)
    with psycopg.connect(db.dsn(world.state, "analyst")) as reader:
        reader.execute("select count(*) from mart.fct_claims")
        with pytest.raises(EnvironmentFailureError, match=r"a reader has held mart\.fct_claims"):
            publish.publish(as_of=AS_OF, state=world.state)
        assert world.run(CURRENT) == current
        with db.connect(world.state, "dept_tax_staff") as other:
            assert other.execute("select count(*) from mart.fct_claims").fetchone() == (2,)

    assert publish.publish(as_of=AS_OF, state=world.state) != current[0][0], "and it goes on where it was cut off"
