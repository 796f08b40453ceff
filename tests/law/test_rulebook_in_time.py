"""Rows of the rulebook are in force from day to day: the one of the claim's own day is chosen, or nothing is."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from receivables.claims import LegalClass
from receivables.errors import InputRejectedError
from receivables.rulebook import Rulebook, rulebook
from receivables.settings import SEEDS

NHI = "premium_nhi,1000,2000,3,floor_each,100,1000,2018,"


def changed(tmp_path: Path, file: str, old: str, new: str) -> Rulebook:
    folder = tmp_path / "law"
    shutil.copytree(SEEDS / "law", folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return rulebook(folder)


@pytest.fixture
def amended(tmp_path: Path) -> Rulebook:
    """From April 2026 the ordinance cuts to 10 yen: the row before it ends, a new one begins."""
    line = next(
        row for row in (SEEDS / "law" / "late_charge_rules.csv").read_text(encoding="utf-8").splitlines()
        if row.startswith(NHI)
    )  # fmt: skip
    tail = line[line.index("世田谷区") - 20 :].partition(",")[2]
    before = line.replace("9999-12-31", "2026-03-31")
    after = line.replace("floor_each,100,", "floor_each,10,").replace("1900-01-01", "2026-04-01")
    assert tail
    return changed(tmp_path, "late_charge_rules.csv", line, f"{before}\n{after}")


def test_an_ordinance_holds_for_claims_due_while_it_is_in_force(amended: Rulebook) -> None:
    units = {}
    for day in ("2018-06-30", "2026-03-31", "2026-04-01", "2030-01-01"):
        rule = amended.claim_type("nhi_premium", on=date.fromisoformat(day)).late_charge_rule
        assert rule is not None
        units[day] = rule.result_unit
    assert units == {"2018-06-30": 100, "2026-03-31": 100, "2026-04-01": 10, "2030-01-01": 10}
    newest = amended.claim_type("nhi_premium").late_charge_rule
    assert newest is not None
    assert newest.result_unit == 10


def test_other_kinds_do_not_change_with_it(amended: Rulebook) -> None:
    for day in (date(2020, 1, 1), date(2027, 1, 1)):
        assert amended.claim_type("resident_tax", on=day) == rulebook().claim_type("resident_tax")


def test_the_class_of_a_kind_is_that_of_its_day(tmp_path: Path) -> None:
    lines = (SEEDS / "law" / "claim_types.csv").read_text(encoding="utf-8").splitlines()
    club = next(line for line in lines if line.startswith("after_school_club_fee"))
    before = club.replace("9999-12-31", "2026-09-30")
    after = club.replace("1900-01-01", "2026-10-01").replace("nonenforced_public", "enforced_public")
    after = after.replace("public_5y", "public_enforced_5y")
    book = changed(tmp_path, "claim_types.csv", club, f"{before}\n{after}")
    found = [book.kind_of("after_school_club_fee", None, on=date(2026, month, 30)) for month in (9, 10)]
    assert [each.legal_class for each in found] == [LegalClass.NONENFORCED_PUBLIC, LegalClass.ENFORCED_PUBLIC]
    assert [each.prescription_rule.rule_id for each in found] == ["public_5y", "public_enforced_5y"]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("late_charge_rules.csv", f"{NHI}1900-01-01", f"{NHI}2020-04-01", "late-charge rule 'premium_nhi' has no row"),
        ("claim_types.csv", "tax,tax_5y,tax,tax,1900-01-01", "tax,tax_5y,tax,tax,2020-04-01", "no row in claim_types"),
        ("prescription_rules.csv", "国民健康保険法第110条第2項,1900-01-01", "国民健康保険法第110条第2項,2020-04-01",
         "prescription rule 'nhi_2y' has no row"),
    ],
)  # fmt: skip
def test_a_day_without_a_row_is_refused_and_the_seed_named(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    book = changed(tmp_path, file, old, new)
    kind = "resident_tax" if "tax" in old else "nhi_premium"
    assert book.claim_type(kind, on=date(2020, 4, 1))
    with pytest.raises(InputRejectedError, match=f"{kind}' on 2020-03-31: .*{message}"):
        book.claim_type(kind, on=date(2020, 3, 31))


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("late_charge_rules.csv", "\npremium_nhi", "\ntax", "line 3: rule_id 'tax' is in force until 9999-12-31"),
        ("late_charge_rules.csv", "1900-01-01,9999", "1900-13-01,9999", "line 2: effective_from '1900-13-01' is not"),
        ("late_charge_rules.csv", "1900-01-01,9999-12-31", "2020-01-01,2019-12-31", "line 2: effective_to 2019-12-31"),
        ("prescription_rules.csv", "false,false", "no,false", "line 2: notice_renews is true or false, not 'no'"),
        ("claim_types.csv", ",tax,1900", ",letter,1900", "line 2: dunning_rule 'letter' is not in dunning_rules.csv"),
        ("claim_types.csv", "enforced_public,tax", "public,tax", "line 2: legal_class is enforced_public or"),
        ("closing_days.csv", "weekday,7", "weekday,8", "line 2: value '8' is not a weekday"),
        ("closing_days.csv", "month_day,12-29", "month_day,12-32", "line 5: "),
        ("refund_interest_starts.csv", "paid_on,0", "someday,0", "line 2: occasion is paid_on or"),
        ("deferral_rates.csv", "permille", "thousandths", "line 2: no column 'permille'"),
        ("loan_penalty_rates.csv", ",50,", ",5.0,", "line 2: permille '5.0' is not a whole number"),
    ],
)
def test_a_damaged_row_names_file_line_and_key(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    with pytest.raises(InputRejectedError, match=f"{file}, {message}"):
        changed(tmp_path, file, old, new)


def test_a_seed_that_is_not_there_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "law"
    shutil.copytree(SEEDS / "law", folder)
    (folder / "dunning_rules.csv").unlink()
    with pytest.raises(InputRejectedError, match=r"dunning_rules\.csv is not in"):
        rulebook(folder)


def test_a_table_that_runs_out_is_told_with_its_last_day_and_its_seed() -> None:
    book = rulebook()
    assert book.running_out(date(2026, 6, 19)) == ()
    soon = book.running_out(date(2026, 12, 1))
    assert [(each.table, str(each.last_day), each.days_left) for each in soon] == [
        ("deferral_rates", "2026-12-31", 30),
        ("late_charge_rates", "2026-12-31", 30),
        ("refund_interest_rates", "2026-12-31", 30),
    ]
    assert soon[1].seed == "dbt_project/seeds/law/late_charge_rates.csv"
    assert {each.table for each in book.running_out(date(2026, 6, 19), within_days=1_100)} == {
        "deferral_rates", "late_charge_rates", "refund_interest_rates", "legal_rates",
    }  # fmt: skip
    assert book.running_out(date(2027, 1, 5))[0].days_left == -5


def test_the_rate_of_the_next_year_ends_the_warning(tmp_path: Path) -> None:
    last = "2026-01-01,2026-12-31,28,91,地方税法附則第3条の2（延滞金特例基準割合＋1%・＋7.3%）,law"
    book = changed(tmp_path, "late_charge_rates.csv", last, f"{last}\n{last.replace('2026', '2027')}")
    assert [each.table for each in book.running_out(date(2026, 12, 1))] == ["deferral_rates", "refund_interest_rates"]
