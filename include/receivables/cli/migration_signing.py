"""`receivables migration …`, people's word on a run: explain a difference, refuse, release (説明・差戻し・引渡し)."""

from typing import Annotated

import typer

from receivables import migration
from receivables.cli.console import JsonOption, StateOption, console, day, emit, state_of, table
from receivables.errors import InputRejectedError
from receivables.migration.signoff import reasons

app = typer.Typer(help="Explained differences and releases (説明済みの差異・引渡し)", no_args_is_help=True)

UserOption = Annotated[str, typer.Option("--as", help="The user who says so")]
_PARTS = 5


@app.command()
def accept(
    run: str,
    place: Annotated[str, typer.Argument(help="GROUP/CHECK/LEGS/ITEM/CLASS as `status` lists it; ITEM may be empty")],
    reason_code: Annotated[str, typer.Option("--reason-code", help="Code of reasons.csv 理由コード")],
    reason: Annotated[str, typer.Option("--reason", help="In your own words 理由")],
    ticket: Annotated[str, typer.Option("--ticket", help="Number of the ticket 管理番号")],
    user: UserOption,
    runs: Annotated[int | None, typer.Option("--runs", help="Valid for so many further runs")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Valid until this snapshot day")] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Explain one difference of a run by its exact numbers; another person must approve it (差異の説明)."""
    parts = place.split("/")
    if len(parts) != _PARTS:
        raise InputRejectedError(f"{place!r} is no place: GROUP/CHECK/LEGS/ITEM/CLASS; reasons: {', '.join(reasons())}")
    made = migration.propose(
        run, place=(parts[0], parts[1], parts[2], parts[3], parts[4]), reason_code=reason_code, reason=reason,
        ticket=ticket, user=user, valid_runs=runs, valid_until=day(until, "--until") if until else None,
        state=state_of(state),
    )  # fmt: skip
    emit({"acceptance_id": made}, json, lambda: console.print(f"{made}: 承認待ち", markup=False))


@app.command()
def approve(acceptance: str, user: UserOption, state: StateOption = None, json: JsonOption = False) -> None:
    """Approve an explained difference; the next reconciliation tests it against its own numbers."""
    emit(migration.approve(acceptance, user=user, state=state_of(state)), json)


@app.command()
def status(run: str, state: StateOption = None, json: JsonOption = False) -> None:
    """Who signed, who has yet to, what differs and whether report and files are unchanged."""
    found = migration.status(run, state=state_of(state)) | {
        "differences": migration.differences(run, state=state_of(state))
    }

    def human() -> None:
        rows = [[each["place"], each["rows"], each["yen"]] for each in found["differences"]]
        table(f"差異 {run}", ["場所", "行", "円"], rows)
        for name, value in found.items():
            if name != "differences":
                console.print(f"{name}: {value}", markup=False)

    emit(found, json, human)


@app.command()
def reject(
    run: str,
    user: UserOption,
    reason: Annotated[str, typer.Option("--reason", help="What must be put right 差戻しの理由")],
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Refuse the run's report with a reason; nobody signs this run after it (差戻し)."""
    emit(migration.reject(run, user=user, reason=reason, state=state_of(state)), json)


@app.command()
def release(run: str, state: StateOption = None, json: JsonOption = False) -> None:
    """Let the run's files go to the receiver: all have signed, and every digest was read again just now (引渡し)."""
    emit(migration.release(run, state=state_of(state)), json)
