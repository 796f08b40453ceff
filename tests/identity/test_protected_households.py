"""支援措置: nothing outside the vault ties a protected person to a household, under whichever id and since when."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from receivables.errors import InputRejectedError
from receivables.identity import review
from receivables.settings import State
from tests.identity.world import World, made, person

pytestmark = pytest.mark.postgres
TWINS, MOTHER = ("000000000000101", "000000000000102"), "000000000000201"
PAIR = review.pair_id(*(f"register:{number}" for number in TWINS))


@pytest.fixture
def world(new_state: Callable[[], State]) -> World:
    """One person under two numbers, the second of them in the mother's household."""
    found = made(new_state())
    for number in TWINS:
        person(found, number, "四十九院　清吉", "シジュウクイン　セイキチ", "1951-04-03")
    person(found, MOTHER, "四十九院　トメ", "シジュウクイン　トメ", "1929-01-02")
    found.run("update vault.register__persons set household_no = 'H' where addressee_no in (%s, %s)", TWINS[1], MOTHER)
    found.night()
    return found


def protect(world: World, number: str) -> None:
    world.run("update staging.stg_register__persons set is_protected = true where source_debtor_key = %s", number)


def units(world: World, day: date) -> set[str]:
    """Whose household a campaign could have drawn by on a day."""
    ids = [world.id_of(number) for number in (*TWINS, MOTHER)]
    return {unit for (unit,) in world.run("select debtor_id from campaign.household_units(%s, %s, 's')", ids, day)}


@pytest.mark.parametrize("is_still_merged", [True, False])
def test_a_household_under_an_id_that_was_merged_is_forgotten_too(world: World, is_still_merged: bool) -> None:
    day_before = world.day
    assert len(units(world, day_before)) == 3
    world.decide(PAIR, "same")
    world.night()
    protect(world, TWINS[0])
    if not is_still_merged:  # for a while they were one to everybody who reads the merges
        world.decide(PAIR, "different")
    world.night()
    assert units(world, day_before) == units(world, world.day) == {world.id_of(MOTHER)}
    households = world.run("select distinct from_ref from identity.relation where kind = 'household'")
    assert households == [(world.id_of(MOTHER),)]


def loan(world: World, number: str, name: str, guarantor: str) -> None:
    raw: dict[str, Any] = {"addressee_no": number, "contract_date": date(2020, 4, 1)}
    vault = {"person_name": name, "guarantor_name": guarantor}
    for schema, row in (("raw", raw), ("vault", vault)):
        row |= {"loan_no": "00000001", "instalment_no": 1, "_batch_id": "b", "_line_no": 1, "_byte_offset": 0,
                "_known_from": date(2026, 1, 1)}  # fmt: skip
        marks = ", ".join(["%s"] * len(row))
        world.run(f"insert into {schema}.welfare_loans__instalments ({', '.join(row)}) values ({marks})", *row.values())
    world.run("insert into intermediate.int_claims__unioned values ('welfare_loans', %s, 'b')", number)
    world.run("delete from identity.collected")


def test_a_guarantor_known_by_the_household_is_forgotten_also_when_the_loan_is_over(world: World) -> None:
    loan(world, MOTHER, "四十九院　トメ", "四十九院　セツ")
    daughter = "000000000000301"
    person(world, daughter, "四十九院　セツ", "シジュウクイン　セツ", "1955-05-05")
    world.run("update vault.register__persons set household_no = 'H' where addressee_no = %s", daughter)
    world.night()
    guarantors = "select from_ref, to_ref, valid_to is null from identity.relation where kind = 'guarantor'"
    known = (world.id_of(MOTHER), world.id_of(daughter))
    assert world.run(guarantors) == [(*known, True)]
    for schema in ("raw", "vault"):
        world.run(f"update {schema}.welfare_loans__instalments set _known_to = %s", world.day + timedelta(days=1))
    world.run("delete from identity.collected")
    world.night()
    assert world.run(guarantors) == [(*known, False)]
    protect(world, daughter)
    world.night()
    assert world.run(guarantors) == []


def test_why_two_are_no_pair_does_not_tell_that_they_live_together(world: World) -> None:
    world.run("update identity.pair set outcome = 'no_link', reasons = 'twins different_sex'")
    seen = review.look(PAIR, user="chief_tax", why="確認", state=world.state)
    assert (seen["outcome"], seen["reasons"]) == ("no_link", ["twins", "different_sex"])
    protect(world, TWINS[0])
    seen = review.look(PAIR, user="chief_tax", why="確認", state=world.state)
    assert (seen["outcome"], seen["reasons"]) == (None, ["different_sex"])
    with pytest.raises(InputRejectedError) as refused:
        review.answer(PAIR, "same", user="officer_a", why="x", state=world.state)
    assert "twins" not in str(refused.value)
    world.run("update identity.pair set outcome = 'review', reasons = 'twins mistyped_number'")
    (listed,) = review.work_list(state=world.state)
    assert listed["reasons"] == ["mistyped_number"]
    review.answer(PAIR, "different", user="officer_a", why="別人", state=world.state)
    ((evidence,),) = world.run("select evidence::text from decision.proposal")
    assert "twins" not in evidence
