"""The second implementation against cases from outside: published examples, statements, rates, and worked vectors."""

import csv
import re
from dataclasses import astuple
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tests.law.second.charge_cases import Rule
from tests.law.second.day_by_day import Charges, Damages, Terms, late_charge, late_damages, refund_interest
from tests.law.second.prescription_cases import RULES, Case, Happening, answer
from tests.law.second.rate_tables import HIGH, LOW, REFUND
from tests.law.second.walked_calendar import as_date, last_of_period, number

HERE = Path(__file__).parent
PRESCRIBING = {rule.claim_type: rule for rule in RULES}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def day(text: str) -> int:
    return number(date.fromisoformat(text))


def charge(principal: int, due: str, paid: str, rule: Rule, *, is_split_yearly: bool = True) -> tuple[int, int]:
    columns = [np.array([value]) for value in astuple(rule)]
    plain = [np.array([value]) for value in (principal, day(due), day(paid))]
    none = np.zeros((1, 1), dtype=np.int64)
    charged, total = late_charge(
        Charges(*plain, none, none, Terms(*columns, np.array([is_split_yearly])), none, none, none)
    )
    return int(charged[0]), int(total[0])


EXAMPLES = [one for one in rows(HERE.parent / "data" / "published_examples.csv") if one["boundary_months"] != "0"]
PRIVATE = [one for one in rows(HERE.parent / "data" / "published_examples.csv") if one["boundary_months"] == "0"]


@pytest.mark.parametrize("one", EXAMPLES, ids=lambda one: one["id"])
def test_published_late_charge(one: dict[str, str]) -> None:
    is_floored_each = one["id"] != "E08"  # that page adds first and cuts then
    rule = Rule(low_months=int(one["boundary_months"]), is_floored_each=is_floored_each)
    charged, total = charge(int(one["principal_yen"]), one["due_date"], one["paid_date"], rule)
    right = {"E11": 2900}.get(one["id"], int(one["charge_yen"]))  # E11's last line is a misprint at its origin
    assert charged == right
    assert total == int(one["sum_before_round_yen"] or total)


@pytest.mark.parametrize("one", PRIVATE, ids=lambda one: one["id"])
def test_published_late_damages(one: dict[str, str]) -> None:
    base = int(one["principal_yen"]) // 1000 * 1000  # that city's rule cuts the base and the result
    damages = late_damages(Damages(base, day(one["due_date"]) + 1, day(one["paid_date"])))
    assert damages == int(one["sum_before_round_yen"])
    assert damages // 100 * 100 == int(one["charge_yen"])


@pytest.mark.parametrize(
    ("principal", "due", "paid", "total", "charged"),
    [
        (65_000, "2021-05-31", "2022-01-31", 3_496, 3_400),
        (123_456, "2024-07-01", "2025-03-31", 7_344, 7_300),
        (123_999, "2024-07-01", "2025-03-31", 7_344, 7_300),
        (1_999, "2019-07-01", "2025-03-31", 0, 0),
        (50_000, "2025-07-31", "2025-10-31", 827, 0),
        (180_000, "2025-12-01", "2026-02-27", 2_925, 2_900),
        (22_000, "2025-06-30", "2026-01-28", 999, 0),
        (2_000_000, "2025-06-30", "2025-07-31", 4_076, 4_000),
        (2_000_000, "2025-06-30", "2025-08-01", 4_552, 4_500),
    ],
)
def test_worked_late_charge(principal: int, due: str, paid: str, total: int, charged: int) -> None:
    assert charge(principal, due, paid, Rule()) == (charged, total)
    assert charge(principal, due, paid, Rule(), is_split_yearly=True) == (charged, total)


def test_the_order_of_adding_and_cutting_can_decide() -> None:
    assert charge(22_000, "2025-06-30", "2026-01-28", Rule(is_floored_each=False)) == (1_000, 1_000)


def test_worked_late_damages() -> None:
    assert late_damages(Damages(30_000, day("2021-04-01"), day("2023-03-31"))) == 1_800
    assert late_damages(Damages(30_000, day("2020-01-01"), day("2023-03-31"))) == 4_873


def test_refund_interest_is_dropped_below_its_minimum() -> None:
    assert refund_interest(1_999, day("2024-01-01"), day("2025-12-31")) == 0
    assert refund_interest(300_999, day("2024-07-01"), day("2025-12-31")) == 4_000


def dunned(on: str, arrived: str, deadline: str) -> Happening:
    return Happening("dunned", day(on), arrived=day(arrived), deadline=day(deadline))


@pytest.mark.parametrize(
    ("claim_type", "due", "happenings", "safe", "alternative"),
    [
        ("resident_tax", "2020-06-30", (), "2025-06-30", "2025-06-30"),  # J01
        ("resident_tax", "2024-07-31", (), "2029-07-31", "2029-07-31"),  # J03: tax
        ("ltci_premium", "2024-07-31", (), "2026-07-31", "2026-07-31"),  # J03: premium
        ("resident_tax", "2024-07-01", (), "2029-07-01", "2029-07-01"),
        ("resident_tax", "2024-07-01", (Happening("dunned", day("2024-07-19")),), "2029-07-29", "2029-07-29"),
        ("nhi_premium", "2024-07-31", (), "2026-07-31", "2026-07-31"),
        (
            "nhi_premium",
            "2024-07-31",
            (dunned("2024-08-20", "2024-08-22", "2024-08-30"),),
            "2026-08-22",
            "2026-08-30",
        ),
        ("nhi_premium", "2024-03-31", (Happening("reminded", day("2026-03-10")),), "2026-09-10", "2026-09-10"),  # J05
        (
            "nhi_premium",
            "2024-03-31",
            (Happening("reminded", day("2026-03-10")), Happening("reminded", day("2026-08-01"))),
            "2026-09-10",
            "2026-09-10",
        ),
    ],
)
def test_worked_prescription(
    claim_type: str, due: str, happenings: tuple[Happening, ...], safe: str, alternative: str
) -> None:  # fmt: skip
    as_of = max((one.known_on for one in happenings), default=day(due))
    said = answer(Case(PRESCRIBING[claim_type], day(due), as_of, happenings))
    assert (said.safe, said.alternative) == (day(safe), day(alternative))


def test_worked_time_line_ends_with_the_stay() -> None:
    happenings = (
        Happening("dunned", day("2024-07-19")),
        Happening("instalment_plan", day("2025-05-10")),
        Happening("execution_stay", day("2026-03-01")),
    )
    said = answer(Case(PRESCRIBING["resident_tax"], day("2024-07-01"), day("2026-06-19"), happenings))
    assert (said.safe, said.cause) == (day("2029-03-01"), "execution_stay")


@pytest.mark.parametrize(
    ("claim_type", "contract", "years"),
    [
        ("scholarship_loan", "2020-03-31", 10),
        ("scholarship_loan", "2020-04-01", 5),
        ("ward_housing_rent", "2020-03-31", 5),
        ("school_lunch_fee", "2020-03-31", 2),
        ("school_lunch_fee", "2020-04-01", 5),
    ],
)
def test_private_claims_follow_the_date_of_the_contract(claim_type: str, contract: str, years: int) -> None:
    said = answer(Case(PRESCRIBING[claim_type], day("2021-07-31"), day("2021-08-01"), (), day(contract)))
    assert said.safe == day(f"{2021 + years}-07-31")


def test_the_walked_calendar_is_the_calendar() -> None:
    assert all(as_date(n).day == DAY for n, DAY in ((day("2024-02-29"), 29), (day("2025-03-01"), 1)))
    assert last_of_period(day("2024-02-29"), 12) == day("2025-02-28")
    assert last_of_period(day("2025-01-31"), 1) == day("2025-02-28")
    assert last_of_period(day("2025-02-01"), 1) == day("2025-02-28")


def permille(percent: str) -> int:
    whole, _, tenth = percent.partition(".")
    assert re.fullmatch(r"\d?", tenth)
    return int(whole) * 10 + int(tenth or 0)


def test_the_seeds_hold_the_published_rates() -> None:
    for one in rows(HERE / "data" / "published_late_charge_rates.csv"):
        for on in (max(one["from"], "1990-01-01"), one["to"]):
            right = permille(one["first_period_pct"]), permille(one["later_period_pct"])
            assert (LOW[day(on)], HIGH[day(on)]) == right, on
    for one in rows(HERE / "data" / "published_refund_rates.csv"):
        assert REFUND[day(one["from"])] == REFUND[day(one["to"])] == permille(one["pct"])
