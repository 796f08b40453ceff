"""Connections to the warehouse, by role, and errors that never repeat a row's values."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from receivables.errors import EnvironmentFailureError, ReceivablesError
from receivables.server import SUPERUSER, ensure_running
from receivables.settings import State

WAREHOUSE = "receivables"
Connection = psycopg.Connection[tuple[object, ...]]


class DatabaseError(ReceivablesError):
    """What PostgreSQL refused, without DETAIL or CONTEXT: those hold the row's values."""

    exit_code = 5

    def __init__(self, error: psycopg.Error, doing: str) -> None:
        found = error.diag
        where = ".".join(filter(None, (found.schema_name, found.table_name, found.column_name)))
        super().__init__(
            f"{doing}: database error {error.sqlstate or type(error).__name__}"
            + (f" at {where}" if where else "")
            + (f", constraint {found.constraint_name}" if found.constraint_name else "")
        )
        self.sqlstate = error.sqlstate
        self.constraint = found.constraint_name


def dsn(state: State, role: str = SUPERUSER, database: str = WAREHOUSE) -> str:
    """The libpq connection string of `role`; the server is started when it does not run.

    `RECEIVABLES_DSN` names a server of the user's own instead, with a superuser's login.
    """
    password = state.secret(f"pg_{role}")
    named = os.environ.get("RECEIVABLES_DSN")
    if named:
        login = {} if role == SUPERUSER else {"user": role, "password": password}
        return make_conninfo(named, dbname=database, **login)
    server = ensure_running(state)
    assert server is not None
    return make_conninfo(host=server.host, port=server.port, dbname=database, user=role, password=password)


def url(state: State, role: str, database: str = WAREHOUSE) -> str:
    """The same as `dsn`, as the SQLAlchemy URL that Great Expectations and Airflow want."""
    part = conninfo_to_dict(dsn(state, role, database))
    return f"postgresql+psycopg://{part['user']}:{part['password']}@{part['host']}:{part['port']}/{part['dbname']}"


@contextmanager
def connect(
    state: State, role: str = SUPERUSER, database: str = WAREHOUSE, *, autocommit: bool = False, doing: str = "work"
) -> Iterator[Connection]:
    """A connection as `role`; commits when the block ends well, rolls back when it raises.

    Every psycopg error leaves as DatabaseError that names `doing`, code and constraint only.
    """
    try:
        with psycopg.connect(dsn(state, role, database), autocommit=autocommit, connect_timeout=10) as connection:
            yield connection
    except psycopg.OperationalError as error:
        if error.sqlstate is None:
            raise EnvironmentFailureError(f"{doing}: no connection to the database as {role}") from None
        raise DatabaseError(error, doing) from None
    except psycopg.Error as error:
        raise DatabaseError(error, doing) from None


def run_script(connection: Connection, text: str) -> None:
    """Run a file of our own SQL (DDL), which may hold several statements."""
    connection.execute(sql.SQL(_own(text)))


def _own(text: str) -> LiteralString:
    """Marks SQL read from a file of this project as trusted; never call it with data."""
    return text
