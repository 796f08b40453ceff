"""Past waves of asking, read again from the lists and the vendors' files; the draw is repeated by other means."""

import csv
import hashlib
import io
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from receivables.city.bills import Bill
from receivables.city.blocks import Plan
from receivables.city.nhi import nhi_bills
from receivables.city.people import population
from receivables.city.tax import tax_bills
from receivables.city.waves import hold_waves
from tests.city.conftest import AS_OF, read_csv
from tests.city.test_files import set_apart

pytestmark = pytest.mark.postgres
LIST, CALLS = "saikoku_taisho_20260619.csv", "denwa_saikoku_20260619.csv"
RINGS, MESSAGES = "autocall_20260619.csv", "sms_result_20260619.csv"
VENDORS = (
    ("phone_centre", CALLS, "cp932", "依頼番号"),
    ("auto_call", RINGS, "utf-8", "request_no"),
    ("sms_returns", MESSAGES, "utf-8", "request_no"),
)


def rows(ward: Path, source: str, name: str, encoding: str) -> list[dict[str, str]]:
    """The rows that nobody spoilt."""
    lines = (ward / source / name).read_bytes().split(b"\r\n")[:-1]
    apart = set_apart(ward, name)
    kept = b"\r\n".join(line for at, line in enumerate(lines, start=1) if at not in apart)
    return list(csv.DictReader(io.StringIO(kept.decode(encoding)), strict=True))


def requests(ward: Path) -> list[dict[str, str]]:
    return rows(ward, "contact_requests", LIST, "cp932")


def test_whoever_repeats_the_draw_finds_the_same_arms(small_ward: Path) -> None:
    for row in requests(small_ward):
        text = f"{row['催告コード']}-{row['回次']}|{row['宛名番号']}"
        place = int(hashlib.sha256(text.encode()).hexdigest()[:16], 16) % 1000
        assert row["群"] == ("対照" if place < 400 else "対象")


def test_a_request_is_one_debtor_of_one_wave_and_a_tenth_at_least_is_left_alone(small_ward: Path) -> None:
    found = defaultdict(set)
    for row in requests(small_ward):
        found[row["依頼番号"]].add(tuple(row[name] for name in ("催告コード", "回次", "手段", "群", "宛名番号")))
    assert all(len(each) == 1 for each in found.values())
    assert len({each for [each] in found.values()}) == len(found)
    arms = Counter(arm for [(*_, arm, _)] in found.values())
    assert arms["対照"] >= 0.1 * arms.total() > 10


def test_nobody_is_asked_before_the_dunning_letter_is_due(small_ward: Path) -> None:
    dunned = {row["claim_id"]: row["dunned_on"] for row in read_csv(small_ward / "truth/claims.csv")}
    for row in requests(small_ward):
        if row["業務コード"] == "03":
            assert dunned[f"nhi:{row['通知書番号']}-{row['期別']}"] < row["抽出日"]
        assert "2025-06-19" <= row["抽出日"] <= "2026-06-19"


@pytest.mark.parametrize(("source", "name", "encoding", "item"), VENDORS)
def test_a_vendor_is_told_of_nobody_who_is_left_alone(
    small_ward: Path, source: str, name: str, encoding: str, item: str
) -> None:
    arms = {row["依頼番号"]: row["群"] for row in requests(small_ward)}
    found = rows(small_ward, source, name, encoding)
    assert len(found) > 30
    assert {arms.get(row[item], "対象") for row in found} == {"対象"}


def test_who_refused_is_in_no_later_wave(small_ward: Path) -> None:
    refused = {
        row["atena_no"]: row["status_at"][:10]
        for row in rows(small_ward, "sms_returns", MESSAGES, "utf-8")
        if row["status"] == "opt_out"
    }
    assert refused
    for row in requests(small_ward):
        assert row["抽出日"] <= refused.get(row["宛名番号"], "9999")


def test_the_truth_tells_every_campaign_channel_and_segment_once(small_ward: Path) -> None:
    effects = read_csv(small_ward / "truth/effects.csv")
    keys = [(row["campaign"], row["channel"], row["segment"]) for row in effects]
    assert len(keys) == len(set(keys)) == 2 * 3 * 3 + 3
    assert {key[0] for key in keys} == {"tax_after_dunning", "nhi_after_dunning", "sms_after_dunning"}
    assert all(0 < float(row["true_uplift"]) < 0.2 for row in effects)


def lives(*, has_effects: bool | None) -> dict[str, Bill]:
    """The bills of a block; None: no wave was ever held."""
    found: dict[str, Bill] = {}
    (block,) = Plan(6_000, 5, AS_OF, 0, 0, Path("unused")).blocks()
    people = population(block)
    bills = {"resident_tax": tax_bills(block, people), "nhi": nhi_bills(block, people)}
    if has_effects is not None:
        hold_waves(block, bills, has_effects=has_effects)
    for each in bills.values():
        found |= {bill.claim_id: bill for bill in each}
    return found


def test_without_effects_everybody_pays_as_if_nobody_had_been_asked() -> None:
    alone, asked = lives(has_effects=None), lives(has_effects=False)
    assert sum(bool(bill.asked) for bill in asked.values()) > 200
    assert {key: bill.receipts for key, bill in asked.items()} == {key: bill.receipts for key, bill in alone.items()}


def test_who_is_moved_pays_the_rest_once_and_nothing_planned_for_later() -> None:
    before, after = lives(has_effects=None), lives(has_effects=True)
    moved = [key for key in before if before[key].receipts != after[key].receipts]
    assert len(moved) > 20
    for key in moved:
        bill, paid = after[key], sum(one.principal_yen for one in after[key].receipts)
        assert paid == bill.assessed_yen
        assert bill.written_off_yen == 0
        treated = [asked.request for asked in bill.asked if asked.request.arm == "treat"]
        last = max(one.paid_on for one in bill.receipts)
        assert any(0 < (last - request.assigned_on).days <= 30 for request in treated)
        kept = [one for one in before[key].receipts if one in bill.receipts]
        assert [*kept, bill.receipts[-1]] == bill.receipts
    numbers = [one.receipt_no for bill in after.values() for one in bill.receipts]
    assert len(numbers) == len(set(numbers))


def test_who_was_always_left_alone_pays_as_before() -> None:
    before, after = lives(has_effects=None), lives(has_effects=True)
    arms = defaultdict(set)
    for bill in after.values():
        for asked in bill.asked:
            arms[bill.source_code, bill.debtor.addressee_no].add(asked.request.arm)
    alone = {key for key, found in arms.items() if found == {"control"}}
    assert len(alone) > 30
    for key, bill in after.items():
        if (bill.source_code, bill.debtor.addressee_no) in alone:
            assert bill.receipts == before[key].receipts


def test_dates_of_calls_and_promises_are_written_as_each_vendor_does(small_ward: Path) -> None:
    for row in rows(small_ward, "phone_centre", CALLS, "cp932"):
        assert row["架電日"].startswith("令和")
        assert bool(row["納付約束日"]) == bool(row["約束金額"])
        assert row["結果コード"] == "01" or not row["納付約束日"]
    for row in rows(small_ward, "auto_call", RINGS, "utf-8"):
        assert date(int(row["date"][:4]), int(row["date"][4:6]), int(row["date"][6:])) <= AS_OF
        assert (row["key"] == "") or row["result"] == "END"
    for row in rows(small_ward, "sms_returns", MESSAGES, "utf-8"):
        assert row["sent_at"].endswith("+09:00")
        assert row["sent_at"] < row["status_at"]
        assert bool(row["reason"]) == (row["status"] == "undelivered")
