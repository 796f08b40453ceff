"""Four eyes (F77): whatever is tried, the sender refuses what two others did not approve."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from receivables import campaigns, db, four_eyes
from receivables.errors import InputRejectedError, InvariantBrokenError, NeedsApprovalError

from .conftest import AS_OF, NOON, QUICK, CarrierProcess, World

Start = Callable[..., CarrierProcess]


def refused(world: World, run_id: str, carrier: Start, error: type[Exception] = NeedsApprovalError) -> str:
    """The sender refuses `run_id` and the carrier has seen nothing."""
    gateway = carrier()
    with pytest.raises(error) as found:
        campaigns.dispatch(
            run_id, state=world.state, gateway_url=gateway.url, now=datetime.fromisoformat(NOON), terms=QUICK
        )
    assert gateway.sent() == []
    return str(found.value)


def row(world: World, run_id: str, user: str, **changed: Any) -> dict[str, Any]:
    """An approval as the approval service would have signed it, written by the administrator."""
    now = datetime.fromisoformat("2026-06-19T12:00:00+09:00")
    said = {
        "run_id": run_id, "content_sha256": campaigns.preview(run_id, state=world.state)["content_sha256"],
        "approver": user, "approved_at": now, "expires_at": now + timedelta(days=3650), **changed,
    }  # fmt: skip
    return {**said, "signature": four_eyes.signature(world.state.secret(four_eyes.KEY), **said)}


def insert(world: World, **values: Any) -> None:
    world.run(
        f"insert into campaign.approval ({', '.join(values)}) values ({', '.join(['%s'] * len(values))})",
        *values.values(),
    )


def mark_approved(world: World, run_id: str) -> None:
    """What somebody may try who marks the approval tasks as successful."""
    world.run("update campaign.run set state = 'approved' where run_id = %s", run_id)


@pytest.fixture
def waiting(world: World) -> str:
    world.debtor()
    return world.build()


@pytest.mark.parametrize("approvers", [[], ["chief_tax"]])
def test_nothing_is_sent_before_two_people_said_yes(
    approvers: list[str], waiting: str, world: World, carrier: Start
) -> None:
    for user in approvers:
        campaigns.approve(waiting, user=user, state=world.state)
    mark_approved(world, waiting)

    assert f"has {len(approvers)} of 2" in refused(world, waiting, carrier)


def test_two_people_are_enough(waiting: str, world: World, carrier: Start) -> None:
    for user in ("chief_tax", "chief_insurance"):
        campaigns.approve(waiting, user=user, state=world.state)
    gateway = carrier()

    done = campaigns.dispatch(
        waiting, state=world.state, gateway_url=gateway.url, now=datetime.fromisoformat(NOON), terms=QUICK
    )

    assert (len(gateway.sent()), done["waiting"]) == (1, 0)


def test_the_maker_may_not_approve_even_as_a_listed_approver(waiting: str, world: World) -> None:
    world.run("insert into campaign.approver values ('planner', '企画', '2026-04-01', null)")

    with pytest.raises(NeedsApprovalError, match="maker"):
        campaigns.approve(waiting, user="planner", state=world.state)


def test_a_makers_signed_row_is_refused_by_the_sender(waiting: str, world: World, carrier: Start) -> None:
    world.run("insert into campaign.approver values ('planner', '企画', '2026-04-01', null)")
    campaigns.approve(waiting, user="chief_tax", state=world.state)
    insert(world, **row(world, waiting, "planner"))
    mark_approved(world, waiting)

    assert "planner: the maker" in refused(world, waiting, carrier)


def test_the_same_person_twice_is_one(waiting: str, world: World, carrier: Start) -> None:
    campaigns.approve(waiting, user="chief_tax", state=world.state)

    with pytest.raises(NeedsApprovalError, match="approved already"):
        campaigns.approve(waiting, user="chief_tax", state=world.state)

    answer = {"chosen_options": ["Approve"], "responded_by_user": {"id": "chief_tax", "name": "x"}}
    assert campaigns.record_answers(waiting, answers=[answer, answer], state=world.state) == 1
    refused(world, waiting, carrier)


def test_another_list_than_the_one_looked_at_is_refused(waiting: str, world: World) -> None:
    with pytest.raises(NeedsApprovalError, match="another one than was approved"):
        campaigns.approve(waiting, user="chief_tax", content_sha256="0" * 64, state=world.state)


def test_an_approval_of_other_content_does_not_count(waiting: str, world: World, carrier: Start) -> None:
    campaigns.approve(waiting, user="chief_tax", state=world.state)
    insert(world, **row(world, waiting, "chief_insurance", content_sha256="0" * 64))
    mark_approved(world, waiting)

    assert "another list" in refused(world, waiting, carrier)


def test_an_expired_approval_does_not_count(waiting: str, world: World, carrier: Start) -> None:
    campaigns.approve(waiting, user="chief_tax", state=world.state)
    past = datetime.fromisoformat("2020-01-01T00:00:00+09:00")
    insert(world, **row(world, waiting, "chief_insurance", approved_at=past, expires_at=past + timedelta(days=7)))
    mark_approved(world, waiting)

    assert "chief_insurance: expired" in refused(world, waiting, carrier)


def test_approvals_replayed_on_another_run_do_not_count(world: World, carrier: Start) -> None:
    world.debtor()
    first = world.approved()
    world.debtor()
    second = world.build()
    mark_approved(world, second)
    world.run(
        "insert into campaign.approval (run_id, content_sha256, approver, approved_at, expires_at, signature)"
        " select %s, (select content_sha256 from campaign.run where run_id = %s), approver, approved_at, expires_at,"
        " signature from campaign.approval where run_id = %s",
        second, second, first,
    )  # fmt: skip

    assert first != second
    assert "signature" in refused(world, second, carrier)


def test_an_approver_since_removed_does_not_count(waiting: str, world: World, carrier: Start) -> None:
    for user in ("chief_tax", "chief_insurance"):
        campaigns.approve(waiting, user=user, state=world.state)
    world.run("update campaign.approver set valid_to = '2026-04-02' where user_name = 'chief_tax'")
    assert world.build() == waiting  # making the list again does not put the person back

    assert "chief_tax: no longer an approver" in refused(world, waiting, carrier)
    with pytest.raises(NeedsApprovalError):
        campaigns.approve(waiting, user="chief_tax", state=world.state)


def test_somebody_not_on_the_roster_may_not_approve(waiting: str, world: World) -> None:
    with pytest.raises(NeedsApprovalError, match="not a valid approver"):
        campaigns.approve(waiting, user="mayor", state=world.state)


@pytest.mark.parametrize("changed", ["approver", "expires_at", "approved_at"])
def test_a_row_changed_afterwards_is_refused(changed: str, waiting: str, world: World, carrier: Start) -> None:
    for user in ("chief_tax", "chief_insurance"):
        campaigns.approve(waiting, user=user, state=world.state)
    world.run("insert into campaign.approver values ('other', 'x', '2026-04-01', null)")
    value = {"approver": "'other'", "expires_at": "'2099-01-01'", "approved_at": "'2026-06-19'"}[changed]
    world.run(f"update campaign.approval set {changed} = {value} where approver = 'chief_tax'")

    assert "signature" in refused(world, waiting, carrier)


@pytest.mark.parametrize("role", ["sender", "approver", "etl", "dbt", "screen", "analyst", "auditor", "migrator"])
def test_no_role_can_write_an_approval_directly(role: str, waiting: str, world: World) -> None:
    values = row(world, waiting, "chief_tax")
    for statement in (
        f"insert into campaign.approval ({', '.join(values)}) values ({', '.join(['%s'] * len(values))})",
        "update campaign.approval set approver = 'x'",
        "insert into campaign.approver values ('x', 'x', '2026-04-01', null)",
        "delete from campaign.approval",
    ):
        with pytest.raises(db.DatabaseError) as found, db.connect(world.state, role) as connection:
            connection.execute(statement, list(values.values()) if "%s" in statement else None)
        assert found.value.sqlstate == "42501"


@pytest.mark.parametrize("role", ["sender", "etl", "dbt", "screen", "analyst"])
def test_only_the_approval_service_may_record_one(role: str, waiting: str, world: World) -> None:
    values = row(world, waiting, "chief_tax")
    call = (
        "select campaign.record_approval(%(run_id)s, %(content_sha256)s, %(approver)s, %(approved_at)s,"
        " %(expires_at)s, %(signature)s)"
    )
    with pytest.raises(db.DatabaseError) as found, db.connect(world.state, role) as connection:
        connection.execute(call, values)
    assert found.value.sqlstate == "42501"


def test_a_list_changed_after_approval_is_refused(world: World, carrier: Start) -> None:
    debtor = world.debtor()
    run_id = world.approved()
    world.run("alter table campaign.contact disable trigger contact_is_fixed")
    world.run("update campaign.contact set phone_hash = 'x' where debtor_id = %s", debtor)
    world.run("alter table campaign.contact enable trigger contact_is_fixed")

    assert "not the approved one" in refused(world, run_id, carrier, InvariantBrokenError)


@pytest.mark.parametrize("column", ["template_text", "playbook"])
def test_text_or_rules_changed_after_approval_are_refused(column: str, world: World, carrier: Start) -> None:
    world.debtor()
    run_id = world.approved()
    value = {"template_text": "'お金を払え'", "playbook": "jsonb_set(playbook, '{holdout_permille}', '1')"}[column]
    world.run("alter table campaign.run disable trigger run_is_fixed")
    world.run(f"update campaign.run set {column} = {value}")
    world.run("alter table campaign.run enable trigger run_is_fixed")

    refused(world, run_id, carrier, InvariantBrokenError)


@pytest.mark.parametrize("statement", [
    "update campaign.contact set outstanding_yen = 0", "delete from campaign.contact",
    "update campaign.run set content_sha256 = 'x'", "delete from campaign.outbox",
])  # fmt: skip
def test_what_was_listed_cannot_be_changed_by_accident(statement: str, world: World) -> None:
    world.debtor()
    world.approved()
    world.run(
        "insert into campaign.outbox (contact_id, run_id, debtor_id, channel, reference, parts_count)"
        " select contact_id, run_id, debtor_id, 'sms', reference, 1 from campaign.contact"
    )
    with pytest.raises(db.DatabaseError) as found:
        world.run(statement)
    assert found.value.sqlstate == "RC010"


def test_a_newer_list_takes_the_place_of_one_that_waits(waiting: str, world: World) -> None:
    world.debtor()
    newer = world.build()

    assert newer != waiting
    with pytest.raises(NeedsApprovalError, match="superseded"):
        campaigns.approve(waiting, user="chief_tax", state=world.state)


def test_an_approved_run_stays_as_it_is_when_built_again(world: World) -> None:
    world.debtor()
    run_id = world.approved()
    before = world.run("select * from campaign.run"), world.run("select * from campaign.contact")

    assert world.build() == run_id
    assert before == (world.run("select * from campaign.run"), world.run("select * from campaign.contact"))


@pytest.mark.parametrize("answer", [
    None, {}, {"chosen_options": ["Reject"], "responded_by_user": {"id": "chief_tax", "name": "x"}},
    {"chosen_options": ["Approve"], "responded_by_user": None}, {"chosen_options": ["Approve"]},
])  # fmt: skip
def test_a_screen_task_without_a_persons_yes_approves_nothing(answer: Any, waiting: str, world: World) -> None:
    with pytest.raises(NeedsApprovalError):
        campaigns.record_answers(waiting, answers=[answer], state=world.state)
    assert world.run("select count(*) from campaign.approval") == [(0,)]


def test_unknown_runs_and_dates_are_named(world: World) -> None:
    with pytest.raises(InputRejectedError, match="no run 'nothing'"):
        campaigns.approve("nothing", user="chief_tax", state=world.state)
    with pytest.raises(InputRejectedError, match="run the night of 2026-06-20"):
        world.build(AS_OF + timedelta(days=1))


def test_a_forged_row_of_a_listed_approver_is_refused(waiting: str, world: World, carrier: Start) -> None:
    """Written by somebody who may write everything but does not hold the key."""
    campaigns.approve(waiting, user="chief_tax", state=world.state)
    insert(world, **{**row(world, waiting, "chief_insurance"), "signature": "0" * 64})
    mark_approved(world, waiting)

    assert "chief_insurance: the signature does not hold" in refused(world, waiting, carrier)


def test_an_approver_who_lost_the_duty_does_not_count(waiting: str, world: World, carrier: Start) -> None:
    for user in ("chief_tax", "chief_insurance"):
        campaigns.approve(waiting, user=user, state=world.state)
    world.run("update campaign.approver set duties = '{correction}' where user_name = 'chief_tax'")

    assert "chief_tax: no longer an approver" in refused(world, waiting, carrier)


def test_one_person_under_two_spellings_is_one(waiting: str, world: World, carrier: Start) -> None:
    world.run("insert into campaign.approver values ('Chief_Tax', 'x', '2026-04-01', null),"
              " ('Planner', 'x', '2026-04-01', null)")  # fmt: skip
    campaigns.approve(waiting, user="chief_tax", state=world.state)
    for user, reason in (("Chief_Tax", "approved already"), ("Planner", "maker"), (" chief_tax", "not a valid")):
        with pytest.raises(NeedsApprovalError, match=reason):
            campaigns.approve(waiting, user=user, state=world.state)

    insert(world, **row(world, waiting, "Chief_Tax"))  # signed by the service that did not look
    mark_approved(world, waiting)
    assert "has 1 of 2" in refused(world, waiting, carrier)


def test_an_approval_that_expires_while_sending_ends_it(world: World, carrier: Start) -> None:
    for _ in range(40):
        world.debtor()
    run_id, gateway = world.build(), carrier()
    now = world.run("select clock_timestamp()")[0][0]
    for user in ("chief_tax", "chief_insurance"):
        insert(world, **row(world, run_id, user, approved_at=now, expires_at=now + timedelta(seconds=4)))
    mark_approved(world, run_id)

    with pytest.raises(NeedsApprovalError, match="expired"):
        campaigns.dispatch(
            run_id, state=world.state, gateway_url=gateway.url, now=datetime.fromisoformat(NOON),
            terms=QUICK.model_copy(update={"parts_per_second": 4}),
        )  # fmt: skip
    assert 0 < len(gateway.sent()) < 40


def test_an_approver_removed_while_sending_ends_it(world: World, carrier: Start) -> None:
    for _ in range(40):
        world.debtor()
    run_id, gateway, ended = world.approved(), carrier(), []

    def send() -> None:
        with pytest.raises(NeedsApprovalError) as found:
            campaigns.dispatch(
                run_id, state=world.state, gateway_url=gateway.url, now=datetime.fromisoformat(NOON),
                terms=QUICK.model_copy(update={"parts_per_second": 8}),
            )  # fmt: skip
        ended.append(str(found.value))

    sender = threading.Thread(target=send)
    sender.start()
    while not gateway.sent():
        time.sleep(0.02)
    world.run("update campaign.approver set valid_to = '2026-04-02' where user_name = 'chief_tax'")
    sender.join(timeout=30)

    assert len(ended) == 1
    assert "chief_tax: no longer an approver" in ended[0]
    assert len(gateway.sent()) < 40
