"""How the law commands show what they found (表示)."""

from collections.abc import Iterable, Sequence
from typing import Any

from receivables.cli import console
from receivables.law.charging import Segment
from receivables.law.clock import ClockEntry
from receivables.law.prescription import Prescription


def percent(permille: Any) -> str:
    """Thousandths as a percentage: 24 is 2.4%."""
    return f"{permille // 10}.{permille % 10}%" if isinstance(permille, int) else f"{permille}‰"


def segments_of(segments: Iterable[Segment]) -> list[dict[str, Any]]:
    """Segments of days as they are told: yen, days, thousandths, and the relief where there is one."""
    return [
        {"from": each.first, "to": each.last, "days": each.days, "permille": each.permille,
         "base_yen": each.base_yen, "yen": each.yen} | ({"relief": each.relief} if each.relief else {})
        for each in segments
    ]  # fmt: skip


def show_segments(title: str, yen: int, segments: list[dict[str, Any]], citations: Sequence[str]) -> None:
    """Segments as a table with their articles."""
    rows = [
        [str(one["from"]), str(one["to"]), one["days"], percent(one["permille"]), one["base_yen"], one["yen"],
         one.get("relief", "")]
        for one in segments
    ]  # fmt: skip
    columns = ["から", "まで", "日数", "年利", "計算の基礎(円)", "円", "減免"]
    console.table(f"{title} {yen:,}円", columns, rows)
    console.console.print(f"根拠: {' / '.join(citations)}", markup=False)


def clock_of(entries: Iterable[ClockEntry]) -> list[dict[str, Any]]:
    """The moves of the clock as they are told."""
    return [
        {"event": each.event, "date": each.on, "restart": each.restart, "until": each.until, "article": each.article}
        for each in entries
    ]


def prescription_of(found: Prescription) -> dict[str, Any]:
    """The finding on prescription as it is told."""
    return {
        "state": found.state,
        "date_safe": found.date_safe,
        "date_alternative": found.date_alternative,
        "cause": found.cause,
        "clock": clock_of(found.clock),
        "missing": list(found.missing),
        "needs_invocation": found.needs_invocation,
    }


def show_clock(payload: dict[str, Any]) -> None:
    """The clock as a table, then where it stands."""
    rows = [[one["event"], one["date"], one["restart"], one["until"], one["article"]] for one in payload["clock"]]
    console.table("時効の進行", ["事由", "日", "起算", "満了", "根拠"], rows)
    safe, other = payload["date_safe"], payload["date_alternative"]
    console.console.print(f"状態 {payload['state']}  安全側 {safe}  他説 {other}", markup=False)
    console.console.print(f"原因 {payload['cause']}  不足 {', '.join(payload['missing']) or 'なし'}", markup=False)
