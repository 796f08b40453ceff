"""`receivables decision …`: one person's answer to a single case, and another's yes (個別判断)."""

from typing import Annotated

import typer

from receivables import decisions as room
from receivables.cli.console import JsonOption, StateOption, UserOption, emit, state_of, table

app = typer.Typer(help="Single cases: what one person decides and another confirms (個別判断)", no_args_is_help=True)


@app.command("list")
def list_waiting(
    kind: Annotated[str | None, typer.Option(help=f"Only this kind: {', '.join(room.KINDS)}")] = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """The decisions that wait for a second person, or for the night that takes them up."""
    found = room.waiting(kind=kind, state=state_of(state))

    def human() -> None:
        rows = [
            [each["decision_id"], room.KINDS[each["kind"]].title_ja, each["subject"],
             room.KINDS[each["kind"]].answers[each["answer"]], each["maker"], each["made_on"],
             "夜間処理待ち" if each["is_confirmed"] else "確認待ち", each["reason"]]
            for each in found
        ]  # fmt: skip
        table("確認待ち", ["判断", "種別", "対象", "内容", "作成者", "作成日", "状態", "理由"], rows)

    emit({"decisions": found}, as_json, human)


@app.command()
def owed(
    claim_id: str,
    user: UserOption,
    why: Annotated[str, typer.Option(help="What was looked at, and why the claim is owed 確認した帳簿と理由")],
    is_owed: Annotated[bool, typer.Option("--owed/--not-owed", help="Take such a word back 取り消す")] = True,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose that a claim which owes again after 還付・充当 is rightly owed, so that reminders may go out again."""
    decision = room.propose_owed(claim_id, reason=why, user=user, is_owed=is_owed, state=state_of(state))
    emit({"decision_id": decision, "next": f"receivables decision confirm {decision} --as ANOTHER_USER"}, as_json)


@app.command()
def confirm(decision: str, user: UserOption, state: StateOption = None, as_json: JsonOption = False) -> None:
    """A second person's yes to exactly this answer; the next night goes by it."""
    emit(room.confirm(decision, user=user, state=state_of(state)), as_json)
