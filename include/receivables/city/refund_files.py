"""The welfare section's ledger of refunds (返還金・徴収金債権管理): CP932 CSV of decisions and of receipts, 和暦.

A decision whose period runs over a change of the law stands in two rows, 分割番号 1 and 2; the row that was
not parted is a planted fault.
"""

from collections.abc import Callable
from datetime import date

from receivables.city.bills import Bill, SeenReceipt, known
from receivables.city.blocks import Block
from receivables.city.csv_cells import FOLDED, Cells, cell, era_day, form, quoted
from receivables.city.delivery_note import write_note
from receivables.city.papers import Department, Paper
from receivables.city.planting import Fate, Fault, Row, duplicated
from receivables.city.refunds import COLLECTION_78, REFUND_63, refund_bills
from receivables.city.written_names import written_name

_DECISIONS = (
    "年度", "決定番号", "分割番号", "回", "納入通知書番号", "法条", "責任区分", "支給対象期間自", "支給対象期間至",
    "決定日", "宛名番号", "氏名", "ケース番号", "返還対象額", "加算額", "調定額", "納付区分", "納期限", "督促状発付日",
    "督促状到達日", "督促状指定期限", "不納欠損日", "不納欠損額", "状態区分", "備考",
)  # fmt: skip
_RECEIPTS = ("収納番号", "決定番号", "分割番号", "回", "法条", "領収日", "収入日", "収納額", "納付方法", "速報区分")
_REMARKS = ("遡及年金による", "就労収入の申告漏れ,照会済", "資産調査中", "保護費からの充当の申出あり")
_AT_ONCE, _BY_INSTALMENTS = "1", "2"


def _decisions(bills: list[Bill], day: date, _: Block) -> list[Row[Cells]]:
    return [_decision(bill, day) for bill in bills if bill.is_levied(day)]


def _receipts(bills: list[Bill], day: date, _: Block) -> list[Row[Cells]]:
    return [_receipt(bill, seen) for bill in bills if bill.is_levied(day) for seen in bill.seen(day)]


def _decision(bill: Bill, day: date) -> Row[Cells]:
    assert bill.basis
    basis, debtor, dunned_on = bill.basis, bill.debtor, known(bill.dunned_on, day)
    base_yen, surcharge_yen = bill.parts_yen
    name = written_name("welfare_refund", debtor, day)
    cells: Cells = (
        str(bill.fiscal_year), basis.decision_no, str(basis.split_seq), str(bill.instalment_no), bill.notice_no,
        bill.kind_code, "1" if basis.is_office_error else "0", _day(basis.first), _day(basis.last),
        _day(basis.decided_on), debtor.addressee_no, name.written.translate(FOLDED),
        debtor.household_no[-8:], str(base_yen), str(surcharge_yen), str(bill.assessed_yen),
        _BY_INSTALMENTS if bill.remark_code else _AT_ONCE, _day(bill.due_date), _day(dunned_on),
        _day(known(bill.arrived_on, day)), _day(bill.dunning_deadline if dunned_on else None),
        _day(known(bill.written_off_on, day)), str(bill.written_off_by(day)), "0", quoted(_remark(bill)),
    )  # fmt: skip
    return Row(cells, bill.assessed_yen, bill.fiscal_year, bill)


def _receipt(bill: Bill, seen: SeenReceipt) -> Row[Cells]:
    assert bill.basis
    receipt = seen.receipt
    cells: Cells = (
        receipt.receipt_no, bill.basis.decision_no, str(bill.basis.split_seq), str(bill.instalment_no), bill.kind_code,
        _day(receipt.paid_on), _day(seen.received_on), str(receipt.principal_yen), receipt.channel_code,
        "1" if seen.is_provisional else "0",
    )  # fmt: skip
    return Row(cells, receipt.principal_yen, None, bill, seen)


def _remark(bill: Bill) -> str:
    """What staff noted on one row in ten; the same every night."""
    serial = int(bill.notice_no[2:9]) * 16 + bill.instalment_no
    return _REMARKS[serial // 10 % len(_REMARKS)] if serial % 10 == 0 else ""


def _day(day: date | None) -> str:
    return era_day(day, is_packed=True)


def _founded(article: str, first: str, last: str, error: str = "0") -> Callable[[Cells], Cells]:
    """The row as if it stood on that article and period."""
    changed = {"法条": article, "責任区分": error, "支給対象期間自": first, "支給対象期間至": last}
    return lambda cells: tuple(changed.get(item, text) for item, text in zip(_DECISIONS, cells, strict=True))


def _decision_faults() -> list[Fault[Cells]]:
    def change(item: str, spoil: Callable[[str], str]) -> Callable[[Cells], Cells]:
        return cell(_DECISIONS, item, spoil)

    return [
        Fault("P09", "LEGAL_CLASS", _founded(REFUND_63, "H300701", "H301231"), times=2),
        Fault("P09", "LEGAL_CLASS", _founded(REFUND_63, "H300930", "H301001")),
        Fault("P09", "LEGAL_CLASS", _founded(COLLECTION_78, "H260401", "H260930")),
        Fault("P09", "LEGAL_CLASS", _founded(COLLECTION_78, "R020401", "R020930", "1")),  # fraud is nobody else's fault
        Fault("P09", "LEGAL_CLASS", _founded(REFUND_63, "R020930", "R020401")),
        Fault("P05", "SUM_MISMATCH", change("加算額", lambda text: str(int(text) + 1_000))),
        Fault("F24", "ERA", change("支給対象期間至", lambda _: "H310531")),
        Fault("F24", "ERA", change("納期限", lambda _: "S640201")),
        Fault("F28", "NEGATIVE", change("調定額", lambda text: f"-{text}"), is_negated=True),
        Fault("F28", "AMOUNT", change("調定額", lambda text: f"{text}円"), is_amount_readable=False),
        Fault("F21", "FIELD_COUNT", lambda cells: cells[:-1], is_amount_readable=False),
        Fault("F10", "ENCODING", change("備考", lambda text: f'{text[:-1]}\udc83"')),
        Fault("F11", "GAIJI", change("氏名", lambda text: f"\ue000{text[1:]}")),
        Fault("F12", "NUL", change("氏名", lambda text: f"{text}\0")),
        Fault("F19", "DIGITS", change("決定番号", lambda text: text.lstrip("0"))),
        Fault("P02", "REQUIRED", change("支給対象期間自", lambda _: "")),
        Fault("P02", "REQUIRED", change("宛名番号", lambda _: "")),
        Fault("P04", "CODE", change("法条", lambda _: "77")),
        Fault("P04", "CODE", change("責任区分", lambda _: "9")),
        Fault("F32", "KEY_CONFLICT", change("納期限", lambda _: "R030412"), is_pair=True),
        Fault("P06", "CANCELLED_AT_SOURCE", change("状態区分", lambda _: "9"), Fate.EXCLUDED, times=2),
        duplicated(2),
    ]


def _receipt_faults() -> list[Fault[Cells]]:
    def change(item: str, spoil: Callable[[str], str]) -> Callable[[Cells], Cells]:
        return cell(_RECEIPTS, item, spoil)

    return [
        Fault("F24", "ERA", change("領収日", lambda _: "R010430")),
        Fault("F28", "AMOUNT", change("収納額", lambda text: f"△{text}"), is_amount_readable=False),
        Fault("P04", "CODE", change("納付方法", lambda _: "99")),
        Fault("F32", "KEY_CONFLICT", change("領収日", lambda _: "R030412"), is_pair=True),
        duplicated(1),
    ]


DEPARTMENT = Department(
    "welfare_refund",
    refund_bills,
    (
        Paper(
            "decisions", "HOGO_HENKAN_KETTEI_{date}.csv", _decisions, _decision_faults, form(_DECISIONS),
            tells_claims=True,
        ),
        Paper(
            "receipts", "HOGO_HENKAN_SHUNO_{date}.csv", _receipts, _receipt_faults, form(_RECEIPTS),
            tells_receipts=True,
        ),
    ),
    write_note,
)  # fmt: skip
