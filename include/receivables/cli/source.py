"""`receivables source …`: draft a new department from samples of its files."""

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
    sample: Annotated[
        Path, typer.Argument(help="A file of claims as the department sends it: CSV, .xlsx, fixed width")
    ],
    source: Annotated[str, typer.Option(help="Short name of the system: small letters and _")],
    title: Annotated[str, typer.Option(help="The claim's name in Japanese 債権名")],
    department: Annotated[str, typer.Option(help="Section in charge 所管課")],
    owner_dept: Annotated[str, typer.Option(help="Short name of the section, as in claim_types")],
    claim_type: Annotated[str, typer.Option(help="Kind of claim, as in claim_types 債権の種類")],
    receipts: Annotated[Path | None, typer.Option(help="A file of receipts beside it 収納")] = None,
    dunnings: Annotated[Path | None, typer.Option(help="A file of dunning letters beside it 督促")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook with several")] = None,
    layout: Annotated[Path | None, typer.Option(help="Record layout of a fixed width file: 項目名,開始,桁数")] = None,
    receipts_layout: Annotated[Path | None, typer.Option(help="The same for the receipts")] = None,
    encoding: Annotated[str | None, typer.Option(help="When the bytes do not tell: cp932, euc_jp, utf-8")] = None,
    project: Annotated[Path, typer.Option(help="dbt project to write into")] = DBT_PROJECT,
    fixtures: Annotated[Path, typer.Option(help="Where the made-up delivery goes")] = PROJECT / "tests" / "fixtures",
    force: Annotated[bool, typer.Option("--force", help="Write over a source that is there")] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Draft contract, staging models and a made-up delivery; says what people still have to decide (要確認)."""
    found = sources.draft(
        sample,
        Request(source, title, department, owner_dept, claim_type),
        receipts=receipts,
        dunnings=dunnings,
        options=sources.Options(sheet, encoding, layout, receipts_layout),
        project=project,
        fixtures=fixtures,
        is_forced=force,
    )

    def human() -> None:
        for table in found["tables"]:
            rows = [
                [one["item"], one["name"], one["type"], "必須" * one["required"], "個人" * one["pii"], one["why"]]
                for one in table["columns"]
            ]
            console.table(f"下書き {table['table']}", ["項目", "列", "型", "必須", "個人情報", "理由・要確認"], rows)
            told = (("キー", " + ".join(table["key"])), ("金額", table["yen"]), ("対象外", ", ".join(table["exclude"])))
            for name, value in told:
                console.console.print(f"{name}: {value or '要確認'}", markup=False)
        for question in found["open_questions"]:
            console.console.print(f"要確認: {question}", markup=False)

    console.emit(found, as_json, human)
