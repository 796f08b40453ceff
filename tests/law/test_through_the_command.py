"""Every vector of the domain and every published case, asked for through `receivables law`."""

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from receivables.cli.law import app
from receivables.errors import InputRejectedError
from tests.law.called import law

DATA = Path(__file__).parent / "data"
PUBLISHED = list(csv.DictReader((DATA / "published_examples.csv").open(encoding="utf-8")))
STATEMENTS = {row["id"] for row in csv.DictReader((DATA / "published_statements.csv").open(encoding="utf-8"))}


def charge(principal: int, due: str, paid: str, *rules: str, kind: str = "resident_tax") -> dict[str, Any]:
    given = [part for rule in rules for part in ("--rule", rule)]
    return law("late-charge", "--claim-type", kind, "--principal", principal, "--due", due, "--paid", paid, *given)


def clock(kind: str, due: str, as_of: str, folder: Path, *events: dict[str, Any], **more: str) -> dict[str, Any]:
    given = [part for name, value in more.items() for part in (f"--{name.replace('_', '-')}", value)]
    return law(
        "prescription", "--claim-type", kind, "--due", due, "--as-of", as_of, *given, folder=folder, events=events
    )


@pytest.mark.parametrize(
    ("name", "principal", "due", "paid", "yen", "total"),
    [
        ("D1", 65_000, "2021-05-31", "2022-01-31", [133, 2_883, 480], 3_400),
        ("D2", 123_456, "2024-07-01", "2025-03-31", [250, 4_456, 2_638], 7_300),
        ("D2 same base", 123_999, "2024-07-01", "2025-03-31", [250, 4_456, 2_638], 7_300),
        ("D3a", 1_999, "2020-07-01", "2025-03-31", [], 0),
        ("D4", 50_000, "2025-07-31", "2025-10-31", [101, 726], 0),
        ("D5", 180_000, "2025-12-01", "2026-02-27", [355, 13, 2_557], 2_900),
        ("D9", 22_000, "2025-06-30", "2026-01-28", None, 0),
        ("D11 last low day", 2_000_000, "2025-06-30", "2025-07-31", [4_076], 4_000),
        ("D11 first high day", 2_000_000, "2025-06-30", "2025-08-01", [4_076, 476], 4_500),
    ],
)
def test_charges_of_the_domain(
    name: str, principal: int, due: str, paid: str, yen: list[int] | None, total: int
) -> None:
    """D2 stays at 8.7% over the year's end, and still is cut there: the rate is that of the calendar year."""
    found = charge(principal, due, paid)
    assert found["charge_yen"] == total, name
    assert yen is None or [segment["yen"] for segment in found["segments"]] == yen, name
    assert found["citations"]


def test_d9_by_the_exact_sum() -> None:
    assert charge(22_000, "2025-06-30", "2026-01-28", "segment_rounding=sum_exact")["charge_yen"] == 1_000


@pytest.mark.parametrize(
    "case", [row for row in PUBLISHED if int(row["boundary_months"])], ids=lambda row: f"{row['id']}"
)
def test_published_charges(case: dict[str, str]) -> None:
    rounding = "sum_exact" if case["id"] == "E08" else "floor_each"
    rules = f"low_months={case['boundary_months']}", f"segment_rounding={rounding}"
    found = charge(int(case["principal_yen"]), case["due_date"], case["paid_date"], *rules)
    assert found["charge_yen"] == int(case["charge_yen"]), case["source_url"]
    assert str(found["sum_before_rounding_yen"]) in (case["sum_before_round_yen"] or str(found))


def test_e03_needs_no_override_for_premiums() -> None:
    assert charge(100_000, "2021-04-30", "2021-10-31", kind="nhi_premium")["charge_yen"] == 2_800


def test_premiums_of_years_before_the_ward_charged_bear_none() -> None:
    """世田谷区: NHI from fiscal year 2018 on; 2018-03-31 rolled to 2 April still is of 2017."""
    base = "late-charge", "--claim-type", "nhi_premium", "--principal", 100_000, "--paid", "2020-03-31"
    assert law(*base, "--due", "2017-06-30")["charge_yen"] == 0
    assert law(*base, "--due", "2018-04-02", "--fiscal-year", 2017)["charge_yen"] == 0
    assert law(*base, "--due", "2018-04-02")["charge_yen"] > 0


def test_published_damages_e07() -> None:
    case = next(row for row in PUBLISHED if row["id"] == "E07")
    first = date.fromisoformat(case["due_date"]) + timedelta(days=1)
    rules = ["--rule", "base_unit=1000", "--rule", "base_minimum=2000"]
    rules += ["--rule", "result_unit=100", "--rule", "result_minimum=1000"]
    found = law("late-damages", "--principal", case["principal_yen"], "--delay-from", first, "--paid",
                case["paid_date"], *rules)  # fmt: skip
    assert (found["damages_yen"], found["days"], found["permille"]) == (1_100, 181, 30)


@pytest.mark.parametrize(
    ("delay_from", "paid", "expected"), [("2021-04-01", "2023-03-31", 1_800), ("2020-01-01", "2023-03-31", 4_873)]
)
def test_damages_l1_and_l2(delay_from: str, paid: str, expected: int) -> None:
    found = law("late-damages", "--principal", 30_000, "--delay-from", delay_from, "--paid", paid)
    assert found["damages_yen"] == expected


DUNNED_TAX = {"type": "dunned", "date": "2024-07-19", "issued_on": "2024-07-19"}
DUNNED_NHI = {"type": "dunned", "date": "2024-08-20", "issued_on": "2024-08-20", "arrived_on": "2024-08-22",
              "designated_deadline": "2024-08-30"}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind", "due", "events", "safe", "alternative"),
    [
        ("P1", "resident_tax", "2024-07-01", [], "2029-07-01", "2029-07-01"),
        ("P2", "resident_tax", "2024-07-01", [DUNNED_TAX], "2029-07-29", "2029-07-29"),
        ("P3", "nhi_premium", "2024-07-31", [], "2026-07-31", "2026-07-31"),
        ("P4", "nhi_premium", "2024-07-31", [DUNNED_NHI], "2026-08-22", "2026-08-30"),
    ],
)
def test_clocks_of_the_domain(
    tmp_path: Path, name: str, kind: str, due: str, events: list[dict[str, Any]], safe: str, alternative: str
) -> None:
    found = clock(kind, due, "2026-01-01", tmp_path, *events)
    assert (found["date_safe"], found["date_alternative"], found["state"]) == (safe, alternative, "running"), name


def test_p2_the_letters_limit_and_the_first_day_of_seizure() -> None:
    found = law("dunning", "--claim-type", "resident_tax", "--due", "2024-07-01", "--issued", "2024-07-19")
    assert (found["limit_on"], found["is_on_time"], found["seizable_from"]) == ("2024-07-21", True, "2024-07-30")


def test_k1() -> None:
    given = "--assessed", 1_000_000, "--received", 930_500, "--refund-pending", 500, "--written-off", 0
    found = law("collection", *given)
    assert (found["net_collected_yen"], found["uncollected_yen"], found["rate_percent"]) == (930_000, 70_000, "93.00")


def test_the_worked_time_line(tmp_path: Path) -> None:
    """§2.4: every dated line of the sheet's example."""
    due = law("due-date", "--day", "2024-06-30", "--as-of", "2025-05-31")
    assert (due["due_on"], due["fiscal_year"], due["collection_category"]) == ("2024-07-01", 2024, "current")
    assert law("due-date", "--day", "2024-06-30", "--as-of", "2025-06-01")["collection_category"] == "arrears"
    plan = {"type": "instalment_plan", "date": "2025-05-10"}
    assert clock("resident_tax", "2024-07-01", "2025-05-11", tmp_path, DUNNED_TAX, plan)["date_safe"] == "2030-05-10"
    stay = {"type": "execution_stay", "date": "2026-03-01", "ground": "2"}
    asked = "standing", "--claim-type", "resident_tax", "--due", "2024-07-01", "--outstanding", 50_000, "--as-of"
    events = [DUNNED_TAX, plan, {"type": "carried_over", "date": "2025-05-31"}, stay]
    before = law(*asked, "2029-03-01", folder=tmp_path, events=events)
    assert (before["state"], before["last_day"], before["stay_days_left"]) == ("stands", "2029-03-01", 1)
    after = law(*asked, "2029-03-02", folder=tmp_path, events=events)
    assert (after["state"], after["cause"], after["extinct_from"]) == ("extinct", "execution_stay", "2029-03-02")
    assert (after["outstanding_yen"], after["stay_days_left"]) == (0, 0)
    assert "地方税法第15条の7第4項" in after["citations"]


def test_published_statements_on_prescription(tmp_path: Path) -> None:
    assert {"J01", "J03", "J05", "J07", "J09"} == STATEMENTS
    j01 = clock("resident_tax", "2020-06-30", "2025-07-01", tmp_path)
    assert (j01["state"], j01["date_safe"], j01["needs_invocation"]) == ("completed", "2025-06-30", False)
    j03 = [clock(kind, "2024-07-31", "2025-01-01", tmp_path)["date_safe"] for kind in
           ("nhi_premium", "ltci_premium", "resident_tax")]  # fmt: skip
    assert j03 == ["2026-07-31", "2026-07-31", "2029-07-31"]
    first, second = {"type": "reminded", "date": "2026-03-10"}, {"type": "reminded", "date": "2026-08-01"}
    j05 = clock("nhi_premium", "2024-03-31", "2026-08-15", tmp_path, first, second)
    assert (j05["state"], j05["date_safe"]) == ("grace", "2026-09-10")
    pledge = {"type": "acknowledged", "date": "2025-04-01", "scope": ["A", "B", "C"]}
    j07 = [clock("resident_tax", "2024-07-01", "2025-06-01", tmp_path, pledge, claim_id=name)["date_safe"]
           for name in ("A", "B", "C", "D")]  # fmt: skip
    assert j07 == ["2030-04-01", "2030-04-01", "2030-04-01", "2029-07-01"]
    j09 = [clock("school_lunch_fee", due, "2022-01-01", tmp_path, contract_date=made) for due, made in
           (("2019-06-30", "2019-04-01"), ("2021-06-30", "2021-04-01"))]  # fmt: skip
    assert [one["date_safe"] for one in j09] == ["2021-06-30", "2026-06-30"]
    assert all(one["needs_invocation"] for one in j09)


def test_what_each_event_did_is_told(tmp_path: Path) -> None:
    plan = {"type": "instalment_plan", "date": "2025-05-10"}
    found = clock("resident_tax", "2024-07-01", "2025-06-01", tmp_path, DUNNED_TAX, plan)
    assert found["without"] == [
        {"event": "dunned", "date": "2024-07-19", "date_safe": "2030-05-10", "date_alternative": "2030-05-10"},
        {"event": "instalment_plan", "date": "2025-05-10", "date_safe": "2029-07-29", "date_alternative": "2029-07-29"},
    ]


def test_reliefs_are_read_from_files_and_from_events(tmp_path: Path) -> None:
    asked = "late-charge", "--claim-type", "resident_tax", "--principal", 500_000, "--due", "2024-06-30"
    spared = law(*asked, "--paid", "2025-06-30", folder=tmp_path,
                 reliefs=[{"kind": "exempt", "from": "2024-07-01", "to": "2025-06-30"}])  # fmt: skip
    assert (spared["charge_yen"], {one["relief"] for one in spared["segments"]}) == (0, {"exempt"})
    stay = {"type": "execution_stay", "date": "2024-07-01"}
    assert law(*asked, "--paid", "2025-06-30", folder=tmp_path, events=[stay])["charge_yen"] == 0
    with pytest.raises(InputRejectedError, match=r"deferral\.ground"):
        law(*asked, "--paid", "2025-06-30", folder=tmp_path,
            events=[{"type": "deferral", "date": "2024-08-01", "until": "2025-07-31"}])  # fmt: skip


def test_refund_interest_from_the_rule_of_its_cause() -> None:
    asked = "refund-interest", "--principal", 500_000, "--to", "2024-12-31"
    plain = law(*asked, "--from", "2024-02-01")
    levied = law(*asked, "--start-rule", "levied", "--paid-on", "2024-01-31")
    mistaken = law(*asked, "--start-rule", "mistaken_payment", "--paid-on", "2024-01-31")
    assert levied["segments"] == plain["segments"]
    assert mistaken["segments"][0]["from"] == "2024-03-01"  # a month from 1 February passes with the 29th
    with pytest.raises(InputRejectedError, match="decided_on"):
        law(*asked, "--start-rule", "corrected_on_request", "--paid-on", "2024-01-31")
    with pytest.raises(InputRejectedError, match="mistaken_payment"):
        law(*asked)


def test_rates_are_reported_before_they_are_needed() -> None:
    assert law("rates", "--as-of", "2026-06-19")["missing"] == []
    assert law("rates", "--as-of", "2026-11-01")["missing"] == []  # sixty days before 31 December
    soon = law("rates", "--as-of", "2026-11-02")
    assert soon["missing"] == ["deferral_rates", "late_charge_rates", "refund_interest_rates"]
    assert "late_charge_rates.csv" in soon["warnings"][1]
    with pytest.raises(InputRejectedError, match=r"no rate in force on 2027-01-01.*late_charge_rates\.csv"):
        law("rates", "--as-of", "2027-01-01")


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"type": "dunned", "date": "soon"}, "date is missing or not a date"),
        ({"date": "2025-01-01"}, "no type"),
        ({"type": "execution_stay", "date": "2025-01-01", "is_immediate": "yes"}, "is_immediate is true or false"),
        ({"type": "acknowledged", "date": "2025-01-01", "scope": "A"}, "scope is a list"),
        ({"type": "shouted", "date": "2025-01-01"}, "known are: .*acknowledged"),
    ],
)
def test_a_wrong_event_says_what_to_write(tmp_path: Path, event: dict[str, Any], message: str) -> None:
    with pytest.raises(InputRejectedError, match=message):
        clock("resident_tax", "2024-07-01", "2025-06-01", tmp_path, event)


def test_damages_take_payments_and_rates_of_the_contract(tmp_path: Path) -> None:
    asked = "late-damages", "--principal", 100_000, "--delay-from", "2022-01-01", "--paid", "2022-12-31"
    assert law(*asked, "--agreed-permille", 146)["damages_yen"] == 14_600
    assert law(*asked, "--penalty-permille", "73/2")["damages_yen"] == 3_650
    payments = [{"paid_on": "2022-06-30", "amount_yen": 60_000}]
    assert law(*asked, folder=tmp_path, payments=payments)["damages_yen"] == 2_092
    with pytest.raises(InputRejectedError, match="--agreed-permille 'five' is not"):
        law(*asked, "--agreed-permille", "five")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("standing --claim-type resident_tax --due 2020-07-01 --as-of 2026-06-19", "extinct"),
        ("prescription --claim-type nhi_premium --due 2024-07-31 --as-of 2026-01-01", "2026-07-31"),
        ("rates --as-of 2026-12-01", "late_charge_rates"),
        ("dunning --claim-type resident_tax --due 2024-07-01", "2024-07-21"),
        ("late-charge --claim-type resident_tax --principal 65000 --due 2021-05-31 --paid 2022-01-31", "3,400"),
    ],
)
def test_people_get_a_table(command: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    app(command.split(), standalone_mode=False)
    assert told in capsys.readouterr().out
