"""What stops a build, what it leaves alone, and what it never writes down."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from handmade import AS_OF, Handmade

from receivables import publish, warehouse
from receivables.errors import InvariantBrokenError

pytestmark = pytest.mark.postgres
CANARY = "CANARY9999"


@pytest.fixture(scope="module")
def built(handmade: Handmade, night: Callable[..., str]) -> Handmade:
    """One whole night, published; the tests on it come first and leave raw as it is."""
    fill(handmade)
    night(handmade)
    return handmade


@pytest.fixture
def world(handmade: Handmade) -> Handmade:
    """Raw rows that hold, written anew for each test that breaks them."""
    fill(handmade)
    return handmade


def fill(world: Handmade) -> None:
    world.empty()
    world.person("1" * 15)
    world.tax("0000000001")
    world.premium("0000000001")
    world.loan("0000001")
    world.settle_ledger()


def test_publishing_again_changes_nothing(built: Handmade) -> None:
    first = built.run("select published_batch from ops.published_batch where is_current")[0][0]

    assert publish.publish(as_of=AS_OF, state=built.state) == first


_LATE = """
    insert into ops.load (batch_id, source, table_name, business_date, state, file_name, file_sha256, file_bytes)
    values (%s, 'nhi', 'nhi__receipts', %s, 'loaded', 'f', %s, 1)
"""


def test_a_batch_says_what_it_rests_on_and_not_what_came_while_it_was_built(
    built: Handmade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F34: who paid in a file that came at 06:10 is not in figures begun at 06:00, though both are of one day."""
    newest = "select array_agg(batch_id order by batch_id) from (select distinct on (source, table_name) batch_id from"
    newest += " ops.load where state = 'loaded' order by source, table_name, business_date desc, created_at desc) as n"
    before = built.run(newest)[0][0]
    real = warehouse._build

    def meanwhile(*given: object, **named: object) -> None:
        built.run(_LATE, "nhi__receipts-late", AS_OF, "late")
        real(*given, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as interrupted:
        interrupted.setattr(warehouse, "_build", meanwhile)
        warehouse.prepare(as_of=AS_OF, state=built.state)
    warehouse.build_marts(as_of=AS_OF, state=built.state)
    batch = publish.publish(as_of=AS_OF, state=built.state)
    rests = built.run("select batch_ids from ops.batch_rests_on where published_batch = %s", batch)[0][0]
    built.run("delete from ops.load where batch_id = 'nhi__receipts-late'")
    assert sorted(rests) == sorted(before)


def test_staging_that_was_not_finished_is_of_no_delivery(built: Handmade, monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(*_: object, **__: object) -> None:
        raise InvariantBrokenError("stopped")

    with monkeypatch.context() as broken:
        broken.setattr(warehouse, "_build", stops)
        with pytest.raises(InvariantBrokenError):
            warehouse.prepare(as_of=AS_OF, state=built.state)
    assert built.run("select * from ops.staged") == []
    warehouse.prepare(as_of=AS_OF, state=built.state)
    assert len(built.run("select * from ops.staged")) == 1


def test_marts_of_another_day_are_not_published(built: Handmade) -> None:
    warehouse.build_marts(as_of=AS_OF, state=built.state)

    with pytest.raises(InvariantBrokenError, match="nothing to publish for 2026-06-20"):
        publish.publish(as_of=date(2026, 6, 20), state=built.state)


def test_an_arrear_without_its_assessment_stops_the_marts_and_readers_keep_theirs(built: Handmade) -> None:
    before = built.run("select distinct published_batch from mart.fct_claims")
    built.run("delete from law.claim_assessments where claim_id like 'nhi:%%'")

    with pytest.raises(InvariantBrokenError, match="every_arrear_is_assessed"):
        warehouse.build_marts(as_of=AS_OF, state=built.state)
    with pytest.raises(InvariantBrokenError, match="not complete"):
        publish.publish(as_of=AS_OF, state=built.state)
    assert built.run("select distinct published_batch from mart.fct_claims") == before


def test_two_old_batches_are_kept_and_no_more(built: Handmade) -> None:
    batches = []
    for _ in range(4):
        built.rebuild_marts()
        batches.append(publish.publish(as_of=AS_OF, state=built.state))
    schemas = built.run("select nspname from pg_namespace where nspname like 'mart\\_2%%' order by 1")

    assert [schema for (schema,) in schemas] == [f"mart_{batch}" for batch in batches[-3:]]


def test_one_yen_less_than_was_loaded_stops_the_night(world: Handmade) -> None:
    world.run("update ops.control_total set yen = yen + 1 where table_name = 'nhi__claims'")

    with pytest.raises(InvariantBrokenError, match=r"loaded_equals_staged \(1 rows, fail\)") as stopped:
        warehouse.prepare(as_of=AS_OF, state=world.state)
    assert stopped.value.exit_code == 4


def test_parts_that_do_not_add_up_stop_the_night(world: Handmade) -> None:
    world.run("update raw.nhi__claims set care_yen = care_yen + 1")

    with pytest.raises(InvariantBrokenError, match="components_add_up"):
        warehouse.prepare(as_of=AS_OF, state=world.state)


def test_failing_rows_are_written_nowhere(world: Handmade) -> None:
    """A failing test of dbt usually repeats values in its log, its results and a table of failures."""
    world.premium(CANARY, due_date=None)
    with pytest.raises(InvariantBrokenError) as stopped:
        warehouse.prepare(as_of=AS_OF, state=world.state)

    written = [file for file in (world.state.root / "dbt").rglob("*") if file.is_file()]
    assert written
    assert not [file for file in written if CANARY.encode() in file.read_bytes()]
    assert CANARY not in str(stopped.value)
    assert world.run("select nspname from pg_namespace where nspname like '%%audit' and nspname <> 'audit'") == []


def test_a_database_error_is_told_without_its_values(world: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    world.tax(CANARY)
    world.run("update raw.resident_tax__claims set instalment_no = %s where notice_no = %s", CANARY[:7], CANARY)
    with pytest.raises(InvariantBrokenError, match="stg_resident_tax__claims") as stopped:
        warehouse.prepare(as_of=AS_OF, state=world.state)

    assert "CANARY" not in str(stopped.value) + "".join(capfd.readouterr())


def test_seeds_leave_their_neighbours_and_rights_alone(world: Handmade) -> None:
    world.run("create table if not exists law.neighbour as select 1 as kept")
    world.run("alter table law.claim_types add column no_longer_there text")
    before = world.run("select count(*) from law.claim_assessments")
    warehouse.prepare(as_of=AS_OF, state=world.state)
    with_rights = world.run("select has_table_privilege('etl', 'law.claim_types', 'select')")

    gone = world.run("select count(*) from information_schema.columns where column_name = 'no_longer_there'")

    assert gone == [(0,)], "a seed whose columns changed is made anew"
    assert world.run("select count(*) > 0 from law.claim_types") == [(True,)]
    assert world.run("select kept from law.neighbour") == [(1,)]
    assert world.run("select count(*) from law.claim_assessments") == before
    assert with_rights == [(True,)]
    world.run("drop table law.neighbour")


def test_the_project_needs_no_secret_and_no_package() -> None:
    project = Path(warehouse.DBT_PROJECT)

    assert not list(project.glob("packages.yml"))
    assert "password: \"{{ env_var('DBT_ENV_SECRET_PG_PASSWORD') }}\"" in (project / "profiles.yml").read_text()
    assert len(list((project / "macros").glob("*.sql"))) <= 6
