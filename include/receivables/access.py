"""Who may do what (権限): one declaration, applied to the database and compared with its catalog.

Rights are given to roles, never by a session setting, because anybody may change a setting.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml
from psycopg import sql
from pydantic import BaseModel, ConfigDict

from receivables import db
from receivables.errors import InvariantBrokenError
from receivables.settings import State

DECLARATION = Path(__file__).with_name("access.yml")
_SECTIONS = "departments"
_LOCK = 7131122  # relations and rights are changed by one builder or publisher at a time
Privilege = Literal["select", "insert", "update", "delete", "truncate"]
Rights = Mapping[str, list[Privilege] | dict[Privilege, list[str]]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Strict):
    """The rights in one schema: on the schema, on every relation, and on single ones besides."""

    usage: list[str]
    create: list[str] = []
    every: Rights = {}
    relations: dict[str, Rights] = {}


class Mart(_Strict):
    """One published relation (公開表): who reads it, and which of its rows."""

    rows: Literal["by_department", "all"]
    readers: list[str]


class Declaration(_Strict):
    """access.yml: everything outside it is forbidden."""

    departments: dict[str, str]
    schemas: dict[str, Rule]
    marts: dict[str, Mart]

    def mart_rule(self) -> Rule:
        """The rights in `mart` and in the schema of a batch behind it: reading, nothing else."""
        return Rule(
            usage=sorted({role for mart in self.marts.values() for role in mart.readers}),
            relations={name: {role: ["select"] for role in mart.readers} for name, mart in self.marts.items()},
        )


class Grant(NamedTuple):
    """One right that a role has; without a relation on the schema, with a column on that one alone."""

    schema: str
    relation: str | None
    column: str | None
    role: str
    privilege: str

    def __str__(self) -> str:
        """The right as a person would say it."""
        where = ".".join(filter(None, (self.schema, self.relation, self.column)))
        return f"{self.role} {self.privilege} on {where}"


@cache
def declaration() -> Declaration:
    """What access.yml says; refuses a key it does not know."""
    written = yaml.safe_load(DECLARATION.read_text(encoding="utf-8"))
    staff = tuple(written["departments"])
    return Declaration.model_validate({"departments": written.pop("departments"), **_spelt_out(written, staff)})


def _spelt_out(written: Any, staff: tuple[str, ...]) -> Any:
    """What is written, with every section's role wherever `departments` stands for them."""
    if isinstance(written, dict):
        roles = {role: given for name, given in written.items() for role in (staff if name == _SECTIONS else (name,))}
        return {role: _spelt_out(given, staff) for role, given in roles.items()}
    if isinstance(written, list):
        return [role for name in written for role in (staff if name == _SECTIONS else (name,))]
    return written


@contextmanager
def alone(state: State, doing: str) -> Iterator[db.Connection]:
    """An autocommit connection of the administrator, while nobody else builds or publishes."""
    with db.connect(state, autocommit=True, doing=doing) as connection:
        connection.execute("select pg_advisory_lock(%s)", [_LOCK])
        yield connection


def apply(connection: db.Connection, rules: Mapping[str, Rule] | None = None) -> None:
    """Make the rights in the schemas of `rules` (default: all but the marts) what is declared."""
    chosen = declaration().schemas if rules is None else rules
    wanted, found = _wanted(connection, chosen), _found(connection, chosen)
    with connection.transaction():
        for right in sorted(found - wanted, key=str):
            connection.execute(_statement("revoke {} on {} from {}", right))
        for right in sorted(wanted - found, key=str):
            connection.execute(_statement("grant {} on {} to {}", right))


def differences(connection: db.Connection, rules: Mapping[str, Rule] | None = None) -> list[str]:
    """Every right that exists and is not declared, or is declared and does not exist."""
    chosen = declaration().schemas if rules is None else rules
    wanted, found = _wanted(connection, chosen), _found(connection, chosen)
    extra = [f"not declared: {right}" for right in sorted(found - wanted, key=str)]
    return extra + [f"missing: {right}" for right in sorted(wanted - found, key=str)]


def _statement(text: str, right: Grant) -> sql.Composed:
    privilege = sql.SQL(right.privilege)  # a Literal checked by pydantic, or the catalog's
    if right.relation is None:
        target = sql.SQL("schema {}").format(sql.Identifier(right.schema))
    else:
        target = sql.SQL("table {}").format(sql.Identifier(right.schema, right.relation))
    if right.column:
        privilege = privilege + sql.SQL(" ({})").format(sql.Identifier(right.column))  # type: ignore[assignment]
    role = sql.SQL("public") if right.role == "public" else sql.Identifier(right.role)
    return sql.SQL(text).format(privilege, target, role)


def _wanted(connection: db.Connection, rules: Mapping[str, Rule]) -> set[Grant]:
    schemas = connection.execute("select nspname::text from pg_namespace where nspname = any(%s)", [list(rules)])
    wanted: set[Grant] = set()
    for (schema,) in schemas.fetchall():
        rule, name = rules[str(schema)], str(schema)
        wanted |= {Grant(name, None, None, role, "usage") for role in rule.usage}
        wanted |= {Grant(name, None, None, role, "create") for role in rule.create}
    owners = connection.execute(
        """
        select n.nspname::text, c.relname::text, c.relowner::regrole::text
        from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = any(%s) and c.relkind in ('r', 'p', 'v', 'm')
        """,
        [list(rules)],
    )
    for schema, relation, owner in owners.fetchall():
        rule = rules[str(schema)]
        for rights in (rule.every, rule.relations.get(str(relation), {})):
            wanted |= {right for right in _expanded(str(schema), str(relation), rights) if right.role != owner}
    return wanted


def _expanded(schema: str, relation: str, rights: Rights) -> Iterator[Grant]:
    for role, given in rights.items():
        if isinstance(given, list):
            yield from (Grant(schema, relation, None, role, privilege) for privilege in given)
        else:
            for privilege, columns in given.items():
                yield from (Grant(schema, relation, column, role, privilege) for column in columns)


_CATALOG = """
with schemas as (select oid, nspname::text, nspowner, nspacl from pg_namespace where nspname = any(%s)),

relations as (
    select c.oid, s.nspname, c.relname::text, c.relowner, c.relacl
    from pg_class as c join schemas as s on s.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm')
),

rights as (
    select nspname, null as relname, null as attname, nspowner as owner, a.*
    from schemas cross join lateral aclexplode(coalesce(nspacl, acldefault('n', nspowner))) as a
    union all
    select nspname, relname, null, relowner, a.*
    from relations cross join lateral aclexplode(coalesce(relacl, acldefault('r', relowner))) as a
    union all
    select r.nspname, r.relname, t.attname::text, r.relowner, a.*
    from relations as r
    join pg_attribute as t on t.attrelid = r.oid and t.attacl is not null
    cross join lateral aclexplode(t.attacl) as a
)

select nspname, relname, attname,
    case when grantee = 0 then 'public' else pg_get_userbyid(grantee)::text end, lower(privilege_type)
from rights
where grantee <> owner
"""


def _found(connection: db.Connection, rules: Mapping[str, Rule]) -> set[Grant]:
    rows = connection.execute(_CATALOG, [list(rules)]).fetchall()
    return {Grant(*(None if each is None else str(each) for each in row)) for row in rows}  # type: ignore[arg-type]


def refuse(found: list[str], *, doing: str) -> None:
    """Raise InvariantBrokenError when anything was found that differs from the declaration."""
    if found:
        shown = "; ".join(found[:5]) + (f"; and {len(found) - 5} more" if len(found) > 5 else "")
        raise InvariantBrokenError(f"{doing} refused, the database is not as access.yml declares: {shown}")
