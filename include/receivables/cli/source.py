"""`receivables source …`: draft a new department from a sample of its file."""

from pathlib import Path
from typing import Annotated

import typer

from receivables import sources
from receivables.cli import console
from receivables.settings import DBT_PROJECT, PROJECT
from receivables.sources.requests import Request

app = typer.Typer(no_args_is_help=True, help="Departments' systems (業務システム): draft a contract from a sample")


@app.callback()
def source_group() -> None:
    """Keep `draft` a command of its own while it is the only one."""


@app.command()
def draft(
    sample: Annotated[Path, typer.Argument(help="A file as the department sends it: CSV or .xlsx, date in its name")],
    source: Annotated[str, typer.Option(help="Short name of the system: small letters and _")],
    title: Annotated[str, typer.Option(help="The claim's name in Japanese 債権名")],
    department: Annotated[str, typer.Option(help="Section in charge 所管課")],
    owner_dept: Annotated[str, typer.Option(help="Short name of the section, as in claim_types")],
    claim_type: Annotated[str, typer.Option(help="Kind of claim, as in claim_types 債権の種類")],
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook with several")] = None,
    project: Annotated[Path, typer.Option(help="dbt project to write into")] = DBT_PROJECT,
    fixtures: Annotated[Path, typer.Option(help="Where the made-up delivery goes")] = PROJECT / "tests" / "fixtures",
    force: Annotated[bool, typer.Option("--force", help="Write over a source that is there")] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Draft contract, staging models and a made-up delivery; says what people still have to decide (要確認)."""
    request = Request(source, title, department, owner_dept, claim_type)
    found = sources.draft(sample, request, sheet=sheet, project=project, fixtures=fixtures, is_forced=force)

    def human() -> None:
        rows = [[column[name] for name in ("item", "name", "type", "why")] for column in found["columns"]]
        console.table(f"下書き {found['folder']}", ["項目", "列", "型", "理由"], rows)
        for question in found["open_questions"]:
            console.console.print(f"要確認: {question}", markup=False)

    console.emit(found, as_json, human)
