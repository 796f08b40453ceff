"""Nightly extracts of the union's system (広域連合の電算処理システム): CP932 CSV, 和暦, quoted addresses and remarks.

Staff break lines and put commas in quoted cells (住所, 備考); the 送付票 counts rows, not lines.
"""

from collections.abc import Callable
from datetime import date

from receivables.city.bills import Bill, SeenReceipt, known
from receivables.city.blocks import Block
from receivables.city.csv_cells import FOLDED, Cells, cell, era_day, form, quoted
from receivables.city.delivery_note import write_note
from receivables.city.elders import elders_bills
from receivables.city.office_days import accounting_year
from receivables.city.papers import Department, Paper
from receivables.city.people import Person
from receivables.city.planting import Fate, Fault, Row, duplicated
from receivables.city.written_names import written_name

_CLAIMS = (
    "年度", "通知書番号", "期別", "被保険者番号", "宛名番号", "氏名", "住所", "納期限", "保険料額", "督促状発付日",
    "督促状到達日", "督促状指定期限", "不納欠損日", "不納欠損額", "状態区分", "備考",
)  # fmt: skip
_RECEIPTS = (
    "収納番号", "通知書番号", "期別", "領収日", "収入日", "保険料収納額", "延滞金収納額", "収納額合計", "納付方法",
    "速報区分", "備考",
)  # fmt: skip
_REMARKS = ("電話済、分割を希望", "口座振替の届あり,次期から", "家族より連絡\n後日来庁", "要確認\n転居先,宛所不明")


def _claims(bills: list[Bill], day: date, _: Block) -> list[Row[Cells]]:
    return [_claim(bill, day) for bill in bills if bill.is_levied(day)]


def _receipts(bills: list[Bill], day: date, _: Block) -> list[Row[Cells]]:
    return [_receipt(bill, seen) for bill in bills if bill.is_levied(day) for seen in bill.seen(day)]


def _claim(bill: Bill, day: date) -> Row[Cells]:
    debtor, dunned_on = bill.debtor, known(bill.dunned_on, day)
    written_off_on = known(bill.written_off_on, day)
    name = written_name("latter_stage", debtor, day)
    cells: Cells = (
        str(bill.levy_year), bill.notice_no, f"{bill.instalment_no:02d}", _insured_no(debtor), debtor.addressee_no,
        name.written.translate(FOLDED), quoted(_address(debtor, day)), era_day(bill.due_date),
        str(bill.assessed_yen), era_day(dunned_on), era_day(known(bill.arrived_on, day)),
        era_day(bill.dunning_deadline if dunned_on else None), era_day(written_off_on),
        str(bill.written_off_by(day)), "0", quoted(_remark(bill)),
    )  # fmt: skip
    return Row(cells, bill.assessed_yen, bill.fiscal_year, bill, extra_lines=_breaks(cells))


def _receipt(bill: Bill, seen: SeenReceipt) -> Row[Cells]:
    receipt, year = seen.receipt, accounting_year(seen.received_on, bill.fiscal_year)
    cells: Cells = (
        receipt.receipt_no, bill.notice_no, f"{bill.instalment_no:02d}", era_day(receipt.paid_on),
        era_day(seen.received_on), str(receipt.principal_yen), str(receipt.charge_yen), str(receipt.total_yen),
        receipt.channel_code, "1" if seen.is_provisional else "0", quoted(_remark(bill)),
    )  # fmt: skip
    return Row(cells, receipt.total_yen, year, bill, seen, extra_lines=_breaks(cells))


def _insured_no(person: Person) -> str:
    """被保険者番号: eight digits of the union's own."""
    return person.addressee_no[-9:-1]


def _address(person: Person, day: date) -> str:
    """The address in two lines where somebody lives in a flat."""
    place = person.place_on(day)
    return f"{place.address}\n{place.detail}" if place.detail else place.address


def _remark(bill: Bill) -> str:
    """What staff noted on one bill in twenty; the same every night."""
    serial = int(bill.notice_no[2:9]) * 16 + bill.instalment_no
    return _REMARKS[serial // 20 % len(_REMARKS)] if serial % 20 == 0 else ""


def _breaks(cells: Cells) -> int:
    return sum(cell.count("\n") for cell in cells)


def _quote(header: Cells, item: str, spoil: Callable[[str], str]) -> Callable[[Cells], Cells]:
    """A change of the quotes of one cell in a row of one line, so that this line is spoilt and no other."""
    change = cell(header, item, spoil)
    return lambda cells: change(tuple(cell.replace("\n", "　") for cell in cells))


def _torn(change: Callable[[Cells], Cells], *, times: int = 1) -> Fault[Cells]:
    """Quotes that leave a line with too many or too few cells."""
    return Fault("F14", "FIELD_COUNT", change, is_amount_readable=False, is_one_line=True, times=times)


def _claim_faults() -> list[Fault[Cells]]:
    def change(item: str, spoil: Callable[[str], str]) -> Callable[[Cells], Cells]:
        return cell(_CLAIMS, item, spoil)

    def quote(item: str, spoil: Callable[[str], str]) -> Callable[[Cells], Cells]:
        return _quote(_CLAIMS, item, spoil)

    return [
        _torn(quote("住所", lambda text: text[:-1]), times=2),
        _torn(quote("住所", lambda text: f'{text[:4]}"{text[4:]}')),
        _torn(quote("備考", lambda _: "至急,本人へ確認")),
        Fault("F14", "DIGITS", quote("被保険者番号", lambda text: f'{text[:3]}"{text[4:]}'), is_one_line=True),
        Fault("F10", "ENCODING", change("備考", lambda text: f'{text[:-1]}\udc83"')),
        Fault("F11", "GAIJI", change("氏名", lambda text: f"\ue000{text[1:]}")),
        Fault("F12", "NUL", change("氏名", lambda text: f"{text}\0")),
        Fault("F24", "ERA", change("納期限", lambda _: "S64.02.01")),
        Fault("F24", "ERA", change("納期限", lambda _: "R0.04.01")),
        Fault("F28", "NEGATIVE", change("保険料額", lambda text: f"-{text}"), is_negated=True),
        Fault("F28", "AMOUNT", change("保険料額", lambda text: f"▲{text}"), is_amount_readable=False),
        Fault("F28", "AMOUNT", change("保険料額", lambda text: f"{text}円"), is_amount_readable=False),
        Fault("P02", "REQUIRED", change("宛名番号", lambda _: "")),
        Fault("P04", "CODE", change("状態区分", lambda _: "5")),
        Fault("F32", "KEY_CONFLICT", change("納期限", lambda _: "R3.04.12"), is_pair=True),
        Fault("P06", "CANCELLED_AT_SOURCE", change("状態区分", lambda _: "9"), Fate.EXCLUDED, times=3),
        duplicated(2),
    ]


def _receipt_faults() -> list[Fault[Cells]]:
    def change(item: str, spoil: Callable[[str], str]) -> Callable[[Cells], Cells]:
        return cell(_RECEIPTS, item, spoil)

    return [
        _torn(_quote(_RECEIPTS, "備考", lambda text: text[:-1])),
        Fault("F24", "ERA", change("領収日", lambda _: "R1.04.30")),
        Fault("F28", "AMOUNT", change("収納額合計", lambda _: "1e9"), is_amount_readable=False),
        Fault("P05", "SUM_MISMATCH", change("保険料収納額", lambda text: str(int(text) + 10))),
        Fault("P04", "CODE", change("納付方法", lambda _: "99")),
        Fault("F32", "KEY_CONFLICT", change("領収日", lambda _: "R3.04.12"), is_pair=True),
        duplicated(2),
    ]


DEPARTMENT = Department(
    "latter_stage",
    elders_bills,
    (
        Paper("claims", "KOKI_CHOTEI_{date}.csv", _claims, _claim_faults, form(_CLAIMS), tells_claims=True),
        Paper("receipts", "KOKI_SHUNO_{date}.csv", _receipts, _receipt_faults, form(_RECEIPTS), tells_receipts=True),
    ),
    write_note,
)
