"""Days, holidays and the rule files."""

import csv
import shutil
from datetime import date
from pathlib import Path

import pytest

from receivables.calendar import book_closing, fiscal_year, is_holiday, last_day_of_months, rolled
from receivables.errors import InputRejectedError
from receivables.rulebook import rulebook
from receivables.settings import SEEDS

OFFICIAL = Path(__file__).parent / "data" / "syukujitsu.utf8.csv"


def test_holidays_equal_the_cabinet_offices_list() -> None:
    with OFFICIAL.open(encoding="utf-8") as handle:
        listed = {
            tuple(int(part) for part in row[0].replace("-", "/").split("/")) for row in list(csv.reader(handle))[1:]
        }
    official = {date(*parts) for parts in listed}  # type: ignore[arg-type]
    years = {day.year for day in official} - {max(day.year for day in official)}
    ours = {
        date.fromordinal(n)
        for n in range(date(min(years), 1, 1).toordinal(), date(max(years), 12, 31).toordinal() + 1)
        if is_holiday(date.fromordinal(n))
    }
    assert ours == {day for day in official if day.year in years}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-06-30", "2024-07-01"),
        ("2025-12-31", "2026-01-05"),
        ("2026-05-03", "2026-05-07"),
        ("2026-06-30", "2026-06-30"),
    ],
)
def test_due_dates_roll_to_the_next_office_day(day: str, expected: str) -> None:
    assert rolled(date.fromisoformat(day)) == date.fromisoformat(expected)


def test_fiscal_years_and_book_closing() -> None:
    assert fiscal_year(date(2026, 3, 31)) == 2025
    assert fiscal_year(date(2026, 4, 1)) == 2026
    assert book_closing(2025) == date(2026, 5, 31)


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [("2024-01-31", 1, "2024-02-29"), ("2023-01-31", 1, "2023-02-28"), ("2027-02-28", 12, "2028-02-27"),
     ("2024-02-29", 12, "2025-02-28"), ("2024-03-01", 24, "2026-02-28")],
)  # fmt: skip
def test_months_end_by_the_civil_code(first: str, months: int, last: str) -> None:
    assert last_day_of_months(date.fromisoformat(first), months) == date.fromisoformat(last)


def test_every_kind_of_claim_has_its_law() -> None:
    kinds = rulebook().claim_types
    assert len(kinds) >= 23
    for kind in kinds.values():
        assert kind.prescription_rule.legal_class == kind.legal_class, kind.claim_type
        assert kind.citation


def test_a_claim_of_a_kind_whose_class_is_its_own_must_bring_it() -> None:
    rules = rulebook()
    assert rules.kind_of("seiho_refund_63", "seiho_63_from_2018").prescription_rule.rule_id == "public_enforced_5y"
    assert rules.kind_of("resident_tax", None) == rules.claim_type("resident_tax")
    for claim_type, row in (("seiho_refund_63", None), ("seiho_refund_63", "seiho_78_to_2014"),
                            ("resident_tax", "seiho_63_to_2018")):  # fmt: skip
        with pytest.raises(InputRejectedError, match=r"claim_classes\.csv"):
            rules.kind_of(claim_type, row)


def test_an_unknown_kind_of_claim_names_the_seed() -> None:
    with pytest.raises(InputRejectedError, match=r"claim_types\.csv"):
        rulebook().claim_type("parking")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("late_charge_rates.csv", "2022-01-01", "2022-01-02", "line 14: must begin the day after 2021-12-31"),
        ("late_charge_rates.csv", ",28,91,地方", ",2.8,91,地方", "line 10: low_permille '2.8' is not a whole"),
        ("claim_types.csv", "premium_nhi", "premium_x", "line 4: late_charge_rule 'premium_x' is not in"),
        ("claim_classes.csv", "2018-10-01,9999", "2018-10-02,9999", "line 3: must begin 2018-10-01"),
        ("claim_classes.csv", "9999-12-31,nonenforced", "2018-09-30,nonenforced", "no row from 2018-10-01"),
        (
            "claim_classes.csv",
            "enforced_public,public_enforced_5y",
            "enforced_public,public_5y",
            "line 3: prescription",
        ),
        ("prescription_rules.csv", "tax_issue_plus_10", "whenever", "line 2: restart_rule is"),
        ("late_charge_rules.csv", "floor_each", "half_up", "line 2: segment_rounding is"),
    ],
)
def test_a_damaged_rule_file_names_file_and_line(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    folder = tmp_path / "law"
    shutil.copytree(SEEDS / "law", folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(
        InputRejectedError, match=f"{file}[,:] .*{message}" if message[0] == "n" else f"{file}, {message}"
    ):
        rulebook(folder)


def test_a_rule_without_citation_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "law"
    shutil.copytree(SEEDS / "law", folder)
    file = folder / "legal_rates.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("民法第404条第2項・第4項", ""), encoding="utf-8")
    with pytest.raises(InputRejectedError, match="no citation"):
        rulebook(folder)
