"""Case work (滞納整理): lawful for its class, its days in order, one life with payments and write-offs; its files."""

import csv
import io
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from receivables.city.bills import Bill
from receivables.city.blocks import Plan
from receivables.city.case_work import work_on_cases
from receivables.city.cases import ARREARS, CLAIMS_BOOK, Case, Kind, owed_yen
from receivables.city.departments import DEPARTMENTS
from receivables.city.people import population
from receivables.city.plans import Outcome, outcome
from receivables.city.waves import hold_waves
from receivables.settings import PROJECT
from tests.city.conftest import AS_OF, read_csv
from tests.city.files import sheet_rows, tax_lines, tax_rows
from tests.city.test_files import set_apart

pytestmark = pytest.mark.postgres
GROUPS = (
    "bunno_keikaku", "yuyo", "tainoshobun", "kofu_yokyu", "shikkoteishi", "entaikin_gemmen", "kanpu", "saikoku_hasso",
)  # fmt: skip
BOOK = "債権管理台帳_20260619.xlsx"
ENFORCED_KINDS = {"resident_tax", "light_vehicle_tax", "nhi", "latter_stage", "ltci", "nursery"}
OF_ENFORCED_ONLY = {
    "execution_stay", "stay_cancelled", "deferral", "conversion_deferral", "deferral_cancelled", "seized", "released",
    "late_charge_exempted", "refunded", "offset",
}  # fmt: skip
OF_OTHERS_ONLY = {
    "extension", "collection_stop", "collection_resumed", "exempted", "waived", "invoked", "action_filed",
    "action_withdrawn", "judgment", "negotiation_agreed", "entrusted", "returned", "referred_to_support", "plan_broken",
}  # fmt: skip


def lives() -> list[Bill]:
    (block,) = Plan(6_000, 5, AS_OF, 0, 0, Path("unused")).blocks()
    people = population(block)
    bills = {department.source: department.bills(block, people) for department in DEPARTMENTS}
    hold_waves(block, bills, has_effects=True)
    before = deepcopy(bills)
    work_on_cases(block, bills)
    assert [strip(bill) for each in before.values() for bill in each] == [
        strip(bill) for each in bills.values() for bill in each
    ], "case work changed a bill"
    return [bill for each in bills.values() for bill in each]


def strip(bill: Bill) -> tuple[Any, ...]:
    return (bill.claim_id, bill.receipts, bill.dunned_on, bill.written_off_on, bill.written_off_yen, bill.remark_code)


@pytest.fixture(scope="module")
def bills() -> list[Bill]:
    return lives()


@pytest.fixture(scope="module")
def cases(bills: list[Bill]) -> list[Case]:
    return [case for bill in bills for case in bill.cases]


def of(cases: list[Case], *kinds: Kind) -> list[Case]:
    found = [case for case in cases if case.kind in kinds]
    assert len(found) > 5, kinds
    return found


def anniversary(day: date, years: int) -> date:
    return day.replace(year=day.year + years) if (day.month, day.day) != (2, 29) else date(day.year + years, 2, 28)


def closing(day: date) -> date:
    return date(day.year + (day.month >= 4), 3, 31)


def test_the_same_seed_does_the_same_work(bills: list[Bill], cases: list[Case]) -> None:
    again = [case for bill in lives() for case in bill.cases]
    assert [(case.number, case.bill.claim_id, case.steps) for case in again] == [
        (case.number, case.bill.claim_id, case.steps) for case in cases
    ]
    assert len({(case.source, case.kind, case.number, case.bill.claim_id) for case in cases}) == len(cases)


def test_every_act_is_lawful_for_the_class_of_its_claim(cases: list[Case]) -> None:
    for case in cases:
        bill = case.bill
        split = date(2018, 10, 1) if bill.kind_code == "63" else date(2014, 7, 1)
        is_enforced = bill.source_code in ENFORCED_KINDS or (
            bill.basis is not None and bill.basis.first >= split and not bill.basis.is_office_error
        )
        assert case.source == (ARREARS if is_enforced else CLAIMS_BOOK)
        types = {step.event_type for step in case.steps}
        assert not types & (OF_OTHERS_ONLY if is_enforced else OF_ENFORCED_ONLY)


def test_days_are_in_order_and_work_is_on_what_is_owed(cases: list[Case]) -> None:
    for case in cases:
        first = case.steps[0].on
        assert case.opened_on == first
        assert all(step.on >= first for step in case.steps)
        assert all(step.until_on is None or step.until_on >= step.on or step.effective_on for step in case.steps)
        assert all(step.arrived_on is None or step.arrived_on >= (step.issued_on or first) for step in case.steps)
        if case.kind not in (Kind.EXEMPTION, Kind.OVERPAYMENT):
            assert first > case.bill.due_date
            assert owed_yen(case.bill, first) > 0, (case.kind, case.bill.claim_id)


def test_a_stay_leads_to_exactly_the_write_off_there_is(bills: list[Bill]) -> None:
    found: Counter[str] = Counter()
    for bill in bills:
        stays = [case.steps for case in bill.cases if case.kind is Kind.STAY]
        if bill.write_off_cause_code in ("02", "03"):
            ((stay,),) = stays
            extinct = stay.on if stay.is_immediate else anniversary(stay.on, 3)
            assert stay.is_immediate == (bill.write_off_cause_code == "03")
            assert stay.until_on == extinct
            assert bill.written_off_on
            assert timedelta(0) <= closing(extinct) - bill.written_off_on <= timedelta(days=3)  # the last office day
            assert stay.ground_code in "123"
            found[bill.write_off_cause_code] += 1
        elif bill.written_off_on and bill.written_off_on <= AS_OF:
            assert not stays
            found["01"] += 1
    assert min(found.values()) > 0
    assert len(found) == 3


def test_no_stay_runs_longer_than_three_years_and_who_pays_was_not_stayed(cases: list[Case]) -> None:
    cancelled = 0
    for case in of(cases, Kind.STAY):
        stay, ends = case.steps[0], case.done(date.max, "stay_cancelled")
        if case.bill.write_off_cause_code in ("02", "03"):
            continue
        cancelled += ends is not None
        until = ends.on if ends else stay.until_on
        assert until
        assert ends or until > AS_OF, "the claim would have gone out by now"
        assert not [one for one in case.bill.receipts if stay.on < one.paid_on <= until]
    assert cancelled


def test_a_deferral_ends_while_something_is_owed(cases: list[Case]) -> None:
    for case in of(cases, Kind.DEFERRAL):
        until = case.steps[0].until_on
        assert until
        assert owed_yen(case.bill, until) > 0
        assert (until - case.opened_on).days <= 366  # a year at most (地方税法15条)
        assert all(step.on < until for step in case.steps)


def test_nobody_is_reminded_during_a_stay_or_a_deferral(cases: list[Case]) -> None:
    for case in of(cases, Kind.REMINDER):
        for other in case.bill.cases:
            if other.kind in (Kind.STAY, Kind.DEFERRAL) and other.opened_on <= case.opened_on:
                ended = other.done(case.opened_on, "stay_cancelled", "deferral_cancelled")
                assert ended or (other.steps[0].until_on or date.max) < case.opened_on


def test_nothing_renews_a_claim_that_was_written_off_by_time(bills: list[Bill]) -> None:
    left = [bill for bill in bills if bill.write_off_cause_code == "01" and (bill.written_off_on or date.max) <= AS_OF]
    kinds = Counter(case.kind for bill in left for case in bill.cases)
    assert len(left) > 20
    assert set(kinds) <= {Kind.REMINDER, Kind.OVERPAYMENT}


def test_no_more_is_given_back_than_was_paid_too_much(cases: list[Case]) -> None:
    pending = 0
    for case in of(cases, Kind.OVERPAYMENT):
        paid = sum(receipt.principal_yen for receipt in case.bill.receipts)
        back = sum(step.amount_yen or 0 for step in case.steps if step.event_type in ("refunded", "offset"))
        assert 0 < case.yen == paid - case.bill.assessed_yen
        assert back <= case.yen
        pending += back < case.yen
        assert all(step.on >= case.opened_on for step in case.steps)
    assert pending


def test_the_lines_of_a_plan_are_all_that_was_owed(cases: list[Case]) -> None:
    plans = [case for case in cases if case.steps[0].event_type == "instalment_plan"]
    found = Counter(outcome(case, AS_OF) for case in plans if case.opened_on <= AS_OF)
    assert {Outcome.KEPT, Outcome.BROKEN, Outcome.BROKEN_BY_BOOKS} <= set(found)
    for case in plans:
        lines = [step for step in case.steps if step.event_type == "plan_due"]
        assert sum(step.amount_yen or 0 for step in lines) == case.steps[0].amount_yen
        assert case.steps[0].amount_yen == owed_yen(case.bill, case.opened_on)
        dues = [step.until_on or date.min for step in lines]
        assert dues == sorted(dues)
        assert dues[0] > case.opened_on


def test_a_plan_broken_by_our_books_was_paid_in_time(cases: list[Case]) -> None:
    late = [case for case in of(cases, Kind.PLAN) if outcome(case, AS_OF) is Outcome.BROKEN_BY_BOOKS]
    assert late
    for case in late:
        paid = [one for one in case.bill.receipts if one.paid_on > case.opened_on]
        dues = [step.until_on for step in case.steps if step.until_on and step.until_on < AS_OF]
        assert any(one.paid_on <= due + timedelta(days=7) < one.received_on for one in paid for due in dues), (
            case.number
        )


def test_private_claims_are_given_up_or_pleaded_only_when_nobody_pays_any_more(cases: list[Case]) -> None:
    ends = [(case, step) for case in of(cases, Kind.ACT) for step in case.steps
            if step.event_type in ("waived", "invoked", "exempted")]  # fmt: skip
    assert ends
    for case, step in ends:
        assert not [one for one in case.bill.receipts if one.paid_on > step.on]
        assert step.event_type == "invoked" or step.amount_yen == owed_yen(case.bill, step.on)


def test_nothing_is_done_about_a_claim_that_was_given_up(bills: list[Bill]) -> None:
    for bill in bills:
        steps = [step for case in bill.cases if case.source == CLAIMS_BOOK for step in case.steps]
        ended = [step.on for step in steps if step.event_type in ("waived", "invoked", "exempted")]
        assert len(ended) <= 1
        assert not ended or max(step.on for step in steps) == ended[0]


def test_tens_of_per_cent_of_old_arrears_have_case_work(bills: list[Bill]) -> None:
    """Calibration (assumption)."""
    old = [bill for bill in bills if bill.source_code in ENFORCED_KINDS and owed_yen(bill, AS_OF)
           and bill.due_date < AS_OF - timedelta(days=365)]  # fmt: skip
    worked = sum(any(case.opened_on <= AS_OF and case.kind is not Kind.REMINDER for case in bill.cases) for bill in old)
    assert 0.2 < worked / len(old) < 0.7


def group_file(ward: Path, group: str, day: str = "20260619") -> Path:
    return ward / "arrears" / f"{group}_{day}024000_1.csv"


@pytest.mark.parametrize("group", GROUPS)
def test_a_file_is_a_group_of_the_standard_and_the_note_counts_it(small_ward: Path, group: str) -> None:
    file = PROJECT / f"include/receivables/standard/editions/0.1-draft/groups/{group}.yaml"
    items = yaml.safe_load(file.read_text(encoding="utf-8"))["items"]
    lines = tax_lines(group_file(small_ward, group))
    assert lines[1].decode().split(",") == [item["name"] for item in items]
    notes = {row["ファイル名"]: row for row in read_csv(small_ward / "arrears/soufu_20260619.csv")}
    assert int(notes[group_file(small_ward, group).name]["件数"]) == len(lines) - 1 > 0


def acts(ward: Path, name: str = "cases.csv") -> Counter[tuple[str, ...]]:
    return Counter(tuple(row.values()) for row in read_csv(ward / "truth" / name))


def test_the_truth_is_what_the_right_rows_tell(small_ward: Path) -> None:
    told = Counter(act[2] for act in acts(small_ward).elements() if act[0] == ARREARS)
    for group, item, types in (
        ("saikoku_hasso", "発送年月日", ("reminded",)),
        ("shikkoteishi", "執行停止年月日", ("execution_stay",)),
        ("shikkoteishi", "執行停止取消年月日", ("stay_cancelled",)),
        ("yuyo", "開始年月日", ("deferral", "conversion_deferral")),
        ("tainoshobun", "解除年月日", ("released",)),
        ("kanpu", "還付支払年月日", ("refunded",)),
        ("bunno_keikaku", "納付予定年月日", ("plan_due", "acknowledged")),
    ):
        file = group_file(small_ward, group)
        rows = tax_rows(file, without=set(set_apart(small_ward, file.name))).values()
        assert sum(row[item] != "0000-00-00" for row in rows) == sum(told[each] for each in types), item


def test_the_book_has_a_row_an_act_and_its_own_total(small_ward: Path) -> None:
    rows, apart = sheet_rows(small_ward / CLAIMS_BOOK / BOOK), set_apart(small_ward, BOOK)
    last = max(rows)
    assert rows[4]["A"] == "'整理番号"
    assert (rows[last]["A"], int(rows[last]["B"])) == ("'合計", last - 5)
    right = [row for at, row in rows.items() if 4 < at < last and at not in apart]
    assert len(right) == sum(act[0] == CLAIMS_BOOK for act in acts(small_ward).elements())
    yen = sum(int(row["L"][1:].replace(",", "")) for row in right if "L" in row)
    assert int(rows[last]["L"]) == yen + sum(int(row["amount_yen"]) for row in apart.values())


def test_following_days_bring_new_acts_and_take_none_back(
    make_ward: Callable[..., tuple[Path, dict[str, Any]]],
) -> None:
    out, _ = make_ward(residents=2_000, days=7)
    before = acts(out)
    for day in range(20, 27):
        now = acts(out, f"cases-202606{day}.csv")
        assert not before - now
        before = now
    assert before - acts(out)
    assert all("2026-06-19" < act[3] <= "2026-06-26" for act in (before - acts(out)).elements())


def test_plans_are_told_with_what_became_of_them(small_ward: Path) -> None:
    with (small_ward / "truth/plans.csv").open(encoding="utf-8") as lines:
        plans = list(csv.DictReader(io.StringIO(lines.read())))
    assert {row["outcome"] for row in plans} == {one.value for one in Outcome}
