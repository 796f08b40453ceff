"""Days after an era's end (改元後の旧元号): converted and counted where agreed, quarantined elsewhere."""

from collections.abc import Callable

from .conftest import Desk
from .files import host_file, loan, nhi_claim, put_loans, put_nhi

CONVERTED = "select column_name, reason_code, rows::int from ops.conversion order by 1"
PRINTED_BEFORE = [nhi_claim(1, due_date=b"4310501"), nhi_claim(2, due_date=b"4320401"), nhi_claim(3)]


def test_heisei_after_its_end_is_quarantined_where_nothing_is_agreed(desk: Desk) -> None:
    put_nhi(desk.drop, host_file(PRINTED_BEFORE, yen=36_000))

    claims = desk.take("nhi")["claims"]

    assert (claims.accepted_rows, desk.quarantine()) == (1, {2: "ERA", 3: "ERA"})
    assert desk.ask(CONVERTED) == []


def test_heisei_after_its_end_is_converted_and_counted_where_it_is_agreed(
    desk: Desk, amend: Callable[..., None]
) -> None:
    amend("nhi__claims", "due_date", era_overrun=True)
    impossible = [nhi_claim(4, due_date=b"3640108"), nhi_claim(5, dunned=b"4310501")]
    put_nhi(desk.drop, host_file([*PRINTED_BEFORE, *impossible], yen=60_000))

    claims = desk.take("nhi")["claims"]

    assert (claims.accepted_rows, desk.quarantine()) == (3, {5: "ERA", 6: "ERA"}), claims.reason
    assert desk.ask("select due_date::text from raw.nhi__claims order by notice_no") == [
        ("2019-05-01",), ("2020-04-01",), ("2025-06-30",)]  # fmt: skip
    assert desk.ask(CONVERTED) == [("due_date", "ERA_OVERRUN", 2)]


def test_a_workbook_too(desk: Desk, amend: Callable[..., None]) -> None:
    amend("scholarship__instalments", "due_date", era_overrun=True)
    put_loans(desk.drop, [loan(1, 返還期日="平成３２年４月１日"), loan(2, 返還期日="平成34年2月30日")], yen=16_000)

    book = desk.take("scholarship")["instalments"]

    assert (book.accepted_rows, desk.quarantine()) == (1, {6: "ERA"}), book.reason
    assert desk.ask(CONVERTED) == [("due_date", "ERA_OVERRUN", 1)]
