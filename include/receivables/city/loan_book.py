"""The scholarship section's workbook (奨学資金返還台帳), as people keep it by hand.

Merged title rows, numbers kept as text for their leading zeros, dates as 和暦 text, a total row.
"""

from datetime import date
from random import Random

from receivables.city.bills import Bill, known
from receivables.city.blocks import Block
from receivables.city.books import Book, Cells, Formula, number, wareki
from receivables.city.loans import loan_bills
from receivables.city.papers import Department, Paper
from receivables.city.planting import Fate, Fault, Row, duplicated
from receivables.city.written_names import written_name

_NOTES = ("本人より電話、分割を希望", "転居先を確認中", "連帯保証人へ通知済", "口座変更の届あり")
_BOOK = Book(
    "返還台帳",
    ("奨学資金貸付金 返還台帳", "{day}現在", "子ども・若者支援課（単位：円）"),
    (
        "貸付番号", "回", "宛名番号", "氏名", "フリガナ", "契約日", "返還期日", "返還額", "入金日", "入金額",
        "督促日", "到達日", "指定期限", "区分", "備考",
    ),
    count_in="回", yen_in="返還額", received_in="入金額",
)  # fmt: skip


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
    name = written_name("scholarship", bill.debtor, day)
    cells: Cells = (
        bill.notice_no,
        bill.instalment_no,
        bill.debtor.addressee_no,
        name.written,
        name.kana,
        wareki(bill.contract_date),
        wareki(bill.due_date, is_short=notes.random() < 0.03),
        bill.assessed_yen,
        wareki(seen.receipt.paid_on) if seen else None,
        seen.receipt.principal_yen if seen else None,
        wareki(dunned_on),
        wareki(known(bill.arrived_on, day)),
        wareki(bill.dunning_deadline if dunned_on else None),
        bill.remark_code or None,
        note,
    )
    return Row(cells, bill.assessed_yen, bill.fiscal_year, bill, seen)


def _faults() -> list[Fault[Cells]]:
    cell = _BOOK.cell
    return [
        Fault("F24", "ERA", cell("返還期日", lambda _: "昭和64年2月1日")),
        Fault("F24", "ERA", cell("返還期日", lambda _: "平成31年5月31日")),
        Fault("F19", "DIGITS", cell("貸付番号", number), times=2),  # a number cell: the leading zeros are lost
        Fault(
            "F18", "FORMULA", cell("返還額", lambda old: Formula(f"={number(old) // 2}*2")), is_amount_readable=False
        ),
        Fault("F28", "AMOUNT", cell("返還額", lambda old: f"△{old}"), is_amount_readable=False),
        Fault("F28", "NEGATIVE", cell("返還額", lambda old: -number(old)), is_negated=True),
        Fault("P07", "CONTRACT_DATE", cell("契約日", lambda _: None), times=2),
        Fault("P02", "REQUIRED", cell("宛名番号", lambda _: None)),
        Fault("P04", "CODE", cell("区分", lambda _: "要確認")),
        Fault("F32", "KEY_CONFLICT", cell("返還期日", lambda _: "令和3年4月12日"), is_pair=True),
        Fault("P06", "CANCELLED_AT_SOURCE", cell("区分", lambda _: "取消"), Fate.EXCLUDED, times=2),
        duplicated(1),
    ]


DEPARTMENT = Department(
    "scholarship",
    loan_bills,
    (
        Paper(
            "instalments", "奨学資金返還台帳_{date}.xlsx", _rows, _faults, _BOOK.form, _is_old,
            tells_claims=True, tells_receipts=True, tells_provisional=False,
        ),
    ),
)  # fmt: skip
