"""What is checked again at the last moment, and what stops everything (reliability sheet 3.5)."""

import json
import random
import threading
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from receivables import campaigns, db
from receivables.campaigns import outbox, receipts
from receivables.campaigns.breaker import Breaker
from receivables.cli.campaign import app as commands
from receivables.errors import InputRejectedError, NeedsApprovalError

from .conftest import AS_OF, NOON, QUICK, CarrierProcess, World

Start = Callable[..., CarrierProcess]


def send(world: World, run_id: str, url: str, now: str = NOON, **given: Any) -> dict[str, Any]:
    return campaigns.dispatch(
        run_id,
        state=world.state,
        gateway_url=url,
        now=datetime.fromisoformat(now),
        terms=given.pop("terms", QUICK),
        **given,
    )


AFTER_APPROVAL: dict[str, str] = {  # exclusion → what happens to one debtor between approval and sending
    "X01_paid": "delete from mart.fct_delinquencies where debtor_id = %s",
    "X01_paid part": "update mart.fct_delinquencies set outstanding_yen = 24999 where debtor_id = %s",
    "X01_paid provisional": "update mart.fct_delinquencies set provisional_yen = 1 where debtor_id = %s",
    "X08_dv": "insert into identity.contact_fact values (%s, 'X08', '2026-06-01', null, 'residents', 'b')",
    "X07_deceased": "insert into identity.contact_fact values (%s, 'X07', '2026-06-01', null, 'residents', 'b')",
    "X11_optout": (
        "insert into campaign.hold (debtor_id, exclusion_code, valid_from, owner_dept)"
        " values (%s, 'X11', '2026-06-19', 'tax')"
    ),
    "X09_prescribed": "update mart.fct_delinquencies set prescription_state = 'completed' where debtor_id = %s",
    "X22_number_changed": (
        "update vault.register__persons set phone = '08099998888' where addressee_no ="
        " (select source_debtor_key from identity.link where source_code = 'register' and debtor_id = %s)"
    ),
    "X19_no_mobile": (
        "update vault.register__persons set phone = null where addressee_no ="
        " (select source_debtor_key from identity.link where source_code = 'register' and debtor_id = %s)"
    ),
    "X21_shared_number": (
        "insert into vault.register__persons select '888', phone, _known_from, null from vault.register__persons"
        " where addressee_no ="
        " (select source_debtor_key from identity.link where source_code = 'register' and debtor_id = %s)"
    ),
}


@pytest.mark.parametrize("case", AFTER_APPROVAL)
def test_a_reason_that_appears_after_approval_stops_the_message(case: str, world: World, carrier: Start) -> None:
    debtor, other = world.debtor(), world.debtor()
    run_id = world.approved()
    world.run(AFTER_APPROVAL[case], debtor)
    gateway = carrier()

    send(world, run_id, gateway.url)

    state, codes = world.message(debtor)
    assert (state, case.split()[0] in codes) == ("suppressed", True)
    assert [each["to"] for each in gateway.sent()] == [f"+81{world.numbers[other][1:]}"]
    assert world.run("select is_released from campaign.certificate join campaign.outbox using (contact_id)"
                     " where debtor_id = %s", debtor) == [(False,)]  # fmt: skip


def test_another_campaigns_contact_counts_against_the_cap(world: World, carrier: Start) -> None:
    world.debtor()
    run_id, gateway = world.approved(), carrier()
    send(world, run_id, gateway.url)
    world.run("update ops.published_batch set is_current = false")
    world.publish(AS_OF + timedelta(days=3))

    world.build(AS_OF + timedelta(days=3))

    assert world.run("select exclusion_codes from campaign.contact where run_id <> %s", run_id) == [
        (["X13_frequency"],)
    ]


def test_two_lists_of_one_day_reach_a_person_once(world: World, carrier: Start) -> None:
    first = world.debtor()
    run_1, gateway = world.approved(), carrier()
    world.debtor()
    run_2 = world.approved()
    assert run_1 != run_2

    send(world, run_1, gateway.url)
    send(world, run_2, gateway.url)

    assert sorted(gateway.ledger().values()) == [1, 1]
    assert world.run("select count(*) from campaign.outbox where debtor_id = %s", first) == [(1,)]


def test_the_whole_again_changes_nothing(world: World, carrier: Start) -> None:
    world.debtor()
    run_id, gateway = world.approved(), carrier()
    send(world, run_id, gateway.url)
    before = world.run("select * from campaign.outbox"), world.run("select * from campaign.certificate")

    assert world.build() == run_id
    send(world, run_id, gateway.url)

    assert before == (world.run("select * from campaign.outbox"), world.run("select * from campaign.certificate"))
    assert list(gateway.ledger().values()) == [1]


def test_a_released_contact_has_twelve_proofs_that_can_be_checked_again(world: World, carrier: Start) -> None:
    from receivables.campaigns.certificate import proofs_sha256

    debtor = world.debtor()
    send(world, world.approved(), carrier().url)

    [(proofs, sha256, is_released)] = world.run("select proofs, sha256, is_released from campaign.certificate")
    assert (len(proofs), is_released, proofs_sha256(proofs)) == (12, True, sha256)
    assert all(proof["holds"] for proof in proofs.values())
    assert world.numbers[debtor][1:] not in str(proofs)
    assert proofs["list_approved"]["approvers"] == ["chief_insurance", "chief_tax"]


def test_no_number_and_no_name_is_stored_outside_the_vault(world: World, carrier: Start) -> None:
    debtor = world.debtor()
    send(world, world.approved(), carrier().url)

    tables = [row[0] for row in world.run("select tablename from pg_tables where schemaname = 'campaign'")]
    stored = "".join(str(world.run(f"select * from campaign.{table}")) for table in tables)
    assert world.numbers[debtor][1:] not in stored
    assert repr(outbox.Message("c1", "r", 1, world.numbers[debtor])) == "Message(c1, attempt 1)"


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        ("2026-06-19T08:59:30+09:00", 0),
        ("2026-06-19T09:00:00+09:00", 1),
        ("2026-06-19T20:00:00+09:00", 0),
        ("2026-06-20T10:00:00+09:00", 1),  # Saturday
        ("2026-06-21T10:00:00+09:00", 0),  # Sunday
        ("2026-06-19T00:30:00+00:00", 1),  # 09:30 in Tokyo
        ("2026-06-19T12:00:00+00:00", 0),  # 21:00 in Tokyo
    ],
)
def test_nothing_leaves_outside_the_window(moment: str, sent: int, world: World, carrier: Start) -> None:
    world.debtor()
    run_id, gateway = world.approved(), carrier()
    world.publish(AS_OF + timedelta(days=1))

    done = send(world, run_id, gateway.url, now=moment)

    assert len(gateway.sent()) == sent
    assert (done["stopped_because"], done["waiting"]) == ((None, 0) if sent else ("window_closed", 1))


def test_the_window_closes_in_the_middle_of_a_batch(world: World, carrier: Start) -> None:
    for _ in range(20):
        world.debtor()
    run_id, gateway = world.approved(), carrier()
    slow = QUICK.model_copy(update={"parts_per_second": 10})

    done = send(world, run_id, gateway.url, now="2026-06-19T19:59:59+09:00", terms=slow)

    assert done["stopped_because"] == "window_closed"
    assert 1 <= len(gateway.sent()) <= 11
    world.publish(AS_OF + timedelta(days=1))
    done = send(world, run_id, gateway.url, now="2026-06-20T10:00:00+09:00")
    assert (sorted(set(gateway.ledger().values())), len(gateway.ledger()), done["waiting"]) == ([1], 20, 0)


def test_the_window_may_be_ignored_for_a_simulator_only_and_that_is_recorded(world: World, carrier: Start) -> None:
    world.debtor()
    run_id, gateway = world.approved(), carrier()
    with pytest.raises(InputRejectedError, match="simulator"):
        send(world, run_id, "https://sms.example.jp", now="2026-06-21T03:00:00+09:00", ignore_window=True)

    send(world, run_id, gateway.url, now="2026-06-21T03:00:00+09:00", ignore_window=True)

    assert len(gateway.sent()) == 1
    assert world.run("select is_window_ignored, dispatched_on from campaign.run") == [(True, AS_OF)]


def test_an_installation_says_once_where_its_carrier_is(world: World, carrier: Start) -> None:
    debtor = world.debtor()
    run_id, gateway, file = world.approved(), carrier(), world.state.root / "gateway.json"
    try:
        file.write_text(json.dumps({"url": gateway.url, "ignore_window": True, "terms": {"parts_per_second": "many"}}))
        with pytest.raises(InputRejectedError, match="key terms"):
            campaigns.dispatch(run_id, state=world.state)
        file.write_text(json.dumps({"url": gateway.url, "ignore_window": True, "terms": {"settle_seconds": 1}}))
        campaigns.dispatch(run_id, state=world.state)
    finally:
        file.unlink()

    assert world.message(debtor)[0] in ("accepted", "delivered")


@pytest.mark.parametrize("channel", ["sms", "letter"])
def test_the_clock_is_moved_for_a_simulator_only(world: World, channel: str) -> None:
    world.debtor(**({"dunned_on": None, "dunning_deadline": None, "due_date": AS_OF - timedelta(days=20)}
                    if channel == "letter" else {}))  # fmt: skip
    run_id = world.approved("dunning_tax" if channel == "letter" else "sms_after_dunning")
    words = ["dispatch", run_id, "--now", NOON, "--state", str(world.state.root)]
    real = ["--gateway", "https://sms.example.jp"] if channel == "sms" else []
    found = CliRunner().invoke(commands, [*words, *real])
    assert isinstance(found.exception, InputRejectedError)
    assert "simulator" in str(found.exception)
    assert world.run("select count(*) from campaign.outbox") == [(0,)]


def test_data_that_went_stale_before_sending_holds_the_rest_back(world: World, carrier: Start) -> None:
    world.debtor()
    run_id, gateway = world.approved(), carrier()

    done = send(world, run_id, gateway.url, now="2026-06-20T10:00:00+09:00")

    assert (done["stopped_because"], done["waiting"], gateway.sent()) == ("stale_source", 1, [])


def test_the_kill_switch_stops_running_workers_within_five_seconds(world: World, carrier: Start) -> None:
    for _ in range(120):
        world.debtor()
    run_id, gateway = world.approved(), carrier()
    slow = QUICK.model_copy(update={"parts_per_second": 20})
    workers = [threading.Thread(target=lambda: send(world, run_id, gateway.url, terms=slow)) for _ in range(2)]
    for worker in workers:
        worker.start()
    while len(gateway.sent()) < 10:
        time.sleep(0.05)

    campaigns.stop(user="operator", reason="test", state=world.state)
    stopped_at = time.time()
    for worker in workers:
        worker.join(timeout=20)

    assert not any(worker.is_alive() for worker in workers)
    late = [each for each in gateway.sent() if float(each["at"]) > stopped_at + 0.2]
    assert (late, len(gateway.sent()) < 120) == ([], True)
    with pytest.raises(NeedsApprovalError, match="stopped by operator"):
        send(world, run_id, gateway.url)
    campaigns.resume(user="operator", reason="test over", state=world.state)
    send(world, run_id, gateway.url)
    assert (len(gateway.ledger()), set(gateway.ledger().values())) == (120, {1})
    assert world.run("select is_stopped from campaign.switch_event order by switch_event_id") == [(True,), (False,)]


def test_the_kill_switch_does_not_wait_for_calls_that_hang_and_none_follows_them(world: World, carrier: Start) -> None:
    for _ in range(40):
        world.debtor()
    run_id, gateway = world.approved(), carrier(fault_permille=1000, only_fault="late", late_seconds=3)
    slow = QUICK.model_copy(update={"timeout_seconds": 6})
    workers = [threading.Thread(target=lambda: send(world, run_id, gateway.url, terms=slow)) for _ in range(3)]
    for worker in workers:
        worker.start()
    time.sleep(2)  # each is in its first call

    began = time.monotonic()
    campaigns.stop(user="operator", reason="test", state=world.state)
    seconds = time.monotonic() - began
    for worker in workers:
        worker.join(timeout=20)

    assert seconds < 2
    assert not any(worker.is_alive() for worker in workers)
    assert 1 <= len(gateway.sent()) <= 3
    campaigns.resume(user="operator", reason="test over", state=world.state)


@pytest.mark.parametrize("round_no", range(3))
def test_no_message_starts_after_a_stop_reason_was_committed(round_no: int, world: World, carrier: Start) -> None:
    debtors = [world.debtor() for _ in range(60)]
    run_id, gateway = world.approved(), carrier()
    dice, committed = random.Random(round_no), {}

    def hold() -> None:
        for debtor in dice.sample(debtors, len(debtors)):
            with db.connect(world.state) as connection:
                connection.execute(
                    "insert into campaign.hold (debtor_id, exclusion_code, valid_from, owner_dept)"
                    " values (%s, 'X11', %s, 'tax')", [debtor, AS_OF],
                )  # fmt: skip
            committed[debtor] = world.run("select clock_timestamp()")[0][0]
            time.sleep(dice.random() * 0.04)

    writer = threading.Thread(target=hold)
    writer.start()
    send(world, run_id, gateway.url, terms=QUICK.model_copy(update={"parts_per_second": 5}))
    writer.join()

    started = dict(world.run(
        "select debtor_id, at from campaign.outbox_event join campaign.outbox using (contact_id)"
        " where to_state = 'sending'"
    ))  # fmt: skip
    assert not [debtor for debtor, at in started.items() if at > committed[debtor]]
    assert 0 < len(gateway.ledger()) < 60


@pytest.mark.parametrize("statement", [
    "insert into campaign.hold (debtor_id, exclusion_code, valid_from, owner_dept)"
    " values (%s, 'X11', '2026-06-19', 'tax')",
    "insert into identity.contact_fact values (%s, 'X08', '2026-06-01', null, 'residents', 'b')",
])  # fmt: skip
def test_a_claim_waits_for_a_stop_reason_that_is_being_written(statement: str, world: World, carrier: Start) -> None:
    debtor = world.debtor()
    run_id, gateway = world.approved(), carrier()
    sender = threading.Thread(target=lambda: send(world, run_id, gateway.url))
    with db.connect(world.state) as writer:
        writer.execute(statement, [debtor])
        sender.start()
        time.sleep(0.8)
        assert gateway.sent() == []
    sender.join()

    assert (world.message(debtor)[0], gateway.sent()) == ("suppressed", [])


def test_a_refused_number_is_final_and_does_not_use_up_the_cap(world: World, carrier: Start) -> None:
    debtor = world.debtor(phone="09012340000")

    send(world, world.approved(), carrier().url)

    assert world.message(debtor)[0] == "failed_perm"
    assert world.run("select contact_date, outcome from campaign.outbox") == [(None, "invalid_number")]


@pytest.mark.parametrize("order", [random.Random(seed).sample(range(5), 5) for seed in range(6)])
def test_receipts_in_any_order_and_number_give_the_same_state(order: list[int], world: World, carrier: Start) -> None:
    first, second = world.debtor(), world.debtor()
    gateway = carrier()
    send(world, world.approved(), gateway.url)
    world.run("alter table campaign.outbox disable trigger outbox_moves_forward")
    world.run("update campaign.outbox set state = 'accepted'")
    world.run("alter table campaign.outbox enable trigger outbox_moves_forward")
    world.run("delete from campaign.delivery_receipt")
    of = dict(world.run("select debtor_id, reference from campaign.outbox"))
    pages = [
        {"id": "a", "reference": of[first], "status": "accepted"},
        {"id": "b", "reference": of[first], "status": "failed_temp"},
        {"id": "c", "reference": of[first], "status": "delivered"},
        {"id": "d", "reference": of[second], "status": "failed_perm"},
        {"id": "e", "reference": "sms-of-nobody", "status": "delivered"},
    ]

    with db.connect(world.state, "sender") as connection:
        for at in [*order, *order]:
            receipts.apply(connection, "test", [pages[at]])

    assert (world.message(first)[0], world.message(second)[0]) == ("delivered", "failed_perm")
    assert world.run("select count(*) from campaign.delivery_receipt") == [(5,)]


def test_a_carrier_that_is_down_loses_nothing(world: World, carrier: Start) -> None:
    for _ in range(8):
        world.debtor()
    run_id, gateway = world.approved(), carrier()
    gateway.process.terminate()
    gateway.process.wait()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("receivables.campaigns.breaker._FIRST_PAUSE", 0.02)
        done = send(world, run_id, gateway.url)
    assert (done["stopped_because"], done["waiting"]) == ("gateway_down", 8)

    again = carrier()
    time.sleep(1)
    send(world, run_id, again.url)
    assert list(again.ledger().values()) == [1] * 8


def test_the_breaker_opens_waits_longer_and_gives_up() -> None:
    breaker, now, pauses = Breaker(most_openings=3), 0.0, []
    while not breaker.has_given_up:
        breaker.note(False, now)
        pause = breaker.pause_seconds(now)
        pauses += [pause] if pause else []
        now += pause
    assert pauses == [0.5, 1.0, 2.0]

    healthy = Breaker()
    for at in range(200):
        healthy.note(at % 20 != 0, 0.0)  # 5 % of errors are weather, not an outage
    assert healthy.pause_seconds(0.0) == 0


def test_the_rate_holds_over_all_workers(world: World, carrier: Start) -> None:
    for _ in range(40):
        world.debtor()
    run_id, gateway = world.approved(), carrier()
    paced = QUICK.model_copy(update={"parts_per_second": 20})
    workers = [threading.Thread(target=lambda: send(world, run_id, gateway.url, terms=paced)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    at = sorted(float(each["at"]) for each in gateway.sent())
    parts = world.run("select parts_count from campaign.run")[0][0]
    assert (len(at), set(gateway.ledger().values())) == (40, {1})
    busiest = max(sum(start <= each < start + 1 for each in at) for start in at)
    assert busiest * parts <= 20 * 1.1 + parts


def test_workers_that_were_all_held_up_do_not_call_at_once(
    world: World, carrier: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits with a slot of its own; a slot that has gone by is not made up for in one second."""
    for _ in range(90):
        world.debtor()
    run_id, gateway = world.approved(), carrier()
    monkeypatch.setattr("receivables.campaigns.dispatching._BATCH", 3)
    parts = world.run("select parts_count from campaign.run")[0][0]
    paced = QUICK.model_copy(update={"parts_per_second": 20 * parts})
    workers = [threading.Thread(target=lambda: send(world, run_id, gateway.url, terms=paced)) for _ in range(9)]
    for worker in workers:
        worker.start()
    for held_at in (15, 45):
        while len(gateway.sent()) < held_at:
            time.sleep(0.02)
        with db.connect(world.state) as connection:
            connection.execute("lock table campaign.hold in row exclusive mode")
            time.sleep(1.5)
    for worker in workers:
        worker.join()

    at = sorted(float(each["at"]) for each in gateway.sent())
    assert (len(at), set(gateway.ledger().values())) == (90, {1})
    assert max(sum(start <= each < start + 1 for each in at) for start in at) <= 24


def test_holidays_are_those_of_the_cabinet_office() -> None:
    from receivables.calendar import is_holiday

    published = [(1, 1), (1, 12), (2, 11), (2, 23), (3, 20), (4, 29), (5, 3), (5, 4), (5, 5), (5, 6), (7, 20), (8, 11),
                 (9, 21), (9, 22), (9, 23), (10, 12), (11, 3), (11, 23)]  # 内閣府 国民の祝日 2026  # fmt: skip
    year = [date(2026, 1, 1) + timedelta(days=at) for at in range(365)]
    assert [(day.month, day.day) for day in year if is_holiday(day)] == published


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-12-28T10:00:00+09:00", True), ("2026-12-29T10:00:00+09:00", False),
        ("2027-01-02T10:00:00+09:00", False), ("2027-01-04T10:00:00+09:00", True),
        ("2026-09-22T10:00:00+09:00", False), ("2026-11-03T10:00:00+09:00", False),
    ],
)  # fmt: skip
def test_holidays_and_the_years_end_are_closed(moment: str, is_open: bool) -> None:
    from receivables.campaigns import windows
    from receivables.campaigns.playbook import playbook

    window = playbook("sms_after_dunning").send_window
    assert windows.is_open(window, datetime.fromisoformat(moment)) is is_open
