"""`receivables quarantine …`: rows that could not be accepted, out to the department and back in (隔離)."""

from pathlib import Path
from typing import Annotated

import typer

from receivables import quarantine as room
from receivables.cli.console import (
    DEFAULT_AS_OF,
    AsOfOption,
    JsonOption,
    StateOption,
    UserOption,
    day,
    emit,
    state_of,
    table,
)

app = typer.Typer(help="Quarantine: work list, corrections, release with two approvals (隔離)", no_args_is_help=True)
DeptOption = Annotated[str | None, typer.Option("--dept", help="Only this department 所管")]


@app.command("list")
def list_rows(
    dept: DeptOption = None, as_of: AsOfOption = DEFAULT_AS_OF, state: StateOption = None, as_json: JsonOption = False
) -> None:
    """What waits, by department, source and reason, and the proposals that wait for approval."""
    found = room.work_list(as_of=day(as_of), owner_dept=dept, state=state_of(state))

    def human() -> None:
        keys = ["owner_dept", "source", "rows", "yen", "oldest_days", "reason_ja", "what_to_do_ja"]
        heads = ["所管", "業務", "件数", "金額(円)", "最長日数", "理由", "対処"]
        table(f"隔離一覧 {found['as_of']}", heads, [[group[key] for key in keys] for group in found["groups"]])
        keys = ["proposal_id", "kind", "owner_dept", "maker", "rows", "approvals"]
        heads = ["案", "種別", "所管", "作成者", "件数", "承認"]
        table("承認待ち", heads, [[each[key] for key in keys] for each in found["proposals"]])

    emit(found, as_json, human)


@app.command()
def export(user: UserOption, dept: DeptOption = None, state: StateOption = None, as_json: JsonOption = False) -> None:
    """Write one correction file per department (Excel and CSV) into the protected folder."""
    emit(room.export(user=user, owner_dept=dept, state=state_of(state)), as_json)


@app.command("import")
def import_file(
    file: Path,
    user: UserOption,
    dept: Annotated[str, typer.Option("--dept", help="The department whose file it is 所管")],
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a proposal of a returned correction file; ends with 2 when rows of it are still wrong."""
    found = room.import_file(file, owner_dept=dept, user=user, state=state_of(state))
    emit(found, as_json)
    if found["faults"]:
        raise typer.Exit(2)


@app.command()
def discard(
    ids: list[str],
    user: UserOption,
    reason: Annotated[str, typer.Option(help="Why the rows are to be left out 対象外の理由")],
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose that rows are left out for good (対象外とする)."""
    emit(room.propose_discard(ids, reason=reason, user=user, state=state_of(state)), as_json)


@app.command()
def approve(proposal: str, user: UserOption, state: StateOption = None, as_json: JsonOption = False) -> None:
    """One person's yes to exactly this proposal."""
    emit(room.approve(proposal, user=user, state=state_of(state)), as_json)


@app.command()
def release(proposal: str, state: StateOption = None, as_json: JsonOption = False) -> None:
    """Carry out a proposal that two people approved."""
    emit(room.release(proposal, state=state_of(state)), as_json)
