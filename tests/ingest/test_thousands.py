"""学童クラブ利用料 (CSV with some columns in 千円): an amount in the wrong unit never becomes a claim."""

import hashlib

import yaml

from receivables.settings import STAGING

from .conftest import Desk

META = yaml.safe_load((STAGING / "after_school/_after_school.yml").read_text(encoding="utf-8"))
HEADER = META["sources"][0]["tables"][0]["config"]["meta"]["header"]


def month(no: int, **over: str) -> dict[str, str]:
    row = dict.fromkeys(HEADER, "") | {
        "年度": "2025", "通知番号": f"{no:010d}", "回": "1", "保護者宛名番号": f"{no:015d}",
        "児童宛名番号": f"{no + 500:015d}", "保護者氏名": "世田谷　花子", "保護者カナ": "セタガヤ　ハナコ",
        "基本利用料（円）": "5000", "延長利用料（円）": "1000", "調定額（円）": "6000", "調定額（千円）": "6",
        "調定日": "20250410", "納期限": "20250430", "収入済額（円）": "0", "収入済額（千円）": "0",
        "不納欠損額（円）": "0", "状態区分": "0",
    }  # fmt: skip
    return row | over


def put(desk: Desk, rows: list[dict[str, str]], yen: int) -> None:
    folder = desk.drop / "after_school"
    folder.mkdir(parents=True)
    content = "".join(",".join(cells) + "\r\n" for cells in [HEADER, *(row.values() for row in rows)]).encode("cp932")
    (folder / "bop_riyouryou_20260619.csv").write_bytes(content)
    note = f"ファイル名,件数,金額合計,SHA256\r\nbop_riyouryou_20260619.csv,{len(rows)},{yen},"
    (folder / "soufu_20260619.csv").write_text(note + hashlib.sha256(content).hexdigest() + "\r\n", encoding="utf-8")


def test_thousands_become_yen_whichever_way_a_row_is_read(desk: Desk) -> None:
    """A row with quotes is read alone, others in a block; both hold yen."""
    put(desk, [month(1), month(2, 摘要='"変更あり\n（届出済）"'), month(3)], 18_000)
    book = desk.take("after_school")["instalments"]
    assert (book.state, book.accepted_rows, book.accepted_yen) == ("loaded", 3, 18_000), book.reason
    found = desk.ask("select assessed_yen, book_assessed_yen, _line_no from raw.after_school__instalments order by 3")
    assert found == [(6_000, 6_000, 2), (6_000, 6_000, 3), (6_000, 6_000, 5)]


def test_a_month_in_thousands_is_quarantined_as_a_broken_sum(desk: Desk) -> None:
    """Its own parts agree with each other: only the column in 千円 tells that 6 is 6,000."""
    wrong = {"基本利用料（円）": "5", "延長利用料（円）": "1", "調定額（円）": "6"}
    quoted = {"摘要": '"変更あり\n（届出済）"'}
    put(desk, [month(1), month(2, **wrong), month(3, **wrong, **quoted)], 6_012)
    book = desk.take("after_school")["instalments"]
    assert (book.state, book.accepted_rows, book.accepted_yen) == ("loaded", 1, 6_000), book.reason
    found = desk.ask("select line_no, reason_code, field, amount_yen from quarantine.row order by 1")
    assert found == [
        (3, "SUM_MISMATCH", "book_assessed_yen", 6),
        (4, "SUM_MISMATCH", "book_assessed_yen", 6),
    ]
