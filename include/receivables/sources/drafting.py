"""Writes the draft of a new department: contract, staging models, a made-up delivery, its line in the list."""

import re
from pathlib import Path
from typing import Any

from receivables import contracts
from receivables.contracts import ContractError
from receivables.errors import InputRejectedError
from receivables.settings import DBT_PROJECT
from receivables.sources.contract_draft import contract_text, questions
from receivables.sources.fixtures import write_fixture
from receivables.sources.guessing import candidate_key, guesses
from receivables.sources.model_draft import models
from receivables.sources.requests import Request
from receivables.sources.samples import Sample, read_sample

_NAME = re.compile(r"[a-z][a-z0-9_]{0,25}")
_LIST = re.compile(r"claim_sources: \[([^\]]*)\]")


def draft(
    sample: Path,
    request: Request,
    *,
    sheet: str | None = None,
    project: Path = DBT_PROJECT,
    fixtures: Path | None = None,
    is_forced: bool = False,
) -> dict[str, Any]:
    """Draft `request.source` from `sample` into a dbt project; returns what was written, guessed and left open.

    Raises InputRejectedError for a sample that tells too little, a bad name, or a source that is there already.
    """
    folder = project / "models" / "staging" / request.source
    if not _NAME.fullmatch(request.source):
        raise InputRejectedError(f"--source {request.source!r}: use small letters, digits and _, at most 26")
    if folder.exists() and not is_forced:
        raise InputRejectedError(f"source {request.source!r} is there already; write over it with --force")
    read = read_sample(sample, sheet)
    found = guesses(read.columns)
    key = candidate_key(found, read.columns)
    asked = questions(read, found, key)
    keyed = key or (found[0].name,)
    written = {f"_{request.source}.yml": contract_text(request, read, found, keyed, asked)}
    written |= models(request, found, keyed)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    _enlist(project / "dbt_project.yml", request.source)
    made_up = _fixture(request.source, folder.parent, read, fixtures, asked)
    return {
        "source": request.source,
        "folder": str(folder),
        "files": [*written, *map(str, made_up)],
        "key": list(key),
        "form": read.form,
        "columns": [
            {"item": one.item, "name": one.name, "type": one.type, "required": one.is_required, "pii": one.is_pii,
             "why": one.why}
            for one in found
        ],
        "open_questions": asked,
    }  # fmt: skip


def _fixture(source: str, staging: Path, read: Sample, fixtures: Path | None, asked: list[str]) -> list[Path]:
    """The made-up delivery; a contract that is not yet one adds to what is open instead."""
    try:
        contract = contracts.contract(source, staging)
    except ContractError as error:
        asked.append(str(error))
        return []
    return write_fixture(contract, read, fixtures) if fixtures else []


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
