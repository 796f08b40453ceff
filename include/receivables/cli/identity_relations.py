"""`receivables identity relation …`: relations that a department tells (関係の取込)."""

from pathlib import Path
from typing import Annotated

import typer

from receivables.cli.console import JsonOption, StateOption, emit, state_of
from receivables.identity import relation_import

app = typer.Typer(
    name="relation", help="Heirs, joint debtors, guarantors, guardians, officers (関係)", no_args_is_help=True
)


@app.callback()
def relation() -> None:
    """Keeps `import` a command of its own while it is the only one."""


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help=f"CSV with the columns {'、'.join(relation_import.HEADER)}")],
    user: Annotated[str, typer.Option("--as", help="The user who acts; needs the duty 名寄せ (identity)")],
    dept: Annotated[str, typer.Option(help="The section that answers for the rows 所管")] = relation_import.CENTRAL,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in a department's file of relations, all rows or none; the next night goes by it."""
    emit(relation_import.import_relations(file, user=user, dept=dept, state=state_of(state)), as_json)
