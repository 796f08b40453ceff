"""Writes the draft of a new department: contract, staging models, a made-up delivery, its line in the list."""

import csv
import re
from pathlib import Path
from typing import Any

from receivables import access, contracts
from receivables.contracts import ContractError
from receivables.errors import InputRejectedError
from receivables.settings import DBT_PROJECT, SEEDS
from receivables.sources.fixtures import write_fixtures
from receivables.sources.reading import read_sample
from receivables.sources.requests import Request
from receivables.sources.samples import Options
from receivables.sources.staging import staging_texts
from receivables.sources.tables import Draft, draft_table
from receivables.sources.writing import contract_text

_NAME = re.compile(r"[a-z][a-z0-9_]{0,25}")
_LIST = re.compile(r"claim_sources: \[([^\]]*)\]")


def draft(
    sample: Path,
    request: Request,
    *,
    receipts: Path | None = None,
    dunnings: Path | None = None,
    options: Options | None = None,
    project: Path = DBT_PROJECT,
    fixtures: Path | None = None,
    is_forced: bool = False,
) -> dict[str, Any]:
    """Draft `request.source` from samples into a dbt project; returns what was written, guessed and left open.

    `sample` holds the claims; `receipts` and `dunnings` are files of their own beside it. Raises InputRejectedError
    for a sample that tells too little, a bad name, or a source that is there already.
    """
    folder = project / "models" / "staging" / request.source
    if not _NAME.fullmatch(request.source):
        raise InputRejectedError(f"--source {request.source!r}: use small letters, digits and _, at most 26")
    if folder.exists() and not is_forced:
        raise InputRejectedError(f"source {request.source!r} is there already; write over it with --force")
    files = {"claims": sample, "receipts": receipts, "dunnings": dunnings}
    tables = [
        draft_table(request.source, kind, read_sample(file, (options or Options()).of(kind)))
        for kind, file in files.items()
        if file
    ]
    written = {f"_{request.source}.yml": contract_text(request, tables), **staging_texts(request, tables)}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    _enlist(project / "dbt_project.yml", request.source)
    asked = [question for table in tables for question in table.questions()] + _steps(request)
    made_up = _fixtures(request.source, folder.parent, tables, fixtures, asked)
    return {
        "source": request.source,
        "folder": str(folder),
        "files": [*written, *map(str, made_up)],
        "tables": [_summary(table) for table in tables],
        "open_questions": asked,
    }


def _summary(table: Draft) -> dict[str, Any]:
    return {
        "table": table.name, "reader": table.sample.reader, "file": table.file_pattern, "form": table.sample.keys,
        "rows": len(table.sample.rows), "key": table.key, "yen": table.yen, "fiscal_year": table.fiscal_year,
        "exclude": [f"{column}={equals}" for column, equals, _ in table.exclude], "not_kept": table.not_kept,
        "columns": [
            {"item": one.heading, "name": one.name, "type": one.type, "required": one.required, "pii": one.pii,
             "why": "。".join([one.why, *one.doubts])}
            for one in table.columns
        ],
    }  # fmt: skip


def _steps(request: Request) -> list[str]:
    """What the source needs besides its folder, and is a person's decision."""
    steps = []
    with (SEEDS / "law" / "claim_types.csv").open(encoding="utf-8", newline="") as lines:
        if request.claim_type not in {row["claim_type"] for row in csv.DictReader(lines)}:
            steps.append(
                f"dbt_project/seeds/law/claim_types.csv に {request.claim_type} がない: 債権区分・時効・根拠の行"
            )
    if request.owner_dept not in access.declaration().departments.values():
        steps.append(f"include/receivables/access.yml の departments に {request.owner_dept} の役割がない: 加える")
    return steps


def _fixtures(source: str, staging: Path, tables: list[Draft], place: Path | None, asked: list[str]) -> list[Path]:
    """The made-up delivery; a contract that is not yet one adds to what is open instead."""
    try:
        contract = contracts.contract(source, staging)
    except ContractError as error:
        asked.append(str(error))
        return []
    return write_fixtures(contract, tables, place) if place else []


def _enlist(project_file: Path, source: str) -> None:
    """Add the source to `claim_sources`, once."""
    text = project_file.read_text(encoding="utf-8")
    listed = _LIST.search(text)
    if listed is None:
        raise InputRejectedError(f"{project_file.name}: no line claim_sources: […]; put it back")
    names = [name.strip() for name in listed[1].split(",")]
    if source not in names:
        line = f"claim_sources: [{', '.join([*names, source])}]"
        project_file.write_text(text.replace(listed[0], line), encoding="utf-8")
