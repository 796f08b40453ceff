"""延滞金, 地方税法第326条: what municipalities published, the domain's vectors, and a second count by the day."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivables.calendar import last_day_of_months
from receivables.errors import InputRejectedError
from receivables.law.charging import RateMissingError
from receivables.law.late_charge import LateChargeRule, Payment, late_charge
from receivables.law.late_damages import DamagesRule, late_damages
from receivables.law.refund_interest import refund_interest
from receivables.rulebook import rulebook

CASES = list(csv.DictReader((Path(__file__).parent / "data" / "published_examples.csv").open(encoding="utf-8")))
PUBLIC = [case for case in CASES if int(case["boundary_months"]) > 0]
RULES = rulebook()
TAX = RULES.claim_type("resident_tax").late_charge_rule
assert TAX is not None


def charge(principal: int, due: str, paid: str, rule: LateChargeRule = TAX) -> int:
    found = late_charge(
        principal, due=date.fromisoformat(due), paid=date.fromisoformat(paid), rule=rule, rates=RULES.late_charge_rates
    )
    return found.charge_yen


@pytest.mark.parametrize("case", PUBLIC, ids=lambda case: f"{case['id']}-{case['municipality']}")
def test_matches_the_published_calculation(case: dict[str, str]) -> None:
    rounding = "sum_exact" if case["id"] == "E08" else "floor_each"
    rule = replace(TAX, low_months=int(case["boundary_months"]), segment_rounding=rounding)
    found = late_charge(
        int(case["principal_yen"]),
        due=date.fromisoformat(case["due_date"]),
        paid=date.fromisoformat(case["paid_date"]),
        rule=rule,
        rates=RULES.late_charge_rates,
    )
    assert found.charge_yen == int(case["charge_yen"]), case["source_url"]
    if case["sum_before_round_yen"]:
        assert found.sum_before_rounding_yen == int(case["sum_before_round_yen"]), case["source_url"]
    for published, segment in zip(case["segments"].split("|"), found.segments, strict=True):
        dates, _, rest = published.partition(":")
        assert dates == f"{segment.first}..{segment.last}"
        assert rest.startswith(f"{segment.days}d@{segment.permille / 10}%")
        if "=" in rest:
            assert int(rest.partition("=")[2]) == segment.yen


def test_every_published_case_is_used() -> None:
    assert {case["id"] for case in CASES} == {"E01", "E02", "E03", "E05", "E07", "E08", "E11", "E14"}


def test_the_private_case_is_late_damages() -> None:
    case = next(case for case in CASES if case["id"] == "E07")
    rule = DamagesRule(base_unit=1_000, base_minimum=2_000, result_unit=100, result_minimum=1_000)
    found = late_damages(
        int(case["principal_yen"]),
        delay_from=date.fromisoformat(case["due_date"]) + timedelta(days=1),
        paid=date.fromisoformat(case["paid_date"]),
        rates=RULES.legal_rates,
        rule=rule,
    )
    assert (found.damages_yen, found.days, found.permille) == (int(case["charge_yen"]), 181, 30)


@pytest.mark.parametrize(
    ("name", "principal", "due", "paid", "expected"),
    [
        ("D1", 65_000, "2021-05-31", "2022-01-31", 3_400),
        ("D2", 123_456, "2024-07-01", "2025-03-31", 7_300),
        ("D2 same base", 123_999, "2024-07-01", "2025-03-31", 7_300),
        ("D3a", 1_999, "2020-07-01", "2025-03-31", 0),
        ("D4", 50_000, "2025-07-31", "2025-10-31", 0),
        ("D5", 180_000, "2025-12-01", "2026-02-27", 2_900),
        ("D9 floor_each", 22_000, "2025-06-30", "2026-01-28", 0),
        ("D11 last low day", 2_000_000, "2025-06-30", "2025-07-31", 4_000),
        ("D11 first high day", 2_000_000, "2025-06-30", "2025-08-01", 4_500),
        ("on the due date", 2_000_000, "2025-06-30", "2025-06-30", 0),
        ("before it", 2_000_000, "2025-06-30", "2025-06-01", 0),
    ],
)
def test_vectors_of_the_domain(name: str, principal: int, due: str, paid: str, expected: int) -> None:
    assert charge(principal, due, paid) == expected, name


def test_d9_differs_by_the_order_of_adding_and_cutting() -> None:
    assert charge(22_000, "2025-06-30", "2026-01-28", replace(TAX, segment_rounding="sum_exact")) == 1_000


def test_premiums_have_three_months_at_the_lower_rate() -> None:
    nhi = RULES.claim_type("nhi_premium").late_charge_rule
    assert nhi is not None
    assert nhi.low_months == 3
    assert charge(100_000, "2021-04-30", "2021-10-31", nhi) == 2_800


@pytest.mark.parametrize(("due", "paid"), [("2026-06-01", "2027-01-01"), ("2026-06-01", "2031-05-31")])
def test_a_missing_rate_year_fails_loudly_and_names_the_seed(due: str, paid: str) -> None:
    with pytest.raises(RateMissingError, match=r"2027-01-01.*late_charge_rates\.csv"):
        charge(100_000, due, paid)


@pytest.mark.parametrize(
    ("due", "days"), [("2026-02-02", 28), ("2022-08-01", 31), ("2021-05-31", 30), ("2024-05-02", 31)]
)
def test_the_first_month_ends_by_the_calendar(due: str, days: int) -> None:
    first = date.fromisoformat(due) + timedelta(days=1)
    assert (last_day_of_months(first, 1) - first).days + 1 == days


def test_part_payments_lower_the_base_from_the_next_day() -> None:
    payments = [Payment(date(2025, 8, 31), 60_000), Payment(date(2025, 12, 31), 40_000)]
    found = late_charge(
        100_000,
        due=date(2025, 6, 30),
        paid=date(2025, 12, 31),
        rule=TAX,
        rates=RULES.late_charge_rates,
        payments=payments,
    )
    assert [(each.first, each.base_yen) for each in found.segments] == [
        (date(2025, 7, 1), 100_000), (date(2025, 8, 1), 100_000), (date(2025, 9, 1), 40_000),
    ]  # fmt: skip


def test_paying_more_than_was_due_is_refused() -> None:
    with pytest.raises(InputRejectedError, match="過誤納"):
        late_charge(
            1_000, due=date(2025, 6, 30), paid=date(2025, 7, 31), rule=TAX, rates=RULES.late_charge_rates,
            payments=[Payment(date(2025, 7, 31), 1_001)],
        )  # fmt: skip


def by_the_day(principal: int, due: date, paid: date, rule: LateChargeRule, payments: list[Payment]) -> int:
    """A second count that shares nothing: one day at a time, in exact fractions."""
    month_end = last_day_of_months(due + timedelta(days=1), rule.low_months)
    runs: list[tuple[tuple[int, int, bool, int], Fraction]] = []
    day = due + timedelta(days=1)
    while day <= paid:
        left = principal - sum(payment.amount_yen for payment in payments if payment.paid_on < day)
        base = 0 if left < rule.base_minimum else left // rule.base_unit * rule.base_unit
        rate = next(rate for rate in RULES.late_charge_rates if rate.effective_from <= day <= rate.effective_to)
        permille = rate.low_permille if day <= month_end else rate.high_permille
        part = Fraction(base * permille, 365_000)
        run = base, permille, day <= month_end, day.year
        if runs and runs[-1][0] == run:
            runs[-1] = run, runs[-1][1] + part
        else:
            runs.append((run, part))
        day += timedelta(days=1)
    parts = [part for _, part in runs]
    total = sum(int(part) for part in parts) if rule.segment_rounding == "floor_each" else int(sum(parts, Fraction(0)))
    return 0 if total < rule.result_minimum else total // rule.result_unit * rule.result_unit


DUES = st.dates(date(2000, 1, 1), date(2025, 12, 31))
RULE_CHOICES = st.sampled_from(
    [replace(TAX, low_months=months, segment_rounding=rounding)
     for months in (1, 3) for rounding in ("floor_each", "sum_exact")]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.integers(1, 3_000_000), DUES, st.integers(0, 800), RULE_CHOICES, st.data())
def test_equals_the_count_by_the_day(
    principal: int, due: date, late_days: int, rule: LateChargeRule, data: st.DataObject
) -> None:
    paid = min(due + timedelta(days=late_days), date(2026, 12, 31))
    cuts = data.draw(st.lists(st.integers(0, late_days + 1), max_size=3, unique=True))
    each = principal // 4
    payments = [Payment(due + timedelta(days=cut), each) for cut in cuts if due + timedelta(days=cut) <= paid and each]
    found = late_charge(principal, due=due, paid=paid, rule=rule, rates=RULES.late_charge_rates, payments=payments)
    assert found.charge_yen == by_the_day(principal, due, paid, rule, payments)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 3_000_000), DUES, st.integers(0, 800), st.integers(0, 200))
def test_paying_later_never_costs_less(principal: int, due: date, late_days: int, more: int) -> None:
    first = min(due + timedelta(days=late_days), date(2026, 12, 31))
    later = min(first + timedelta(days=more), date(2026, 12, 31))
    assert charge(principal, str(due), str(first)) <= charge(principal, str(due), str(later))


@pytest.mark.parametrize(
    ("delay_from", "paid", "principal", "days", "permille", "expected"),
    [
        ("2021-04-01", "2023-03-31", 30_000, 730, 30, 1_800),  # L1
        ("2020-01-01", "2023-03-31", 30_000, 1_186, 50, 4_873),  # L2
        ("2023-04-01", "2023-03-31", 30_000, 0, 30, 0),
    ],
)
def test_late_damages_keep_the_rate_of_the_first_day(
    delay_from: str, paid: str, principal: int, days: int, permille: int, expected: int
) -> None:
    found = late_damages(
        principal, delay_from=date.fromisoformat(delay_from), paid=date.fromisoformat(paid), rates=RULES.legal_rates
    )
    assert (found.days, found.permille, found.damages_yen) == (days, permille, expected)


def test_amagasakis_rule_drops_a_small_result() -> None:
    rule = DamagesRule(result_unit=100, result_minimum=2_000)
    for principal, expected in ((41_800, 0), (81_600, 2_400)):
        found = late_damages(
            principal, delay_from=date(2022, 1, 1), paid=date(2022, 12, 31), rates=RULES.legal_rates, rule=rule
        )
        assert found.damages_yen == expected


def test_a_leap_year_counts_366_days_only_on_the_actual_basis() -> None:
    for basis, expected in (("365", 3_008), ("actual", 3_000)):
        found = late_damages(
            100_000, delay_from=date(2024, 1, 1), paid=date(2024, 12, 31), rates=RULES.legal_rates,
            rule=DamagesRule(year_basis=basis),  # type: ignore[arg-type]
        )  # fmt: skip
        assert found.damages_yen == expected


def test_refund_interest_has_its_own_rates() -> None:
    found = refund_interest(500_000, first=date(2024, 1, 1), last=date(2024, 12, 31), rates=RULES.refund_interest_rates)
    assert found.interest_yen == 500_000 * 366 * 9 // 365_000 // 100 * 100
    with pytest.raises(RateMissingError, match="refund_interest_rates"):
        refund_interest(500_000, first=date(2026, 1, 1), last=date(2027, 1, 1), rates=RULES.refund_interest_rates)
