"""文字同定表: what is unresolved, provisional, substituted or confirmed, with how many people it touches, as one model.

Code points, counts and decisions only; ready for JSON and for the sign-off report.
"""

from typing import Any

from psycopg.rows import dict_row

from receivables import db
from receivables.migration.characters.repertoire import TITLES, Kind

DECISIONS = {"unresolved": "未同定", "provisional": "暫定", "substituted": "代替", "confirmed": "同定済"}
CLASSES = {
    "ascii": "ASCII", "sign": "JIS非漢字", "jis_1": "JIS第1水準", "jis_2": "JIS第2水準", "jis_3": "JIS第3水準",
    "jis_4": "JIS第4水準", "mj": "MJ（JIS外）", "mj_ivs": "MJ異体字シーケンス", "gj": "GJ追加文字",
    "cjk_compatibility": "互換漢字",
} | {kind.value: title for kind, title in TITLES.items()}  # fmt: skip
_ISSUES = """
    select source_code, group_id, item, codes, class, problem, row_count, person_count, decision,
        ruling ->> 'target' as target, ruling ->> 'text' as text, ruling ->> 'kind' as kind,
        ruling ->> 'status' as status, ruling ->> 'basis' as basis, ruling ->> 'decided_by' as decided_by,
        ruling ->> 'approved_by' as approved_by, ruling ->> 'ticket' as ticket, ruling ->> 'valid_from' as valid_from
    from migration.char_issue where run_id = %s
    order by source_code, group_id, item, codes, problem
"""


def identification(connection: db.Connection, run_id: str) -> dict[str, Any]:
    """The 文字同定表 of one run: rows per state, `open` when somebody must still decide or sign.

    `person_count` counts distinct 宛名番号 of one character in one item; people are not added up over rows.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = [_shown(row) for row in cursor.execute(_ISSUES, [run_id]).fetchall()]
    by_state = {state: [row for row in rows if row["decision"] == state] for state in DECISIONS}
    to_sign = [
        row for row in rows if row["status"] == "provisional" or row["decision"] == "substituted"
    ]  # a provisional substitute is listed once
    return {
        "run_id": run_id,
        **by_state,
        "listed": [row for row in rows if row["decision"] is None],
        "to_sign": to_sign,
        "totals": [
            {"decision": state, "decision_ja": DECISIONS[state], "codes": len({row["codes"] for row in found}),
             "row_count": sum(row["row_count"] for row in found)}
            for state, found in by_state.items()
        ],
        "is_open": bool(by_state["unresolved"]),
    }  # fmt: skip


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    problem = row["problem"]
    return row | {
        "class_ja": CLASSES[row["class"]],
        "problem_ja": TITLES[Kind(problem)] if problem else None,
        "decision_ja": DECISIONS.get(row["decision"] or ""),
    }
