"""A stop reason against a claim (F62): 1,000 races within ±50 ms; what was committed first counts, at the carrier."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import psycopg
import pytest

from receivables import db
from receivables.campaigns import dispatching
from receivables.campaigns.claiming import Claimed, Claimer

from .conftest import AS_OF, NOON, QUICK, CarrierProcess, World

Start = Callable[..., CarrierProcess]
FAST = QUICK.model_copy(update={"parts_per_second": 2_000, "settle_seconds": 0.1})
ROUNDS, EACH, WITHIN = 100, 10, 0.05
REASONS = (
    "insert into campaign.hold (debtor_id, exclusion_code, valid_from, owner_dept) values (%s, 'X11', %s, 'tax')",
    "insert into identity.contact_fact values (%s, 'X07', %s, null, 'residents', 'b')",
    "insert into identity.channel_stop values (%s, 'sms', %s, 'b')",
)


class Writers:
    """Four people who write stop reasons, each at the moment it was told."""

    def __init__(self, world: World) -> None:
        self.committed: dict[str, float] = {}
        self._connections = [psycopg.connect(db.dsn(world.state), autocommit=True) for _ in range(4)]

    def start(self, moments: dict[str, float], dice: random.Random) -> list[threading.Thread]:
        """Write one reason for each debtor at its moment (of the monotonic clock)."""
        order = sorted(moments, key=lambda debtor: moments[debtor])
        shares = [order[at :: len(self._connections)] for at in range(len(self._connections))]
        kinds = {debtor: dice.choice(REASONS) for debtor in order}
        threads = [
            threading.Thread(target=self._write, args=(connection, share, moments, kinds))
            for connection, share in zip(self._connections, shares, strict=True)
        ]
        for thread in threads:
            thread.start()
        return threads

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _write(
        self, connection: psycopg.Connection[tuple[object, ...]], share: list[str], moments: dict[str, float],
        kinds: dict[str, str],
    ) -> None:  # fmt: skip
        for debtor in share:
            time.sleep(max(0.0, moments[debtor] - time.monotonic()))
            with connection.transaction():
                connection.execute(kinds[debtor], [debtor, AS_OF])  # type: ignore[call-overload]
                # Before the commit, so that the clocks cannot excuse anything: no call may be under way by now.
                self.committed[debtor] = time.time()


@pytest.fixture
def writers(world: World) -> Iterator[Writers]:
    made = Writers(world)
    yield made
    made.close()


def race(
    world: World, carrier: Start, writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, float], dict[str, float]]:
    """When each debtor's message reached the carrier, and when the reason against it was committed."""
    dice, debtors = random.Random(62), [world.debtor() for _ in range(ROUNDS * EACH)]
    run_id, gateway = world.approved(), carrier()
    waiting = [d for (d,) in world.run("select debtor_id from campaign.contact order by contact_id")]
    threads: list[threading.Thread] = []

    took, real = 0.08, Claimer.claim

    def claim(self: Claimer, limit: int) -> Claimed:
        """The next ten, while reasons against just these are committed within 50 ms of the claim's own commit."""
        nonlocal took
        for thread in threads:
            thread.join()
        began = time.monotonic()
        moments = {debtor: began + took + dice.uniform(-WITHIN, WITHIN) for debtor in waiting[:EACH]}
        del waiting[:EACH]
        threads[:] = writers.start(moments, dice)
        found = real(self, min(limit, EACH))
        took = (took + time.monotonic() - began) / 2
        return found

    monkeypatch.setattr(Claimer, "claim", claim)
    dispatching.dispatch(
        run_id, state=world.state, gateway_url=gateway.url, now=datetime.fromisoformat(NOON), terms=FAST
    )
    of = {reference: debtor for debtor, reference in world.run("select debtor_id, reference from campaign.outbox")}
    assert len(writers.committed) == len(debtors)
    return {of[each["reference"]]: float(each["at"]) for each in gateway.sent()}, writers.committed


def test_in_a_thousand_races_nothing_reaches_the_carrier_after_a_reason_was_committed(
    world: World, carrier: Start, writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, committed = race(world, carrier, writers, monkeypatch)

    late = {debtor: arrived[debtor] - committed[debtor] for debtor in arrived if arrived[debtor] > committed[debtor]}
    assert late == {}
    assert len(committed) == ROUNDS * EACH
    assert 50 < len(arrived) < 950, "the races must be won by both sides"
    rest = world.run("select state, count(*) from campaign.outbox where debtor_id <> all(%s) group by 1", [*arrived])
    assert rest == [("suppressed", ROUNDS * EACH - len(arrived))]


def test_the_same_without_the_last_look_is_late(
    world: World, carrier: Start, writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with the check at the claim alone, messages do arrive after the reason."""
    monkeypatch.setattr("receivables.campaigns.calling.in_force", lambda *_: ())
    monkeypatch.setattr("tests.campaigns.test_races.ROUNDS", 20)

    arrived, committed = race(world, carrier, writers, monkeypatch)

    assert [debtor for debtor in arrived if arrived[debtor] > committed[debtor]]
