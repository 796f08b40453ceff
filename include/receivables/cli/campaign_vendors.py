"""`receivables campaign …` for what leaves in files: batches, returns, silence, by hand, quiet days (委託先)."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from receivables.campaigns import cohort, hearing, quiet
from receivables.campaigns.exclusions import reason_ja
from receivables.campaigns.handover import dropping, returning, standing, undelivered
from receivables.cli.console import (
    DEFAULT_AS_OF,
    AsOfOption,
    JsonOption,
    StateOption,
    UserOption,
    day,
    emit,
    state_of,
    table,
)

_CHANNELS_JA = {"letter": "書面", "auto_call": "自動音声", "phone_centre": "電話催告センター", "sms": "SMS"}
quiet_app = typer.Typer(help="Days on which nothing is sent: disaster, mourning (送信しない日)", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands to `receivables campaign`."""
    for name, command in (
        ("batches", batches), ("take-back", take_back), ("silent", silent), ("by-hand", by_hand),
        ("explain-shift", explain_shift), ("came-back", came_back), ("drops", drops),
        ("heard", heard),
    ):  # fmt: skip
        app.command(name)(command)
    app.add_typer(quiet_app, name="quiet")


def batches(state: StateOption = None, json: JsonOption = False) -> None:
    """Every batch that was handed to a vendor, and of how many contacts something came back."""
    found = standing.batches(state=state_of(state))
    rows = [
        [each["batch"], _CHANNELS_JA[each["channel"]], each["state"], each["contact_count"], each["told_of"],
         each["expires_on"]]
        for each in found
    ]  # fmt: skip
    emit({"batches": found}, json, lambda: table(
        "引渡し", ["引渡し番号", "経路", "状態", "件数", "結果あり", "データの期限"], rows
    ))  # fmt: skip


def take_back(batch: str, file: Path, as_of: AsOfOption = DEFAULT_AS_OF, state: StateOption = None,
              json: JsonOption = False) -> None:  # fmt: skip
    """Take a vendor's return for a batch, whole or not at all."""
    emit(returning.take_back(batch, file, today=day(as_of), state=state_of(state)), json)


def came_back(
    tokens: Annotated[list[str], typer.Argument(help="封緘番号, as they show through the window")],
    on: Annotated[str, typer.Option("--on", help="The day they came back")],
    why: Annotated[str, typer.Option(help="What the post wrote: 転居先不明, あて所に尋ねあたりません …")],
    user: UserOption,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Enter envelopes that the post brought back (返戻); nothing more goes to that address."""
    emit(undelivered.came_back(tokens, on=day(on), why=why, user=user, state=state_of(state)), json)


def heard(
    contact: Annotated[str, typer.Argument(help="Contact id, 封緘番号 or 受付番号")],
    said: Annotated[str, typer.Argument(help="、".join(f"{name} {ja}" for name, ja in hearing.SAID_JA.items()))],
    on: Annotated[str, typer.Option("--on", help="The day on which it was said")],
    why: Annotated[str, typer.Option(help="What was said 申出の内容")],
    user: UserOption,
    promised: Annotated[str | None, typer.Option(help="The day promised for the payment 納付約束日")] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Enter what somebody said at the desk or by telephone in answer to a letter, a call or an SMS."""
    until = day(promised, "--promised") if promised else None
    found = hearing.heard(
        contact, said, on=day(on, "--on"), why=why, user=user, promised_on=until, state=state_of(state)
    )
    emit(found, json)


def silent(as_of: AsOfOption = DEFAULT_AS_OF, state: StateOption = None, json: JsonOption = False) -> None:
    """Batches, and runs of SMS, of which nothing came back for longer than usual; exit code 4 when there are any."""
    found = standing.silent(day(as_of), state=state_of(state))
    rows = [
        [each["batch"], _CHANNELS_JA[each["channel"]], each["released_on"], each["days"], each["usual_days"]]
        for each in found
    ]
    emit({"silent": found}, json, lambda: table(
        "結果が届いていない引渡し", ["引渡し番号", "経路", "引渡し日", "経過日数", "通常の日数"], rows
    ))  # fmt: skip
    if found:
        raise typer.Exit(4)


def drops(as_of: AsOfOption = DEFAULT_AS_OF, state: StateOption = None, json: JsonOption = False) -> None:
    """Whom vendors must leave out of what they already have: paid or held since; writes a file for each batch."""
    found = dropping.drops(day(as_of), state=state_of(state))
    rows = [
        [
            each["batch"],
            _CHANNELS_JA[each["channel"]],
            token,
            "、".join(reason_ja(code) for code in codes),
            each["file"],
        ]
        for each in found
        for token, codes in each["codes"].items()
    ]
    columns = ["引渡し番号", "経路", "受付番号・封緘番号", "理由（委託先には伝えない）", "ファイル"]
    emit({"drops": found}, json, lambda: table("委託先へ除外を連絡する番号", columns, rows))


def by_hand(run: str, state: StateOption = None, json: JsonOption = False) -> None:
    """Whom a run of 督促 could not reach: a person must write to them."""
    found = standing.by_hand(run, state=state_of(state))
    rows = [
        [each["contact_id"], "・".join(each["owner_depts"]), each["outstanding_yen"],
         "、".join(each["reasons_ja"]) or each["outcome"]]
        for each in found
    ]  # fmt: skip
    emit({"by_hand": found}, json, lambda: table("手作業の督促", ["対象者", "所管", "対象額", "理由"], rows))


def explain_shift(
    run: str, user: UserOption, why: Annotated[str, typer.Option(help="The reason 理由")], state: StateOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Write down why the people of a list are unlike those of the last one; then others may approve it."""
    emit(cohort.explain_shift(run, user=user, why=why, state=state_of(state)), json)


@quiet_app.command("add")
def quiet_add(
    first: Annotated[str, typer.Argument(help="First day, 2026-09-01")],
    user: UserOption,
    reason: Annotated[str, typer.Option("--reason", help="The reason 理由")],
    until: Annotated[str | None, typer.Option("--until", help="Last day (default: the first)")] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Send nothing on these days, from this moment on."""
    begins: date = day(first)
    emit(quiet.be_quiet(begins, day(until or first), reason=reason, user=user, state=state_of(state)), json)


@quiet_app.command("end")
def quiet_end(number: int, user: UserOption, state: StateOption = None, json: JsonOption = False) -> None:
    """End quiet days early."""
    emit(quiet.end_quiet(number, user=user, state=state_of(state)), json)


@quiet_app.command("list")
def quiet_list(as_of: AsOfOption = DEFAULT_AS_OF, state: StateOption = None, json: JsonOption = False) -> None:
    """Quiet days that are not over."""
    found = quiet.quiet_days(day(as_of), state=state_of(state))
    rows = [
        [each["quiet_id"], each["from_on"], each["until_on"], each["reason"], each["ended_by"] or ""] for each in found
    ]
    emit({"quiet": found}, json, lambda: table("送信しない日", ["番号", "から", "まで", "理由", "終了者"], rows))
