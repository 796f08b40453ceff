"""債権の現況: which cause came first, what holds collection, what waits for the debtor's plea."""

from datetime import date
from typing import Any

import pytest

from receivables.errors import InputRejectedError
from receivables.law.clock import Event
from receivables.law.execution_stay import execution_stay
from receivables.law.exemption import exemption_from
from receivables.law.standing import Standing, standing
from receivables.rulebook import rulebook

TAX, NHI, CLUB, LOAN = "resident_tax", "nhi_premium", "after_school_club_fee", "scholarship_loan"


def on(kind: str, day: str, until: str | None = None, **more: Any) -> Event:
    return Event(kind, date.fromisoformat(day), until=date.fromisoformat(until) if until else None, **more)


def stands(kind: str, due: str, as_of: str, *events: Event, contract: str | None = "2020-05-01") -> Standing:
    return standing(
        due=date.fromisoformat(due), as_of=date.fromisoformat(as_of), outstanding_yen=30_000,
        rule=rulebook().claim_type(kind).prescription_rule, events=events,
        contract_date=date.fromisoformat(contract) if contract else None,
    )  # fmt: skip


STAY = on("execution_stay", "2024-10-01", ground="2")
AT_ONCE = on("execution_stay", "2024-10-01", ground="1", is_immediate=True)
EXTENDED = on("extension", "2014-03-31", "2034-03-31", ground="1")


@pytest.mark.parametrize(
    ("kind", "due", "as_of", "events", "state", "cause", "last_day", "yen"),
    [
        # public claims: gone from the day after the last day
        (TAX, "2020-07-01", "2025-07-01", [], "stands", "prescription", "2025-07-01", 30_000),
        (TAX, "2020-07-01", "2025-07-02", [], "extinct", "prescription", "2025-07-01", 0),
        (CLUB, "2020-06-30", "2025-07-01", [], "extinct", "prescription", "2025-06-30", 0),
        # the earlier of stay and time
        (NHI, "2024-07-31", "2026-08-01", [STAY], "extinct", "prescription", "2026-07-31", 0),
        (TAX, "2024-07-01", "2027-10-02", [STAY], "extinct", "execution_stay", "2027-10-01", 0),
        (TAX, "2024-07-01", "2027-10-01", [STAY], "stands", "execution_stay", "2027-10-01", 30_000),
        (TAX, "2024-07-01", "2024-10-02", [AT_ONCE], "extinct", "immediate", "2024-10-01", 0),
        (TAX, "2022-10-01", "2027-10-02", [STAY], "extinct", "prescription", "2027-10-01", 0),  # the same day
        (TAX, "2024-07-01", "2027-10-02", [STAY, on("stay_cancelled", "2027-10-01")],
         "stands", "prescription", "2029-07-01", 30_000),
        (TAX, "2024-07-01", "2028-01-01", [STAY, on("stay_cancelled", "2027-10-02")],
         "extinct", "execution_stay", "2027-10-01", 0),
        # private claims: time alone ends nothing
        (LOAN, "2020-06-30", "2026-01-01", [], "stands", "prescription", "2025-06-30", 30_000),
        (LOAN, "2020-06-30", "2026-01-01", [on("invoked", "2025-12-01")], "extinct", "prescription", "2025-12-01", 0),
        (LOAN, "2020-06-30", "2026-01-01", [on("invoked", "2025-06-30")], "stands", "prescription", "2025-06-30",
         30_000),
        (LOAN, "2020-06-30", "2026-01-01", [on("waived", "2025-12-15"), on("invoked", "2025-12-20")],
         "extinct", "waiver", "2025-12-15", 0),
        # waiver and exemption
        (CLUB, "2020-06-30", "2024-01-01", [on("waived", "2023-03-20")], "extinct", "waiver", "2023-03-20", 0),
        (CLUB, "2020-06-30", "2024-01-01", [on("waived", "2023-09-20"), on("waived", "2023-03-20")],
         "extinct", "waiver", "2023-03-20", 0),
        (CLUB, "2020-06-30", "2026-01-01", [on("waived", "2025-09-20")], "extinct", "prescription", "2025-06-30", 0),
        (CLUB, "2014-01-31", "2024-06-01", [EXTENDED, on("exempted", "2024-04-01")],
         "extinct", "exemption", "2024-04-01", 0),
        (LOAN, "2020-06-30", "2024-06-01", [on("exempted", "2024-04-01", ground="other_law")],
         "extinct", "exemption", "2024-04-01", 0),
        # bookkeeping ends nothing
        (TAX, "2020-07-01", "2025-06-01", [on("written_off", "2025-05-31")],
         "stands", "prescription", "2025-07-01", 30_000),
    ],
)  # fmt: skip
def test_the_earliest_cause_counts(
    kind: str, due: str, as_of: str, events: list[Event], state: str, cause: str, last_day: str, yen: int
) -> None:
    found = stands(kind, due, as_of, *events)
    assert (found.state, found.cause, str(found.last_day)) == (state, cause, last_day)
    assert found.outstanding_yen == yen
    assert (found.extinct_from is not None) == (state == "extinct")
    assert stands(kind, due, as_of, *reversed(events)) == found


def test_a_plea_between_the_two_readings_needs_a_person() -> None:
    dunned = on("dunned", "2020-08-01", arrived_on=date(2020, 8, 3), designated_deadline=date(2020, 8, 20))
    found = stands(LOAN, "2020-06-30", "2025-09-01", dunned, on("invoked", "2025-08-10"))
    assert (found.state, found.missing, found.awaits_invocation) == ("unknown", ("restart_rule",), False)
    later = stands(LOAN, "2020-06-30", "2025-09-01", dunned, on("invoked", "2025-08-21"))
    assert (later.state, str(later.extinct_from)) == ("extinct", "2025-08-22")


def test_only_private_claims_wait_for_the_plea() -> None:
    assert stands(LOAN, "2020-06-30", "2025-07-01").awaits_invocation
    assert not stands(LOAN, "2020-06-30", "2025-06-30").awaits_invocation
    assert not stands(LOAN, "2020-06-30", "2026-01-01", on("invoked", "2025-12-01")).awaits_invocation
    assert not stands(CLUB, "2020-06-30", "2025-07-01").awaits_invocation


@pytest.mark.parametrize(
    ("kind", "as_of", "events", "holds"),
    [
        (TAX, "2025-01-01", [STAY], [("execution_stay", "2024-10-01", "2027-10-01")]),
        (TAX, "2025-01-01", [STAY, on("stay_cancelled", "2024-12-01")], []),
        (CLUB, "2025-01-01", [on("collection_stop", "2024-10-01", ground="2")],
         [("collection_stop", "2024-10-01", "None")]),
        (CLUB, "2025-01-01", [on("collection_stop", "2024-10-01"), on("collection_stop", "2024-12-01")],
         [("collection_stop", "2024-10-01", "None")]),
        (CLUB, "2025-01-01", [on("collection_stop", "2024-10-01"), on("collection_resumed", "2024-12-01")], []),
        (TAX, "2025-01-01", [on("deferral", "2024-10-01", "2025-09-30")], [("deferral", "2024-10-01", "2025-09-30")]),
        (TAX, "2025-10-01", [on("deferral", "2024-10-01", "2025-09-30")], []),
        (TAX, "2025-01-01", [on("conversion_deferral", "2024-10-01", "2025-09-30", ground="ex_officio"),
                             on("deferral_cancelled", "2024-12-01")], []),
        (CLUB, "2025-01-01", [on("extension", "2024-10-01", "2025-09-30")],
         [("extension", "2024-10-01", "2025-09-30")]),
        (CLUB, "2025-10-01", [on("extension", "2024-10-01", "2025-09-30")], []),
    ],
)  # fmt: skip
def test_what_holds_collection_and_until_when(
    kind: str, as_of: str, events: list[Event], holds: list[tuple[str, str, str]]
) -> None:
    found = stands(kind, "2024-07-01", as_of, *events)
    assert [(hold.kind, str(hold.since), str(hold.until)) for hold in found.holds] == holds
    assert all("第" in hold.article and hold.article in found.articles for hold in found.holds)


def test_missing_facts_make_the_standing_unknown_but_not_what_is_certain() -> None:
    lacking = stands(LOAN, "2020-06-30", "2026-01-01", contract=None)
    assert (lacking.state, lacking.missing, lacking.last_day) == ("unknown", ("contract_date",), None)
    waived = stands(LOAN, "2020-06-30", "2026-01-01", on("waived", "2025-12-15"), contract=None)
    assert (waived.state, waived.cause, waived.missing) == ("extinct", "waiver", ("contract_date",))
    exempted = stands(CLUB, "2020-06-30", "2024-06-01", on("exempted", "2024-04-01"))
    assert (exempted.state, exempted.missing) == ("unknown", ("exempted.extension.on",))


@pytest.mark.parametrize(
    ("kind", "events", "message"),
    [
        (TAX, [on("waived", "2023-03-20")], "only nonenforced_public and private"),
        (CLUB, [on("extension", "2022-03-31", "2030-03-31"), on("exempted", "2024-04-01")], "not before 2032-04-01"),
    ],
)
def test_what_the_law_does_not_allow_is_an_error_in_the_data(kind: str, events: list[Event], message: str) -> None:
    with pytest.raises(InputRejectedError, match=message):
        stands(kind, "2020-06-30", "2024-06-01", *events)


def test_ten_years_of_an_exemption_count_from_the_first_extension_made_after_the_due_date() -> None:
    """施行令171条の7第1項: from the first due date, or from the first extension where that came later."""
    due = date(2014, 6, 30)
    assert exemption_from(due, []) is None
    assert str(exemption_from(due, [on("extension", "2014-03-31", "2020-03-31")])) == "2024-07-01"
    later = [on("extension", "2018-03-31", "2020-03-31"), on("extension", "2016-03-31", "2018-03-31")]
    assert str(exemption_from(due, later)) == "2026-04-01"


def test_a_stay_counts_down() -> None:
    found = execution_stay([STAY], as_of=date(2025, 1, 1))
    assert found is not None
    assert [found.days_left(date.fromisoformat(day)) for day in ("2027-09-30", "2027-10-01", "2027-10-02")] == [2, 1, 0]
    assert execution_stay([STAY], as_of=date(2024, 9, 30)) is None


def test_the_standing_names_its_articles() -> None:
    found = stands(TAX, "2024-07-01", "2027-10-02", STAY)
    assert found.articles == ("地方税法第18条第1項", "地方税法第15条の7第4項")
