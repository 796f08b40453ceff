"""The scholarship section's workbook (奨学資金返還台帳), as people keep it by hand.

Merged title rows, numbers kept as text for their leading zeros, dates as 和暦 text, a total row.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from random import Random

import xlsxwriter

from receivables.city.bills import Bill, known
from receivables.city.blocks import Block
from receivables.city.loans import loan_bills
from receivables.city.papers import Department, Kept, Paper, Tally
from receivables.city.planting import Fate, Fault, Row, duplicated

_SHEET = "返還台帳"
_MANY_ROWS = 100_000
_HEADER = (
    "貸付番号", "回", "宛名番号", "氏名", "フリガナ", "契約日", "返還期日", "返還額", "入金日", "入金額",
    "督促日", "到達日", "指定期限", "区分", "備考",
)  # fmt: skip
_COLUMN = {title: at for at, title in enumerate(_HEADER)}
_NOTES = ("本人より電話、分割を希望", "転居先を確認中", "連帯保証人へ通知済", "口座変更の届あり")
_ERAS = ((date(2019, 5, 1), "令和", 2018), (date(1989, 1, 8), "平成", 1988))
Cell = str | int | None


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula whose result the section's program never stored."""

    text: str


Cells = tuple[Cell | Formula, ...]


def _rows(bills: list[Bill], day: date, block: Block) -> list[Row[Cells]]:
    notes = block.rng("notes")
    return [_row(bill, day, notes) for bill in bills]


def _is_old(row: Row[Cells], settled_by: date) -> bool:
    assert row.bill is not None
    return row.bill.due_date < settled_by and not row.bill.remark_code


def _row(bill: Bill, day: date, notes: Random) -> Row[Cells]:
    seen = next(iter(bill.seen(day)), None)
    note = notes.choice(_NOTES) if notes.random() < 0.01 else None
    dunned_on = known(bill.dunned_on, day)
    cells: Cells = (
        bill.notice_no,
        bill.instalment_no,
        bill.debtor.addressee_no,
        bill.debtor.name.written,
        bill.debtor.name.kana,
        _wareki(bill.contract_date),
        _wareki(bill.due_date, is_short=notes.random() < 0.03),
        bill.assessed_yen,
        _wareki(seen.receipt.paid_on) if seen else None,
        seen.receipt.principal_yen if seen else None,
        _wareki(dunned_on),
        _wareki(known(bill.arrived_on, day)),
        _wareki(bill.dunning_deadline if dunned_on else None),
        bill.remark_code or None,
        note,
    )
    return Row(cells, bill.assessed_yen, bill.fiscal_year, bill, seen)


def _wareki(day: date | None, *, is_short: bool = False) -> str | None:
    """和暦 text as staff type it: 令和6年5月31日, 令和元年…, now and then R6.5.31."""
    if day is None:
        return None
    kanji, before = next((kanji, before) for first, kanji, before in _ERAS if day >= first)
    year = day.year - before
    if is_short:
        return f"{'R' if kanji == '令和' else 'H'}{year}.{day.month}.{day.day}"
    return f"{kanji}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def _write(rows: Iterator[Cells], tally: Tally, day: date, file: Path) -> None:
    with xlsxwriter.Workbook(str(file), {"constant_memory": tally.rows > _MANY_ROWS}) as book:
        created = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # the format knows no zone
        book.set_properties({"created": created, "title": "奨学資金貸付金 返還台帳"})
        sheet = book.add_worksheet(_SHEET)
        title = book.add_format({"bold": True, "align": "center"})
        sheet.merge_range(0, 0, 0, len(_HEADER) - 1, "奨学資金貸付金 返還台帳", title)
        sheet.merge_range(1, 0, 1, len(_HEADER) - 1, f"{_wareki(day)}現在", title)
        sheet.merge_range(2, 0, 2, len(_HEADER) - 1, "子ども・若者支援課（単位：円）", title)
        sheet.write_row(3, 0, _HEADER, title)
        for at, cells in enumerate(rows, start=4):
            _write_row(sheet, at, cells)
        _write_row(sheet, 4 + tally.rows, _total(tally))
        sheet.freeze_panes(4, 0)


def _write_row(sheet: object, at: int, cells: Cells) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, Formula):
            sheet.write_formula(at, column, cell.text, None, "")  # type: ignore[attr-defined]
        elif isinstance(cell, int):
            sheet.write_number(at, column, cell)  # type: ignore[attr-defined]
        elif cell:
            sheet.write_string(at, column, cell)  # type: ignore[attr-defined]


def _total(tally: Tally) -> Cells:
    """合計: the label, the rows and the yen the section itself counts."""
    total: list[Cell | Formula] = [None] * len(_HEADER)
    total[0], total[1] = "合計", tally.rows
    total[_COLUMN["返還額"]], total[_COLUMN["入金額"]] = tally.yen, tally.received_yen
    return tuple(total)


def _cell(title: str, spoil: Callable[[Cell | Formula], Cell | Formula]) -> Callable[[Cells], Cells]:
    at = _COLUMN[title]
    return lambda cells: (*cells[:at], spoil(cells[at]), *cells[at + 1 :])


def _number(cell: Cell | Formula) -> int:
    assert isinstance(cell, (str, int))
    return int(cell)


def _faults() -> list[Fault[Cells]]:
    return [
        Fault("F24", "ERA", _cell("返還期日", lambda _: "昭和64年2月1日")),
        Fault("F24", "ERA", _cell("返還期日", lambda _: "平成31年5月31日")),
        Fault("F19", "DIGITS", _cell("貸付番号", _number), times=2),  # a number cell: the leading zeros are lost
        Fault(
            "F18", "FORMULA", _cell("返還額", lambda old: Formula(f"={_number(old) // 2}*2")), is_amount_readable=False
        ),
        Fault("F28", "AMOUNT", _cell("返還額", lambda old: f"△{old}"), is_amount_readable=False),
        Fault("F28", "NEGATIVE", _cell("返還額", lambda old: -_number(old)), is_negated=True),
        Fault("P07", "CONTRACT_DATE", _cell("契約日", lambda _: None), times=2),
        Fault("P02", "REQUIRED", _cell("宛名番号", lambda _: None)),
        Fault("P04", "CODE", _cell("区分", lambda _: "要確認")),
        Fault("F32", "KEY_CONFLICT", _cell("返還期日", lambda _: "令和3年4月12日"), is_pair=True),
        Fault("P06", "CANCELLED_AT_SOURCE", _cell("区分", lambda _: "取消"), Fate.EXCLUDED, times=2),
        duplicated(1),
    ]


DEPARTMENT = Department(
    "scholarship",
    loan_bills,
    (
        Paper(
            "instalments", "奨学資金返還台帳_{date}.xlsx", _rows, _faults, Kept(_write, 5), _is_old,
            tells_claims=True, tells_receipts=True, tells_provisional=False,
        ),
    ),
)  # fmt: skip
