"""The health insurance host's nightly files: CP932 records of fixed width, 和暦, half-width kana.

Each file is a header record, data records and a trailer with rows and yen; every record ends in CR LF.
"""

from collections.abc import Callable
from datetime import date
from functools import cache

import jaconv

from receivables.city.bills import Bill, SeenReceipt, known
from receivables.city.blocks import Block
from receivables.city.nhi import nhi_bills
from receivables.city.office_days import accounting_year
from receivables.city.papers import Department, Lines, Paper, Tally
from receivables.city.planting import Fate, Fault, Row, duplicated
from receivables.city.written_names import written_name

_SYSTEM = b"KOKUHO  "
_FOLDED = str.maketrans({"𠮷": "吉"})  # not in CP932: the host has always written it so
_ERAS = ((date(2019, 5, 1), "5", 2018), (date(1989, 1, 8), "4", 1988), (date(1926, 12, 25), "3", 1925))
HostRow = Row[bytes]


def _claims(bills: list[Bill], day: date, _: Block) -> list[HostRow]:
    return [_claim(bill, day) for bill in bills if bill.is_levied(day)]


def _receipts(bills: list[Bill], day: date, _: Block) -> list[HostRow]:
    return [_receipt(bill, seen) for bill in bills if bill.is_levied(day) for seen in bill.seen(day)]


def _form(width: int) -> Lines[bytes]:
    def head(day: date) -> bytes:
        return (b"1" + _SYSTEM + _wareki(day)).ljust(width)

    def tail(tally: Tally, _: date) -> bytes:
        return (b"9" + f"{tally.rows:08d}{tally.yen:013d}".encode()).ljust(width)

    return Lines(bytes, head, tail)


def _claim(bill: Bill, day: date) -> HostRow:
    written_off_on = known(bill.written_off_on, day)
    dunned_on = known(bill.dunned_on, day)
    amounts = (*bill.parts_yen, bill.assessed_yen)
    name = written_name("nhi", bill.debtor, day)
    content = b"".join((
        f"2{bill.notice_no}{bill.instalment_no:02d}{bill.levy_year}{bill.tax_year}{bill.debtor.addressee_no}".encode(),
        _kana(name.kana),
        _name(name.written),
        _wareki(bill.due_date),
        "".join(f"{yen:09d}" for yen in amounts).encode(),
        _wareki(dunned_on),
        _wareki(known(bill.arrived_on, day)),
        _wareki(bill.dunning_deadline if dunned_on else None),
        _wareki(written_off_on),
        f"{bill.written_off_by(day):09d}0   ".encode(),
    ))  # fmt: skip
    return Row(content, bill.assessed_yen, bill.fiscal_year, bill)


def _receipt(bill: Bill, seen: SeenReceipt) -> HostRow:
    receipt = seen.receipt
    content = b"".join((
        f"2{receipt.receipt_no}{bill.notice_no}{bill.instalment_no:02d}".encode(),
        _wareki(receipt.paid_on),
        _wareki(seen.received_on),
        f"{receipt.principal_yen:09d}{receipt.charge_yen:09d}{0:09d}{receipt.channel_code}".encode(),
        b"1" if seen.is_provisional else b"0",
        f"{receipt.total_yen:09d}".encode(),
    )).ljust(120)  # fmt: skip
    return Row(content, receipt.total_yen, accounting_year(seen.received_on, bill.fiscal_year), bill, seen)


@cache
def _wareki(day: date | None) -> bytes:
    """Era digit and YYMMDD as hosts pack it (5080619); seven blanks for no date."""
    if day is None:
        return b"       "
    digit, before = next((digit, before) for first, digit, before in _ERAS if day >= first)
    return f"{digit}{day.year - before:02d}{day:%m%d}".encode()


@cache
def _kana(kana: str) -> bytes:
    half = jaconv.z2h(kana.replace("　", " "), kana=True, ascii=True, digit=True)
    return _fitted(half, 40)


@cache
def _name(written: str) -> bytes:
    return _fitted(jaconv.h2z(written.translate(_FOLDED), kana=True, ascii=True, digit=True), 40)


def _fitted(text: str, width: int) -> bytes:
    """`text` in CP932, cut at a letter and never inside one or between ｶ and ﾞ, filled with blanks."""
    while len(text.encode("cp932")) > width:
        text = text[:-2] if text[-1] in "ﾞﾟ" else text[:-1]
    return text.encode("cp932").ljust(width)


def _at(first: int, length: int, spoil: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """A change of the bytes at `first` (from 1); the record keeps its width."""

    def change(record: bytes) -> bytes:
        old = record[first - 1 : first - 1 + length]
        new = spoil(old)
        assert len(new) == length, (len(new), length)
        return record[: first - 1] + new + record[first - 1 + length :]

    return change


def _claim_faults() -> list[Fault[bytes]]:
    due = 117, 7
    assessed = 151, 9
    return [
        Fault("F24", "ERA", _at(*due, lambda _: b"4310501")),  # 平成31年5月1日
        Fault("F24", "ERA", _at(*due, lambda _: b"3640201")),  # 昭和64年2月1日
        Fault("F24", "ERA", _at(*due, lambda _: b"5000401")),  # 令和0年4月1日
        Fault("F10", "ENCODING", _at(77, 40, lambda name: name[:38] + b" \x83"), times=2),  # half a letter at the end
        Fault("F11", "GAIJI", _at(77, 40, lambda name: b"\xf0\x40" + name[2:])),
        Fault("F12", "NUL", _at(77, 40, lambda name: name[:39] + b"\0")),
        Fault("F20", "WIDTH", lambda record: record[:115] + record[116:], is_amount_readable=False),
        Fault("F28", "NEGATIVE", _at(*assessed, lambda text: b"-" + text[1:]), is_negated=True),
        Fault("F28", "AMOUNT", _at(*assessed, lambda _: "   △1500".encode("cp932")), is_amount_readable=False),
        Fault("P05", "SUM_MISMATCH", _at(124, 9, _ten_more)),
        Fault("P02", "REQUIRED", _at(22, 15, lambda _: b" " * 15)),
        Fault("P04", "CODE", _at(197, 1, lambda _: b"7")),
        Fault("F32", "KEY_CONFLICT", _at(*due, lambda _: b"5030412"), is_pair=True),
        Fault("P06", "CANCELLED_AT_SOURCE", _at(197, 1, lambda _: b"9"), Fate.EXCLUDED, times=3),
        duplicated(2),
    ]


def _receipt_faults() -> list[Fault[bytes]]:
    return [
        Fault("F24", "ERA", _at(26, 7, lambda _: b"4320401")),  # 平成32年4月1日
        Fault("F20", "WIDTH", lambda record: record + b" ", is_amount_readable=False),
        Fault("F28", "AMOUNT", _at(70, 9, lambda _: b"      1e9"), is_amount_readable=False),
        Fault("P05", "SUM_MISMATCH", _at(40, 9, _ten_more)),
        Fault("P04", "CODE", _at(67, 2, lambda _: b"99")),
        Fault("F32", "KEY_CONFLICT", _at(26, 7, lambda _: b"5030412"), is_pair=True),
        duplicated(2),
    ]


def _ten_more(text: bytes) -> bytes:
    return f"{int(text) + 10:09d}".encode()


DEPARTMENT = Department(
    "nhi",
    nhi_bills,
    (
        Paper("claims", "KOKUHO_CHOTEI_{date}.DAT", _claims, _claim_faults, _form(200), tells_claims=True),
        Paper("receipts", "KOKUHO_SHUNO_{date}.DAT", _receipts, _receipt_faults, _form(120), tells_receipts=True),
    ),
)
