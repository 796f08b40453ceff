"""`receivables migration characters …`: what came, what was decided on it, and who signs it (文字同定)."""

from typing import Annotated, Any

import typer

from receivables import db
from receivables.cli import console
from receivables.cli.console import AsOfOption, JsonOption, StateOption, UserOption, day
from receivables.errors import InputRejectedError
from receivables.migration import characters
from receivables.migration.characters.candidates import BASES
from receivables.migration.characters.units import codes_of, text_of

app = typer.Typer(help="Characters of a migration: found, decided, signed (文字同定)", no_args_is_help=True)
BasisOption = Annotated[str, typer.Option("--basis", help="What was looked at 根拠")]
TicketOption = Annotated[str, typer.Option("--ticket", help="Number of the case 管理番号")]
_DEFAULT = console.DEFAULT_AS_OF


@app.command()
def inventory(
    run: str,
    group: Annotated[str, typer.Option("--group", help="Staged group グループ")],
    source: Annotated[str, typer.Option("--source", help="Source of the rows 業務")],
    item: Annotated[list[str], typer.Option("--item", help="Column and its character set: shimei=name")],
    as_of: AsOfOption = _DEFAULT,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Count the characters of staged rows that the target does not take (文字の棚卸し)."""
    chosen = console.state_of(state)
    pairs = [each.partition("=") for each in item]
    if not all(mark and charset for _, mark, charset in pairs):
        raise InputRejectedError("--item: write column=character set, such as shimei=name")
    rulings = characters.governed(
        source, as_of=day(as_of), decided=characters.in_force(source, state=chosen)
    )  # fmt: skip
    staged = characters.Staged(run, group, source, {column: charset for column, _, charset in pairs})
    with db.connect(chosen, "migrator", doing="count characters") as connection:
        characters.inventory(connection, staged, rulings)
    _table(run, state, json)


@app.command("table")
def show_table(run: str, state: StateOption = None, json: JsonOption = False) -> None:
    """The 文字同定表 of a run: unresolved, provisional, substituted, confirmed."""
    _table(run, state, json)


@app.command()
def rulings(source: str, as_of: AsOfOption = _DEFAULT, state: StateOption = None, json: JsonOption = False) -> None:
    """Every ruling on the source's codes in force: of its file and of decisions in the database."""
    decided = characters.in_force(source, state=console.state_of(state))
    found = characters.governed(source, as_of=day(as_of), decided=decided)
    rows = [ruling.model_dump(mode="json") for _, ruling in sorted(found.items())]
    _emit("同定表", "rulings", rows, json)


@app.command()
def candidates(
    code: Annotated[str, typer.Argument(help="The character that came, or one it resembles: U+FA1C")],
    json: JsonOption = False,
) -> None:
    """Letters of the lists near a character, nearest first (同定候補)."""
    try:
        found = characters.candidates(text_of(code))
    except ValueError:
        raise InputRejectedError(f"{code}: write a code point as U+FA1C") from None
    rows = [each._asdict() | {"codes": codes_of(each.text), "basis_ja": BASES[each.basis]} for each in found]
    _emit("同定候補", "candidates", rows, json)


@app.command()
def propose(
    source: str,
    code: str,
    target: Annotated[str, typer.Option("--target", help="Number MJ025760 or GJ000001")],
    text: Annotated[str, typer.Option("--codes", help="Its code points: 'U+8FBB U+E0102'")],
    user: UserOption,
    basis: BasisOption,
    ticket: TicketOption,
    kind: Annotated[str, typer.Option("--kind", help="identified 同定 or substituted 代替")] = "identified",
    status: Annotated[str, typer.Option("--status", help="confirmed 同定済 or provisional 暫定")] = "confirmed",
    valid_from: Annotated[str, typer.Option("--valid-from", help="First day it holds 適用日")] = _DEFAULT,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Say what a code is; another person must approve it."""
    try:
        letter = text_of(text)
    except ValueError:
        raise InputRejectedError("--codes: write code points as 'U+8FBB U+E0102'") from None
    decision_id = characters.propose(
        source, code, target=target, text=letter, kind=kind, status=status, basis=basis, ticket=ticket,
        valid_from=day(valid_from, "--valid-from"), user=user, state=console.state_of(state),
    )  # fmt: skip
    console.emit({"decision_id": decision_id}, json)


@app.command()
def withdraw(
    source: str,
    code: str,
    user: UserOption,
    basis: BasisOption,
    ticket: TicketOption,
    valid_from: Annotated[str, typer.Option("--valid-from", help="First day it holds 適用日")] = _DEFAULT,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Propose to take an approved answer back (取消し); another person must approve it."""
    decision_id = characters.withdraw(
        source, code, basis=basis, ticket=ticket, valid_from=day(valid_from, "--valid-from"), user=user,
        state=console.state_of(state),
    )  # fmt: skip
    console.emit({"decision_id": decision_id}, json)


@app.command("waiting")
def list_waiting(state: StateOption = None, json: JsonOption = False) -> None:
    """Proposals that wait for another person (決裁待ち)."""
    _emit("決裁待ち", "waiting", characters.waiting(state=console.state_of(state)), json)


@app.command()
def approve(
    decision: str,
    user: UserOption,
    sha256: Annotated[str, typer.Option("--sha256", help="Hash of the answer that was looked at (see `waiting`)")],
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Approve exactly the answer of this hash as another person (決裁)."""
    console.emit(
        characters.approve(decision, user=user, content_sha256=sha256, state=console.state_of(state)), json
    )  # fmt: skip


def _table(run: str, state: Any, as_json: bool) -> None:
    with db.connect(console.state_of(state), "migrator", doing="文字同定表") as connection:
        found = characters.identification(connection, run)

    def human() -> None:
        heads = {"source_code": "業務", "item": "項目", "codes": "符号位置", "class_ja": "区分", "problem_ja": "指摘",
                 "row_count": "行数", "person_count": "人数", "decision_ja": "同定", "target": "文字番号"}  # fmt: skip
        states = ("unresolved", "provisional", "substituted", "confirmed", "listed")
        rows = [[row[key] for key in heads] for name in states for row in found[name]]
        console.table(f"文字同定表 {run}", list(heads.values()), rows)

    console.emit(found, as_json, human)


def _emit(title: str, name: str, rows: list[dict[str, Any]], as_json: bool) -> None:
    heads = list(rows[0]) if rows else ["（なし）"]
    console.emit({name: rows}, as_json, lambda: console.table(title, heads, [list(row.values()) for row in rows]))
