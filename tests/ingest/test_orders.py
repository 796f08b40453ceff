"""Payments before their assessments, and payments of nothing (F30, F31): whatever the order, the end is the same."""

import itertools
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from receivables import db, warehouse
from receivables.ingest import checking, expectations, landing
from receivables.ingest.tables import create_tables
from receivables.settings import State

from .conftest import Desk
from .files import DAY, host_file, nhi_claim, nhi_receipt, put_nhi

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
# Five things that happen, one a day: two assessments, their payments, and a payment of no claim.
EVENTS = {"claim 1": nhi_claim(1), "claim 2": nhi_claim(2), "payment of 1": nhi_receipt(1, yen=5_000),
          "payment of 2": nhi_receipt(2, yen=700), "payment of nothing": nhi_receipt(9, yen=40)}  # fmt: skip
ANCHOR_CLAIM, ANCHOR_RECEIPT = nhi_claim(7), nhi_receipt(7, yen=100)  # a delivery is never empty
ORDERS = 12
ENDS = {
    "claims": "select notice_no, instalment_no, assessed_yen from raw.nhi__claims where _known_to is null order by 1",
    "receipts": "select receipt_no, notice_no, received_yen from raw.nhi__receipts where _known_to is null order by 1",
}
ALLOCATED = "select source_receipt_key, allocation_state, received_yen from intermediate.int_receipts__allocated"


@pytest.fixture(scope="module")
def place(new_state: Callable[[], State]) -> State:
    made = new_state()
    create_tables(made)
    return made


@pytest.fixture
def own(place: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(expectations, "validate", lambda *_, **__: None)
    monkeypatch.setattr(checking, "documents", lambda **_: None)
    monkeypatch.setattr(landing, "SETTLE_SECONDS", 0)
    return Desk(place, tmp_path)


def empty(desk: Desk) -> None:
    desk.do("truncate ops.load, raw.nhi__claims, raw.nhi__receipts, vault.nhi__claims cascade")


def deliver(desk: Desk, names: tuple[str, ...], day: date) -> None:
    """The full copies of a day on which `names` had happened."""
    claims = [ANCHOR_CLAIM, *(EVENTS[name] for name in names if name.startswith("claim"))]
    receipts = [ANCHOR_RECEIPT, *(EVENTS[name] for name in names if name.startswith("payment"))]
    yen = 100 + sum(int(row[78 - 9 : 78]) for row in receipts[1:])
    put_nhi(desk.drop, host_file(claims, yen=12_000 * len(claims), day=day),
            host_file(receipts, width=120, yen=yen, day=day), day=day)  # fmt: skip
    found = desk.take("nhi", day=day)
    assert {batch.state for batch in found.values()} <= {"loaded", "duplicate"}, [one.reason for one in found.values()]


def end_of(desk: Desk, order: tuple[str, ...]) -> tuple[object, ...]:
    empty(desk)
    for days in range(1, len(order) + 1):
        deliver(desk, order[:days], DAY + timedelta(days))
    return tuple(tuple(desk.ask(query)) for query in ENDS.values())


def allocated(desk: Desk, day: date) -> dict[str, tuple[str, int]]:
    warehouse.prepare(as_of=day, state=desk.state)
    with db.connect(desk.state) as connection:
        rows = connection.execute(ALLOCATED.encode()).fetchall()
    return {str(key)[-4:]: (str(state), int(str(yen))) for key, state, yen in rows}


def test_the_order_of_deliveries_changes_nothing(own: Desk) -> None:
    orders = list(itertools.permutations(EVENTS))
    chosen = [orders[0], orders[-1], *random.Random(30).sample(orders, ORDERS - 2)]

    ends = {end_of(own, order) for order in chosen}

    assert len(ends) == 1
    assert allocated(own, DAY + timedelta(5)) == {
        "0001": ("allocated", 5_000), "0002": ("allocated", 700), "0007": ("allocated", 100), "0009": ("orphan", 40)
    }  # fmt: skip


def test_a_late_parent_takes_its_orphan_in(own: Desk) -> None:
    empty(own)
    deliver(own, ("payment of 1",), DAY + timedelta(1))
    assert allocated(own, DAY + timedelta(1)) == {"0001": ("orphan", 5_000), "0007": ("allocated", 100)}

    deliver(own, ("payment of 1", "claim 1"), DAY + timedelta(2))

    assert allocated(own, DAY + timedelta(2)) == {"0001": ("allocated", 5_000), "0007": ("allocated", 100)}
