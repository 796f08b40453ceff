"""`receivables campaign continue | dunning-due | history`: what is done or asked every day (日々の確認)."""

from datetime import datetime
from typing import Annotated, Any

import typer

from receivables import campaigns
from receivables.cli.console import (
    DEFAULT_AS_OF,
    AsOfOption,
    JsonOption,
    StateOption,
    console,
    day,
    emit,
    state_of,
    table,
)
from receivables.errors import InputRejectedError
from receivables.settings import State

GatewayOption = Annotated[
    str | None, typer.Option("--gateway", help="Address of the SMS carrier (default: gateway.json of the state)")
]
NowOption = Annotated[str | None, typer.Option("--now", help="Simulator only: the moment of sending, with offset")]
REASONS_JA = {
    "stopped": "緊急停止中のため中断しました", "window_closed": "送信時間帯の外のため残りは待機します",
    "stale_source": "元データが古いため送信しません", "recalled": "回収された実行のため送信しません",
    "quiet_day": "送信しない日のため待機します",
    "gateway_down": "送信事業者に接続できないため中断しました",
    "others_at_work": "同じ経路の引渡しが進行中です",
    "waits_to_settle": "前回の中断で未確定の分が確定するまで待機します",
    "halted": "このキャンペーンは停止中です（halt）。残りは待機します",
    "people": "結果が不明です。職員の確認を待ちます（campaign unknown）",
}  # fmt: skip
_BECAME_JA = {"done": "完了", "waits": "待機", "unapproved": "承認が失効（一覧の作成からやり直してください）"}
_DUE_COLUMNS = [
    "債権", "計画", "根拠", "一覧なし", "最も早い期限", "承認待ち", "承認済・送付", "手作業", "期限経過（一覧なし）",
]  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Add these commands to `receivables campaign`."""
    app.command("continue")(continue_runs)
    app.command("dunning-due")(dunning_due)
    app.command("history")(show_history)


def continue_runs(
    gateway: GatewayOption = None, now: NowOption = None, state: StateOption = None, json: JsonOption = False
) -> None:
    """Send what was interrupted: every approved run with something open, as long as its approvals hold."""
    where = state_of(state)
    found = campaigns.continue_runs(state=where, gateway_url=gateway, now=moment(now, where, gateway))
    rows = [
        [each["run_id"], _BECAME_JA[each["became"]], each["waiting"], REASONS_JA.get(each["because"], "")]
        for each in found
    ]
    emit({"runs": found}, json, lambda: table("中断した送信の続行", ["実行ID", "結果", "未送信", "理由"], rows))


def dunning_due(
    as_of: AsOfOption = DEFAULT_AS_OF,
    within_days: Annotated[
        int | None, typer.Option("--within-days", min=0, help="Days ahead (default: dunning_warning_days)")
    ] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Claims whose last day for 督促 comes near and that no list covers; exit code 4 when there are any."""
    found = campaigns.dunning_due(day(as_of), within_days=within_days, state=state_of(state))
    emit(found, json, lambda: _draw_due(found))
    if any(each["near"] for each in found["claim_types"]):
        raise typer.Exit(4)


def show_history(
    who: Annotated[str, typer.Argument(help="debtor_id, 宛名番号, contact id, or 封緘番号・受付番号")],
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Everything that was said to one person, by whichever section and channel, and what stops the next contact."""
    from receivables.campaigns.history import history

    found = history(who, state=state_of(state))
    emit(found, json, lambda: _draw_history(found))


def _draw_history(found: dict[str, Any]) -> None:
    arms = {"treat": "送信", "control": "対照群", "excluded": "除外"}
    columns = ["基準日", "計画", "経路", "区分", "状態", "連絡日", "結果", "理由", "対象者"]
    table(f"連絡の経過 {found['debtor_id']}", columns, [
        [each["as_of"], each["campaign_name"], each["channel"], arms[each["arm"]], each["state"] or "",
         each["contact_date"] or "", "、".join(each["events"]), "、".join(each["reasons_ja"]), each["contact_id"]]
        for each in found["contacts"]
    ])  # fmt: skip
    table("所管課の委託先による連絡", ["日時", "経路", "所管", "結果", "約束日"], [
        [each["attempted_at"], each["channel"], each["owner_dept"], each["outcome"], each["promised_on"] or ""]
        for each in found["by_vendors"]
    ])  # fmt: skip
    table("連絡を止めている理由", ["理由", "手段", "開始", "終了", "内容"], [
        [each["reason_ja"], each["channel"] or "すべて", each["valid_from"], each["valid_to"] or "解除まで",
         each["why"] or ""]
        for each in found["against"]
    ])  # fmt: skip


def moment(text: str | None, state: State, gateway_url: str | None) -> datetime | None:
    """`text` as a moment with an offset; InputRejectedError when it is none, or no simulator would be sent to."""
    from receivables.campaigns.dispatching import require_simulator

    if text is None:
        return None
    require_simulator(state, gateway_url, "--now")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InputRejectedError(f"--now {text!r} is not a moment: write 2026-06-19T10:00:00+09:00")
    return found


def _draw_due(found: dict[str, Any]) -> None:
    rows = [
        [each["name_ja"], each["playbook"], each["citation"] + ("" if each["is_statutory"] else "（日数は区の定め）"),
         each["near"], each["first_limit_on"], each["waiting"], each["under_way"], each["by_hand"], each["late"]]
        for each in found["claim_types"]
    ]  # fmt: skip
    table(f"督促の期限（{found['day']} から {found['within_days']} 日以内）", _DUE_COLUMNS, rows)
    for name in sorted({each["playbook"] for each in found["claim_types"] if each["near"]}):
        console.print(f"一覧を作成してください: receivables campaign build {name} --as-of {found['day']}", markup=False)
