"""The nursery fees' export, read again as plain UTF-8 CSV: few new claims since care became free, old arrears stay."""

import csv
import hashlib
import io
from collections import Counter
from pathlib import Path

import pytest

from tests.city.conftest import read_csv
from tests.city.test_files import set_apart

pytestmark = pytest.mark.postgres
CLAIMS, RECEIPTS = "hoiku_chotei_20260619.csv", "hoiku_shuno_20260619.csv"


def rows(ward: Path, name: str) -> list[dict[str, str]]:
    """Rows that nobody spoilt."""
    lines = (ward / "nursery" / name).read_bytes().split(b"\r\n")
    apart = set_apart(ward, name)
    kept = [line.decode() for at, line in enumerate(lines, start=1) if at not in apart]
    return list(csv.DictReader(io.StringIO("\n".join(kept))))


def test_new_claims_nearly_vanish_from_september_2025_and_old_arrears_stay(small_ward: Path) -> None:
    found = rows(small_ward, CLAIMS)
    years = Counter(row["nendo"] for row in found)
    assert years["2026"] < 0.05 * years["2024"]
    late = [row for row in found if row["chotei_ymd"] >= "2025-09-01"]
    early = [row for row in found if "2025-04-01" <= row["chotei_ymd"] < "2025-09-01"]
    assert len(late) < 0.1 * len(early)
    owed = [row for row in read_csv(small_ward / "truth/claims.csv") if row["source_code"] == "nursery"]
    assert sum(int(row["outstanding_yen"]) > 0 and row["fiscal_year"] < "2025" for row in owed) > 3


def test_the_fee_follows_the_income_class(small_ward: Path) -> None:
    fees: dict[str, set[str]] = {}
    for row in rows(small_ward, CLAIMS):
        fees.setdefault(row["kaiso_kbn"], set()).add(row["chotei_gaku"])
    assert len(fees) > 4
    assert {len(found) for found in fees.values()} == {1}
    assert "D00" not in fees  # levied nothing


def test_the_debtor_is_the_head_and_an_empty_day_is_a_databases(small_ward: Path) -> None:
    for row in rows(small_ward, CLAIMS):
        assert row["hogosha_no"] != row["jido_no"]
        assert all(row[name] for name in row if name.endswith("_ymd"))
    assert {row["kesson_ymd"] for row in rows(small_ward, CLAIMS)} >= {"0000-00-00"}


@pytest.mark.parametrize(("name", "item"), [(CLAIMS, "chotei_gaku"), (RECEIPTS, "goukei_gaku")])
def test_the_note_gives_the_totals_of_the_query(small_ward: Path, name: str, item: str) -> None:
    (note,) = [row for row in read_csv(small_ward / "nursery/soufu_20260619.csv") if row["ファイル名"] == name]
    found, apart = rows(small_ward, name), set_apart(small_ward, name)
    assert note["SHA256"] == hashlib.sha256((small_ward / "nursery" / name).read_bytes()).hexdigest()
    assert int(note["件数"]) == len(found) + len(apart)
    yen = sum(int(row[item]) for row in found) + sum(int(row["amount_yen"]) for row in apart.values())
    assert int(note["金額合計"]) == yen


def test_nearly_all_of_a_years_fees_come_in(small_ward: Path) -> None:
    claims = [row for row in read_csv(small_ward / "truth/claims.csv") if row["source_code"] == "nursery"]
    for year in ("2022", "2023", "2024"):
        of_year = [row for row in claims if row["fiscal_year"] == year]
        paid = sum(int(row["received_yen"]) - int(row["refund_pending_yen"]) for row in of_year)
        assert paid > 0.95 * sum(int(row["assessed_yen"]) for row in of_year), year
