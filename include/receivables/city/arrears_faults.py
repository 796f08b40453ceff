"""How rows of the system for arrears go wrong (planted), and the reason that each must get."""

from receivables.city.planting import Fate, Fault, duplicated
from receivables.city.standard_faults import WithCell, full_width, next_day

Faults = list[Fault[str]]
_SUBJECT, _ADDRESSEE, _DELETED = "業務詳細（科目）コード", "宛名番号", "削除フラグ"


def plan_faults(cell: WithCell) -> Faults:
    """Faults of 分割納付計画情報."""
    yen = "分割納付金額_本税（料）"
    return [
        Fault("F27", "DATE", cell("納付予定年月日", lambda _: "2026-02-30")),
        Fault("F28", "AMOUNT", cell(yen, full_width), is_amount_readable=False),
        Fault("F28", "NEGATIVE", cell(yen, lambda text: f"-{text}"), is_negated=True),
        Fault("F19", "DIGITS", cell("分割納付管理番号", lambda text: text.lstrip("0"))),
        Fault("P02", "REQUIRED", cell("納付予定年月日", lambda _: "0000-00-00")),
        Fault("F32", "KEY_CONFLICT", cell("納付予定年月日", next_day), is_pair=True),
        *_always(cell),
    ]


def deferral_faults(cell: WithCell) -> Faults:
    """Faults of 徴収（換価）猶予情報."""
    return [
        Fault("F27", "DATE", cell("終了年月日", lambda _: "2025-02-29")),
        Fault("P04", "CODE", cell("徴収（換価）猶予区分", lambda _: "09")),
        Fault("F10", "ENCODING", cell("操作者ID", lambda text: text + "\udc83")),
        *_always(cell),
    ]


def seizure_faults(cell: WithCell) -> Faults:
    """Faults of 差押情報."""
    return [
        Fault("P02", "REQUIRED", cell("発送年月日", lambda _: "")),
        Fault("P04", "CODE", cell("処分コード", lambda _: "99")),
        Fault("F28", "AMOUNT", cell("本税（料）", lambda text: f"△{text}"), is_amount_readable=False),
        Fault("F32", "KEY_CONFLICT", cell("発送年月日", next_day), is_pair=True),
        *_always(cell),
    ]


def filing_faults(cell: WithCell) -> Faults:
    """Faults of 交付要求・参加差押情報."""
    return [
        Fault("F12", "NUL", cell("執行機関名称", lambda text: text + "\0")),
        Fault("P04", "CODE", cell("処分コード", lambda _: "00")),
        *_always(cell),
    ]


def stay_faults(cell: WithCell) -> Faults:
    """Faults of 執行停止情報."""
    return [
        Fault("P04", "CODE", cell("執行停止事由", lambda _: "9")),
        Fault("P04", "CODE", cell("即時消滅フラグ", lambda _: "済")),
        Fault("F27", "DATE", cell("執行停止年月日", lambda text: text.replace("-", "/"))),
        Fault("F32", "KEY_CONFLICT", cell("執行停止年月日", next_day), is_pair=True),
        *_always(cell),
    ]


def exemption_faults(cell: WithCell) -> Faults:
    """Faults of 延滞金減免情報."""
    return [
        Fault("F28", "AMOUNT", cell("免除金額", lambda _: "1e4"), is_amount_readable=False),
        Fault("P04", "CODE", cell("免除区分", lambda _: "7")),
        *_always(cell),
    ]


def overpayment_faults(cell: WithCell) -> Faults:
    """Faults of 過誤納・還付充当情報."""
    yen = "過誤納額_本税（料）"
    return [
        Fault("F28", "NEGATIVE", cell(yen, lambda text: f"-{text}"), is_negated=True),
        Fault("F27", "DATE", cell("過誤納発生年月日", lambda _: "2025-04-31")),
        *_always(cell),
    ]


def reminder_faults(cell: WithCell) -> Faults:
    """Faults of 催告発送管理情報."""
    return [
        Fault("F27", "DATE", cell("発送年月日", lambda _: "2025-04-31")),
        Fault("P04", "CODE", cell("催告区分", lambda _: "8")),
        *_always(cell),
    ]


def _always(cell: WithCell) -> Faults:
    """What goes wrong in any of the groups."""
    return [
        Fault("P01", "CLAIM_TYPE", cell(_SUBJECT, lambda _: "77")),
        Fault("F19", "DIGITS", cell(_ADDRESSEE, lambda text: text.lstrip("0"))),
        Fault("F21", "FIELD_COUNT", lambda row: f"{row},", is_amount_readable=False),
        Fault("P03", "DELETED_AT_SOURCE", cell(_DELETED, lambda _: "1"), Fate.EXCLUDED),
        duplicated(1),
    ]
