"""The after-school clubs' table, read again as plain CP932 CSV: 52 columns, line ends inside cells, yen and 千円."""

import csv
import hashlib
import io
from collections import Counter
from pathlib import Path

import pytest

from tests.city.conftest import read_csv
from tests.city.test_files import set_apart

pytestmark = pytest.mark.postgres
NAME = "bop_riyouryou_20260619.csv"


def records(ward: Path) -> dict[int, dict[str, str]]:
    """Rows that nobody spoilt, by the number of their first line, the header being line 1."""
    content = (ward / "after_school" / NAME).read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf")
    reader = csv.reader(io.StringIO(content.decode("cp932", "replace"), newline=""))
    header = next(reader)
    assert len(set(header)) == len(header) == 52
    apart, found, at = set_apart(ward, NAME), {}, reader.line_num + 1
    for cells in reader:
        if at not in apart:
            found[at] = dict(zip(header, cells, strict=True))
        at = reader.line_num + 1
    return found


def test_some_rows_are_longer_than_a_line_and_only_the_planted_one_is_no_cp932(small_ward: Path) -> None:
    content = (small_ward / "after_school" / NAME).read_bytes()
    assert content.count(b"\n") > content.count(b"\r\n") + 5
    broken = [at for at, row in set_apart(small_ward, NAME).items() if row["reason_code"] == "ENCODING"]
    lines = content.replace(b"\r\n", b"\n").split(b"\n")
    assert len(broken) == 1
    with pytest.raises(UnicodeDecodeError):
        lines[broken[0] - 1].decode("cp932")
    del lines[broken[0] - 1]
    assert b"\n".join(lines).decode("cp932")


def test_a_month_costs_five_thousand_or_six_and_says_so_twice(small_ward: Path) -> None:
    rows = records(small_ward).values()
    fees = Counter(int(row["調定額（円）"]) for row in rows)
    assert set(fees) == {5_000, 6_000}
    for row in rows:
        assert int(row["基本利用料（円）"]) + int(row["延長利用料（円）"]) == int(row["調定額（円）"])
        assert int(row["調定額（千円）"]) * 1_000 == int(row["調定額（円）"])
        assert int(row["収入済額（千円）"]) * 1_000 == int(row["収入済額（円）"])
    assert {row["学年"] for row in rows} == {"1", "2", "3", "4"}


def test_a_row_in_the_wrong_unit_is_planted_and_counted_as_it_stands(small_ward: Path) -> None:
    planted = [row for row in read_csv(small_ward / "truth/faults.csv") if row["fault_code"] == "P08"]
    assert len(planted) == 2
    assert {row["reason_code"] for row in planted} == {"SUM_MISMATCH"}
    assert {row["amount_yen"] for row in planted} <= {"5", "6"}


def test_the_debtor_is_the_head_and_not_the_child(small_ward: Path) -> None:
    debtors = {row["claim_id"]: row["addressee_no"] for row in read_csv(small_ward / "truth/claims.csv")}
    for row in records(small_ward).values():
        assert debtors[f"after_school:{row['通知番号']}-{int(row['回']):02d}"] == row["保護者宛名番号"]
        assert row["保護者宛名番号"] != row["児童宛名番号"]


def test_the_note_declares_records_and_not_lines(small_ward: Path) -> None:
    (note,) = read_csv(small_ward / "after_school/soufu_20260619.csv")
    rows, apart = records(small_ward), set_apart(small_ward, NAME)
    assert note["SHA256"] == hashlib.sha256((small_ward / "after_school" / NAME).read_bytes()).hexdigest()
    assert int(note["件数"]) == len(rows) + len(apart)
    yen = sum(int(row["調定額（円）"]) for row in rows.values())
    assert int(note["金額合計"]) == yen + sum(int(row["amount_yen"]) for row in apart.values())


def test_most_of_the_fees_come_in(small_ward: Path) -> None:
    for year in ("2022", "2023", "2024"):
        rows = [row for row in records(small_ward).values() if row["年度"] == year]
        share = sum(int(row["収入済額（円）"]) for row in rows) / sum(int(row["調定額（円）"]) for row in rows)
        assert share > 0.93, year
