"""One book is behind the other: 還付・充当 is told of what, so far as the department's file knows, was never too much.

The night goes on, the yen still add up, and who had paid is not written to before somebody has looked.
"""

from datetime import date

import pytest
from handmade import AS_OF, Handmade

from receivables import assess, identity, ledger, publish, warehouse

pytestmark = pytest.mark.postgres
PAID, TWICE, BEYOND = "1000000001", "1000000002", "1000000003"


def claim_id(notice_no: str) -> str:
    return f"resident_tax:2025-2025-{notice_no}-01"


@pytest.fixture(scope="module")
def world(handmade: Handmade) -> Handmade:
    """Judged by the real law: 64,000 paid of each; one has 23,000 back, one was paid twice, one has 70,000 back."""
    one = handmade
    one.person("1" * 15)
    for notice_no, given_back_yen in ((PAID, 23_000), (TWICE, 64_000), (BEYOND, 70_000)):
        one.tax(notice_no, assessed_yen=64_000)
        one.tax_receipt(notice_no, f"{notice_no}1", principal_yen=64_000)
        one.add("arrears__overpayments", overpayment_no="1", subject_code="01", levy_year=2025, tax_year=2025,
                notice_no=notice_no, instalment_no="01", overpaid_yen=given_back_yen, refunded_yen=given_back_yen,
                refunded_on=date(2025, 9, 1), noticed_on=date(2025, 8, 20), found_on=date(2025, 8, 10))  # fmt: skip
    one.tax_receipt(TWICE, f"{TWICE}2", principal_yen=64_000)
    one.settle_ledger()
    warehouse.prepare(as_of=AS_OF, state=one.state)
    ledger.record(as_of=AS_OF, state=one.state)
    identity.resolve(as_of=AS_OF, state=one.state)
    assess.assess(as_of=AS_OF, state=one.state)
    warehouse.build_marts(as_of=AS_OF, state=one.state)
    publish.publish(as_of=AS_OF, state=one.state)
    return one


@pytest.mark.parametrize(
    ("notice_no", "received", "pending", "owed"),
    [(PAID, 41_000, 0, 23_000), (TWICE, 64_000, 0, 0), (BEYOND, 0, 0, 64_000)],
    ids=["some of it back", "paid twice", "more back than came"],
)
def test_what_stayed_is_what_was_received(
    world: Handmade, notice_no: str, received: int, pending: int, owed: int
) -> None:
    yen = "received_yen, refund_pending_yen, outstanding_yen"
    wanted = [(received, pending, owed)]
    assert world.run(f"select {yen} from mart.fct_claims where claim_id = %s", claim_id(notice_no)) == wanted
    through = "(select max(through) from ledger.recording)"
    book = world.run(f"select {yen} from ledger.balances_at({through}) where claim_id = %s", claim_id(notice_no))
    assert book == wanted


def test_what_is_owed_again_is_judged_and_held_back_from_letters(world: Handmade) -> None:
    found = world.run("select claim_id, prescription_state, standing, held_by from mart.fct_delinquencies order by 1")
    assert found == [(claim_id(number), "running", "stands", "given_back") for number in (PAID, BEYOND)]


def test_every_part_bears_what_the_claim_bears(world: Handmade) -> None:
    parts = "select claim_id, sum(outstanding_yen)::bigint from mart.fct_claim_components group by 1 order by 1"
    assert world.run(parts) == [(claim_id(PAID), 23_000), (claim_id(TWICE), 0), (claim_id(BEYOND), 64_000)]
