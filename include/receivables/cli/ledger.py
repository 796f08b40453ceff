"""`receivables ledger …`: the figures of any published batch, derived again from the ledger (時点の残高)."""

from dataclasses import asdict
from typing import Annotated

import typer

from receivables.assess import is_as_published
from receivables.cli import console
from receivables.cli.console import JsonOption, StateOption
from receivables.errors import InputRejectedError
from receivables.ledger import figures as figures_of
from receivables.ledger import verify

app = typer.Typer(help="The ledger of claims: figures as of any batch or day (債権台帳)", no_args_is_help=True)


@app.callback()
def _room() -> None:
    """The ledger of claims: figures as of any batch or day (債権台帳)."""


@app.command()
def figures(
    batch: Annotated[str | None, typer.Option(help="Published batch, such as 20260619_01")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Business date 基準日: the last batch of that day")
    ] = None,
    check: Annotated[bool, typer.Option("--verify", help="Exit 4 unless every claim's yen are as published")] = False,
    with_law: Annotated[
        bool, typer.Option(help="Judge every claim again too: charges, prescription, standing")
    ] = False,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Assessed, received, written off and owed per kind of claim and year, as one batch knew them."""
    if (batch is None) == (as_of is None):
        raise InputRejectedError("give either --batch or --as-of")
    found = figures_of(state=console.state_of(state), batch=batch, as_of=console.day(as_of) if as_of else None)
    heads = ["債権", "年度", "件数", "調定(円)", "収納(円)", "欠損(円)", "還付未済(円)", "未納(円)"]
    rows = [list(asdict(cell).values()) for cell in found.cells]
    for row in rows:
        row[1] = str(row[1])
    same = "公開時と一致" if found.is_as_published else "公開時と不一致"
    title = f"{found.published_batch}（基準日 {found.as_of}、記帳 {found.through:,} まで、{same}）"
    payload = asdict(found)
    if with_law:
        payload["is_law_as_published"] = is_as_published(found.published_batch, state=console.state_of(state))
        title += "、法の判定は" + ("一致" if payload["is_law_as_published"] else "不一致（規則が変わったか確認）")
    console.emit(payload, as_json, lambda: console.table(title, heads, rows))
    if check:
        verify(found)
