"""The long-term care premium's files, against the register and what the law says of who pays (介護保険法9条)."""

from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from receivables.city.blocks import Plan
from receivables.city.care import care_bills
from receivables.city.people import population
from tests.city.conftest import AS_OF
from tests.city.files import tax_rows
from tests.city.test_files import set_apart, standard_file

pytestmark = pytest.mark.postgres
RESIDENTS_OF_THE_WARD, INSURED = 918_246, 187_000


def claims(ward: Path) -> list[dict[str, str]]:
    file = standard_file(ward, "036o005", "ltci")
    return list(tax_rows(file, without=set(set_apart(ward, file.name))).values())


def test_a_year_is_ten_instalments_from_june_to_march(small_ward: Path) -> None:
    notices = defaultdict(list)
    for row in claims(small_ward):
        notices[row["賦課年度"], row["通知書番号"]].append(row)
    whole = [rows for rows in notices.values() if len(rows) == 10]
    assert len(whole) > 0.9 * len(notices)  # the others have a row set apart
    for rows in whole:
        assert [row["期別"] for row in rows] == [f"{number:02d}" for number in range(1, 11)]
        months = [date.fromisoformat(row["納期限"]).month for row in rows]
        assert all(month in ((5 + at) % 12 + 1, (6 + at) % 12 + 1) for at, month in enumerate(months))
        amounts = [int(row["調定額_本税（料）"]) for row in rows]
        assert len(set(amounts[1:])) == 1
        assert amounts[1] % 100 == 0 <= amounts[0] - amounts[1] < 1_000
        assert sum(amounts) % 10 == 0


def test_rows_are_of_the_subject_and_the_insured_person(small_ward: Path) -> None:
    for row in claims(small_ward):
        assert row["業務詳細（科目）コード"] == "21"
        assert row["被保険者番号"] == row["宛名番号"][-10:]
        assert row["森林環境税額"] == "0"


def test_who_pays_ordinarily_is_65_and_the_rows_of_a_whole_ward_are_some_hundred_thousand_a_year() -> None:
    (block,) = Plan(10_000, 1, AS_OF, 0, 0, Path("unused")).blocks()
    people = population(block)
    bills = care_bills(block, people)
    assert all(bill.debtor.age(date(bill.levy_year, 6, 1)) >= 65 for bill in bills)
    old = sum(person.age(AS_OF) >= 65 for person in people)
    paying = {bill.debtor.addressee_no for bill in bills if bill.levy_year == 2025}
    assert 0.09 <= len(paying) / old <= 0.17  # 25,000 of 187,000 insured (domain assumption)
    assert 150_000 <= len(paying) * 10 * RESIDENTS_OF_THE_WARD / 10_000 <= 300_000
