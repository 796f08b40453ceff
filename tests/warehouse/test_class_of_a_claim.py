"""The class of a single claim (債権区分): both sides of every border, on the way from raw rows to every mart."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from handmade import AS_OF, Handmade

from receivables import assess, publish, warehouse
from receivables.explain import explain_claim

pytestmark = pytest.mark.postgres
ENFORCED, NOT_ENFORCED, PRIVATE = "enforced_public", "nonenforced_public", "private"
D = date
# 生活保護法63条・77条の2 (2018-10-01), 施行規則22条の3 (the office's own error), 78条 (2014-07-01)
CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "to the last day of September 2018": (
        {"basis_from": D(2018, 4, 1), "basis_to": D(2018, 9, 30)}, NOT_ENFORCED, "seiho_63_to_2018",
    ),
    "from the first of October 2018": (
        {"basis_from": D(2018, 10, 1), "basis_to": D(2018, 10, 31)}, ENFORCED, "seiho_63_from_2018",
    ),
    "the office erred": (
        {"basis_from": D(2020, 4, 1), "basis_to": D(2020, 4, 30), "error_code": "1"}, NOT_ENFORCED,
        "seiho_63_office_error",
    ),
    "the office erred over the border": (
        {"basis_from": D(2018, 9, 1), "basis_to": D(2018, 10, 31), "error_code": "1"}, NOT_ENFORCED,
        "seiho_63_office_error",
    ),
    "fraud to June 2014": (
        {"article_code": "78", "basis_from": D(2014, 6, 30), "basis_to": D(2014, 6, 30)}, NOT_ENFORCED,
        "seiho_78_to_2014",
    ),
    "fraud from July 2014": (
        {"article_code": "78", "basis_from": D(2014, 7, 1), "basis_to": D(2018, 12, 31)}, ENFORCED,
        "seiho_78_from_2014",
    ),
}  # fmt: skip
NUMBER = {name: f"{at:08d}" for at, name in enumerate(CASES, start=1)}


def claim_id(name: str, part: int = 1) -> str:
    return f"welfare_refund:{NUMBER[name]}-{part}-01"


@pytest.fixture(scope="module")
def world(handmade: Handmade, night: Callable[..., str]) -> Handmade:
    handmade.person("1" * 15)
    for name, (given, *_) in CASES.items():
        handmade.refund(NUMBER[name], **given)
    handmade.refund("10000000", 1, basis_from=D(2018, 7, 1), basis_to=D(2018, 9, 30), assessed_yen=30_000)
    handmade.refund("10000000", 2, basis_from=D(2018, 10, 1), basis_to=D(2018, 12, 31), assessed_yen=60_000)
    handmade.tax("0000000001")
    handmade.loan("0000001")
    for fund, number in (("11", "11000001"), ("21", "21000002"), ("22", "22000003"), ("31", "31000004")):
        handmade.add("welfare_loans__instalments", loan_no=number, fund_code=fund, instalment_no=1, assessed_yen=5_000,
                     addressee_no="1" * 15, contract_date=D(2019, 4, 1), due_date=D(2020, 4, 30))  # fmt: skip
    night(handmade)
    assess.assess(as_of=AS_OF, state=handmade.state)
    warehouse.build_marts(as_of=AS_OF, state=handmade.state)
    publish.publish(as_of=AS_OF, state=handmade.state)
    return handmade


@pytest.mark.parametrize("mart", ["fct_claims", "fct_delinquencies", "wl_prescription"])
@pytest.mark.parametrize("name", CASES)
def test_every_mart_shows_the_claims_own_class(world: Handmade, name: str, mart: str) -> None:
    found = world.run(f"select legal_class from mart.{mart} where claim_id = %s", claim_id(name))
    assert found == [(CASES[name][1],)]


@pytest.mark.parametrize("name", CASES)
def test_the_law_is_applied_by_the_claims_own_row(world: Handmade, name: str) -> None:
    _, legal_class, row = CASES[name]
    told = explain_claim(claim_id(name), state=world.state)
    assert told["claim"]["class_rule_id"] == row
    assert told["rules"]["claim_type"]["seed"] == "seeds/law/claim_classes.csv"
    assert told["rules"]["claim_type"]["row"] == row
    wanted = "public_enforced_5y" if legal_class == ENFORCED else "public_5y"
    assert told["assessment"]["prescription_rule_id"] == told["rules"]["prescription"]["row"] == wanted
    assert told["assessment"]["citations"][0] == told["rules"]["claim_type"]["citation"]
    assert "地方自治法第236条第1項" in told["assessment"]["citations"]


def test_one_decision_is_two_claims_of_two_classes_and_loses_no_yen(world: Handmade) -> None:
    found = world.run("select claim_split_seq, legal_class, basis_from, basis_to, assessed_yen from mart.fct_claims"
                      " where source_claim_key like '10000000-%%' order by 1")  # fmt: skip
    assert found == [
        (1, NOT_ENFORCED, D(2018, 7, 1), D(2018, 9, 30), 30_000),
        (2, ENFORCED, D(2018, 10, 1), D(2018, 12, 31), 60_000),
    ]


def test_other_claims_have_the_class_of_their_kind(world: Handmade) -> None:
    found = world.run("select distinct claim_type, legal_class, class_rule_id, basis_from from mart.fct_claims"
                      " where claim_type not like 'seiho%%' order by 1")  # fmt: skip
    assert found == [
        ("emergency_small_loan", PRIVATE, None, None), ("resident_business_loan", PRIVATE, None, None),
        ("resident_tax", ENFORCED, None, None), ("scholarship_loan", PRIVATE, None, None),
        ("single_mother_emergency_loan", PRIVATE, None, None), ("women_welfare_loan", PRIVATE, None, None),
    ]  # fmt: skip


def test_a_loan_prescribes_by_its_contract_date(world: Handmade) -> None:
    """Contracts before 2020-04-01 keep the ten years of the old law (民法附則10条)."""
    found = world.run("select distinct assessed.prescription_rule_id, prescription_date_safe from"
                      " law.claim_assessments as assessed where claim_id like 'welfare_loans:%%'")  # fmt: skip
    assert found == [("private_loan", D(2030, 4, 30))]


def test_a_claim_that_runs_over_the_border_has_no_class_and_stops_the_night(
    world: Handmade, night: Callable[..., str]
) -> None:
    world.refund("20000000", basis_from=D(2018, 9, 1), basis_to=D(2018, 10, 31))
    with pytest.raises(Exception, match="legal_class"):
        night(world)
