"""The register says of every entry how sure it is and whom it touches; persons are counted once, yen never twice."""

from datetime import date
from typing import Any

import pytest

from receivables.errors import InputRejectedError
from receivables.migration.semantics import Effect, affected, register
from receivables.migration.semantics.register import Entry
from tests.migration.around.conftest import SNAPSHOT, Ward


def effects(hand: Ward) -> dict[str, Effect]:
    return {each.entry.id: each for each in hand.as_migrator(lambda connection: affected(connection, SNAPSHOT))}


def total(effect: Effect) -> tuple[int, int, int]:
    assert effect.total is not None
    return effect.total.persons, effect.total.claims, effect.total.yen


def test_every_entry_tells_both_rules_a_decider_and_what_to_do() -> None:
    for each in register():
        assert each.old.rule
        assert each.new.rule
        assert each.decision.owner
        assert each.action
        assert each.decision.status == "open" or each.decision.note
    assert {"空の日付・数・文字の表し方", "仮消（速報による消込）", "期別コード", "業務詳細（科目）コード",
            "督促手数料", "延滞金", "納付書の番号"} <= {each.what for each in register()}  # fmt: skip


def test_what_nobody_confirmed_says_so() -> None:
    for each in register():
        if each.certainty == "unverified":
            assert "未確認" in each.new.source
        assert each.certainty != "read" or "未確認" not in each.new.source


def test_an_entry_that_neither_counts_nor_says_why_not_is_no_entry() -> None:
    given = register()[0].model_dump() | {"touches": None}
    with pytest.raises(ValueError, match="touches or uncountable"):
        Entry.model_validate(given)


def test_nothing_is_touched_in_an_empty_warehouse(hand: Ward) -> None:
    for each in effects(hand).values():
        assert each.entry.uncountable or total(each) == (0, 0, 0)


def test_a_person_with_two_claims_is_one_and_the_yen_are_both(hand: Ward) -> None:
    hand.claim(source_debtor_key="000000000000007", assessed_yen=1_000)
    hand.claim(source_debtor_key="000000000000007", assessed_yen=200, instalment_no=2)
    hand.claim(source_debtor_key="000000000000008", assessed_yen=30, linked=False)
    assert total(effects(hand)["S-003"]) == (2, 3, 1_230)


def test_the_kinds_add_up_to_the_whole_in_claims_and_yen(hand: Ward) -> None:
    hand.claim(assessed_yen=5_000)
    hand.claim(assessed_yen=70, claim_type="after_school_club_fee", source_code="after_school", owner_dept="children")
    for each in effects(hand).values():
        if each.total:
            assert sum(part.claims for part in each.by_claim_type) == each.total.claims
            assert sum(part.yen for part in each.by_claim_type) == each.total.yen


def test_what_stays_here_is_touched_only_where_the_entry_says_all(hand: Ward) -> None:
    loan = {"claim_type": "scholarship_loan", "source_code": "scholarship", "legal_class": "private",
            "owner_dept": "youth"}  # fmt: skip
    hand.claim(**loan)
    found = effects(hand)
    assert total(found["S-009"]) == (0, 0, 0)
    assert total(found["S-010"]) == (1, 1, 10_000)


PLANTED: dict[str, dict[str, Any]] = {
    "S-003": {"instalment_no": 3},
    "S-008": {"levy_year": 2026},
    "S-013": {"source_debtor_key": "00000000000012"},
}


@pytest.mark.parametrize("entry", sorted(PLANTED))
def test_only_whom_the_rule_concerns_is_touched(hand: Ward, entry: str) -> None:
    hand.claim(instalment_no=12)
    hand.claim(**{"instalment_no": 12} | PLANTED[entry], assessed_yen=999)
    assert total(effects(hand)[entry]) == (1, 1, 999)


def test_provisional_money_fees_charges_and_seizures_are_found(hand: Ward) -> None:
    hand.claim("plain")
    hand.receipt("plain")
    told, fee, seized, announced = (hand.claim(name, assessed_yen=yen) for name, yen in
                                    (("told", 100), ("fee", 200), ("seized", 300), ("announced", 400)))  # fmt: skip
    hand.receipt(told, is_provisional=True)
    hand.receipt(fee, dunning_fee_yen=100)
    hand.act("seized", seized)
    hand.insert("intermediate.int_payments__announced", payment_id="p", claim_id=announced, state="in_flight")
    found = effects(hand)
    assert total(found["S-002"]) == (2, 2, 500)
    assert total(found["S-005"]) == (1, 1, 200)
    assert total(found["S-011"]) == total(found["S-012"]) == (1, 1, 300)


def test_another_day_than_the_published_one_is_refused(hand: Ward) -> None:
    with pytest.raises(InputRejectedError, match="2027-01-01"):
        hand.as_migrator(lambda connection: affected(connection, date(2027, 1, 1)))
