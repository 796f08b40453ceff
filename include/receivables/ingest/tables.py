"""The tables that follow from a contract: raw (no persons), vault (persons), and what is held between check and load.

Names, kana, addresses and telephone numbers stand only in the vault (個人情報の分離).
"""

from psycopg import errors, sql

from receivables import contracts, db
from receivables.contracts import Column, Table
from receivables.settings import State

META = ("_batch_id", "_line_no", "_byte_offset", "_known_from", "_known_to")
_META_TYPES = "_batch_id text not null, _line_no bigint not null, _byte_offset bigint not null, " \
              "_known_from date not null, _known_to date"  # fmt: skip
_HELD_TYPES = "_line_no bigint not null, _byte_offset bigint not null, _raw_bytes integer not null"
_ASIDE_TYPES = "line_no bigint not null, byte_offset bigint not null, raw bytea, kind text not null, " \
               "reason_code text not null, field text, amount_yen bigint"  # fmt: skip


def create_tables(state: State) -> None:
    """Make raw and vault tables of every contract, with grants; safe to run any number of times.

    All of them at once: what reads them then finds an empty table of a source that has not come yet.
    """
    with db.connect(state, doing="make the tables of the contracts") as connection:
        connection.execute("select pg_advisory_xact_lock(7131123)")
        for contract in contracts.all_contracts():
            for table in contract.tables:
                for statement in statements(table):
                    db.run_script(connection, statement)


def statements(table: Table) -> list[str]:
    """The DDL of a contract's table; names were checked by the contract."""
    found = [*_create("raw", table, raw_columns(table)), f"grant select on raw.{table.name} to dbt"]
    if vault := vault_columns(table):
        found += _create("vault", table, vault)
    return found


def raw_columns(table: Table) -> list[Column]:
    """Columns that are no person's name, address or number."""
    return [column for column in table.columns if not column.pii]


def vault_columns(table: Table) -> list[Column]:
    """The key and the columns about persons; none when the table has no such column."""
    if not any(column.pii for column in table.columns):
        return []
    return [table.column(name) for name in table.key] + [column for column in table.columns if column.pii]


def _create(schema: str, table: Table, columns: list[Column]) -> list[str]:
    name = f"{schema}.{table.name}"
    keys = ", ".join(table.key)
    return [
        f"create table if not exists {name} ({_typed(columns)}, {_META_TYPES})",
        f"alter table {name} drop column if exists _row_hash",  # of edition 0.1: contents are compared themselves
        *(f"alter table {name} add column if not exists {column.name} {column.postgres_type}" for column in columns),
        # Two current versions of one key cannot be, whatever writes them.
        f"create unique index if not exists {table.name}_current on {name} ({keys}) where _known_to is null",
        f"grant select, insert, update, delete on {name} to etl",
    ]


def _typed(columns: list[Column]) -> str:
    return ", ".join(f"{column.name} {column.postgres_type}" for column in columns)


def held(batch_id: str) -> sql.Identifier:
    """The accepted rows of a batch between check and load."""
    return sql.Identifier("landing", held_name(batch_id))


def gone(batch_id: str) -> sql.Identifier:
    """Rows of the last copy that a batch, read as changes to it, does not bring again."""
    return sql.Identifier("landing", f"{held_name(batch_id)}__gone")


def held_aside(batch_id: str) -> sql.Identifier:
    """The rows of a batch that are set aside, between check and load."""
    return sql.Identifier("landing", f"{held_name(batch_id)}__aside")


def counts(batch_id: str) -> sql.Identifier:
    """The broken rows of a batch by rule, as Great Expectations reads them: one row."""
    return sql.Identifier("landing", counts_name(batch_id))


def held_name(batch_id: str) -> str:
    """The table's plain name."""
    return batch_id.replace("-", "_")


def counts_name(batch_id: str) -> str:
    """The plain name of the counts' table: Great Expectations does not quote one."""
    return f"{held_name(batch_id)}__counts"


def hold(connection: db.Connection, table: Table, batch_id: str) -> None:
    """Make the empty unlogged tables of a batch."""
    release(connection, batch_id)
    row = f"{_typed(list(table.columns))}, {_HELD_TYPES}"
    for name, columns in ((held(batch_id), row), (gone(batch_id), row), (held_aside(batch_id), _ASIDE_TYPES)):
        db.run_script(connection, f"create unlogged table {name.as_string()} ({columns})")


def release(connection: db.Connection, batch_id: str) -> None:
    """Drop what was held of a batch."""
    for name in (held(batch_id), gone(batch_id), held_aside(batch_id), counts(batch_id)):
        connection.execute(sql.SQL("drop table if exists {}").format(name))


def index_keys(connection: db.Connection, table: Table, batch_id: str) -> bool:
    """Hold the keys of a batch apart by a unique index; False when a key stands twice."""
    try:
        with connection.transaction():
            connection.execute(sql.SQL("create unique index on {} ({})").format(held(batch_id), names(table.key)))
    except errors.UniqueViolation:
        return False
    return True


def count(connection: db.Connection, relation: sql.Identifier) -> int:
    """The rows of a table of `landing`; -1 when there is no such table."""
    found = connection.execute("select to_regclass(%s)", [relation.as_string()]).fetchone()
    if not found or found[0] is None:
        return -1
    counted = connection.execute(sql.SQL("select count(*) from {}").format(relation)).fetchone()
    return int(str(counted[0])) if counted else -1


def names(columns: list[Column] | tuple[str, ...], prefix: str = "") -> sql.Composed:
    """A list of column names for SQL."""
    found = (column if isinstance(column, str) else column.name for column in columns)
    return sql.SQL(", ").join(sql.Identifier(*filter(None, (prefix, name))) for name in found)


def same_content(columns: list[str], one: str, other: str) -> sql.Composed:
    """The condition that two rows hold the same in every one of `columns`, empty or not."""
    return sql.SQL("({}) is not distinct from ({})").format(
        names(tuple(columns), prefix=one), names(tuple(columns), prefix=other)
    )


def same_key(table: Table, one: str, other: str) -> sql.Composed:
    """The condition that two rows have the same key."""
    return sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier(one, name), sql.Identifier(other, name)) for name in table.key
    )
