"""Trials are looked at by rule, harm halts them, and a halt reaches the sender."""

import json
import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from receivables import campaigns, db, roster
from receivables.campaigns.experiments import harm, stopping
from receivables.campaigns.experiments.halting import halt_for, open_halts
from receivables.campaigns.experiments.preregistration import register
from receivables.campaigns.playbook import Playbook
from receivables.campaigns.runs import run_of
from receivables.errors import InputRejectedError, NeedsApprovalError
from tests.campaigns.conftest import AS_OF, NOON, QUICK, World
from tests.experiments.simulated import book, put_run

NAME = "sms_after_dunning"
HOLD = "insert into campaign.hold (debtor_id, exclusion_code, valid_from, owner_dept) values (%s, %s, %s, 'tax')"
LAST = AS_OF + timedelta(days=50)  # thirty days to pay, twenty into the books


def put(
    world: World, run_id: str, rules: Playbook, people: dict[str, tuple[str, bool]], *, sent_on: Any = AS_OF
) -> None:
    """One run: who was in which arm, and whether they paid within thirty days."""
    put_run(world, run_id, rules, sent_on=None)
    for debtor, (arm, pays) in people.items():
        codes, reference = ([], f"{run_id}{debtor}") if arm == "treat" else (["X18_holdout"], None)
        world.run(
            "insert into campaign.contact values"
            " (%s, %s, %s, %s, %s, %s, %s, %s, '{5000}', '{resident_tax}', '{tax}', 5000, 'h', 1, null)",
            f"{run_id}{debtor}", run_id, debtor, debtor, arm, codes, reference, [f"{run_id}{debtor}"],
        )  # fmt: skip
        if pays:
            paid_on = sent_on + timedelta(days=9)
            world.run("insert into mart.fct_receipts values ('r', %s, %s, 5000, false)", f"{run_id}{debtor}", paid_on)
    with db.connect(world.state, "sender") as connection:
        register(connection, run_id, rules)
    world.run("update campaign.run set dispatched_on = %s where run_id = %s", sent_on, run_id)


def people(prefix: str, treat: tuple[int, int], control: tuple[int, int]) -> dict[str, tuple[str, bool]]:
    """So many of so many paid, in each arm."""
    return {
        f"{prefix}{arm}{at}": (arm, at < paid)
        for arm, (paid, count) in (("treat", treat), ("control", control))
        for at in range(count)
    }


def looked(world: World, rules: Playbook, as_of: Any = LAST) -> list[tuple[int, str]]:
    with db.connect(world.state, "sender") as connection:
        found = stopping.looks(connection, rules.experiment.trial_key(rules.name, rules.holdout_salt), as_of)
    return [(each["look_no"], each["decision"]) for each in found]


def test_a_trial_is_looked_at_once_a_run_and_ends_by_its_boundary(world: World) -> None:
    rules = book("a salt of its own", "debtor")
    put(world, "one", rules, people("a", (40, 100), (30, 100)))
    put(world, "two", rules, people("b", (46, 100), (30, 100)), sent_on=AS_OF + timedelta(days=1))
    put(world, "three", rules, people("c", (55, 100), (30, 100)), sent_on=AS_OF + timedelta(days=2))

    assert looked(world, rules, LAST - timedelta(days=1)) == []
    assert looked(world, rules) == [(1, "continue")]
    assert looked(world, rules) == [(1, "continue")]
    late = LAST + timedelta(days=9)
    assert looked(world, rules, late) == [(1, "continue"), (2, "continue"), (3, "effective")]
    rows = world.run("select z, bound from campaign.look order by look_no")
    assert [round(bound, 2) for _, bound in rows] == pytest.approx([4.33, 2.96, 2.36], abs=0.04)
    assert rows[0][0] == pytest.approx(1.49, abs=0.01)  # 40 % against 30 % of a hundred each, unpooled
    with pytest.raises(db.DatabaseError, match="RC010"):
        world.run("update campaign.look set decision = 'continue'")


def test_late_money_changes_no_earlier_look(world: World) -> None:
    rules = book("another salt of its own", "debtor")
    put(world, "one", rules, people("a", (40, 100), (30, 100)))
    looked(world, rules)
    before = world.run("select * from campaign.look")
    world.run(
        "insert into mart.fct_receipts select 'r', unnest(claim_ids), %s, 1, false from campaign.contact"
        " where arm = 'treat' and contact_id <> 'oneatreat99'", AS_OF + timedelta(days=5),
    )  # fmt: skip

    looked(world, rules)

    assert world.run("select * from campaign.look") == before


def test_a_person_counts_once_in_the_run_that_drew_them_first(world: World) -> None:
    rules = book("a third salt of its own", "debtor")
    put(world, "one", rules, people("a", (40, 100), (30, 100)))
    put(world, "two", rules, people("a", (100, 100), (0, 100)), sent_on=AS_OF + timedelta(days=1))

    assert looked(world, rules, LAST + timedelta(days=9)) == [(1, "continue")]  # nothing more is known


def test_when_those_asked_pay_less_the_campaign_is_halted(world: World) -> None:
    rules = book("a fourth salt of its own", "debtor").model_copy(update={"name": NAME})
    put(world, "one", rules, people("a", (10, 200), (100, 200)))
    world.run("update ops.published_batch set as_of = %s", LAST)
    roster.install(world.state)

    found = campaigns.results("one", state=world.state)

    assert [each["decision"] for each in found["looks"]] == ["harmful"]
    assert json.loads(json.dumps(found)) == found  # a task hands it on
    assert len(found["halted_because"]) == 1
    assert campaigns.lift(NAME, user="chief_tax", reason="seen", state=world.state)["lifted"] == 1
    assert campaigns.results("one", state=world.state)["halted_because"] == []


def hand_over(world: World) -> None:
    """Everybody treated is sent something at noon."""
    world.run(
        "insert into campaign.outbox"
        " (contact_id, run_id, debtor_id, channel, reference, parts_count, state, accepted_at)"
        " select contact_id, run_id, debtor_id, 'sms', reference, 1, 'accepted', %s from campaign.contact"
        " where arm = 'treat'", datetime.fromisoformat(NOON),
    )  # fmt: skip


def asked(world: World, *, sent: int, refused: int) -> str:
    rules = book("a salt for harm", "debtor")
    put(world, "run", rules, people("p", (0, sent), (0, sent)))
    hand_over(world)
    for at in range(refused):
        world.run(HOLD, f"ptreat{at}", "X11", AS_OF + timedelta(days=2))
    return "run"


@pytest.mark.parametrize(("refused", "is_halted"), [(4, False), (5, True)])
def test_harm_above_its_limit_halts_from_the_smallest_cell_on(world: World, refused: int, is_halted: bool) -> None:
    """Five of a hundred are above 20 per mille; four would be too, but are too few to say so."""
    found = campaigns.results(asked(world, sent=100, refused=refused), state=world.state)

    over = {(each["measure"], each["group_ja"]) for each in found["harm"] if each["is_over"]}
    assert bool(over) == bool(found["halted_because"]) == is_halted
    shown = next(each for each in found["harm"] if (each["measure"], each["group_ja"]) == ("complaint", "全体"))
    assert shown["count"] == (5 if is_halted else None)
    again = campaigns.results("run", state=world.state)
    assert len(again["halted_because"]) == is_halted


def test_what_an_approver_has_seen_and_lifted_does_not_halt_again_but_more_does(world: World) -> None:
    roster.install(world.state)
    campaigns.results(asked(world, sent=100, refused=5), state=world.state)
    with pytest.raises(NeedsApprovalError):
        campaigns.lift(NAME, user="planner", reason="x", state=world.state)
    with pytest.raises(InputRejectedError):
        campaigns.lift(NAME, user="chief_tax", reason=" ", state=world.state)
    campaigns.lift(NAME, user="chief_tax", reason="seen", state=world.state)
    assert campaigns.results("run", state=world.state)["halted_because"] == []
    for at in range(6):
        world.run(HOLD, f"ptreat{at}", "X25", AS_OF)
    assert len(campaigns.results("run", state=world.state)["halted_because"]) == 1


def test_what_happens_anyway_is_measured_over_the_control_group(world: World) -> None:
    run_id = asked(world, sent=200, refused=0)
    for arm, count in (("treat", 40), ("control", 40)):
        for at in range(count):
            world.run("insert into mart.wl_instalment_plans values (%s, 'broken', %s)", f"p{arm}{at}", AS_OF)
    assert campaigns.results(run_id, state=world.state)["halted_because"] == []
    for up_to, is_halted in ((50, False), (80, True)):  # 50 more per mille may be chance, 200 are not
        for at in range(40, up_to):
            world.run("insert into mart.wl_instalment_plans values (%s, 'broken', %s)", f"ptreat{at}", AS_OF)
        assert bool(campaigns.results(run_id, state=world.state)["halted_because"]) == is_halted


def test_a_hidden_cell_cannot_be_told_from_the_others() -> None:
    def cell(name: str, count: int) -> harm.Watched:
        return harm.Watched("complaint", "department", name, 100, 100, count, 100, 0, 10.0 * count, 900, False)

    shown = {each["cell"]: each["count"] for each in harm.shown([cell("a", 3), cell("b", 7), cell("c", 20)], 5)}
    assert shown == {"a": None, "b": None, "c": 20}
    shown = {each["cell"]: each["count"] for each in harm.shown([cell("a", 0), cell("b", 7)], 5)}
    assert shown == {"a": 0, "b": 7}


def test_nothing_of_a_halted_campaign_is_sent_until_it_is_lifted(world: World, carrier: Any) -> None:
    for _ in range(6):
        world.debtor()
    run_id, gateway = world.approved(), carrier()
    halted = campaigns.halt(NAME, user="operator", reason="a complaint by phone", state=world.state)
    assert halted["is_halted"]

    def send() -> Any:
        return campaigns.dispatch(
            run_id, state=world.state, gateway_url=gateway.url, now=datetime.fromisoformat(NOON), terms=QUICK
        )

    found = send()
    assert (found["stopped_because"], gateway.ledger()) == ("halted", {})
    campaigns.lift(NAME, user="chief_tax", reason="answered", state=world.state)
    assert (send()["stopped_because"], len(gateway.ledger())) == (None, 6)
    with pytest.raises(InputRejectedError):
        campaigns.halt("nothing", user="a", reason="b", state=world.state)
    with pytest.raises(db.DatabaseError, match="RC010"):
        world.run("update campaign.halt set reason = 'another'")


def test_a_halt_waits_for_a_claim_under_way_and_every_later_claim_sees_it(world: World) -> None:
    world.debtor()
    run_id = world.approved()
    done: list[float] = []

    def halt() -> None:
        campaigns.halt(NAME, user="operator", reason="now", state=world.state)
        done.append(time.monotonic())

    with db.connect(world.state, "sender") as claim:
        assert claim.execute("select campaign.is_halted(%s)", [run_id]).fetchone() == (False,)
        other = threading.Thread(target=halt)
        other.start()
        time.sleep(0.5)
        assert not done
        committed = time.monotonic()
    other.join()
    assert done[0] >= committed
    with db.connect(world.state, "sender") as claim:
        assert claim.execute("select campaign.is_halted(%s)", [run_id]).fetchone() == (True,)


def test_the_sender_may_halt_and_never_lift(world: World) -> None:
    with db.connect(world.state, "sender") as connection:
        assert halt_for(connection, NAME, "harm_watch", "why", ["a"])
        assert not halt_for(connection, NAME, "harm_watch", "why", ["a"])
        assert open_halts(connection, NAME) == ["why"]
    for attack in (
        "update campaign.halt set lifted_by = 'x', lifted_at = now(), lift_reason = 'x'", "delete from campaign.halt",
        "select campaign.lift_halts('sms_after_dunning', 'chief_tax', 'x')",
    ):  # fmt: skip
        with pytest.raises(db.DatabaseError, match="42501"), db.connect(world.state, "sender") as connection:
            connection.execute(attack)


def test_every_run_still_coming_in_is_watched(world: World) -> None:
    asked(world, sent=20, refused=0)
    assert [each["run_id"] for each in campaigns.watch(state=world.state)] == ["run"]
    world.run("update ops.published_batch set as_of = %s", AS_OF + timedelta(days=200))
    assert campaigns.watch(state=world.state) == []
    with db.connect(world.state, "sender") as connection:
        assert run_of(connection, "run").state == "done"
