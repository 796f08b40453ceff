"""督促の期限, 納期限と年度, 遅延損害金, 還付加算金, 決算."""

import csv
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivables.calendar import is_holiday, rolled
from receivables.errors import InputRejectedError
from receivables.law.charging import Payment, RateMissingError
from receivables.law.collection import collection
from receivables.law.due_dates import accounting_year, collection_category, open_years, rolled_due_date
from receivables.law.dunning import dunning
from receivables.law.late_damages import late_damages
from receivables.law.refund_interest import LOCAL_TAX, first_day_of_interest, refund_interest
from receivables.rulebook import rulebook

RULES = rulebook()


def test_a_letter_is_on_time_to_the_twentieth_day() -> None:
    rule = RULES.claim_type("resident_tax").dunning_rule
    found = [dunning(date(2024, 7, 1), rule, issued_on=date(2024, 7, day)) for day in (21, 22)]
    assert [each.is_on_time for each in found] == [True, False]
    assert [str(each.seizable_from) for each in found] == ["2024-08-01", "2024-08-02"]
    assert dunning(date(2024, 7, 1), rule).seizable_from is None


def test_the_law_names_no_days_for_other_letters_and_no_seizure_of_what_needs_a_court() -> None:
    for kind, seizable in (("nhi_premium", True), ("after_school_club_fee", False), ("scholarship_loan", False)):
        found = dunning(date(2024, 7, 1), RULES.claim_type(kind).dunning_rule, issued_on=date(2024, 7, 19))
        assert (found.limit_on, found.is_on_time, found.seizable_from is not None) == (None, None, seizable)


def test_the_rows_of_closed_days_roll_as_the_calendar_does() -> None:
    for ordinal in range(date(2012, 1, 1).toordinal(), date(2027, 12, 31).toordinal()):
        day = date.fromordinal(ordinal)
        assert rolled_due_date(day, RULES.closing_days, is_holiday) == rolled(day), day


def test_a_year_end_row_of_its_own_moves_the_due_date() -> None:
    fewer = tuple(rule for rule in RULES.closing_days if not rule.rule_id.startswith(("year_end", "new_year")))
    assert rolled_due_date(date(2025, 12, 31), fewer, is_holiday) == date(2025, 12, 31)
    assert rolled_due_date(date(2025, 12, 31), RULES.closing_days, is_holiday) == date(2026, 1, 5)


def test_the_year_follows_the_unrolled_due_date_and_for_irregular_revenue_the_notice() -> None:
    assert rolled(date(2024, 3, 31)) == date(2024, 4, 1)
    assert accounting_year(unrolled_due=date(2024, 3, 31)) == 2023
    assert accounting_year(notified_on=date(2024, 4, 1)) == 2024
    for given_days in ({}, {"unrolled_due": date(2024, 3, 31), "notified_on": date(2024, 3, 1)}):
        with pytest.raises(InputRejectedError, match="give one"):
            accounting_year(**given_days)


def test_two_years_are_open_in_april_and_may() -> None:
    assert open_years(date(2025, 3, 31)) == (2024,)
    assert open_years(date(2025, 4, 1)) == open_years(date(2025, 5, 31)) == (2024, 2025)
    assert open_years(date(2025, 6, 1)) == (2025,)
    assert collection_category(2024, date(2025, 5, 31)) == "current"
    assert collection_category(2024, date(2025, 6, 1)) == "arrears"


def damages(principal: int = 100_000, **more: Any) -> Any:
    given_days = {"delay_from": date(2022, 1, 1), "paid": date(2022, 12, 31)}
    return late_damages(principal, rates=RULES.legal_rates, **(given_days | more))


def test_damages_follow_the_agreed_rate_only_where_it_is_higher() -> None:
    """A year on 100,000: 3% by law, 5% or 14.6% agreed, 1% agreed and of no use, 1% 違約金 set beforehand."""
    assert [damages(agreed_permille=rate).damages_yen for rate in (None, 50, 146, 10)] == [3_000, 5_000, 14_600, 3_000]
    assert damages(penalty_permille=10).damages_yen == 1_000
    assert damages(agreed_permille=Fraction(73, 2)).damages_yen == 3_650
    assert damages(agreed_permille=Fraction(73, 2)).citation == "民法第419条第1項ただし書"


def test_part_payments_lower_the_base_of_damages_from_the_next_day() -> None:
    """181 days on 100,000 and 184 on 40,000 at 3%: 1,487.67 + 604.93 = 2,092.6, cut once."""
    found = damages(payments=[Payment(date(2022, 6, 30), 60_000)])
    assert [(each.base_yen, (each.last - each.first).days + 1) for each in found.pieces] == [
        (100_000, 181),
        (40_000, 184),
    ]
    assert found.damages_yen == 2_092
    with pytest.raises(InputRejectedError, match="過誤納"):
        damages(payments=[Payment(date(2022, 6, 30), 100_001)])


def test_damages_before_any_legal_rate_name_the_seed() -> None:
    with pytest.raises(RateMissingError, match=r"legal_rates\.csv"):
        damages(delay_from=date(2029, 4, 1), paid=date(2029, 5, 1))


def test_a_loan_of_the_disaster_act_has_its_own_rate() -> None:
    assert RULES.penalty_permille("disaster_relief_loan", date(2020, 1, 1)) == 50
    assert RULES.penalty_permille("disaster_relief_loan", date(2019, 3, 31)) is None
    assert RULES.penalty_permille("scholarship_loan", date(2020, 1, 1)) is None


def test_the_units_of_refund_interest_are_the_rows() -> None:
    assert RULES.refund_interest_rules["local_tax"].base_minimum == LOCAL_TAX.base_minimum
    bare = RULES.refund_interest_rules["local_tax"]
    assert (bare.base_unit, bare.base_minimum, bare.result_unit, bare.result_minimum) == (1_000, 2_000, 100, 1_000)
    asked: dict[str, Any] = {
        "first": date(2024, 1, 1),
        "last": date(2024, 12, 31),
        "rates": RULES.refund_interest_rates,
    }
    assert refund_interest(1_999, rule=bare, **asked).interest_yen == 0
    assert refund_interest(110_000, rule=bare, **asked).interest_yen == 0  # 992 yen
    assert refund_interest(111_000, rule=bare, **asked).interest_yen == 1_000  # 1,001 yen


@pytest.mark.parametrize(
    ("rule", "days", "first"),
    [
        ("levied", {"paid_on": "2024-01-30"}, "2024-01-31"),
        ("mistaken_payment", {"paid_on": "2024-01-30"}, "2024-03-01"),
        ("mistaken_payment", {"paid_on": "2024-02-10"}, "2024-03-11"),
        ("corrected_on_request", {"decided_on": "2024-02-10", "paid_on": "2023-01-01"}, "2024-03-11"),
    ],
)
def test_from_when_a_refund_bears_interest(rule: str, days: dict[str, str], first: str) -> None:
    told = {name: date.fromisoformat(day) for name, day in days.items()}
    assert str(first_day_of_interest(RULES.refund_interest_starts[rule], told)) == first


@settings(max_examples=100, deadline=None, print_blob=True)
@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**6))
def test_the_settlement_adds_up(assessed: int, received: int, written_off: int, pending: int) -> None:
    found = collection(
        assessed_yen=assessed, received_yen=received, written_off_yen=written_off, refund_pending_yen=pending
    )
    assert found.net_collected_yen + found.uncollected_yen + written_off == assessed
    if assessed:
        exact = Fraction((received - pending) * 10_000, assessed)
        assert found.rate_basis_points is not None
        assert abs(found.rate_basis_points - exact) <= Fraction(1, 2)
    else:
        assert found.rate_basis_points is None


def test_every_day_has_the_published_rate() -> None:
    """The tables against what nine municipalities printed, day by day at both ends of each of their rows."""

    data = Path(__file__).parent / "data"
    with (data / "published_rates.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for day in (row["from"], row["to"]):
                rate = _on(RULES.late_charge_rates, date.fromisoformat(day))
                printed = [row["first_period_pct"], row["later_period_pct"]]
                assert [f"{n // 10}.{n % 10}" for n in (rate.low_permille, rate.high_permille)] == printed
    with (data / "published_refund_interest_rates.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for table in (RULES.refund_interest_rates, RULES.deferral_rates):
                for day in (row["from"], row["to"]):
                    n = _on(table, date.fromisoformat(day)).low_permille
                    assert f"{n // 10}.{n % 10}" == row["pct"]


def _on(table: Any, day: date) -> Any:
    assert timedelta(0) <= day - table[0].effective_from
    return next(rate for rate in table if rate.effective_from <= day <= rate.effective_to)
