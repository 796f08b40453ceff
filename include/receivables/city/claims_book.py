"""The claims book (債権管理台帳) of 債権管理担当: one sheet, a row per act on one claim, kept by hand.

Days are typed as 和暦 or Excel has made its own dates of them; yen are text with commas; the last row says 合計.
"""

from collections.abc import Iterator
from datetime import date
from random import Random

from receivables.city.arrears_files import act_of, is_over, is_spare
from receivables.city.bills import Bill, known
from receivables.city.blocks import Block
from receivables.city.books import Book, Cell, Cells, Formula, grouped, number, typed, ungrouped, wareki
from receivables.city.cases import CLAIMS_BOOK, Case, Step
from receivables.city.channels import SYSTEM_CODES
from receivables.city.papers import Department, Paper
from receivables.city.planting import Fate, Fault, Row, duplicated
from receivables.city.written_names import written_name

# 経過: how the book calls what the law knows as an event.
_WORDS = {
    "reminded": "催告", "acknowledged": "承認", "instalment_plan": "分納誓約", "plan_due": "分納期",
    "plan_broken": "分納不履行", "extension": "履行延期", "collection_stop": "徴収停止",
    "collection_resumed": "停止取消",
    "action_filed": "支払督促", "action_withdrawn": "取下", "judgment": "確定", "negotiation_agreed": "協議合意",
    "claim_filed": "債権届出", "claim_filing_ended": "手続終結", "exempted": "免除", "waived": "債権放棄",
    "invoked": "時効援用", "entrusted": "弁護士委任", "returned": "委任返還", "referred_to_support": "自立相談",
}  # fmt: skip
_NOTES = ("電話にて確認", "本人来庁", "連帯保証人にも通知", "転居先を照会中")
_BOOK = Book(
    "経過",
    ("債権管理台帳", "{day}現在", "債権管理担当（単位：円）"),
    (
        "整理番号", "枝番", "業務", "通知書番号", "期", "宛名番号", "氏名", "フリガナ", "年月日", "経過", "期限",
        "金額", "事由", "発送日", "到達日", "返戻日", "指定期限", "文書番号", "状態", "備考",
    ),
    count_in="枝番", yen_in="金額",
)  # fmt: skip


def _rows(bills: list[Bill], day: date, block: Block) -> list[Row[Cells]]:
    """Every act done by `day`, in the order in which they were done."""
    acts = sorted(_acts(bills, day), key=lambda act: (act[2].on, act[0].number, act[1]))
    return [_row(case, branch, step, day, block) for case, branch, step in acts]


def _acts(bills: list[Bill], day: date) -> Iterator[tuple[Case, int, Step]]:
    for bill in bills:
        for case in bill.cases:
            if case.source == CLAIMS_BOOK:
                yield from ((case, branch, step) for branch, step in enumerate(case.steps, start=1) if step.on <= day)


def _row(case: Case, branch: int, step: Step, day: date, block: Block) -> Row[Cells]:
    bill, typing = case.bill, Random(f"{block.seed}:claims_book:{case.number}-{branch}")
    name = written_name(bill.source_code, bill.debtor, step.on)
    cells: Cells = (
        case.number, branch, SYSTEM_CODES[bill.source_code], bill.notice_no, bill.instalment_no,
        bill.debtor.addressee_no, name.written, name.kana, typed(step.on, typing), _WORDS[step.event_type],
        typed(step.until_on, typing), grouped(step.amount_yen) if step.amount_yen is not None else None,
        step.ground_code or None, wareki(step.issued_on), wareki(known(step.arrived_on, day)),
        wareki(known(step.returned_on, day)), wareki(step.deadline), step.document_no or None, None,
        typing.choice(_NOTES) if typing.random() < 0.05 else None,
    )  # fmt: skip
    acts = (act_of(case, step),)
    return Row(cells, step.amount_yen or 0, None, bill, is_spare=is_over(case, block), acts=acts)


def _faults() -> list[Fault[Cells]]:
    cell = _BOOK.cell
    return [
        Fault("F19", "DIGITS", cell("宛名番号", number)),  # a number cell: the leading zeros are lost
        Fault("P04", "CODE", cell("経過", lambda _: "相談")),
        Fault("P04", "CODE", cell("業務", lambda _: "99")),
        Fault("P02", "REQUIRED", cell("年月日", lambda _: None)),
        Fault("F24", "ERA", cell("年月日", lambda _: "平成31年5月31日")),
        Fault("F27", "DATE", cell("年月日", lambda _: 31)),
        Fault("F32", "KEY_CONFLICT", cell("年月日", lambda _: "令和3年4月12日"), is_pair=True),
        Fault("P06", "CANCELLED_AT_SOURCE", cell("状態", lambda _: "取消"), Fate.EXCLUDED, times=2),
        duplicated(2),
        Fault("F18", "FORMULA", cell("金額", _formula), is_amount_readable=False),
        Fault("F28", "AMOUNT", cell("金額", lambda old: f"{old or 0}円"), is_amount_readable=False),
    ]


def _formula(old: Cell) -> Cell:
    return Formula(f"={ungrouped(old or 0)}*1")


DEPARTMENT = Department(
    CLAIMS_BOOK,
    lambda *_: [],
    (Paper("acts", "債権管理台帳_{date}.xlsx", _rows, _faults, _BOOK.form, is_spare),),
    is_over_all=True,
)
