"""The welfare section's refunds read again with Python's own csv reader, told nothing of our contract or seeds."""

import csv
import hashlib
import io
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from receivables.city.blocks import Plan
from receivables.city.people import population
from receivables.city.refunds import refund_bills
from receivables.era import wareki_to_date
from tests.city.conftest import AS_OF, read_csv
from tests.city.files import tax_lines
from tests.city.test_files import set_apart, summed, totals

pytestmark = pytest.mark.postgres
KETTEI, SHUNO = "HOGO_HENKAN_KETTEI_20260619.csv", "HOGO_HENKAN_SHUNO_20260619.csv"
CHANGE = {"63": date(2018, 10, 1), "78": date(2014, 7, 1)}
TYPE = {"63": "seiho_refund_63", "78": "seiho_collection_78"}


def rows(ward: Path, name: str) -> list[dict[str, str]]:
    """The rows that are not set apart."""
    apart = set_apart(ward, name)
    lines = [line for at, line in tax_lines(ward / "welfare_refund" / name).items() if at not in apart]
    return list(csv.DictReader(io.StringIO(b"\r\n".join(lines).decode("cp932"), newline=""), strict=True))


def key(row: dict[str, str]) -> str:
    return f"{row['決定番号']}-{row['分割番号']}-{int(row['回']):02d}"


def period(row: dict[str, str]) -> tuple[date, date]:
    return wareki_to_date(row["支給対象期間自"]), wareki_to_date(row["支給対象期間至"])


@pytest.mark.parametrize(("name", "yen"), [(KETTEI, "調定額"), (SHUNO, "収納額")])
def test_the_note_counts_every_row_and_yen(small_ward: Path, name: str, yen: str) -> None:
    notes = {row["ファイル名"]: row for row in read_csv(small_ward / "welfare_refund/soufu_20260619.csv")}
    found, apart = rows(small_ward, name), set_apart(small_ward, name)
    assert (
        int(notes[name]["件数"]) == len(found) + len(apart) == len(tax_lines(small_ward / "welfare_refund" / name)) - 1
    )
    told = sum(int(row[yen]) for row in found) + sum(int(row["amount_yen"]) for row in apart.values())
    assert int(notes[name]["金額合計"]) == told
    content = (small_ward / "welfare_refund" / name).read_bytes()
    assert notes[name]["SHA256"] == hashlib.sha256(content).hexdigest()


def test_the_truth_follows_from_the_files(small_ward: Path) -> None:
    right = {row["source_claim_key"]: row for row in read_csv(small_ward / "truth/claims.csv")
             if row["source_code"] == "welfare_refund"}  # fmt: skip
    found = {key(row): row for row in rows(small_ward, KETTEI)}
    assert found.keys() == right.keys()
    received: Counter[str] = Counter()
    for row in rows(small_ward, SHUNO):
        if row["速報区分"] == "0":
            received[key(row)] += int(row["収納額"])
    for claim, row in found.items():
        told = right[claim]
        assert (told["claim_type"], told["assessed_yen"]) == (TYPE[row["法条"]], row["調定額"])
        assert (told["due_date"], told["fiscal_year"]) == (wareki_to_date(row["納期限"]).isoformat(), row["年度"])
        assert int(told["received_yen"]) == received[claim]
        assert ("X02" in told["exclusion_codes"].split()) is (row["納付区分"] == "2")
    assert totals(small_ward, "welfare_refund__decisions") == summed(
        [(row["年度"], int(row["調定額"])) for row in found.values()]
    )


def test_no_right_row_runs_over_a_change_of_the_law(small_ward: Path) -> None:
    parts = defaultdict(set)
    for row in rows(small_ward, KETTEI):
        first, last = period(row)
        assert first.day == 1
        assert first < last < wareki_to_date(row["決定日"])
        if row["責任区分"] == "0":
            change = CHANGE[row["法条"]]
            assert not first < change <= last, key(row)
        if row["分割番号"] == "2":
            assert first == CHANGE[row["法条"]]
        parts[row["決定番号"]].add((row["分割番号"], row["納入通知書番号"]))
    assert any(len(found) == 2 for found in parts.values())
    notices = [notice for found in parts.values() for _, notice in found]
    assert len(notices) == len(set(notices))  # a slip names notice and instalment, and nothing else


def test_rows_that_were_not_parted_are_planted(small_ward: Path) -> None:
    apart, lines = set_apart(small_ward, KETTEI), tax_lines(small_ward / "welfare_refund" / KETTEI)
    planted = [at for at, row in apart.items() if row["reason_code"] == "LEGAL_CLASS"]
    header = lines[1].decode("cp932").split(",")
    assert len(planted) == 6
    straddling = 0
    for at in planted:
        row = dict(zip(header, lines[at].decode("cp932").split(","), strict=False))
        first, last = period(row)
        straddling += first < CHANGE[row["法条"]] <= last and row["責任区分"] == "0"
    assert straddling == 4


def test_a_surcharge_is_up_to_forty_per_cent_and_of_article_78_only(small_ward: Path) -> None:
    found = rows(small_ward, KETTEI)
    for row in found:
        base, surcharge = int(row["返還対象額"]), int(row["加算額"])
        assert base + surcharge == int(row["調定額"])
        assert surcharge == 0 or row["法条"] == "78"
    at_once = [row for row in found if row["納付区分"] == "1" and row["加算額"] != "0"]
    assert at_once
    assert all(int(row["加算額"]) * 1_000 <= int(row["返還対象額"]) * 400 for row in at_once)


def bills(residents: int, number: int = 0):  # type: ignore[no-untyped-def]
    block = Plan(residents, 1, AS_OF, 0, 0, Path("unused")).blocks()[number]
    return refund_bills(block, population(block))


def test_about_a_third_is_paid_in_its_year_and_some_in_parts() -> None:
    """Calibration (assumption): 25 to 35 per cent of the current year; a small sample scatters."""
    found = [bill for number in range(5) for bill in bills(50_000, number) if 2021 <= bill.fiscal_year <= 2025]
    paid = sum(
        receipt.principal_yen for bill in found for receipt in bill.receipts
        if receipt.paid_on < date(bill.fiscal_year + 1, 4, 1)
    )  # fmt: skip
    assert 0.2 <= paid / sum(bill.assessed_yen for bill in found) <= 0.4
    assert any(bill.instalment_no > 1 for bill in found)
    assert {bill.kind_code for bill in found} == {"63", "78"}
    assert any(bill.basis and bill.basis.is_office_error for bill in found)
