"""`receivables ingest`: land, check and load what departments delivered (取込)."""

from pathlib import Path
from typing import Annotated

import typer

from receivables import contracts, database, server
from receivables import ingest as room
from receivables.cli import console, operate
from receivables.cli.console import DEFAULT_AS_OF, AsOfOption, JsonOption, StateOption

app = typer.Typer(invoke_without_command=True)


@app.callback()
def ingest(
    context: typer.Context,
    drop: Annotated[Path | None, typer.Option(help="Folder with one folder per source (default: the ward)")] = None,
    as_of: AsOfOption = DEFAULT_AS_OF,
    source: Annotated[str | None, typer.Option(help="Only this source")] = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in what lies in DROP/<source>/; ends with 2 when a delivery was refused, the others are loaded."""
    if context.invoked_subcommand:
        return
    chosen, day = console.state_of(state), console.day(as_of)
    wanted = [contracts.contract(source)] if source else contracts.all_contracts()
    server.ensure_running(chosen)
    database.initialise(chosen)
    for contract in wanted:
        room.ingest_source(contract.source, drop=drop or chosen.ward, as_of=day, state=chosen)
    found = room.account(as_of=day, state=chosen)
    if source:
        found["batches"] = [batch for batch in found["batches"] if batch["source"] == source]
    console.emit(found, as_json, lambda: operate.show_batches(found))
    if any(batch["state"] in ("rejected", "missing", "held") for batch in found["batches"]):
        raise typer.Exit(2)


@app.command()
def approve(
    batch: str,
    user: Annotated[str, typer.Option("--as", help="The user who answers for the delivery")],
    why: Annotated[str, typer.Option(help="What the department said 承認の理由")],
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer for a halted delivery by name and reason; the next `receivables ingest` of the day takes it."""
    console.emit(room.approve(batch, user=user, why=why, state=console.state_of(state)), as_json)
