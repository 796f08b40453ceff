"""The late-stage premium's files read again with Python's own csv reader; it is told nothing of our contract."""

import csv
import io
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from receivables.city.blocks import Plan
from receivables.city.elders import elders_bills
from receivables.city.people import population
from tests.city.conftest import AS_OF, read_csv
from tests.city.files import tax_lines
from tests.city.test_files import set_apart, summed, totals

pytestmark = pytest.mark.postgres
CHOTEI, SHUNO = "KOKI_CHOTEI_20260619.csv", "KOKI_SHUNO_20260619.csv"


def records(ward: Path, name: str) -> dict[int, bytes]:
    """Records by the number of their first line: they end in CR LF, lines inside a cell in LF alone."""
    found, line_no = {}, 1
    for record in tax_lines(ward / "latter_stage" / name).values():
        found[line_no] = record
        line_no += 1 + record.count(b"\n")
    return found


def rows(ward: Path, name: str) -> list[dict[str, str]]:
    """The rows that are not set apart."""
    apart = set_apart(ward, name)
    text = b"".join(record + b"\r\n" for at, record in records(ward, name).items() if at not in apart).decode("cp932")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize("name", [CHOTEI, SHUNO])
def test_every_row_is_there_whatever_its_lines(small_ward: Path, name: str) -> None:
    notes = {row["ファイル名"]: row for row in read_csv(small_ward / "latter_stage/soufu_20260619.csv")}
    found, apart = rows(small_ward, name), set_apart(small_ward, name)
    assert int(notes[name]["件数"]) == len(found) + len(apart) == len(records(small_ward, name)) - 1
    assert apart.keys() < records(small_ward, name).keys()
    assert all(None not in row and None not in row.values() for row in found)
    assert any("\n" in row["備考"] for row in found)
    assert any("," in row["備考"] for row in found)


def test_addresses_of_flats_stand_in_two_lines(small_ward: Path) -> None:
    found = rows(small_ward, CHOTEI)
    assert 0.3 < sum("\n" in row["住所"] for row in found) / len(found) < 0.9


def test_totals_and_balances_of_the_truth_follow_from_the_files(small_ward: Path) -> None:
    right = {row["source_claim_key"]: row for row in read_csv(small_ward / "truth/claims.csv")
             if row["source_code"] == "latter_stage"}  # fmt: skip
    found = rows(small_ward, CHOTEI)
    assert {f"{row['通知書番号']}-{row['期別']}": int(row["保険料額"]) for row in found} == {
        key: int(row["assessed_yen"]) for key, row in right.items()
    }
    assert totals(small_ward, "latter_stage__claims") == summed([(row["年度"], int(row["保険料額"])) for row in found])
    received: Counter[str] = Counter()
    for row in rows(small_ward, SHUNO):
        if row["速報区分"] == "0":
            received[f"{row['通知書番号']}-{row['期別']}"] += int(row["保険料収納額"])
    assert {key: int(row["received_yen"]) for key, row in right.items()} == {key: received[key] for key in right}


def test_who_pays_ordinarily_is_75_nine_times_a_year() -> None:
    (block,) = Plan(10_000, 1, AS_OF, 0, 0, Path("unused")).blocks()
    people = population(block)
    bills = elders_bills(block, people)
    assert all(bill.debtor.age(date(bill.levy_year, 7, 1)) >= 75 for bill in bills)
    months = {(bill.instalment_no, (bill.due_date.month - 7) % 12 + 1) for bill in bills}
    assert all(month in (number, number + 1) for number, month in months)
    assert {number for number, _ in months} == set(range(1, 10))
    paying = {bill.debtor.addressee_no for bill in bills if bill.levy_year == 2025}
    old = sum(person.age(AS_OF) >= 75 for person in people)
    assert 0.25 <= len(paying) / old <= 0.45  # 35,000 of 100,000 (domain assumption)
