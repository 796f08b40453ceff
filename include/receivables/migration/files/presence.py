"""Which files are there (C-100): as many as agreed, by the agreed names, each as full as agreed, and no other."""

from collections.abc import Iterator
from pathlib import Path

from receivables.migration.files.findings import Reread
from receivables.migration.files.profile import GroupSpec


def check_names(files: list[Path], spec: GroupSpec, found: Reread) -> None:
    """Note what is wrong with the files' names, and what else of the group lies in their folders."""
    for problem in (*_mistakes(files, spec), *_strangers(files, spec)):
        found.note("C-100", problem)


def check_rows(spec: GroupSpec, found: Reread) -> None:
    """Note a file with more rows than agreed, and one before the last with fewer: what stood there is lost."""
    most = spec.profile.max_rows_per_file
    if most is None:
        return
    for number, file in enumerate(found.files, start=1):
        if file.rows > most or (number < len(found.files) and file.rows < most):
            found.note("C-100", f"file {file.file_name} holds {file.rows:,} rows where the profile says {most:,}")


def _mistakes(files: list[Path], spec: GroupSpec) -> Iterator[str]:
    if not files:
        yield "no file of the group is there"
    if len(files) > 1 and spec.profile.max_rows_per_file is None:
        yield f"{len(files)} files where the profile says one"
    stamps: set[str] = set()
    for number, file in enumerate(files, start=1):
        match = spec.file_pattern.fullmatch(file.name)
        if match is None:
            yield f"file {file.name} has not the agreed name"
            continue
        parts = match.groupdict()
        stamps.add(parts.get("stamp", ""))
        if int(parts.get("seq", number)) != number:
            yield f"file {file.name} stands where number {number} is due"
    if len(stamps) > 1:
        yield "the files' names are of different times"


def _strangers(files: list[Path], spec: GroupSpec) -> Iterator[str]:
    given = {file.resolve() for file in files}
    for folder in sorted({file.parent for file in files}):
        for other in sorted(folder.iterdir()) if folder.is_dir() else ():
            is_of_group = spec.file_pattern.fullmatch(other.name.removesuffix(".part"))
            if is_of_group and other.resolve() not in given:
                yield f"file {other.name} is there besides"
