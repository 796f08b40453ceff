"""送信のブレーキ: a list unlike the last one waits for a written reason; on quiet days nothing leaves."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from receivables import campaigns, db
from receivables.campaigns import cohort, quiet
from receivables.campaigns.cohort import Cohort, shifts
from receivables.campaigns.terms import CohortLimits
from receivables.errors import InputRejectedError, NeedsApprovalError
from tests.campaigns.conftest import AS_OF, NOON, CarrierProcess, World

LIMITS = CohortLimits(smallest_list=10)


def counted(people: int, **cells: dict[str, int]) -> Counter[tuple[str, str]]:
    found = Counter({("people", "all"): people})
    for dimension, each in cells.items():
        found.update({(dimension, cell): number for cell, number in each.items()})
    return found


ORDINARY = counted(1000, years_overdue={"0": 700, "1": 200, "2": 100}, department={"tax": 600, "insurance": 400})


def told(now: Counter[tuple[str, str]], before: Counter[tuple[str, str]] = ORDINARY) -> set[tuple[str, str, str]]:
    found = shifts(Cohort(now, Counter()), before, LIMITS)
    return {(each["dimension"], each["cell"], each["against"]) for each in found}


def test_the_same_people_again_are_no_shift() -> None:
    assert told(ORDINARY) == set()
    assert (
        told(counted(1100, years_overdue={"0": 780, "1": 210, "2": 110}, department={"tax": 700, "insurance": 400}))
        == set()
    )


def test_a_cohort_that_slipped_by_two_years_is_seen() -> None:
    slipped = counted(1000, years_overdue={"2": 700, "3": 200, "4": 100}, department={"tax": 600, "insurance": 400})
    assert {("years_overdue", "0", "last_run"), ("years_overdue", "2", "last_run")} <= told(slipped)


def test_a_section_that_fell_out_and_a_list_of_twice_the_length_are_seen() -> None:
    alone = counted(600, years_overdue={"0": 420, "1": 120, "2": 60}, department={"tax": 600})
    assert ("department", "insurance", "last_run") in told(alone)
    doubled = Counter({cell: number * 2 for cell, number in ORDINARY.items()})
    assert told(doubled) == {("people", "all", "last_run")}


def test_a_list_unlike_everybody_it_was_drawn_from_is_seen_in_its_first_run() -> None:
    odd = Cohort(
        counted(100, standing={"standing": 0, "unknown": 100}), counted(1000, standing={"standing": 950, "unknown": 50})
    )
    assert {each["against"] for each in shifts(odd, Counter(), LIMITS)} == {"everybody"}


def test_of_a_few_people_nothing_is_said() -> None:
    assert told(counted(9, years_overdue={"5": 9}), counted(9, years_overdue={"0": 9})) == set()


@pytest.mark.postgres
def test_a_list_that_shifted_is_approved_only_after_somebody_wrote_why(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = cohort.shifts
    monkeypatch.setattr(cohort, "shifts", lambda now, before, _: real(now, before, CohortLimits(smallest_list=2)))
    for _ in range(4):
        world.debtor()
    first = world.approved()
    world.run("update campaign.run set dispatched_on = %s where run_id = %s", AS_OF, first)
    later = AS_OF + timedelta(days=30)
    world.publish(later)
    for _ in range(9):
        world.debtor(due_date=AS_OF - timedelta(days=800))
    run_id = world.build(later)
    seen = campaigns.preview(run_id, state=world.state)
    assert {each["dimension"] for each in seen["shifts"]} == {"people", "years_overdue"}
    assert "未記入（承認できません）" in campaigns.preview_text(run_id, state=world.state)
    with pytest.raises(NeedsApprovalError, match="explain-shift"):
        campaigns.approve(run_id, user="chief_tax", state=world.state)
    with pytest.raises(InputRejectedError, match="reason"):
        cohort.explain_shift(run_id, user="planner", why=" ", state=world.state)
    cohort.explain_shift(run_id, user="planner", why="滞納繰越分を新たに対象とした（計画のとおり）", state=world.state)
    campaigns.approve(run_id, user="chief_tax", state=world.state)
    assert campaigns.approve(run_id, user="chief_insurance", state=world.state)["approvals"] == 2
    assert "滞納繰越分を新たに" in campaigns.preview_text(run_id, state=world.state)


@pytest.mark.postgres
def test_there_is_nothing_to_explain_of_an_ordinary_list(world: World) -> None:
    world.debtor()
    with pytest.raises(InputRejectedError, match="shifted"):
        cohort.explain_shift(world.build(), user="planner", why="理由はないが書いてみる", state=world.state)


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["sms_after_dunning", "dunning_tax"])
def test_on_quiet_days_nothing_leaves(world: World, carrier: Callable[..., CarrierProcess], name: str) -> None:
    given: dict[str, Any] = {"dunned_on": None, "dunning_deadline": None, "due_date": AS_OF - timedelta(days=20)}
    debtor = world.debtor(**(given if name == "dunning_tax" else {}))
    run_id, gateway = world.approved(name), carrier()
    entered = quiet.be_quiet(AS_OF, AS_OF + timedelta(days=2), reason="台風", user="chief", state=world.state)
    now = datetime.fromisoformat(NOON)
    done = campaigns.dispatch(run_id, state=world.state, gateway_url=gateway.url, now=now)
    assert (done["stopped_because"], world.message(debtor)[0]) == ("quiet_day", "ready")
    quiet.end_quiet(entered["quiet_id"], user="chief", state=world.state)
    campaigns.dispatch(run_id, state=world.state, gateway_url=gateway.url, now=now)
    assert world.message(debtor)[0] in ("accepted", "delivered")


@pytest.mark.postgres
def test_quiet_days_end_by_themselves_and_need_their_days_in_order(world: World) -> None:
    with pytest.raises(InputRejectedError, match="in order"):
        quiet.be_quiet(AS_OF, AS_OF - timedelta(days=1), reason="x", user="chief", state=world.state)
    quiet.be_quiet(AS_OF, AS_OF, reason="黙とうの日", user="chief", state=world.state)
    asked = "select campaign.is_quiet(%s), campaign.is_quiet(%s)"
    assert world.run(asked, AS_OF, AS_OF + timedelta(days=1)) == [(True, False)]
    assert quiet.quiet_days(date(2026, 7, 1), state=world.state) == []


@pytest.mark.postgres
def test_who_enters_quiet_days_waits_for_the_call_under_way(world: World) -> None:
    """The look before a call and the entry cannot pass each other: what is entered first is seen (F62)."""
    with db.connect(world.state, "sender") as call, ThreadPoolExecutor(1) as pool:
        assert call.execute("select campaign.is_quiet(%s)", [AS_OF]).fetchone() == (False,)
        entered = pool.submit(quiet.be_quiet, AS_OF, AS_OF, reason="台風", user="chief", state=world.state)
        with pytest.raises(TimeoutError):
            entered.result(timeout=0.5)
        call.commit()
        assert entered.result(timeout=10)["from_on"] == AS_OF
        assert call.execute("select campaign.is_quiet(%s)", [AS_OF]).fetchone() == (True,)
