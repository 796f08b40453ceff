"""Nursery fees (保育所保育料): a month's fee of a child under three by its parents' income class, owed by the head.

The section's system is a MariaDB database; the ward hands over the export that may stand for it: UTF-8
CSV with the database's own column names, 0000-00-00 for no date, and a note with the counted totals.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache
from random import Random

from receivables.city.bills import Bill, SeenReceipt, known
from receivables.city.blocks import Block
from receivables.city.delivery_note import write_note
from receivables.city.habits import NURSERY
from receivables.city.levies import YEARS_KEPT, Levy, Payer, heads, levied, monthly
from receivables.city.life import Rules, write_off_prescribed
from receivables.city.office_days import accounting_year, fiscal_year
from receivables.city.papers import Department, Lines, Paper
from receivables.city.people import Person
from receivables.city.planting import Fate, Fault, Row, duplicated
from receivables.city.written_names import written_name

_PRESCRIPTION_YEARS = 5  # 児童福祉法56条6項、地方自治法236条1項
_RULES = Rules(NURSERY, 9, 20, False, 10, _PRESCRIPTION_YEARS, 2018)
_AGES = range(3)  # on 1 April; from three on care is free since 2019-10 (domain note 1.2)
_SHARE = 0.6  # of these children are in care: some 8,000 of 918,246 residents, 20,000 with the older ones
_FREE_FROM = date(2025, 9, 1)  # Tokyo's free care of the youngest
_STILL_PAYING = 0.006  # children of other towns; assumption
_CLASS_YEN = (0, 2_700, 7_600, 14_900, 21_300, 29_800, 37_200, 46_400, 55_700, 64_100)  # a month; assumptions
_NO_DATE = "0000-00-00"
_CLAIMS = (
    "chotei_no", "kaisu", "nendo", "hogosha_no", "hogosha_shimei", "hogosha_kana", "jido_no", "kaiso_kbn", "chotei_ymd",
    "noki_ymd", "chotei_gaku", "tokusoku_ymd", "touchaku_ymd", "kigen_ymd", "kesson_gaku", "kesson_ymd", "jotai_kbn",
)  # fmt: skip
_RECEIPTS = (
    "shuno_no", "chotei_no", "kaisu", "kaikei_nendo", "ryoshu_ymd", "shunyu_ymd", "honryo_gaku", "entai_gaku",
    "goukei_gaku", "hoho_kbn", "sokuho_flg",
)  # fmt: skip
Cells = list[str]


def _payers(rng: Random, people: list[Person], until: date) -> Iterator[Payer]:
    payer, this_year = heads(people), fiscal_year(until)
    for child in people:
        if child.age(until) <= _AGES.stop + YEARS_KEPT and rng.random() < _SHARE:
            served = [
                year for year in range(this_year - YEARS_KEPT + 1, this_year + 1)
                if child.age(date(year, 4, 1)) in _AGES
            ]  # fmt: skip
            if served and child.household_no in payer and payer[child.household_no] is not child:
                yield Payer(payer[child.household_no], child, range(served[0], served[-1] + 1))


def _yen(_: Random, payer: Payer, year: int, __: object) -> list[int]:
    yen = _CLASS_YEN[_income_class(payer.debtor)]
    is_free_later = int(payer.subject.addressee_no) % 1_000 >= _STILL_PAYING * 1_000
    return [0 if is_free_later and levied_on >= _FREE_FROM else yen for levied_on, _ in monthly(year)]


def _income_class(head: Person) -> int:
    return int(head.household_no) * 7_919 % 97 % len(_CLASS_YEN)


def _ends(rng: Random, bill: Bill) -> None:
    write_off_prescribed(rng, bill, _PRESCRIPTION_YEARS)


_LEVY = Levy("nursery", "nursery_fee", _RULES, _payers, monthly, _yen, _ends)


def nursery_bills(block: Block, people: list[Person]) -> list[Bill]:
    """Every month's fee levied by the block's day, each with its whole life."""
    return levied(_LEVY, block, people)


def _claims(bills: list[Bill], day: date, _: Block) -> list[Row[Cells]]:
    return [_claim(bill, day) for bill in bills if bill.is_levied(day)]


def _claim(bill: Bill, day: date) -> Row[Cells]:
    assert bill.subject
    dunned_on = known(bill.dunned_on, day)
    name = written_name("nursery", bill.debtor, day)
    cells = [
        bill.notice_no, str(bill.instalment_no), str(bill.levy_year), bill.debtor.addressee_no,
        name.written, name.kana, bill.subject.addressee_no,
        f"D{_income_class(bill.debtor):02d}",
        _iso(bill.levied_on), _iso(bill.due_date), str(bill.assessed_yen), _iso(dunned_on),
        _iso(known(bill.arrived_on, day)), _iso(bill.dunning_deadline if dunned_on else None),
        str(bill.written_off_by(day)), _iso(known(bill.written_off_on, day)), "0",
    ]  # fmt: skip
    return Row(cells, bill.assessed_yen, bill.levy_year, bill)


def _receipts(bills: list[Bill], day: date, _: Block) -> list[Row[Cells]]:
    return [_receipt(bill, seen) for bill in bills if bill.is_levied(day) for seen in bill.seen(day)]


def _receipt(bill: Bill, seen: SeenReceipt) -> Row[Cells]:
    receipt, year = seen.receipt, accounting_year(seen.received_on, bill.fiscal_year)
    cells = [
        receipt.receipt_no, bill.notice_no, str(bill.instalment_no), str(year), _iso(receipt.paid_on),
        _iso(seen.received_on), str(receipt.principal_yen), str(receipt.charge_yen), str(receipt.total_yen),
        receipt.channel_code, "1" if seen.is_provisional else "0",
    ]  # fmt: skip
    return Row(cells, receipt.total_yen, year, bill, seen)


@cache
def _iso(day: date | None) -> str:
    return day.isoformat() if day else _NO_DATE


def _form(header: tuple[str, ...]) -> Lines[Cells]:
    return Lines(_line, head=lambda _: _line(list(header)))


def _line(cells: Cells) -> bytes:
    return ",".join(cells).encode("utf-8", "surrogateescape")  # a planted broken byte stays as it is


def _cell(header: tuple[str, ...]) -> Callable[[str, Callable[[str], str]], Callable[[Cells], Cells]]:
    def cell(item: str, spoil: Callable[[str], str]) -> Callable[[Cells], Cells]:
        at = header.index(item)
        return lambda cells: [*cells[:at], spoil(cells[at]), *cells[at + 1 :]]

    return cell


def _claim_faults() -> list[Fault[Cells]]:
    cell = _cell(_CLAIMS)
    return [
        Fault("F27", "DATE", cell("noki_ymd", lambda text: f"{text[:4]}-02-30")),
        Fault("P02", "REQUIRED", cell("noki_ymd", lambda _: _NO_DATE)),  # a database's 0 where a day must be
        Fault("F28", "AMOUNT", cell("chotei_gaku", lambda text: f"{text}.50"), is_amount_readable=False),
        Fault("F28", "NEGATIVE", cell("chotei_gaku", lambda text: f"-{text}"), is_negated=True),
        Fault("P02", "REQUIRED", cell("hogosha_no", lambda _: "")),
        Fault("F19", "DIGITS", cell("hogosha_no", lambda text: text.lstrip("0"))),
        Fault("P04", "CODE", cell("jotai_kbn", lambda _: "8")),
        Fault("F21", "FIELD_COUNT", lambda cells: cells[:-1], is_amount_readable=False),
        Fault("F10", "ENCODING", cell("hogosha_shimei", lambda text: text + "\udc83")),
        Fault("F32", "KEY_CONFLICT", cell("noki_ymd", _next_day), is_pair=True),
        Fault("P03", "DELETED_AT_SOURCE", cell("jotai_kbn", lambda _: "9"), Fate.EXCLUDED, times=2),
        duplicated(2),
    ]


def _receipt_faults() -> list[Fault[Cells]]:
    cell = _cell(_RECEIPTS)
    return [
        Fault("F27", "DATE", cell("ryoshu_ymd", lambda _: "2025-02-29")),
        Fault("P05", "SUM_MISMATCH", cell("honryo_gaku", lambda text: str(int(text) + 10))),
        Fault("P04", "CODE", cell("hoho_kbn", lambda _: "99")),
        Fault("F28", "AMOUNT", cell("goukei_gaku", lambda text: f"¥{text}"), is_amount_readable=False),
        Fault("F32", "KEY_CONFLICT", cell("ryoshu_ymd", _next_day), is_pair=True),
        duplicated(1),
    ]


def _next_day(text: str) -> str:
    return (date.fromisoformat(text) + timedelta(days=1)).isoformat()


DEPARTMENT = Department(
    "nursery",
    nursery_bills,
    (
        Paper("claims", "hoiku_chotei_{date}.csv", _claims, _claim_faults, _form(_CLAIMS), tells_claims=True),
        Paper("receipts", "hoiku_shuno_{date}.csv", _receipts, _receipt_faults, _form(_RECEIPTS), tells_receipts=True),
    ),
    write_note,
)
