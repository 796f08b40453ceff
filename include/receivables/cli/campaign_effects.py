"""`receivables campaign …`: what came of it: results, league, shift, and what halts a campaign (効果検証)."""

from pathlib import Path
from typing import Annotated, Any

import typer

from receivables import campaigns
from receivables.cli.console import JsonOption, StateOption, UserOption, console, day, emit, state_of, table
from receivables.settings import State

ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept")]


def results(
    run: str,
    gateway: Annotated[
        str | None, typer.Option("--gateway", help="Address of the SMS carrier (default: gateway.json of the state)")
    ] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """What came of a sent run, by arm, with a page for people; halts the campaign on harm."""
    found = campaigns.results(run, state=state_of(state), gateway_url=gateway)

    def human() -> None:
        from receivables.campaigns.experiments.report import result_page

        _draw(result_page(found), state_of(state))

    emit(found, json, human)


def watch(state: StateOption = None, json: JsonOption = False) -> None:
    """Results of all runs still coming in: looks that are due, and halts; for every night."""
    found = campaigns.watch(state=state_of(state))
    rows = [[each["run_id"], each["looks"][-1]["decision"] if each["looks"] else "",
             "、".join(each["halted_because"])] for each in found]  # fmt: skip
    emit({"runs": found}, json, lambda: table("見張り", ["実行ID", "逐次検証", "停止"], rows))


def league(state: StateOption = None, json: JsonOption = False) -> None:
    """What works, across sections and playbooks, the surest first."""
    found = campaigns.league(state=state_of(state))

    def human() -> None:
        from receivables.campaigns.experiments.comparisons import league_page

        _draw(league_page(found), state_of(state))

    emit(found, json, human)


def shift_report(
    channel: Annotated[str, typer.Option(help="sms, auto_call or letter")] = "sms",
    messages: Annotated[int, typer.Option(help="How many would go out")] = 1000,
    on: Annotated[str | None, typer.Option("--on", help="When (default: the next office day)")] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Calling beside being called, and the inbound calls of a mailing day by day."""
    found = campaigns.shift_report(
        channel=channel, messages=messages, on=day(on) if on else None, state=state_of(state)
    )

    def human() -> None:
        from receivables.campaigns.experiments.comparisons import shift_page

        _draw(shift_page(found), state_of(state))

    emit(found, json, human)


def inbound_calls(
    file: Annotated[Path, typer.Argument(help="CSV with the columns day,calls", exists=True)],
    user: UserOption,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Take in how many calls came in by day, all rows or none."""
    count = campaigns.record_calls(file, user=user, state=state_of(state))
    emit({"days": count}, json, lambda: console.print(f"{count} 日分の受電件数を取り込みました", markup=False))


def plan_weeks(
    first_monday: str,
    pairs: Annotated[int, typer.Option(help="Pairs of weeks, one of calling and one of answering each")],
    salt: Annotated[str, typer.Option(help="What the draw can be repeated from")],
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Draw in which weeks the phone centre calls and in which it answers; never drawn again."""
    from receivables.campaigns.experiments import weeks

    found = weeks.plan_weeks(day(first_monday), pairs=pairs, salt=salt, state=state_of(state))
    rows = [[each["week_start"], each["block_no"], each["mode"]] for each in found]
    emit({"weeks": found}, json, lambda: table("週の割付", ["週の初日", "組", "種別"], rows))


def halt(
    name: str, user: UserOption, reason: ReasonOption, state: StateOption = None, json: JsonOption = False
) -> None:
    """Halt one campaign at once; nothing of it is sent until an approver lifts it."""
    found = campaigns.halt(name, user=user, reason=reason, state=state_of(state))
    emit(found, json, lambda: console.print(f"{name} の送信を停止しました", markup=False))


def lift(
    name: str, user: UserOption, reason: ReasonOption, state: StateOption = None, json: JsonOption = False
) -> None:
    """Lift the halts of one campaign, as an approver."""
    found = campaigns.lift(name, user=user, reason=reason, state=state_of(state))
    emit(found, json, lambda: console.print(f"{name} の停止を {found['lifted']} 件解除しました", markup=False))


def _draw(page: Any, state: State) -> None:
    from receivables.campaigns.experiments import drawing

    file = drawing.keep(page, state=state)
    console.print(drawing.markdown(page), markup=False)
    console.print(f"{file}", markup=False)


COMMANDS = (results, watch, league, shift_report, inbound_calls, plan_weeks, halt, lift)
