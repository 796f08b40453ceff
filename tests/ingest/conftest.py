"""A desk where one delivery after another is taken in, on one real server; the ledger is emptied before each test."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from receivables import db, ingest
from receivables.ingest import checking, expectations, landing
from receivables.ingest.accounts import BatchResult
from receivables.settings import STAGING, State

from .files import DAY

Rows = list[tuple[Any, ...]]


class Desk:
    """Takes in what lies in `drop`, and looks at what came of it."""

    def __init__(self, state: State, drop: Path) -> None:
        self.state = state
        self.drop = drop

    def take(self, source: str, *, day: date = DAY) -> dict[str, BatchResult]:
        """Results by the table's short name."""
        found = ingest.ingest_source(source, drop=self.drop, as_of=day, state=self.state)
        return {batch.table_name.partition("__")[2]: batch for batch in found}

    def approve(self, batch: BatchResult) -> None:
        ingest.approve(batch.batch_id, user="chief_tax", why="confirmed by telephone", state=self.state)

    def ask(self, query: str, *values: Any) -> Rows:
        with db.connect(self.state, doing="look") as connection:
            return connection.execute(query.encode(), values).fetchall()

    def do(self, *statements: str) -> None:
        with db.connect(self.state, doing="prepare") as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def quarantine(self) -> dict[int, str]:
        return dict(self.ask("select line_no, reason_code from quarantine.row order by 1"))  # type: ignore[arg-type]

    def set_aside(self) -> dict[int, str]:
        return dict(self.ask("select line_no, reason_code from ops.set_aside_row order by 1"))  # type: ignore[arg-type]

    def count(self, table: str) -> int:
        return int(self.ask(f"select count(*) from {table}")[0][0])

    def is_untouched(self) -> bool:
        """Nothing of any delivery was loaded, not even half, and nothing lies about."""
        tables = self.ask("select schemaname || '.' || tablename from pg_tables where schemaname in ('raw', 'vault')")
        kept = sum(self.count(table) for (table,) in tables) + self.count("quarantine.row")
        lying = self.ask("select count(*) from pg_tables where schemaname = 'landing'")[0][0]
        return kept == 0 and lying == 0

    def make_register(self, people: list[dict[str, str | None]]) -> None:
        """The register's database and where it listens."""
        with db.connect(self.state, database="postgres", autocommit=True) as connection:
            connection.execute("drop database if exists ward_test with (force)")
            connection.execute("create database ward_test")
        columns = list(people[0])
        with db.connect(self.state, database="ward_test") as connection:
            connection.execute("create schema atena")
            connection.execute(f"create table atena.person ({', '.join(f'{one} text' for one in columns)})".encode())
            with connection.cursor().copy("copy atena.person from stdin") as copy:
                for person in people:
                    copy.write_row([person[column] for column in columns])
        folder = self.drop / "register"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "connection.json").write_text(json.dumps({"dbname": "ward_test"}))


@pytest.fixture(scope="session")
def intake(new_state: Callable[[], State]) -> State:
    from receivables.ingest.tables import create_tables

    made = new_state()
    create_tables(made)
    return made


@pytest.fixture
def clean(intake: State) -> State:
    empty(intake)
    return intake


def empty(state: State) -> None:
    """The ledger and all that was taken in are gone."""
    with db.connect(state, doing="empty") as connection:
        tables = connection.execute(
            "select schemaname || '.' || tablename from pg_tables where schemaname in ('raw', 'vault')"
        ).fetchall()
        emptied = [
            "ops.load",
            "correction.delivery_approval",
            "quarantine.stray_file",
            *(str(name) for (name,) in tables),
        ]
        connection.execute(f"truncate {', '.join(emptied)} cascade".encode())
        held = connection.execute("select tablename from pg_tables where schemaname = 'landing'").fetchall()
        for (name,) in held:
            connection.execute(f"drop table landing.{name}".encode())


@pytest.fixture
def desk(clean: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Without Great Expectations, which has tests of its own: it takes seconds to import."""
    monkeypatch.setattr(expectations, "validate", lambda *_, **__: None)
    monkeypatch.setattr(checking, "documents", lambda **_: None)
    monkeypatch.setattr(landing, "SETTLE_SECONDS", 0)
    return Desk(clean, tmp_path)  # type: ignore[return-value]


@pytest.fixture
def amend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Changes keys of one column (or, without a column, of one table) in a copy of the contracts."""
    folder = tmp_path / "contracts"
    shutil.copytree(STAGING, folder)
    monkeypatch.setenv("RECEIVABLES_CONTRACTS", str(folder))

    def change(table_name: str, column: str | None = None, **keys: Any) -> None:
        source = table_name.partition("__")[0]
        file = folder / source / f"_{source}.yml"
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
        table = next(one for one in found["sources"][0]["tables"] if one["name"] == table_name)
        at = table if column is None else next(one for one in table["columns"] if one["name"] == column)
        at["config"]["meta"].update(keys)
        file.write_text(yaml.safe_dump(found, allow_unicode=True), encoding="utf-8")

    return change
