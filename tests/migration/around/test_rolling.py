"""Roll-forward: any ledger rolls to the yen, and every row that moves without a movement shows in its own cells."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables import db
from receivables.errors import InputRejectedError
from receivables.migration.control import Cell, Movement, ledger_balances, ledger_movements, roll_forward
from receivables.migration.control.rolling import SIGNS
from receivables.settings import State
from tests.ledger.conftest import Book, Row, claim, event

NHI = Cell("nhi_premium", 2025, "current")
OLD = Cell("nhi_premium", 2024, "arrears")
CELLS = st.builds(Cell, st.sampled_from(["nhi_premium", "resident_tax"]), st.integers(2023, 2026),
                  st.sampled_from(["current", "arrears"]))  # fmt: skip
YEN = st.integers(-(10**9), 10**9)
MOVEMENTS = st.lists(st.builds(Movement, CELLS, st.sampled_from(sorted(SIGNS)), YEN), max_size=30)


def test_the_printed_case_rolls() -> None:
    moved = [Movement(NHI, "assessed", 500), Movement(NHI, "received", 300), Movement(NHI, "written_off", 50),
             Movement(NHI, "corrected", -20)]  # fmt: skip
    assert roll_forward({NHI: 1_000}, {NHI: 1_130}, moved) == []


def test_one_yen_too_much_is_told_with_its_cell() -> None:
    (gap,) = roll_forward({NHI: 1_000}, {NHI: 801}, [Movement(NHI, "received", 200)])
    assert (gap.cell, gap.before_yen, gap.moved_yen, gap.expected_yen, gap.now_yen, gap.difference_yen) == (
        NHI, 1_000, -200, 800, 801, 1)  # fmt: skip


def test_a_row_that_moved_between_rehearsals_is_two_gaps_that_cancel() -> None:
    gaps = roll_forward({NHI: 1_000, OLD: 500}, {NHI: 700, OLD: 800}, [])
    assert {gap.cell: gap.difference_yen for gap in gaps} == {NHI: -300, OLD: 300}


def test_what_is_missing_on_one_side_is_zero_there() -> None:
    assert [gap.difference_yen for gap in roll_forward({NHI: 10}, {}, [])] == [-10]
    assert [gap.difference_yen for gap in roll_forward({}, {NHI: 10}, [])] == [10]
    assert [gap.difference_yen for gap in roll_forward({}, {}, [Movement(NHI, "assessed", 10)])] == [-10]


def applied(before: dict[Cell, int], movements: list[Movement]) -> dict[Cell, int]:
    """The same by hand: what comes in lowers, what is levied raises."""
    now = defaultdict(int, before)
    for each in movements:
        lowers = each.kind in ("received", "written_off")
        now[each.cell] += -each.yen if lowers else each.yen
    return dict(now)


@given(st.dictionaries(CELLS, YEN, max_size=8), MOVEMENTS)
def test_what_moved_as_told_has_no_gap(before: dict[Cell, int], movements: list[Movement]) -> None:
    assert roll_forward(before, applied(before, movements), movements) == []


@given(st.dictionaries(CELLS, YEN, max_size=8), MOVEMENTS, st.dictionaries(CELLS, YEN.filter(bool), max_size=4))
def test_every_untold_yen_is_found_where_it_is(
    before: dict[Cell, int], movements: list[Movement], untold: dict[Cell, int]
) -> None:
    now = defaultdict(int, applied(before, movements))
    for cell, yen in untold.items():
        now[cell] += yen
    assert {gap.cell: gap.difference_yen for gap in roll_forward(before, now, movements)} == untold


# -------- movements out of the ledger


@pytest.fixture(scope="session")
def ledger_state(new_state: Callable[[], State]) -> State:
    """A ledger of its own; readable as the migrator reads it."""
    state = new_state()
    with db.connect(state) as connection:
        connection.execute("grant usage on schema ledger to migrator")
        connection.execute("grant select on all tables in schema ledger to migrator")
    return state


@pytest.fixture
def book(ledger_state: State) -> Iterator[Book]:
    found = Book(ledger_state, night=date(2026, 1, 1))
    found.tell([], [])
    yield found
    found.run("delete from ops.published_batch")


def published(book: Book, as_of: date) -> str:
    """The state of the last night as a batch of `as_of`."""
    name = f"{as_of:%Y%m%d}_{len(book.through):02}"
    book.run("insert into ops.published_batch values (%s, %s, default, false, 'm', %s)", name, as_of, book.through[-1])
    return name


def told(book: Book, claims: list[Row], events: list[Row], as_of: date) -> str:
    book.tell(claims, events)
    return published(book, as_of)


def between(book: Book, before: str, now: str) -> tuple[dict[Cell, int], dict[Cell, int], list[Movement]]:
    with db.connect(book.state, "migrator", doing="roll") as connection:
        return (ledger_balances(connection, before), ledger_balances(connection, now),
                ledger_movements(connection, before, now))  # fmt: skip


def rolls(book: Book, before: str, now: str) -> dict[tuple[str, str], int]:
    """Asserts that the two batches roll; returns kind and category of what moved with its yen."""
    first, last, moved = between(book, before, now)
    assert roll_forward(first, last, moved) == []
    found: dict[tuple[str, str], int] = defaultdict(int)
    for each in moved:
        found[each.kind, each.cell.collection_category] += each.yen
    return dict(found)


def test_new_claims_receipts_corrections_and_write_offs_are_told_by_kind(book: Book) -> None:
    before = told(book, [claim("a"), claim("b"), claim("gone", 700)], [event("p1", "a")], date(2026, 3, 1))
    now = told(
        book,
        [claim("a", 9_000), claim("b"), claim("new", 4_000)],
        [event("p1", "a"), event("p2", "a", yen=2_500), event("w", "b", "written_off", 10_000)],
        date(2026, 3, 20),
    )
    assert rolls(book, before, now) == {
        ("assessed", "current"): 4_000, ("corrected", "current"): -1_000 - 700,
        ("received", "current"): 2_500, ("written_off", "current"): 10_000,
    }  # fmt: skip


def test_money_that_went_back_is_negative_receipts(book: Book) -> None:
    before = told(book, [claim("a")], [event("p1", "a", yen=12_000)], date(2026, 3, 1))
    now = told(book, [claim("a")], [event("p1", "a", yen=12_000), event("r", "a", "refunded", 2_000)],
               date(2026, 3, 20))  # fmt: skip
    assert rolls(book, before, now) == {("received", "current"): -2_000}


def test_the_closing_of_the_books_carries_the_balance_over(book: Book) -> None:
    known = [claim("a")], [event("p1", "a", yen=4_000)]
    before = told(book, *known, date(2026, 5, 31))
    now = told(book, known[0], [*known[1], event("p2", "a", yen=1_000)], date(2026, 6, 1))
    assert rolls(book, before, now) == {
        ("carried", "current"): -6_000, ("carried", "arrears"): 6_000, ("received", "arrears"): 1_000,
    }  # fmt: skip


def test_a_claim_told_for_another_year_moves_whole(book: Book) -> None:
    before = told(book, [claim("a")], [event("p1", "a")], date(2026, 6, 2))
    now = told(book, [claim("a", fiscal_year=2024)], [event("p1", "a")], date(2026, 6, 3))
    first, last, moved = between(book, before, now)
    assert roll_forward(first, last, moved) == []
    assert {(each.kind, each.cell.fiscal_year): each.yen for each in moved} == {
        ("carried", 2025): -9_000, ("carried", 2024): 9_000}  # fmt: skip


def test_a_receipt_taken_back_is_told_as_such(book: Book) -> None:
    before = told(book, [claim("a")], [event("p1", "a")], date(2026, 6, 2))
    now = told(book, [claim("a")], [], date(2026, 6, 3))
    assert rolls(book, before, now) == {("received", "arrears"): -1_000}


def test_batches_the_other_way_round_or_unknown_are_refused(book: Book) -> None:
    before = told(book, [claim("a")], [], date(2026, 6, 2))
    now = told(book, [claim("a", 5)], [], date(2026, 6, 3))
    with pytest.raises(InputRejectedError, match="later than"):
        between(book, now, before)
    with pytest.raises(InputRejectedError, match="20990101_01"):
        between(book, before, "20990101_01")


def test_any_two_nights_of_a_busy_ledger_roll(book: Book) -> None:
    """Nights of a deterministic hand-made quarter: every pair of them rolls, whatever came between."""
    nights: list[str] = []
    for night in range(5):
        claims: list[Row] = [
            claim(f"c{at}", 1_000 * at + 100 * (night if at % 3 == 0 else 0), fiscal_year=2024 + (at + night // 3) % 3)
            for at in range(1, 9 + night)
            if (at + night) % 7
        ]
        events: list[Row] = [event(f"p{at}", f"c{at % 9}", yen=137 * at) for at in range(1, 12 + 3 * night)]
        events += [event(f"w{at}", f"c{at}", "written_off", 50) for at in range(night)]
        events += [event(f"r{at}", f"c{at}", "refunded", 90) for at in range(2, 2 + night)]
        nights.append(told(book, claims, events, date(2026, 5, 29 + night) if night < 3 else date(2026, 6, night)))
    moved: list[Any] = []
    for at, before in enumerate(nights):
        for now in nights[at + 1 :]:
            moved.append(rolls(book, before, now))
    assert all(moved)
    assert any(("carried", "arrears") in each for each in moved)
