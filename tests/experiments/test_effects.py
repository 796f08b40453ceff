"""What came of it: payments by arm, with intervals that others have published."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from receivables import campaigns, db
from receivables.campaigns.experiments.effects import newcombe
from receivables.errors import InputRejectedError
from receivables.settings import State
from tests.campaigns.conftest import AS_OF, NOON, QUICK, CarrierProcess, World

Start = Callable[..., CarrierProcess]


@pytest.mark.parametrize(
    ("one", "two", "published"),
    [  # Newcombe 1998, Statistics in Medicine 17:873, table II, method 10 (score, without continuity correction)
        ((56, 70), (48, 80), (52.4, 333.9)),
        ((9, 10), (3, 10), (170.5, 809.0)),
        ((10, 10), (0, 10), (607.5, 1000.0)),
        ((0, 10), (0, 10), (-277.5, 277.5)),
    ],
)
def test_the_interval_is_newcombes(
    state: State, one: tuple[int, int], two: tuple[int, int], published: tuple[float, float]
) -> None:
    with db.connect(state, "sender") as connection:
        found = newcombe(connection, *one, *two)

    assert found is not None
    assert (found.low, found.high) == pytest.approx(published, abs=0.06)


def test_an_empty_arm_has_no_interval(state: State) -> None:
    with db.connect(state, "sender") as connection:
        assert newcombe(connection, 1, 2, 0, 0) is None


def pay(world: World, debtor: str, days: int, yen: int = 1000) -> None:
    world.run(
        "insert into mart.fct_receipts select %s, claim_id, %s, %s from mart.fct_delinquencies where debtor_id = %s",
        f"{debtor}{days}", AS_OF + timedelta(days=days), yen, debtor,
    )  # fmt: skip


@pytest.fixture
def sent(world: World, carrier: Start, monkeypatch: pytest.MonkeyPatch) -> tuple[str, list[str], list[str]]:
    """A run with both arms that was sent: its id, the treated and the control debtors."""
    from receivables.campaigns.playbook import playbook

    half = playbook("sms_after_dunning").model_copy(update={"holdout_permille": 500})
    monkeypatch.setattr("receivables.campaigns.selection.playbook", lambda _: half)
    debtors = [world.debtor() for _ in range(20)]
    run_id = world.approved()
    campaigns.dispatch(
        run_id, state=world.state, gateway_url=carrier().url, now=datetime.fromisoformat(NOON), terms=QUICK
    )
    arms = {debtor: world.contact(debtor)[0] for debtor in debtors}
    return run_id, [d for d in debtors if arms[d] == "treat"], [d for d in debtors if arms[d] == "control"]


def test_payments_count_for_the_arm_they_were_assigned_to(sent: tuple[str, list[str], list[str]], world: World) -> None:
    run_id, treated, control = sent
    assert (world.message(control[0]), len(treated) + len(control)) == (("none", []), 20)
    pay(world, treated[0], 0)  # on the sending day: it was on its way
    pay(world, treated[1], 1)
    pay(world, treated[1], 3)
    pay(world, treated[2], 7)
    pay(world, treated[3], 8)
    pay(world, control[0], 14)
    pay(world, control[1], 31)

    found = campaigns.results(run_id, state=world.state)["effects"]

    by = {(row["horizon_days"], row["arm"]): (row["paid_count"], row["paid_yen"]) for row in found}
    assert by == {
        (7, "treat"): (2, 3000), (7, "control"): (0, 0), (14, "treat"): (3, 4000), (14, "control"): (1, 1000),
        (30, "treat"): (3, 4000), (30, "control"): (1, 1000),
    }  # fmt: skip
    assert {row["assigned_count"] for row in found} == {len(treated), len(control)}
    assert {row["cost_yen"] for row in found} == {0, len(treated) * 2 * 12}
    assert not any(row["is_complete"] for row in found)
    assert world.run("select count(*) from campaign.effect") == [(6,)]
    campaigns.results(run_id, state=world.state)
    assert world.run("select count(*) from campaign.effect") == [(6,)]


def test_nothing_is_measured_before_it_was_sent(world: World) -> None:
    world.debtor()
    with pytest.raises(InputRejectedError, match="not dispatched"):
        campaigns.results(world.build(), state=world.state)


def command(world: World, *words: str) -> tuple[int, Any]:
    code = "from receivables.cli import campaign, console; console.run(campaign.app)"
    line = [sys.executable, "-c", code, *words, "--state", str(world.state.root)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout) if "--json" in words else done.stdout


def test_the_commands_lead_from_the_list_to_the_result_with_their_exit_codes(world: World, carrier: Start) -> None:
    for _ in range(12):
        world.debtor()
    world.debtor(fact="X08")
    gateway = carrier()

    code, built = command(world, "build", "sms_after_dunning", "--as-of", "2026-06-19", "--json")
    assert (code, built["candidates"], built["state"]) == (0, 13, "waiting")
    run_id = built["run_id"]
    assert command(world, "dispatch", run_id, "--gateway", gateway.url, "--json")[0] == 3
    assert command(world, "approve", run_id, "--as", "planner", "--json")[0] == 3
    assert command(world, "approve", run_id, "--as", "chief_tax", "--json")[1]["approvals"] == 1
    assert command(world, "approve", run_id, "--as", "chief_insurance", "--json")[1]["approvals"] == 2
    assert command(world, "preview", "nothing", "--json")[0] == 2
    assert command(world, "dispatch", run_id, "--json")[0] == 5  # no carrier is configured
    assert command(world, "dispatch", run_id, "--gateway", gateway.url, "--now", "noon", "--json")[0] == 2
    assert command(world, "stop", "--json")[1]["is_stopped"] is True
    assert command(world, "dispatch", run_id, "--gateway", gateway.url, "--json")[0] == 3
    assert command(world, "resume", "--as", "chief", "--reason", "test", "--json")[0] == 0
    code, done = command(world, "dispatch", run_id, "--gateway", gateway.url, "--now", NOON, "--json")
    assert (code, done["waiting"], len(gateway.ledger())) == (0, 0, done.get("accepted", 0) + done.get("delivered", 0))
    assert command(world, "results", run_id, "--json")[1]["dispatched_on"] == "2026-06-19"
    for words in (["list"], ["preview", run_id], ["results", run_id], ["describe", "sms_after_dunning"]):
        code, text = command(world, *words)
        assert (code, "督促" in text or run_id[:10] in text) == (0, True)


def test_the_preview_for_the_approval_screen_holds_counts_and_nobody(world: World) -> None:
    debtor = world.debtor()
    world.debtor(fact="X08")

    text = campaigns.preview_text(world.build(), state=world.state)

    assert "| 送信 | 1 | 25,000 |" in text
    assert "| X08 支援措置（DV・ストーカー等）対象：個別対応のみ | 1 |" in text
    assert debtor not in text
    assert world.numbers[debtor][1:] not in text
