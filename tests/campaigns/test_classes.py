"""Three classes of carrier: one deduplicates, one can be asked, one can do neither (reliability sheet 5.4)."""

import json
import urllib.request
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from receivables import campaigns, db
from receivables.campaigns.playbook import Gateway

from .conftest import AS_OF, NOON, QUICK, CarrierProcess, World

Start = Callable[..., CarrierProcess]
DEDUP = QUICK.model_copy(update={"lookup": False, "dedup_seconds": 30})
NEITHER = QUICK.model_copy(update={"lookup": False})
AFTER = {
    "fault_permille": 1000,
    "only_fault": "error_after",
    "tells_receipts": 0,
}  # every message is taken, and no reply says so


def send(world: World, run_id: str, url: str, terms: Gateway) -> dict[str, Any]:
    return campaigns.dispatch(run_id, state=world.state, gateway_url=url, now=datetime.fromisoformat(NOON), terms=terms)


def look_ups(gateway: CarrierProcess) -> int:
    with urllib.request.urlopen(f"{gateway.url}/v1/look-ups", timeout=5) as reply:
        return int(json.load(reply))


def states(world: World) -> list[str]:
    return [state for (state,) in world.run("select state from campaign.outbox order by contact_id")]


@pytest.mark.parametrize(
    ("terms", "kind"), [(QUICK, "lookup"), (DEDUP, "dedup"), (NEITHER, "neither")], ids=lambda each: str(each)[:9]
)
def test_the_class_follows_from_what_was_promised(terms: Gateway, kind: str) -> None:
    assert terms.kind == kind


def test_a_promise_shorter_than_a_second_call_is_no_promise() -> None:
    with pytest.raises(ValidationError, match="dedup_seconds"):
        Gateway.model_validate({**QUICK.model_dump(), "dedup_seconds": 2})


@pytest.mark.parametrize("fault", ["busy", "error_before", "error_after", "cut_after", "late"])
def test_one_that_deduplicates_is_given_the_same_reference_again_and_never_asked(
    fault: str, world: World, carrier: Start
) -> None:
    for _ in range(6):
        world.debtor()
    gateway = carrier(fault_permille=400, only_fault=fault, late_seconds=0.6, dedup_seconds=60)

    done = send(world, world.approved(), gateway.url, DEDUP)

    assert (list(gateway.ledger().values()), done["waiting"], look_ups(gateway)) == ([1] * 6, 0, 0)
    assert world.run("select max(attempt) > 1 from campaign.outbox") == [(True,)]


def test_the_same_without_deduplication_does_duplicate(world: World, carrier: Start) -> None:
    """The control: a carrier that breaks its promise is found out by the test above."""
    for _ in range(6):
        world.debtor()
    gateway = carrier(fault_permille=600, only_fault="error_after", dedup_seconds=0)

    send(world, world.approved(), gateway.url, DEDUP)

    assert max(gateway.ledger().values()) > 1


def test_when_the_promise_has_run_out_the_carrier_is_asked(world: World, carrier: Start) -> None:
    world.debtor()
    run_id, gateway = world.approved(), carrier(**AFTER, dedup_seconds=60)
    both = DEDUP.model_copy(update={"lookup": True, "dedup_seconds": 8})

    done = send(world, run_id, gateway.url, both)

    assert (list(gateway.ledger().values()), states(world), done["waiting"]) == ([1], ["accepted"], 0)
    assert look_ups(gateway) == 1
    told = world.run("select from_state, to_state, outcome from campaign.outbox_event order by outbox_event_id")
    assert ("unknown", "sending", None) in told  # given again while the promise held
    assert ("unknown", "accepted", "looked_up_accepted") in told


def test_a_reason_that_comes_up_in_doubt_stops_the_second_call_and_leaves_it_unknown(
    world: World, carrier: Start
) -> None:
    debtor = world.debtor()
    run_id, gateway = world.approved(), carrier(**AFTER, dedup_seconds=60)
    slow = DEDUP.model_copy(update={"dedup_seconds": 9, "settle_seconds": 0.8})
    world.run(
        "create or replace function campaign.plant() returns trigger language plpgsql security definer as $$ begin"
        " insert into campaign.hold (debtor_id, exclusion_code, valid_from, owner_dept)"
        f" values (new.debtor_id, 'X11', '{AS_OF}', 'tax'); return null; end $$;"
        "create trigger planted after update on campaign.outbox for each row when (new.state = 'unknown')"
        " execute function campaign.plant()"
    )
    try:
        done = send(world, run_id, gateway.url, slow)
    finally:
        world.run("drop trigger planted on campaign.outbox; drop function campaign.plant()")

    assert (world.message(debtor)[0], list(gateway.ledger().values()), done["waiting"]) == ("unknown", [1], 1)
    [row] = campaigns.unknown(state=world.state)
    assert (row["next_step"], row["outcome"], row["attempt"]) == ("people", "stopped_in_doubt", 1)


def test_one_that_can_do_neither_gets_each_message_at_most_once_and_people_are_told(
    world: World, carrier: Start
) -> None:
    for _ in range(12):
        world.debtor()
    run_id, gateway = world.approved(), carrier(fault_permille=400, seed=5, late_seconds=0.6, tells_receipts=0)

    done = send(world, run_id, gateway.url, NEITHER)
    again = send(world, run_id, gateway.url, NEITHER)

    unknown = [each["contact_id"] for each in campaigns.unknown(run_id, state=world.state)]
    assert set(gateway.ledger().values()) == {1}
    assert world.run("select max(attempt) from campaign.outbox") == [(1,)]
    assert len(unknown) == done["unknown"] == again["unknown"] == states(world).count("unknown") > 0
    assert (look_ups(gateway), world.run("select state from campaign.run")) == (0, [("sending",)])


def test_a_worker_that_died_leaves_a_carrier_of_neither_kind_to_people(world: World, carrier: Start) -> None:
    world.debtor()
    run_id, gateway = world.approved(), carrier()
    world.run("update campaign.run set state = 'sending'")
    world.run(
        "insert into campaign.outbox (contact_id, run_id, debtor_id, channel, reference, parts_count)"
        " select contact_id, run_id, debtor_id, 'sms', reference, 1 from campaign.contact"
    )
    world.run("update campaign.outbox set state = 'sending', attempt = 1, settle_at = clock_timestamp()")

    done = send(world, run_id, gateway.url, NEITHER)

    assert (done["waiting"], gateway.sent(), states(world)) == (1, [], ["unknown"])


@pytest.mark.parametrize(
    "statement",
    [
        "update campaign.outbox set state = 'sending'",
        "update campaign.outbox set state = 'sending', dedup_until = clock_timestamp() + interval '1 day'",
    ],
)
def test_the_database_itself_refuses_a_second_call_without_the_promise(
    statement: str, world: World, carrier: Start
) -> None:
    world.debtor()
    send(world, world.approved(), carrier(**AFTER).url, NEITHER)

    with pytest.raises(db.DatabaseError) as found, db.connect(world.state, "sender") as connection:
        connection.execute(statement)
    assert found.value.sqlstate == "RC012"
