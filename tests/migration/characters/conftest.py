"""A staged table with names in it, made by hand; the database of the hand-made warehouse."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from psycopg import sql

from receivables import db
from receivables.migration.characters import Staged
from receivables.settings import State

_TABLE = """
create table if not exists migration.stage_atena (
    run_id text, source_code text, source_key text, row_key text, atena_no text collate "C", shimei text collate "C",
    shimei_kana text collate "C"
);
grant select, insert, update, delete on migration.stage_atena to migrator;
truncate migration.stage_atena, migration.run cascade;
insert into migration.run (run_id, edition, profile, snapshot_date, published_batch, spec_sha256,
    map_sha256, profile_sha256)
select run, '0.1-draft', 'standard_csv', %s, 'p1', '', '', '' from unnest(array['r1', 'r2']) as run;
"""
STAGED = Staged("r1", "atena", "tax", {"shimei": "name", "shimei_kana": "kana"})


@dataclass
class Names:
    """Staged names; `connection` is the migrator's, as in a run."""

    state: State
    connection: db.Connection
    rows: int = 0

    def add(
        self, shimei: str | None, *, person: str | None = None, kana: str | None = None, source: str = "tax",
        run: str = "r1",
    ) -> str:  # fmt: skip
        self.rows += 1
        key = f"k{self.rows:04}"
        self.connection.execute(
            "insert into migration.stage_atena values (%s, %s, %s, %s, %s, %s, %s)",
            [run, source, key, key, person or f"{self.rows:015}", shimei, kana],
        )
        return key

    def shimei(self, key: str) -> bytes:
        """The stored bytes of one name."""
        found = self.connection.execute(
            "select convert_to(shimei, 'UTF8') from migration.stage_atena where source_key = %s", [key]
        ).fetchone()
        assert found is not None
        assert isinstance(found[0], bytes)
        return found[0]


@pytest.fixture
def names(handmade_state: State) -> Iterator[Names]:
    with db.connect(handmade_state, autocommit=True, doing="names") as connection:
        for part in _TABLE.split(";"):
            if part.strip():
                connection.execute(sql.SQL(part), [date(2026, 6, 19)] if "%s" in part else None)  # type: ignore[arg-type]
    with db.connect(handmade_state, "migrator", doing="names") as connection:
        yield Names(handmade_state, connection)
