"""Figures of any published batch, derived again from the ledger alone: equal to the yen, whatever came later."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from handmade import AS_OF, Handmade

from receivables import ledger, warehouse
from receivables.errors import InputRejectedError, InvariantBrokenError

TOMORROW = AS_OF + timedelta(days=1)
Night = Callable[..., str]


@pytest.fixture(scope="module")
def world(handmade: Handmade) -> Handmade:
    handmade.person("1" * 15)
    handmade.tax("0000000001", assessed_yen=10_000)
    handmade.tax("0000000002", assessed_yen=20_000)
    handmade.tax_receipt("0000000001", "r1", principal_yen=10_000)
    return handmade


@pytest.fixture(scope="module")
def batches(world: Handmade, night: Night) -> list[str]:
    """A night, the same day again after a copy was sent anew, and the next day with a reversal."""
    first = night(world)
    # Sent again the same day: raw keeps only the second copy, the ledger both.
    world.run("update raw.resident_tax__receipts set principal_yen = 9000 where receipt_no = 'r1'")
    again = night(world)
    world.run("update raw.resident_tax__receipts set _known_to = %s where receipt_no = 'r1'", TOMORROW)
    world.tax_receipt("0000000002", "r2", principal_yen=20_500, known_from=TOMORROW)
    return [first, again, night(world, TOMORROW)]


def owed(world: Handmade, batch: str) -> int:
    return sum(cell.outstanding_yen for cell in ledger.figures(state=world.state, batch=batch).cells)


def test_every_batch_is_given_again_as_it_was_published(world: Handmade, batches: list[str]) -> None:
    found = [ledger.figures(state=world.state, batch=batch) for batch in batches]
    assert [one.is_as_published for one in found] == [True, True, True]
    assert [owed(world, batch) for batch in batches] == [20_000, 21_000, 10_000]
    assert [sum(cell.refund_pending_yen for cell in one.cells) for one in found] == [0, 0, 500]


def test_a_day_means_its_last_batch(world: Handmade, batches: list[str]) -> None:
    assert ledger.figures(state=world.state, as_of=AS_OF).published_batch == batches[1]
    assert ledger.figures(state=world.state, as_of=TOMORROW).published_batch == batches[2]


def test_what_was_told_differently_is_withdrawn_and_says_since_when(world: Handmade, batches: list[str]) -> None:
    assert batches
    told = world.run(
        "select amount_yen, recorded_on, withdrawn_on from mart.fct_claim_events"
        " where event_id like %s order by entry_no",
        "resident_tax:paid:%r1",
    )
    assert told == [(10_000, AS_OF, AS_OF), (9_000, AS_OF, TOMORROW)]


def test_a_batch_that_never_was_is_told(world: Handmade, batches: list[str]) -> None:
    with pytest.raises(InputRejectedError, match=batches[0]):
        ledger.figures(state=world.state, as_of=date(2020, 1, 1))


def test_a_stray_entry_is_found_by_both_checks(world: Handmade, batches: list[str]) -> None:
    world.run(
        "insert into ledger.claim_events (entry_no, event_id, claim_id, event_type, component_code, event_date,"
        " amount_yen, digest, recorded_on) select 0, 'stray', claim_id, 'paid', 'principal', %s, 1, 0, %s"
        " from ledger.claims_at((select max(through) from ledger.recording)) limit 1",  # one that still stands
        AS_OF, AS_OF,
    )  # fmt: skip
    with pytest.raises(InvariantBrokenError, match=batches[0]):
        ledger.verify(ledger.figures(state=world.state, batch=batches[0]))
    with pytest.raises(InvariantBrokenError, match="ledger_equals_claims"):
        warehouse.build_marts(as_of=TOMORROW, state=world.state)
