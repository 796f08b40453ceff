"""`receivables city …`: make the synthetic ward."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from receivables import city
from receivables.cli import console

app = typer.Typer(
    no_args_is_help=True, help="The synthetic ward (模擬の区): departments' systems and the truth about them"
)


@app.callback()
def city_group() -> None:
    """Keep `make` a command of its own while it is the only one."""


@app.command()
def make(
    residents: Annotated[int, typer.Option(help="People in the register 住民数")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes")] = 1,
    as_of: console.AsOfOption = console.DEFAULT_AS_OF,
    days: Annotated[int, typer.Option(help="Following days to make as well")] = 0,
    faults: Annotated[int, typer.Option(help="Spoilt rows in a thousand, besides one of each kind (0-100)")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder of the ward (default: ward/ of the state directory)")] = None,
    state: console.StateOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Make the department systems' files and databases, with planted faults, and truth/."""
    place = console.state_of(state)
    with Console(stderr=True).status("making the ward") as status:
        made = city.make(
            residents=residents,
            seed=seed,
            as_of=console.day(as_of),
            days=days,
            fault_permille=faults,
            out=(out or place.ward).resolve(),
            state=place,
            notice=lambda doing: status.update(f"making the ward: {doing}"),
        )
    columns = ["table_name", "business_date", "rows", "yen", "accepted", "quarantined", "duplicate", "excluded"]
    rows = [[table[column] for column in columns] for table in made["tables"]]
    console.emit(made, as_json, lambda: console.table(f"Ward in {made['out']}", columns, rows))
