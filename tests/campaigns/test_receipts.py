"""配信結果: receipts become contact events once, a dead number is left alone until it changes, silence is noticed."""

import itertools
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from receivables import campaigns, database, db
from receivables.campaigns import receipts, windows
from receivables.campaigns.experiments import harm
from receivables.campaigns.handover import standing
from receivables.campaigns.handover.returning import take_back
from receivables.campaigns.runs import run_of
from receivables.cli import campaign

from .conftest import AS_OF, NOON, QUICK, CarrierProcess, World
from .test_handover import TODAY, called, returned

Start = Callable[..., CarrierProcess]
LATER = AS_OF + timedelta(days=40)
EVENTS = """
    select c.debtor_id, e.channel, e.event, e.occurred_on, e.occurred_at, e.detail, e.source
    from campaign.contact_event as e join campaign.contact as c using (contact_id) order by contact_event_id
"""


def send(world: World, run_id: str, url: str, now: str = NOON) -> dict[str, Any]:
    return campaigns.dispatch(
        run_id, state=world.state, gateway_url=url, now=datetime.fromisoformat(now), terms=QUICK
    )  # fmt: skip


def today() -> date:
    return datetime.now(windows.TOKYO).date()


@pytest.fixture
def sent(world: World, carrier: Start) -> dict[str, str]:
    """Two messages that the carrier has and told nothing of; reference by debtor."""
    for _ in range(2):
        world.debtor()
    send(world, world.approved(), carrier(tells_receipts=0).url)
    return dict(world.run("select debtor_id, reference from campaign.outbox order by debtor_id"))


def tell(world: World, *told: tuple[str, str]) -> None:
    """The carrier tells of references; each receipt has a name of its own."""
    page = [{"id": f"{reference}{status}", "reference": reference, "status": status} for reference, status in told]
    with db.connect(world.state, "sender") as connection:
        receipts.apply(connection, "sms", page)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_every_receipt_that_ends_it_is_one_event_however_often_it_comes(
    order: Sequence[int], world: World, sent: dict[str, str]
) -> None:
    (first, one), (second, other) = sent.items()
    told = [(one, "delivered"), (other, "failed_perm"), (one, "accepted")]
    for at in (*order, *order):
        tell(world, told[at])
    assert sorted(world.run(EVENTS)) == [
        (first, "sms", "delivered", today(), None, "delivered", "receipt"),
        (second, "sms", "undeliverable", today(), None, "failed_perm", "receipt"),
    ]


def test_what_may_still_arrive_is_no_event(world: World, sent: dict[str, str]) -> None:
    (first, one), _ = sent.items()
    tell(world, (one, "failed_temp"), (one, "accepted"))
    assert world.run(EVENTS) == []
    tell(world, (one, "delivered"))
    assert [(row[0], row[2]) for row in world.run(EVENTS)] == [(first, "delivered")]


def test_state_and_event_are_stored_together_or_not_at_all(world: World, sent: dict[str, str]) -> None:
    (first, one), _ = sent.items()

    def broken() -> None:
        with db.connect(world.state, "sender") as connection:
            receipts.apply(connection, "sms", [{"id": "r", "reference": one, "status": "delivered"}])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert (world.message(first)[0], world.run(EVENTS)) == ("accepted", [])


def test_what_a_callback_stored_is_an_event_when_it_counts(world: World, sent: dict[str, str]) -> None:
    (first, one), _ = sent.items()
    world.run("insert into campaign.delivery_receipt (gateway, receipt_id, reference, status, received_at)"
              " values ('sms', 'r', %s, 'delivered', '2026-06-20T16:00:00+00:00')", one)  # fmt: skip
    for _ in range(2):
        with db.connect(world.state, "sender") as connection:
            receipts.apply_stored(connection)
    assert [(row[0], row[2], row[3]) for row in world.run(EVENTS)] == [(first, "delivered", date(2026, 6, 21))]


def test_an_sms_that_arrived_after_all_is_no_return_in_the_harm_watch(world: World, sent: dict[str, str]) -> None:
    references = list(sent.values())
    for status in ("failed_perm", "delivered"):
        tell(world, *((each, status) for each in references))
    assert [row[2] for row in world.run(EVENTS)] == ["undeliverable"] * 2 + ["delivered"] * 2
    ((run_id,),) = world.run("select run_id from campaign.run")
    with db.connect(world.state, "sender") as connection:
        found = harm.watch(connection, run_id, run_of(connection, run_id).rules().experiment)
    assert [each.treat_count for each in found if (each.measure, each.kind) == ("returned", "all")] == [0]


def build_later(world: World, name: str = "sms_after_dunning") -> None:
    world.publish(LATER)
    world.build(LATER, name)


@pytest.mark.parametrize("name", ["sms_after_dunning", "phone_centre_outbound", "letter_reminder"])
def test_a_number_that_our_sms_found_dead_is_left_alone_until_it_changes(
    world: World, sent: dict[str, str], name: str
) -> None:
    (arrived, one), (dead, other) = sent.items()
    tell(world, (one, "delivered"), (other, "failed_perm"))
    build_later(world, name)
    by_phone = name != "letter_reminder"
    assert world.contact(dead) == (("excluded", ["X28_unreachable"]) if by_phone else ("treat", []))
    assert world.contact(arrived) == ("treat", [])

    world.run("update vault.register__persons set phone = '08011112222' where phone = %s", world.numbers[dead])
    world.build(LATER, name)
    assert world.contact(dead) == ("treat", [])


def test_a_number_that_the_carrier_refused_is_left_alone_too(world: World, carrier: Start) -> None:
    debtor = world.debtor(phone="09012340000")
    send(world, world.approved(), carrier().url)
    build_later(world)
    assert world.contact(debtor) == ("excluded", ["X28_unreachable"])


def test_a_dead_number_in_other_hands_is_free(world: World, sent: dict[str, str]) -> None:
    _, (dead, other) = sent.items()
    tell(world, (other, "failed_perm"))
    world.run("update vault.register__persons set phone = null where phone = %s", world.numbers[dead])
    heir = world.debtor(phone=world.numbers[dead])
    build_later(world)
    assert world.contact(heir) == ("treat", [])


def test_what_was_found_of_an_id_counts_for_the_one_it_was_joined_with(world: World, sent: dict[str, str]) -> None:
    _, (dead, other) = sent.items()
    tell(world, (other, "failed_perm"))
    world.run("delete from mart.fct_delinquencies where debtor_id = %s", dead)
    world.run("update vault.register__persons set phone = null where phone = %s", world.numbers[dead])
    kept = world.debtor(phone=world.numbers[dead])
    world.run("insert into identity.merge (decision_id, kept_id, lost_id, from_on) values ('s', %s, %s, %s)",
              kept, dead, AS_OF)  # fmt: skip
    build_later(world)
    assert world.contact(kept) == ("excluded", ["X28_unreachable"])


def test_the_list_made_again_is_the_same_though_a_number_of_it_was_dead(world: World, sent: dict[str, str]) -> None:
    tell(world, *((each, "failed_perm") for each in sent.values()))
    assert [world.build()] == [run_id for (run_id,) in world.run("select run_id from campaign.run")]


def test_a_number_that_dies_after_the_approval_is_not_called(
    world: World, carrier: Start, sent: dict[str, str]
) -> None:
    (arrived, _), (dead, other) = sent.items()
    world.publish(LATER)
    run_id = world.approved(as_of=LATER)
    tell(world, (other, "failed_perm"))
    gateway = carrier()
    send(world, run_id, gateway.url, f"{LATER}T12:00:00+09:00")
    assert [each["to"] for each in gateway.sent()] == [f"+81{world.numbers[arrived][1:]}"]
    assert world.run("select state, suppressed_codes from campaign.outbox where run_id = %s and debtor_id = %s",
                     run_id, dead) == [("suppressed", ["X28_unreachable"])]  # fmt: skip


@pytest.mark.parametrize(
    ("results", "is_held"),
    [
        ([("05", "10:00")], True),
        ([("06", "10:00")], True),
        ([("04", "10:00")], False),
        ([("01", "10:00")], False),
        ([("05", "10:00"), ("01", "15:00")], False),  # the last word counts
        ([("01", "10:00"), ("05", "15:00")], True),
        ([("05", "10:00"), ("04", "15:00")], True),  # nobody answered: that says nothing
    ],
)
def test_a_number_that_our_callers_found_dead_is_left_alone_until_it_changes(
    world: World, tmp_path: Path, results: list[tuple[str, str]], is_held: bool
) -> None:
    debtor = world.debtor()
    campaigns.dispatch(
        world.approved("phone_centre_outbound"), state=world.state, now=datetime.fromisoformat(NOON)
    )  # fmt: skip

    def lines(folder: Path) -> list[list[str]]:
        head, row = called(("01", "10:00", ""))(folder)
        return [head, *([*row[:2], at, code, "", ""] for code, at in results)]

    take_back(*returned(world, tmp_path, lines), today=TODAY, state=world.state)
    build_later(world)
    assert ("X28_unreachable" in world.contact(debtor)[1]) == is_held

    world.run("update vault.register__persons set phone = '08011112222'")
    world.build(LATER)
    assert "X28_unreachable" not in world.contact(debtor)[1]


def test_a_carrier_whose_receipts_stopped_is_noticed_like_a_silent_vendor(world: World, sent: dict[str, str]) -> None:
    ((run_id,),) = world.run("select run_id from campaign.run")
    assert standing.silent(today() + timedelta(days=3), state=world.state) == []
    (found,) = standing.silent(today() + timedelta(days=4), state=world.state)
    assert found == {
        "batch": run_id, "channel": "sms", "contact_count": 2, "released_on": today(), "days": 4, "usual_days": 3,
    }  # fmt: skip
    words = ["silent", "--state", str(world.state.root), "--as-of", f"{today() + timedelta(days=4)}"]
    told = CliRunner().invoke(campaign.app, words)
    assert (told.exit_code, "SMS" in told.output) == (4, True)
    assert standing.silent(today() + timedelta(days=31), state=world.state) == []

    tell(world, (next(iter(sent.values())), "failed_temp"))
    assert standing.silent(today() + timedelta(days=4), state=world.state) == []


def test_a_warehouse_of_the_edition_before_takes_the_new_event(world: World, sent: dict[str, str]) -> None:
    """Its table knew printed, called and returned alone."""
    world.run(
        "alter table campaign.contact_event drop constraint contact_event_event_check,"
        " add constraint contact_event_event_check check (event in ('posted', 'undeliverable'))"
    )
    for _ in range(2):
        database.initialise(world.state)
    tell(world, *((each, "delivered") for each in sent.values()))
    assert [row[2] for row in world.run(EVENTS)] == ["delivered"] * 2
