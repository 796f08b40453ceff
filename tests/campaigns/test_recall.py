"""Recall and unknown messages: the queue stays, whom it reached is listed, people decide what no machine can."""

import csv
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

from receivables import campaigns, db
from receivables.errors import InputRejectedError, NeedsApprovalError

from .conftest import AS_OF, NOON, QUICK, CarrierProcess, World

Start = Callable[..., CarrierProcess]
NEITHER = QUICK.model_copy(update={"lookup": False})
SILENT = {"fault_permille": 1000, "only_fault": "error_after", "tells_receipts": 0}
PROGRAM = str(Path(sys.executable).with_name("receivables"))


def send(world: World, run_id: str, url: str, **terms: Any) -> dict[str, Any]:
    return campaigns.dispatch(
        run_id, state=world.state, gateway_url=url, now=datetime.fromisoformat(NOON),
        terms=QUICK.model_copy(update=terms),
    )  # fmt: skip


def call(world: World, *arguments: str, code: int = 0) -> Any:
    command = [PROGRAM, "campaign", *arguments, "--state", str(world.state.root), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout) if code == 0 else done.stdout + done.stderr


@pytest.fixture
def unknown_one(world: World, carrier: Start) -> str:
    """The contact id of a message whose reply was lost by a carrier that cannot be asked."""
    world.debtor()
    send(world, world.approved(), carrier(**SILENT).url, lookup=False)
    [row] = campaigns.unknown(state=world.state)
    return str(row["contact_id"])


def test_a_recall_in_flight_stops_the_run_and_lists_whom_it_reached(
    world: World, carrier: Start, tmp_path: Path
) -> None:
    for _ in range(60):
        world.debtor()
    run_id, gateway, out = world.approved(), carrier(tells_receipts=0), tmp_path / "corrections.csv"
    workers = [threading.Thread(target=lambda: send(world, run_id, gateway.url, parts_per_second=20)) for _ in range(2)]
    for worker in workers:
        worker.start()
    while len(gateway.sent()) < 10:
        time.sleep(0.02)

    told = campaigns.recall(run_id, user="operator", why="wrong cohort", state=world.state)
    recalled_at = time.time()
    for worker in workers:
        worker.join(timeout=30)

    assert not any(worker.is_alive() for worker in workers)
    assert [each for each in gateway.sent() if float(each["at"]) > recalled_at + 0.2] == []
    assert told["cancelled"] > 20
    found = call(world, "corrections", run_id, "--out", str(out))["reached"]
    sent = {each["reference"] for each in gateway.sent()}
    contact_ids = {c for (c,) in world.run("select contact_id from campaign.outbox where reference = any(%s)", [*sent])}
    assert {each["contact_id"] for each in found} == contact_ids
    assert all(each["is_certain"] and each["channel"] == "sms" and each["at"] for each in found)
    assert dict(world.run("select state, count(*) from campaign.outbox group by state")) == {
        "accepted": len(found), "cancelled": 60 - len(found),
    }  # fmt: skip
    with out.open(encoding="utf-8", newline="") as lines:
        listed = list(csv.DictReader(lines))
    assert [each["contact_id"] for each in listed] == [each["contact_id"] for each in found]
    text = out.read_text(encoding="utf-8")
    assert not [number for number in world.numbers.values() if number in text or number[1:] in text]


def test_a_recalled_run_is_never_sent_again_and_the_first_word_stands(world: World, carrier: Start) -> None:
    world.debtor()
    run_id, gateway = world.approved(), carrier()

    call(world, "recall", run_id, "--as", "operator", "--why", "a mistake")
    call(world, "recall", run_id, "--as", "another", "--why", "again")

    assert (send(world, run_id, gateway.url)["stopped_because"], gateway.sent()) == ("recalled", [])
    assert world.run("select recalled_by, why from campaign.recall") == [("operator", "a mistake")]
    assert world.build() == run_id  # the same content is the same run, and stays recalled
    assert world.run("select state from campaign.run") == [("cancelled",)]
    with pytest.raises(InputRejectedError, match="--why"):
        campaigns.recall(run_id, user="operator", why=" ", state=world.state)


def test_a_recalled_run_of_letters_names_the_batches_that_the_printer_must_stop(world: World) -> None:
    debtor = world.debtor(dunned_on=None, dunning_deadline=None, due_date=AS_OF - timedelta(days=20))
    run_id = world.approved("dunning_tax")
    made = campaigns.dispatch(run_id, state=world.state, now=datetime.fromisoformat(NOON))["batches"]

    told = call(world, "recall", run_id, "--as", "operator", "--why", "wrong text")

    assert [(each["batch"], each["channel"], each["contact_count"]) for each in told["batches"]] == [
        (made[0], "letter", 1),
    ]  # fmt: skip
    assert [(each["debtor_id"], each["channel"]) for each in told["reached"]] == [(debtor, "letter")]


def test_what_was_in_flight_when_it_was_recalled_is_settled_and_not_sent_again(world: World, carrier: Start) -> None:
    debtor, other = world.debtor(), world.debtor()
    run_id, gateway = world.approved(), carrier()
    world.run("update campaign.run set state = 'sending'")
    world.run(
        "insert into campaign.outbox (contact_id, run_id, debtor_id, channel, reference, parts_count)"
        " select contact_id, run_id, debtor_id, 'sms', reference, 1 from campaign.contact"
    )
    world.run("update campaign.outbox set state = 'sending', attempt = 1, settle_at = clock_timestamp()")
    [(reference,)] = world.run("select reference from campaign.outbox where debtor_id = %s", debtor)
    with gateway.ledger_file.open("a") as ledger:
        ledger.write(json.dumps({"reference": reference, "at": "1"}) + "\n")
    gateway.process.terminate()
    gateway.process.wait()
    known = carrier(ledger=gateway.ledger_file)

    told = campaigns.recall(run_id, user="operator", why="a mistake", state=world.state)
    send(world, run_id, known.url)

    assert [each["is_certain"] for each in told["reached"]] == [False, False]
    assert (world.message(debtor)[0], world.message(other)[0]) == ("delivered", "cancelled")
    [found] = campaigns.correction_list(run_id, state=world.state)
    assert (found["debtor_id"], found["is_certain"]) == (debtor, True)


def test_every_unknown_message_is_listed_with_what_was_tried_and_what_to_do(unknown_one: str, world: World) -> None:
    [row] = call(world, "unknown")["unknown"]

    assert (row["contact_id"], row["next_step"], row["attempt"], row["outcome"]) == (
        unknown_one, "people", 1, "http_500",
    )  # fmt: skip
    assert row["since"]
    assert [each.split(" ", 2)[2] for each in row["tried"]] == ["sending", "unknown http_500"]
    assert call(world, "unknown", row["run_id"])["unknown"] == [row]
    assert call(world, "unknown", "another")["unknown"] == []


@pytest.mark.parametrize(("found", "state"), [("accepted", "accepted"), ("never", "ready")])
def test_two_people_who_agree_settle_it(found: str, state: str, unknown_one: str, world: World) -> None:
    first = call(world, "settle", unknown_one, "--found", found, "--as", "chief_tax", "--why", "carrier told by phone")
    assert (first["is_settled"], world.run("select state from campaign.outbox")) == (False, [("unknown",)])

    second = call(world, "settle", unknown_one, "--found", found, "--as", "chief_insurance", "--why", "the same")

    assert (second["is_settled"], world.run("select state from campaign.outbox")) == (True, [(state,)])
    assert world.run("select state from campaign.run") == [("done" if found == "accepted" else "sending",)]


def test_one_found_never_accepted_is_sent_once_more(unknown_one: str, world: World, carrier: Start) -> None:
    for user in ("chief_tax", "chief_insurance"):
        campaigns.judge(unknown_one, found="never", user=user, why="looked at their list", state=world.state)
    gateway = carrier(tells_receipts=0)
    [(run_id,)] = world.run("select run_id from campaign.run")

    send(world, run_id, gateway.url, lookup=False)

    assert (list(gateway.ledger().values()), world.run("select state, attempt from campaign.outbox")) == (
        [1], [("accepted", 2)],
    )  # fmt: skip


def receipt(world: World, status: str = "delivered") -> None:
    world.run("insert into campaign.delivery_receipt (gateway, receipt_id, reference, status, reported_at)"
              " select 'sms', 'late', reference, %s, '2026-06-19' from campaign.outbox", status)  # fmt: skip


def test_a_receipt_that_comes_after_people_said_never_keeps_it_from_being_sent_again(
    unknown_one: str, world: World, carrier: Start
) -> None:
    for user in ("chief_tax", "chief_insurance"):
        campaigns.judge(unknown_one, found="never", user=user, why="looked at their list", state=world.state)
    receipt(world)
    gateway = carrier(tells_receipts=0)
    [(run_id,)] = world.run("select run_id from campaign.run")
    send(world, run_id, gateway.url, lookup=False)
    assert (gateway.ledger(), world.run("select state, attempt from campaign.outbox")) == ({}, [("delivered", 1)])
    assert world.run("select contact_date is not null from campaign.outbox") == [(True,)], "the cap must know of it"


def test_a_recalled_message_whose_receipt_comes_is_on_the_correction_list(
    unknown_one: str, world: World, carrier: Start
) -> None:
    for user in ("chief_tax", "chief_insurance"):
        campaigns.judge(unknown_one, found="never", user=user, why="looked at their list", state=world.state)
    [(run_id,)] = world.run("select run_id from campaign.run")
    assert campaigns.recall(run_id, user="operator", why="a mistake", state=world.state)["reached"] == []
    receipt(world)
    send(world, run_id, carrier().url, lookup=False)
    [found] = campaigns.correction_list(run_id, state=world.state)
    assert (found["contact_id"], found["is_certain"]) == (unknown_one, True)


def test_nobody_says_never_of_a_message_whose_receipt_is_there(unknown_one: str, world: World) -> None:
    receipt(world)
    with pytest.raises(NeedsApprovalError, match="receipt"):
        campaigns.judge(unknown_one, found="never", user="chief_tax", why="x", state=world.state)


@pytest.mark.parametrize(
    ("user", "said", "reason"),
    [
        ("chief_tax", "never", "judged it already"),
        ("planner", "never", "the maker"),
        ("Planner", "never", "the maker"),
        ("mayor", "never", "not a valid approver"),
        ("chief_insurance", "accepted", None),
    ],
)
def test_one_person_cannot_settle_it_alone_nor_two_who_differ(
    user: str, said: str, reason: str | None, unknown_one: str, world: World
) -> None:
    world.run("insert into campaign.approver values ('planner', 'x', '2026-04-01', null)")
    campaigns.judge(unknown_one, found="never", user="chief_tax", why="looked", state=world.state)

    if reason:
        with pytest.raises(NeedsApprovalError, match=reason):
            campaigns.judge(unknown_one, found=said, user=user, why="looked", state=world.state)
    else:
        assert not campaigns.judge(unknown_one, found=said, user=user, why="looked", state=world.state)["is_settled"]
    assert world.run("select state from campaign.outbox") == [("unknown",)]


def test_what_a_machine_can_find_out_is_not_for_people(world: World, carrier: Start) -> None:
    world.debtor()
    gateway = carrier()
    send(world, world.approved(), gateway.url)
    [(contact_id,)] = world.run("select contact_id from campaign.outbox")

    with pytest.raises(NeedsApprovalError, match="waits for no person"):
        campaigns.judge(contact_id, found="never", user="chief_tax", why="x", state=world.state)
    with pytest.raises(NeedsApprovalError, match="no such message"):
        campaigns.judge("c0", found="never", user="chief_tax", why="x", state=world.state)


def test_the_carriers_own_list_settles_what_waits_and_touches_nothing_else(
    unknown_one: str, world: World, tmp_path: Path
) -> None:
    [row] = campaigns.unknown(state=world.state)
    file = tmp_path / "answer.csv"
    file.write_text(f"reference,status\n{row['reference']},accepted\nsms-of-nobody,never\n", encoding="utf-8")

    told = call(world, "statement", str(file), "--as", "chief_tax")

    assert (told["settled"], told["ignored"]) == (1, 1)
    assert world.run("select state, outcome from campaign.outbox") == [("accepted", "judged_accepted")]
    assert world.run("select statement_sha256 from campaign.verdict") == [(told["statement_sha256"],)]


@pytest.mark.parametrize(
    "content", ["reference,status\nx,perhaps\n", "a,b\n1,2\n", "reference,status\nx,never\nx,accepted\n"]
)
def test_a_list_that_is_none_is_refused(content: str, world: World, tmp_path: Path) -> None:
    file = tmp_path / "answer.csv"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(InputRejectedError, match=r"answer\.csv"):
        campaigns.take_statement(file, user="chief_tax", state=world.state)


@pytest.mark.parametrize("role", ["sender", "receiver", "etl", "screen", "analyst"])
def test_nobody_but_the_approval_service_can_judge(role: str, unknown_one: str, world: World) -> None:
    for statement in (
        f"select campaign.judge('{unknown_one}', 'never', 'chief_tax', 'x', null)",
        "insert into campaign.verdict (contact_id, attempt, found, told_by, why)"
        f" values ('{unknown_one}', 1, 'never', 'chief_tax', 'x')",
    ):
        with pytest.raises(db.DatabaseError) as found, db.connect(world.state, role) as connection:
            connection.execute(statement)  # type: ignore[call-overload]
        assert found.value.sqlstate == "42501"


def test_a_message_that_the_carrier_never_takes_is_listed_too(world: World, carrier: Start) -> None:
    world.debtor()
    run_id, gateway = world.approved(), carrier(fault_permille=1000, only_fault="busy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("receivables.campaigns.outbox.MOST_ATTEMPTS", 2)
        patch.setattr("receivables.campaigns.claiming.MOST_ATTEMPTS", 2)
        patch.setattr("receivables.campaigns.unknowns.MOST_ATTEMPTS", 2)
        done = send(world, run_id, gateway.url, settle_seconds=0.1, timeout_seconds=0.1)
        listed = campaigns.unknown(run_id, state=world.state)

    assert (done["waiting"], [each["next_step"] for each in listed]) == (1, ["not_taken"])
