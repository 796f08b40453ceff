"""The ledger only grows: corrections are withdrawals, every night can be read again, order of arrival is forgotten."""

from datetime import date
from itertools import permutations

import pytest

from receivables.db import DatabaseError
from tests.ledger.conftest import Book, claim, event


def test_a_night_told_twice_enters_nothing(book: Book) -> None:
    told = [claim("a")], [event("p1", "a")]
    assert book.tell(*told).recorded == 2
    again = book.tell(*told)
    assert (again.recorded, again.withdrawn, again.through) == (0, 0, book.through[0])


def test_a_row_that_only_moved_in_its_file_enters_nothing(book: Book) -> None:
    book.tell([claim("a", line_no=2)], [event("p1", "a", line_no=3)])
    assert book.tell([claim("a", line_no=900)], [event("p1", "a", line_no=901)]).recorded == 0


def test_a_reversed_receipt_is_withdrawn_and_the_earlier_night_still_knows_it(book: Book) -> None:
    book.tell([claim("a")], [event("p1", "a", yen=4_000)])
    done = book.tell([claim("a")], [])
    assert (done.recorded, done.withdrawn) == (0, 1)
    assert book.balances()["a"] == (0, 0, 10_000)
    assert book.balances(0)["a"] == (4_000, 0, 6_000)


def test_a_receipt_posted_to_another_claim_is_withdrawn_and_entered_anew(book: Book) -> None:
    """付替."""
    book.tell([claim("a"), claim("b")], [event("p1", "a", yen=10_000)])
    book.tell([claim("a"), claim("b")], [event("p1", "b", yen=10_000)])
    assert book.balances() == {"a": (0, 0, 10_000), "b": (10_000, 0, 0)}
    assert book.balances(0) == {"a": (10_000, 0, 0), "b": (0, 0, 10_000)}


def test_a_reassessment_leaves_what_was_over_paid_to_be_given_back(book: Book) -> None:
    """減額更正: 10,000 was paid, 7,000 is owed now; 2,000 of the rest went back."""
    book.tell([claim("a", 10_000)], [event("p1", "a", yen=10_000)])
    book.tell([claim("a", 7_000)], [event("p1", "a", yen=10_000)])
    assert book.balances()["a"] == (10_000, 3_000, 0)
    book.tell([claim("a", 7_000)], [event("p1", "a", yen=10_000), event("r1", "a", "refunded", 2_000)])
    assert book.balances()["a"] == (8_000, 1_000, 0)


def test_no_more_goes_back_than_came(book: Book) -> None:
    """One of the two books is behind: the claim is owed whole, not more than whole."""
    book.tell([claim("a", 10_000)], [event("p1", "a", yen=4_000), event("r1", "a", "refunded", 5_000)])
    assert book.balances()["a"] == (0, 0, 10_000)


def test_charges_and_letters_pay_no_principal(book: Book) -> None:
    charge = event("p1:charge", "a", yen=300, component_code="delinquency_charge")
    book.tell([claim("a")], [event("p1", "a", yen=500), charge, event("d1", "a", "dunned", None)])
    assert book.balances()["a"] == (500, 0, 9_500)


def test_a_receipt_without_its_claim_waits_for_it(book: Book) -> None:
    book.tell([], [event("p1", None, yen=4_000)])
    assert book.balances() == {}
    book.tell([claim("a")], [event("p1", "a", yen=4_000)])
    assert book.balances()["a"] == (4_000, 0, 6_000)


FACTS = [
    event("p1", "a", yen=4_000),
    event("p2", "a", yen=7_000, event_date=date(2025, 9, 1)),
    event("r1", "a", "refunded", 500),
    event("w1", "b", "written_off", 2_000),
    event("d1", "b", "dunned", None, issued_on=date(2025, 7, 15)),
]


@pytest.mark.parametrize("order", list(permutations(range(len(FACTS))))[::10])
def test_in_whatever_order_facts_arrive_the_end_is_the_same(book: Book, order: tuple[int, ...]) -> None:
    claims = [claim("a"), claim("b")]
    for night in range(1, len(order) + 1):
        book.tell(claims, [FACTS[at] for at in order[:night]])
    assert book.balances() == {"a": (10_500, 500, 0), "b": (0, 0, 8_000)}
    assert [row[0] for row in book.events()] == ["d1", "p1", "p2", "r1", "w1"]


def test_a_night_repeated_for_an_earlier_day_keeps_what_the_later_one_published(book: Book) -> None:
    book.tell([claim("a")], [event("p1", "a", yen=1_000)])
    book.tell([claim("a")], [event("p1", "a", yen=1_000), event("p2", "a", yen=2_000)])
    book.tell([claim("a")], [event("p1", "a", yen=1_000)])
    assert [book.balances(night)["a"][0] for night in range(3)] == [1_000, 3_000, 1_000]


@pytest.mark.parametrize(
    "change", ["update ledger.{} set recorded_on = recorded_on", "delete from ledger.{}", "truncate ledger.{}"]
)
@pytest.mark.parametrize("table", ["claims", "claim_events"])
def test_nobody_changes_an_entry(book: Book, change: str, table: str) -> None:
    book.tell([claim("a")], [event("p1", "a")])
    with pytest.raises(DatabaseError, match="P0001"):
        book.run(change.format(table))
