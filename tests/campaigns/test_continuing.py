"""続行: what was interrupted is sent later, once, and only while what two people approved still holds."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from receivables import campaigns
from receivables.campaigns import continuing
from receivables.campaigns.handover import working
from receivables.errors import InvariantBrokenError

from .conftest import AS_OF, NOON, QUICK, CarrierProcess, World
from .test_approvals import insert, mark_approved, row

Start = Callable[..., CarrierProcess]
PROGRAM = str(Path(sys.executable).with_name("receivables"))
UNDUNNED: dict[str, Any] = {"dunned_on": None, "dunning_deadline": None, "due_date": AS_OF - timedelta(days=20)}
SLOW = {"parts_per_second": 10}
EVENING, LATE, NEXT_DAY = (
    "2026-06-19T19:59:59+09:00", "2026-06-19T20:30:00+09:00", "2026-06-20T10:00:00+09:00",
)  # fmt: skip


def send(world: World, run_id: str, url: str, now: str = NOON, **terms: Any) -> dict[str, Any]:
    return campaigns.dispatch(
        run_id, state=world.state, gateway_url=url, now=datetime.fromisoformat(now),
        terms=QUICK.model_copy(update=terms),
    )  # fmt: skip


def go_on(world: World, url: str, now: str = NOON) -> dict[str, tuple[str, int | None, str | None]]:
    told = campaigns.continue_runs(state=world.state, gateway_url=url, now=datetime.fromisoformat(now), terms=QUICK)
    return {each["run_id"]: (each["became"], each["waiting"], each["because"]) for each in told}


def expired(world: World, name: str = "sms_after_dunning") -> str:
    """A run whose approvals have run out, as a week in which nothing could be sent leaves it."""
    run_id = world.build(name=name)
    past = datetime.fromisoformat("2026-01-05T09:00:00+09:00")
    for user in ("chief_tax", "chief_insurance"):
        insert(world, **row(world, run_id, user, approved_at=past, expires_at=past + timedelta(days=7)))
    mark_approved(world, run_id)
    return run_id


def test_what_the_closing_window_cut_off_leaves_in_the_next_one_once(world: World, carrier: Start) -> None:
    for _ in range(20):
        world.debtor()
    run_id, gateway = world.approved(), carrier()
    first = send(world, run_id, gateway.url, EVENING, **SLOW)
    assert (first["stopped_because"], first["waiting"] > 0) == ("window_closed", True)
    sent = len(gateway.sent())

    assert go_on(world, gateway.url, LATE) == {run_id: ("waits", 20 - sent, "window_closed")}
    assert len(gateway.sent()) == sent
    world.publish(AS_OF + timedelta(days=1))
    assert go_on(world, gateway.url, NEXT_DAY) == {run_id: ("done", 0, None)}
    assert go_on(world, gateway.url, NEXT_DAY) == {}, "nothing is open any more"

    assert (len(gateway.ledger()), set(gateway.ledger().values())) == (20, {1})
    assert world.run("select state from campaign.run") == [("done",)]


def test_what_was_approved_and_never_begun_is_sent_and_what_waits_for_people_is_not(
    world: World, carrier: Start
) -> None:
    world.debtor()
    run_id, gateway = world.approved(), carrier()
    world.debtor()
    waiting = world.build()

    assert go_on(world, gateway.url) == {run_id: ("done", 0, None)}
    assert len(gateway.sent()) == 1
    assert dict(world.run("select run_id, state from campaign.run")) == {run_id: "done", waiting: "waiting"}


def test_beside_the_worker_that_still_sends_nothing_leaves_twice(world: World, carrier: Start) -> None:
    for _ in range(60):
        world.debtor()
    run_id, gateway = world.approved(), carrier()
    sender = threading.Thread(target=lambda: send(world, run_id, gateway.url, parts_per_second=20))
    sender.start()
    while len(gateway.sent()) < 5:
        time.sleep(0.02)

    told = go_on(world, gateway.url)
    sender.join(timeout=30)

    assert told == {run_id: ("done", 0, None)}
    assert (len(gateway.ledger()), set(gateway.ledger().values())) == (60, {1})


def test_an_approval_that_ran_out_is_told_and_keeps_no_other_run(world: World, carrier: Start) -> None:
    lost = world.debtor()
    old, gateway = expired(world), carrier()
    world.debtor()
    run_id = world.approved()

    assert go_on(world, gateway.url) == {old: ("unapproved", None, None), run_id: ("done", 0, None)}
    assert len(gateway.sent()) == 2, "the later list was of both"
    assert world.run("select count(*) from campaign.outbox where run_id = %s", old) == [(0,)]
    assert world.message(lost)[0] in ("accepted", "delivered")


def test_a_run_that_fails_keeps_no_other_run_and_is_named_at_the_end(
    world: World, carrier: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.debtor()
    changed, gateway = world.approved(), carrier()
    world.run("alter table campaign.contact disable trigger contact_is_fixed")
    world.run("update campaign.contact set outstanding_yen = outstanding_yen + 1 where run_id = %s", changed)
    world.run("alter table campaign.contact enable trigger contact_is_fixed")
    world.debtor()
    run_id = world.approved()

    with pytest.raises(InvariantBrokenError, match="1 of 2 runs") as found:
        go_on(world, gateway.url)
    assert changed in str(found.value)
    assert run_id not in str(found.value)
    assert len(gateway.sent()) == 2

    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("区民　太郎 08012345678")

    monkeypatch.setattr(continuing, "dispatch", broken)
    with pytest.raises(Exception, match="ValueError") as found:
        go_on(world, gateway.url)
    assert "太郎" not in str(found.value), "what is not ours may name somebody"


@pytest.mark.parametrize("why", ["stopped", "halted", "quiet_day"])
def test_what_must_wait_says_why_and_goes_on_afterwards(why: str, world: World, carrier: Start) -> None:
    from receivables.campaigns import quiet

    world.debtor()
    run_id, gateway = world.approved(), carrier()
    if why == "stopped":
        campaigns.stop(user="operator", reason="test", state=world.state)
    elif why == "halted":
        campaigns.halt("sms_after_dunning", user="chief_tax", reason="test", state=world.state)
    else:
        entered = quiet.be_quiet(AS_OF, AS_OF, reason="災害", user="operator", state=world.state)

    assert go_on(world, gateway.url) == {run_id: ("waits", None if why == "stopped" else 1, why)}
    assert gateway.sent() == []

    if why == "stopped":
        campaigns.resume(user="operator", reason="over", state=world.state)
    elif why == "halted":
        campaigns.lift("sms_after_dunning", user="chief_tax", reason="over", state=world.state)
    else:
        quiet.end_quiet(entered["quiet_id"], user="operator", state=world.state)
    assert go_on(world, gateway.url) == {run_id: ("done", 0, None)}
    assert len(gateway.sent()) == 1


def test_a_recalled_run_is_only_settled(world: World, carrier: Start) -> None:
    asked, other = world.debtor(), world.debtor()
    run_id, gateway = world.approved(), carrier()
    send(world, run_id, gateway.url, "2026-06-19T20:00:00+09:00")
    world.run(
        "update campaign.outbox set state = 'sending', attempt = 1, contact_date = %s, claimed_by = 'lost',"
        " send_by = clock_timestamp(), settle_at = clock_timestamp() where debtor_id = %s",
        AS_OF, asked,
    )  # fmt: skip
    campaigns.recall(run_id, user="operator", why="wrong text", state=world.state)

    assert go_on(world, gateway.url) == {run_id: ("done", 0, "recalled")}
    assert gateway.sent() == [], "the carrier was asked, had never seen it, and is not given it"
    assert (world.message(asked)[0], world.message(other)[0]) == ("cancelled", "cancelled")
    assert go_on(world, gateway.url) == {}


def test_what_only_people_can_find_out_is_left_to_them(world: World, carrier: Start) -> None:
    world.debtor()
    run_id, silent = world.approved(), carrier(fault_permille=1000, only_fault="error_after", tells_receipts=0)
    send(world, run_id, silent.url, lookup=False)

    assert [each["next_step"] for each in campaigns.unknown(state=world.state)] == ["people"]
    assert go_on(world, silent.url) == {}
    assert world.run("select state from campaign.run") == [("sending",)]


@pytest.mark.postgres
def test_a_batch_of_letters_that_a_crash_left_is_given_and_goes_before_the_rest(
    world: World, carrier: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.debtor()
    sms, gateway = world.approved(), carrier()
    world.debtor(**UNDUNNED)
    letters = world.approved("dunning_tax")
    with monkeypatch.context() as broken:
        broken.setattr(working.batches, "release", lambda *_, day: [])
        send(world, letters, gateway.url)
    assert world.run("select state from campaign.handover") == [("made",)]

    assert list(go_on(world, gateway.url).items()) == [(letters, ("done", 0, None)), (sms, ("done", 0, None))]
    assert world.run("select state from campaign.handover") == [("released",)]
    assert len(list((world.state.root / "outgoing" / "letter").iterdir())) == 1


def test_the_command_tells_it_in_japanese_and_as_json(world: World, carrier: Start) -> None:
    world.debtor()
    run_id, gateway = world.approved(), carrier()
    words = [PROGRAM, "campaign", "continue", "--gateway", gateway.url, "--state", str(world.state.root), "--now"]

    shown = subprocess.run([*words, LATE], capture_output=True, text=True, check=True, timeout=60).stdout
    assert ("待機" in shown, "送信時間帯の外" in shown) == (True, True)
    done = subprocess.run([*words, NOON, "--json"], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == {
        "runs": [{"run_id": run_id, "became": "done", "waiting": 0, "because": None}],
    }  # fmt: skip
    wrong = subprocess.run([*words, "noon"], capture_output=True, text=True, check=False, timeout=60)
    assert wrong.returncode == 2
