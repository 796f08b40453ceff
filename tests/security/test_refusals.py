"""What publish refuses, and that readers keep the batch they have."""

from collections.abc import Iterator

import pytest
from handmade import AS_OF, Handmade

from receivables import access, db, mart_rights, publish
from receivables.errors import InvariantBrokenError

pytestmark = pytest.mark.postgres


@pytest.fixture
def built(world: Handmade) -> Iterator[Handmade]:
    """Marts of a further night, complete and not published."""
    before = world.run("select published_batch from ops.published_batch where is_current")
    world.rebuild_marts()
    yield world
    assert world.run("select published_batch from ops.published_batch where is_current") == before
    assert world.run("select distinct published_batch from mart.fct_claims") == before


def refused(world: Handmade, reason: str) -> None:
    with pytest.raises(InvariantBrokenError, match=reason) as found:
        publish.publish(as_of=AS_OF, state=world.state)
    assert found.value.exit_code == 4


def test_a_mart_without_its_policy(built: Handmade, monkeypatch: pytest.MonkeyPatch) -> None:
    secure = mart_rights.secure

    def forget_one(connection: db.Connection, schema: str) -> None:
        secure(connection, schema)
        connection.execute(f'drop policy rows_of_dept_tax_staff on "{schema}".fct_claims')  # type: ignore[arg-type]

    monkeypatch.setattr(mart_rights, "secure", forget_one)
    refused(built, "policy rows_of_dept_tax_staff of mart_.*fct_claims is missing or altered")


@pytest.mark.parametrize(
    ("sabotage", "reason"),
    [
        ("alter table {} disable row level security", "no forced row level security"),
        ("alter table {} no force row level security", "no forced row level security"),
        ("alter table {} owner to dbt", "belongs to dbt"),
        ("alter policy rows_of_dept_tax_staff on {} using (true)", "missing or altered"),
        ("create policy open_door on {} using (true)", "policy open_door .* is not declared"),
        ("grant select on {} to public", "not declared: public select"),
        ("grant update on {} to analyst", "not declared: analyst update"),
        ("grant select (claim_id) on {} to screen", "not declared: screen select on .*claim_id"),
        ("revoke select on {} from dept_youth_staff", "missing: dept_youth_staff select"),
    ],
)
def test_rights_that_differ(built: Handmade, monkeypatch: pytest.MonkeyPatch, sabotage: str, reason: str) -> None:
    secure = mart_rights.secure

    def meddle(connection: db.Connection, schema: str) -> None:
        secure(connection, schema)
        connection.execute(sabotage.format(f'"{schema}".fct_claims'))  # type: ignore[arg-type]

    monkeypatch.setattr(mart_rights, "secure", meddle)
    refused(built, reason)


def test_a_relation_that_nobody_declared(built: Handmade) -> None:
    built.run("create table mart_build.fct_surprise as select * from mart_build.fct_claims")

    refused(built, "fct_surprise is not both declared and built")


def test_a_relation_that_was_declared_and_not_built(built: Handmade) -> None:
    built.run("drop table mart_build.agg_ageing")

    refused(built, "agg_ageing is not both declared and built")


def test_a_view_that_somebody_left_in_mart(built: Handmade) -> None:
    built.run("create view mart.left_over as select 1 as one")
    try:
        refused(built, "mart.left_over is not declared")
    finally:
        built.run("drop view mart.left_over")


def test_a_department_s_mart_without_the_column_its_policy_asks(built: Handmade) -> None:
    built.run("alter table mart_build.fct_receipts drop column owner_dept")

    refused(built, "fct_receipts has no owner_dept")


def test_a_right_given_by_hand_is_taken_away_again(world: Handmade) -> None:
    world.run("grant select on vault.register__persons to analyst")
    world.run("grant usage on schema vault to analyst")
    with access.alone(world.state, "test") as connection:
        before = access.differences(connection)
        access.apply(connection)
        after = access.differences(connection)

    assert before == ["not declared: analyst select on vault.register__persons", "not declared: analyst usage on vault"]
    assert after == []


def test_the_declaration_knows_no_key_twice_and_no_stranger() -> None:
    with pytest.raises(ValueError, match="surprise"):
        access.Declaration.model_validate({"departments": {}, "schemas": {}, "marts": {}, "surprise": 1})
