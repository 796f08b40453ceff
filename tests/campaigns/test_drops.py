"""除外の連絡: who pays, or must not be contacted, after a list was handed over is taken off it while there is time."""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from receivables import campaigns
from receivables.campaigns import holding, windows
from receivables.campaigns.handover.dropping import drops
from receivables.campaigns.handover.returning import LIST_HEAD, take_back
from tests.campaigns.conftest import AS_OF, NOON, World

pytestmark = pytest.mark.postgres
NOW = datetime.fromisoformat(NOON)
NEXT = AS_OF + timedelta(days=1)
UNDUNNED: dict[str, Any] = {"dunned_on": None, "dunning_deadline": None, "due_date": AS_OF - timedelta(days=20)}
AFTERWARDS = {  # what happens to a debtor on the day after
    "X01_paid": "delete from mart.fct_delinquencies where debtor_id = %s",
    "X01_paid part": "update mart.fct_delinquencies set outstanding_yen = 24999 where debtor_id = %s",
    "X01_paid announced": "update mart.fct_delinquencies set provisional_yen = 1 where debtor_id = %s",
    "X08_dv": "insert into identity.contact_fact values (%s, 'X08', '2026-06-01', null, 'residents', 'b')",
    "X02_plan_ok": "update mart.fct_delinquencies set held_by = 'instalment_plan' where debtor_id = %s",
}


def handed(world: World, name: str = "phone_centre_outbound") -> str:
    """One batch with a vendor, and the night after it."""
    (batch,) = campaigns.dispatch(world.approved(name), state=world.state, now=NOW)["batches"]
    world.publish(NEXT)
    return str(batch)


def token_of(world: World, debtor: str) -> str:
    ((token,),) = world.run(
        "select token from campaign.handover_line join campaign.contact using (contact_id) where debtor_id = %s", debtor
    )
    return str(token)


def test_what_says_nothing_against_the_person_takes_nobody_off(world: World) -> None:
    """A file that is not in the figures yet holds back what is to be sent; it is no reason to call a list back."""
    world.debtor()
    handed(world)
    world.load_again("resident_tax", NEXT)
    assert drops(NEXT, state=world.state) == []


@pytest.mark.parametrize("what", AFTERWARDS)
def test_who_paid_or_is_held_since_is_named_to_the_vendor_by_number_alone(what: str, world: World) -> None:
    debtor, other = world.debtor(), world.debtor()
    batch = handed(world)
    assert drops(NEXT, state=world.state) == [], "a list a day old is no reason, nor is the contact itself"
    world.run(AFTERWARDS[what], debtor)
    (told,) = drops(NEXT, state=world.state)
    token = token_of(world, debtor)
    assert (told["batch"], told["tokens"]) == (batch, [token])
    assert what.split()[0] in told["codes"][token]
    content = Path(told["file"]).read_text(encoding="cp932")
    assert list(csv.reader(content.splitlines())) == [["受付番号"], [token]]
    assert token_of(world, other) not in content


def test_a_number_that_was_told_stays_told_and_what_is_over_is_not_told(world: World) -> None:
    debtor = world.debtor()
    handed(world)
    held = holding.enter(debtor, "X16", why="相談中", user="officer_a", until=NEXT, state=world.state)
    assert held["outside"]
    first = drops(NEXT, state=world.state)
    world.publish(NEXT + timedelta(days=1))
    again = drops(NEXT + timedelta(days=1), state=world.state)
    assert [each["tokens"] for each in first] == [each["tokens"] for each in again] == [[token_of(world, debtor)]]
    ((expires_on,),) = world.run("select expires_on from campaign.handover")
    assert drops(expires_on + timedelta(days=1), state=world.state) == []


def test_a_call_in_spite_of_it_is_seen_when_the_vendor_reports(world: World, tmp_path: Path) -> None:
    paid, other = world.debtor(), world.debtor()
    batch = handed(world)
    world.run(AFTERWARDS["X01_paid"], paid)
    drops(NEXT, state=world.state)
    day = f"{datetime.now(windows.TOKYO):%Y-%m-%d}"  # later than the day on which it was told
    file = tmp_path / "return.csv"
    with file.open("w", encoding="cp932", newline="") as out:
        csv.writer(out).writerows(
            [LIST_HEAD, *([token_of(world, each), day, "10:00", "01", "", ""] for each in (paid, other))]
        )
    told = take_back(batch, file, today=date(2100, 1, 1), state=world.state)
    assert told["despite_drop"] == [token_of(world, paid)]


def test_a_letter_that_is_not_posted_yet_can_be_taken_out(world: World) -> None:
    debtor = world.debtor(**UNDUNNED)
    handed(world, "dunning_tax")
    assert drops(NEXT, state=world.state) == []
    world.run(AFTERWARDS["X01_paid"], debtor)
    (told,) = drops(NEXT, state=world.state)
    assert Path(told["file"]).read_text(encoding="cp932").splitlines() == ["封緘番号", token_of(world, debtor)]
