"""Cases on which the two implementations once disagreed, decided by the statute; both must now say so."""

import json
from datetime import date
from pathlib import Path

import pytest

from tests.law.second import engine
from tests.law.second.prescribing import OPEN
from tests.law.second.prescription_cases import RULES, Answer, Case, Happening, answer
from tests.law.second.prescription_compare import told
from tests.law.second.walked_calendar import number

FOUND = json.loads((Path(__file__).parent / "data" / "found.json").read_text(encoding="utf-8"))
RULE = {rule.claim_type: rule for rule in RULES}


def day(text: str | None, absent: int = 0) -> int:
    return number(date.fromisoformat(text)) if text else absent


def happening(event: dict[str, object]) -> Happening:
    names = {"arrived": "arrived_on", "deadline": "designated_deadline", "returned": "returned_on", "until": "until"}
    days = {ours: day(event.get(theirs)) for ours, theirs in names.items()}
    plain = {"channel": event.get("channel", ""), "is_immediate": event.get("is_immediate", False)}
    return Happening(event["type"], day(event["date"]), **days, **plain)


def case_of(one: dict[str, object]) -> Case:
    happenings = tuple(map(happening, one["events"]))
    rule = RULE[one["claim_type"]]
    return Case(rule, day(one["due"]), day(one["as_of"]), happenings, day(one["contract_date"]))


def expected(one: dict[str, object]) -> Answer:
    said = one["expected"]
    safe, alternative = (day(said[name], OPEN) for name in ("date_safe", "date_alternative"))
    return Answer(said["state"], safe, alternative, said["cause"])


@pytest.mark.parametrize("one", FOUND, ids=lambda one: one["name"])
def test_the_second_implementation_says_what_the_statute_says(one: dict[str, object]) -> None:
    assert answer(case_of(one)) == expected(one)


@pytest.mark.parametrize("one", FOUND, ids=lambda one: one["name"])
def test_the_product_says_what_the_statute_says(one: dict[str, object]) -> None:
    assert engine.answer(case_of(one)) == expected(one), f"{one['why']}\n{told(case_of(one))}"
