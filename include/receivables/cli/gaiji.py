"""`receivables gaiji …`: private-use characters that departments send, and what they stand for (外字)."""

import typer

from receivables import ingest as room
from receivables.cli import console
from receivables.cli.console import JsonOption, StateOption

app = typer.Typer(help="Private-use characters by source: seen, mapped or not (外字の台帳)", no_args_is_help=True)


@app.callback()
def gaiji() -> None:
    """Keeps `list` a verb of its own."""


@app.command("list")
def list_codes(state: StateOption = None, as_json: JsonOption = False) -> None:
    """Every code that ever came: rows of its last day, first and last day, mapped or not."""
    found = room.inventory(console.state_of(state))

    def human() -> None:
        keys = ["source", "encoding", "code", "rows", "first_seen_on", "last_seen_on", "state", "text"]
        heads = ["業務", "文字コード", "コード", "行数", "初出", "最終", "状態", "対応する文字"]
        console.table("外字一覧", heads, [[row[key] for key in keys] for row in found])

    console.emit({"gaiji": found}, as_json, human)
