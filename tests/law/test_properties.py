"""What must hold for every claim: hypothesis looks for one for which it does not, and prints how to see it again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from receivables.claims import LegalClass
from receivables.law.charging import Payment
from receivables.law.clock import Event
from receivables.law.late_charge import LateCharge, LateChargeRule, late_charge
from receivables.law.prescription import in_order, prescription
from receivables.law.reliefs import Relief
from receivables.law.standing import standing
from receivables.law.what_if import what_if
from receivables.rulebook import rulebook

RULES = rulebook()
TAX = RULES.claim_type("resident_tax").late_charge_rule
assert TAX is not None
OPEN_RULE = replace(TAX, base_unit=1, base_minimum=0, result_unit=1, result_minimum=0, segment_rounding="sum_exact")
LAST = date(2026, 12, 31)
often = settings(max_examples=100, deadline=None, print_blob=True)


def charged(
    principal: int, due: date, paid: date, rule: LateChargeRule, payments: Sequence[Payment] = (),
    reliefs: Sequence[Relief] = (),
) -> LateCharge:  # fmt: skip
    return late_charge(
        principal, due=due, paid=paid, rule=rule, rates=RULES.late_charge_rates, payments=payments, reliefs=reliefs,
        deferral_rates=RULES.deferral_rates,
    )  # fmt: skip


DUES = st.dates(date(2005, 1, 1), date(2026, 6, 30))
CUTS: tuple[dict[str, Any], ...] = (
    {"result_unit": 100, "result_minimum": 1_000}, {"result_unit": 10, "result_minimum": 0},
    {"result_unit": 1, "result_minimum": 0, "segment_rounding": "sum_exact"}, {"segment_rounding": "sum_exact"},
)  # fmt: skip
UNITS = st.sampled_from([replace(TAX, low_months=months, **cut) for months in (1, 3) for cut in CUTS])
RELIEFS = st.lists(
    st.tuples(st.sampled_from(["exempt", "deferral"]), st.integers(0, 400), st.integers(0, 200)), max_size=3
)


def reliefs_from(due: date, spans: list[tuple[Any, int, int]]) -> list[Relief]:
    return [Relief(kind, due + timedelta(first), due + timedelta(first + length)) for kind, first, length in spans]


@often
@given(st.integers(1, 3_000_000), DUES, st.integers(0, 900), st.integers(0, 90), UNITS, RELIEFS)
def test_a_charge_never_falls_with_time(
    principal: int, due: date, late: int, more: int, rule: LateChargeRule, spans: list[tuple[Any, int, int]]
) -> None:
    first, reliefs = min(due + timedelta(late), LAST), reliefs_from(due, spans)
    later = min(first + timedelta(more), LAST)
    one, other = (charged(principal, due, day, rule, reliefs=reliefs).charge_yen for day in (first, later))
    assert one <= other


@often
@given(st.lists(st.integers(0, 500_000), min_size=1, max_size=4), DUES, st.integers(0, 900))
def test_the_charges_of_component_bills_add_up(components: list[int], due: date, late: int) -> None:
    """本税の内訳: each on its own; without cuts the exact parts are those of the whole, with cuts never more."""
    paid = min(due + timedelta(late), LAST)
    whole = charged(sum(components), due, paid, OPEN_RULE)
    parts = [charged(each, due, paid, OPEN_RULE) for each in components]
    exact = [sum(segment.exact for segment in found.segments) for found in (whole, *parts)]
    assert exact[0] == sum(exact[1:])
    by_law = sum(charged(each, due, paid, TAX).sum_before_rounding_yen for each in components)
    assert by_law <= charged(sum(components), due, paid, TAX).sum_before_rounding_yen + 12 * len(components)


@often
@given(st.integers(4_000, 3_000_000), DUES, st.integers(1, 900), UNITS, st.data())
def test_the_order_of_payments_and_reliefs_does_not_matter(
    principal: int, due: date, late: int, rule: LateChargeRule, data: st.DataObject
) -> None:
    paid = min(due + timedelta(late), LAST)
    days = data.draw(st.lists(st.integers(-30, late), max_size=4))
    payments = [Payment(due + timedelta(day), principal // 4 - at) for at, day in enumerate(days)]
    reliefs = reliefs_from(due, data.draw(RELIEFS))
    mixed = data.draw(st.permutations(payments)), data.draw(st.permutations(reliefs))
    assert charged(principal, due, paid, rule, payments, reliefs) == charged(principal, due, paid, rule, *mixed)


@often
@given(st.integers(4_000, 3_000_000), DUES, st.integers(1, 900), st.integers(0, 900), st.integers(0, 100))
def test_paying_a_part_never_costs_more(principal: int, due: date, late: int, day: int, percent: int) -> None:
    paid = min(due + timedelta(late), LAST)
    part = Payment(due + timedelta(day), principal * percent // 100)
    exact = replace(TAX, segment_rounding="sum_exact")
    assert charged(principal, due, paid, exact, [part]).charge_yen <= charged(principal, due, paid, exact).charge_yen


DAY = st.integers(-60, 2_600)
ANY = ("acknowledged", "instalment_plan", "reminded", "notified", "carried_over", "paid", "seized", "released",
       "seizure_cancelled", "action_filed", "action_withdrawn", "judgment", "claim_filed")  # fmt: skip
OF_CLASS = {
    "nhi_premium": ("execution_stay", "stay_cancelled", "deferral", "conversion_deferral", "deferral_cancelled"),
    "resident_tax": ("execution_stay", "stay_cancelled", "deferral", "conversion_deferral", "deferral_cancelled"),
    "after_school_club_fee": ("collection_stop", "collection_resumed", "extension", "waived"),
    "scholarship_loan": ("collection_stop", "extension", "waived", "invoked"),
}  # fmt: skip
RENEWING = ("acknowledged", "instalment_plan", "notified")
LASTING = frozenset({"deferral", "conversion_deferral", "extension"})


@st.composite
def courses(draw: st.DrawFn) -> dict[str, Any]:
    """A claim, its events in no order, and a business date."""
    kind = draw(st.sampled_from(sorted(OF_CLASS)))
    due = draw(st.dates(date(2014, 1, 1), date(2025, 12, 31)))
    events = [_event(draw, due, OF_CLASS[kind]) for _ in range(draw(st.integers(0, 7)))]
    as_of = due + timedelta(draw(st.integers(0, 3_000)))
    contract = date(2020, 5, 1) if kind == "scholarship_loan" else None
    rule = RULES.claim_type(kind).prescription_rule
    return {"due": due, "as_of": as_of, "rule": rule, "events": events, "contract_date": contract}


def _event(draw: st.DrawFn, due: date, own: tuple[str, ...]) -> Event:
    day = due + timedelta(draw(DAY))
    if draw(st.integers(0, 3)) == 0:
        arrived = day + timedelta(draw(st.integers(0, 5)))
        return Event("dunned", day, issued_on=day, arrived_on=arrived, designated_deadline=arrived + timedelta(10))
    name = draw(st.sampled_from((*ANY, *own)))
    until = day + timedelta(draw(st.integers(0, 365))) if name in LASTING else None
    ground = {"conversion_deferral": "ex_officio", "execution_stay": "2"}.get(name)
    return Event(name, day, until=until, ground=ground)


@often
@given(courses(), st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_told_does_not_matter(course: dict[str, Any], shuffled: Random) -> None:
    mixed = list(course["events"])
    shuffled.shuffle(mixed)
    assert prescription(**course) == prescription(**course | {"events": mixed})
    assert standing(**course) == standing(**course | {"events": mixed})


@often
@given(courses())
def test_the_safe_day_is_never_later_than_the_other(course: dict[str, Any]) -> None:
    found = prescription(**course)
    assert (found.date_safe or date.max) <= (found.date_alternative or date.max)


@often
@given(courses(), st.sampled_from(RENEWING), st.integers(0, 2_600))
def test_one_more_act_of_the_ward_or_the_debtor_never_shortens_the_time(
    course: dict[str, Any], kind: str, day: int
) -> None:
    """A restart is never earlier than what stood; the claim's own last day is the least."""
    more = [*course["events"], Event(kind, course["due"] + timedelta(day))]
    one, other = prescription(**course), prescription(**course | {"events": more})
    assert (one.date_safe or date.max) <= (other.date_safe or date.max)
    assert (one.date_alternative or date.max) <= (other.date_alternative or date.max)
    bare = prescription(**course | {"events": []})
    assert one.cause == "execution_stay" or (one.date_safe or date.max) >= bare.date_safe  # type: ignore[operator]


@often
@given(courses())
def test_each_entry_of_the_clock_says_what_it_did(course: dict[str, Any]) -> None:
    found, void = prescription(**course), what_if(**course)
    assert [entry.event for entry in found.clock[1:]] == [each.event for each in void]
    known = in_order(course["rule"], course["events"], course["as_of"])
    for at, each in enumerate(void):
        without = prescription(**course | {"events": known[:at] + known[at + 1 :]})
        assert (each.date_safe, each.date_alternative) == (without.date_safe, without.date_alternative)


@often
@given(courses())
def test_what_is_not_yet_known_changes_nothing(course: dict[str, Any]) -> None:
    known = [event for event in course["events"] if event.on <= course["as_of"]]
    assert prescription(**course) == prescription(**course | {"events": known})


@often
@given(courses())
def test_the_cause_is_the_earliest_and_extinction_needs_one(course: dict[str, Any]) -> None:
    found = standing(**course, outstanding_yen=1_000)
    clock = found.prescription
    if found.state == "extinct":
        assert found.last_day is not None
        assert found.last_day < course["as_of"]
        assert found.outstanding_yen == 0
        if found.cause == "execution_stay" and clock.cause == "prescription" and clock.date_safe:
            assert found.last_day <= clock.date_safe
    else:
        assert found.outstanding_yen == 1_000
        is_pleaded = course["rule"].legal_class == LegalClass.PRIVATE
        assert is_pleaded or clock.state != "completed"


@often
@given(courses(), st.integers(1, 400))
def test_a_claim_that_is_extinct_stays_so(course: dict[str, Any], days: int) -> None:
    """Later acts revive nothing: once every fact is there, the day and the cause stand."""
    found = standing(**course)
    later = standing(**course | {"as_of": course["as_of"] + timedelta(days)})
    if found.state == "extinct" and not found.missing:
        assert (later.state, later.cause, later.last_day) == (found.state, found.cause, found.last_day)
