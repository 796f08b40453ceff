"""`receivables run | stop | ui`: the embedded copy with Airflow."""

import time
from typing import Annotated, Any

import typer

from receivables.cli import console, operate
from receivables.cli.console import DEFAULT_AS_OF, AsOfOption, JsonOption, StateOption
from receivables.errors import EnvironmentFailureError
from receivables.local import airflow_home, demo, summary
from receivables.settings import State


def run(
    residents: Annotated[int, typer.Option(help="Residents of the synthetic ward")] = 20_000,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic ward")] = 1,
    as_of: AsOfOption = DEFAULT_AS_OF,
    port: Annotated[int, typer.Option(help="Port of the screens, on loopback")] = 8080,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Start everything and run one whole night through Airflow; later, start again on what is there."""
    chosen, day, began = console.state_of(state), console.day(as_of), time.monotonic()
    notice = _notice(began)
    api = demo.start(chosen, residents=residents, seed=seed, as_of=day, port=port, notice=notice)
    demo.run_night(api, chosen, as_of=day, notice=notice)
    found = summary.summary(chosen, as_of=day, address=api.address)
    console.emit(found, as_json, lambda: _show(chosen, found, time.monotonic() - began))


def stop(state: StateOption = None, as_json: JsonOption = False) -> None:
    """Stop what `run` started, by its own pid files only."""
    ended = demo.stop(console.state_of(state))
    console.emit(
        {"stopped": ended}, as_json, lambda: console.console.print(f"stopped: {', '.join(ended) or 'nothing'}")
    )


def ui(state: StateOption = None, as_json: JsonOption = False) -> None:
    """Print the addresses of the screens and the demo user."""
    chosen = console.state_of(state)
    port = airflow_home.port_of(chosen)
    if port is None:
        raise EnvironmentFailureError("nothing runs here yet: make run")
    console.emit(summary.screens(chosen, f"http://127.0.0.1:{port}"), as_json)


def _notice(began: float) -> demo.Notice:
    def tell(text: str) -> None:
        console.errors.print(f"[dim]{time.monotonic() - began:6.1f} s[/dim]  ", end="")
        console.errors.print(text, markup=False)

    return tell


def _show(state: State, found: dict[str, Any], seconds: float) -> None:
    operate.show_batches(found)
    rows = [[one["claim_type"], one["claims"], one["outstanding_yen"]] for one in found["delinquencies"]]
    console.table("滞納", ["債権", "件数", "未納額(円)"], rows)
    for campaign in found["campaigns"]:
        console.console.print(
            f"催告 {campaign['campaign_name']}: {campaign['state']} {campaign['counts']}", markup=False
        )
    for rehearsal in found["migrations"]:
        console.console.print(f"移行照合 {rehearsal['run_id']}: {rehearsal['verdict']}", markup=False)
    for name, value in found["screens"].items():
        console.console.print(f"{name}: {value}", markup=False)
    console.console.print(f"done in {seconds:.0f} s; make stop ends everything", markup=False)
