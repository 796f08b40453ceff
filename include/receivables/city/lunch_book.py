"""School lunch fees (学校給食費) in a workbook kept by hand: what was left unpaid when pupils' lunch became free.

Claims of pupils end with FY2022; a few grown-ups of the schools still pay. A 小計 row follows each
school; days are typed as 和暦, or Excel has made its own dates of them, or left their bare number.
"""

from collections.abc import Iterator
from datetime import date
from random import Random

from receivables.city.bills import Bill, known
from receivables.city.blocks import Block
from receivables.city.books import Book, Cells, Formula, number, typed, wareki
from receivables.city.habits import LUNCH
from receivables.city.levies import Levy, Payer, heads, levied, monthly
from receivables.city.life import Rules
from receivables.city.office_days import fiscal_year
from receivables.city.papers import Department, Paper, is_settled
from receivables.city.people import Person
from receivables.city.planting import Fate, Fault, Row, duplicated
from receivables.city.written_names import written_name

_RULES = Rules(LUNCH, 8, 30, False, 14, 5, 2100)  # a private claim: 遅延損害金, no 延滞金
_FIRST_YEAR, _LAST_YEAR = 2017, 2022
_FREE_FROM = date(2023, 5, 31)  # what was paid by the closing of FY2022 is no longer in the book
_PEOPLE_PER_FAMILY, _FEWEST_FAMILIES, _ADULTS = 2_000, 6, 3
_PRIMARY, _SECONDARY = range(6, 12), range(12, 15)  # age on 1 April
_PRIMARY_YEN, _SECONDARY_YEN, _ADULT_YEN = 4_500, 5_400, 5_000  # a month; assumptions
_NO_LUNCH_IN = 8  # August
_SHARE_OF_MONTHS = 0.5  # of a family's months were left unpaid
_BOOK = Book(
    "滞納繰越",
    ("学校給食費 滞納整理簿", "{day}現在", "学校健康推進課（単位：円）"),
    (
        "整理番号", "回", "年度", "学校", "学年", "対象", "宛名番号", "氏名", "フリガナ", "申込日", "納期限", "給食費",
        "入金日", "入金額", "督促日", "到達日", "指定期限", "状態", "備考",
    ),
    count_in="回", yen_in="給食費", received_in="入金額", subtotal_by="学校",
    cover=("学校給食費 滞納整理簿", "児童・生徒分は令和4年度まで", "小計は学校ごと。行を加えたら小計を直すこと"),
)  # fmt: skip


def _payers(rng: Random, people: list[Person], until: date) -> Iterator[Payer]:
    """A few families with a child who was at school in those years, and grown-ups who eat there today."""
    payer, count = heads(people), max(_FEWEST_FAMILIES, len(people) // _PEOPLE_PER_FAMILY)
    pupils = [person for person in people if _years_at_school(person) and person.household_no in payer]
    for child in rng.sample(pupils, min(count, len(pupils))):
        yield Payer(payer[child.household_no], child, _years_at_school(child))
    grown = [person for person in people if person.is_registered and 25 <= person.age(until) < 60]
    for person in rng.sample(grown, min(_ADULTS, len(grown))):
        yield Payer(person, person, range(_LAST_YEAR + 1, fiscal_year(until)))


def _years_at_school(person: Person) -> range:
    ages = _PRIMARY.start, _SECONDARY.stop
    first = person.birth_date.year + ages[0] + ((person.birth_date.month, person.birth_date.day) > (4, 1))
    return range(max(first, _FIRST_YEAR), min(first + ages[1] - ages[0], _LAST_YEAR + 1))


def _months(year: int) -> list[tuple[date, date]]:
    return [(levied_on, due) for levied_on, due in monthly(year) if levied_on.month != _NO_LUNCH_IN]


def _yen(rng: Random, payer: Payer, year: int, _: object) -> list[int]:
    fee = (
        _ADULT_YEN
        if payer.subject is payer.debtor
        else _SECONDARY_YEN
        if _is_secondary(payer.subject, year)
        else _PRIMARY_YEN
    )
    return [fee if rng.random() < _SHARE_OF_MONTHS else 0 for _ in range(11)]


def _is_secondary(child: Person, year: int) -> bool:
    return child.age(date(year, 4, 1)) in _SECONDARY


def _ends(_: Random, bill: Bill) -> None:
    """The day of the application (申込日): in the April in which the child entered that school."""
    assert bill.subject
    entered = bill.levy_year
    if bill.subject is not bill.debtor:
        ages = _SECONDARY if _is_secondary(bill.subject, bill.levy_year) else _PRIMARY
        entered -= bill.subject.age(date(bill.levy_year, 4, 1)) - ages.start
    bill.contract_date = date(entered, 4, 3 + int(bill.debtor.household_no) % 10)
    del bill.receipts[1:]  # the book has one payment a row


_LEVY = Levy("school_lunch", "school_lunch_fee", _RULES, _payers, _months, _yen, _ends)


def _bills(block: Block, people: list[Person]) -> list[Bill]:
    return [bill for bill in levied(_LEVY, block, people) if bill.paid_yen(_FREE_FROM) < bill.assessed_yen]


def _rows(bills: list[Bill], day: date, block: Block) -> list[Row[Cells]]:
    """School by school, as the book is kept; a 小計 row follows the last row of each."""
    typing = block.rng("lunch-typing")
    placed = sorted(
        (bill for bill in bills if bill.is_levied(day)), key=lambda bill: (_school(bill, block), bill.claim_key)
    )
    rows = [_row(bill, day, _school(bill, block), typing) for bill in placed]
    at = _BOOK.at("学校")
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        row.extra_lines = int(following is None or following.content[at] != row.content[at])
    return rows


def _school(bill: Bill, block: Block) -> str:
    assert bill.subject
    if bill.subject is not bill.debtor and _is_secondary(bill.subject, bill.levy_year):
        return f"第{block.number + 1}中学校"
    return f"第{block.number * 2 + 1 + int(bill.debtor.household_no) % 2}小学校"


def _row(bill: Bill, day: date, school: str, typing: Random) -> Row[Cells]:
    assert bill.subject
    seen = next(iter(bill.seen(day)), None)
    dunned_on = known(bill.dunned_on, day)
    is_adult = bill.subject is bill.debtor
    age = bill.subject.age(date(bill.levy_year, 4, 1))
    name = written_name("school_lunch", bill.debtor, day)
    cells: Cells = (
        bill.notice_no, bill.instalment_no, bill.levy_year, school,
        None if is_adult else f"{age - (11 if age in _SECONDARY else 5)}年", "教職員" if is_adult else "児童生徒",
        bill.debtor.addressee_no, name.written, name.kana, typed(bill.contract_date, typing),
        typed(bill.due_date, typing), bill.assessed_yen, typed(seen.receipt.paid_on if seen else None, typing),
        seen.receipt.principal_yen if seen else None, wareki(dunned_on), wareki(known(bill.arrived_on, day)),
        wareki(bill.dunning_deadline if dunned_on else None), None,
        "転出先へ送付" if typing.random() < 0.02 else None,
    )  # fmt: skip
    return Row(cells, bill.assessed_yen, bill.fiscal_year, bill, seen)


def _is_victim(row: Row[Cells], settled_by: date) -> bool:
    """An old row, but not one that 小計 follows: a second row beside it would not know on which side it stands."""
    return is_settled(row, settled_by) and not row.extra_lines


def _faults() -> list[Fault[Cells]]:
    cell = _BOOK.cell
    return [
        Fault("F24", "ERA", cell("納期限", lambda _: "平成31年5月31日")),
        Fault("F27", "DATE", cell("納期限", lambda _: 31)),  # a day of 1900: somebody typed the day of the month alone
        Fault("P07", "CONTRACT_DATE", cell("申込日", lambda _: None), times=2),
        Fault("F19", "DIGITS", cell("宛名番号", number)),  # a number cell: the leading zeros are lost
        Fault("F18", "FORMULA", cell("給食費", lambda old: Formula(f"={number(old)}*1")), is_amount_readable=False),
        Fault("F28", "AMOUNT", cell("給食費", lambda old: f"{old}円"), is_amount_readable=False),
        Fault("F28", "NEGATIVE", cell("給食費", lambda old: -number(old)), is_negated=True),
        Fault("P02", "REQUIRED", cell("宛名番号", lambda _: None)),
        Fault("P04", "CODE", cell("状態", lambda _: "要確認")),
        Fault("F32", "KEY_CONFLICT", cell("納期限", lambda _: "令和3年4月12日"), is_pair=True),
        Fault("P06", "CANCELLED_AT_SOURCE", cell("状態", lambda _: "取消"), Fate.EXCLUDED),
        duplicated(1),
    ]


DEPARTMENT = Department(
    "school_lunch",
    _bills,
    (
        Paper(
            "instalments", "給食費滞納整理簿_{date}.xlsx", _rows, _faults, _BOOK.form, _is_victim,
            tells_claims=True, tells_receipts=True, tells_provisional=False,
        ),
    ),
)  # fmt: skip
