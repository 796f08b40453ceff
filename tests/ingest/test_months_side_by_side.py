"""区営住宅使用料 (the manager's workbook): text with commas, a helper column not taken, sums of twelve months."""

from typing import Any

import pytest
import xlsxwriter

from .conftest import Desk

MONTHS = (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3)
HEADING = (
    "契約番号", "年度", "種別", "団地", "宛名番号", "氏名", "フリガナ", "契約日", "状態", "作業列",
    *(f"{month}月{what}" for month in MONTHS for what in ("", "入金", "入金日", "督促日")), "年間計", "入金計", "備考",
)  # fmt: skip


def flat(no: int = 1, **over: Any) -> dict[str, Any]:
    return {
        "契約番号": f"{no:08d}", "年度": 2025, "種別": "家賃", "団地": "区営第1アパート", "宛名番号": f"{no:015d}",
        "氏名": "世田谷　花子", "フリガナ": "セタガヤ　ハナコ", "契約日": "平成30年4月1日", "作業列": "=COUNTA(A5:B5)",
        "4月": "31,500", "4月入金": "31,500", "4月入金日": "令和7年4月28日", "5月": "31,500",
        "5月督促日": "令和7年6月30日", "年間計": "63,000", "入金計": "31,500",
    } | over  # fmt: skip


def put(desk: Desk, rows: list[dict[str, Any]], yen: int, heading: tuple[str, ...] = HEADING) -> None:
    folder = desk.drop / "ward_housing"
    folder.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(folder / "区営住宅使用料管理表_20260619.xlsx")) as book:
        sheet = book.add_worksheet("使用料管理")
        for at, title in enumerate(("管理表", "令和8年6月19日現在", "（単位：円）")):
            sheet.merge_range(at, 0, at, len(heading) - 1, title)
        sheet.write_row(3, 0, heading)
        for at, row in enumerate([*rows, {"契約番号": "合計", "年度": len(rows), "年間計": yen, "入金計": 0}], start=4):
            for title, value in row.items():
                column = heading.index(title)
                if isinstance(value, str) and not value.startswith("="):
                    sheet.write_string(at, column, value)
                else:
                    sheet.write(at, column, value)


def test_a_sheet_is_loaded_without_its_helper_column(desk: Desk) -> None:
    put(desk, [flat(1), flat(1, 種別="駐車場"), flat(2, **{"年間計": 63_000})], 189_000)
    book = desk.take("ward_housing")["rents"]
    assert (book.state, book.accepted_rows, book.accepted_yen) == ("loaded", 3, 189_000), book.reason
    assert desk.ask("select distinct assessed_04_yen, received_04_yen, assessed_06_yen, assessed_total_yen"
                    " from raw.ward_housing__rents") == [(31_500, 31_500, None, 63_000)]  # fmt: skip


WRONG = {
    "a comma out of place": ({"4月": "3,1500"}, "AMOUNT", "assessed_04_yen", 63_000),
    "a total with a comma out of place": ({"年間計": "6,3000"}, "AMOUNT", "assessed_total_yen", None),
    "a comma at the end": ({"5月": "31,500,"}, "AMOUNT", "assessed_05_yen", 63_000),
    "a month changed and not its total": ({"5月": "31,600"}, "SUM_MISMATCH", "assessed_total_yen", 63_000),
    "a payment changed and not its total": ({"4月入金": "1,500"}, "SUM_MISMATCH", "received_total_yen", 63_000),
    "less than nothing": ({"4月": "-31,500"}, "NEGATIVE", "assessed_04_yen", 63_000),
    "no contract day": ({"契約日": None}, "CONTRACT_DATE", "contract_date", 63_000),
}  # fmt: skip


@pytest.mark.parametrize(("values", "reason", "field", "amount"), WRONG.values(), ids=WRONG)
def test_a_wrong_row_is_quarantined_whole(
    desk: Desk, values: dict[str, Any], reason: str, field: str, amount: int | None
) -> None:
    put(desk, [flat(1), flat(2, **values), flat(3)], 189_000)
    book = desk.take("ward_housing")["rents"]
    assert (book.state, book.accepted_rows, book.unexplained_yen) == ("loaded", 2, 0), book.reason
    found = desk.ask("select line_no, reason_code, field, amount_yen from quarantine.row")
    assert found == [(6, reason, field, amount)]


def test_a_helper_column_nobody_agreed_on_refuses_the_book(desk: Desk) -> None:
    put(desk, [flat(1)], 63_000, heading=(*HEADING, "作業列2"))
    assert desk.take("ward_housing")["rents"].reason_code == "HEADER"
