"""What the comparison refuses, what it says of well-known faults, and that it notices when it is itself deceived."""

from datetime import date
from typing import Any

import pytest
from psycopg import sql

from receivables import db
from receivables.errors import InputRejectedError, InvariantBrokenError
from receivables.migration import comparison
from receivables.migration.comparison import Shape, Side, isolating, pairing
from receivables.standard import Item
from tests.migration.comparison.brute_force import Row, sides

ITEMS = tuple(
    Item(no=no, column=column, name=name, type=kind, length=None, key=column == "no")
    for no, (column, name, kind) in enumerate(
        (("no", "通知書番号", "text"), ("kamoku", "科目", "code"), ("name", "氏名", "text"), ("day", "納期限", "date"),
         ("honzei", "本税", "yen"), ("entaikin", "延滞金", "yen"), ("tokusoku", "督促手数料", "yen")), start=1)
)  # fmt: skip
SHAPE = Shape(("no",), ITEMS, ("kamoku",))
PLAIN: Row = ("1", "25", "神谷", date(2026, 6, 30), 1_000, 200, 100)


def changed(row: Row, **values: Any) -> Row:
    return tuple(values.get(item.column, value) for item, value in zip(ITEMS, row, strict=True))


def rows(count: int) -> list[Row]:
    return [changed(PLAIN, no=f"{number:06}", honzei=1_000 + number, entaikin=number % 5, tokusoku=100 * (number % 2))
            for number in range(count)]  # fmt: skip


def compared(
    connection: db.Connection, left: list[Row], right: list[Row], shape: Shape = SHAPE
) -> comparison.Comparison:
    return comparison.differences(connection, *sides(connection, shape, left, right), shape)


@pytest.mark.parametrize(
    ("column", "a", "b", "kind"),
    [
        ("honzei", 100, 101, "amount"),
        ("honzei", None, 0, "null-vs-zero"),
        ("honzei", 5, None, "null-vs-value"),
        ("name", None, "", "null-vs-empty"),
        ("name", "神\u3000谷", "神 谷", "whitespace-or-width"),
        ("name", "神谷 ", "神谷", "whitespace-or-width"),
        ("name", "ｶﾐﾔ", "カミヤ", "whitespace-or-width"),
        ("name", "\ufa19谷", "神谷", "character"),
        ("name", "葛\U000e0100西", "葛西", "character"),
        ("name", "\ue000谷", "神谷", "character"),
        ("name", "神谷", "神田", "attribute"),
        ("name", "abc", "Abc", "attribute"),
        ("day", date(2026, 6, 30), date(2026, 7, 1), "date"),
        ("day", None, date(9999, 12, 31), "date-sentinel"),
        ("day", None, date(2026, 7, 1), "null-vs-value"),
    ],
)
def test_a_difference_has_its_class(connection: db.Connection, column: str, a: Any, b: Any, kind: str) -> None:
    left, right = changed(PLAIN, **{column: a}), changed(PLAIN, **{column: b})
    found = compared(connection, [left], [right])
    assert {name: each.kinds for name, each in found.items.items()} == {column: {kind: 1}}
    first = comparison.first_difference(connection, *sides(connection, SHAPE, [left], [right]), SHAPE)
    assert first is not None
    assert [(each.column, each.kind) for each in first.items] == [(column, kind)]


def test_columns_that_changed_places_are_told_even_where_some_rows_are_equal(connection: db.Connection) -> None:
    left = rows(40)
    right = [changed(row, entaikin=row[6], tokusoku=row[5]) for row in left]
    found = compared(connection, left, right)
    swapped = comparison.transpositions(connection, Side("W", sql.Identifier("left_rows")),
                                        Side("G", sql.Identifier("right_rows")), SHAPE, found)  # fmt: skip
    (one,) = swapped
    different = sum(row[5] != row[6] for row in left)
    assert (one.one, one.other, one.rows, one.is_whole) == ("entaikin", "tokusoku", different, True)
    assert different < 40
    assert comparison.cause_of(found.items["entaikin"], swapped, {}, SHAPE) == (
        f"transposition suspected（入替えの疑い） 督促手数料[tokusoku] と {different} 行"
    )


def test_an_item_filled_from_another_column_is_told(connection: db.Connection) -> None:
    left = rows(10)
    a, b = sides(connection, SHAPE, left, [changed(row, entaikin=row[4]) for row in left])
    found = comparison.differences(connection, a, b, SHAPE)
    wrong = comparison.wrong_columns(connection, a, b, SHAPE, found)
    assert wrong == {"entaikin": "honzei"}
    assert "列の取違えの疑い） 本税[honzei] の値" in comparison.cause_of(found.items["entaikin"], [], wrong, SHAPE)


def test_a_value_taken_from_another_item_is_no_exchange(connection: db.Connection) -> None:
    left = rows(10)
    a, b = sides(connection, SHAPE, left, [changed(row, honzei=row[5], entaikin=row[5] + 7) for row in left])
    found = comparison.differences(connection, a, b, SHAPE)
    assert set(found.items) == {"honzei", "entaikin"}
    assert not comparison.transpositions(connection, a, b, SHAPE, found)


def test_null_that_became_zero_is_told_by_key(connection: db.Connection) -> None:
    left = [changed(row, honzei=None) for row in rows(3)]
    right = [changed(left[0], honzei=0), changed(left[1], honzei=0, name="x"), left[2]]
    found = compared(connection, left, right)
    assert found.items["honzei"].nulls_became_zero == 2
    kept = connection.execute("select no, is_null_became_zero from differing_key order by no").fetchall()
    assert kept == [("000000", True), ("000001", False)]
    assert "空が0になった、プロファイルの空値" in comparison.cause_of(
        found.items["honzei"], [], {}, SHAPE, is_profile=True
    )


def test_keys_with_separators_are_not_mixed_up(connection: db.Connection) -> None:
    shape = Shape(("no", "name"), ITEMS)
    left = [changed(PLAIN, no="a", name="b,c"), changed(PLAIN, no="a,b", name="c", honzei=2)]
    right = [changed(PLAIN, no="a", name="b,c"), changed(PLAIN, no="a,b", name="c", honzei=3)]
    found = compared(connection, left, right, shape)
    assert [each.key for each in found.items["honzei"].examples] == [("a,b", "c")]


def test_a_null_in_the_key_is_a_key(connection: db.Connection) -> None:
    left, right = [changed(PLAIN, no=None)], [changed(PLAIN, no=None, honzei=1)]
    found = compared(connection, left, right)
    assert [each.key for each in found.items["honzei"].examples] == [(None,)]
    assert not found.only_a.rows + found.only_b.rows


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ("bigint", "integer", "'honzei' is bigint in W and integer in G"),
        ("double precision", "double precision", "has no exact comparison"),
        ("numeric", "numeric", "yen are whole numbers"),
        ("character(3)", "character(3)", "has no exact comparison"),
    ],
)
def test_types_that_are_not_exact_or_not_the_same_are_refused(
    connection: db.Connection, left: str, right: str, said: str
) -> None:  # fmt: skip
    a, b = (
        Side(name, sql.SQL("(select '1'::text as no, null::" + kind + " as honzei)"))
        for name, kind in (("W", left), ("G", right))
    )
    with pytest.raises(InputRejectedError, match=said):
        comparison.screen(connection, a, b, Shape(("no",), (ITEMS[0], ITEMS[4])))


def test_a_comparison_that_loses_a_row_says_so(connection: db.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    left = rows(50)
    a, b = sides(connection, SHAPE, left, [changed(row, honzei=0) for row in left])

    def losing(*arguments: Any) -> None:
        isolating.take(*arguments)
        connection.execute("delete from rest_a where c0 = '000007'")

    monkeypatch.setattr(pairing, "take", losing)
    with pytest.raises(InvariantBrokenError, match="do not make up the difference"):
        comparison.differences(connection, a, b, SHAPE)


def test_a_digest_that_contradicts_the_rows_is_no_result(connection: db.Connection) -> None:
    a, b = sides(connection, SHAPE, rows(3), rows(3))
    mine = comparison.digests(connection, a, SHAPE)
    other = comparison.Digests(mine.segments, "0" * 64)
    with pytest.raises(InvariantBrokenError, match="the rows are equal and their canonical digests differ"):
        comparison.check_agreement(a, b, mine, other, comparison.screen(connection, a, b, SHAPE))
    found = compared(connection, rows(3), rows(2))
    with pytest.raises(InvariantBrokenError, match="the rows are different and their canonical digests agree"):
        comparison.check_agreement(a, b, mine, mine, found)


def test_the_digest_is_what_its_description_says(connection: db.Connection) -> None:
    from hashlib import sha256

    row = ("あ", "25", None, date(2026, 6, 30), -5, 0, None)
    a, _ = sides(connection, SHAPE, [row], [])
    form = "t3:あt2:25Nd10:2026-06-30y2:-5y1:0N".encode()
    segment = sha256(sha256(form).digest()).digest()
    found = comparison.digests(connection, a, SHAPE)
    assert found.segments == {("25",): segment.hex()}
    assert found.total == sha256(b"t2:25" + segment).hexdigest()


def test_settings_of_the_planner_are_left_as_they_were(connection: db.Connection) -> None:
    a, b = sides(connection, SHAPE, rows(3), rows(2))
    connection.execute("set local enable_sort = on")
    comparison.differences(connection, a, b, SHAPE)
    for name in ("enable_sort", "enable_mergejoin"):
        assert connection.execute(f"show {name}").fetchone() == ("on",)  # type: ignore[call-overload]


def test_text_is_compared_by_its_bytes_whatever_the_database_forgives(connection: db.Connection) -> None:
    compared(connection, [changed(PLAIN, name="a")], [changed(PLAIN, name="A")])
    assert connection.execute("select distinct pg_collation_for(c2) from taken_a").fetchone() == ('"C"',)


def test_an_exchange_between_two_rows_changes_the_last_bit_of_a_sum_too(connection: db.Connection) -> None:
    """A sum over rows whose columns are only joined by exclusive or never changes in its last bit."""
    left = rows(4)
    right = [changed(left[0], name="x"), left[1], left[2], changed(left[3], name="y")]
    other = [changed(left[0], name="y"), left[1], left[2], changed(left[3], name="x")]
    a, b = sides(connection, SHAPE, right, other)
    found = [comparison.screen(connection, a, b, SHAPE, seed=seed) for seed in range(24)]
    assert {(one.lanes_a[0] - one.lanes_b[0]) % 2 for one in found} == {0, 1}
