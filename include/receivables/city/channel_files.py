"""The channels' files: shops as host records, the bank as 全銀 records of 120 bytes, agents and eL-QR as CSV.

Additions (差分): each day tells only what is new. The 送付票 or the trailer counts rows and yen.
"""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from receivables.city.bills import Bill, SeenReceipt
from receivables.city.blocks import Block
from receivables.city.channels import NO_FUNDS, Notice, is_booked, slip_of, told
from receivables.city.delivery_note import write_note
from receivables.city.life import DEBIT, PAYEASY, PHONE, SHOP
from receivables.city.office_days import later, on_or_after
from receivables.city.papers import Department, Lines, Paper, Tally
from receivables.city.planting import Fault, Row, duplicated

_DEADLINE_DAYS = 30  # 指定納付受託者 pay over by then (the ward's contract; configuration)
_SHOPS = ("ｾﾀｶﾞﾔｴｷﾏｴ", "ｻﾝｹﾞﾝﾁﾞｬﾔ", "ﾌﾀｺﾀﾏｶﾞﾜ", "ｼﾓｷﾀｻﾞﾜ")
_AGENT_HEADER = "納付番号,取引番号,委託日,通知日,送金日,送金期限,金額"
_EL_QR_HEADER = "案件番号,納付番号,納付日,通知日,金額"
_WIDTH = 80


def _rows(channel: str, content: Callable[[Notice], Any]) -> Callable[[list[Bill], date, Block], list[Row[Any]]]:
    def rows(bills: list[Bill], day: date, block: Block) -> list[Row[Any]]:
        return [
            Row(content(notice), notice.yen, None, notice.bill, is_spare=is_booked(notice, block.as_of))
            for notice in told(bills, day, block.as_of, channel)
        ]

    return rows


def _is_spare(row: Row[Any], _: date) -> bool:
    """Only a notice on which nothing depends any more is spoilt."""
    return row.is_spare


def _shop(notice: Notice) -> bytes:
    shop = _SHOPS[int(notice.receipt_no[-3:]) % len(_SHOPS)]
    text = (
        f"2{notice.kind}{slip_of(notice.bill)}{notice.receipt_no}{notice.paid_on:%Y%m%d}{notice.noticed_on:%Y%m%d}"
        f"{notice.yen:09d}{shop:<20}"
    )
    return text.encode("cp932").ljust(_WIDTH)


def _shop_head(day: date) -> bytes:
    return f"1SHUNO   5{day.year - 2018:02d}{day:%m%d}".encode().ljust(_WIDTH)  # 令和


def _shop_tail(tally: Tally, _: date) -> bytes:
    return f"9{tally.rows:08d}{tally.yen:013d}".encode().ljust(_WIDTH)


def _agent(notice: Notice) -> str:
    deadline = notice.paid_on + timedelta(days=_DEADLINE_DAYS)
    days = (notice.paid_on, notice.noticed_on, notice.remitted_on, deadline)
    told_days = ",".join(day.isoformat() if day else "" for day in days)
    return f"{slip_of(notice.bill)},T{notice.receipt_no},{told_days},{notice.yen}"


def _el_qr(notice: Notice) -> str:
    return (
        f"Q{notice.receipt_no},{slip_of(notice.bill)},{notice.paid_on:%Y%m%d},{notice.noticed_on:%Y%m%d},{notice.yen}"
    )


def _bank(notice: Notice) -> bytes:
    result = "1" if notice.kind == NO_FUNDS else "0"
    record = (
        f"20001{'ﾐｽﾞﾎ':<15}123{'ｾﾀｶﾞﾔ':<15}    1{int(notice.receipt_no[:8]) % 10_000_000:07d}{'ﾉｳﾆﾕｳｼﾔ':<30}"
        f"{notice.yen:010d}0{slip_of(notice.bill)}000000{result}"
    )
    return record.encode("cp932").ljust(120)


def _debits(bills: list[Bill], day: date, block: Block) -> list[Row[bytes]]:
    """The results of the last 引落日: a file has one header, and that one date."""
    found = []
    for notice in told(bills, day, block.as_of, DEBIT):
        if notice.paid_on == _debit_day(day):
            row = Row(_bank(notice), notice.yen, None, notice.bill, is_spare=is_booked(notice, block.as_of))
            if notice.kind != NO_FUNDS:
                row.seen = next(
                    one for one in notice.bill.seen(date.max) if one.receipt.receipt_no == notice.receipt_no
                )
            found.append(row)
    return found


def _receipt(notice: Notice) -> SeenReceipt:
    return next(one for one in notice.bill.seen(date.max) if one.receipt.receipt_no == notice.receipt_no)


def _debit_day(day: date) -> date:
    """The last end of a month, rolled to a bank day, whose results are known on `day`."""
    first = day.replace(day=1)
    while True:
        end = on_or_after(first - timedelta(days=1))
        if later(end, 2) <= day:
            return end
        first = (first - timedelta(days=1)).replace(day=1)


def _bank_head(day: date) -> bytes:
    text = f"19100000000001{'ｾﾀｶﾞﾔｸ':<40}{_debit_day(day):%m%d}0001{'ﾐｽﾞﾎ':<15}123{'ｾﾀｶﾞﾔ':<15}10000001"
    return text.encode("cp932").ljust(120)


def _bank_tail(tally: Tally, _: date) -> bytes:
    failed = tally.rows - tally.received_rows, tally.yen - tally.received_yen
    counts = ((tally.rows, tally.yen), (tally.received_rows, tally.received_yen), failed)
    return (
        ("8" + "".join(f"{rows:06d}{yen:012d}" for rows, yen in counts)).encode().ljust(120) + b"\r\n" + b"9".ljust(120)
    )


def _text(head: str, encoding: str) -> Lines[str]:
    return Lines(lambda row: row.encode(encoding), head=lambda _: head.encode(encoding))


def _shop_faults() -> list[Fault[bytes]]:
    return [
        Fault("F27", "DATE", lambda record: record[:28] + b"20260230" + record[36:]),
        Fault("P04", "CODE", lambda record: record[:1] + b"9" + record[2:]),
        Fault("F20", "WIDTH", lambda record: record[:-1], is_amount_readable=False),
        Fault("F28", "AMOUNT", lambda record: record[:44] + b"      1e9" + record[53:], is_amount_readable=False),
        duplicated(2),
    ]


def _agent_faults() -> list[Fault[str]]:
    return [
        Fault("F21", "FIELD_COUNT", lambda row: row.rsplit(",", 1)[0], is_amount_readable=False),
        Fault("F19", "DIGITS", lambda row: row[1:]),
        Fault("F12", "NUL", lambda row: row.replace(",T", ",T\0", 1)),
        duplicated(1),
    ]


def _el_qr_faults() -> list[Fault[str]]:
    return [
        Fault("F21", "FIELD_COUNT", lambda row: row + ",", is_amount_readable=False),
        Fault(
            "F28", "AMOUNT", lambda row: "△".join(row.rpartition(",")[::2]).replace("△", ",△"), is_amount_readable=False
        ),
        duplicated(1),
    ]


def _bank_faults() -> list[Fault[bytes]]:
    return [Fault("F10", "ENCODING", lambda record: record[:50] + b"\x81" + record[51:], times=2)]


def _department(
    source: str, paper: Paper[Any], *, note: Callable[[Path, date, dict[str, Tally]], None] | None = None
) -> Department:
    return Department(source, lambda *_: [], (paper,), note, is_over_all=True)


DEPARTMENTS = (
    _department(
        "convenience",
        Paper(
            "notices", "SHUNO_{date}.DAT", _rows(SHOP, _shop), _shop_faults, Lines(bytes, _shop_head, _shop_tail),
            _is_spare,
        ),
    ),
    _department("bank_debit", Paper(
        "results", "FURIKAE_{date}.txt", _debits, _bank_faults, Lines(bytes, _bank_head, _bank_tail), _is_spare)),
    _department("payment_agent", Paper(
        "reports", "agent_{date}.csv", _rows(PHONE, _agent), _agent_faults, _text(_AGENT_HEADER, "utf-8"), _is_spare),
        note=write_note),
    _department("el_qr", Paper(
        "notices", "elqr_{date}.csv", _rows(PAYEASY, _el_qr), _el_qr_faults, _text(_EL_QR_HEADER, "cp932"), _is_spare),
        note=write_note),
)  # fmt: skip
