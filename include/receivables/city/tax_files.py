"""The tax system's nightly files: standard groups 036o005, 036o006, 036o007 as UTF-8 CSV, and the 送付票.

The item lists in `layouts/` are this room's own copy; a test compares them with the standard.
"""

import csv
import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from receivables.city.bills import Bill, SeenReceipt, known
from receivables.city.blocks import Block
from receivables.city.office_days import accounting_year
from receivables.city.papers import Department, Lines, Paper, Tally
from receivables.city.planting import Fate, Fault, Row, duplicated
from receivables.city.tax import tax_bills

_LAYOUTS = Path(__file__).parent / "layouts"
_NO_DATE = "0000-00-00"
TextRow = Row[str]


class Layout:
    """A group's items in order, and how a row of it is filled."""

    def __init__(self, interface_id: str) -> None:
        with (_LAYOUTS / f"{interface_id}.csv").open(encoding="utf-8", newline="") as file:
            items = list(csv.DictReader(file))
        self.items = [item["item"] for item in items]
        self._template = ",".join(_cell(item["filled_with"], item["empty"]) for item in items)

    def row(self, values: dict[str, object]) -> str:
        """One row, without its line end."""
        return self._template.format_map(values)

    def with_cell(self, item: str, spoil: Callable[[str], str]) -> Callable[[str], str]:
        """A change of one cell of a finished row."""
        at = self.items.index(item)

        def change(row: str) -> str:
            cells = row.split(",")
            cells[at] = spoil(cells[at])
            return ",".join(cells)

        return change


@cache
def layout(interface_id: str) -> Layout:
    """The layout of a group of the standard."""
    return Layout(interface_id)


def _cell(filled_with: str, empty: str) -> str:
    if filled_with.startswith("="):
        return filled_with[1:]
    return f"{{{filled_with}}}" if filled_with else empty


def _accompany(drop: Path, day: date, tallies: dict[str, Tally]) -> None:
    """The 送付票: rows, yen and SHA-256 of every file."""
    lines = ["ファイル名,件数,金額合計,SHA256"]
    for name, tally in tallies.items():
        with (drop / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        lines.append(f"{name},{tally.rows},{tally.yen},{digest}")
    (drop / f"soufu_{day:%Y%m%d}.csv").write_bytes(("\r\n".join(lines) + "\r\n").encode())


def _bytes(row: str) -> bytes:
    return row.encode("utf-8", "surrogateescape")  # a planted broken byte stays as it is


def _who(bill: Bill) -> dict[str, object]:
    return {
        "levy_year": bill.levy_year,
        "tax_year": bill.tax_year,
        "notice_no": bill.notice_no,
        "instalment_no": f"{bill.instalment_no:02d}",
        "addressee_no": bill.debtor.addressee_no,
    }


def _claims(bills: list[Bill], day: date, _: Block) -> list[TextRow]:
    return [_claim(layout("036o005"), bill, day) for bill in bills if bill.is_levied(day)]


def _receipts(bills: list[Bill], day: date, _: Block) -> list[TextRow]:
    shown = ((bill, seen) for bill in bills if bill.is_levied(day) for seen in bill.seen(day))
    return [_receipt(layout("036o006"), bill, seen) for bill, seen in shown]


def _dunnings(bills: list[Bill], day: date, _: Block) -> list[TextRow]:
    return [
        _dunning(layout("036o007"), bill, day) for bill in bills if bill.is_levied(day) and known(bill.dunned_on, day)
    ]


def _claim(layout: Layout, bill: Bill, day: date) -> TextRow:
    seen = bill.seen(day)
    final = [one.receipt for one in seen if not one.is_provisional]
    written_off_on = known(bill.written_off_on, day)
    values = _who(bill) | {
        "due_date": bill.due_date.isoformat(),
        "assessed_yen": bill.assessed_yen,
        "forest_tax_yen": bill.parts_yen[0],
        "received_yen": sum(receipt.principal_yen for receipt in final),
        "provisional_yen": sum(one.receipt.principal_yen for one in seen if one.is_provisional),
        "charge_yen": sum(receipt.charge_yen for receipt in final),
        "last_received_on": _iso(max((receipt.received_on for receipt in final), default=None)),
        "last_paid_on": _iso(max((receipt.paid_on for receipt in final), default=None)),
        "written_off_on": _iso(written_off_on),
        "write_off_cause_code": bill.write_off_cause_code if written_off_on else "",
        "written_off_yen": bill.written_off_by(day),
        "levied_on": bill.levied_on.isoformat(),
    }
    return Row(layout.row(values), bill.assessed_yen, bill.levy_year, bill)


def _receipt(layout: Layout, bill: Bill, seen: SeenReceipt) -> TextRow:
    receipt = seen.receipt
    year = accounting_year(seen.received_on, bill.fiscal_year)
    values = _who(bill) | {
        "receipt_no": receipt.receipt_no,
        "accounting_year": year,
        "principal_yen": receipt.principal_yen,
        "charge_yen": receipt.charge_yen,
        "provisional_code": "1" if seen.is_provisional else "0",
        "channel_code": receipt.channel_code,
        "paid_on": receipt.paid_on.isoformat(),
        "received_on": seen.received_on.isoformat(),
    }
    return Row(layout.row(values), receipt.principal_yen, year, bill, seen)


def _dunning(layout: Layout, bill: Bill, day: date) -> TextRow:
    values = _who(bill) | {"dunned_on": _iso(bill.dunned_on), "returned_on": _iso(known(bill.returned_on, day))}
    return Row(layout.row(values), 0, bill.levy_year, bill)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else _NO_DATE


def _claim_faults() -> list[Fault[str]]:
    cell = layout("036o005").with_cell
    yen = "調定額_本税（料）"
    return [
        Fault("F27", "DATE", cell("納期限", lambda _: "2026-02-30")),
        Fault("F28", "NEGATIVE", cell(yen, lambda text: f"-{text}"), is_negated=True),
        Fault("F28", "AMOUNT", cell(yen, lambda text: f"△{text}"), is_amount_readable=False),
        Fault("F28", "AMOUNT", cell(yen, lambda _: "1e9"), is_amount_readable=False),
        Fault("F28", "AMOUNT", cell(yen, _full_width), is_amount_readable=False),
        Fault("P01", "CLAIM_TYPE", cell("業務詳細（科目）コード", lambda _: "77"), times=2),
        Fault("P02", "REQUIRED", cell("宛名番号", lambda _: "")),
        Fault("F19", "DIGITS", cell("宛名番号", lambda text: text.lstrip("0"))),
        Fault("F21", "FIELD_COUNT", lambda row: row.rsplit(",", 1)[0], is_amount_readable=False),
        Fault("F10", "ENCODING", cell("操作者ID", lambda text: text + "\udc83")),
        Fault("F12", "NUL", cell("操作者ID", lambda text: text + "\0")),
        Fault("F32", "KEY_CONFLICT", cell("納期限", _next_day), is_pair=True),
        Fault("P03", "DELETED_AT_SOURCE", cell("削除フラグ", lambda _: "1"), Fate.EXCLUDED, times=3),
        duplicated(2),
    ]


def _receipt_faults() -> list[Fault[str]]:
    cell = layout("036o006").with_cell
    yen = "収納額_本税（料）"
    return [
        Fault("F27", "DATE", cell("領収年月日", lambda _: "2025-02-29")),
        Fault("F28", "AMOUNT", cell(yen, _full_width), is_amount_readable=False),
        Fault("F28", "NEGATIVE", cell(yen, lambda text: f"-{text}"), is_negated=True),
        Fault("P04", "CODE", cell("納付チャネル区分", lambda _: "99")),
        Fault("F21", "FIELD_COUNT", lambda row: row + ",", is_amount_readable=False),
        Fault("F32", "KEY_CONFLICT", cell("領収年月日", _next_day), is_pair=True),
        Fault("P03", "DELETED_AT_SOURCE", cell("削除フラグ", lambda _: "1"), Fate.EXCLUDED, times=2),
        duplicated(2),
    ]


def _dunning_faults() -> list[Fault[str]]:
    cell = layout("036o007").with_cell
    return [
        Fault("P02", "REQUIRED", cell("督促状発行日", lambda _: _NO_DATE)),
        Fault("F27", "DATE", cell("督促状発行日", lambda _: "2025-04-31")),
        duplicated(1),
    ]


def _full_width(text: str) -> str:
    return text.translate(str.maketrans("0123456789", "０１２３４５６７８９"))


def _next_day(text: str) -> str:
    return (date.fromisoformat(text) + timedelta(days=1)).isoformat()


def _form(group: str) -> Lines[str]:
    return Lines(_bytes, head=lambda _: ",".join(layout(group).items).encode())


DEPARTMENT = Department(
    "resident_tax",
    tax_bills,
    (
        Paper("claims", "036o005_{date}020000_1.csv", _claims, _claim_faults, _form("036o005"), tells_claims=True),
        Paper(
            "receipts", "036o006_{date}020000_1.csv", _receipts, _receipt_faults, _form("036o006"), tells_receipts=True
        ),
        Paper("dunnings", "036o007_{date}020000_1.csv", _dunnings, _dunning_faults, _form("036o007")),
    ),
    _accompany,
)
