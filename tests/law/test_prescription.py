"""時効: the domain's vectors, published statements, and what each event may and may not do."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivables.errors import InputRejectedError
from receivables.law.clock import Event
from receivables.law.prescription import Prescription, prescription
from receivables.rulebook import rulebook


def state(kind: str, due: str, as_of: str, *events: Event, contract: str | None = None) -> Prescription:
    return prescription(
        due=date.fromisoformat(due),
        as_of=date.fromisoformat(as_of),
        rule=rulebook().claim_type(kind).prescription_rule,
        events=events,
        contract_date=date.fromisoformat(contract) if contract else None,
    )


def dunned(issued: str, arrived: str | None = None, deadline: str | None = None) -> Event:
    return Event(
        "dunned",
        date.fromisoformat(issued),
        issued_on=date.fromisoformat(issued),
        arrived_on=date.fromisoformat(arrived) if arrived else None,
        designated_deadline=date.fromisoformat(deadline) if deadline else None,
    )


def on(kind: str, day: str, **more: object) -> Event:
    return Event(kind, date.fromisoformat(day), **more)  # type: ignore[arg-type]


def last_days(found: Prescription) -> tuple[str, str]:
    return str(found.date_safe), str(found.date_alternative)


def test_p1_tax_without_dunning() -> None:
    assert last_days(state("resident_tax", "2024-07-01", "2026-01-01")) == ("2029-07-01", "2029-07-01")


def test_p2_tax_dunned_restarts_after_the_ten_days() -> None:
    found = state("resident_tax", "2024-07-01", "2026-01-01", dunned("2024-07-19"))
    assert last_days(found) == ("2029-07-29", "2029-07-29")
    assert found.clock[-1].restart == date(2024, 7, 30)


def test_p3_premium_without_dunning() -> None:
    assert last_days(state("nhi_premium", "2024-07-31", "2026-01-01")) == ("2026-07-31", "2026-07-31")
    assert state("nhi_premium", "2024-07-31", "2026-07-31").state == "running"
    assert state("nhi_premium", "2024-07-31", "2026-08-01").state == "completed"


def test_p4_premium_dunned_has_a_safe_and_another_date() -> None:
    found = state("nhi_premium", "2024-07-31", "2026-01-01", dunned("2024-08-20", "2024-08-22", "2024-08-30"))
    assert last_days(found) == ("2026-08-22", "2026-08-30")
    between = state("nhi_premium", "2024-07-31", "2026-08-25", dunned("2024-08-20", "2024-08-22", "2024-08-30"))
    assert (between.state, between.missing) == ("unknown", ("restart_rule",))


def test_j01_tax_ends_by_itself_after_five_years() -> None:
    assert state("resident_tax", "2020-06-30", "2025-06-30").state == "running"
    after = state("resident_tax", "2020-06-30", "2025-07-01")
    assert (after.state, after.needs_invocation) == ("completed", False)


def test_j05_one_reminder_postpones_and_a_second_adds_nothing() -> None:
    first = on("reminded", "2026-03-10")
    found = state("nhi_premium", "2024-03-31", "2026-04-15", first)
    assert (found.state, last_days(found)) == ("grace", ("2026-09-10", "2026-09-10"))
    again = state("nhi_premium", "2024-03-31", "2026-08-15", first, on("reminded", "2026-08-01"))
    assert last_days(again) == ("2026-09-10", "2026-09-10")


def test_a_reminder_without_proof_of_arrival_does_nothing() -> None:
    found = state("nhi_premium", "2024-03-31", "2026-04-15", on("reminded", "2026-03-10", channel="sms"))
    assert found.state == "completed"


@pytest.mark.parametrize(
    ("kind", "contract", "until"),
    [
        ("scholarship_loan", "2019-04-01", "2033-05-31"),
        ("scholarship_loan", "2020-03-31", "2033-05-31"),
        ("scholarship_loan", "2020-04-01", "2028-05-31"),
        ("ward_housing_rent", "2015-04-01", "2028-05-31"),
        ("school_lunch_fee", "2019-04-01", "2025-05-31"),
        ("school_lunch_fee", "2021-04-01", "2028-05-31"),
    ],
)
def test_private_claims_follow_the_date_of_the_contract(kind: str, contract: str, until: str) -> None:
    found = state(kind, "2023-05-31", "2024-01-01", contract=contract)
    assert str(found.date_safe) == until
    assert found.needs_invocation


def test_without_the_contract_date_nothing_is_guessed() -> None:
    found = state("scholarship_loan", "2023-05-31", "2024-01-01")
    assert (found.state, found.date_safe, found.missing) == ("unknown", None, ("contract_date",))


def test_a_dunning_letter_of_unknown_arrival_is_not_counted_and_says_so() -> None:
    found = state("nhi_premium", "2024-07-31", "2025-01-01", dunned("2024-08-20"))
    assert (found.state, found.missing) == ("unknown", ("dunned.arrived_on",))
    assert str(found.date_safe) == "2026-07-31"


def test_a_posted_letter_of_a_care_premium_is_presumed_to_have_arrived_between_two_days() -> None:
    """介護保険法143条 borrows 地方税法20条4項; by hand: arrival 21 to 30 August, then two years."""
    letter = dunned("2024-08-20")
    assert last_days(state("ltci_premium", "2024-07-31", "2026-01-01", letter)) == ("2026-08-21", "2026-08-30")
    states = [
        state("ltci_premium", "2024-07-31", day, letter).state for day in ("2026-08-21", "2026-08-22", "2026-08-31")
    ]
    assert states == ["running", "unknown", "completed"]
    known = state("ltci_premium", "2024-07-31", "2026-01-01", dunned("2024-08-20", "2024-08-23"))
    assert last_days(known) == ("2026-08-23", "2026-08-23")


def test_only_the_first_dunning_renews() -> None:
    once = state("resident_tax", "2024-07-01", "2027-01-01", dunned("2024-07-19"))
    twice = state("resident_tax", "2024-07-01", "2027-01-01", dunned("2024-07-19"), dunned("2026-07-19"))
    assert last_days(once) == last_days(twice)


def test_the_worked_time_line_of_a_tax_instalment() -> None:
    events = [dunned("2024-07-19"), on("acknowledged", "2025-05-10")]
    assert str(state("resident_tax", "2024-07-01", "2025-06-01", *events).date_safe) == "2030-05-10"
    stayed = state("resident_tax", "2024-07-01", "2026-06-01", *events, on("execution_stay", "2026-03-01"))
    assert (str(stayed.date_safe), stayed.cause) == ("2029-03-01", "execution_stay")
    cancelled = state(
        "resident_tax", "2024-07-01", "2028-01-01", *events,
        on("execution_stay", "2026-03-01"), on("stay_cancelled", "2027-03-01"),
    )  # fmt: skip
    assert (str(cancelled.date_safe), cancelled.cause) == ("2030-05-10", "prescription")


def test_a_two_year_premium_prescribes_before_its_stay_is_over() -> None:
    found = state("nhi_premium", "2024-07-31", "2025-06-01", on("execution_stay", "2025-03-01"))
    assert (str(found.date_safe), found.cause) == ("2026-07-31", "prescription")


def test_an_execution_stay_on_a_private_claim_is_an_error_in_the_data() -> None:
    with pytest.raises(InputRejectedError, match="only enforced_public"):
        state("scholarship_loan", "2023-05-31", "2024-01-01", on("execution_stay", "2023-09-01"), contract="2021-04-01")


def test_seizure_holds_the_clock_and_release_restarts_it() -> None:
    held = state("resident_tax", "2020-07-01", "2026-01-01", on("seized", "2025-06-01"))
    assert (held.state, held.date_safe) == ("grace", None)
    released = state(
        "resident_tax", "2020-07-01", "2026-01-01", on("seized", "2025-06-01"), on("released", "2025-12-01")
    )
    assert str(released.date_safe) == "2030-12-01"


def test_a_judgment_gives_ten_years() -> None:
    found = state("scholarship_loan", "2021-05-31", "2024-01-01", on("judgment", "2023-03-31"), contract="2020-06-01")
    assert str(found.date_safe) == "2033-03-31"


def test_nothing_revives_what_has_lapsed() -> None:
    for late in (on("acknowledged", "2026-08-01"), dunned("2026-08-01", "2026-08-02"), on("reminded", "2026-08-01")):
        assert state("nhi_premium", "2024-07-31", "2026-09-01", late).state == "completed"


def test_ltci_is_not_renewed_by_a_notice_but_nhi_is() -> None:
    notice = on("notified", "2025-03-01")
    assert str(state("ltci_premium", "2024-07-31", "2025-06-01", notice).date_safe) == "2026-07-31"
    assert str(state("nhi_premium", "2024-07-31", "2025-06-01", notice).date_safe) == "2027-03-01"


def test_an_unknown_event_names_those_that_are_known() -> None:
    with pytest.raises(InputRejectedError, match=r"'shouted'.*acknowledged"):
        state("nhi_premium", "2024-07-31", "2025-06-01", on("shouted", "2025-03-01"))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["acknowledged", "reminded", "notified", "carried_over"]), st.integers(1, 900)),
        max_size=6,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_in_which_events_are_told_does_not_matter(told: list[tuple[str, int]], shuffled: object) -> None:
    due = date(2024, 7, 31)
    events = [Event(kind, due + timedelta(days=days)) for kind, days in told]
    mixed = list(events)
    shuffled.shuffle(mixed)  # type: ignore[attr-defined]
    rule = rulebook().claim_type("nhi_premium").prescription_rule
    one, other = (
        prescription(due=due, as_of=date(2027, 1, 1), rule=rule, events=told_so) for told_so in (events, mixed)
    )
    assert (one.state, one.date_safe, one.date_alternative) == (other.state, other.date_safe, other.date_alternative)
    assert one.date_safe is not None
    assert one.date_alternative is not None
    assert one.date_safe <= one.date_alternative
