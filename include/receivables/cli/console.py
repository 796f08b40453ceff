"""What every command shares: options, one JSON object or a table for people, exit codes."""

import json
import re
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from receivables.errors import InputRejectedError, ReceivablesError
from receivables.settings import State

StateOption = Annotated[
    Path | None, typer.Option("--state", help="State directory (default: $RECEIVABLES_STATE or .state)")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, nothing else")]
UserOption = Annotated[str, typer.Option("--as", help="The user who acts")]
WhyOption = Annotated[str, typer.Option(help="The reason 理由")]
AsOfOption = Annotated[str, typer.Option("--as-of", help="Business date 基準日 (YYYY-MM-DD, Asia/Tokyo)")]

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
DEFAULT_AS_OF = "2026-06-19"
# A pipe has no width: without one, tables are drawn wide enough for whole figures.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 132)
errors = Console(stderr=True, highlight=False)


def state_of(folder: Path | None) -> State:
    """The state directory a command works on."""
    return State.at(folder)


def day(text: str, name: str = "--as-of") -> date:
    """`text` as a date; says which option is wrong when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputRejectedError(f"{name} {text!r} is not a date: write YYYY-MM-DD") from None


def emit(payload: Mapping[str, Any], as_json: bool, human: Callable[[], None] | None = None) -> None:
    """Print `payload` as one JSON object, or let `human` draw it; without `human`, as key and value."""
    if as_json:
        print(json.dumps(payload, ensure_ascii=False, default=str))
    elif human is not None:
        human()
    else:
        for key, value in payload.items():
            console.print(f"{key}: {_shown(value)}", markup=False)


def table(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """A table for people; whole numbers are right-aligned with thousands separators."""
    drawn = Table(title=title, title_justify="left")
    for at, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[at], int) or row[at] is None for row in rows)
        drawn.add_column(column, justify="right" if numeric else "left", overflow="fold")  # an id must be whole
    for row in rows:
        drawn.add_row(*(Text(_cell(each)) for each in row))  # Text: a name in [brackets] is no markup
    console.print(drawn)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "" if value is None else _shown(value)


def _shown(value: object) -> str:
    """`value` without what a terminal would obey: a control sign is told by its code."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", str(value))


def run(app: typer.Typer) -> None:
    """Run `app`; an error meant for users ends with its message and exit code, no traceback."""
    try:
        app()
    except ReceivablesError as error:
        if "--json" in sys.argv:
            print(json.dumps({"error": str(error), "exit_code": error.exit_code}, ensure_ascii=False))
        errors.print(f"receivables: {error}", markup=False)
        sys.exit(error.exit_code)
