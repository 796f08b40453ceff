"""連絡制限 of a debtor who is several rows of the register: a fact told twice is one fact, from its first day."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from receivables.identity import review
from receivables.settings import State
from tests.identity.world import World, made, person

pytestmark = pytest.mark.postgres
TWINS = ("000000000000101", "000000000000102")


@pytest.fixture
def merged(new_state: Callable[[], State]) -> World:
    """Two rows that two people found to be one person."""
    world = made(new_state())
    for number in TWINS:
        person(world, number, "四十九院　清吉", "シジュウクイン　セイキチ", "1951-04-03")
    world.night()
    world.decide(review.pair_id(*(f"register:{number}" for number in TWINS)), "same")
    world.night()
    return world


def told(world: World, number: str, **facts: Any) -> None:
    named = ", ".join(f"{name} = %s" for name in facts)
    world.run(f"update staging.stg_register__persons set {named} where source_debtor_key = %s", *facts.values(), number)


def facts(world: World) -> list[tuple[Any, ...]]:
    return world.run(
        "select debtor_id, exclusion_code, valid_from from identity.contact_fact where valid_to is null order by 1, 2"
    )


def test_both_rows_get_the_same_facts_in_one_night(merged: World) -> None:
    died = date(2026, 6, 1)
    for number in TWINS:
        told(merged, number, is_deceased=True, died_on=died, is_protected=True)
    merged.night()
    kept = merged.id_of(TWINS[0])
    assert facts(merged) == [(kept, "X07", died), (kept, "X08", merged.day)]


def test_the_earlier_of_two_days_of_death_counts_also_when_it_comes_later(merged: World) -> None:
    for number in TWINS:
        told(merged, number, is_deceased=True, died_on=date(2026, 6, 10))
    told(merged, TWINS[1], died_on=date(2026, 6, 12))
    merged.night()
    kept = merged.id_of(TWINS[0])
    assert facts(merged) == [(kept, "X07", date(2026, 6, 10))]
    told(merged, TWINS[1], died_on=date(2026, 6, 3))
    merged.night()
    assert facts(merged) == [(kept, "X07", date(2026, 6, 3))]
