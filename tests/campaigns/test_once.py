"""Each message once: a carrier that lies by silence, and dispatchers killed with -9 midway (reliability sheet 2.2)."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from receivables import campaigns, db

from .conftest import NOON, QUICK, CarrierProcess, World

Start = Callable[..., CarrierProcess]
PACED = QUICK.model_copy(update={"parts_per_second": 60})
PEOPLE, KILLS = 120, 8
FAULTS = {"fault_permille": 200, "late_seconds": 0.7, "seed": 7}


def worker(world: World, run_id: str, url: str, *options: str) -> subprocess.Popen[bytes]:
    script = Path(__file__).with_name("worker.py")
    command = [sys.executable, script, world.state.root, run_id, url, PACED.model_dump_json(), *options]
    return subprocess.Popen([str(part) for part in command], stderr=subprocess.DEVNULL)


def kill_midway(world: World, run_id: str, gateway: CarrierProcess, *options: str) -> int:
    """Two workers at a time, killed at random moments while they send; returns how many died so."""
    dice, killed = random.Random(3), 0
    running = [worker(world, run_id, gateway.url, *options) for _ in range(2)]
    for _ in range(KILLS):
        before = sum(gateway.ledger().values())
        deadline = time.monotonic() + 15
        while sum(gateway.ledger().values()) < before + 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(dice.random() * 0.1)
        victim = running.pop(0)
        if victim.poll() is None:
            victim.send_signal(signal.SIGKILL)
            killed += 1
        victim.wait()
        running.append(worker(world, run_id, gateway.url, *options))
    for each in running:
        each.wait(timeout=120)
    return killed


@pytest.fixture
def approved_run(world: World) -> str:
    for _ in range(PEOPLE):
        world.debtor()
    return world.approved()


@pytest.mark.slow
def test_killed_dispatchers_and_a_silent_carrier_give_no_duplicate_and_lose_nothing(
    approved_run: str, world: World, simulator: Start
) -> None:
    gateway = simulator(**FAULTS)

    killed = kill_midway(world, approved_run, gateway)
    done = campaigns.dispatch(
        approved_run, state=world.state, gateway_url=gateway.url, now=datetime.fromisoformat(NOON), terms=PACED
    )

    ledger = gateway.ledger()
    assert killed >= KILLS // 2
    assert (len(ledger), set(ledger.values()), done["waiting"]) == (PEOPLE, {1}, 0)
    lost_replies = world.run("select count(*) from campaign.outbox_event where outcome like 'looked_up_%%'")[0][0]
    assert lost_replies > KILLS
    assert world.run("select state from campaign.run") == [("done",)]
    time.sleep(0.5)
    campaigns.results(approved_run, state=world.state, gateway_url=gateway.url)
    final = world.run("select distinct state from campaign.outbox")
    assert {state for (state,) in final} <= {"delivered", "failed_perm", "failed_temp"}


@pytest.mark.slow
def test_the_same_without_settling_and_look_up_does_duplicate(
    approved_run: str, world: World, simulator: Start
) -> None:
    """The control: if this test stops finding duplicates, the one above proves nothing."""
    gateway = simulator(**FAULTS)
    world.run("alter table campaign.outbox disable trigger outbox_moves_forward")
    try:
        kill_midway(world, approved_run, gateway, "--blind")
    finally:
        world.run("alter table campaign.outbox enable trigger outbox_moves_forward")

    assert max(gateway.ledger().values()) > 1


@pytest.mark.parametrize("fault", ["busy", "error_before", "error_after", "cut_after", "late"])
def test_one_fault_at_a_time(fault: str, world: World, carrier: Start) -> None:
    for _ in range(6):
        world.debtor()
    gateway = carrier(fault_permille=400, only_fault=fault, late_seconds=0.7)

    done = campaigns.dispatch(
        world.approved(), state=world.state, gateway_url=gateway.url, now=datetime.fromisoformat(NOON), terms=QUICK
    )

    assert (list(gateway.ledger().values()), done["waiting"]) == ([1] * 6, 0)


@pytest.mark.parametrize("statement", [
    "update campaign.outbox set state = 'ready'",
    "update campaign.outbox set state = 'ready', outcome = 'looked_up_never_seen'",
    "update campaign.outbox set reference = 'another'",
    "update campaign.outbox set state = 'delivered'",
])  # fmt: skip
def test_the_database_itself_refuses_a_blind_way_back(statement: str, world: World) -> None:
    world.debtor()
    run_id = world.approved()
    _fill(world, run_id)
    world.run("update campaign.outbox set state = 'sending'")

    with pytest.raises(db.DatabaseError) as found, db.connect(world.state, "sender") as connection:
        connection.execute(statement)
    assert str(found.value.sqlstate).startswith("RC01")


def _fill(world: World, run_id: str) -> Any:
    return world.run(
        "insert into campaign.outbox (contact_id, run_id, debtor_id, channel, reference, parts_count)"
        " select contact_id, run_id, debtor_id, 'sms', reference, 1 from campaign.contact where run_id = %s", run_id,
    )  # fmt: skip
