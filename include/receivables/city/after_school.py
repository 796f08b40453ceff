"""Fees of the after-school clubs (新BOP学童クラブ利用料): a month's fee per child, owed by the head of its household.

The file looks like the ward's published budget tables: CP932 without BOM, 52 columns, the budget's
account in front, line ends inside quoted cells, and some columns in thousands of yen.
"""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache
from random import Random

from receivables.city.bills import Bill, known
from receivables.city.blocks import Block
from receivables.city.delivery_note import write_note
from receivables.city.habits import CLUB
from receivables.city.levies import YEARS_KEPT, Levy, Payer, heads, levied, monthly
from receivables.city.life import Rules, write_off_prescribed
from receivables.city.office_days import fiscal_year
from receivables.city.papers import Department, Lines, Paper
from receivables.city.people import Person
from receivables.city.planting import Fate, Fault, Row, duplicated
from receivables.city.written_names import written_name

_BASIC_YEN, _EXTENSION_YEN = 5_000, 1_000  # a month; domain note 1.2 (configuration)
_AGES = range(6, 10)  # on 1 April
_SHARE, _EXTENDED, _EXEMPT = 0.36, 0.35, 0.08  # of the children; assumptions
_PRESCRIPTION_YEARS = 5  # 地方自治法236条1項
_RULES = Rules(CLUB, 7, 25, False, 10, _PRESCRIPTION_YEARS, 2100)  # no 延滞金
_FOLDED = str.maketrans({"𠮷": "吉"})  # not in CP932
HEADER = (
    "年度", "会計コード", "会計名称", "款コード", "款名称", "項コード", "項名称", "目コード", "目名称", "節コード",
    "節名称", "細節コード", "細節名称", "所属コード", "所属名称", "通知番号", "回", "利用月", "保護者宛名番号",
    "保護者氏名", "保護者カナ", "児童宛名番号", "児童氏名", "児童生年月日", "学年", "学校コード", "クラブ名称",
    "クラブ所在地", "利用開始日", "利用終了日", "延長利用", "減免区分", "基本利用料（円）", "延長利用料（円）",
    "調定額（円）", "調定額（千円）", "調定日", "納期限", "納付方法", "収入済額（円）", "収入済額（千円）",
    "収入日", "督促状発送日", "督促状到達日", "督促状指定期限", "不納欠損額（円）", "不納欠損日", "状態区分",
    "年間調定見込額（千円）", "摘要", "更新者", "更新日",
)  # fmt: skip
_ACCOUNT = (
    "1", "一般会計", "14", "使用料及び手数料", "01", "使用料", "09", "教育使用料", "03", "新ＢＯＰ使用料", "01",
    "新ＢＯＰ学童クラブ利用料", "068", "児童課",
)  # fmt: skip
_NOTES = ("延長利用の変更あり\n（届出済）", "口座変更\n翌月から", "兄弟姉妹在籍,別通知", "転居の届あり")
_COLUMN = {title: at for at, title in enumerate(HEADER)}
Cells = list[str]


def _payers(rng: Random, people: list[Person], until: date) -> Iterator[Payer]:
    """About a third of the children who are of age in one of the years kept; the head of the household pays."""
    payer = heads(people)
    for child in people:
        if _AGES.start <= child.age(until) < _AGES.stop + YEARS_KEPT and rng.random() < _SHARE:
            this_year = fiscal_year(until)
            years = range(this_year - YEARS_KEPT + 1, this_year + 1)
            served = [year for year in years if child.age(date(year, 4, 1)) in _AGES]
            if served and child.household_no in payer:
                yield Payer(payer[child.household_no], child, range(served[0], served[-1] + 1))


def _yen(rng: Random, *_: object) -> list[int]:
    chance = rng.random()
    if chance < _EXEMPT:
        return [0] * 12  # 免除: nothing is levied
    return [_BASIC_YEN + (_EXTENSION_YEN if chance < _EXEMPT + _EXTENDED else 0)] * 12


def _ends(rng: Random, bill: Bill) -> None:
    del bill.receipts[1:]  # the table has one payment a row
    write_off_prescribed(rng, bill, _PRESCRIPTION_YEARS)


_LEVY = Levy("after_school", "after_school_club_fee", _RULES, _payers, monthly, _yen, _ends)


def _bills(block: Block, people: list[Person]) -> list[Bill]:
    return levied(_LEVY, block, people)


def _rows(bills: list[Bill], day: date, block: Block) -> list[Row[Cells]]:
    notes = block.rng("club-notes")
    drawn = [notes.choice(_NOTES) if notes.random() < 0.02 else "" for _ in bills]
    return [_row(bill, day, note) for bill, note in zip(bills, drawn, strict=True) if bill.is_levied(day)]


def _row(bill: Bill, day: date, note: str) -> Row[Cells]:
    assert bill.subject
    seen = next(iter(bill.seen(day)), None)
    paid_yen = seen.receipt.principal_yen if seen else 0
    dunned_on, written_off_on = known(bill.dunned_on, day), known(bill.written_off_on, day)
    month = (bill.instalment_no + 2) % 12 + 1
    extension_yen = bill.assessed_yen - _BASIC_YEN
    child, school = bill.subject, int(bill.debtor.household_no) % 61 + 1
    name, child_name = (written_name("after_school", person, day) for person in (bill.debtor, child))
    cells = [
        str(bill.levy_year), *_ACCOUNT, bill.notice_no, str(bill.instalment_no), str(month), bill.debtor.addressee_no,
        _fitting(name.written), _fitting(name.kana), child.addressee_no,
        _fitting(child_name.written), _day(child.birth_date), str(child.age(date(bill.levy_year, 4, 1)) - 5),
        f"{school:03d}", f"第{school}新ＢＯＰ学童クラブ", f"世田谷区内第{school}小学校", f"{bill.levy_year}0401",
        f"{bill.levy_year + 1}0331", "1" if extension_yen else "0", "0", str(_BASIC_YEN), str(extension_yen),
        str(bill.assessed_yen), str(bill.assessed_yen // 1_000), _day(bill.levied_on), _day(bill.due_date), "口座",
        str(paid_yen), str(paid_yen // 1_000), _day(seen.receipt.paid_on if seen else None), _day(dunned_on),
        _day(known(bill.arrived_on, day)), _day(bill.dunning_deadline if dunned_on else None),
        str(bill.written_off_by(day)), _day(written_off_on), "0", str(bill.assessed_yen * 12 // 1_000), note, "system",
        f"{day:%Y%m%d}",
    ]  # fmt: skip
    return Row(cells, bill.assessed_yen, bill.levy_year, bill, seen, extra_lines=note.count("\n"))


def _fitting(text: str) -> str:
    return text.translate(_FOLDED)


@cache
def _day(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day else ""


def _line(cells: Cells) -> bytes:
    """One record; only cells that need quotes have them, which are few."""
    joined = ",".join(cells)
    if joined.count(",") == len(cells) - 1 and "\n" not in joined:
        return joined.encode("cp932", "surrogateescape")
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(cells)  # with other ends it would not quote these
    return written.getvalue()[:-2].encode("cp932", "surrogateescape")  # a planted broken byte stays as it is


def _cell(title: str, spoil: Callable[[str], str]) -> Callable[[Cells], Cells]:
    at = _COLUMN[title]
    return lambda cells: [*cells[:at], spoil(cells[at]), *cells[at + 1 :]]


def _in_thousands(cells: Cells) -> Cells:
    """Every amount of the month in thousands of yen, as in the columns beside them: 6 where 6000 is meant."""
    places = [_COLUMN[title] for title in ("基本利用料（円）", "延長利用料（円）", "調定額（円）", "収入済額（円）")]
    return [str(int(cell) // 1_000) if at in places else cell for at, cell in enumerate(cells)]


def _faults() -> list[Fault[Cells]]:
    return [
        Fault("P08", "SUM_MISMATCH", _in_thousands, divisor=1_000, times=2),
        Fault("P05", "SUM_MISMATCH", _cell("延長利用料（円）", lambda text: str(int(text) + 500))),
        Fault("F28", "AMOUNT", _cell("調定額（円）", lambda text: f"△{text}"), is_amount_readable=False),
        Fault("F28", "AMOUNT", _cell("調定額（円）", lambda text: f"{int(text):,}"), is_amount_readable=False),
        Fault("F28", "NEGATIVE", _cell("調定額（円）", lambda text: f"-{text}"), is_negated=True),
        Fault("F27", "DATE", _cell("納期限", lambda text: f"{text[:4]}0230")),
        Fault("P02", "REQUIRED", _cell("保護者宛名番号", lambda _: "")),
        Fault("F19", "DIGITS", _cell("児童宛名番号", lambda text: text.lstrip("0"))),
        Fault("P04", "CODE", _cell("状態区分", lambda _: "5")),
        Fault("F21", "FIELD_COUNT", lambda cells: cells[:-1], is_amount_readable=False),
        Fault("F10", "ENCODING", _cell("更新者", lambda text: text + "\udc83")),
        Fault("F32", "KEY_CONFLICT", _cell("納期限", _next_day), is_pair=True),
        Fault("P06", "CANCELLED_AT_SOURCE", _cell("状態区分", lambda _: "9"), Fate.EXCLUDED, times=2),
        duplicated(2),
    ]


def _next_day(text: str) -> str:
    return _day(date(int(text[:4]), int(text[4:6]), int(text[6:])) + timedelta(days=1))


DEPARTMENT = Department(
    "after_school",
    _bills,
    (
        Paper(
            "instalments", "bop_riyouryou_{date}.csv", _rows, _faults,
            Lines(_line, head=lambda _: _line(list(HEADER))), tells_claims=True, tells_receipts=True,
            tells_provisional=False,
        ),
    ),
    write_note,
)  # fmt: skip
