"""`receivables migration …`: rehearse, reconcile and sign the move to a national standard system (移行)."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from receivables import migration
from receivables.cli import characters
from receivables.cli import migration_around as around
from receivables.cli import migration_signing as signing
from receivables.cli.console import (
    DEFAULT_AS_OF,
    AsOfOption,
    JsonOption,
    StateOption,
    console,
    day,
    emit,
    state_of,
    table,
)
from receivables.errors import InvariantBrokenError

app = typer.Typer(help="Migration: staging, files, reconciliation, sign-off (移行)", no_args_is_help=True)
app.add_typer(around.app)
app.add_typer(signing.app)
app.add_typer(characters.app, name="characters")

_FAILED = InvariantBrokenError.exit_code


class Kind(StrEnum):
    """What a run is for (移行の種別)."""

    rehearsal = "rehearsal"
    dry = "dry"
    production = "production"


def told(text: str) -> None:
    """Say how far a long run is."""
    console.print(text, markup=False, highlight=False)


def quiet(text: str) -> None:
    """Say nothing: the output is for a script."""


def _listed(given: str | None) -> list[str] | None:
    return None if given is None else [each.strip() for each in given.split(",") if each.strip()]


@app.command()
def rehearse(
    edition: Annotated[str, typer.Option("--edition", help="Edition of the national standard 版")] = "0.1-draft",
    profile: Annotated[str, typer.Option("--profile", help="The receiver's file profile 受入先")] = "standard_csv",
    snapshot: Annotated[str, typer.Option("--snapshot", help="Day of the warehouse 基準日")] = DEFAULT_AS_OF,
    maps: Annotated[Path | None, typer.Option("--maps", help="Folder of map files that replace the project's")] = None,
    groups: Annotated[str | None, typer.Option("--groups", help="Only these groups, by comma グループ")] = None,
    sources: Annotated[
        str | None, typer.Option("--sources", help="Only claims of these systems, by comma 業務")
    ] = None,
    kind: Annotated[Kind, typer.Option("--kind", help="rehearsal, dry or production 種別")] = Kind.rehearsal,
    made_by: Annotated[str | None, typer.Option("--as", help="Who makes the run, and may not sign it 実施者")] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Stage, write, re-read, reconcile and report every group of every claim that has yet to move."""
    chosen = state_of(state)
    run_id = migration.rehearse(
        edition=edition, profile=profile, snapshot=day(snapshot, "--snapshot"), state=chosen, maps=maps,
        groups=_listed(groups), sources=_listed(sources), kind=kind.value, made_by=made_by, say=quiet if json else told,
    )  # fmt: skip
    _show(migration.outcome(run_id, state=chosen), json)


@app.command()
def reconcile(run: str, state: StateOption = None, json: JsonOption = False) -> None:
    """Read the run's file again and check it against the staged rows and the warehouse."""
    _show(migration.reconcile(run, state=state_of(state)), json)


@app.command()
def sign(
    run: str,
    user: Annotated[str, typer.Option("--as", help="The user who signs")],
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Sign the run's report; two persons must sign the same report."""
    found = migration.sign(run, user=user, state=state_of(state))

    def human() -> None:
        done = "受入れ" if found["is_signed_off"] else "署名待ち"
        console.print(f"{run}: {done} {found['signature_count']}/{found['signatures_required']}", markup=False)

    emit(found, json, human)


@app.command(name="return")
def take_back(
    drop: Annotated[Path, typer.Option("--drop", help="Folder that the systems delivered to 受渡しフォルダ")],
    as_of: AsOfOption = DEFAULT_AS_OF,
    edition: Annotated[str, typer.Option("--edition", help="Edition of the national standard 版")] = "0.1-draft",
    sources: Annotated[str | None, typer.Option("--sources", help="Only these systems, by comma 業務")] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Read back what the migrated systems give out and compare it with the warehouse (段T)."""
    found = migration.take_back(
        drop, edition=edition, as_of=day(as_of), state=state_of(state), sources=_listed(sources),
        say=quiet if json else told,
    )  # fmt: skip
    _show(found | {"run_id": "・".join(found["runs"]), "report": ""}, json)


def _show(result: dict[str, Any], as_json: bool) -> None:
    def human() -> None:
        rows = [
            [each["group"] or "全体", each["id"], each["legs"], each["status"], each["difference"], each["cause"]]
            for each in result["checks"]
            if each["status"] != "PASS" or each["cause"]
        ]
        passed = sum(each["status"] == "PASS" for each in result["checks"])
        table(f"照合 {result['run_id']}", ["グループ", "検査", "段", "結果", "差", "理由・推定原因"], rows)
        console.print(f"合格 {passed:,} / {len(result['checks']):,} 検査（備考のない合格は省略）", markup=False)
        console.print(
            f"{result['verdict']}  説明の無い差異 {result['unexplained_rows']:,} 行 {result['unexplained_yen']:,} 円",
            markup=False,
        )
        if result["report"]:
            console.print(f"報告書: {result['report']}", markup=False, soft_wrap=True)

    emit(result, as_json, human)
    if result["verdict"] == "FAIL":
        raise typer.Exit(_FAILED)
