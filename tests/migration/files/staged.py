"""Hand-made rows of a group in the database, and what an independent reader makes of their files."""

import hashlib
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from psycopg import sql

from receivables import db, standard
from receivables.migration.files.profile import GroupSpec, Profile, group_spec, read_profile
from receivables.migration.files.rereading import Reread, reread_group
from receivables.migration.files.writing import Written, write_group
from receivables.migration.tables import POSTGRES
from receivables.standard import Item

SNAPSHOT, STAMP = date(2026, 6, 19), "20260619000000"
PROFILES = Path(group_spec.__code__.co_filename).parents[1] / "profiles"
PROFILE_NAMES = sorted(file.stem for file in PROFILES.glob("*.yaml"))
GROUPS = [group for group in standard.edition("0.1-draft").groups.values() if group.items]
Row = tuple[Any, ...]


def profile_named(name: str, **changes: Any) -> Profile:
    return Profile.model_validate(read_profile(PROFILES / f"{name}.yaml").model_dump() | changes)


def spec_of(group_id: str, profile: str | Profile = "standard_csv") -> GroupSpec:
    found = profile_named(profile) if isinstance(profile, str) else profile
    return group_spec(standard.edition("0.1-draft").group(group_id), found, SNAPSHOT)


def key_hash(key: str) -> str:
    return "k" + hashlib.sha256(key.encode()).hexdigest()[:16]


def column_type(item: Item) -> str:
    return POSTGRES.get(item.type, 'text collate "C"')


def stage(connection: db.Connection, spec: GroupSpec, rows: Sequence[tuple[str, Row]]) -> sql.Identifier:
    """A table of these keys and rows, in this order."""
    items = spec.group.items
    columns = ", ".join(f"{item.column} {column_type(item)}" for item in items)
    db.run_script(
        connection, f"drop table if exists staged_rows; create temp table staged_rows (row_key text, {columns})"
    )
    with connection.cursor().copy("copy staged_rows from stdin") as copy:
        for key, row in rows:
            copy.write_row((key, *row))
    return sql.Identifier("staged_rows")


def write(
    connection: db.Connection, spec: GroupSpec, rows: Sequence[tuple[str, Row]], folder: Path
) -> list[Written]:  # fmt: skip
    relation = stage(connection, spec, rows)
    return write_group(
        connection, relation=relation, spec=spec, folder=folder, stamp=STAMP, key_hash=key_hash
    )  # fmt: skip


def reread(folder: Path, spec: GroupSpec, *, is_slow: bool = False) -> tuple[Reread, list[str]]:
    """What the reader says of all files of the folder, and the lines it gives on."""
    text: list[str] = []
    files = sorted(folder.iterdir(), key=lambda file: [int(part) for part in re.findall("[0-9]+", file.name)])
    found = reread_group(files, spec, text.append, is_slow=is_slow)
    assert all(each.endswith("\n") for each in text)
    return found, [line + "\n" for each in text for line in each.split("\n")[:-1]]


def loaded(connection: db.Connection, spec: GroupSpec, lines: list[str]) -> list[Row]:
    """The reader's lines as a typed table has them: row number, file number, items."""
    columns = ", ".join(f"{item.column} {column_type(item)}" for item in spec.group.items)
    db.run_script(
        connection,
        f"drop table if exists read_rows; create temp table read_rows (row_no bigint, file_no bigint, {columns})",
    )
    with connection.cursor().copy("copy read_rows from stdin") as copy:
        for line in lines:
            copy.write(line)
    return connection.execute("select * from read_rows order by file_no, row_no").fetchall()


def sample_row(spec: GroupSpec, **given: Any) -> Row:
    """A row in which every item has an ordinary value but those given by column."""
    ordinary = {"yen": 10_000, "int": 1, "year": 2025, "decimal": 14, "date": date(2025, 7, 31), "time": "12:34:56",
                "flag": "1", "code": "2" * 99, "text": "北沢"}  # fmt: skip
    row = []
    for item in spec.group.items:
        value: Any = given.get(item.column, ordinary[item.type])
        if item.type == "code" and item.column not in given:
            value = value[: item.length or 2]
        row.append(value)
    return tuple(row)
