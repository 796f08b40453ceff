"""窓口・電話での申出: what somebody says in answer to a contact is a result like a vendor's and stops what it must."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from receivables import campaigns
from receivables.campaigns import holding
from receivables.campaigns.hearing import SAID, SAID_JA, heard
from receivables.cli.campaign import app
from receivables.errors import InputRejectedError
from tests.campaigns.conftest import AS_OF, NOON, CarrierProcess, World

pytestmark = pytest.mark.postgres
NOW = datetime.fromisoformat(NOON)
LATER = AS_OF + timedelta(days=8)  # a week after, so that the cap says nothing


def called(world: World) -> tuple[str, str]:
    """A debtor on a list that a phone centre has; the debtor and the 受付番号."""
    debtor = world.debtor()
    campaigns.dispatch(world.approved("phone_centre_outbound"), state=world.state, now=NOW)
    ((token,),) = world.run("select token from campaign.handover_line")
    return debtor, str(token)


def hear(world: World, contact: str, said: str, **given: Any) -> dict[str, Any]:
    given = {"on": AS_OF, "why": "電話で申出", "user": "officer_a", **given}
    return heard(contact, said, state=world.state, **given)


@pytest.mark.parametrize(
    ("said", "code", "elsewhere"),
    [
        ("talked", None, True), ("promised", None, True), ("refused", "X11_optout", True),
        ("complaint", "X11_optout", False), ("wrong_number", "X11_optout", False), ("has_paid", "X01_paid", False),
        ("in_need", "X16_hardship", False),
    ],
)  # fmt: skip
def test_what_was_said_is_a_result_and_stops_what_it_must(
    said: str, code: str | None, elsewhere: bool, world: World
) -> None:
    debtor, token = called(world)
    for _ in range(2):
        hear(world, token, said, **({"promised_on": LATER} if said == "promised" else {}))
    assert world.run("select event, source, detail from campaign.contact_event") == [(SAID[said][0], "officer_a", said)]
    world.publish(LATER)
    world.build(LATER, "phone_centre_outbound")
    assert world.contact(debtor) == (("excluded", [code]) if code else ("treat", []))
    world.build(LATER)
    assert world.contact(debtor)[0] == ("treat" if elsewhere else "excluded"), "on another channel"


def test_who_says_that_it_is_paid_is_left_alone_for_two_weeks(world: World) -> None:
    debtor, token = called(world)
    hear(world, token, "has_paid")
    for days, arm in ((14, "excluded"), (15, "treat")):
        world.publish(AS_OF + timedelta(days=days))
        world.build(AS_OF + timedelta(days=days))
        assert world.contact(debtor)[0] == arm


def test_a_complaint_and_a_need_are_to_be_looked_at_at_once(world: World) -> None:
    _, token = called(world)
    hear(world, token, "complaint")
    hear(world, token, "in_need")
    due = holding.holds(is_due=True, state=world.state)
    assert [(each["exclusion_code"], each["why"], each["entered_by"]) for each in due] == [
        ("X11", "電話で申出", "officer_a"), ("X16", "電話で申出", "officer_a"),
    ]  # fmt: skip


def test_an_sms_is_answered_by_the_id_of_its_contact(world: World, carrier: Callable[..., CarrierProcess]) -> None:
    world.debtor()
    run_id = world.approved()
    ((contact,),) = world.run("select contact_id from campaign.contact")
    with pytest.raises(InputRejectedError, match="was sent"):
        hear(world, str(contact), "talked")
    campaigns.dispatch(run_id, state=world.state, gateway_url=carrier().url, now=NOW)
    hear(world, str(contact), "refused")
    assert world.run("select exclusion_code, channel from campaign.hold") == [("X11", "sms")]


@pytest.mark.parametrize(
    ("said", "given", "words"),
    [
        ("shouted", {}, "is none of"),
        ("talked", {"why": " "}, "what was heard"),
        ("talked", {"user": ""}, "what was heard"),
        ("promised", {}, "--promised"),
        ("talked", {"promised_on": LATER}, "--promised"),
        ("promised", {"promised_on": AS_OF - timedelta(days=1)}, "--promised"),
        ("talked", {"on": date(2100, 1, 1)}, "has not come"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_entered(
    said: str, given: dict[str, Any], words: str, world: World
) -> None:
    _, token = called(world)
    with pytest.raises(InputRejectedError, match=words):
        hear(world, token, said, **given)
    assert world.run("select count(*) from campaign.contact_event") == [(0,)]


def test_the_command_enters_it_and_every_word_is_told_in_japanese(world: World) -> None:
    _, token = called(world)
    words = ["heard", token, "promised", "--on", "2026-06-19", "--promised", "2026-06-30", "--why", "月末に納付",
             "--as", "officer_a", "--json", "--state", str(world.state.root)]  # fmt: skip
    assert '"event": "promised"' in CliRunner().invoke(app, words, catch_exceptions=False).stdout
    assert world.run("select promised_on from campaign.contact_event") == [(date(2026, 6, 30),)]
    assert SAID.keys() == SAID_JA.keys()
