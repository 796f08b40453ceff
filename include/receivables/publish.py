"""Publishing (公開): a whole batch becomes visible at once, to the roles declared, or not at all.

Behind each view of `mart` stand the last three batches, each behind a gate that asks
`ops.published_batch` whether it is the current one. Publishing is the change of that one row, so
every reader, in any isolation level, sees exactly the batch of its own snapshot; nobody waits.
"""

import time
from datetime import date

import psycopg
from psycopg import sql

from receivables import access, db, mart_rights
from receivables.errors import EnvironmentFailureError, InvariantBrokenError
from receivables.ledger.figures import DIGEST, LAW_DIGEST
from receivables.settings import State

KEPT_OLD = 2
PATIENCE_SECONDS = 60.0
LOCK_TIMEOUT = "100ms"
PAUSE_SECONDS = 0.2
Columns = dict[str, str]


def publish(*, as_of: date, state: State) -> str:
    """Make the marts built for `as_of` (基準日) the ones that readers see; returns the batch.

    Asked again after success it changes nothing. Raises InvariantBrokenError when nothing complete
    was built, or when rights, row security or owners differ from access.yml: readers then keep the
    batch they have. EnvironmentFailureError when a reader holds a mart for longer than a minute.
    """
    with access.alone(state, "publish") as connection:
        batch = _batch_to_publish(connection, as_of)
        if batch is None:
            return _already_published(connection, as_of)
        _secure(connection, batch)
        kept = [f"mart_{batch}", *_old_schemas(connection)]
        for mart in access.declaration().marts:
            _swap(connection, mart, kept)
        _make_current(connection, batch, as_of)
        _drop_older(connection, kept)
        return batch


def _batch_to_publish(connection: db.Connection, as_of: date) -> str | None:
    """The batch in mart_build, or one of this day whose publishing was cut off before the last step."""
    build = connection.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'mart_build'"
    ).fetchone()
    day = as_of.strftime("%Y%m%d")
    if build is None:
        cut_off = connection.execute(
            """
            select max(obj_description(oid, 'pg_namespace')) from pg_namespace
            where nspname ~ ('^mart_' || %(day)s || '_[0-9]+$') and substr(nspname, 6) > all (
                select published_batch from ops.published_batch where published_batch like %(day)s || '%%'
            )
            """,
            {"day": day},
        ).fetchone()
        return str(cut_off[0]) if cut_off and cut_off[0] else None
    if build[0] is None or not str(build[0]).startswith(day):
        found = f"hold batch {build[0]}" if build[0] else "are not complete"
        raise InvariantBrokenError(f"nothing to publish for {as_of}: the marts built last {found}; build them again")
    return str(build[0])


def _already_published(connection: db.Connection, as_of: date) -> str:
    current = connection.execute(
        "select published_batch from ops.published_batch where is_current and as_of = %s", [as_of]
    ).fetchone()
    if current is None:
        raise InvariantBrokenError(f"nothing to publish for {as_of}: its marts were not built; build them first")
    return str(current[0])


def _secure(connection: db.Connection, batch: str) -> None:
    """Give the batch its own schema, owner, row security and rights, while nobody can see it."""
    schema = f"mart_{batch}"
    with connection.transaction():
        if _exists(connection, "mart_build"):
            connection.execute(sql.SQL("alter schema mart_build rename to {}").format(sql.Identifier(schema)))
        known = set(access.declaration().marts)
        unlike = sorted(known ^ set(_columns(connection, schema)))
        access.refuse([f"{schema}.{each} is not both declared and built" for each in unlike], doing="publish")
        mart_rights.secure(connection, schema)
        access.refuse(mart_rights.batch_differences(connection, schema), doing="publish")


def _swap(connection: db.Connection, mart: str, schemas: list[str]) -> None:
    """Put the batches of `schemas` behind one view; what readers see does not change by this.

    A view can only be replaced between readers. It is asked for again and again with a short
    time-out, so that no reader ever queues behind us and no two of us wait for each other.
    """
    patient_until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with connection.transaction():
                connection.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT)))
                _replace_view(connection, mart, schemas)
            return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            if time.monotonic() > patient_until:
                raise EnvironmentFailureError(
                    f"publish: a reader has held mart.{mart} for {PATIENCE_SECONDS:.0f} s; "
                    "end its transaction (pg_stat_activity) and publish again"
                ) from None
            time.sleep(PAUSE_SECONDS)


def _replace_view(connection: db.Connection, mart: str, schemas: list[str]) -> None:
    newest = _columns(connection, schemas[0])[mart]
    branches = []
    for schema in schemas:
        there = _columns(connection, schema).get(mart)
        if there is not None:
            branches.append(_branch(schema, mart, newest, there))
    view = sql.Identifier("mart", mart)
    if _columns(connection, "mart").get(mart, newest) != newest:
        connection.execute(sql.SQL("drop view {}").format(view))
    connection.execute(
        sql.SQL("create or replace view {} with ({}) as {}").format(
            view, sql.SQL(", ".join(mart_rights.VIEW_OPTIONS)), sql.SQL(" union all ").join(branches)
        )
    )
    connection.execute(sql.SQL("alter view {} owner to {}").format(view, sql.Identifier(mart_rights.OWNER)))
    access.apply(connection, {"mart": access.declaration().mart_rule()})


def _branch(schema: str, mart: str, newest: Columns, there: Columns) -> sql.Composed:
    """One batch behind its gate; a column it did not have yet is null."""
    columns = [
        sql.Identifier(name)
        if there.get(name) == kind
        else sql.SQL("null::{} as {}").format(sql.SQL(kind), sql.Identifier(name))
        for name, kind in newest.items()
    ]
    return sql.SQL(
        "select {} from {} where (select is_current from ops.published_batch where published_batch = {})"
    ).format(sql.SQL(", ").join(columns), sql.Identifier(schema, mart), sql.Literal(schema.removeprefix("mart_")))


def _make_current(connection: db.Connection, batch: str, as_of: date) -> None:
    """Compare the whole catalog with the declaration and, in the same transaction, open the gate."""
    with connection.transaction():
        access.apply(connection)
        found = mart_rights.batch_differences(connection, f"mart_{batch}") + mart_rights.view_differences(connection)
        access.refuse(found + access.differences(connection), doing="publish")
        connection.execute("update ops.published_batch set is_current = false where is_current")
        # Only now do readers see who was parted, and what two people ended.
        connection.execute("select decision.end_doubts(%(as_of)s), decision.end_holds(%(as_of)s)", {"as_of": as_of})
        connection.execute(
            sql.SQL(
                "insert into ops.published_batch"
                " (published_batch, as_of, is_current, schema_name, ledger_through, figures_digest, law_digest)"
                " select {}, {}, true, {}, (select max(through) from ledger.recording where as_of = {}), {},"
                " (select {} from law.claim_assessments where as_of = {}) from {}"
            ).format(
                batch,
                as_of,
                f"mart_{batch}",
                as_of,
                sql.SQL(DIGEST),
                sql.SQL(LAW_DIGEST),
                as_of,
                sql.Identifier(f"mart_{batch}", "fct_claims"),
            )
        )


def _old_schemas(connection: db.Connection) -> list[str]:
    """The last batches that readers saw, newest first, as far as they still exist."""
    rows = connection.execute(
        "select schema_name from ops.published_batch where to_regnamespace(schema_name) is not null"
        " order by published_at desc limit %s",
        [KEPT_OLD],
    )
    return [str(name) for (name,) in rows.fetchall()]


def _drop_older(connection: db.Connection, kept: list[str]) -> None:
    """Drop the batches behind no view any more; one that a reader still holds is left for the next night."""
    rows = connection.execute("select nspname::text from pg_namespace where nspname ~ '^mart_[0-9]{8}_[0-9]+$'")
    for (schema,) in rows.fetchall():
        if schema not in kept:
            try:
                with connection.transaction():
                    connection.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT)))
                    for table in _columns(connection, str(schema)):
                        connection.execute(sql.SQL("drop table {}").format(sql.Identifier(str(schema), table)))
                    connection.execute(sql.SQL("drop schema {}").format(sql.Identifier(str(schema))))
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DependentObjectsStillExist):
                continue


def _exists(connection: db.Connection, schema: str) -> bool:
    return connection.execute("select 1 from pg_namespace where nspname = %s", [schema]).fetchone() is not None


def _columns(connection: db.Connection, schema: str) -> dict[str, Columns]:
    """Every relation of a schema with its columns and their types, in order."""
    rows = connection.execute(
        """
        select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod)
        from pg_class as c
        join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace = to_regnamespace(%s) and c.relkind in ('r', 'p', 'v', 'm')
        order by c.relname, a.attnum
        """,
        [schema],
    )
    found: dict[str, Columns] = {}
    for relation, column, kind in rows.fetchall():
        found.setdefault(str(relation), {})[str(column)] = str(kind)
    return found
