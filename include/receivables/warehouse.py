"""The warehouse (倉庫): dbt run in this process, one invocation a layer, saying nothing about rows.

dbt's log and its artifacts repeat the values of failing rows, so both are off: what leaves this
module is the name of a model or test and how many rows failed it.
"""

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from receivables import access, db
from receivables.errors import EnvironmentFailureError, InvariantBrokenError
from receivables.settings import DBT_PROJECT, State

MART_BUILD = "mart_build"
_PREPARE = ["resource_type:seed", "path:models/staging", "path:models/intermediate"]
_MARTS = ["path:models/marts"]
_MARTS_TESTS = ["path:models/marts", "path:tests/marts"]

# Of what a claim's debtor is told today, everything must be in the figures: campaigns ask for these by id.
_LOADED = """
    select coalesce(array_agg(batch_id order by batch_id), '{}') from (
        select distinct on (source, table_name) batch_id from ops.load
        where state = 'loaded' and business_date <= %s
        order by source, table_name, business_date desc, created_at desc, batch_id
    ) as newest
"""
_RESTS_ON = """
    insert into ops.batch_rests_on (published_batch, batch_ids)
    select %(batch)s, batch_ids from ops.staged where as_of = %(as_of)s
    on conflict (published_batch) do update set batch_ids = excluded.batch_ids
"""


def prepare(*, as_of: date, state: State) -> None:
    """Load the seeds and build staging and intermediate as they were known on `as_of` (基準日).

    Raises InvariantBrokenError naming the model or test that failed and its count of rows.
    """
    with access.alone(state, "build the warehouse") as connection:
        access.apply(connection)
        _drop_changed_seeds(connection)
        # Before anything is read: what loads meanwhile may be in one table of staging and not in another.
        found = connection.execute(_LOADED, [as_of]).fetchone()
        connection.execute("delete from ops.staged")
        _build(_PREPARE, exclude=_MARTS_TESTS, variables={"as_of": as_of.isoformat()}, state=state)
        access.apply(connection)
        connection.execute("insert into ops.staged (as_of, batch_ids) values (%s, %s)", [as_of, found and found[0]])


def build_marts(*, as_of: date, state: State) -> None:
    """Build and test the marts of `as_of` in a schema of their own that no reader sees.

    The schema says in its comment which batch it holds, and only when it is complete: `publish`
    takes nothing else. Raises InvariantBrokenError as `prepare` does.
    """
    with access.alone(state, "build the warehouse") as connection:
        batch = _next_batch(connection, as_of)
        build = sql.Identifier(MART_BUILD)
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(build))
        connection.execute(sql.SQL("create schema {} authorization dbt").format(build))
        variables = {"as_of": as_of.isoformat(), "published_batch": batch}
        connection.execute(_RESTS_ON, {"batch": batch, "as_of": as_of})
        _build(_MARTS, exclude=[], variables=variables, state=state)
        connection.execute(sql.SQL("comment on schema {} is {}").format(build, sql.Literal(batch)))


def _next_batch(connection: db.Connection, as_of: date) -> str:
    """The next free name of a batch of this day: 20260619_01, 20260619_02, …."""
    day = as_of.strftime("%Y%m%d")
    found = connection.execute(
        """
        select coalesce(max(right(name, -9)::integer), 0) + 1
        from (
            select published_batch as name from ops.published_batch
            union all
            select substr(nspname, 6) from pg_namespace
        ) as used
        where name ~ ('^' || %s || '_[0-9]+$')
        """,
        [day],
    ).fetchone()
    assert found is not None
    return f"{day}_{found[0]:02}"


def _drop_changed_seeds(connection: db.Connection) -> None:
    """Dbt refills a seed's table but never changes its columns: such a table is made anew."""
    headers = {file.stem: _header(file) for file in (DBT_PROJECT / "seeds").glob("*/*.csv")}
    found = connection.execute(
        """
        select n.nspname::text, c.relname::text, array_agg(a.attname::text order by a.attnum)
        from pg_class as c
        join pg_namespace as n on n.oid = c.relnamespace
        join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind = 'r' and c.relowner = 'dbt'::regrole and c.relname = any(%s)
        group by 1, 2
        """,
        [list(headers)],
    )
    for schema, table, columns in found.fetchall():
        if columns != headers[str(table)]:
            connection.execute(sql.SQL("drop table {}").format(sql.Identifier(str(schema), str(table))))


def _header(file: Path) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return next(csv.reader(lines), [])


def _build(select: list[str], *, exclude: list[str], variables: dict[str, str], state: State) -> None:
    command = ["build", "--select", *select, "--vars", str(variables)]
    command += ["--exclude", *exclude] if exclude else []
    outcome = invoke(command, state)
    results = getattr(outcome.result, "results", None)
    if results is None:
        raise _what_stopped(outcome.exception)
    failed = [found for found in results if found.status in ("error", "fail", "runtime error")]
    if failed or not outcome.success:
        # Never a message of dbt here: a database's message repeats the value it did not like.
        named = "; ".join(f"{each.node.name} ({each.failures or 0} rows, {each.status})" for each in failed)
        raise InvariantBrokenError(
            f"the warehouse of {variables['as_of']} is not built: {named}; "
            "readers keep the last published batch; run the named test's query to see the rows"
        )


def invoke(command: list[str], state: State) -> Any:
    """One dbt command in this process, quiet and writing no artifacts; dbt's own outcome."""
    folder = state.path("dbt", "x").parent
    target = Path(os.environ.get("DBT_TARGET_PATH") or folder / "target")
    logs = Path(os.environ.get("DBT_LOG_PATH") or folder / "logs")
    options = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    options += ["--target-path", str(target), "--log-path", str(logs)]
    options += ["--quiet", "--log-level", "none", "--log-level-file", "none", "--no-write-json"]
    with _environment(state):
        return _runner(options).invoke([*command, *options])


def _runner(options: list[str]) -> Any:
    """A dbt that need not read the project again: that takes longer than a small ward's tables.

    What dbt reads is the same on every day, as variables of the day stand in SQL only, which is rendered anew.
    It gets a copy, for it writes what it compiled into what it was given.
    """
    from dbt.cli.main import dbtRunner  # four seconds to import: only who builds pays

    manifest = _manifest(_project_files(), *options)
    return dbtRunner(manifest and manifest.deepcopy())


@lru_cache(maxsize=1)
def _manifest(_: frozenset[tuple[str, int, int]], *options: str) -> Any:
    """The project as dbt reads it; None when it cannot, and the command itself will say why."""
    from dbt.cli.main import dbtRunner

    return dbtRunner().invoke(["parse", *options]).result


def _project_files() -> frozenset[tuple[str, int, int]]:
    """Every file of the project with its size and time of change."""
    files = (file for file in DBT_PROJECT.rglob("*") if file.is_file())
    return frozenset((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files)


@contextmanager
def _environment(state: State) -> Iterator[None]:
    """What profiles.yml asks for, only while dbt runs."""
    part = conninfo_to_dict(db.dsn(state, "dbt"))
    given = {
        "RECEIVABLES_PG_HOST": str(part["host"]),
        "RECEIVABLES_PG_PORT": str(part["port"]),
        "RECEIVABLES_PG_DATABASE": str(part["dbname"]),
        "DBT_ENV_SECRET_PG_PASSWORD": str(part["password"]),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PGOPTIONS": "-c client_min_messages=error",
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _what_stopped(error: BaseException | None) -> Exception:
    kind = type(error).__name__
    if "Connect" in kind:
        return EnvironmentFailureError("dbt found no database; run `receivables init`")
    if kind in ("CompilationError", "ParsingError", "DbtProjectError", "YamlParseDictError"):
        return InvariantBrokenError(f"dbt_project does not compile: {error}")  # our own files, no rows
    return InvariantBrokenError(f"dbt stopped before the first model ({kind}); run `dbt parse` in dbt_project")
