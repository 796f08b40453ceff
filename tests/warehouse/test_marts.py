"""Balances, arrears and rates: each case written by hand, its figure known beforehand."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from handmade import AS_OF, Handmade

pytestmark = pytest.mark.postgres
TODAY, YESTERDAY = AS_OF, AS_OF - timedelta(days=1)


@pytest.fixture(scope="module")
def world(handmade: Handmade, night: Callable[..., str]) -> Handmade:
    one = handmade
    one.person("1" * 15)
    one.person("2" * 15, is_protected=True)
    one.person("3" * 15, language_code="zh")
    one.tax("0000000001", due_date=TODAY)
    one.tax("0000000002", due_date=YESTERDAY)
    one.tax("0000000003", due_date=YESTERDAY, addressee_no="2" * 15)
    one.tax_receipt("0000000003", "000000000003", principal_yen=10_000, provisional_code="1", paid_on=YESTERDAY)
    one.tax("0000000004", assessed_yen=930_000)
    one.tax_receipt("0000000004", "000000000004", principal_yen=930_500)
    one.tax("0000000005", assessed_yen=70_000, addressee_no="3" * 15)
    one.tax("0000000006", due_date=date(2025, 6, 30))
    one.tax_dunning("0000000006", date(2025, 7, 18), returned_on=date(2025, 7, 25))
    one.tax("0000000007", due_date=date(2025, 6, 30), addressee_no="9" * 15)
    one.tax_dunning("0000000007", date(2025, 7, 18), seq=1)
    one.tax_dunning("0000000007", date(2025, 9, 1), seq=2)
    one.tax("0000000008", written_off_yen=10_000, written_off_on=date(2026, 3, 31))
    one.tax_receipt("0000000009", "000000000009", principal_yen=1_234, delinquency_charge_yen=100)
    one.premium("0000000001")
    one.premium_receipt("0000000001", "000000000001", principal_yen=4_000, delinquency_charge_yen=300)
    one.loan("0000001", 1, due_date=date(2026, 3, 31))
    one.loan("0000001", 2, due_date=date(2026, 4, 1), received_yen=15_000, paid_on=date(2026, 4, 1))
    one.loan("0000001", 3, due_date=date(2027, 4, 1))
    night(one)
    return one


def claim(world: Handmade, number: str, *columns: str) -> Any:
    name = f"resident_tax:2025-2025-{number:>010}-01" if number.isdigit() else number
    (row,) = world.run(f"select {', '.join(columns)} from mart.fct_claims where claim_id = %s", name)
    return row if len(columns) > 1 else row[0]


def test_a_claim_due_today_is_not_delinquent_and_one_due_yesterday_is(world: Handmade) -> None:
    rows = world.run("select claim_id, days_overdue, ageing_bucket from mart.fct_delinquencies where due_date >= %s",
                     YESTERDAY)  # fmt: skip
    found = {claim_id[-13:-3]: (days, bucket) for claim_id, days, bucket in rows}

    assert "0000000001" not in found
    assert found["0000000002"] == (1, "1-30")


def test_a_provisional_receipt_leaves_the_balance_and_is_shown_beside_it(world: Handmade) -> None:
    assert claim(world, "3", "outstanding_yen", "received_yen", "provisional_yen") == (10_000, 0, 10_000)


def test_an_over_payment_is_refund_pending_and_owes_nothing(world: Handmade) -> None:
    found = claim(world, "4", "received_yen", "refund_pending_yen", "outstanding_yen", "state")

    assert found == (930_500, 500, 0, "closed_paid")


def test_the_rate_is_net_of_what_must_be_refunded(world: Handmade) -> None:
    """domain.md 3.2: 93.00 %, where the naive rate is 93.05 %; the rest of the year's tax added."""
    (found,) = world.run(
        "select assessed_yen, received_yen, refund_pending_yen, written_off_yen, uncollected_yen, collection_rate"
        " from mart.agg_collection where claim_type = 'resident_tax' and fiscal_year = 2025 and month = '2026-05'"
    )

    assert found == (1_060_000, 930_500, 500, 10_000, 120_000, Decimal("87.74"))


def test_what_the_year_left_uncollected_opens_the_next_as_arrears(world: Handmade) -> None:
    ((opened,),) = world.run(
        "select distinct assessed_yen from mart.agg_collection where claim_type = 'resident_tax'"
        " and fiscal_year = 2026 and collection_category = 'arrears'"
    )

    assert opened == 120_000


def test_a_returned_dunning_letter_dunned_nobody(world: Handmade) -> None:
    assert claim(world, "6", "state") == "overdue"
    assert world.run("select event_type from mart.fct_claim_events where claim_id like '%%0000000006-01'") == [
        ("dunning_returned",)
    ]


def test_the_first_of_two_letters_counts(world: Handmade) -> None:
    rows = world.run("select dunned_on from mart.fct_delinquencies where claim_id like '%%0000000007-01'")

    assert rows == [(date(2025, 7, 18),)]
    assert claim(world, "7", "state") == "dunned"


def test_a_written_off_claim_owes_nothing(world: Handmade) -> None:
    assert claim(world, "8", "outstanding_yen", "state") == (0, "written_off")


def test_an_orphan_receipt_keeps_its_yen_and_its_owner(world: Handmade) -> None:
    rows = world.run("select claim_id, allocation_state, owner_dept, received_yen from mart.fct_receipts"
                     " where receipt_id like '%%0000000009-01%%'")  # fmt: skip

    assert rows == [(None, "orphan", "tax", 1_334)]


def test_a_charge_received_is_not_taken_off_the_principal(world: Handmade) -> None:
    assert claim(world, "nhi:0000000001-01", "received_yen", "outstanding_yen") == (4_000, 6_000)


def test_a_loan_belongs_to_the_year_of_its_due_date(world: Handmade) -> None:
    years = [claim(world, f"scholarship:0000001-{n:03}", "fiscal_year") for n in (1, 2, 3)]

    assert years == [2025, 2026, 2027]


def test_an_instalment_of_a_later_year_is_in_no_collection_rate_yet(world: Handmade) -> None:
    ((found,),) = world.run("select sum(uncollected_yen) from mart.agg_collection where month = '2026-06'"
                            " and claim_type = 'scholarship_loan'")  # fmt: skip

    assert found == 15_000


def test_who_is_not_in_the_register_stays_unlinked(world: Handmade) -> None:
    assert claim(world, "7", "debtor_id") is None
    assert world.run("select count(*) from mart.dim_debtors") == [(3,)]


def test_protection_blocks_contact_and_a_foreign_language_does_not(world: Handmade) -> None:
    blocked = {
        key: block
        for key, block in world.run(
            "select l.source_debtor_key, d.contact_block from mart.dim_debtors as d"
            " join identity.link as l using (debtor_id) where l.source_code = 'register'"
        )
    }

    assert blocked == {"1" * 15: False, "2" * 15: True, "3" * 15: False}


def test_yesterday_is_rebuilt_as_it_was_known(world: Handmade, night: Callable[..., str]) -> None:
    known = {"due_date": date(2025, 6, 30), "addressee_no": "1" * 15}
    world.tax("0000000010", assessed_yen=500, known_from=date(2026, 6, 1), known_to=AS_OF, **known)
    world.tax("0000000010", assessed_yen=700, known_from=AS_OF, **known)
    night(world)
    today = claim(world, "10", "assessed_yen")
    batch = night(world, YESTERDAY)

    assert today == 700
    assert batch == "20260618_01"
    assert world.run("select claim_id, assessed_yen, as_of from mart.fct_claims") == [
        ("resident_tax:2025-2025-0000000010-01", 500, YESTERDAY)
    ]
