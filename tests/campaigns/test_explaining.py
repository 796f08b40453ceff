"""連絡の根拠: who wrote to this person, on what, with whose approval; and whether all of it is what was signed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from receivables import campaigns
from receivables.campaigns import windows
from receivables.campaigns.explaining import explain_contact
from receivables.campaigns.handover import standing
from receivables.cli import campaign, explain
from receivables.errors import InputRejectedError
from tests.campaigns.conftest import AS_OF, NOON, World

pytestmark = pytest.mark.postgres
UNDUNNED: dict[str, Any] = {"dunned_on": None, "dunning_deadline": None, "due_date": AS_OF - timedelta(days=20)}


def dunned(world: World) -> str:
    run_id = world.approved("dunning_tax")
    campaigns.dispatch(run_id, state=world.state, now=datetime.fromisoformat(NOON))
    return run_id


def token(world: World) -> str:
    ((found,),) = world.run("select token from campaign.handover_line")
    return str(found)


def test_a_letter_leads_back_from_its_number_to_files_proofs_and_people(world: World) -> None:
    debtor = world.debtor(**UNDUNNED)
    run_id = dunned(world)
    found = explain_contact(token(world), state=world.state)
    assert (found["run"]["run_id"], found["contact"]["debtor_id"]) == (run_id, debtor)
    assert [each["approver"] for each in found["approvals"]] == ["chief_tax", "chief_insurance"]
    seen = found["verified"]
    assert (seen["list"], seen["text"], seen["certificates"]) == (True, True, [True])
    assert sorted(seen["approvers_valid_now"]) == ["chief_insurance", "chief_tax"]
    assert len(found["certificates"][0]["proofs"]) == 12
    assert all(proof["holds"] for proof in found["certificates"][0]["proofs"].values())
    assert {each["batch_id"] for each in found["rests_on"]} >= {f"register__persons-{AS_OF}"}
    assert [each["to_state"] for each in found["history"]] == ["ready", "sending", "accepted"]
    told = str(found)
    assert not [word for word in ("区民", "世田谷四丁目", *world.numbers.values()) if word in told]


def test_what_was_changed_since_is_said(world: World) -> None:
    world.debtor(**UNDUNNED)
    dunned(world)
    for table in ("contact", "certificate"):
        world.run(f"alter table campaign.{table} disable trigger user")
    world.run("update campaign.contact set outstanding_yen = outstanding_yen + 1")
    world.run('update campaign.certificate set proofs = proofs || \'{"window_open": {"holds": true}}\'')
    seen = explain_contact(token(world), state=world.state)["verified"]
    for table in ("contact", "certificate"):
        world.run(f"alter table campaign.{table} enable trigger user")
    assert (seen["list"], seen["certificates"]) == (False, [False])


def test_an_excluded_person_is_explained_by_the_reasons(world: World) -> None:
    world.debtor(fact="X07", **UNDUNNED)
    run_id = world.build(name="dunning_tax")
    ((contact,),) = world.run("select contact_id from campaign.contact where run_id = %s", run_id)
    found = explain_contact(str(contact), state=world.state)
    assert found["contact"]["reasons_ja"] == ["死亡（相続の確認前）"]
    assert found["certificates"] == []


def test_whom_no_letter_reaches_a_person_must_write_to(world: World) -> None:
    world.debtor(**UNDUNNED)
    hidden, dead = world.debtor(fact="X08", **UNDUNNED), world.debtor(fact="X07", **UNDUNNED)
    paying = world.debtor(provisional_yen=100, **UNDUNNED)
    run_id = dunned(world)
    listed = {each["debtor_id"]: each["codes"] for each in standing.by_hand(run_id, state=world.state)}
    assert set(listed) == {hidden, dead}
    assert paying not in listed
    with pytest.raises(InputRejectedError, match="督促"):
        standing.by_hand(world.build(), state=world.state)


def test_silence_that_lasts_longer_than_usual_is_an_alarm(world: World) -> None:
    world.debtor(**UNDUNNED)
    dunned(world)
    released = datetime.now(windows.TOKYO).date()
    assert standing.silent(released + timedelta(days=5), state=world.state) == []
    (found,) = standing.silent(released + timedelta(days=6), state=world.state)
    assert (found["days"], found["usual_days"]) == (6, 5)
    told = ["--state", str(world.state.root), "--as-of", f"{released + timedelta(days=6)}", "--json"]
    assert CliRunner().invoke(campaign.app, ["silent", *told]).exit_code == 4


@pytest.mark.parametrize("words", [["batches"], ["quiet", "list"], ["by-hand", "RUN"]])
def test_the_commands_show_what_there_is(world: World, words: list[str]) -> None:
    world.debtor(fact="X08", **UNDUNNED)
    world.debtor(**UNDUNNED)
    run_id = dunned(world)
    words = [run_id if word == "RUN" else word for word in words]
    done = CliRunner().invoke(campaign.app, [*words, "--state", str(world.state.root)])
    assert done.exit_code == 0, done.output
    contact = CliRunner().invoke(explain.app, ["contact", token(world), "--state", str(world.state.root)])
    assert contact.exit_code == 0, contact.output
    assert "送達可否証明" in contact.output
