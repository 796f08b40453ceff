"""`receivables hold …`: reasons not to contact that people enter and end (連絡停止)."""

from datetime import date
from typing import Annotated, Any

import typer

from receivables.campaigns import holding
from receivables.cli.console import JsonOption, StateOption, UserOption, console, day, emit, state_of, table

app = typer.Typer(help="Reasons not to contact somebody: enter, list, end (連絡停止)", no_args_is_help=True)


@app.command()
def add(
    who: Annotated[str, typer.Argument(help="debtor_id, 宛名番号, contact id, or 封緘番号・受付番号")],
    code: Annotated[str, typer.Argument(help=f"One of {', '.join(holding.BY_HAND)}")],
    user: UserOption,
    why: Annotated[str, typer.Option(help="What was heard, from whom 申出の内容")],
    channel: Annotated[str | None, typer.Option(help=f"Only here: {', '.join(holding.CHANNELS)}")] = None,
    since: Annotated[str | None, typer.Option("--from", help="First day (default: at once)")] = None,
    until: Annotated[str | None, typer.Option(help="Last day (default: until two people end it)")] = None,
    review: Annotated[str | None, typer.Option(help="Day to look at it again (default: 90 days on)")] = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop contacting somebody from this moment on, in every campaign; one person's word is enough."""
    held = holding.enter(
        who, code, why=why, user=user, channel=channel, since=_day(since, "--from"), until=_day(until, "--until"),
        review_on=_day(review, "--review"), state=state_of(state),
    )  # fmt: skip
    emit(held, as_json, lambda: _told(held))


@app.command("list")
def list_holds(
    is_due: Annotated[bool, typer.Option("--due", help="Only those to be looked at again")] = False,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """The holds in force, those to be looked at again first."""
    found = holding.holds(is_due=is_due, state=state_of(state))
    rows = [
        [
            each["hold_id"],
            each["debtor_id"],
            f"{each['exclusion_code']} {each['reason_ja']}",
            each["channel"] or "すべて",
            each["valid_from"],
            each["valid_to"] or "解除まで",
            f"{each['review_on'] or ''}{' 要確認' if each['is_due'] else ''}",
            each["entered_by"],
            each["why"],
        ]
        for each in found
    ]
    columns = ["番号", "債務者", "理由", "手段", "開始", "終了", "再確認日", "登録者", "内容"]
    emit({"holds": found}, as_json, lambda: table("連絡停止", columns, rows))


@app.command()
def end(
    hold: int,
    user: UserOption,
    why: Annotated[str, typer.Option(help="Why it is over 解除の理由")],
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that a hold is over; another confirms it (`receivables decision confirm`), and the next night ends it."""
    decision = holding.propose_end(hold, why=why, user=user, state=state_of(state))
    emit({"decision_id": decision, "next": f"receivables decision confirm {decision} --as ANOTHER_USER"}, as_json)


def _told(held: dict[str, Any]) -> None:
    until = f"{held['valid_to']} まで" if held["valid_to"] else "解除まで"
    where = held["channel"] or "すべての手段"
    console.print(
        f"{held['debtor_id']}: {held['reason_ja']}（{where}、{held['valid_from']} から{until}、"
        f"再確認 {held['review_on']}）停止番号 {held['hold_id']}",
        markup=False,
    )
    if held["outside"]:
        table(
            "委託先に渡っています。委託先へ除外を連絡してください",
            ["バッチ", "手段", "封緘番号・受付番号", "期限"],
            [list(each.values()) for each in held["outside"]],
        )


def _day(text: str | None, option: str) -> date | None:
    return None if text is None else day(text, option)
