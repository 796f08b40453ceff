"""学校給食費 (a workbook kept by hand): 小計 rows, Excel's own dates, and what may never be taken for either."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from .conftest import Desk

HEADING = (
    "整理番号", "回", "年度", "学校", "学年", "対象", "宛名番号", "氏名", "フリガナ", "申込日", "納期限", "給食費",
    "入金日", "入金額", "督促日", "到達日", "指定期限", "状態", "備考",
)  # fmt: skip
Sheet = list[dict[str, Any]]


def lunch(no: int = 1, **over: Any) -> dict[str, Any]:
    return {
        "整理番号": f"{no:010d}", "回": 1, "年度": 2021, "学校": "第1小学校", "対象": "児童生徒",
        "宛名番号": f"{no:015d}", "氏名": "世田谷　花子", "フリガナ": "セタガヤ　ハナコ", "申込日": "平成31年4月5日",
        "納期限": "令和3年4月30日", "給食費": 4_500,
    } | over  # fmt: skip


def subtotal(rows: int, **over: Any) -> dict[str, Any]:
    return {"整理番号": "小　計", "回": rows, "給食費": "=SUBTOTAL(9,L5:L6)"} | over


def put(desk: Desk, rows: Sheet, count: int, yen: int, **options: Any) -> Path:
    folder = desk.drop / "school_lunch"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "給食費滞納整理簿_20260619.xlsx"
    with xlsxwriter.Workbook(str(file), options) as book:
        sheet, days = book.add_worksheet("滞納繰越"), book.add_format({"num_format": "yyyy/m/d"})
        for at, title in enumerate(("整理簿", "令和8年6月19日現在", "（単位：円）")):
            sheet.merge_range(at, 0, at, len(HEADING) - 1, title)
        sheet.write_row(3, 0, HEADING)
        for at, row in enumerate([*rows, {"整理番号": "合計", "回": count, "給食費": yen}], start=4):
            for title, value in row.items():
                column = HEADING.index(title)
                if isinstance(value, date):
                    sheet.write_datetime(at, column, value, days)
                elif isinstance(value, str) and not value.startswith("="):
                    sheet.write_string(at, column, value)
                else:
                    sheet.write(at, column, value)
    return file


def test_subtotals_are_no_claims_and_every_claim_is_loaded(desk: Desk) -> None:
    put(desk, [lunch(1), lunch(2), subtotal(2), lunch(3, 学校="第1中学校"), subtotal(1)], 3, 13_500)
    book = desk.take("school_lunch")["instalments"]
    assert (book.state, book.accepted_rows, book.accepted_yen, book.quarantined_rows) == ("loaded", 3, 13_500, 0)
    assert desk.ask("select _line_no from raw.school_lunch__instalments order by 1") == [(5,), (6,), (8,)]


@pytest.mark.parametrize("counted", [1, 3, None], ids=["too few", "too many", "nothing"])
def test_a_subtotal_that_counts_other_rows_refuses_the_book(desk: Desk, counted: int | None) -> None:
    put(desk, [lunch(1), lunch(2), subtotal(2, 回=counted)], 2, 9_000)
    book = desk.take("school_lunch")["instalments"]
    assert (book.state, book.reason_code) == ("rejected", "CONTROL_TOTAL")
    assert "row 7: the subtotal does not count the 2 rows above it" in str(book.reason)


def test_a_claim_that_says_subtotal_somewhere_is_still_a_claim(desk: Desk) -> None:
    put(desk, [lunch(1, 備考="小計"), lunch(2, 整理番号="小計"), lunch(3), subtotal(3)], 3, 13_500)
    book = desk.take("school_lunch")["instalments"]
    assert (book.state, book.accepted_rows, book.unexplained_yen) == ("loaded", 2, 0), book.reason
    assert desk.quarantine() == {6: "DIGITS"}


def test_days_of_excels_own_are_read_and_counted(desk: Desk) -> None:
    rows = [
        lunch(1, 納期限=date(2021, 4, 30)),
        lunch(2, 納期限=44_316),
        lunch(3),
        lunch(4, 納期限=31),
        lunch(5, 納期限=1.5),
    ]
    put(desk, [*rows, subtotal(5)], 5, 22_500)
    book = desk.take("school_lunch")["instalments"]
    assert (book.state, book.accepted_rows) == ("loaded", 3), book.reason
    assert desk.ask("select distinct due_date from raw.school_lunch__instalments") == [(date(2021, 4, 30),)]
    assert desk.quarantine() == {8: "DATE", 9: "DATE"}
    found = desk.ask("select column_name, reason_code, rows from ops.conversion")
    assert found == [("due_date", "EXCEL_DATE", 2)]


def test_a_book_that_counts_from_1904_is_refused(desk: Desk) -> None:
    """Every date in it would be four years and a day off."""
    put(desk, [lunch(1), subtotal(1)], 1, 4_500, date_1904=True)
    assert desk.take("school_lunch")["instalments"].reason_code == "UNREADABLE"
