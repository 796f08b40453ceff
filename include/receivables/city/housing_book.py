"""Ward housing (区営住宅使用料): the manager's (指定管理者) workbook, a row per contract, year and kind.

Months stand side by side, yen are text with commas, a helper column is hidden; parking (駐車場) has
rows beside the rent (家賃).
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from random import Random

from receivables.city.bills import Bill, SeenReceipt, known
from receivables.city.blocks import Block
from receivables.city.books import Book, Cell, Cells, Formula, grouped, ungrouped, wareki
from receivables.city.habits import RENT, habit_of
from receivables.city.levies import YEARS_KEPT, month_end
from receivables.city.life import Desk, Rules
from receivables.city.office_days import fiscal_year
from receivables.city.papers import Department, Paper
from receivables.city.people import Person
from receivables.city.planting import Fate, Fault, Row, duplicated
from receivables.city.written_names import written_name

_RULES = Rules(RENT, 6, 30, False, 14, 5, 2100)  # a private claim: 遅延損害金, no 延滞金
_RESIDENTS_PER_CONTRACT, _FEWEST = 620, 12  # some 1,500 flats: 519 million yen a year (domain note 1.2)
_PARKING_SHARE, _PARKING_YEN = 0.3, 11_000
_RENT, _PARKING = "家賃", "駐車場"
_CODE = {_RENT: "1", _PARKING: "2"}
_MONTHS = (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3)
_BOOK = Book(
    "使用料管理",
    ("区営住宅使用料 管理表", "{day}現在", "指定管理者（単位：円）"),
    (
        "契約番号", "年度", "種別", "団地", "宛名番号", "氏名", "フリガナ", "契約日", "状態", "作業列",
        *(f"{month}月{what}" for month in _MONTHS for what in ("", "入金", "入金日", "督促日")),
        "年間計", "入金計", "備考",
    ),
    count_in="年度", yen_in="年間計", received_in="入金計", hidden="作業列",
)  # fmt: skip


def housing_bills(block: Block, people: list[Person]) -> list[Bill]:
    """Every month's rent and parking fee, contract by contract, each with its whole life."""
    rng = block.rng("housing")
    desk = Desk(_RULES, rng, block.receipt_serials())
    grown = [person for person in people if person.is_head and person.is_registered and person.age(block.as_of) >= 25]
    tenants = rng.sample(grown, min(max(_FEWEST, block.residents // _RESIDENTS_PER_CONTRACT), len(grown)))
    found: list[Bill] = []
    for serial, tenant in enumerate(tenants, start=block.number * 200 + 1):
        found.extend(_contract(rng, desk, tenant, f"{serial * 13 + 20_000:08d}", block.as_of))
    return found


def _contract(rng: Random, desk: Desk, tenant: Person, contract_no: str, until: date) -> Iterator[Bill]:
    habit, this_year = habit_of(rng, RENT), fiscal_year(until)
    contract = date(rng.randint(2006, this_year - 2), rng.randint(1, 12), rng.randint(1, 28))
    yens = {_RENT: rng.randint(150, 480) * 100}
    if rng.random() < _PARKING_SHARE:
        yens[_PARKING] = _PARKING_YEN
    for year in range(max(this_year - YEARS_KEPT + 1, fiscal_year(contract)), min(this_year, tenant.last_year) + 1):
        for kind, yen in yens.items():
            for number in range(1, 13):
                due = month_end(year, number + 3)
                if contract <= due and due.replace(day=1) <= until:
                    bill = Bill(
                        "ward_housing", f"{contract_no}-{year}-{_CODE[kind]}-{number:02d}", "ward_housing_rent", tenant,
                        f"{contract_no}-{_CODE[kind]}", number, year, year, year, due.replace(day=1), due, yen,
                        contract_date=contract,
                    )  # fmt: skip
                    desk.live(bill, habit)
                    del bill.receipts[1:]  # the sheet has one payment a month
                    yield bill


def _rows(bills: list[Bill], day: date, _: Block) -> list[Row[Cells]]:
    levied = (bill for bill in bills if bill.is_levied(day))
    grouped = groupby(levied, key=lambda bill: (bill.notice_no, bill.levy_year))
    return [_row([(bill, next(iter(bill.seen(day)), None)) for bill in months], day) for _, months in grouped]


def _row(months: list[tuple[Bill, SeenReceipt | None]], day: date) -> Row[Cells]:
    (first, first_seen), *rest = months
    contract_no, _, code = first.notice_no.partition("-")
    cells: list[Cell] = [None] * 48
    for bill, seen in months:
        cells[(bill.instalment_no - 1) * 4 : bill.instalment_no * 4] = [
            grouped(bill.assessed_yen), grouped(seen.receipt.principal_yen) if seen else None,
            wareki(seen.receipt.paid_on if seen else None), wareki(known(bill.dunned_on, day)),
        ]  # fmt: skip
    yen = sum(bill.assessed_yen for bill, _ in months)
    received = sum(seen.receipt.principal_yen for _, seen in months if seen)
    name = written_name("ward_housing", first.debtor, day)
    content: Cells = (
        contract_no, first.levy_year, _RENT if code == _CODE[_RENT] else _PARKING,
        f"区営第{int(contract_no) % 40 + 1}アパート", first.debtor.addressee_no, name.written,
        name.kana, wareki(first.contract_date), None, Formula("=COUNTA(K5:BF5)"), *cells, grouped(yen),
        grouped(received), None,
    )  # fmt: skip
    return Row(content, yen, first.levy_year, first, first_seen, also=tuple(rest))


def _faults() -> list[Fault[Cells]]:
    cell = _BOOK.cell
    return [
        Fault("P05", "SUM_MISMATCH", cell("4月", lambda old: grouped(ungrouped(old) + 100) if old else "100")),
        Fault("F28", "AMOUNT", cell("年間計", lambda old: f"{old}円"), is_amount_readable=False),
        Fault("F28", "AMOUNT", cell("3月", lambda _: "1,23,4")),
        Fault("F28", "NEGATIVE", cell("年間計", lambda old: f"-{old}"), is_negated=True),
        Fault("F24", "ERA", cell("契約日", lambda _: "平成31年5月31日")),
        Fault("P07", "CONTRACT_DATE", cell("契約日", lambda _: None), times=2),
        Fault("F18", "FORMULA", cell("年間計", lambda old: Formula(f"={ungrouped(old)}*1")), is_amount_readable=False),
        Fault("P02", "REQUIRED", cell("宛名番号", lambda _: None)),
        Fault("F19", "DIGITS", cell("契約番号", lambda old: str(old).lstrip("0"))),
        Fault("P04", "CODE", cell("種別", lambda _: "倉庫")),
        Fault("F32", "KEY_CONFLICT", cell("契約日", _a_day_later), is_pair=True),
        Fault("P06", "CANCELLED_AT_SOURCE", cell("状態", lambda _: "取消"), Fate.EXCLUDED),
        duplicated(1),
    ]


def _a_day_later(_: Cell) -> Cell:
    return wareki(date(2005, 3, 31) + timedelta(days=1))


DEPARTMENT = Department(
    "ward_housing",
    housing_bills,
    (
        Paper(
            "rents", "区営住宅使用料管理表_{date}.xlsx", _rows, _faults, _BOOK.form,
            tells_claims=True, tells_receipts=True, tells_provisional=False,
        ),
    ),
)  # fmt: skip
