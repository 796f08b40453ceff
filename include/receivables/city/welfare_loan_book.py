"""The welfare section's loan ledger (福祉資金貸付金 償還台帳): one sheet of four funds, kept by hand.

A 小計 row follows each volume (冊), yen are text with commas, and days are typed as 和暦 or Excel has made
its own dates of them; the last row says 総計.
"""

from datetime import date
from random import Random

from receivables.city.bills import Bill, known
from receivables.city.blocks import Block
from receivables.city.books import Book, Cells, Formula, grouped, number, typed, ungrouped, wareki
from receivables.city.papers import Department, Paper, is_settled
from receivables.city.planting import Fate, Fault, Row, duplicated
from receivables.city.welfare_loans import welfare_loan_bills
from receivables.city.written_names import written_name

_NOTES = ("連帯保証人より入金", "生活保護受給開始", "転居、新住所を照会中", "面談の約束あり")
_BOOK = Book(
    "貸付金台帳",
    (
        "生活福祉課 福祉資金貸付金", "女性福祉資金・応急小口資金・母子福祉応急小口資金・区民生活事業資金", "償還台帳",
        "{day}現在", "単位：円（小計は冊ごと）",
    ),
    (
        "貸付番号", "冊", "資金種別", "宛名番号", "借受人氏名", "カナ", "連帯保証人", "貸付決定日", "回", "償還期限",
        "償還額", "入金日", "入金額", "督促発送日", "督促到達日", "督促期限", "状況", "備考",
    ),
    count_in="回", yen_in="償還額", received_in="入金額", subtotal_by="冊", total_label="総計",
)  # fmt: skip


def _rows(bills: list[Bill], day: date, block: Block) -> list[Row[Cells]]:
    """Volume by volume, as the ledger is kept; a 小計 row follows the last row of each."""
    typing = block.rng("welfare-loans-typing")
    rows = [_row(bill, day, block, typing) for bill in bills if bill.is_levied(day)]
    at = _BOOK.at("冊")
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        row.extra_lines = int(following is None or following.content[at] != row.content[at])
    return rows


def _row(bill: Bill, day: date, block: Block, typing: Random) -> Row[Cells]:
    seen = next(iter(bill.seen(day)), None)
    dunned_on = known(bill.dunned_on, day)
    name = written_name("welfare_loans", bill.debtor, day)
    cells: Cells = (
        bill.notice_no, f"{block.number + 1}-{bill.kind_code}", bill.kind_code, bill.debtor.addressee_no, name.written,
        name.kana, f"{name.family}　一" if bill.kind_code == "11" else None, typed(bill.contract_date, typing),
        bill.instalment_no, typed(bill.due_date, typing), grouped(bill.assessed_yen),
        typed(seen.receipt.paid_on if seen else None, typing), grouped(seen.receipt.principal_yen) if seen else None,
        wareki(dunned_on), wareki(known(bill.arrived_on, day)), wareki(bill.dunning_deadline if dunned_on else None),
        bill.remark_code or None, typing.choice(_NOTES) if typing.random() < 0.02 else None,
    )  # fmt: skip
    return Row(cells, bill.assessed_yen, bill.fiscal_year, bill, seen)


def _is_victim(row: Row[Cells], settled_by: date) -> bool:
    """An old row, but not one that 小計 follows: a second row beside it would not know on which side it stands."""
    assert row.bill
    return is_settled(row, settled_by) and not row.extra_lines and not row.bill.remark_code


def _faults() -> list[Fault[Cells]]:
    cell = _BOOK.cell
    return [
        Fault("P04", "CLAIM_TYPE", cell("資金種別", lambda _: "41")),  # a fund that nobody has told us of
        Fault("P07", "CONTRACT_DATE", cell("貸付決定日", lambda _: None), times=2),
        Fault("F24", "ERA", cell("貸付決定日", lambda _: "平成31年5月31日")),
        Fault("F27", "DATE", cell("償還期限", lambda _: 31)),  # somebody typed the day of the month alone
        Fault("F19", "DIGITS", cell("宛名番号", number)),  # a number cell: the leading zeros are lost
        Fault("F18", "FORMULA", cell("償還額", lambda old: Formula(f"={ungrouped(old)}*1")), is_amount_readable=False),
        Fault("F28", "AMOUNT", cell("償還額", lambda old: f"{old}円"), is_amount_readable=False),
        Fault("F28", "AMOUNT", cell("償還額", lambda _: "1,23,4"), is_amount_readable=False),
        Fault("F28", "NEGATIVE", cell("償還額", lambda old: f"-{old}"), is_negated=True),
        Fault("P02", "REQUIRED", cell("宛名番号", lambda _: None)),
        Fault("P04", "CODE", cell("状況", lambda _: "要確認")),
        Fault("F32", "KEY_CONFLICT", cell("償還期限", lambda _: "令和3年4月12日"), is_pair=True),
        Fault("P06", "CANCELLED_AT_SOURCE", cell("状況", lambda _: "取消"), Fate.EXCLUDED),
        duplicated(1),
    ]


DEPARTMENT = Department(
    "welfare_loans",
    welfare_loan_bills,
    (
        Paper(
            "instalments", "福祉資金償還台帳_{date}.xlsx", _rows, _faults, _BOOK.form, _is_victim,
            tells_claims=True, tells_receipts=True, tells_provisional=False,
        ),
    ),
)  # fmt: skip
