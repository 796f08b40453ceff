"""時効の事由, one by one: what renews, what postpones, what holds, and what does nothing (民法第147条～第152条)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from receivables.errors import InputRejectedError
from receivables.law.clock import Event
from receivables.law.prescription import WITHOUT_EFFECT, Prescription, prescription
from receivables.law.what_if import what_if
from receivables.rulebook import rulebook

TAX, NHI, CLUB, LOAN = "resident_tax", "nhi_premium", "after_school_club_fee", "scholarship_loan"
DUE = {TAX: "2020-07-01", NHI: "2024-07-31", CLUB: "2020-06-30", LOAN: "2020-06-30"}


def on(kind: str, day: str, until: str | None = None, **more: Any) -> Event:
    return Event(kind, date.fromisoformat(day), until=date.fromisoformat(until) if until else None, **more)


def told(kind: str, as_of: str, *events: Event, due: str | None = None, **more: Any) -> Prescription:
    return prescription(
        due=date.fromisoformat(due or DUE[kind]), as_of=date.fromisoformat(as_of),
        rule=rulebook().claim_type(kind).prescription_rule, events=events,
        contract_date=date(2020, 5, 1) if kind == LOAN else None, **more,
    )  # fmt: skip


def safe(*given: Any, **more: Any) -> str:
    return str(told(*given, **more).date_safe)


SUED = on("action_filed", "2025-06-01", reference="令和7年(ワ)1")


@pytest.mark.parametrize(
    ("kind", "as_of", "events", "state", "last"),
    [
        # 訴え: held while it is pending, then six months or ten years (147条)
        (LOAN, "2026-01-01", [SUED], "grace", "None"),
        (LOAN, "2025-06-30", [SUED], "grace", "None"),
        (LOAN, "2026-01-01", [SUED, on("action_withdrawn", "2025-12-01")], "grace", "2026-06-01"),
        (LOAN, "2026-06-02", [SUED, on("action_withdrawn", "2025-12-01")], "completed", "2026-06-01"),
        (LOAN, "2025-09-01", [SUED, on("action_withdrawn", "2025-06-10")], "grace", "2025-12-10"),
        (LOAN, "2026-01-01", [SUED, on("judgment", "2025-12-01")], "running", "2035-12-01"),
        (LOAN, "2026-01-01", [on("action_filed", "2025-07-01")], "completed", "2025-06-30"),  # too late
        (LOAN, "2026-01-01", [on("action_withdrawn", "2025-05-01")], "completed", "2025-06-30"),  # nothing was filed
        # 確定した権利: ten years at every later renewal too (169条)
        (LOAN, "2028-01-01", [on("judgment", "2025-03-31"), on("acknowledged", "2027-03-31")], "running", "2037-03-31"),
        # 差押え: renewed at its end, six months if it was cancelled (148条)
        (TAX, "2026-01-01", [on("seized", "2025-06-01")], "grace", "None"),
        (TAX, "2026-01-01", [on("seized", "2025-06-01"), on("released", "2025-12-01")], "running", "2030-12-01"),
        (TAX, "2026-01-01", [on("seized", "2025-06-01"), on("seizure_cancelled", "2025-12-01")], "grace", "2026-06-01"),
        (TAX, "2026-01-01", [on("released", "2025-06-01")], "completed", "2025-07-01"),
        # 交付要求: taxes renew at its end (地方税法18条の2), others by its outcome
        (TAX, "2026-01-01", [on("claim_filed", "2025-06-01"), on("claim_filing_ended", "2025-12-01")],
         "running", "2030-12-01"),
        (NHI, "2026-12-01", [on("claim_filed", "2026-06-01"), on("claim_filing_ended", "2026-11-01",
                                                                outcome="distributed")], "running", "2028-11-01"),
        (NHI, "2026-12-01", [on("claim_filed", "2026-06-01"), on("claim_filing_ended", "2026-11-01",
                                                                outcome="withdrawn")], "grace", "2027-05-01"),
        (LOAN, "2026-12-01", [on("claim_filed", "2025-06-01"), on("claim_filing_ended", "2026-11-01",
                                                                 outcome="confirmed")], "running", "2036-11-01"),
        # 催告: once (150条)
        (CLUB, "2025-07-10", [on("reminded", "2025-06-01"), on("reminded", "2025-07-05")], "grace", "2025-12-01"),
        (CLUB, "2025-07-10", [on("reminded", "2025-06-01", returned_on=date(2025, 6, 5))], "completed", "2025-06-30"),
        # 協議の合意: a year at most, in writing, not in a 催告's grace (151条)
        (CLUB, "2025-07-10", [on("negotiation_agreed", "2025-06-01", is_written=True)], "grace", "2026-06-01"),
        (CLUB, "2025-07-10", [on("negotiation_agreed", "2025-06-01", "2025-09-30", is_written=True)],
         "grace", "2025-09-30"),
        (CLUB, "2025-07-10", [on("negotiation_agreed", "2025-06-01", "2029-06-01", is_written=True)],
         "grace", "2026-06-01"),
        (CLUB, "2025-07-10", [on("negotiation_agreed", "2025-06-01", is_written=False)], "completed", "2025-06-30"),
        (CLUB, "2025-07-10", [on("reminded", "2025-05-01"), on("negotiation_agreed", "2025-07-02", is_written=True)],
         "grace", "2025-11-01"),
        (CLUB, "2025-07-10", [on("negotiation_agreed", "2025-05-01", "2025-08-31", is_written=True),
                              on("reminded", "2025-07-02")], "grace", "2025-08-31"),
        (CLUB, "2025-07-10", [on("negotiation_agreed", "2025-06-01", is_written=True),
                              on("negotiation_refused", "2025-07-05")], "grace", "2026-01-05"),
        (CLUB, "2026-04-01", [on("negotiation_agreed", "2025-06-01", is_written=True),
                              on("negotiation_refused", "2026-03-01")], "grace", "2026-06-01"),
        (CLUB, "2025-07-10", [on("negotiation_refused", "2025-06-01")], "completed", "2025-06-30"),
        # 徴収猶予・換価の猶予: time stands still (地方税法18条の2第4項)
        (TAX, "2025-06-01", [on("deferral", "2024-07-01", "2025-06-30")], "running", "2030-06-30"),
        (TAX, "2025-06-01", [on("deferral", "2024-07-01", "2025-06-30"), on("deferral_cancelled", "2024-12-31")],
         "running", "2029-12-31"),
        (TAX, "2025-06-01", [on("conversion_deferral", "2024-07-01", "2025-06-30", ground="ex_officio")],
         "running", "2026-07-01"),
        (TAX, "2025-06-01", [on("conversion_deferral", "2024-07-01", "2025-06-30", ground="application")],
         "running", "2030-06-30"),
        (TAX, "2025-06-01", [on("conversion_deferral", "2024-07-01", "2025-06-30", ground="ex_officio"),
                             on("conversion_deferral", "2025-01-01", "2025-12-31", ground="ex_officio")],
         "running", "2027-01-01"),  # 549 days, none counted twice
        (TAX, "2025-06-01", [on("conversion_deferral", "2024-07-01", "2025-06-30", ground="ex_officio"),
                             on("acknowledged", "2025-01-10")], "running", "2030-06-30"),  # runs from its end
        (TAX, "2025-06-01", [on("deferral", "2024-07-01", "2025-06-30"),
                             on("conversion_deferral", "2025-05-01", "2025-12-31", ground="ex_officio")],
         "running", "2030-12-31"),  # 184 days more
        (TAX, "2026-06-01", [on("conversion_deferral", "2025-07-02", "2026-06-30", ground="ex_officio")],
         "completed", "2025-07-01"),
        # 履行延期: from the day after the new due date
        (CLUB, "2025-06-01", [on("extension", "2024-07-01", "2026-03-31")], "running", "2031-03-31"),
        # 承認 before the due date takes nothing away
        (CLUB, "2025-06-01", [on("acknowledged", "2020-01-10")], "running", "2025-06-30"),
    ],
)  # fmt: skip
def test_what_an_event_does(kind: str, as_of: str, events: list[Event], state: str, last: str) -> None:
    found = told(kind, as_of, *events)
    assert (found.state, str(found.date_safe)) == (state, last)
    assert len(found.clock) == len(events) + 1
    backwards = told(kind, as_of, *reversed(events))
    assert backwards == found


def test_negotiations_end_five_years_after_the_claim_would_have() -> None:
    agreed = [on("negotiation_agreed", f"{year}-06-01", is_written=True) for year in range(2025, 2032)]
    assert safe(CLUB, "2031-06-02", *agreed) == "2030-06-30"


def test_an_agreement_before_the_new_civil_code_does_nothing() -> None:
    old = on("negotiation_agreed", "2020-03-31", is_written=True)
    assert safe(CLUB, "2020-12-01", old, due="2015-05-31") == "2020-05-31"
    new = on("negotiation_agreed", "2020-04-01", is_written=True)
    assert safe(CLUB, "2020-12-01", new, due="2015-05-31") == "2021-04-01"


def test_the_civil_codes_new_year_runs_to_2020() -> None:
    rule = rulebook().claim_type(LOAN).prescription_rule
    for contract, last in ((date(2020, 3, 31), "2030-06-30"), (date(2020, 4, 1), "2025-06-30")):
        found = prescription(due=date(2020, 6, 30), as_of=date(2021, 1, 1), rule=rule, contract_date=contract)
        assert str(found.date_safe) == last


@pytest.mark.parametrize(
    ("kind", "event", "missing"),
    [
        (TAX, on("deferral", "2024-07-01"), "deferral.until"),
        (TAX, on("conversion_deferral", "2024-07-01", "2025-06-30"), "conversion_deferral.ground"),
        (CLUB, on("extension", "2024-07-01"), "extension.until"),
        (CLUB, on("negotiation_agreed", "2024-07-01"), "negotiation_agreed.is_written"),
        (CLUB, on("dunned", "2024-07-01"), "dunned.arrived_on"),
        (CLUB, on("acknowledged", "2024-07-01", scope=("A",)), "acknowledged.claim_id"),
        (TAX, on("execution_stay", "2024-07-01", is_immediate=True), "execution_stay.ground"),
    ],
)
def test_a_fact_that_nobody_gave_is_named_and_not_assumed(kind: str, event: Event, missing: str) -> None:
    found = told(kind, "2024-08-01", event)
    assert (found.state, found.missing) == ("unknown", (missing,))


def test_how_a_filed_claim_ended_is_asked_of_all_but_taxes() -> None:
    found = told(NHI, "2025-06-01", on("claim_filed", "2025-01-01"), on("claim_filing_ended", "2025-05-01"))
    assert (found.state, found.missing) == ("unknown", ("claim_filing_ended.outcome",))


@pytest.mark.parametrize(
    ("kind", "event", "message"),
    [
        (LOAN, on("execution_stay", "2024-07-01"), "only enforced_public.*collection_stop"),
        (CLUB, on("deferral", "2024-07-01", "2025-06-30"), "only enforced_public.*extension"),
        (LOAN, on("conversion_deferral", "2024-07-01", "2025-06-30"), "only enforced_public"),
        (TAX, on("extension", "2024-07-01", "2025-06-30"), "only nonenforced_public, private.*deferral"),
        (TAX, on("collection_stop", "2024-07-01"), "only nonenforced_public, private.*execution_stay"),
        (CLUB, on("collection_stop", "2024-07-01", ground="9"), "the grounds are 1, 2, 3"),
        (TAX, on("execution_stay", "2024-07-01", ground="4"), "the grounds are 1, 2, 3"),
        (TAX, on("execution_stay", "2024-07-01", ground="2", is_immediate=True), "only ground 1"),
    ],
)
def test_an_event_that_the_class_cannot_have_is_an_error_in_the_data(kind: str, event: Event, message: str) -> None:
    with pytest.raises(InputRejectedError, match=message):
        told(kind, "2024-08-01", event)


@pytest.mark.parametrize("kind", WITHOUT_EFFECT)
def test_events_without_effect_are_noted(kind: str) -> None:
    found = told(TAX, "2024-08-01", on(kind, "2024-07-01"))
    assert (found.state, str(found.date_safe), found.clock[-1].event) == ("running", "2025-07-01", kind)


def letter(issued: str, arrived: str | None = None, reference: str | None = None) -> Event:
    day = date.fromisoformat(arrived) if arrived else None
    return on("dunned", issued, issued_on=date.fromisoformat(issued), arrived_on=day, reference=reference)


def test_a_letter_that_came_back_leaves_the_renewal_to_the_next() -> None:
    first, second = letter("2024-08-20", "2024-08-22", "1"), letter("2024-10-01", "2024-10-03", "2")
    assert safe(NHI, "2025-01-01", first, second) == "2026-08-22"
    assert safe(NHI, "2025-01-01", first, second, on("dunning_returned", "2024-09-01")) == "2026-10-03"
    assert safe(NHI, "2025-01-01", first, second, on("dunning_returned", "2024-11-01", reference="1")) == "2026-10-03"
    assert safe(NHI, "2025-01-01", first, second, on("dunning_returned", "2024-11-01")) == "2026-08-22"


def test_an_act_is_weighed_on_the_day_it_arrives_not_on_the_day_it_was_sent() -> None:
    """The period ends on 31 July; the letter of the 28th arrives in August: only a signature in between saves it."""
    late = letter("2026-07-28", "2026-08-03")
    assert safe(NHI, "2026-09-01", late) == "2026-07-31"
    assert safe(NHI, "2026-09-01", late, on("acknowledged", "2026-07-30")) == "2028-08-03"


def test_a_reading_that_has_lapsed_is_not_revived_by_a_reminder() -> None:
    """Safe ends on 22 August, alternative on 30 August: a reminder on the 25th helps only the second."""
    dunned = replace(letter("2024-08-20", "2024-08-22"), designated_deadline=date(2024, 8, 30))
    found = told(NHI, "2026-09-01", dunned, on("reminded", "2026-08-25"))
    assert (str(found.date_safe), str(found.date_alternative)) == ("2026-08-22", "2027-02-25")
    assert (found.state, found.missing) == ("unknown", ("restart_rule",))


def test_a_letter_presumed_to_arrive_counts_only_if_its_latest_day_was_in_time() -> None:
    """介護保険料: sent six days before the end, it may have come a day or ten later: safely it came too late."""
    found = told("ltci_premium", "2026-08-15", letter("2026-07-25"), due="2024-07-31")
    assert (str(found.date_safe), str(found.date_alternative)) == ("2026-07-31", "2028-08-04")
    assert (found.state, found.missing) == ("unknown", ("restart_rule",))


def test_two_letters_of_one_day_are_taken_in_a_fixed_order() -> None:
    sent = letter("2024-08-20", "2024-08-22")
    two = [replace(sent, designated_deadline=date(2024, 8, day)) for day in (28, 30)]
    assert told(NHI, "2025-01-01", *two) == told(NHI, "2025-01-01", *reversed(two))


def test_a_stay_that_ends_between_the_two_readings_ends_both() -> None:
    """Two years from 2 October 2025 or, by the deadline, 31 October 2025; the stay of 10 October 2022 ends between."""
    dunned = replace(letter("2023-10-01", "2023-10-02"), designated_deadline=date(2023, 10, 31))
    stay = on("execution_stay", "2022-10-10", ground="2")
    found = told(NHI, "2025-10-11", dunned, stay, due="2022-09-30")
    assert (str(found.date_safe), str(found.date_alternative)) == ("2025-10-02", "2025-10-10")
    assert (found.state, found.cause) == ("completed", "prescription")


def test_two_seizures_are_told_apart_by_their_number() -> None:
    both = [on("seized", "2025-01-10", reference="a"), on("seized", "2025-02-10", reference="b")]
    one = on("released", "2025-05-01", reference="a")
    assert told(TAX, "2026-01-01", *both, one).state == "grace"
    assert safe(TAX, "2026-01-01", *both, one, on("released", "2025-06-01", reference="b")) == "2030-06-01"
    assert safe(TAX, "2026-01-01", *both, on("released", "2025-06-01")) == "2030-06-01"


def test_a_later_decision_under_a_stay_begins_no_new_three_years() -> None:
    stays = [on("execution_stay", day, ground="1") for day in ("2021-03-01", "2022-03-01")]
    assert (safe(TAX, "2023-01-01", *stays), told(TAX, "2023-01-01", *stays).cause) == ("2024-03-01", "execution_stay")
    at_once = on("execution_stay", "2022-06-01", ground="1", is_immediate=True)
    assert safe(TAX, "2023-01-01", *stays, at_once) == "2022-06-01"
    assert safe(TAX, "2023-01-01", at_once, on("stay_cancelled", "2022-07-01")) == "2022-06-01"


def test_a_void_event_shows_the_day_that_would_result() -> None:
    events = [letter("2020-07-20"), on("acknowledged", "2023-05-10"), on("reminded", "2025-01-01", channel="sms")]
    asked: dict[str, Any] = {"due": date(2020, 7, 1), "as_of": date(2025, 2, 1), "events": events,
                             "rule": rulebook().claim_type(TAX).prescription_rule}  # fmt: skip
    assert str(prescription(**asked).date_safe) == "2028-05-10"
    assert [(each.event, str(each.date_safe)) for each in what_if(**asked)] == [
        ("dunned", "2028-05-10"), ("acknowledged", "2025-07-30"), ("reminded", "2028-05-10"),
    ]  # fmt: skip
