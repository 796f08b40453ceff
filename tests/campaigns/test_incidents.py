"""公表された事故の再現: what went wrong elsewhere is done here, and nobody is written to wrongly.

Each test names where it was told. "Contacts" are messages that the carrier has, or envelopes that were released.
"""

import csv
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from receivables import campaigns
from receivables.campaigns import letters
from receivables.campaigns.cohort import Cohort, shifts
from receivables.campaigns.handover.returning import take_back
from receivables.campaigns.letters.returns import HEAD
from receivables.campaigns.terms import CohortLimits
from receivables.errors import InputRejectedError, NeedsApprovalError
from tests.campaigns.conftest import AS_OF, NOON, CarrierProcess, World
from tests.campaigns.test_brakes import counted

pytestmark = pytest.mark.postgres
NOW = datetime.fromisoformat(NOON)
UNDUNNED: dict[str, Any] = {"dunned_on": None, "dunning_deadline": None, "due_date": AS_OF - timedelta(days=20)}
Start = Callable[..., CarrierProcess]


def reached(world: World, gateway: CarrierProcess) -> set[str]:
    """The debtors whose number the carrier was given."""
    numbers = {"+81" + number[1:]: debtor for debtor, number in world.numbers.items() if number}
    return {numbers[each["to"]] for each in gateway.sent()}


def dispatched(world: World, run_id: str, gateway: CarrierProcess, **given: Any) -> dict[str, Any]:
    return campaigns.dispatch(run_id, state=world.state, gateway_url=gateway.url, now=NOW, **given)


def test_paid_people_whose_payments_slipped_in_the_barcode_are_not_dunned(world: World, carrier: Start) -> None:
    """577 and more who had paid were dunned: a code of the payment data had slipped, so their payments found no claim.

    https://look.satv.co.jp/content_news/politics_economic/40529 . Such rows are set aside, and what is set aside bears
    the number of the bill: its claim is not written about until somebody has looked.
    """
    paid = [
        world.debtor(claim_id=f"resident_tax:2026-2026-00000{at:05d}-03", slip_no=f"0100000{at:05d}03")
        for at in range(10_001, 10_006)
    ]
    owing = world.debtor()
    for at in range(10_001, 10_006):
        world.quarantine("resident_tax__receipts", f"2026,2026,00000{at:05d},03,5000".encode())
    gateway = carrier()
    dispatched(world, world.approved(), gateway)
    assert reached(world, gateway) == {owing}
    assert all("X24_quarantined" in world.contact(debtor)[1] for debtor in paid)


def test_one_payment_channel_that_is_missing_holds_all_its_people_back(world: World, carrier: Start) -> None:
    """66 who had paid were dunned: one batch of payments had not been posted when the letters were made.

    https://www.town.yoshioka.gunma.jp/kurashi/zeikin/post_225.html
    """
    debtor, gateway = world.debtor(), carrier()
    run_id = world.approved()
    world.run("delete from ops.load where table_name = 'convenience__notices'")
    done = dispatched(world, run_id, gateway)
    assert (done["stopped_because"], reached(world, gateway)) == ("stale_source", set())
    world.load("convenience", AS_OF)
    world.run("update mart.fct_delinquencies set provisional_yen = 25000 where debtor_id = %s", debtor)
    dispatched(world, run_id, gateway)
    assert (reached(world, gateway), world.message(debtor)) == (set(), ("suppressed", ["X01_paid"]))


def test_a_stranger_of_the_same_name_gets_no_letter(world: World) -> None:
    """A letter about arrears went to somebody of the same name.

    https://www.topics.or.jp/articles/-/206615 . Who cannot be told apart is linked to nobody, and nobody's address is
    taken by a name: the claim waits for a person.
    """
    world.claim(None, **UNDUNNED)
    namesake = world.debtor(**UNDUNNED)
    world.run("delete from mart.fct_delinquencies where debtor_id = %s", namesake)
    run_id = world.approved("dunning_tax")
    done = campaigns.dispatch(run_id, state=world.state, now=NOW)
    assert done.get("accepted", 0) == 0
    assert world.run("select exclusion_codes from campaign.contact where run_id = %s", run_id) == [(["X20_unlinked"],)]


def test_sheets_of_two_people_in_one_envelope_are_seen_before_posting(world: World, tmp_path: Path) -> None:
    """Sheets of other people were put into envelopes and posted.

    https://www.shimotsuke.co.jp/articles/-/537961 . The camera of the inserting machine reads every sheet's number; a
    return with a mixed envelope is refused whole, so the posting is stopped.
    """
    for _ in range(3):
        world.debtor(**UNDUNNED)
    campaigns.dispatch(world.approved("dunning_tax"), state=world.state, now=NOW)
    (folder,) = (world.state.root / "outgoing" / "letter").glob("dunning_tax-*")
    manifest = letters.read_manifest(folder, world.state.secret("hmac_letters"))
    read = {
        each.token: [f"{each.token}{at:02d}{each.sheets:02d}" for at in range(1, each.sheets + 1)]
        for each in manifest.envelopes
    }
    one, other = list(read)[:2]
    read[one][-1], read[other][-1] = read[other][-1], read[one][-1]
    file = tmp_path / "return.csv"
    with file.open("w", encoding="cp932", newline="") as out:
        csv.writer(out).writerows([HEAD, *([token, "printed", "", " ".join(codes)] for token, codes in read.items())])
    with pytest.raises(InputRejectedError, match="mixed"):
        take_back(folder.name, file, today=AS_OF + timedelta(days=1), state=world.state)
    assert world.run("select count(*) from campaign.contact_event") == [(0,)]


def test_one_click_does_not_send_the_whole_history_again(world: World, carrier: Start) -> None:
    """One click sent every past dunning letter once more.

    https://github.com/adempiere/adempiere/issues/2369 . Whatever is started again, a reference leaves once for ever.
    """
    for _ in range(5):
        world.debtor()
    gateway, run_id = carrier(), world.approved()
    dispatched(world, run_id, gateway)
    before = gateway.ledger()
    world.run("update campaign.run set state = 'approved' where run_id = %s", run_id)
    for _ in range(3):
        dispatched(world, run_id, gateway)
    assert world.build() == run_id
    with pytest.raises(NeedsApprovalError):
        campaigns.approve(run_id, user="chief_tax", state=world.state)
    assert gateway.ledger() == before
    assert set(before.values()) == {1}


def test_a_cohort_that_is_wrong_by_two_years_cannot_be_approved(world: World) -> None:
    """Letters went to the people of another year: the year of the list had slipped by two.

    Nothing in a single row shows it; the make-up of the list does (features.md §3.1, cohort brake).
    """
    usual = counted(500, years_overdue={"0": 400, "1": 100})
    slipped = counted(500, years_overdue={"2": 400, "3": 100})
    assert {each["cell"] for each in shifts(Cohort(slipped, slipped), usual, CohortLimits())} >= {"0", "2"}
    for _ in range(120):
        world.debtor(due_date=date(2026, 1, 31))
    first = world.build()
    world.run("update campaign.run set dispatched_on = %s where run_id = %s", AS_OF, first)
    world.run("update mart.fct_delinquencies set due_date = due_date - 731")
    later = AS_OF + timedelta(days=30)
    world.publish(later)
    with pytest.raises(NeedsApprovalError, match="unlike"):
        campaigns.approve(world.build(later), user="chief_tax", state=world.state)
