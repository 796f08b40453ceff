"""`receivables init | dsn | night`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from receivables import database, db, server
from receivables.cli import console
from receivables.cli.console import DEFAULT_AS_OF, AsOfOption, JsonOption, StateOption


def init(state: StateOption = None, as_json: JsonOption = False) -> None:
    """Make the state directory, the embedded PostgreSQL, schemas and roles (初期化)."""
    chosen = console.state_of(state)
    running = server.ensure_running(chosen)
    database.initialise(chosen)
    console.emit({"state": str(chosen.root), "port": running.port if running else None}, as_json)


def dsn(
    role: Annotated[str, typer.Option(help="Database role")] = "analyst",
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the libpq connection string of a role."""
    found = db.dsn(console.state_of(state), database.check_role(role))
    console.emit({"dsn": found}, as_json, lambda: typer.echo(found))


def night(
    as_of: AsOfOption = DEFAULT_AS_OF,
    drop: Annotated[Path | None, typer.Option(help="Folder with one folder per source (default: the ward)")] = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the whole night without Airflow: ingest, build, assess, publish (夜間処理)."""
    from receivables import night as whole

    chosen = console.state_of(state)
    server.ensure_running(chosen)
    database.initialise(chosen)
    found = whole.night(
        as_of=console.day(as_of),
        drop=drop or chosen.ward,
        state=chosen,
        notice=lambda text: console.errors.print(text, markup=False),
    )
    console.emit(found, as_json, lambda: show_batches(found))
    if any(batch["state"] in ("rejected", "missing") for batch in found["batches"]):
        raise typer.Exit(2)


def show_batches(found: dict[str, Any]) -> None:
    """The batches of one night as a table."""
    keys = ["table_name", "state", "declared_rows", "declared_yen", "accepted_rows", "accepted_yen"]
    keys += ["quarantined_rows", "quarantined_yen", "released_rows", "duplicate_rows", "excluded_rows"]
    heads = ["業務__表", "状態", "件数", "金額(円)", "受入", "受入(円)", "隔離", "隔離(円)", "解放", "重複", "対象外"]
    console.table(f"取込結果 {found['as_of']}", heads, [[batch.get(key) for key in keys] for batch in found["batches"]])
    for batch in found["batches"]:
        if batch.get("reason"):
            console.console.print(f"{batch['source']}: {batch['reason']}", markup=False)
