"""Hundreds of single faults planted in a whole group's rows: each found where it was planted, and nothing else."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from receivables import db, standard
from receivables.migration import comparison
from receivables.migration.comparison import Shape, isolating
from receivables.standard import Item
from tests.migration.comparison.brute_force import Row, compare, sides

ROWS, FAULTS = 24, 520
GROUP = standard.edition("0.1-draft").group("chotei_shuno")
SHAPE = Shape(GROUP.key, GROUP.items, ("kamoku_cd", "fuka_nendo"))
NAMES = [item.column for item in GROUP.items]
PLAIN = [at for at, item in enumerate(GROUP.items) if not item.key]
YEN = [at for at, item in enumerate(GROUP.items) if item.type == "yen"]
Fault = Callable[[random.Random, list[Row]], list[Row]]


def value(draw: random.Random, item: Item, number: int) -> Any:
    if not item.key and draw.random() < 0.2:
        return None
    if item.type in ("yen", "int"):
        return draw.choice((0, 0, 100, 12_300, -500, 2**33 + number))
    if item.type == "year":
        return draw.choice((2019, 2025, 2026))
    if item.type == "date":
        return date(2019, 4, 1) + timedelta(days=draw.randrange(2_500))
    return draw.choice(("", "01", f"{number:010}", "神谷　花子", "葛\U000e0100西", "ｶﾅ"))


def ward(draw: random.Random) -> list[Row]:
    place = NAMES.index("tsuchisho_no")
    rows = [[value(draw, item, number) for item in GROUP.items] for number in range(ROWS)]
    return [(*row[:place], f"{number:012}", *row[place + 1 :]) for number, row in enumerate(rows)]


def with_value(rows: list[Row], at: int, place: int, changed: Any) -> list[Row]:
    row = list(rows[at])
    row[place] = changed
    return [*rows[:at], tuple(row), *rows[at + 1 :]]


def another(draw: random.Random, rows: list[Row]) -> list[Row]:
    """One value of any kind becomes another, the smallest change there is."""
    at, place = draw.randrange(len(rows)), draw.choice(PLAIN)
    old, item = rows[at][place], GROUP.items[place]
    if item.type in ("yen", "int", "year"):
        new = draw.choice([one for one in (None, 0, (old or 0) + 1, -(old or 7), (old or 0) ^ 1 << 30) if one != old])
    elif item.type == "date":
        new = draw.choice([one for one in (None, (old or date(2026, 1, 1)) + timedelta(days=1)) if one != old])
    else:
        text = old or ""
        new = draw.choice([one for one in (None, "", text + " ", text + "\u3000", text.upper() + "a") if one != old])
    return with_value(rows, at, place, new)


def moved_yen(draw: random.Random, rows: list[Row]) -> list[Row]:
    """One yen goes from one row to another: every total stays."""
    (x, y), place = draw.sample(range(len(rows)), 2), draw.choice(YEN)
    moved = with_value(rows, x, place, (rows[x][place] or 0) - 1)
    return with_value(moved, y, place, (rows[y][place] or 0) + 1)


def exchanged(draw: random.Random, rows: list[Row]) -> list[Row]:
    """Two rows exchange a value: every column holds what it held."""
    (x, y), place = draw.sample(range(len(rows)), 2), draw.choice(PLAIN)
    return with_value(with_value(rows, x, place, rows[y][place]), y, place, rows[x][place])


def folded(draw: random.Random, rows: list[Row]) -> list[Row]:
    """Two rows exchange 1 and 2^32, which have one hash in the server's own hash of bigint."""
    (x, y), place = draw.sample(range(len(rows)), 2), draw.choice(YEN)
    rows[:] = with_value(with_value(rows, x, place, 1), y, place, 2**32)
    return with_value(with_value(rows, x, place, 2**32), y, place, 1)


def swapped(draw: random.Random, rows: list[Row]) -> list[Row]:
    """Two amounts of a row change places."""
    at, (one, other) = draw.randrange(len(rows)), draw.sample(YEN, 2)
    return with_value(with_value(rows, at, one, rows[at][other]), at, other, rows[at][one])


def twice(draw: random.Random, rows: list[Row]) -> list[Row]:
    return [*rows, draw.choice(rows)]


def gone(draw: random.Random, rows: list[Row]) -> list[Row]:
    at = draw.randrange(len(rows))
    return rows[:at] + rows[at + 1 :]


def rekeyed(draw: random.Random, rows: list[Row]) -> list[Row]:
    """A part of a key changes by a blank, a quote, a separator, or is gone."""
    at, place = draw.randrange(len(rows)), draw.choice([NAMES.index("tsuchisho_no"), NAMES.index("jido_atena_no")])
    return with_value(rows, at, place, draw.choice((f"{rows[at][place]} ", "a'b", 'a","b', "1\n", None)))


FAULTY: tuple[Fault, ...] = (another, another, another, moved_yen, exchanged, folded, swapped, twice, gone, rekeyed)


def shuffled(draw: random.Random, rows: list[Row]) -> list[Row]:
    return draw.sample(rows, len(rows))


def test_every_planted_fault_is_found_and_nothing_else(
    connection: db.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    draw, planted, was = random.Random(20261127), 0, isolating._WIDE
    for number in range(FAULTS):
        monkeypatch.setattr(isolating, "_WIDE", 10**9 if number % 2 else was)
        left = ward(draw)
        if number % 7 == 0:
            left = twice(draw, left)
        right = shuffled(draw, FAULTY[number % len(FAULTY)](draw, left))
        expected = compare(SHAPE, left, right)
        planted += bool(expected.keys)  # an exchange of equal values is none
        a, b = sides(connection, SHAPE, left, right)
        screened = comparison.screen(connection, a, b, SHAPE)
        found = comparison.differences(connection, a, b, SHAPE)
        told = {name: [one.key for one in each.examples] for name, each in found.items.items()}
        assert screened.is_equal is found.is_equal is (not expected.keys), (number, screened.seed)
        assert told == {name: [key for key, *_ in each] for name, each in expected.items.items()}, number
        assert list(found.only_a.keys + found.only_b.keys) == expected.only_left + expected.only_right, number
        mine, theirs = (comparison.digests(connection, side, SHAPE) for side in (a, b))
        comparison.check_agreement(a, b, mine, theirs, found)
    assert planted > 450


def test_another_order_is_no_difference(connection: db.Connection) -> None:
    draw = random.Random(2)
    for _ in range(40):
        left = [row for row in ward(draw) for _ in range(draw.randrange(1, 3))]
        a, b = sides(connection, SHAPE, left, shuffled(draw, left))
        assert comparison.screen(connection, a, b, SHAPE).is_equal
        assert comparison.differences(connection, a, b, SHAPE).is_equal
        assert comparison.first_difference(connection, a, b, SHAPE) is None
        assert comparison.digests(connection, a, SHAPE) == comparison.digests(connection, b, SHAPE)
        (root, *below) = comparison.tree(connection, a, b, SHAPE)
        assert root.is_equal
        assert not below
