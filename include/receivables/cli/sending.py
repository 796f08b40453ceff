"""`receivables campaign recall | corrections | unknown | settle | statement | receive`: what comes after sending."""

import csv
from pathlib import Path
from typing import Annotated, Any

import typer

from receivables import campaigns
from receivables.cli.console import JsonOption, StateOption, UserOption, console, emit, state_of, table

app = typer.Typer()
_STEPS_JA = {
    "dispatch": "もう一度 dispatch すると照会する",
    "people": "事業者に確認し、二人で settle するか statement で回答を取り込む",
    "not_taken": "事業者が受け付けない。事業者に確認する",
}
_COLUMNS = ("contact_id", "debtor_id", "channel", "state", "is_certain", "at")
WhyOption = Annotated[str, typer.Option("--why", help="The reason, in words")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Write the correction list here as CSV as well")]


@app.command()
def recall(
    run: str, user: UserOption, why: WhyOption, out: OutOption = None, state: StateOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Call a run back: cancel what is queued, and list whom it reached (no names, no numbers)."""
    found = campaigns.recall(run, user=user, why=why, state=state_of(state))
    _write(found["reached"], out)

    def human() -> None:
        console.print(f"{run}: 未送信 {found['cancelled']} 件を取り消しました", markup=False)
        if found["batches"]:
            rows = [[each["batch"], each["channel"], each["contact_count"]] for each in found["batches"]]
            table("委託先に止めるよう伝える引渡し", ["引渡し", "経路", "件数"], rows)
        _draw_reached(found["reached"])

    emit(found, json, human)


@app.command()
def corrections(run: str, out: OutOption = None, state: StateOption = None, json: JsonOption = False) -> None:
    """Whom a run reached, or may have reached: the list for letters that make good."""
    found = campaigns.correction_list(run, state=state_of(state))
    _write(found, out)
    emit({"run_id": run, "reached": found}, json, lambda: _draw_reached(found))


@app.command()
def unknown(
    run: Annotated[str | None, typer.Argument(help="Only this run")] = None, state: StateOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Every message whose fate nobody knows: since when, what was tried, what to do."""
    found = campaigns.unknown(run, state=state_of(state))

    def human() -> None:
        rows = [
            [each["contact_id"], each["channel"], each["reference"], str(each["since"])[:19], each["attempt"],
             each["outcome"] or "", _STEPS_JA[each["next_step"]]]
            for each in found
        ]  # fmt: skip
        table("送信結果不明", ["連絡ID", "経路", "照会番号", "いつから", "回数", "最後の結果", "次にすること"], rows)

    emit({"unknown": found}, json, human)


@app.command()
def settle(
    contact: str,
    user: UserOption,
    why: WhyOption,
    found: Annotated[str, typer.Option("--found", help="accepted: the carrier has it; never: it never took it")],
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """One person's word on a message that waits for people; two must say the same."""
    told = campaigns.judge(contact, found=found, user=user, why=why, state=state_of(state))
    emit(told, json, lambda: console.print(
        "確定しました" if told["is_settled"] else "記録しました。もう一人の同じ判定が要ります"
    ))  # fmt: skip


@app.command()
def statement(file: Path, user: UserOption, state: StateOption = None, json: JsonOption = False) -> None:
    """Take in the carrier's own list (CSV: reference,status) about messages that wait for people."""
    found = campaigns.take_statement(file, user=user, state=state_of(state))
    emit(found, json, lambda: console.print(f"{found['settled']} 件を確定、{found['ignored']} 件は対象外"))


@app.command()
def receive(port: Annotated[int, typer.Option(help="Loopback port")] = 8095, state: StateOption = None) -> None:
    """Serve the address to which carriers push signed delivery receipts (behind the office's TLS proxy)."""
    import uvicorn

    from receivables.campaigns.channels.callbacks import application

    uvicorn.run(application(state_of(state)), host="127.0.0.1", port=port, access_log=False, log_level="warning")


def _write(reached: list[dict[str, Any]], out: Path | None) -> None:
    if out is not None:
        with out.open("w", encoding="utf-8", newline="") as lines:
            rows = csv.DictWriter(lines, _COLUMNS)
            rows.writeheader()
            rows.writerows(reached)


def _draw_reached(reached: list[dict[str, Any]]) -> None:
    rows = [
        [each["contact_id"], each["debtor_id"], each["channel"], each["at"], "確実" if each["is_certain"] else "不明"]
        for each in reached
    ]
    table("訂正一覧", ["連絡ID", "仮名ID", "経路", "日時", "到達"], rows)
