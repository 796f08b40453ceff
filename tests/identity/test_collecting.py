"""Collecting persons: whatever is delivered while a night reads is read by the next one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from receivables.identity import persons
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
