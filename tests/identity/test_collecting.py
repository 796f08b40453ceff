"""Collecting persons: whatever is delivered while a night reads is read by the next one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from receivables.identity import persons
from receivables.processes import side_by_side
from receivables.settings import State
from tests.identity.test_holders import NUMBER, becomes
from tests.identity.world import made, person

pytestmark = pytest.mark.postgres


def test_a_delivery_of_the_same_day_while_keys_are_made_is_read_the_next_night(
    new_state: Callable[[], State], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = made(new_state())
    person(world, NUMBER, "小笠原　誠", "オガサワラ　マコト", "1948-02-03")
    world.night()
    make = persons.side_by_side

    def meanwhile(*given: Any, **how: Any) -> Any:
        world.day -= timedelta(days=1)
        becomes(world, NUMBER, "青山　誠", "アオヤマ　マコト", "1948-02-03")
        world.day += timedelta(days=1)
        return make(*given, **how)

    monkeypatch.setattr(persons, "side_by_side", meanwhile)
    world.night()
    monkeypatch.undo()
    world.night()
    assert world.run("select kana_key from vault.person_key where source_code = 'register'") == [("アオヤママコト",)]


_INDEXES = "select count(*) from pg_index where indrelid = 'vault.person_key'::regclass"


@pytest.mark.parametrize("dies", [False, True])
def test_a_night_that_fills_everything_leaves_every_index_though_the_one_before_died(
    new_state: Callable[[], State], monkeypatch: pytest.MonkeyPatch, dies: bool
) -> None:
    world = made(new_state())
    monkeypatch.setattr(persons, "_ROWS_AT_ONCE", 2)
    for number, name in (("0000000017", "小笠原　誠"), ("0000000025", "青山　花"), ("0000000033", "森　葉")):
        person(world, number, name, "オガサワラ　マコト", "1948-02-03")
    before = world.run(_INDEXES)
    seen = []

    def watching(*given: Any, **how: Any) -> Any:
        seen.append(world.run(_INDEXES))
        if dies and len(seen) == 1:
            raise MemoryError
        return side_by_side(*given, **how)

    monkeypatch.setattr(persons, "side_by_side", watching)
    if dies:
        with pytest.raises(MemoryError):
            world.night()
    world.night()
    assert seen[0] == [(1,)], "filled with the primary key alone"
    assert world.run(_INDEXES) == before
    assert world.run("select count(*) from vault.person_key") == [(3,)]
