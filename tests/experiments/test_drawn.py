"""Who is drawn, together with whom, and what is written down before anything is sent."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables import campaigns, db
from receivables.campaigns.experiments.households import units_of
from receivables.campaigns.experiments.plan import ExperimentPlan
from receivables.campaigns.playbook import Playbook, playbook
from tests.campaigns.conftest import AS_OF, World
from tests.experiments.simulated import RUN

BOOK = playbook("sms_after_dunning")


def use(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Playbook:
    chosen = BOOK.model_copy(update={"holdout_permille": 500, **changes})
    monkeypatch.setattr("receivables.campaigns.selection.playbook", lambda _: chosen)
    return chosen


def live_together(world: World, household: str, *debtors: str, until: date | None = None) -> None:
    for debtor in debtors:
        world.run(
            "insert into identity.relation values"
            " (%s, 'household', %s, %s, 'register', 'resolved', %s, %s, 'residents', 'register', 'b')",
            f"r{hash((household, debtor)) % 10**19:020d}", debtor, f"h{household:0>20}",
            AS_OF - timedelta(days=400), until,
        )  # fmt: skip


def drawn(world: World, run_id: str) -> dict[str, tuple[str, str | None]]:
    rows = world.run("select debtor_id, arm, unit_key from campaign.contact where run_id = %s", run_id)
    return {debtor: (arm, unit) for debtor, arm, unit in rows}


@pytest.fixture
def homes(world: World, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    use(monkeypatch, experiment=ExperimentPlan(unit="household"))
    world.run("truncate identity.relation")
    homes = [[world.debtor() for _ in range(3)] for _ in range(20)]
    for at, debtors in enumerate(homes):
        live_together(world, f"{at:x}", *debtors)
    return homes


def test_a_household_is_asked_together_or_not_at_all(world: World, homes: list[list[str]]) -> None:
    alone, moved = world.debtor(), world.debtor()
    live_together(world, "0", moved, until=AS_OF - timedelta(days=1))

    found = drawn(world, world.build())

    arms = [{found[debtor] for debtor in home} for home in homes]
    assert all(len(arm) == 1 for arm in arms)
    assert {arm for ((arm, _),) in arms} == {"treat", "control"}
    assert len({unit for ((_, unit),) in arms}) == 20
    assert found[alone][1] is None
    assert found[moved][1] is None


def test_the_households_own_key_never_comes_out(world: World, homes: list[list[str]]) -> None:
    units = {unit for _, unit in drawn(world, world.build()).values()}
    assert not units & {row[0] for row in world.run("select to_ref from identity.relation")}
    with db.connect(world.state, "sender") as connection, pytest.raises(db.psycopg.errors.InsufficientPrivilege):
        connection.execute("select 1 from identity.relation")


def test_what_is_sent_is_checked_by_the_same_draw(world: World, homes: list[list[str]]) -> None:
    """The proof not_in_control_group goes by the household that was drawn, not by the debtor's own hash."""
    from receivables.campaigns.certificate import proofs
    from receivables.campaigns.contacts import stored_contacts

    run_id = world.build()
    rules = BOOK.model_copy(update={"holdout_permille": 500})
    with db.connect(world.state, "sender") as connection:
        stored = stored_contacts(connection, run_id).values()
    seen = type("Seen", (), {
        "links": {}, "day": AS_OF, "at": AS_OF, "is_window_ignored": True, "template_sha256": "t", "approvers": (),
        "run_id": run_id, "content_sha256": "c", "sources": {},
    })()  # fmt: skip
    held = {each.arm: set() for each in stored}
    for each in stored:
        held[each.arm].add(proofs(each, None, (), rules, seen)["not_in_control_group"]["holds"])
    assert held == {"treat": {True}, "control": {False}}


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("uvwxyz")), max_size=12), st.randoms())
def test_units_are_the_same_in_any_order_and_joined_by_whoever_is_in_two(
    pairs: list[tuple[str, str]], rng: Any
) -> None:
    found = units_of(pairs)
    again = list(pairs)
    rng.shuffle(again)
    assert units_of(again) == found
    for debtor, household in pairs:
        assert found[debtor] <= household
        assert all(found[other] == found[debtor] for other, shared in pairs if shared == household)


def test_a_debtor_with_two_letters_is_in_one_arm(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is a contact for each claim type, the debtor is drawn all the same, not the contact."""
    found = BOOK.audience.model_copy(update={"one_per": "claim_type"})
    use(monkeypatch, audience=found)
    for _ in range(30):
        world.claim(world.debtor(), claim_type="nhi_premium")

    run_id = world.build()

    rows = world.run(
        "select debtor_id, count(*), count(distinct arm) from campaign.contact where run_id = %s and arm <> 'excluded'"
        " group by debtor_id", run_id,
    )  # fmt: skip
    assert len(rows) == 30
    assert {(count, arms) for _, count, arms in rows} == {(2, 1)}
    assert world.run("select sum(people)::integer from (select treat_count + control_count as people"
                     " from campaign.preregistration) as told") == [(60,)]  # fmt: skip


def test_nobody_is_left_out_of_a_dunning_to_measure_something() -> None:
    told = BOOK.model_dump() | {"purpose": "dunning"}
    with pytest.raises(ValueError, match="control group"):
        Playbook.model_validate(told)


def test_what_a_run_is_to_show_is_written_with_its_list_and_never_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch)
    for _ in range(400):
        world.debtor()

    run_id = world.build()

    told = campaigns.preview(run_id, state=world.state)["experiment"]
    assert (told["baseline_from"], told["baseline_permille"], told["horizon_days"]) == ("prior", 300, 30)
    assert told["treat_count"] + told["control_count"] == 400
    assert 125 < told["mde_permille"] < 150  # 10 points need 356 in each arm, 200 see about 13.4
    assert 60 < told["trial_mde_permille"] < 75
    text = campaigns.preview_text(run_id, state=world.state)
    assert "検出できる最小の差: この回だけで 13." in text
    for change in ("update campaign.preregistration set horizon_days = 7", "delete from campaign.preregistration"):
        with pytest.raises(db.DatabaseError, match="RC010"):
            world.run(change)
    world.run("update campaign.run set dispatched_on = %s", AS_OF)
    world.run("alter table campaign.preregistration disable trigger preregistration_is_fixed")
    world.run("delete from campaign.preregistration")
    world.run("alter table campaign.preregistration enable trigger preregistration_is_fixed")
    with pytest.raises(db.DatabaseError, match="RC013"):
        world.run(
            "insert into campaign.preregistration values"
            " (%s, 't', 'o', 'debtor', 30, 1, 1, 50, 800, 300, 'prior', 1, 1, 4, 's', '{}')", run_id,
        )  # fmt: skip


def test_the_baseline_comes_from_earlier_controls_once_there_are_enough(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch)
    for _ in range(30):
        world.debtor()
    world.run(RUN, "old", BOOK.name, AS_OF - timedelta(days=90), "sms", "reminder", "{}", AS_OF - timedelta(days=90))
    world.run("insert into campaign.effect values ('old', 30, 'control', true, 200, 0, 24, 1, 1, 0)")

    told = campaigns.preview(world.build(), state=world.state)["experiment"]

    assert (told["baseline_from"], float(told["baseline_permille"])) == ("earlier_runs", 120.0)


def test_without_a_control_group_nothing_is_promised(world: World) -> None:
    world.debtor()
    run_id = world.build()
    assert campaigns.preview(run_id, state=world.state)["experiment"] is None
    assert "効果は測れません" in campaigns.preview_text(run_id, state=world.state)
