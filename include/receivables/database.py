"""The warehouse itself: database, roles, schemas (初期化). Safe to run any number of times."""

from pathlib import Path

import yaml
from psycopg import sql

from receivables import db
from receivables.errors import InvariantBrokenError
from receivables.settings import State

DDL = Path(__file__).parent / "ddl"
_DEPARTMENTS = yaml.safe_load(Path(__file__).with_name("access.yml").read_text(encoding="utf-8"))["departments"]

LOGIN_ROLES = (
    "etl",  # lands, checks, loads, resolves identity, assesses
    "dbt",  # builds staging, intermediate and marts, and publishes
    "sender",  # builds and dispatches campaigns
    "receiver",  # keeps the delivery receipts that a carrier pushes, nothing else
    "approver",  # records approvals, nothing else
    "migrator",  # stages, writes and reconciles migration files
    "screen",  # what the screens read: figures, no names
    "analyst",  # pseudonymous marts
    "auditor",  # operations and audit
    *_DEPARTMENTS,  # one role for each section's staff
)


def initialise(state: State) -> None:
    """Make the database, login roles and every schema and table of our own DDL."""
    _create_database(state, db.WAREHOUSE)
    with db.connect(state, doing="initialise") as connection:
        connection.execute("select pg_advisory_xact_lock(7131121)")
        _create_roles(state, connection)
        for script in sorted(DDL.glob("*.sql")):
            db.run_script(connection, script.read_text())


def _create_database(state: State, name: str) -> None:
    with db.connect(state, database="postgres", autocommit=True, doing="create database") as connection:
        connection.execute("select pg_advisory_lock(7131121)")
        if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))


def _create_roles(state: State, connection: db.Connection) -> None:
    for role in LOGIN_ROLES:
        if not connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
            connection.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
        password = sql.Literal(state.secret(f"pg_{role}"))
        connection.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(role), password))


def check_role(role: str) -> str:
    """`role` when it is one of ours; says which there are when it is not."""
    if role not in (*LOGIN_ROLES, "postgres"):
        raise InvariantBrokenError(f"no role {role!r}; there are: {', '.join(LOGIN_ROLES)}")
    return role
