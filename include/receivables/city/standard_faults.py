"""How rows of the standard's groups go wrong (planted), and the reason that each must get."""

from collections.abc import Callable
from datetime import date, timedelta

from receivables.city.planting import Fate, Fault, duplicated

Change = Callable[[str], str]
WithCell = Callable[[str, Change], Change]


def claim_faults(cell: WithCell) -> list[Fault[str]]:
    """Faults of 調定収納情報 (036o005)."""
    yen = "調定額_本税（料）"
    return [
        Fault("F27", "DATE", cell("納期限", lambda _: "2026-02-30")),
        Fault("F28", "NEGATIVE", cell(yen, lambda text: f"-{text}"), is_negated=True),
        Fault("F28", "AMOUNT", cell(yen, lambda text: f"△{text}"), is_amount_readable=False),
        Fault("F28", "AMOUNT", cell(yen, lambda _: "1e9"), is_amount_readable=False),
        Fault("F28", "AMOUNT", cell(yen, full_width), is_amount_readable=False),
        Fault("P01", "CLAIM_TYPE", cell("業務詳細（科目）コード", lambda _: "77"), times=2),
        Fault("P02", "REQUIRED", cell("宛名番号", lambda _: "")),
        Fault("F19", "DIGITS", cell("宛名番号", lambda text: text.lstrip("0"))),
        Fault("F21", "FIELD_COUNT", lambda row: row.rsplit(",", 1)[0], is_amount_readable=False),
        Fault("F10", "ENCODING", cell("操作者ID", lambda text: text + "\udc83")),
        Fault("F12", "NUL", cell("操作者ID", lambda text: text + "\0")),
        Fault("F32", "KEY_CONFLICT", cell("納期限", next_day), is_pair=True),
        Fault("P03", "DELETED_AT_SOURCE", cell("削除フラグ", lambda _: "1"), Fate.EXCLUDED, times=3),
        duplicated(2),
    ]


def receipt_faults(cell: WithCell) -> list[Fault[str]]:
    """Faults of 収納履歴情報 (036o006)."""
    yen = "収納額_本税（料）"
    return [
        Fault("F27", "DATE", cell("領収年月日", lambda _: "2025-02-29")),
        Fault("F28", "AMOUNT", cell(yen, full_width), is_amount_readable=False),
        Fault("F28", "NEGATIVE", cell(yen, lambda text: f"-{text}"), is_negated=True),
        Fault("P04", "CODE", cell("納付チャネル区分", lambda _: "99")),
        Fault("F21", "FIELD_COUNT", lambda row: row + ",", is_amount_readable=False),
        Fault("F32", "KEY_CONFLICT", cell("領収年月日", next_day), is_pair=True),
        Fault("P03", "DELETED_AT_SOURCE", cell("削除フラグ", lambda _: "1"), Fate.EXCLUDED, times=2),
        duplicated(2),
    ]


def dunning_faults(cell: WithCell) -> list[Fault[str]]:
    """Faults of 督促情報 (036o007)."""
    return [
        Fault("P02", "REQUIRED", cell("督促状発行日", lambda _: "0000-00-00")),
        Fault("F27", "DATE", cell("督促状発行日", lambda _: "2025-04-31")),
        duplicated(1),
    ]


def full_width(text: str) -> str:
    """Digits as an input method left them."""
    return text.translate(str.maketrans("0123456789", "０１２３４５６７８９"))


def next_day(text: str) -> str:
    """The day after."""
    return (date.fromisoformat(text) + timedelta(days=1)).isoformat()
