"""Files that bring only what is new (差分): earlier ones stay, a corrected one replaces its own day alone."""

from datetime import date

from receivables import db, ingest
from receivables.quarantine.worklist import open_rows
from tests.ingest.conftest import Desk

from . import zengin_files as bank

MAY, JUNE = date(2026, 5, 29), date(2026, 6, 29)


def put(desk: Desk, day: date, records: list[tuple[int, str]], *, month_day: str, first: int = 1) -> None:
    folder = desk.drop / "furikae"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"FURIKAE_KEKKA_{day:%Y%m%d}.txt"
    file.write_bytes(bank.file([*bank.block(records, month_day=month_day, first=first), bank.END]))


def known(desk: Desk) -> list[tuple[object, ...]]:
    return desk.ask(
        "select right(claim_no, 2), withdrawn_on, requested_yen, result_code from raw.furikae__results"
        " where _known_to is null order by 2, 1"
    )


def load_totals(desk: Desk) -> dict[date, tuple[int, int]]:
    found = desk.ask(
        "select business_date, rows, yen from ops.control_total inner join ops.load using (batch_id)"
        " where hop = 'load' and measure = 'requested_yen' and state = 'loaded'"
    )
    return {day: (rows, yen) for day, rows, yen in found}


def test_an_earlier_file_stays(desk: Desk) -> None:
    put(desk, MAY, [(1_000, "0"), (2_000, "1")], month_day="0527")
    put(desk, JUNE, [(1_000, "0")], month_day="0626")
    for day in (MAY, JUNE):
        assert desk.take("furikae", day=day)["results"].state == "loaded"

    assert known(desk) == [
        ("01", date(2026, 5, 27), 1_000, "0"), ("02", date(2026, 5, 27), 2_000, "1"),
        ("01", date(2026, 6, 26), 1_000, "0"),
    ]  # fmt: skip
    assert load_totals(desk) == {MAY: (2, 3_000), JUNE: (3, 4_000)}
    assert desk.ask("select count(*) from vault.furikae__results where _known_to is null") == [(3,)]


def test_far_fewer_rows_than_are_known_are_usual(desk: Desk) -> None:
    put(desk, MAY, [(1_000, "0")] * 300, month_day="0527")
    put(desk, JUNE, [(1_000, "0")], month_day="0626")
    assert {desk.take("furikae", day=day)["results"].state for day in (MAY, JUNE)} == {"loaded"}


def test_a_result_that_comes_again_changed_gets_a_version(desk: Desk) -> None:
    put(desk, MAY, [(1_000, "1"), (2_000, "1")], month_day="0527")
    put(desk, date(2026, 6, 3), [(1_000, "0")], month_day="0527")
    for day in (MAY, date(2026, 6, 3)):
        desk.take("furikae", day=day)

    assert known(desk) == [("01", date(2026, 5, 27), 1_000, "0"), ("02", date(2026, 5, 27), 2_000, "1")]
    assert desk.ask("select result_code, _known_to from raw.furikae__results where _known_to is not null") == [
        ("1", date(2026, 6, 3))]  # fmt: skip


def test_a_corrected_file_of_the_day_replaces_only_that_day(desk: Desk) -> None:
    put(desk, MAY, [(1_000, "1"), (2_000, "1")], month_day="0527")
    desk.take("furikae", day=MAY)
    before = known(desk)
    day = date(2026, 6, 3)
    put(desk, day, [(1_000, "0"), (7_000, "0")], month_day="0527")  # changes 01 and, wrongly, 02
    desk.take("furikae", day=day)
    put(desk, day, [(1_000, "0")], month_day="0527")
    refused = desk.take("furikae", day=day)["results"]
    assert refused.reason_code == "TWO_VERSIONS"
    ingest.approve(refused.batch_id, user="chief_tax", why="the bank corrected its file", state=desk.state)

    assert desk.take("furikae", day=day)["results"].state == "loaded"

    assert known(desk) == [("01", date(2026, 5, 27), 1_000, "0"), before[1]]
    assert load_totals(desk)[day] == (2, 3_000)


def test_rows_that_wait_of_an_earlier_file_still_wait(desk: Desk) -> None:
    put(desk, MAY, [(1_000, "5"), (2_000, "0")], month_day="0527")
    put(desk, JUNE, [(3_000, "0"), (4_000, "6")], month_day="0626")
    for day in (MAY, JUNE):
        desk.take("furikae", day=day)

    with db.connect(desk.state, doing="look") as connection:
        waiting = open_rows(connection)

    assert [(row.amount_yen, row.business_date) for row in sorted(waiting, key=lambda row: row.business_date)] == [
        (1_000, MAY), (4_000, JUNE)]  # fmt: skip


def test_the_same_bytes_of_two_files_wait_one_after_the_other(desk: Desk) -> None:
    for day, month_day in ((MAY, "0527"), (JUNE, "0626")):
        put(desk, day, [(1_000, "5"), (2_000, "0")], month_day=month_day)
        desk.take("furikae", day=day)

    def waiting() -> list[date]:
        with db.connect(desk.state, doing="look") as connection:
            return [row.business_date for row in open_rows(connection)]

    assert waiting() == [JUNE]
    desk.do(f"update quarantine.row set state = 'released' where batch_id like 'furikae-results-{JUNE:%Y%m%d}%'")
    assert waiting() == [MAY]
