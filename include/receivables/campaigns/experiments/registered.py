"""What was registered (事前登録) of a run, read again: for those who approve it and those who judge what came of it."""

from decimal import Decimal
from typing import Any

from psycopg.rows import dict_row

from receivables import db


def preregistration_of(connection: db.Connection, run_id: str) -> dict[str, Any] | None:
    """What was promised of `run_id` before it was sent; None when nothing is measured."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from campaign.preregistration where run_id = %s", [run_id]).fetchone()


def shown(found: dict[str, Any] | None) -> dict[str, Any] | None:
    """Without its moment and keys, in plain numbers: the same list shows the same."""
    hidden = ("run_id", "trial_key", "registered_at")
    return found and {
        name: float(value) if isinstance(value, Decimal) else value
        for name, value in found.items()
        if name not in hidden
    }


def lines_ja(found: dict[str, Any] | None) -> list[str]:
    """The pre-registration for the approval screen, in Japanese."""
    if found is None:
        return ["効果検証: 対照群がないため、効果は測れません。"]
    source = "これまでの対照群の実績" if found["baseline_from"] == "earlier_runs" else "仮定（実績がまだない）"
    unit = "世帯" if found["unit"] == "household" else "本人"
    return [
        f"効果検証（事前登録）: {unit}ごとに割付、対照群 {found['control_count']:,} 人。"
        f"主要指標は{found['primary_outcome']}。",
        f"検出できる最小の差: この回だけで {_points(found['mde_permille'])}、"
        f"計画した{found['planned_runs']}回分の人数で {_points(found['trial_mde_permille'])}"
        f"（検出力{found['power_permille'] // 10}%、両側{found['alpha_permille'] / 10:g}%、"
        f"対照群の納付率 {found['baseline_permille'] / 10:.1f}% は{source}）。",
        f"打切り規則: {found['stop_rule']}。",
    ]


def _points(permille: float | None) -> str:
    return "なし（この人数では見えない）" if permille is None else f"{permille / 10:.2f}ポイント"
