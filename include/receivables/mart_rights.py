"""Rights on published marts: owner, row security and policies as declared, and proof that they hold.

dbt makes each table anew and drops all of these every night, so they are applied to every batch
and read back from the catalog before anybody can see it.
"""

from psycopg import sql

from receivables import access, db

OWNER = "mart_owner"  # cannot log in
VIEW_OPTIONS = ["security_barrier=true", "security_invoker=true"]


def policies(mart: access.Mart) -> dict[str, tuple[str, str]]:
    """The row policies of one mart: name, the role it is for, the rows as PostgreSQL prints them."""
    departments = access.declaration().departments if mart.rows == "by_department" else {}
    return {
        f"rows_of_{role}": (role, f"(owner_dept = '{departments[role]}'::text)" if role in departments else "true")
        for role in mart.readers
    }


def secure(connection: db.Connection, schema: str) -> None:
    """Give the tables of a batch their owner, row security, policies and rights (権限の付与)."""
    declared = access.declaration()
    access.refuse(_without_department(connection, schema), doing="publish")
    _own(connection, "schema", sql.Identifier(schema))
    for name, mart in declared.marts.items():
        table = sql.Identifier(schema, name)
        _own(connection, "table", table)
        connection.execute(sql.SQL("alter table {} enable row level security").format(table))
        connection.execute(sql.SQL("alter table {} force row level security").format(table))
        for policy, (role, condition) in policies(mart).items():
            connection.execute(sql.SQL("drop policy if exists {} on {}").format(sql.Identifier(policy), table))
            connection.execute(
                sql.SQL("create policy {} on {} for select to {} using ({})").format(
                    sql.Identifier(policy), table, sql.Identifier(role), sql.SQL(condition)
                )
            )
    access.apply(connection, {schema: declared.mart_rule()})


def _without_department(connection: db.Connection, schema: str) -> list[str]:
    rows = connection.execute(
        """
        select c.relname::text from pg_class as c
        join pg_attribute as a on a.attrelid = c.oid and a.attname = 'owner_dept' and not a.attisdropped
        where c.relnamespace = to_regnamespace(%s)
        """,
        [schema],
    )
    there = {str(name) for (name,) in rows.fetchall()}
    asked = {name for name, mart in access.declaration().marts.items() if mart.rows == "by_department"}
    return [f"{schema}.{name} has no owner_dept" for name in sorted(asked - there)]


def _own(connection: db.Connection, kind: str, target: sql.Identifier) -> None:
    statement = sql.SQL("alter {} {} owner to {}")
    connection.execute(statement.format(sql.SQL(kind), target, sql.Identifier(OWNER)))


def batch_differences(connection: db.Connection, schema: str) -> list[str]:
    """What differs between the tables of a batch and access.yml; empty when nothing does."""
    marts = access.declaration().marts
    found = list(_shape(connection, schema, kind="r", names=set(marts)))
    for name, owner, is_secured, is_forced in _tables(connection, schema):
        found += [] if owner == OWNER else [f"{schema}.{name} belongs to {owner}, not to {OWNER}"]
        found += [] if is_secured and is_forced else [f"{schema}.{name} has no forced row level security"]
    wanted = {
        (name, policy, role, rows) for name, mart in marts.items() for policy, (role, rows) in policies(mart).items()
    }
    there = _policies(connection, schema)
    found += [
        f"policy {policy} of {schema}.{name} is missing or altered" for name, policy, *_ in sorted(wanted - there)
    ]
    found += [f"policy {policy} of {schema}.{name} is not declared" for name, policy, *_ in sorted(there - wanted)]
    return found + access.differences(connection, {schema: access.declaration().mart_rule()})


def view_differences(connection: db.Connection) -> list[str]:
    """What differs between the views of `mart` and access.yml: relations, owners, options, rights."""
    declared = access.declaration()
    found = list(_shape(connection, "mart", kind="v", names=set(declared.marts)))
    rows = connection.execute(
        """
        select relname::text, relowner::regrole::text, coalesce(reloptions::text[], '{}')
        from pg_class where relnamespace = 'mart'::regnamespace and relkind = 'v' order by relname
        """
    )
    for name, owner, options in rows.fetchall():
        found += [] if owner == OWNER else [f"mart.{name} belongs to {owner}, not to {OWNER}"]
        if sorted(str(each) for each in list(options)) != VIEW_OPTIONS:  # type: ignore[call-overload]
            found.append(f"mart.{name} does not run with its reader's rights")
    return found + access.differences(connection, {"mart": declared.mart_rule()})


def _shape(connection: db.Connection, schema: str, *, kind: str, names: set[str]) -> list[str]:
    rows = connection.execute(
        """
        select relname::text, relkind::text from pg_class
        where relnamespace = to_regnamespace(%s) and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        """,
        [schema],
    ).fetchall()
    there = {str(name) for name, _ in rows}
    found = [f"{schema}.{name} is not declared" for name in sorted(there - names)]
    found += [f"{schema}.{name} was not built" for name in sorted(names - there)]
    wrong = "table" if kind == "r" else "view"
    return found + [f"{schema}.{name} is not a {wrong}" for name, at in rows if at != kind and str(name) in names]


def _tables(connection: db.Connection, schema: str) -> list[tuple[object, ...]]:
    return connection.execute(
        """
        select relname::text, relowner::regrole::text, relrowsecurity, relforcerowsecurity
        from pg_class where relnamespace = to_regnamespace(%s) and relkind = 'r' order by relname
        """,
        [schema],
    ).fetchall()


def _policies(connection: db.Connection, schema: str) -> set[tuple[str, str, str, str]]:
    rows = connection.execute(
        """
        select tablename::text, policyname::text, array_to_string(roles, ','), qual,
            cmd = 'SELECT' and permissive = 'PERMISSIVE' and with_check is null
        from pg_policies where schemaname = %s
        """,
        [schema],
    )
    return {
        (str(table), str(policy), str(roles) if is_plain else "something else", str(rows_seen))
        for table, policy, roles, rows_seen, is_plain in rows.fetchall()
    }
