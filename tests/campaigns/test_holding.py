"""連絡停止: who hears of a reason enters it and it counts at once; it takes two to end it, and nothing is forgotten."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from receivables import campaigns, db, decisions
from receivables.campaigns import holding, windows
from receivables.campaigns.exclusions import all_exclusions, full_code
from receivables.campaigns.handover.returning import LIST_HEAD, take_back
from receivables.cli import hold as commands
from receivables.errors import InputRejectedError, NeedsApprovalError
from tests.campaigns.conftest import AS_OF, NOON, CarrierProcess, World

pytestmark = pytest.mark.postgres
NOW = datetime.fromisoformat(NOON)
UNDUNNED: dict[str, Any] = {"dunned_on": None, "dunning_deadline": None, "due_date": AS_OF - timedelta(days=20)}


def enter(world: World, who: str, code: str = "X06", **given: Any) -> dict[str, Any]:
    return holding.enter(who, code, why="代理人から電話", user="officer_a", state=world.state, **given)


def night(world: World, as_of: date) -> None:
    """What a published night does with decisions."""
    with db.connect(world.state) as connection:
        decisions.take_up(connection, as_of=as_of, state=world.state)
        connection.execute("select decision.end_holds(%s)", [as_of])


@pytest.mark.parametrize("code", holding.BY_HAND)
def test_who_is_held_is_on_no_list(world: World, code: str) -> None:
    debtor, other = world.debtor(), world.debtor()
    held = enter(world, debtor, code)
    world.build()
    assert world.contact(debtor) == ("excluded", [full_code(code)])
    assert world.contact(other) == ("treat", [])
    assert held["reason_ja"] == all_exclusions()[full_code(code)].reason_ja


def test_a_hold_on_one_channel_leaves_the_others(world: World) -> None:
    debtor = world.debtor()
    enter(world, debtor, "X11", channel="auto_call")
    world.build()
    assert world.contact(debtor)[0] == "treat"
    world.build(name="auto_call_trial")
    assert world.contact(debtor) == ("excluded", ["X11_optout"])


def test_what_was_approved_before_is_not_sent_after(world: World, carrier: Callable[..., CarrierProcess]) -> None:
    debtor, other = world.debtor(), world.debtor()
    run_id, one = world.approved(), carrier()
    enter(world, debtor, "X12")
    campaigns.dispatch(run_id, state=world.state, gateway_url=one.url, now=NOW)
    assert world.message(debtor) == ("suppressed", ["X12_lawyer"])
    assert world.message(other)[0] in ("accepted", "delivered")


def test_somebody_is_named_in_every_way_that_a_desk_knows(world: World) -> None:
    debtor = world.debtor(**UNDUNNED)
    campaigns.dispatch(world.approved("dunning_tax"), state=world.state, now=NOW)
    ((contact, token),) = world.run("select contact_id, token from campaign.handover_line")
    number = f"{world.people:015d}"
    assert {enter(world, who)["debtor_id"] for who in (debtor, number, contact, token)} == {debtor}


def test_what_lies_with_a_vendor_is_told_until_it_came_back(world: World) -> None:
    debtor = world.debtor()
    told = campaigns.dispatch(world.approved("phone_centre_outbound"), state=world.state, now=NOW)
    ((batch, token),) = world.run("select batch, token from campaign.handover_line")
    assert told["batches"] == [batch]
    assert [each["token"] for each in enter(world, debtor)["outside"]] == [token]
    assert enter(world, debtor, channel="sms")["outside"] == []
    day = datetime.now(windows.TOKYO).date().isoformat()
    file = world.state.root / "return.csv"
    file.write_text(f"{','.join(LIST_HEAD)}\n{token},{day},10:00,{_complaint()},\n", encoding="utf-8")
    take_back(batch, file, today=date(2100, 1, 1), state=world.state)
    assert enter(world, debtor)["outside"] == []
    assert [each["exclusion_code"] for each in holding.holds(is_due=True, state=world.state)] == ["X11"], "a complaint"


def _complaint() -> str:
    from receivables.campaigns.outcome_codes import _outcomes

    row = next(each for each in _outcomes().values()
               if each["channel"] == "phone_centre" and each["outcome"] == "complaint")  # fmt: skip
    return f"{row['result_code']},{row['detail_code']}"


def test_it_takes_two_to_end_a_hold_and_a_night(world: World) -> None:
    debtor = world.debtor()
    held = enter(world, debtor)["hold_id"]
    decision = holding.propose_end(held, why="終結を確認", user="chief_tax", state=world.state)
    with pytest.raises(NeedsApprovalError, match="another person"):
        decisions.confirm(decision, user="chief_tax", state=world.state)
    night(world, AS_OF)
    world.build()
    assert world.contact(debtor) == ("excluded", ["X06_bankrupt"]), "one person's word ends nothing"
    decisions.confirm(decision, user="chief_insurance", state=world.state)
    world.build()
    assert world.contact(debtor)[0] == "excluded", "not before a night"
    after = AS_OF + timedelta(days=1)
    night(world, after)
    world.publish(after)
    world.build(after)
    assert world.contact(debtor) == ("treat", [])
    assert world.run("select valid_to, ended_by, why from campaign.hold") == [(AS_OF, decision, "代理人から電話")]
    night(world, after + timedelta(days=1))
    assert world.run("select valid_to from campaign.hold") == [(AS_OF,)]
    with pytest.raises(InputRejectedError, match="in force"):
        holding.propose_end(held, why="x", user="chief_tax", state=world.state)


def test_a_new_hold_is_not_ended_by_an_old_decision(world: World) -> None:
    debtor = world.debtor()
    first = enter(world, debtor)["hold_id"]
    decision = holding.propose_end(first, why="終結を確認", user="officer_a", state=world.state)
    decisions.confirm(decision, user="chief_tax", state=world.state)
    enter(world, debtor)
    night(world, AS_OF + timedelta(days=1))
    world.publish(AS_OF + timedelta(days=1))
    world.build(AS_OF + timedelta(days=1))
    assert world.contact(debtor) == ("excluded", ["X06_bankrupt"])


def test_the_sender_itself_can_end_no_hold(world: World) -> None:
    enter(world, world.debtor())
    for change in ("update campaign.hold set valid_to = current_date", "delete from campaign.hold"):
        with pytest.raises(db.DatabaseError, match="42501"), db.connect(world.state, "sender") as sender:
            sender.execute(change.encode())


@pytest.mark.parametrize(
    ("who", "code", "given", "said"),
    [
        ("d" + "9" * 20, "X06", {}, "nobody is known"),
        (None, "X13", {}, "no reason that people enter"),
        (None, "X25", {}, "no reason that people enter"),
        (None, "X06_other", {}, "no reason that people enter"),
        (None, "", {}, "no reason that people enter"),
        (None, "X06", {"channel": "fax"}, "is none of sms"),
        (None, "X06", {"until": date(2020, 1, 1)}, "before the day"),
    ],
)
def test_a_hold_that_cannot_be_is_refused(
    world: World, who: str | None, code: str, given: dict[str, Any], said: str
) -> None:
    debtor = world.debtor()
    with pytest.raises(InputRejectedError, match=said):
        enter(world, who or debtor, code, **given)
    with pytest.raises(InputRejectedError, match="what was heard"):
        holding.enter(debtor, "X06", why=" ", user="officer_a", state=world.state)
    assert world.run("select count(*) from campaign.hold") == [(0,)]


def test_a_hold_with_a_last_day_ends_by_itself(world: World) -> None:
    debtor = world.debtor()
    enter(world, debtor, "X01", until=AS_OF)
    world.build()
    assert world.contact(debtor) == ("excluded", ["X01_paid"])
    world.publish(AS_OF + timedelta(days=1))
    world.build(AS_OF + timedelta(days=1))
    assert world.contact(debtor) == ("treat", [])


def test_a_doubt_about_somebody_is_not_ended_as_a_hold(world: World) -> None:
    debtor = world.debtor()
    ((held,),) = world.run(
        "insert into campaign.hold (debtor_id, exclusion_code, valid_from, owner_dept) values (%s, 'X25', %s, 'x')"
        " returning hold_id", debtor, AS_OF,
    )  # fmt: skip
    with pytest.raises(InputRejectedError, match="identity"):
        holding.propose_end(held, why="x", user="chief_tax", state=world.state)


def test_the_commands_say_what_was_done(world: World) -> None:
    debtor = world.debtor(**UNDUNNED)
    campaigns.dispatch(world.approved("dunning_tax"), state=world.state, now=NOW)

    def command(*words: str) -> Any:
        found = CliRunner().invoke(commands.app, [*words, "--state", str(world.state.root)], catch_exceptions=False)
        return found.stdout

    said = command("add", debtor, "X06", "--as", "officer_a", "--why", "破産の通知", "--review", "2026-07-01")
    assert "破産・再生・係争・不服申立て中" in said
    assert "委託先へ除外を連絡してください" in said
    listed = json.loads(command("list", "--due", "--json"))["holds"]
    assert [(each["debtor_id"], each["why"], each["is_due"]) for each in listed] == [(debtor, "破産の通知", True)]
    assert "要確認" in command("list")
    ended = json.loads(command("end", str(listed[0]["hold_id"]), "--as", "officer_a", "--why", "終結", "--json"))
    assert ended["next"] == f"receivables decision confirm {ended['decision_id']} --as ANOTHER_USER"
