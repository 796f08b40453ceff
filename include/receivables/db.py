"""Connections to the warehouse, by role, and errors that never repeat a row's values."""

import logging
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, LiteralString, ParamSpec, TypeVar

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from receivables.errors import EnvironmentFailureError, ReceivablesError
from receivables.server import SUPERUSER, ensure_running
from receivables.settings import State

WAREHOUSE = "receivables"
TRIES = 3
Connection = psycopg.Connection[tuple[object, ...]]
P = ParamSpec("P")
R = TypeVar("R")
_LOG = logging.getLogger(__name__)
_TRANSIENT = ("40001", "40P01", "53200", "53300")  # serialisation, deadlock, memory, connections: a moment may mend it
_TO_DO = {
    "40001": "other work came between; run it again",
    "40P01": "it met with other work (deadlock); run it again",
    "53100": "the database's disk is full; make room and run it again",
    "53200": "the database is out of memory; let other work end and run it again",
    "53300": "the database has no connection left; let other work end and run it again",
    "55P03": "other work has held what this needs for too long; look whether it hangs, end it and run it again",
    "57014": "it took longer than the time-out allows; run it again when less else runs",
}


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
            + (f"; {_TO_DO[error.sqlstate]}" if error.sqlstate in _TO_DO else "")
        )
        self.sqlstate = error.sqlstate
        self.constraint = found.constraint_name

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is, without the driver's error: work on another process must be able to raise it here."""
        return _as_it_was, (str(self), self.sqlstate, self.constraint)


def _as_it_was(said: str, sqlstate: str | None, constraint: str | None) -> DatabaseError:
    made = DatabaseError.__new__(DatabaseError, said)
    made.sqlstate, made.constraint = sqlstate, constraint
    return made


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
        with _connected(dsn(state, role, database), is_autocommit=autocommit) as connection:
            yield connection
    except psycopg.OperationalError as error:
        if error.sqlstate is None:
            raise EnvironmentFailureError(
                f"{doing}: no connection to the database as {role}; look whether it runs and has connections left"
            ) from None
        raise DatabaseError(error, doing) from None
    except psycopg.Error as error:
        raise DatabaseError(error, doing) from None


def _connected(conninfo: str, *, is_autocommit: bool) -> Connection:
    """A connection; a server that is full or just starting is asked again, `TRIES` times in all."""
    for tries_left in range(TRIES - 1, -1, -1):
        try:
            return psycopg.connect(conninfo, autocommit=is_autocommit, connect_timeout=10)
        except psycopg.OperationalError:
            if not tries_left:
                raise
            _wait(TRIES - tries_left)
    raise AssertionError


def patiently(work: Callable[P, R]) -> Callable[P, R]:
    """`work`, tried again when the database was only busy, `TRIES` times in all; it must be safe to repeat.

    Deadlocks and the like (F48, F51) are counted in the log, by code; anything else is raised at once.
    """

    @wraps(work)
    def tried(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, TRIES):
            try:
                return work(*args, **kwargs)
            except DatabaseError as error:
                if error.sqlstate not in _TRANSIENT:
                    raise
                _LOG.warning("%s (try %d of %d follows)", error, attempt + 1, TRIES)
                _wait(attempt)
        return work(*args, **kwargs)

    return tried


def _wait(attempt: int) -> None:
    """A little longer each time, and never two workers in step (jitter)."""
    time.sleep(random.uniform(0.1, 0.4) * 2**attempt)


def run_script(connection: Connection, text: str) -> None:
    """Run a file of our own SQL (DDL), which may hold several statements."""
    connection.execute(sql.SQL(_own(text)))


def _own(text: str) -> LiteralString:
    """Marks SQL read from a file of this project as trusted; never call it with data."""
    return text
