"""連絡の経過: the desk finds everything that was said to one person, and nothing of anybody else."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from receivables import campaigns
from receivables.campaigns import holding
from receivables.campaigns.history import history
from receivables.cli.campaign import app
from receivables.errors import InputRejectedError
from tests.campaigns.conftest import AS_OF, NOON, World

pytestmark = pytest.mark.postgres
NOW = datetime.fromisoformat(NOON)
UNDUNNED: dict[str, Any] = {"dunned_on": None, "dunning_deadline": None, "due_date": AS_OF - timedelta(days=20)}


def called(world: World, debtor: str) -> None:
    world.run(
        "insert into mart.fct_contacts (channel, debtor_id, attempted_at, attempted_on, outcome, owner_dept)"
        " values ('phone_centre', %s, %s, %s, 'contacted', 'tax')", debtor, NOW, AS_OF,
    )  # fmt: skip


def test_everything_said_to_a_person_is_found_by_what_a_desk_knows(world: World) -> None:
    debtor, other = world.debtor(**UNDUNNED), world.debtor(**UNDUNNED)
    campaigns.dispatch(world.approved("dunning_tax"), state=world.state, now=NOW)
    called(world, debtor)
    holding.enter(debtor, "X16", why="相談中", user="officer_a", state=world.state)
    ((contact, token),) = world.run(
        "select contact_id, token from campaign.handover_line join campaign.contact using (contact_id)"
        " where debtor_id = %s", debtor,
    )  # fmt: skip
    for who in (debtor, contact, token, f"{world.people - 1:015d}"):
        found = history(str(who), state=world.state)
        (sent,) = found["contacts"]
        assert (found["debtor_id"], sent["contact_id"], sent["state"]) == (debtor, contact, "accepted")
        assert [each["outcome"] for each in found["by_vendors"]] == ["contacted"]
        assert [(each["code"], each["why"]) for each in found["against"]] == [("X16", "相談中")]
    assert [each["arm"] for each in history(other, state=world.state)["contacts"]] == ["treat"]
    assert history(other, state=world.state)["by_vendors"] == []


def test_who_was_left_out_sees_why_and_a_list_nobody_approved_says_nothing(world: World) -> None:
    debtor = world.debtor(fact="X05")
    world.build()
    assert history(debtor, state=world.state)["contacts"] == [], "a list that waits was said to nobody"
    world.approved()
    (left_out,) = history(debtor, state=world.state)["contacts"]
    assert (left_out["arm"], left_out["codes"]) == ("excluded", ["X05_welfare"])
    assert history(debtor, state=world.state)["against"][0]["reason_ja"].startswith("生活保護")


def test_what_was_sent_to_an_id_that_is_one_with_another_now_is_found_under_it(world: World) -> None:
    kept, lost = world.debtor(), world.debtor(**UNDUNNED)
    campaigns.dispatch(world.approved("dunning_tax"), state=world.state, now=NOW)
    world.run("insert into identity.merge (decision_id, kept_id, lost_id, from_on) values ('x', %s, %s, %s)",
              kept, lost, AS_OF)  # fmt: skip
    assert len(history(kept, state=world.state)["contacts"]) == 1


def test_nobody_known_is_said_and_the_command_shows_it(world: World) -> None:
    with pytest.raises(InputRejectedError, match="nobody is known"):
        history("999999999999999", state=world.state)
    debtor = world.debtor()
    called(world, debtor)
    words = ["history", debtor, "--state", str(world.state.root)]
    assert "contacted" in CliRunner().invoke(app, words, catch_exceptions=False).stdout
    told = json.loads(CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False).stdout)
    assert told["debtor_id"] == debtor
