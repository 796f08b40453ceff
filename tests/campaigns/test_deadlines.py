"""督促の期限: what must be written to by a day and is in no list is told in time, and nothing else is."""

import json
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from receivables import campaigns
from receivables.campaigns import deadlines
from receivables.errors import InputRejectedError, InvariantBrokenError
from receivables.rulebook import rulebook

from .conftest import AS_OF, NOON, World

pytestmark = pytest.mark.postgres
PROGRAM = str(Path(sys.executable).with_name("receivables"))
LAST_DAY = AS_OF - timedelta(days=20)  # of a due date: the letter must leave today
STANDINGS = ("near", "waiting", "under_way", "by_hand", "late")


def undunned(world: World, days: int = 20, **given: Any) -> str:
    return world.debtor(
        **{"dunned_on": None, "dunning_deadline": None, "due_date": AS_OF - timedelta(days=days), **given}
    )


def counts(world: World, day: date = AS_OF, **given: Any) -> dict[str, int]:
    """What is so of 特別区民税, without what is nothing."""
    told = campaigns.dunning_due(day, state=world.state, **given)["claim_types"]
    rows = [each for each in told if each["claim_type"] == "resident_tax"]
    return {how: rows[0][how] for how in STANDINGS if rows[0][how]} if rows else {}


@pytest.mark.parametrize(
    ("days", "how"),
    [(14, None), (15, "near"), (20, "near"), (21, "late"), (400, "late")],
    ids=["its list cannot hold it yet", "first day", "last day", "a day too late", "long ago"],
)
def test_the_twenty_days_are_counted_from_the_due_date(days: int, how: str | None, world: World) -> None:
    undunned(world, days)
    assert counts(world) == ({how: 1} if how else {})


def test_only_as_many_days_ahead_as_asked(world: World) -> None:
    undunned(world, 15)
    undunned(world, 18)
    assert counts(world, within_days=2) == {"near": 1}
    assert deadlines.threshold("dunning_warning_days") == 5
    assert counts(world) == {"near": 2}


@pytest.mark.parametrize(
    "given",
    [
        {"dunned_on": AS_OF, "dunning_deadline": AS_OF},
        {"held_by": "deferral"},
        {"held_by": "instalment_plan"},
        {"provisional_yen": 1},
        {"prescription_state": "completed"},
        {"standing": "extinct"},
    ],
    ids=["dunned", "deferred", "plan kept", "payment on the way", "prescribed", "extinct"],
)
def test_what_needs_no_letter_is_not_missed(given: dict[str, Any], world: World) -> None:
    undunned(world, **given)
    assert counts(world) == {}


def test_a_payment_on_the_way_to_one_claim_holds_the_letter_about_all_as_the_list_does(world: World) -> None:
    debtor = undunned(world)
    world.claim(debtor, dunned_on=None, dunning_deadline=None, due_date=LAST_DAY, provisional_yen=1)
    assert counts(world) == {}
    world.build(name="dunning_tax")
    assert world.contact(debtor)[0] == "excluded"


def test_a_list_covers_from_its_making_until_it_has_gone_out(world: World) -> None:
    undunned(world)
    assert counts(world) == {"near": 1}
    run_id = world.build(name="dunning_tax")
    assert counts(world) == {"waiting": 1}
    for user in ("chief_tax", "chief_insurance"):
        campaigns.approve(run_id, user=user, state=world.state)
    assert counts(world) == {"under_way": 1}
    campaigns.dispatch(run_id, state=world.state, now=datetime.fromisoformat(NOON))
    assert counts(world) == {"under_way": 1}
    assert counts(world, AS_OF + timedelta(days=1)) == {}, "dunned by our own letter"


@pytest.mark.parametrize("what", ["nobody can approve it any more", "approvals ran out", "superseded", "recalled"])
def test_a_list_that_will_never_go_out_covers_nobody(what: str, world: World) -> None:
    undunned(world)
    undunned(world, fact="X08")
    run_id = world.build(name="dunning_tax")
    assert counts(world) == {"waiting": 1, "by_hand": 1}
    if what == "nobody can approve it any more":
        world.run("alter table campaign.run disable trigger run_is_fixed")
        world.run("update campaign.run set built_at = built_at - interval '7 days 1 minute'")
        world.run("alter table campaign.run enable trigger run_is_fixed")
    elif what == "approvals ran out":
        world.run("update campaign.run set state = 'approved'")
        world.run(
            "insert into campaign.approval (run_id, content_sha256, approver, approved_at, expires_at, signature)"
            " select run_id, content_sha256, user_name, clock_timestamp() - interval '8 days',"
            " clock_timestamp() - interval '1 day', 's' from campaign.run, unnest(array['a', 'b']) as user_name"
        )
    elif what == "superseded":
        world.run("update campaign.run set state = 'superseded'")
    else:
        campaigns.recall(run_id, user="operator", why="wrong text", state=world.state)
    assert counts(world) == {"near": 2}


def test_whom_no_letter_may_reach_is_for_people_once_a_list_says_so(world: World) -> None:
    undunned(world, fact="X08")
    assert counts(world) == {"near": 1}
    world.build(name="dunning_tax")
    assert counts(world) == {"by_hand": 1}
    campaigns.require_dunning(AS_OF, state=world.state)


def test_who_was_left_to_people_is_so_by_the_newest_list_alone(world: World) -> None:
    left, dunned = undunned(world, fact="X07"), "update mart.fct_delinquencies set dunned_on = %s where debtor_id = %s"
    world.build(name="dunning_tax")
    world.run("update campaign.run set state = 'done'")
    assert counts(world) == {"by_hand": 1}

    undunned(world)
    world.run(dunned, AS_OF, left)
    world.build(name="dunning_tax")
    world.run(dunned, None, left)  # the department takes its letter back
    assert counts(world) == {"near": 1, "waiting": 1}


def test_a_list_that_left_somebody_out_for_the_day_only_covers_him_not(world: World) -> None:
    undunned(world)
    world.run("delete from ops.load where source = 'resident_tax'")
    world.build(name="dunning_tax")
    assert world.run("select exclusion_codes from campaign.contact") == [(["X00_stale_source"],)]
    assert counts(world) == {"near": 1}


def test_a_letter_that_was_stopped_at_the_last_moment_leaves_its_claim_open(world: World) -> None:
    debtor = undunned(world)
    run_id = world.approved("dunning_tax")
    world.fact(debtor, "X07")
    campaigns.dispatch(run_id, state=world.state, now=datetime.fromisoformat(NOON))
    assert world.message(debtor)[0] == "suppressed"
    assert counts(world) == {"near": 1}
    world.publish(AS_OF + timedelta(days=1))
    world.build(AS_OF + timedelta(days=1), "dunning_tax")
    assert counts(world) == {"by_hand": 1}


def test_where_the_law_names_no_days_the_wards_own_count(world: World) -> None:
    undunned(world, 17, source_code="nhi", claim_type="nhi_premium", owner_dept="insurance")
    (row,) = campaigns.dunning_due(AS_OF, state=world.state)["claim_types"]
    assert (row["playbook"], row["near"], row["is_statutory"]) == ("dunning_premiums", 1, False)
    assert row["first_limit_on"] == AS_OF + timedelta(days=3)
    assert "地方自治法第231条の3第1項" in row["citation"]


@pytest.mark.parametrize("kind", sorted(rulebook().claim_types))
def test_every_claim_type_has_a_last_day(kind: str) -> None:
    rule = rulebook().claim_type(kind, AS_OF).dunning_rule
    days = rule.within_days or deadlines.threshold("dunning_within_days")
    assert deadlines._limit(kind, AS_OF).limit_on == AS_OF + timedelta(days=days)


def test_the_morning_fails_for_what_can_be_mended_and_says_how(world: World) -> None:
    undunned(world, 400)
    campaigns.require_dunning(AS_OF, state=world.state)  # too late for ever: told, and no reason to fail every day
    assert counts(world) == {"late": 1}

    undunned(world, 19)
    undunned(world, 16)
    with pytest.raises(InvariantBrokenError) as found:
        campaigns.require_dunning(AS_OF, state=world.state)
    assert "2 of resident_tax by 2026-06-20" in str(found.value)
    assert "`receivables campaign build dunning_tax --as-of 2026-06-19`" in str(found.value)

    world.build(name="dunning_tax")
    campaigns.require_dunning(AS_OF, state=world.state)
    assert counts(world) == {"waiting": 2}, "and the late one is in the list as well"


def test_before_the_first_night_nothing_can_be_said(world: World) -> None:
    world.run("truncate ops.published_batch")
    with pytest.raises(InputRejectedError, match="run a night first"):
        campaigns.dunning_due(AS_OF, state=world.state)


def test_the_command_fails_while_something_is_missing(world: World) -> None:
    undunned(world)
    undunned(world, 30)
    words = [PROGRAM, "campaign", "dunning-due", "--as-of", str(AS_OF), "--state", str(world.state.root)]

    shown = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert shown.returncode == 4, shown.stderr
    for said in ("特別区民税", "2026-06-19", "地方税法", "receivables campaign build dunning_tax --as-of 2026-06-19"):
        assert said in shown.stdout
    world.build(name="dunning_tax")
    done = subprocess.run([*words, "--json"], capture_output=True, text=True, check=False, timeout=60)
    (row,) = json.loads(done.stdout)["claim_types"]
    assert (done.returncode, row["near"], row["waiting"], row["late"]) == (0, 0, 1, 0)
