"""勧奨は、まだその方法で納付していない方だけに: who pays that way already is not asked to."""

import csv
from datetime import date, datetime, timedelta

import pytest

from receivables import campaigns
from receivables.campaigns.already import BOOKED_AS
from receivables.campaigns.experiments.outcomes import channels_by_purpose
from receivables.settings import SEEDS

from .conftest import AS_OF, NOON, World

DEBIT, CASHLESS = "direct_debit_letter", "cashless_letter"
A_YEAR_AGO = date(2025, 6, 19)
RECENT = AS_OF - timedelta(days=30)


def late_payer(world: World) -> str:
    """Somebody who paid late, and owes nothing now."""
    debtor = world.debtor()
    world.run("delete from mart.fct_delinquencies where debtor_id = %s", debtor)
    world.run(
        "insert into mart.fct_claims values (%s, 'nhi', 'nhi_premium', 'insurance', %s, %s, %s, 0, 1000, 'running',"
        " null, 'standing')", f"nhi:{debtor}", debtor, date(2026, 5, 1), date(2026, 5, 20),
    )  # fmt: skip
    return debtor


def told(world: World, debtor: str, channel: str, state: str, on: date) -> None:
    """A channel tells of another claim of the debtor."""
    world.run("insert into mart.fct_claims (claim_id, claim_type, debtor_id) values (%s, 'ltci_premium', %s)",
              f"ltci:{debtor}", debtor)  # fmt: skip
    world.run("insert into intermediate.int_payments__announced (claim_id, channel, state, paid_on, paid_yen)"
              " values (%s, %s, %s, %s, 7000)", f"ltci:{debtor}", channel, state, on)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "channel", "state", "on", "is_held"),
    [
        (DEBIT, "bank_debit", "booked", RECENT, True),
        (DEBIT, "bank_debit", "in_flight", AS_OF, True),
        (DEBIT, "bank_debit", "failed", RECENT, True),  # 振替不能: there is an agreement
        (DEBIT, "bank_debit", "booked", A_YEAR_AGO + timedelta(days=1), True),
        (DEBIT, "bank_debit", "booked", A_YEAR_AGO, False),
        (DEBIT, "convenience", "booked", RECENT, False),
        (DEBIT, "el_qr", "booked", RECENT, False),
        (CASHLESS, "el_qr", "booked", RECENT, True),
        (CASHLESS, "payment_agent", "in_flight", RECENT, True),
        (CASHLESS, "payment_agent", "cancelled", RECENT, False),
        (CASHLESS, "el_qr", "booked", A_YEAR_AGO, False),
        (CASHLESS, "bank_debit", "booked", RECENT, False),
        (CASHLESS, "convenience", "booked", RECENT, False),
    ],
)
def test_who_pays_that_way_already_is_not_recommended_it(
    world: World, name: str, channel: str, state: str, on: date, is_held: bool
) -> None:
    debtor, other = late_payer(world), late_payer(world)
    told(world, debtor, channel, state, on)
    world.build(name=name)
    assert world.contact(debtor) == (("excluded", ["X29_already"]) if is_held else ("treat", []))
    assert world.contact(other) == ("treat", [])


@pytest.mark.parametrize(
    ("name", "code", "on", "is_held"),
    [
        (DEBIT, "01", RECENT, True), (DEBIT, "01", A_YEAR_AGO, False), (DEBIT, "05", RECENT, False),
        (CASHLESS, "04", RECENT, True), (CASHLESS, "05", RECENT, True), (CASHLESS, "03", RECENT, False),
    ],
)  # fmt: skip
def test_what_the_department_booked_before_the_channels_told_counts_too(
    world: World, name: str, code: str, on: date, is_held: bool
) -> None:
    debtor = late_payer(world)
    world.run("insert into mart.fct_receipts values ('r', %s, %s, 1000, false, %s)", f"nhi:{debtor}", on, code)
    world.build(name=name)
    assert world.contact(debtor) == (("excluded", ["X29_already"]) if is_held else ("treat", []))


def test_the_codes_of_the_departments_are_those_of_the_seed() -> None:
    with (SEEDS / "migration" / "channel_codes.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    ways = {"direct_debit": {"direct_debit"}, "cashless": {"smartphone", "el_qr"}}
    seed = {
        purpose: tuple(row["channel_code"] for row in rows if row["channel"] in ways[purpose])
        for purpose in channels_by_purpose()
    }
    assert seed == BOOKED_AS


def test_a_way_to_pay_holds_back_no_reminder(world: World) -> None:
    debtor = world.debtor()
    told(world, debtor, "bank_debit", "failed", RECENT)
    world.build()
    assert world.contact(debtor) == ("treat", [])


def test_a_debit_that_comes_after_the_approval_stops_the_letter(world: World) -> None:
    debtor, other = late_payer(world), late_payer(world)
    run_id = world.approved(DEBIT)
    told(world, debtor, "bank_debit", "booked", AS_OF)

    campaigns.dispatch(run_id, state=world.state, now=datetime.fromisoformat(NOON))

    assert world.message(debtor) == ("suppressed", ["X29_already"])
    assert world.message(other)[0] == "accepted"
    ((proofs, is_released),) = world.run(
        "select proofs, is_released from campaign.certificate join campaign.outbox using (contact_id)"
        " where debtor_id = %s", debtor,
    )  # fmt: skip
    assert (is_released, proofs["no_hold"]["holds"]) == (False, False)
