"""The vehicle tax's files, against the yen that the law names (地方税法463条の15) and the register's own numbers."""

from collections import defaultdict
from pathlib import Path

import pytest

from receivables.city.blocks import Plan
from receivables.city.people import population
from receivables.city.vehicles import vehicle_bills
from tests.city.conftest import AS_OF, read_csv
from tests.city.files import tax_rows
from tests.city.test_files import set_apart, standard_file

pytestmark = pytest.mark.postgres
LAWFUL_YEN = {2_000, 2_400, 3_600, 3_700, 3_800, 5_000, 5_900, 6_000, 7_200, 10_800, 12_900}


@pytest.fixture(scope="module")
def claims(small_ward: Path) -> list[dict[str, str]]:
    file = standard_file(small_ward, "036o005", "light_vehicle_tax")
    return list(tax_rows(file, without=set(set_apart(small_ward, file.name))).values())


def test_a_notice_is_of_one_vehicle_and_due_at_the_end_of_may(claims: list[dict[str, str]]) -> None:
    assert len({row["通知書番号"] for row in claims}) == len(claims)
    assert {row["期別"] for row in claims} == {"01"}
    assert {row["業務詳細（科目）コード"] for row in claims} == {"08"}
    assert all(row["納期限"][5:] in ("05-31", "06-01", "06-02") for row in claims)  # 31 May or the next office day
    assert not any(value for row in claims for item, value in row.items() if item.startswith("車両番号（標識番号）"))


def test_a_vehicle_costs_the_same_every_year_and_what_the_law_says(claims: list[dict[str, str]]) -> None:
    vehicles = defaultdict(set)
    for row in claims:
        vehicles[row["軽自管理番号"]].add((row["宛名番号"], row["種別コード"], int(row["調定額_本税（料）"])))
    assert all(len(found) == 1 for found in vehicles.values())
    assert {yen for found in vehicles.values() for _, _, yen in found} <= LAWFUL_YEN


def test_companies_owe_and_are_nobody_in_the_register(small_ward: Path, claims: list[dict[str, str]]) -> None:
    companies = {row["宛名番号"] for row in claims if int(row["宛名番号"][:-1]) >= 500_000_000}
    assert len(companies) >= 5
    persons = read_csv(small_ward / "truth/persons.csv")
    assert not companies & {row["source_debtor_key"] for row in persons if row["source_code"] == "register"}
    truth = [row for row in read_csv(small_ward / "truth/claims.csv") if row["addressee_no"] in companies]
    assert truth
    assert {row["source_code"] for row in truth} == {"light_vehicle_tax"}
    assert all("NOT_REGISTERED" in row["exclusion_codes"].split() for row in truth)


def test_about_six_in_a_hundred_own_one_and_blocks_share_no_number() -> None:
    blocks = Plan(20_000, 1, AS_OF, 0, 0, Path("unused")).blocks()
    made = [vehicle_bills(block, population(block)) for block in blocks]
    for number in ("notice_no", "object_no", "claim_key"):
        one, other = ({getattr(bill, number) for bill in bills} for bills in made)
        assert not one & other
    owners = {bill.debtor.addressee_no for bills in made for bill in bills if bill.levy_year == 2025}
    assert 0.045 <= len(owners) / 20_000 <= 0.08
