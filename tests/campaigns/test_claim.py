"""The claim on a large register: nothing large is read through, and what was claimed outlives a crash."""

import os
import signal
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bench import crowd
from receivables import campaigns, db, four_eyes, server
from receivables.campaigns import outbox
from receivables.campaigns.claiming import Claimer, Clock
from receivables.settings import State

from .conftest import QUICK, TABLES, World

REGISTER, QUARANTINED = 300_000, 20_000
SMALL = {"switch", "run", "approval", "approver", "load", "published_batch", "merge", "hold", "contact_fact",
         "channel_stop", "row", "outbox"}  # fmt: skip


def claimer(state: State, run_id: str) -> Claimer:
    with db.connect(state, "sender") as connection:
        run, contacts = outbox.approved_list(connection, run_id, state.secret(four_eyes.KEY))
        outbox.fill(connection, run, day=run.as_of, is_window_ignored=True)
    return Claimer(state, run, run.rules(), contacts, Clock(timedelta(0), is_window_ignored=True), QUICK, "w")


@pytest.fixture
def large(world: World) -> World:
    """Sixty debtors in a register of 300,000 who all have a number, and many rows in quarantine."""
    for _ in range(60):
        world.debtor()
    world.run(
        "insert into vault.register__persons (addressee_no, phone, _known_from)"
        " select 'x' || n, '080-' || lpad((n / 20000)::text, 4, '1') || '-' || lpad((n / 2 %% 10000)::text, 4, '0'),"
        " %s from generate_series(1, %s) as n", crowd.AS_OF, REGISTER,
    )  # fmt: skip
    world.run(
        "insert into quarantine.row (batch_id, source, table_name, file_name, line_no, byte_offset, raw, reason_code,"
        " owner_dept) select %s, 'resident_tax', 'resident_tax__claims', 'f', n, n,"
        " convert_to(repeat(md5(n::text), 4), 'UTF8'), 'AMOUNT', 'tax' from generate_series(1, %s) as n",
        f"resident_tax__claims-{crowd.AS_OF}", QUARANTINED,
    )  # fmt: skip
    world.run("create unique index if not exists register__persons_current on vault.register__persons (addressee_no)"
              " where _known_to is null")  # fmt: skip
    return world


def test_a_claim_reads_no_large_table_through_and_takes_milliseconds(large: World) -> None:
    one = claimer(large.state, large.approved())
    seconds = []
    for _ in range(3):
        with db.connect(large.state, "sender") as connection:
            began = time.monotonic()
            found = one._claim(connection, one.clock.moment(connection), 20)
            seconds.append(time.monotonic() - began)
            scanned = connection.execute(
                "select relname, seq_tup_read from pg_stat_xact_user_tables where seq_tup_read > 0"
            ).fetchall()
        assert len(found.messages) == 20
        assert {name for name, _ in scanned} <= SMALL | {"fct_delinquencies", "link", "contact"}  # of sixty rows here
        assert "register__persons" not in {name for name, _ in scanned}
    assert statistics.median(seconds) < 0.25


def test_who_shares_a_number_is_found_however_it_is_written(large: World) -> None:
    debtor = large.debtor(phone="０８０－１１１５－５５５５")
    large.run("insert into vault.register__persons values ('a', '+81 80-1115-5555', %s, null)", crowd.AS_OF)
    one = claimer(large.state, large.approved())

    with db.connect(large.state, "sender") as connection:
        found = connection.execute("select * from campaign.phones_of(%s)", [[debtor]]).fetchall()
        scanned = connection.execute(
            "select 1 from pg_stat_xact_user_tables where relname = 'register__persons' and seq_scan > 0"
        ).fetchall()

    others = large.run("select count(*) from vault.register__persons where phone = '080-1115-5555'")[0][0]
    assert (found, scanned) == ([(debtor, "08011155555", 2 + others)], [])
    assert one.contacts


@pytest.fixture
def own_state(new_state: Callable[[], State]) -> State:
    """A server of its own, which this test may kill."""
    state = new_state()
    with db.connect(state) as connection:
        db.run_script(connection, TABLES)
        crowd.publish(connection)
        crowd.add(connection, 200)
    return state


def test_what_was_claimed_is_still_claimed_after_the_database_was_killed(own_state: State, no_holdout: None) -> None:
    run_id = campaigns.build("sms_after_dunning", as_of=crowd.AS_OF, maker="planner", state=own_state)
    for user in ("chief_tax", "chief_insurance"):
        campaigns.approve(run_id, user=user, state=own_state)
    one, claimed = claimer(own_state, run_id), set()
    for _ in range(4):
        claimed |= {message.contact_id for message in one.claim(20).messages}
        running = server.ensure_running(own_state)
        assert running is not None
        os.kill(int((Path(running.data) / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        assert server.wait_until(lambda: is_there(own_state), seconds=60)

        with db.connect(own_state, "sender") as connection:
            kept = connection.execute("select contact_id from campaign.outbox where state = 'sending'").fetchall()
            approvals = connection.execute("select count(*) from campaign.approval").fetchone()
        assert ({contact_id for (contact_id,) in kept}, approvals) == (claimed, (2,))
    assert len(claimed) == 80


def is_there(state: State) -> bool:
    try:
        with db.connect(state) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except (db.DatabaseError, db.EnvironmentFailureError):
        return False
