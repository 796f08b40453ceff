"""Ways around the policies that worked elsewhere: each is tried here, each shows nothing."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from handmade import Handmade
from psycopg import sql

from receivables import db

pytestmark = pytest.mark.postgres
OTHERS = "select count(*) from mart.fct_claims where owner_dept <> 'tax'"


@pytest.fixture
def clerk(world: Handmade) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(db.dsn(world.state, "dept_tax_staff"), autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize(
    "trick",
    [
        "set app.dept = 'insurance'",
        "set app.depts = 'insurance,youth'",
        "set session.role = 'dept_insurance_staff'",
        "set search_path = mart, public",
        "set row_security = on",
    ],
)
def test_no_setting_opens_other_rows(clerk: psycopg.Connection[Any], trick: str) -> None:
    clerk.execute(trick)

    assert clerk.execute(OTHERS).fetchone() == (0,)


@pytest.mark.parametrize("role", ["dept_insurance_staff", "mart_owner", "analyst", "postgres", "dbt"])
def test_nobody_becomes_somebody_else(clerk: psycopg.Connection[Any], role: str) -> None:
    for statement in ("set role {}", "set session authorization {}", "grant {} to dept_tax_staff"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            clerk.execute(sql.SQL(statement).format(sql.Identifier(role)))


def test_switching_row_security_off_is_refused_and_shows_nothing(clerk: psycopg.Connection[Any]) -> None:
    clerk.execute("set row_security = off")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        clerk.execute(OTHERS)


def test_the_batch_behind_the_view_is_as_closed_as_the_view(world: Handmade, clerk: psycopg.Connection[Any]) -> None:
    ((schema,),) = world.run("select schema_name from ops.published_batch where is_current")
    there = sql.SQL("select count(*), count(*) filter (where owner_dept <> 'tax') from {}")

    assert clerk.execute(there.format(sql.Identifier(schema, "fct_claims"))).fetchone() == (2, 0)


def test_a_cheap_leaky_function_sees_no_row_the_policy_hides(clerk: psycopg.Connection[Any]) -> None:
    """A function in WHERE that raises what it sees; the barrier keeps it behind the policy."""
    clerk.execute(
        "create function pg_temp.tell(dept text) returns boolean language plpgsql cost 0.0001 as"
        " $$ begin if dept <> 'tax' then raise exception 'seen %', dept; end if; return true; end $$"
    )

    assert clerk.execute("select count(*) from mart.fct_claims where pg_temp.tell(owner_dept)").fetchone() == (2,)


def test_a_view_of_ones_own_lends_nobody_ones_rows(clerk: psycopg.Connection[Any]) -> None:
    clerk.execute("create temp view mine as select * from mart.fct_claims")

    assert clerk.execute("select count(*) from mine where owner_dept <> 'tax'").fetchone() == (0,)


def test_an_owner_s_view_with_its_owner_s_eyes_would_show_all_and_is_therefore_refused(
    world: Handmade, clerk: psycopg.Connection[Any]
) -> None:
    """The trap itself, and the check that stops it: a mart view without security_invoker."""
    from receivables import mart_rights

    ((batch,),) = world.run("select schema_name from ops.published_batch where is_current")
    with db.connect(world.state) as connection:
        connection.execute(
            sql.SQL("create view mart.trap as select * from {}").format(sql.Identifier(batch, "fct_claims"))
        )
        connection.execute("grant select on mart.trap to dept_tax_staff")
    try:
        seen = clerk.execute("select count(*) from mart.trap where owner_dept <> 'tax'").fetchone()
        with db.connect(world.state) as connection:
            found = mart_rights.view_differences(connection)
    finally:
        world.run("drop view mart.trap")

    assert seen == (4,), "the trap is real"
    assert "mart.trap is not declared" in found


def test_the_plan_tells_no_values(clerk: psycopg.Connection[Any]) -> None:
    plan = clerk.execute("explain (analyze, verbose) select * from mart.fct_claims").fetchall()

    assert not [line for (line,) in plan if "insurance" in line or "youth" in line]
