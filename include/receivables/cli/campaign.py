"""`receivables campaign …`: build, preview, approve, dispatch, results, and the kill switch (催告)."""

from typing import Annotated, Any

import typer

from receivables import campaigns
from receivables.campaigns.playbook import playbook
from receivables.cli import campaign_daily, campaign_effects, campaign_vendors
from receivables.cli.campaign_daily import REASONS_JA, GatewayOption, NowOption, moment
from receivables.cli.console import (
    DEFAULT_AS_OF,
    AsOfOption,
    JsonOption,
    StateOption,
    UserOption,
    console,
    day,
    emit,
    state_of,
    table,
)

app = typer.Typer(help="Campaigns: lists, approvals, sending, effects (催告)", no_args_is_help=True)
campaign_vendors.add_to(app)
campaign_daily.add_to(app)
for _command in campaign_effects.COMMANDS:
    app.command()(_command)

_STATES_JA = {
    "waiting": "承認待ち", "approved": "承認済", "sending": "送信中", "done": "完了",
    "superseded": "差替え済", "cancelled": "取消",
}  # fmt: skip
_MESSAGES_JA = {
    "ready": "未送信", "sending": "送信中", "unknown": "照会待ち", "accepted": "受付済", "delivered": "到達",
    "failed_perm": "不達", "failed_temp": "一時不達", "suppressed": "直前に停止", "cancelled": "取消",
}  # fmt: skip


@app.command("list")
def list_runs(state: StateOption = None, json: JsonOption = False) -> None:
    """Every playbook and every run, newest first."""
    runs = campaigns.list_runs(state=state_of(state))
    books = [{"name": each.name, "title": each.title, "channel": each.channel} for each in campaigns.playbooks()]

    def human() -> None:
        table("催告計画", ["名称", "題", "経路"], [list(each.values()) for each in books])
        table(
            "実行",
            ["実行ID", "基準日", "状態", "承認", "送信", "対照群", "除外"],
            [
                [run["run_id"], run["as_of"], _STATES_JA[run["state"]],
                 f"{run['approval_count']}/{run['approvals_required']}",
                 run["treat_count"], run["control_count"], run["excluded_count"]]
                for run in runs
            ],
        )  # fmt: skip

    emit({"playbooks": books, "runs": runs}, json, human)


@app.command()
def build(
    name: str,
    as_of: AsOfOption = DEFAULT_AS_OF,
    user: Annotated[str | None, typer.Option("--as", help="The maker (default: the playbook's)")] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Make the list of a playbook; the same content gives the same run."""
    maker = user or playbook(name).maker
    run_id = campaigns.build(name, as_of=day(as_of), maker=maker, state=state_of(state))
    _show_preview(run_id, state_of(state), json)


@app.command()
def preview(run: str, state: StateOption = None, json: JsonOption = False) -> None:
    """Counts, cost, text and hash of a run; no personal data."""
    _show_preview(run, state_of(state), json)


@app.command()
def describe(name: str, state: StateOption = None, json: JsonOption = False) -> None:
    """A playbook in plain Japanese (the same in every state directory)."""
    del state
    from receivables.campaigns.previewing import describe as description

    text = description(playbook(name))
    emit({"name": name, "text": text}, json, lambda: console.print(text, markup=False))


@app.command()
def approve(
    run: str,
    user: UserOption,
    content_sha256: Annotated[str | None, typer.Option("--hash", help="The list hash that was looked at")] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Approve exactly this list (not as its maker)."""
    found = campaigns.approve(run, user=user, content_sha256=content_sha256, state=state_of(state))
    emit(found, json, lambda: console.print(
        f"{run}: {user} が承認しました（{found['approvals']}/{found['approvals_required']}）", markup=False
    ))  # fmt: skip


@app.command()
def dispatch(
    run: str,
    gateway: GatewayOption = None,
    now: NowOption = None,
    ignore_window: Annotated[
        bool, typer.Option("--ignore-window", help="Simulator only: judge by the run's date, not the clock; recorded")
    ] = False,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Send an approved list, each message at most once."""
    where = state_of(state)
    found = campaigns.dispatch(
        run, state=where, gateway_url=gateway, now=moment(now, where, gateway), ignore_window=ignore_window
    )

    def human() -> None:
        rows = [[label, found.get(key, 0)] for key, label in _MESSAGES_JA.items() if found.get(key)]
        table(run, ["状態", "件数"], rows)
        if found["stopped_because"]:
            console.print(REASONS_JA[found["stopped_because"]], markup=False)

    emit(found, json, human)


@app.command()
def stop(
    user: UserOption = "operator", reason: Annotated[str, typer.Option("--reason")] = "緊急停止",
    state: StateOption = None, json: JsonOption = False,
) -> None:  # fmt: skip
    """The kill switch: nothing of any campaign is sent from now on."""
    emit(campaigns.stop(user=user, reason=reason, state=state_of(state)), json,
         lambda: console.print("すべての送信を停止しました"))  # fmt: skip


@app.command()
def resume(
    user: UserOption, reason: Annotated[str, typer.Option("--reason")], state: StateOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Allow sending again."""
    emit(campaigns.resume(user=user, reason=reason, state=state_of(state)), json,
         lambda: console.print("送信の停止を解除しました"))  # fmt: skip


def _show_preview(run_id: str, state: Any, json: bool) -> None:
    found = campaigns.preview(run_id, state=state)
    emit(found, json, lambda: _draw_preview(found))


def _draw_preview(found: dict[str, Any]) -> None:
    from receivables.campaigns.experiments.registered import lines_ja
    from receivables.campaigns.previewing import cost_ja, shifts_ja

    arms = {"treat": "送信", "control": "対照群", "excluded": "除外"}
    table(
        f"{found['title']} {found['run_id']}", ["区分", "人数", "対象額"],
        [[arms[row["arm"]], row["people"], row["outstanding_yen"]] for row in found["arms"]],
    )  # fmt: skip
    table(
        "除外理由（重複あり）", ["コード", "理由", "人数"],
        [[row["code"], row["reason_ja"], row["people"]] for row in found["exclusions"]],
    )  # fmt: skip
    table("所管・債権・金額帯", ["所管", "債権", "金額帯", "送信", "対照群"],
          [list(row.values()) for row in found["cohort"]])  # fmt: skip
    for line in (*shifts_ja(found), *lines_ja(found["experiment"]), cost_ja(found)):
        console.print(line.replace("**", ""), markup=False)
    console.print(f"文面: {found['text']}", markup=False)
    console.print(f"状態: {_STATES_JA[found['state']]}  承認: {', '.join(found['approvals']) or 'なし'}", markup=False)
    console.print(f"ハッシュ: {found['content_sha256']}", markup=False)
