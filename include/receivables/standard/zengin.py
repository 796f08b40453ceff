"""The 120-byte record of direct debits (全銀協制定フォーマット 預金口座振替, 種別コード 91), read from one file.

Source: 全国銀行協会「全銀協パーソナル・コンピュータ用標準通信プロトコル（ベーシック手順）適用業務及び
レコード・フォーマット」令和元年12月, sections 15 and 16, and bank manuals that agree with it.
"""

import csv
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

RECORD_BYTES = 120
TYPE_CODE = "91"
WITHDRAWN_ON = "引落日"
AMOUNT = "引落金額"
RESULT = "振替結果コード"
COLLECTED = "振替済金額"
UNCOLLECTED = "振替不能金額"
# What each data record is asked for: its own items, two of its header, and its yen by result (振替済・振替不能).
OF_HEADER = (WITHDRAWN_ON, "委託者コード")
BY_RESULT = (COLLECTED, UNCOLLECTED)
_FILE = Path(__file__).parent / "zengin_91.csv"
Kind = Literal["header", "data", "trailer", "end"]


class Item(NamedTuple):
    """Where an item stands: first byte counted from 0, and the byte after its last."""

    start: int
    stop: int


@cache
def items(record: Kind) -> dict[str, Item]:
    """The items of one kind of record by their Japanese names; fillers (ダミー) are none."""
    with _FILE.open(encoding="utf-8", newline="") as lines:
        return {
            row["item"]: Item(int(row["start"]) - 1, int(row["start"]) - 1 + int(row["length"]))
            for row in csv.DictReader(lines)
            if row["record"] == record
        }


def names() -> tuple[str, ...]:
    """Everything a column of a contract may come from."""
    return (*items("data"), *OF_HEADER, *BY_RESULT)
