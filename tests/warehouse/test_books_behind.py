"""One book is behind the other: 還付・充当 is told of what, so far as the department's file knows, was never too much.

The night goes on, the yen still add up, and who had paid is not written to before somebody has looked.
"""

from datetime import date

import pytest
from handmade import AS_OF, Handmade

from receivables import assess, db, decisions, identity, ledger, publish, warehouse
from receivables.errors import InputRejectedError, InvariantBrokenError, NeedsApprovalError

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
    night(one)
    return one


def night(one: Handmade) -> None:
    """From what lies in raw to what readers see."""
    one.settle_ledger()
    warehouse.prepare(as_of=AS_OF, state=one.state)
    ledger.record(as_of=AS_OF, state=one.state)
    identity.resolve(as_of=AS_OF, state=one.state)
    assess.assess(as_of=AS_OF, state=one.state)
    warehouse.build_marts(as_of=AS_OF, state=one.state)
    publish.publish(as_of=AS_OF, state=one.state)


def held(one: Handmade) -> list[tuple[object, ...]]:
    return one.run("select claim_id, held_by from mart.fct_delinquencies order by 1")


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


def test_two_people_let_a_claim_go_again_and_only_as_long_as_the_books_say_the_same(world: Handmade) -> None:
    """One person's word changes nothing, two let it go the next night, and another repayment holds it again."""
    paid, beyond = claim_id(PAID), claim_id(BEYOND)
    decision = decisions.propose_owed(paid, reason="収納原簿と過誤納台帳を確認", user="officer_a", state=world.state)
    night(world)
    assert held(world) == [(paid, "given_back"), (beyond, "given_back")]
    with pytest.raises(NeedsApprovalError, match="may not confirm it"):
        decisions.confirm(decision, user="officer_a", state=world.state)
    (waits,) = decisions.waiting(state=world.state)
    assert (waits["decision_id"], waits["maker"]) == (decision, "officer_a")
    decisions.confirm(decision, user="chief_tax", state=world.state)
    assert held(world) == [(paid, "given_back"), (beyond, "given_back")], "nothing changes before the night"
    night(world)
    assert held(world) == [(paid, None), (beyond, "given_back")]
    world.add("arrears__overpayments", overpayment_no="2", subject_code="01", levy_year=2025, tax_year=2025,
              notice_no=PAID, instalment_no="01", overpaid_yen=1_000, refunded_yen=1_000,
              refunded_on=date(2025, 10, 1), noticed_on=date(2025, 9, 20), found_on=date(2025, 9, 10))  # fmt: skip
    night(world)
    assert held(world) == [(paid, "given_back"), (beyond, "given_back")]


def test_nobody_writes_past_the_second_person(world: Handmade) -> None:
    decision = decisions.propose_owed(claim_id(BEYOND), reason="確認済み", user="chief_tax", state=world.state)
    with pytest.raises(NeedsApprovalError, match="another person must"):
        decisions.confirm(decision, user="chief_tax", state=world.state)
    with pytest.raises(NeedsApprovalError, match="with the duty"):
        decisions.confirm(decision, user="officer_a", state=world.state)
    with (
        pytest.raises(db.DatabaseError, match="42501"),
        db.connect(world.state, "approver") as connection,
    ):
        connection.execute(
            "insert into decision.approval (decision_id, content_sha256, approver, approved_at, expires_at, signature)"
            " values (%s, 'x', 'chief_insurance', now(), now() + interval '30 days', 'x')",
            [decision],
        )


def test_a_forged_signature_stops_the_night(world: Handmade) -> None:
    decision = decisions.propose_owed(claim_id(BEYOND), reason="確認済み", user="chief_tax", state=world.state)
    with db.connect(world.state) as connection:  # somebody with the administrator's rights
        connection.execute(
            "insert into decision.approval (decision_id, content_sha256, approver, approved_at, expires_at, signature)"
            " select decision_id, content_sha256, 'chief_insurance', now(), now() + interval '30 days', 'forged'"
            " from decision.proposal where decision_id = %s",
            [decision],
        )
        connection.execute("update decision.proposal set state = 'approved' where decision_id = %s", [decision])
    with pytest.raises(InvariantBrokenError, match=decision):
        identity.resolve(as_of=AS_OF, state=world.state)


def test_a_claim_on_which_nothing_was_given_back_needs_no_decision(world: Handmade) -> None:
    with pytest.raises(InputRejectedError, match="nothing was refunded"):
        decisions.propose_owed("resident_tax:none", reason="x", user="officer_a", state=world.state)
