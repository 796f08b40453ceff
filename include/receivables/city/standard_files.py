"""Nightly files of the standard's systems: groups 036o005, 036o006, 036o007 as UTF-8 CSV, and the 送付票.

Resident tax, vehicle tax and long-term care premiums differ in their subject code (業務詳細（科目）コード)
and in a few items only. The item lists in `layouts/` are this room's own copy; a test compares them
with the standard.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from receivables.city.bills import Bill, SeenReceipt, known
from receivables.city.blocks import Block
from receivables.city.office_days import accounting_year
from receivables.city.papers import Lines, Paper
from receivables.city.planting import Fault, Row
from receivables.city.standard_faults import claim_faults, dunning_faults, receipt_faults

_LAYOUTS = Path(__file__).parent / "layouts"
_NO_DATE = "0000-00-00"
CLAIMS, RECEIPTS, DUNNINGS = "036o005", "036o006", "036o007"
TextRow = Row[str]
Change = Callable[[str], str]
Items = Callable[[Bill], dict[str, object]]


class Layout:
    """A group's items in order, and how a row of it is filled."""

    def __init__(self, interface_id: str) -> None:
        with (_LAYOUTS / f"{interface_id}.csv").open(encoding="utf-8", newline="") as file:
            items = list(csv.DictReader(file))
        self.items = [item["item"] for item in items]
        self._empty = {item["filled_with"]: item["empty"] for item in items}
        self._template = ",".join(_cell(item["filled_with"], item["empty"]) for item in items)

    def row(self, values: dict[str, object]) -> str:
        """One row, without its line end; items without a value are empty."""
        return self._template.format_map(self._empty | values)

    def with_cell(self, item: str, spoil: Change) -> Change:
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


@dataclass(frozen=True, slots=True)
class System:
    """What one system writes in its own way: subject code, the time in its file names, items of its own."""

    subject_code: str
    time: str  # hhmmss
    items: Items = lambda _: {}
    claim_faults: Callable[[Layout], list[Fault[str]]] = lambda _: []

    def papers(self) -> tuple[Paper[str], ...]:
        """The three files of a night."""
        return (
            Paper("claims", self._file(CLAIMS), self._claims, self._faults, form(CLAIMS), tells_claims=True),
            Paper(
                "receipts", self._file(RECEIPTS), self._receipts,
                lambda: receipt_faults(layout(RECEIPTS).with_cell), form(RECEIPTS), tells_receipts=True,
            ),
            Paper(
                "dunnings", self._file(DUNNINGS), self._dunnings,
                lambda: dunning_faults(layout(DUNNINGS).with_cell), form(DUNNINGS),
            ),
        )  # fmt: skip

    def _file(self, group: str) -> str:
        return f"{group}_{{date}}{self.time}_1.csv"

    def _faults(self) -> list[Fault[str]]:
        return [*claim_faults(layout(CLAIMS).with_cell), *self.claim_faults(layout(CLAIMS))]

    def _claims(self, bills: list[Bill], day: date, _: Block) -> list[TextRow]:
        return [self._claim(layout(CLAIMS), bill, day) for bill in bills if bill.is_levied(day)]

    def _receipts(self, bills: list[Bill], day: date, _: Block) -> list[TextRow]:
        shown = ((bill, seen) for bill in bills if bill.is_levied(day) for seen in bill.seen(day))
        return [self._receipt(layout(RECEIPTS), bill, seen) for bill, seen in shown]

    def _dunnings(self, bills: list[Bill], day: date, _: Block) -> list[TextRow]:
        dunned = (bill for bill in bills if bill.is_levied(day) and known(bill.dunned_on, day))
        return [self._dunning(layout(DUNNINGS), bill, day) for bill in dunned]

    def _who(self, bill: Bill) -> dict[str, object]:
        return {
            "levy_year": bill.levy_year,
            "tax_year": bill.tax_year,
            "notice_no": bill.notice_no,
            "subject_code": self.subject_code,
            "instalment_no": f"{bill.instalment_no:02d}",
            "addressee_no": bill.debtor.addressee_no,
        }

    def _claim(self, layout: Layout, bill: Bill, day: date) -> TextRow:
        seen = bill.seen(day)
        final = [one.receipt for one in seen if not one.is_provisional]
        written_off_on = known(bill.written_off_on, day)
        values = self._who(bill) | {
            "due_date": bill.due_date.isoformat(),
            "assessed_yen": bill.assessed_yen,
            "received_yen": sum(receipt.principal_yen for receipt in final),
            "provisional_yen": sum(one.receipt.principal_yen for one in seen if one.is_provisional),
            "charge_yen": sum(receipt.charge_yen for receipt in final),
            "last_received_on": iso(max((receipt.received_on for receipt in final), default=None)),
            "last_paid_on": iso(max((receipt.paid_on for receipt in final), default=None)),
            "written_off_on": iso(written_off_on),
            "write_off_cause_code": bill.write_off_cause_code if written_off_on else "",
            "written_off_yen": bill.written_off_by(day),
            "levied_on": bill.levied_on.isoformat(),
        }
        return Row(layout.row(values | self.items(bill)), bill.assessed_yen, bill.levy_year, bill)

    def _receipt(self, layout: Layout, bill: Bill, seen: SeenReceipt) -> TextRow:
        receipt = seen.receipt
        year = accounting_year(seen.received_on, bill.fiscal_year)
        values = self._who(bill) | {
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

    def _dunning(self, layout: Layout, bill: Bill, day: date) -> TextRow:
        dates = {"dunned_on": iso(bill.dunned_on), "returned_on": iso(known(bill.returned_on, day))}
        return Row(layout.row(self._who(bill) | dates), 0, bill.levy_year, bill)


def _bytes(row: str) -> bytes:
    return row.encode("utf-8", "surrogateescape")  # a planted broken byte stays as it is


def iso(day: date | None) -> str:
    """A day as the standard writes it; its sign for none."""
    return day.isoformat() if day else _NO_DATE


def form(group: str) -> Lines[str]:
    """A file of one group: its items in order, and a line a row."""
    return Lines(_bytes, head=lambda _: ",".join(layout(group).items).encode())
