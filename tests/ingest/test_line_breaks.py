"""後期高齢者医療保険料 (CP932 CSV): line breaks, commas and broken quotes in cells never lose a row silently (F14)."""

import hashlib
from datetime import date
from pathlib import Path

import pytest

from .conftest import Desk
from .files import DAY

CLAIMS = "年度,通知書番号,期別,被保険者番号,宛名番号,氏名,住所,納期限,保険料額,督促状発付日,督促状到達日,督促状指定期限,不納欠損日,不納欠損額,状態区分,備考"  # noqa: E501
RECEIPTS = "収納番号,通知書番号,期別,領収日,収入日,保険料収納額,延滞金収納額,収納額合計,納付方法,速報区分,備考"
TWO_LINES = '"世田谷区\nメゾン101"'


def claim(no: int, address: str = '"世田谷区"', remark: str = '""') -> str:
    return f"2025,{no:010d},01,{no:08d},{no:015d},世田谷　花子,{address},R7.07.31,12000,,,,,0,0,{remark}"


def put(
    drop: Path, rows: list[str], *, count: int | None = None, day: date = DAY, header: str = CLAIMS,
    yen: int | None = None,
) -> Path:  # fmt: skip
    folder = drop / "latter_stage"
    folder.mkdir(parents=True, exist_ok=True)
    receipt = '000000000017,0000000001,01,R7.07.20,R7.07.25,12000,0,12000,02,0,"振替,\n再依頼"'
    said = "ファイル名,件数,金額合計,SHA256\r\n"
    for name, heading, body, sum_yen in (
        ("CHOTEI", header, rows, 12_000 * len(rows) if yen is None else yen),
        ("SHUNO", RECEIPTS, [receipt], 12_000),
    ):
        file = folder / f"KOKI_{name}_{day:%Y%m%d}.csv"
        file.write_bytes("\r\n".join([heading, *body, ""]).encode("cp932"))
        rows_said = count if count is not None and name == "CHOTEI" else len(body)
        said += f"{file.name},{rows_said},{sum_yen},{hashlib.sha256(file.read_bytes()).hexdigest()}\r\n"
    (folder / f"soufu_{day:%Y%m%d}.csv").write_bytes(said.encode())
    return folder / f"KOKI_CHOTEI_{day:%Y%m%d}.csv"


def test_breaks_and_commas_in_cells_are_kept_and_counted_as_one_row(desk: Desk) -> None:
    put(desk.drop, [claim(1, TWO_LINES), claim(2, remark='"A,B\nC\nD"'), claim(3, '"世田谷区 ""い"" 棟"')])

    found = desk.take("latter_stage")

    assert {batch.state for batch in found.values()} == {"loaded"}, found["claims"].reason
    assert found["claims"].accepted_rows == 3
    assert desk.ask("select address, remark, _line_no from vault.latter_stage__claims order by notice_no") == [
        ("世田谷区\nメゾン101", None, 2), ("世田谷区", "A,B\nC\nD", 4), ('世田谷区 "い" 棟', None, 7)
    ]  # fmt: skip
    assert desk.ask("select remark from vault.latter_stage__receipts") == [("振替,\n再依頼",)]


BROKEN = {
    "never closed": (claim(2, '"世田谷区'), "FIELD_COUNT"),
    "never opened": (claim(2, '世田谷区"'), "ACCEPTED"),
    "a stray one inside": (claim(2, '"世田"谷区"'), "FIELD_COUNT"),
    "a comma without quotes": (claim(2, "世田谷区,メゾン"), "FIELD_COUNT"),
    "a stray one in a number": (claim(2).replace("00000002,", '000"0002,', 1), "DIGITS"),
}


@pytest.mark.parametrize(("row", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_quote_spoils_its_own_row_among_rows_of_several_lines(desk: Desk, row: str, reason: str) -> None:
    put(desk.drop, [claim(1, TWO_LINES), row, claim(3, TWO_LINES), *(claim(no, TWO_LINES) for no in range(4, 60))])

    claims = desk.take("latter_stage")["claims"]

    wanted = {} if reason == "ACCEPTED" else {4: reason}
    assert (claims.state, desk.quarantine()) == ("loaded", wanted), claims.reason
    assert claims.accepted_rows == 59 - len(wanted)
    assert claims.unexplained_yen == 0


def test_two_lines_torn_apart_are_more_rows_than_declared_and_refuse_the_file(desk: Desk) -> None:
    put(desk.drop, [claim(1), claim(2, TWO_LINES[:-1]), claim(3)])

    claims = desk.take("latter_stage")["claims"]

    assert (claims.state, claims.reason_code) == ("rejected", "CONTROL_TOTAL")
    assert desk.is_untouched()


PAIRS = {
    "with rows between": ['"電話', '""', '来庁"'],
    "next to each other": ['"電話', '来庁"'],
    "of empty cells": ['"', '""', '""', '"'],
}


@pytest.mark.parametrize("remarks", PAIRS.values(), ids=PAIRS)
def test_two_broken_quotes_swallow_no_row_between_them(desk: Desk, remarks: list[str]) -> None:
    """Together they make one well-formed record of several rows; but a cell that holds a whole row is none."""
    bare = [claim(no, "世田谷区", remark) for no, remark in enumerate(remarks, start=2)]
    put(desk.drop, [claim(1, TWO_LINES), *bare, claim(9, TWO_LINES)])

    claims = desk.take("latter_stage")["claims"]

    assert claims.state == "loaded", claims.reason
    assert claims.accepted_rows + claims.quarantined_rows == 2 + len(remarks)
    assert set(desk.quarantine()) <= {4, 3 + len(remarks)}
    assert desk.quarantine()[4] == "FIELD_COUNT"


def test_a_cell_of_several_lines_may_hold_many_commas(desk: Desk) -> None:
    put(desk.drop, [claim(1, remark=f'"一覧\n{",".join("あ" * 20)}\n以上"'), claim(2)])

    claims = desk.take("latter_stage")["claims"]

    assert (claims.state, claims.accepted_rows, desk.quarantine()) == ("loaded", 2, {}), claims.reason
