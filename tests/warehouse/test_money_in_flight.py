"""Money in flight on the ward: told by a channel, not yet shown by a department; it stops letters and is no revenue."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from receivables import db
from receivables.settings import State

pytestmark = pytest.mark.postgres


def rows(state: State, query: str) -> list[tuple[Any, ...]]:
    with db.connect(state) as connection:
        return connection.execute(query.encode()).fetchall()


def shop_notices(ward: Path) -> dict[str, set[str]]:
    """Kinds of notice by 収納番号, read from the file's bytes; spoilt records left out."""
    found: dict[str, set[str]] = defaultdict(set)
    (file,) = (ward / "convenience").glob("SHUNO_*.DAT")
    for record in file.read_bytes().split(b"\r\n"):
        if record[:1] == b"2" and len(record) == 80 and record[44:53].isdigit() and record[1:2] in b"123":
            found[record[16:28].decode()].add(record[1:2].decode())
    return found


def test_there_is_money_of_every_state(published: State) -> None:
    states = dict(rows(published, "select state, count(*) from intermediate.int_payments__announced group by 1"))
    assert {"in_flight", "shown", "booked", "cancelled", "failed"} <= states.keys()
    assert "orphan" not in states or states["orphan"] < states["booked"]


def test_every_claim_with_money_in_flight_is_kept_from_letters(published: State) -> None:
    query = """
        select count(*) from mart.wl_in_flight as waiting
        inner join mart.fct_claims as claims using (claim_id)
        where waiting.state = 'in_flight' and claims.provisional_yen < waiting.paid_yen
    """
    assert rows(published, query) == [(0,)]
    assert rows(published, "select count(*) > 0 from mart.wl_in_flight where state = 'in_flight'") == [(True,)]


def test_it_is_never_revenue(published: State) -> None:
    query = """
        select count(*)
        from mart.fct_claims as claims
        left join (
            select claim_id, sum(principal_yen) as yen from intermediate.int_receipts__allocated
            where not is_provisional group by claim_id
        ) as booked using (claim_id)
        left join (
            select claim_id, sum(amount_yen) as yen from intermediate.int_claim_events__unioned
            where event_type in ('refunded', 'offset') group by claim_id
        ) as went_back using (claim_id)
        where claims.received_yen <> coalesce(booked.yen, 0) - coalesce(went_back.yen, 0)
    """
    assert rows(published, query) == [(0,)]


def test_what_a_shop_took_back_is_not_on_its_way(published: State, ward: Path) -> None:
    told = shop_notices(ward)
    taken_back = {number for number, kinds in told.items() if "3" in kinds}
    waiting = {
        payment.partition(":")[2]
        for (payment,) in rows(published, "select payment_id from mart.wl_in_flight where channel = 'convenience'")
    }
    assert taken_back
    assert not waiting & taken_back


def test_each_payment_counts_once_however_often_it_is_told(published: State, ward: Path) -> None:
    told = shop_notices(ward)
    assert any({"1", "2"} <= kinds for kinds in told.values())
    found = rows(published, "select payment_count from mart.agg_receipt_lag where channel = 'convenience'")
    spoilt = rows(published, "select count(*) from quarantine.row where source = 'convenience'")[0][0]
    assert len(told) - spoilt <= found[0][0] <= len(told)


def test_the_lag_of_each_channel_is_measured(published: State) -> None:
    found = {
        channel: days
        for channel, *days in rows(
            published,
            "select channel, median_days_to_notice, median_days_to_books, p90_days_to_books from mart.agg_receipt_lag",
        )
    }
    assert found.keys() == {"convenience", "bank_debit", "payment_agent", "el_qr"}
    assert all(None not in days and days[1] <= days[2] for days in found.values()), found
    assert found["el_qr"][1] < found["convenience"][1] < found["payment_agent"][2]
