"""奨学資金 (a section's Excel ledger): what Excel and people do to a sheet, and what is done about it."""

import re
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from .conftest import Desk
from .files import HEADING, loan, put_loans

GOOD = [loan(1), loan(2), loan(3)]


def test_a_clean_ledger_is_loaded_with_its_zeros_and_dates(desk: Desk) -> None:
    put_loans(desk.drop, [loan(1, 入金日="R7.7.5", 入金額=3_000), loan(2), loan(3)], yen=24_000)

    book = desk.take("scholarship")["instalments"]

    assert (book.state, book.accepted_rows, book.accepted_yen) == ("loaded", 3, 24_000), book.reason
    assert desk.ask(
        "select loan_no, addressee_no, contract_date::text, due_date::text, paid_on::text, received_yen, _line_no"
        " from raw.scholarship__instalments order by 1 limit 1"
    ) == [("0000001", "000000000000001", "2019-04-01", "2025-06-30", "2025-07-05", 3_000, 5)]
    assert desk.ask("select person_name from vault.scholarship__instalments limit 1") == [("世田谷　花子",)]


ROW_FAULTS = {
    "Excel ate the zeros": ({"貸付番号": 9}, "DIGITS", "loan_no", 8_000),
    "a day out of the era": ({"返還期日": "平成31年5月1日"}, "ERA", "due_date", 8_000),
    "Excel made it a date": ({"返還期日": 45_838}, "DATE", "due_date", 8_000),
    "no contract day": ({"契約日": None}, "CONTRACT_DATE", "contract_date", 8_000),
    "yen as text": ({"返還額": "８千円"}, "AMOUNT", "assessed_yen", None),
    "half a yen": ({"返還額": 8_000.5}, "AMOUNT", "assessed_yen", None),
    "a formula nobody computed": ({"入金額": "=1+1"}, "FORMULA", "received_yen", 8_000),
    "another remark": ({"区分": "様子見"}, "CODE", "remark_code", 8_000),
    "a My Number in the remark": ({"備考": "1234 5678 9018"}, "MY_NUMBER", "remark", 8_000),
}  # fmt: skip


@pytest.mark.parametrize(("values", "reason", "field", "amount"), ROW_FAULTS.values(), ids=ROW_FAULTS)
def test_a_bad_row_is_quarantined_with_its_cells(
    desk: Desk, values: dict[str, Any], reason: str, field: str, amount: int | None
) -> None:
    put_loans(desk.drop, [GOOD[0], loan(9, **values), GOOD[1]], yen=24_000)

    book = desk.take("scholarship")["instalments"]

    assert book.state == "loaded", book.reason
    found = desk.ask("select line_no, reason_code, field, amount_yen from quarantine.row")
    assert found == [(6, reason, field, amount)]
    assert (book.accepted_rows, book.quarantined_yen, book.unexplained_yen) == (2, 8_000, 0)
    assert "世田谷　花子" in desk.ask("select raw from quarantine.row")[0][0].decode()


def test_a_cell_that_excel_holds_as_a_date_is_no_wareki(desk: Desk) -> None:
    put_loans(desk.drop, [GOOD[0], loan(2, 返還期日=date(2025, 6, 30).isoformat())], yen=16_000)
    desk.take("scholarship")

    assert desk.quarantine() == {6: "DATE"}


def test_cancelled_repeated_and_blank_rows(desk: Desk) -> None:
    put_loans(desk.drop, [*GOOD, loan(9, 区分="取消"), {}, GOOD[0]], yen=40_000, count=5)

    book = desk.take("scholarship")["instalments"]

    assert (book.accepted_rows, book.excluded_rows, book.duplicate_rows) == (3, 1, 1), book.reason
    assert desk.set_aside() == {8: "CANCELLED_AT_SOURCE", 10: "DUPLICATE_ROW"}


BATCH_FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a heading renamed": ({"heading": ["貸付No", *HEADING[1:]]}, "HEADER", "貸付番号 is missing"),
    "a heading more": ({"heading": [*HEADING, "担当"]}, "HEADER", "16 fields"),
    "last week's ledger": ({"stated": "令和8年6月12日現在"}, "STALE", "2026-06-12"),
    "no date": ({"stated": "最新版"}, "HEADER", "A2"),
    "no total row": ({"has_total": False}, "TRUNCATED", "合計"),
    "a yen less": ({"yen": 23_999}, "CONTROL_TOTAL", "23999 yen"),
    "a row more": ({"count": 4}, "TRUNCATED", "declares 4 rows"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "reason", "part"), BATCH_FAULTS.values(), ids=BATCH_FAULTS)
def test_a_ledger_not_as_agreed_is_refused_whole(desk: Desk, given: dict[str, Any], reason: str, part: str) -> None:
    file = put_loans(desk.drop, GOOD, **{"yen": 24_000, **given})

    book = desk.take("scholarship")["instalments"]

    assert (book.state, book.reason_code) == ("rejected", reason), book.reason
    assert str(book.reason).startswith(f"scholarship, file {file.name}: {reason}: ")
    assert part in str(book.reason)
    assert desk.is_untouched()


def test_columns_may_stand_in_another_order(desk: Desk) -> None:
    put_loans(desk.drop, GOOD, yen=24_000, heading=list(reversed(HEADING)))

    assert desk.take("scholarship")["instalments"].accepted_rows == 3


@pytest.mark.parametrize("kept", [0, 1, 100, 3_000, -1])
def test_a_workbook_cut_short_is_refused(desk: Desk, kept: int) -> None:
    file = put_loans(desk.drop, GOOD, yen=24_000)
    file.write_bytes(file.read_bytes()[:kept])

    assert desk.take("scholarship")["instalments"].reason_code == "UNREADABLE"
    assert desk.is_untouched()


def test_macros_and_bombs_are_refused_unopened(desk: Desk) -> None:
    for name, content in (("xl/vbaProject.bin", b"x"), ("xl/media/big.xml", b"\0" * (300 << 20))):
        file = put_loans(desk.drop, GOOD, yen=24_000)
        with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as package:
            package.writestr(name, content)

        assert desk.take("scholarship")["instalments"].reason_code == "UNREADABLE", name
    assert desk.is_untouched()


def test_what_is_no_workbook_at_all_is_refused(desk: Desk) -> None:
    file = put_loans(desk.drop, GOOD, yen=24_000)
    file.write_text("貸付番号,1\n", encoding="utf-8")

    assert desk.take("scholarship")["instalments"].reason_code == "UNREADABLE"


def rewritten(file: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """The workbook with one of its parts changed."""
    with zipfile.ZipFile(file) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    assert change(parts[part]) != parts[part]
    parts[part] = change(parts[part])
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)


ACTIVE: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "an external entity (F18)": (
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"?>", b'?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', 1), "UNREADABLE"),
    "a hidden sheet (F18)": (
        "xl/workbook.xml", lambda xml: xml.replace(b"<sheet ", b'<sheet state="hidden" ', 1), "HEADER"),
    "a very hidden sheet (F18)": (
        "xl/workbook.xml", lambda xml: xml.replace(b"<sheet ", b'<sheet state="veryHidden" ', 1), "HEADER"),
    "a sheet that lies elsewhere (F17)": (
        "xl/_rels/workbook.xml.rels", lambda xml: xml.replace(b"worksheets/", b"../../../etc/", 1), "UNREADABLE"),
    "broken XML": ("xl/worksheets/sheet1.xml", lambda xml: xml[:-20], "UNREADABLE"),
}  # fmt: skip


@pytest.mark.parametrize(("part", "change", "reason"), ACTIVE.values(), ids=ACTIVE)
def test_what_is_active_or_hidden_in_a_workbook_is_refused(
    desk: Desk, part: str, change: Callable[[bytes], bytes], reason: str
) -> None:
    file = put_loans(desk.drop, GOOD, yen=24_000)
    rewritten(file, part, change)

    assert desk.take("scholarship")["instalments"].reason_code == reason
    assert desk.is_untouched()


@pytest.mark.parametrize("part", ["xl/externalLinks/externalLink1.xml", "xl/activeX/a.bin", "xl/embeddings/b.zip",
                                  "xl/ddeLink.xml"])  # fmt: skip
def test_links_and_embedded_objects_are_refused(desk: Desk, part: str) -> None:
    file = put_loans(desk.drop, GOOD, yen=24_000)
    with zipfile.ZipFile(file, "a") as package:
        package.writestr(part, b"x")

    assert desk.take("scholarship")["instalments"].reason_code == "UNREADABLE"


def test_a_thousand_parts_are_refused(desk: Desk) -> None:
    file = put_loans(desk.drop, GOOD, yen=24_000)
    with zipfile.ZipFile(file, "a") as package:
        for number in range(1_001):
            package.writestr(f"xl/media/{number}.xml", b"")

    assert desk.take("scholarship")["instalments"].reason_code == "UNREADABLE"


def test_a_sheet_that_declares_fewer_rows_is_read_whole_or_refused(desk: Desk) -> None:
    """A sheet of 100 rows says A1:B10 (F19): never ten rows and silence."""
    file = put_loans(desk.drop, [loan(no) for no in range(1, 101)], yen=800_000)
    rewritten(
        file,
        "xl/worksheets/sheet1.xml",
        lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:B10"', xml),
    )

    book = desk.take("scholarship")["instalments"]

    assert (book.state, book.accepted_rows) == ("loaded", 100) or book.reason_code == "UNREADABLE", book.reason
