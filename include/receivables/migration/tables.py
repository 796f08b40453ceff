"""The tables of one group (段階表): their columns follow the edition of the standard.

Three tables hold the same items of the same run: what the warehouse says (W), what the map
made of it (G) and what an independent reader found in the file (F).
"""

from collections.abc import Iterable

from psycopg import sql

from receivables import db
from receivables.migration.spec import Spec
from receivables.settings import State

ROLE = "migrator"
POSTGRES = {"yen": "bigint", "int": "bigint", "year": "integer", "decimal": "numeric", "date": "date"}
_EXTRA = {
    "stage": {"source_code": "text", "source_key": "text"},
    "warehouse": {
        "source_code": "text", "source_key": "text", "source_claim_type": "text",
        "expected_outstanding_yen": "bigint", "expected_refund_yen": "bigint",
        "is_set_aside": "boolean", # by the map, with its reason in the ledger (対象外)
    },
    "reread": {"row_no": "bigint", "file_no": "integer"},
}  # fmt: skip


def table(kind: str, spec: Spec) -> sql.Identifier:
    """The table of a leg: `kind` is stage (G), warehouse (W) or reread (F)."""
    return sql.Identifier("migration", f"{kind}_{spec.group.id}")


def prepare_tables(specs: Iterable[Spec], *, state: State) -> None:
    """Make the groups' tables, or give those there are the items a newer edition added."""
    with db.connect(state, ROLE, doing="make the tables of the groups") as connection:
        for spec in specs:
            for kind, extra in _EXTRA.items():
                _prepare(connection, spec, kind, extra)


def _prepare(connection: db.Connection, spec: Spec, kind: str, extra: dict[str, str]) -> None:
    columns = {"run_id": "text", **extra, "row_key": "text"} | {
        item.column: POSTGRES.get(item.type, "text") for item in spec.group.items
    }
    drawn = [
        sql.SQL("{} {} {}").format(
            sql.Identifier(name), sql.SQL(kind_), sql.SQL('collate "C"' if kind_ == "text" else "")
        )
        for name, kind_ in columns.items()
    ]
    name = table(kind, spec)
    connection.execute(
        sql.SQL("create table if not exists {} ({}) partition by list (run_id)").format(name, sql.SQL(", ").join(drawn))
    )
    added = sql.SQL(", ").join(sql.SQL("add column if not exists ") + each for each in drawn)
    connection.execute(sql.SQL("alter table {} {}").format(name, added))
    connection.execute("select migration.guard_signed(%s::regclass)", [name.as_string()])


def open_parts(connection: db.Connection, spec: Spec, run_id: str) -> None:
    """Give a new run a part of its own in each table of the group: a scan reads no other run's rows."""
    for kind in _EXTRA:
        mine = part(kind, spec, run_id)
        connection.execute(
            sql.SQL("create table {} partition of {} for values in ({})").format(
                mine, table(kind, spec), sql.Literal(run_id)
            )
        )
        connection.execute("select migration.guard_part(%s::regclass, %s)", [mine.as_string(), run_id])


def part(kind: str, spec: Spec, run_id: str) -> sql.Identifier:
    """The part of a leg's table that holds one run."""
    return sql.Identifier("migration", f"{kind}_{spec.group.id}_{run_id}")


def columns_of(spec: Spec) -> sql.Composed:
    """The group's columns in order, as a list for SQL."""
    return sql.SQL(", ").join(sql.Identifier(item.column) for item in spec.group.items)


def row_key(spec: Spec) -> sql.Composed:
    """The compound key (主キー) as one text from which every part can be read back: it never merges two keys."""
    parts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in spec.group.key)
    return sql.SQL("jsonb_build_array({})::text").format(parts)
