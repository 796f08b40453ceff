"""What the payment channels tell the ward (収納代行・口座振替・eL-QR): notices of money before departments book it.

Every department's payments pass here. A notice names the slip (業務コード, 通知書番号, 期別), never a person.
Shops tell first (速報), then finally (確報), and now and then take a notice back (取消): that money never comes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from zlib import crc32

from receivables.city.bills import Bill, Receipt
from receivables.city.life import DEBIT, PAYEASY, PHONE, SHOP
from receivables.city.numbers import receipt_number
from receivables.city.office_days import later, on_or_before

# 業務コード on slips and in bank files, as this ward numbers its systems (configuration). Rents are collected by the
# operator of the ward's houses (指定管理者) and do not pass here.
SYSTEM_CODES = {
    "resident_tax": "01", "light_vehicle_tax": "02", "nhi": "03", "latter_stage": "04", "ltci": "05", "nursery": "06",
    "after_school": "07", "school_lunch": "09", "welfare_refund": "10", "scholarship": "11",
    "welfare_loans": "12",
}  # fmt: skip
ANNOUNCED, FINAL, CANCELLED, NO_FUNDS = "1", "2", "3", "4"
_HISTORY_DAYS = 60  # a first delivery tells what is not older
_MISTAKES = 40  # one unpaid bill in so many


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of a channel's file. `remitted_on` is the day on which an agent passes the money on."""

    bill: Bill
    channel: str
    kind: str
    receipt_no: str
    paid_on: date
    noticed_on: date
    yen: int
    remitted_on: date | None = None


def slip_of(bill: Bill) -> str:
    """The number on a bill's payment slip: 業務コード, 通知書番号 in ten digits, 期別 in two."""
    return f"{SYSTEM_CODES[bill.source_code]}{bill.notice_no:0>10}{bill.instalment_no:02d}"


def told(bills: list[Bill], day: date, first_day: date, channel: str) -> list[Notice]:
    """The notices of `channel` on `day`; on the first day also those of the weeks before it."""
    first = day - timedelta(days=_HISTORY_DAYS) if day == first_day else day
    return [
        notice
        for bill in bills
        if bill.is_levied(day) and _is_recent(bill, first)
        for notice in notices(bill)
        if notice.channel == channel and first <= notice.noticed_on <= day
    ]


def in_flight_yen(bill: Bill, day: date, first_day: date) -> int:
    """Yen that a channel has told of by `day` and the department does not show yet."""
    first = first_day - timedelta(days=_HISTORY_DAYS)
    if not _is_recent(bill, first):
        return 0
    known = [notice for notice in notices(bill) if first <= notice.noticed_on <= day and notice.kind != NO_FUNDS]
    taken_back = {notice.receipt_no for notice in known if notice.kind == CANCELLED}
    shown = {(seen.receipt.paid_on, seen.receipt.total_yen) for seen in bill.seen(day)}
    waiting = {
        notice.receipt_no: notice.yen
        for notice in known
        if notice.receipt_no not in taken_back and (notice.paid_on, notice.yen) not in shown
    }
    return sum(waiting.values())


def _is_recent(bill: Bill, first: date) -> bool:
    """Whether a channel could tell anything of this bill from `first` on: most bills are long settled."""
    if bill.source_code not in SYSTEM_CODES:
        return False
    early = first - timedelta(days=2 * _HISTORY_DAYS)
    return bill.due_date >= early or any(receipt.received_on >= first for receipt in bill.receipts)


def is_booked(notice: Notice, day: date) -> bool:
    """Whether the department shows the notice's money as final: then nothing depends on the notice any more."""
    return any(
        seen.receipt.receipt_no == notice.receipt_no and not seen.is_provisional for seen in notice.bill.seen(day)
    )


def notices(bill: Bill) -> Iterator[Notice]:
    """Everything the channels ever tell about one bill."""
    for receipt in bill.receipts:
        if tell := _TOLD_BY.get(receipt.channel_code):  # the counter's money is booked as it comes
            yield from tell(bill, receipt)
    if not bill.receipts and bill.remark_code == "":
        yield from _without_money(bill)


def _from_shop(bill: Bill, receipt: Receipt) -> Iterator[Notice]:
    assert receipt.advised_on
    final_on = max(receipt.advised_on, on_or_before(receipt.received_on - timedelta(days=2)))
    for kind, on in ((ANNOUNCED, receipt.advised_on), (FINAL, final_on)):
        yield Notice(bill, SHOP, kind, receipt.receipt_no, receipt.paid_on, on, receipt.total_yen)


def _from_agent(bill: Bill, receipt: Receipt) -> Iterator[Notice]:
    assert receipt.advised_on
    known = receipt.receipt_no, receipt.paid_on, receipt.advised_on, receipt.total_yen
    yield Notice(bill, PHONE, ANNOUNCED, *known, remitted_on=on_or_before(receipt.received_on))


def _from_el_qr(bill: Bill, receipt: Receipt) -> Iterator[Notice]:
    on = later(receipt.paid_on, 1)
    yield Notice(bill, PAYEASY, ANNOUNCED, receipt.receipt_no, receipt.paid_on, on, receipt.total_yen)


def _from_bank(bill: Bill, receipt: Receipt) -> Iterator[Notice]:
    on = later(receipt.paid_on, 2)
    yield Notice(bill, DEBIT, ANNOUNCED, receipt.receipt_no, receipt.paid_on, on, receipt.total_yen)


_TOLD_BY = {SHOP: _from_shop, PHONE: _from_agent, PAYEASY: _from_el_qr, DEBIT: _from_bank}


def _without_money(bill: Bill) -> Iterator[Notice]:
    """A shop that took money, told so and gave it back; a debit that found no funds (振替不能)."""
    chance = _chance(bill.claim_id)
    number = receipt_number(8, chance)
    if chance % _MISTAKES == 0:
        paid_on = later(bill.due_date, chance // _MISTAKES % _HISTORY_DAYS)
        yield Notice(bill, SHOP, ANNOUNCED, number, paid_on, later(paid_on, 1), bill.assessed_yen)
        yield Notice(bill, SHOP, CANCELLED, number, paid_on, later(paid_on, 4), bill.assessed_yen)
    elif chance % 2:
        yield Notice(bill, DEBIT, NO_FUNDS, number, bill.due_date, later(bill.due_date, 2), bill.assessed_yen)


@cache
def _chance(claim_id: str) -> int:
    return crc32(claim_id.encode())
