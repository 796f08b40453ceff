"""What is made from an edition and committed (生成物): dbt sources, Great Expectations suites, schemas of maps.

The same edition always gives the same bytes, so a check can say whether what is committed is stale.
"""

from pathlib import Path
from typing import Any

from receivables.settings import DBT_PROJECT
from receivables.standard import Edition
from receivables.standard.dbt_sources import sources_text
from receivables.standard.map_schema import schema_text
from receivables.standard.suites import suite_text

GENERATED = Path(__file__).parent / "generated"


def generated(edition: Edition, map_shape: dict[str, Any], *, models: Path, data: Path) -> dict[Path, str]:
    """Every file of an edition with its text; groups of which only the name is known have none."""
    found: dict[Path, str] = {}
    for group in edition.in_load_order():
        if group.items:
            found[models / f"stage_{group.id}.yml"] = sources_text(edition, group)
            found[data / "suites" / f"{group.id}.json"] = suite_text(edition, group)
            found[data / "maps" / f"{group.id}.schema.json"] = schema_text(edition, group, map_shape)
    return found


def places(edition: Edition) -> tuple[Path, Path]:
    """Where the files go (置き場所): dbt has one edition at a time, the rest is kept by edition."""
    return DBT_PROJECT / "models" / "migration", GENERATED / edition.name


def stale(files: dict[Path, str], *, models: Path, data: Path) -> list[Path]:
    """The files that lack, differ, or are there and should not be (古い生成物)."""
    there = {file for folder in (models, data) if folder.exists() for file in folder.rglob("*") if file.is_file()}
    differ = {file for file, text in files.items() if file in there and file.read_text(encoding="utf-8") != text}
    return sorted((there ^ set(files)) | differ)


def write(files: dict[Path, str], *, models: Path, data: Path) -> list[Path]:
    """Bring the folders to what `files` says; the files that changed."""
    changed = stale(files, models=models, data=data)
    for file in changed:
        if file in files:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(files[file], encoding="utf-8", newline="\n")
        else:
            file.unlink()
    return changed
