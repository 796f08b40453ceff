"""延滞金の免除, 地方税法第15条の9: what an execution stay, a disaster or a deferral spares."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivables.law.charging import Rate, RateMissingError, RateTable
from receivables.law.clock import Event
from receivables.law.late_charge import LateCharge, Payment, late_charge
from receivables.law.reliefs import Relief, reliefs_of
from receivables.rulebook import rulebook

RULES = rulebook()
TAX = RULES.claim_type("resident_tax").late_charge_rule
assert TAX is not None


def charged(principal: int, due: str, paid: str, *reliefs: Relief, payments: tuple[Payment, ...] = ()) -> LateCharge:
    return late_charge(
        principal, due=date.fromisoformat(due), paid=date.fromisoformat(paid), rule=TAX, rates=RULES.late_charge_rates,
        payments=payments, reliefs=reliefs, deferral_rates=RULES.deferral_rates,
    )  # fmt: skip


def spared(kind: str, first: str, last: str) -> Relief:
    return Relief(kind, date.fromisoformat(first), date.fromisoformat(last))  # type: ignore[arg-type]


def told(found: LateCharge) -> list[tuple[str, str, int, str | None]]:
    return [(str(each.first), str(each.last), each.permille, each.relief) for each in found.segments]


def test_days_of_a_stay_bear_nothing_and_say_why() -> None:
    """By hand: 31 days at 2.4% on 1,000,000 is 2,038.35; 123 days at 8.7% 29,317.8; from 2 December nothing."""
    found = charged(1_000_000, "2024-06-30", "2025-03-31", spared("exempt", "2024-12-02", "2025-12-31"))
    assert told(found) == [
        ("2024-07-01", "2024-07-31", 24, None),
        ("2024-08-01", "2024-12-01", 87, None),
        ("2024-12-02", "2024-12-31", 0, "exempt"),
        ("2025-01-01", "2025-03-31", 0, "exempt"),
    ]
    assert (found.sum_before_rounding_yen, found.charge_yen) == (2_038 + 29_317, 31_300)


def test_deferred_days_bear_the_rate_of_deferrals_of_their_year() -> None:
    """猶予特例基準割合: 0.9% in 2025, 1.3% in 2026; the first month's 2.4% falls to it as well."""
    found = charged(1_000_000, "2025-11-30", "2026-02-28", spared("deferral", "2025-12-01", "2026-02-10"))
    assert told(found) == [
        ("2025-12-01", "2025-12-31", 9, "deferral"),
        ("2026-01-01", "2026-02-10", 13, "deferral"),
        ("2026-02-11", "2026-02-28", 91, None),
    ]
    assert found.sum_before_rounding_yen == 764 + 1_460 + 4_487


def test_before_special_rates_half_of_the_higher_rate_is_spared_and_nothing_of_the_lower() -> None:
    found = charged(1_000_000, "1998-05-31", "1998-12-31", spared("deferral", "1998-06-01", "1998-12-31"))
    assert {each.permille for each in found.segments} == {73}


def test_a_deferral_never_costs_more_than_the_day_itself() -> None:
    dear = RateTable([Rate(date(2025, 1, 1), date(2026, 12, 31), 50, 50, "第1条")])
    found = late_charge(
        1_000_000, due=date(2025, 11, 30), paid=date(2026, 1, 31), rule=TAX, rates=RULES.late_charge_rates,
        reliefs=[spared("deferral", "2025-12-01", "2026-02-10")], deferral_rates=dear,
    )  # fmt: skip
    assert [each.permille for each in found.segments] == [24, 50]


def test_where_two_reliefs_meet_the_full_one_holds() -> None:
    found = charged(
        1_000_000, "2025-11-30", "2025-12-20",
        spared("deferral", "2025-12-01", "2025-12-31"), spared("exempt", "2025-12-05", "2025-12-10"),
    )  # fmt: skip
    assert told(found) == [
        ("2025-12-01", "2025-12-04", 9, "deferral"),
        ("2025-12-05", "2025-12-10", 0, "exempt"),
        ("2025-12-11", "2025-12-20", 9, "deferral"),
    ]


def test_a_deferred_day_without_a_rate_names_the_seed() -> None:
    with pytest.raises(RateMissingError, match=r"deferral_rates\.csv"):
        late_charge(
            100_000, due=date(2025, 11, 30), paid=date(2026, 2, 28), rule=TAX, rates=RULES.late_charge_rates,
            reliefs=[spared("deferral", "2025-12-01", "2026-02-10")], deferral_rates=RateTable(),
        )  # fmt: skip


def event(kind: str, on: str, until: str | None = None, ground: str | None = None) -> Event:
    return Event(kind, date.fromisoformat(on), until=date.fromisoformat(until) if until else None, ground=ground)


@pytest.mark.parametrize(
    ("ground", "kind"), [("disaster", "exempt"), ("illness", "exempt"), ("closure", "deferral"), ("loss", "deferral")]
)
def test_how_far_a_deferral_spares_hangs_on_its_ground(ground: str, kind: str) -> None:
    found, missing = reliefs_of([event("deferral", "2025-04-01", "2026-03-31", ground)], as_of=date(2026, 6, 1))
    assert ([(each.kind, str(each.first), str(each.last)) for each in found], missing) == (
        [(kind, "2025-04-01", "2026-03-31")], (),
    )  # fmt: skip


def test_a_ground_that_nobody_told_is_missing_and_spares_nothing() -> None:
    events = [event("deferral", "2025-04-01", "2026-03-31"), event("late_charge_exempted", "2025-04-01")]
    assert reliefs_of(events, as_of=date(2026, 6, 1)) == ((), ("deferral.ground", "late_charge_exempted.until"))


def test_a_stay_spares_until_it_is_cancelled_and_a_cancelled_deferral_no_longer() -> None:
    events = [
        event("execution_stay", "2025-04-01", ground="2"), event("stay_cancelled", "2025-09-30"),
        event("conversion_deferral", "2025-10-01", "2026-09-30"), event("deferral_cancelled", "2026-01-31"),
        event("execution_stay", "2026-03-01", ground="2"),
    ]  # fmt: skip
    found, _ = reliefs_of(events, as_of=date(2026, 6, 1))
    assert [(each.kind, str(each.first), str(each.last)) for each in found] == [
        ("exempt", "2025-04-01", "2025-09-30"),
        ("deferral", "2025-10-01", "2026-01-31"),
        ("exempt", "2026-03-01", "2026-06-01"),
    ]


SPANS = st.lists(
    st.tuples(st.sampled_from(["exempt", "deferral"]), st.integers(0, 500), st.integers(0, 300)), max_size=4
)


@settings(max_examples=200, deadline=None, print_blob=True)
@given(st.integers(2_000, 3_000_000), st.dates(date(1997, 1, 1), date(2025, 6, 30)), st.integers(1, 540), SPANS)
def test_equals_the_count_by_the_day_in_exact_yen(
    principal: int, due: date, late_days: int, spans: list[tuple[str, int, int]]
) -> None:
    """One day at a time: nothing, the deferral rate or the day's own; added exactly, so that no cut hides anything."""
    paid = due + timedelta(days=late_days)
    reliefs = [
        Relief(kind, due + timedelta(days=first), due + timedelta(days=first + length))  # type: ignore[arg-type]
        for kind, first, length in spans
    ]
    plain = charged(principal, str(due), str(paid))
    found = charged(principal, str(due), str(paid), *reliefs)
    expected = 0
    for segment in plain.segments:
        for ordinal in range(segment.first.toordinal(), segment.last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            kinds = {relief.kind for relief in reliefs if relief.first <= day <= relief.last}
            rate = next(each for each in RULES.deferral_rates if each.effective_from <= day <= each.effective_to)
            permille = min(segment.permille, rate.low_permille) if "deferral" in kinds else segment.permille
            expected += 0 if "exempt" in kinds else segment.base_yen * permille
    assert sum(each.exact for each in found.segments) == expected
    assert found.charge_yen <= plain.charge_yen
    assert sum(each.days for each in found.segments) == sum(each.days for each in plain.segments)
