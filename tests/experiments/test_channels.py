"""What other channels bring back, and campaigns that recommend a way to pay, are measured by what they are for."""

from datetime import time, timedelta
from typing import Any

import pytest

from receivables import campaigns
from receivables.campaigns.experiments.outcomes import PAID, channels_by_purpose, outcome_of
from receivables.campaigns.playbook import playbook, playbooks
from tests.campaigns.conftest import AS_OF, World
from tests.experiments.simulated import book
from tests.experiments.test_trials import LAST, hand_over, people, put

EVENT = """
    insert into campaign.contact_event (contact_id, channel, event, occurred_on, occurred_at, promised_on, source)
    values (%s, 'phone_centre', %s, %s, %s, %s, 'file')
"""


@pytest.fixture
def called(world: World) -> World:
    rules = book("a salt of calls", "debtor")
    put(world, "run", rules, people("p", (6, 30), (0, 30)))  # six paid in full on the ninth day
    world.run("update ops.published_batch set as_of = %s", LAST)
    return world


def tell(world: World, at: int, event: str, *, hour: int = 14, promised_after: int | None = None) -> None:
    until = None if promised_after is None else AS_OF + timedelta(days=promised_after)
    world.run(EVENT, f"runptreat{at}", event, AS_OF + timedelta(days=1), time(hour, 30), until)


def test_calls_of_our_own_lists_count_by_their_hour_and_their_promises(called: World) -> None:
    for at in range(10):
        tell(called, at, "promised" if at < 8 else "contacted", promised_after=10 if at < 8 else None)
    for at in range(10, 25):
        tell(called, at, "unreached")
    tell(called, 26, "contacted", hour=9)

    found = campaigns.results("run", state=called.state)

    assert found["hours"] == [
        {"channel": "phone_centre", "hour": 14, "attempted": 25, "reached": 10, "permille": 400}
    ]  # fmt: skip
    assert found["promises"] == {"promises": 8, "kept": 6, "kept_permille": 750}


def counts(found: dict[str, Any]) -> dict[str, int]:
    return {each["measure"]: each["count"] for each in found["harm"] if each["group_ja"] == "全体"}


def test_a_wrong_number_is_no_complaint_though_it_stops_the_channel(called: World) -> None:
    day = AS_OF + timedelta(days=1)
    for at in range(6):
        tell(called, at, "wrong_number")
        called.run("insert into campaign.hold (debtor_id, exclusion_code, valid_from, owner_dept, channel)"
                   " values (%s, 'X11', %s, 'central', 'phone_centre')", f"ptreat{at}", day)  # fmt: skip
    for at in range(6, 13):
        tell(called, at, "refused")
    for at in range(13, 21):
        tell(called, at, "undeliverable")

    found = counts(campaigns.results("run", state=called.state))

    assert found == {"complaint": 7, "wrong_person": 6, "returned": 8, "plan_break": 0, "referral": 0}


def test_a_dunning_is_never_halted_by_rule_but_its_harm_is_shown(world: World) -> None:
    """督促 is owed to everybody: a person may stop it, no threshold does."""
    put(world, "run", playbook("dunning_tax"), people("p", (0, 40), (0, 0)))
    hand_over(world)
    for at in range(8):
        tell(world, at, "complaint")

    found = campaigns.results("run", state=world.state)

    assert any(each["is_over"] for each in found["harm"])
    assert found["halted_because"] == []
    assert found["registered"] is None


def test_a_recommendation_is_judged_by_how_later_bills_are_paid(world: World) -> None:
    rules = playbook("direct_debit_letter")
    put(world, "run", rules, people("p", (9, 40), (9, 40)))  # on bills that were listed: not what it is for
    day = AS_OF + timedelta(days=100)
    told = [
        ("ptreat", 20, "bank_debit", "booked", day), ("pcontrol", 12, "bank_debit", "in_flight", day),
        ("ptreat", 35, "convenience", "booked", day), ("ptreat", 35, "bank_debit", "failed", day),
        ("pcontrol", 35, "bank_debit", "booked", AS_OF), ("pcontrol", 35, "bank_debit", "cancelled", day),
    ]  # fmt: skip
    for arm in ("ptreat", "pcontrol"):
        for at in range(40):
            world.run(
                "insert into mart.fct_claims (claim_id, debtor_id) values (%s, %s)", f"new{arm}{at}", f"{arm}{at}"
            )
    for arm, count, channel, state, on in told:
        for at in range(count):
            world.run("insert into intermediate.int_payments__announced values (%s, %s, %s, %s, 7000)",
                      f"new{arm}{at}", channel, state, on)  # fmt: skip
    world.run("update ops.published_batch set as_of = %s", AS_OF + timedelta(days=200))

    found = campaigns.results("run", state=world.state)

    counted = {(each["horizon_days"], each["arm"]): each["paid_count"] for each in found["effects"]}
    assert {days: (counted[days, "treat"], counted[days, "control"]) for days in (90, 180, 365, 730)} == {
        90: (0, 0), 180: (20, 12), 365: (20, 12), 730: (20, 12)
    }  # fmt: skip
    treated = next(e for e in found["effects"] if (e["horizon_days"], e["arm"]) == (180, "treat"))
    assert (treated["is_complete"], treated["gain_yen"]) == (True, 7000 * 8 // 40)
    assert found["registered"]["primary_outcome"].startswith("送信の翌日から180日以内に口座振替で")
    assert [each["run_id"] for each in campaigns.watch(state=world.state)] == ["run"]
    world.run("update ops.published_batch set as_of = %s", AS_OF + timedelta(days=730 + 20 + 31))
    assert campaigns.watch(state=world.state) == []


def test_every_playbook_is_measured_by_what_it_is_for() -> None:
    recommending = {each.name for each in playbooks() if not each.aim.asks_for_payment}
    assert {each.name for each in playbooks() if outcome_of(each.purpose) != PAID} == recommending
    assert set(channels_by_purpose()) == {"direct_debit", "cashless"}
    assert all(bool(each.holdout_permille) != each.aim.is_statutory for each in playbooks())
