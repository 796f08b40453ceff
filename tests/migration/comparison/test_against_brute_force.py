"""The engine beside a comparison in plain Python, on random tables of the edition's own groups."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from receivables import db, standard
from receivables.migration import comparison
from receivables.migration.comparison import Shape, isolating
from receivables.standard import Item
from tests.migration.comparison.brute_force import Row, compare, sides, text

GROUPS = [group for group in standard.edition("0.1-draft").groups.values() if group.items and group.key]
TEXTS = ("", " ", "0", "a", "A", "a ", "　a", "神", "\ufa19", "か\u3099", "が", "葛", "葛\U000e0100", "葛\U000e0101",
         "\ue000", "〓", "ｱ", "ア", "㈱", "(株)", "'", '"', "\n", "\t", "|", ",", "a|b", "N", "t1:a", "null", "\\N",
         "髙")  # fmt: skip
NUMBERS = (0, 1, -1, 2, 10, 2**31 - 1, -(2**31), 2**32, 2**32 + 1, 2**32 - 1, 2**63 - 1, -(2**63))
DAYS = (date(1, 1, 1), date(1989, 1, 7), date(1989, 1, 8), date(2026, 6, 19), date(9999, 12, 31))
VALUES: dict[str, tuple[Any, ...]] = {
    "yen": NUMBERS, "int": NUMBERS, "year": (0, 1, 2025, 2026, -1), "date": DAYS,
    "decimal": (Decimal("0"), Decimal("1.5"), Decimal("-0.01"), Decimal("1E+20")),
    "time": ("", "00:00:00", "09:30:00"),
}  # fmt: skip


def of(item: Item) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(VALUES.get(item.type, TEXTS))


@st.composite
def tables(draw: st.DrawFn) -> tuple[Shape, list[Row], list[Row]]:
    """Some items of a group, a key of up to three of them, and two tables of a few rows that have much in common."""
    group = draw(st.sampled_from(GROUPS))
    items = tuple(draw(st.lists(st.sampled_from(group.items), min_size=2, max_size=8, unique=True)))
    key = tuple(item.column for item in draw(st.permutations(items)))[: draw(st.integers(1, min(3, len(items))))]
    segment = tuple(item.column for item in items[: draw(st.integers(0, 2))])
    row = st.tuples(*(of(item) for item in items))
    pool = draw(st.lists(row, min_size=1, max_size=6))
    some = st.lists(st.sampled_from(pool), max_size=8)
    left = draw(some)
    right = draw(st.permutations(left)) if draw(st.booleans()) else draw(some)
    for _ in range(draw(st.integers(0, 3))):
        if right:
            at, place = draw(st.integers(0, len(right) - 1)), draw(st.integers(0, len(items) - 1))
            changed = list(right[at])
            changed[place] = draw(of(items[place]))
            right = [*right[:at], tuple(changed), *right[at + 1 :]]
    return Shape(key, items, segment), left, list(right)


@pytest.fixture(params=[4, 10**9], ids=["narrow", "wide"])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Both ways through: few leaves differ, or so many that all rows are joined and the first is sought by halves."""
    monkeypatch.setattr(isolating, "_WIDE", request.param)
    monkeypatch.setattr("receivables.migration.comparison.first._FEW", 1)
    return int(request.param)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=tables())
def test_exactly_what_differs_is_found(
    made: tuple[Shape, list[Row], list[Row]], connection: db.Connection, width: int
) -> None:  # fmt: skip
    shape, left, right = made
    a, b = sides(connection, shape, left, right)
    expected, is_equal = compare(shape, left, right), Counter(left) == Counter(right)

    screened = comparison.screen(connection, a, b, shape)
    assert (screened.is_equal, screened.rows_a, screened.rows_b) == (is_equal, len(left), len(right))

    first = comparison.first_difference(connection, a, b, shape)
    assert (first.key if first else None) == (expected.keys[0] if expected.keys else None)

    found = comparison.differences(connection, a, b, shape)
    assert {
        name: [(one.key, one.a, one.b, one.kind) for one in each.examples] for name, each in found.items.items()
    } == {name: [(key, text(p), text(q), k) for key, p, q, k in each] for name, each in expected.items.items()}
    assert {name: each.kinds for name, each in found.items.items()} == {
        name: dict(Counter(k for *_, k in each)) for name, each in expected.items.items()
    }
    yen = {item.column for item in shape.amounts}
    assert {name: (each.rows, each.yen, each.net_yen) for name, each in found.items.items()} == {
        name: (len(each), *((sum(abs((q or 0) - (p or 0)) for _, p, q, _ in each),
                             sum((q or 0) - (p or 0) for _, p, q, _ in each)) if name in yen else (0, 0)))
        for name, each in expected.items.items()
    }  # fmt: skip
    assert (list(found.only_a.keys), list(found.only_b.keys)) == (expected.only_left, expected.only_right)
    assert (found.only_a.further, found.only_b.further) == (expected.further_left, expected.further_right)
    kept = ", ".join(f'"{name}"' for name in shape.key)
    kept_keys = connection.execute(f"select {kept} from differing_key").fetchall()  # type: ignore[call-overload]
    assert Counter(kept_keys) == Counter(expected.keys)
    assert found.keys == len(expected.keys)

    mine, theirs = (comparison.digests(connection, side, shape) for side in (a, b))
    assert (mine == theirs) is is_equal
    comparison.check_agreement(a, b, mine, theirs, screened)
    comparison.check_agreement(a, b, mine, theirs, found)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=tables())
def test_the_tree_ends_in_the_rows_that_differ(
    made: tuple[Shape, list[Row], list[Row]], connection: db.Connection
) -> None:  # fmt: skip
    shape, left, right = made
    a, b = sides(connection, shape, left, right)
    nodes = comparison.tree(connection, a, b, shape, open_at_most=10**6, rows_at_most=10**6)
    expected = compare(shape, left, right)
    assert nodes[0].level == "total"
    assert nodes[0].rows == (len(left), len(right))
    # A row whose segment differs is in two branches, once on each side.
    assert {one.path[-1] for one in nodes if one.level == "row"} == set(expected.keys)
    names = [item.column for item in shape.items]
    for level, column in enumerate(shape.segment, start=1):
        told = {one.path: one.rows for one in nodes if one.level == column and len(one.path) == level}
        places = [names.index(name) for name in shape.segment[:level]]
        for path, rows in told.items():
            assert rows == tuple(
                sum(tuple(row[at] for at in places) == path for row in table) for table in (left, right)
            )  # fmt: skip
    assert all(one.is_equal != one.is_open for one in nodes if one.level != "row")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=tables())
def test_repeated_keys_are_counted_over_the_whole_side(
    made: tuple[Shape, list[Row], list[Row]], connection: db.Connection
) -> None:  # fmt: skip
    shape, left, right = made
    names = [item.column for item in shape.items]
    for side, rows in zip(sides(connection, shape, left, right), (left, right), strict=True):
        keys = Counter(tuple(row[names.index(name)] for name in shape.key) for row in rows)
        assert comparison.repeated_rows(connection, side, shape) == sum(count - 1 for count in keys.values())
