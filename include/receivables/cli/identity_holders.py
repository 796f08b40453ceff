"""`receivables identity holder …`: numbers that another person bears now (番号の再利用)."""

from typing import Annotated

import typer

from receivables.cli.console import JsonOption, StateOption, emit, state_of, table
from receivables.identity import holders

app = typer.Typer(name="holder", help="Numbers that another person bears now (番号の再利用)", no_args_is_help=True)
_SAID = {"another": "別人", "same": "同一人（訂正）", None: "未確認・送信停止"}


@app.command("list")
def list_holders(state: StateOption = None, as_json: JsonOption = False) -> None:
    """Debtors whose 宛名番号 was another person's before; nothing is sent to them until it is answered."""
    found = holders.work_list(state=state_of(state))
    rows = [
        [
            each["debtor_id"], each["found_on"], each["former_id"] or "", _SAID[each["answer"]],
            "提案済" if each["is_proposed"] else "",
        ]
        for each in found
    ]  # fmt: skip
    emit(
        {"holders": found},
        as_json,
        lambda: table("番号の再利用", ["債務者", "判明日", "同一人なら前のID", "判断", "状態"], rows),
    )


@app.command()
def answer(
    debtor: str,
    said: Annotated[str, typer.Argument(help="another 別人, or same 同一人の記載の訂正")],
    user: Annotated[str, typer.Option("--as", help="The user who acts")],
    why: Annotated[str, typer.Option(help="The reason 理由")],
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether it is another person or a corrected entry; another confirms it (`receivables decision confirm`)."""
    decision = holders.answer(debtor, said, user=user, why=why, state=state_of(state))
    emit({"decision_id": decision, "next": f"receivables decision confirm {decision} --as ANOTHER_USER"}, as_json)
