"""`receivables law impact`: what a change of the rules would change, before it is merged (影響試算)."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from receivables.assess.impact import Change, impact
from receivables.cli import console
from receivables.cli.console import DEFAULT_AS_OF, AsOfOption, JsonOption, StateOption


def impact_command(
    seeds: Annotated[str, typer.Option(help="Folder with changed files of dbt_project/seeds/law, or a git branch")],
    as_of: AsOfOption = DEFAULT_AS_OF,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """影響試算: how many claims and yen change under other rules; nothing is written."""
    found = impact(seeds, as_of=console.day(as_of), state=console.state_of(state))
    total = Change("計")
    for change in found:
        total.add(change)
    payload = {"seeds": seeds, "as_of": as_of, "changes": [asdict(each) for each in found], "total": asdict(total)}
    console.emit(payload, as_json, lambda: _show(as_of, [*found, total]))


def _show(as_of: str, changes: list[Change]) -> None:
    heads = ["債権", "判定", "変更", "延滞金 今(円)", "延滞金 後(円)", "差(円)", "時効早まる", "遅くなる", "不明になる",
             "消滅する", "消滅(円)", "復活する", "復活(円)"]  # fmt: skip
    console.table(f"規則変更の影響（基準日 {as_of}）", heads, [_row(each) for each in changes])
    for change in changes:
        if change.examples:
            console.console.print(f"{change.claim_type} の例: {', '.join(change.examples)}", markup=False)


def _row(one: Change) -> list[Any]:
    return [
        one.claim_type, one.judged, one.changed, one.charge_yen_before, one.charge_yen_after,
        one.charge_yen_after - one.charge_yen_before, one.ends_earlier, one.ends_later, one.now_unknown,
        one.now_extinct, one.now_extinct_yen, one.revived, one.revived_yen,
    ]  # fmt: skip
