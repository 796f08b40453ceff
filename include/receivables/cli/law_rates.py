"""`receivables law rates`: every rate table, how far it reaches, and what must be added before it is needed."""

from datetime import date
from typing import Annotated, Any

import typer

from receivables.cli import console
from receivables.cli.console import DEFAULT_AS_OF, JsonOption
from receivables.cli.law_shown import percent
from receivables.errors import InputRejectedError
from receivables.law.charging import Rate
from receivables.rulebook import RunningOut, rulebook
from receivables.rulebook.book import WARNING_DAYS


def rates_command(
    as_of: Annotated[str, typer.Option(help="Business date 基準日")] = DEFAULT_AS_OF,
    within_days: Annotated[int, typer.Option(min=0, help="How many days ahead a rate must be there")] = WARNING_DAYS,
    as_json: JsonOption = False,
) -> None:
    """割合の表: the rates in force, the last day of each table, and those that run out; 2 when one has."""
    day = console.day(as_of)
    rules = rulebook()
    short = rules.running_out(day, within_days)
    ended = [each for each in short if each.days_left < 0]
    if ended:
        raise InputRejectedError(f"no rate in force on {day}: {'; '.join(_told(each) for each in ended)}")
    tables = [
        {"table": name, "last_day": last, "days_left": (last - day).days, **_in_force(getattr(rules.rates, name), day)}
        for name, last in rules.rates.last_days()
    ]
    payload = {
        "as_of": day,
        "tables": tables,
        "missing": [each.table for each in short],
        "warnings": [_told(each) for each in short],
    }
    console.emit(payload, as_json, lambda: _show(payload))


def _told(each: RunningOut) -> str:
    return f"{each.table} reaches {each.last_day}; add the next row to {each.seed}"


def _in_force(table: Any, day: date) -> dict[str, object]:
    row = next((row for row in table if row.effective_from <= day <= row.effective_to), None)
    if row is None:
        raise InputRejectedError(f"no rate in force on {day}: the tables begin later")
    low, high = (row.low_permille, row.high_permille) if isinstance(row, Rate) else (row.permille, row.permille)
    return {"low_permille": low, "high_permille": high, "citation": row.citation}


def _show(payload: dict[str, Any]) -> None:
    rows = [
        [one["table"], percent(one["low_permille"]), percent(one["high_permille"]), one["last_day"], one["days_left"],
         one["citation"]]
        for one in payload["tables"]
    ]  # fmt: skip
    console.table(f"割合の表（基準日 {payload['as_of']}）", ["表", "低い率", "高い率", "末日", "残日数", "根拠"], rows)
    for warning in payload["warnings"]:
        console.errors.print(f"warning: {warning}", markup=False)
