"""What is made from an edition is not stale, and finds in the staged tables what it says it finds."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from psycopg import sql

from receivables import db, standard, warehouse
from receivables.migration import mapping, tables
from receivables.migration.spec import spec_of
from receivables.settings import State
from receivables.standard import dbt_sources, generating
from receivables.standard.suites import _library

DRAFT = standard.edition("0.1-draft")
MODELS, DATA = generating.places(DRAFT)
SHAPE = mapping._MapFile.model_json_schema()
STAGED = ("chotei_shuno", "atena", "yuyo")
KEY = {"shikuchoson_cd": "131121", "mae_shikuchoson_cd": "", "fuka_nendo": 2025, "soto_nendo": 2025,
       "tsuchisho_no": "0000000001", "kamoku_cd": "23", "tokucho_shitei_no": "", "kibetsu_cd": "01",
       "shinkoku_rireki_no": 0, "jigyo_nendo_no": 0, "jido_atena_no": "", "atena_no": "000000000000001"}  # fmt: skip
ROWS: dict[str, dict[str, Any]] = {
    "chotei_shuno": KEY | {"del_flg": "0", "zeigaku": 12_000, "sosa_time": "09:30:00"},
    "atena": {"shikuchoson_cd": "131121", "atena_no": "000000000000001", "rireki_no": 1, "del_flg": "0",
              "shimei": "世田谷　太郎", "shimei_kana": "セタガヤ　タロウ", "yubin_no": "1540001"},
    "yuyo": KEY | {"yuyo_kanri_no": "01010000000001", "shinsei_ymd": "2026-04-01", "yuyo_kbn": "1",
                   "choshu_kanka_kbn": "01", "saishin_flg": "1", "del_flg": "0"},
}  # fmt: skip


# ---------- not stale
def test_what_is_committed_is_what_the_edition_says() -> None:
    newest = standard.edition()
    models, data = generating.places(newest)
    files = generating.generated(newest, SHAPE, models=models, data=data)
    assert len(files) == 3 * sum(bool(group.items) for group in newest.groups.values())
    assert generating.stale(files, models=models, data=data) == []


def test_a_changed_a_missing_and_a_leftover_file_are_stale(tmp_path: Path) -> None:
    models, data = tmp_path / "models", tmp_path / "data"
    files = {models / "stage_a.yml": "a\n", data / "suites" / "a.json": "{}\n", data / "maps" / "a.schema.json": "{}\n"}
    assert generating.write(files, models=models, data=data) == sorted(files)
    assert generating.stale(files, models=models, data=data) == []
    (models / "stage_a.yml").write_text("b\n", encoding="utf-8")
    (data / "suites" / "a.json").unlink()
    (models / "stage_old.yml").write_text("", encoding="utf-8")
    wrong = sorted([models / "stage_a.yml", data / "suites" / "a.json", models / "stage_old.yml"])
    assert generating.stale(files, models=models, data=data) == wrong
    assert generating.write(files, models=models, data=data) == wrong
    assert generating.stale(files, models=models, data=data) == []


def test_a_change_of_the_edition_makes_the_files_stale(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DRAFT.folder, tmp_path / "0.1-draft"))
    file = folder / "groups" / "yuyo.yaml"
    file.write_text(file.read_text("utf-8").replace("length: 14", "length: 15"), encoding="utf-8")
    files = generating.generated(standard.read(folder), SHAPE, models=MODELS, data=DATA)
    stale = generating.stale(files, models=MODELS, data=DATA)
    assert [each.relative_to(DATA).as_posix() for each in stale] == ["maps/yuyo.schema.json", "suites/yuyo.json"]


def test_a_staged_table_has_the_types_that_the_migration_gives_it() -> None:
    assert dbt_sources.POSTGRES == tables.POSTGRES
    own = {"run_id": "text", **tables._EXTRA["stage"], "row_key": "text"}
    for group in STAGED:
        source = yaml.safe_load((MODELS / f"stage_{group}.yml").read_text(encoding="utf-8"))["sources"][0]
        columns = {each["name"]: each["data_type"] for each in source["tables"][0]["columns"]}
        items = {item.column: tables.POSTGRES.get(item.type, "text") for item in DRAFT.group(group).items}
        assert columns == own | items


# ---------- JSON Schema of maps
def schema(group: str) -> dict[str, Any]:
    return dict(json.loads((DATA / "maps" / f"{group}.schema.json").read_text(encoding="utf-8")))


MAPS = sorted(mapping.MAPS.glob("*/*.yaml"))


@pytest.mark.parametrize("file", MAPS, ids=[f"{file.parent.name}-{file.stem}" for file in MAPS])
def test_every_map_of_the_project_obeys_its_schema(file: Path) -> None:
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema(found["group"]))
    jsonschema.validate(found, schema(found["group"]), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda found: found["items"].pop("kamoku_cd"), "'kamoku_cd' is a required property"),
        (lambda found: found["items"].update(nothing={"constant": "1"}), "'nothing'"),
        (lambda found: found["items"].update(zeigaku={"constant": "12000"}), "'12000' is not"),
        (lambda found: found["items"].update(noki_ymd={"constant": "2026-04-01"}), "'2026-04-01' is not"),
        (lambda found: found["items"].update(kibetsu_cd={"column": "instalment_no", "widht": 2}), "'widht'"),
        (lambda found: found.update(group="yuyo"), "'chotei_shuno' was expected"),
    ],
)
def test_a_map_that_the_schema_must_refuse(change: Callable[[dict[str, Any]], None], told: str) -> None:
    found = yaml.safe_load((mapping.MAPS / "nhi" / "chotei_shuno.yaml").read_text(encoding="utf-8"))
    change(found)
    with pytest.raises(jsonschema.ValidationError, match=told):
        jsonschema.validate(found, schema("chotei_shuno"), jsonschema.Draft202012Validator)


# ---------- dbt and Great Expectations on real tables
@pytest.fixture(scope="module")
def staged(new_state: Callable[[], State]) -> State:
    """A state in which a rehearsal has made tables of three groups."""
    state = new_state()
    specs = [spec_of("0.1-draft", group, "standard_csv", date(2026, 6, 19)) for group in STAGED]
    tables.prepare_tables(specs, state=state)
    with db.connect(state) as connection:
        for spec in specs:
            for run_id in ("M0001", "M0002"):
                tables.open_parts(connection, spec, run_id)
        connection.execute("grant usage on schema migration to dbt, etl")
        connection.execute("grant select on all tables in schema migration to dbt, etl")
    return state


@pytest.fixture
def world(staged: State) -> Iterator[db.Connection]:
    """One sound row in each table, which a test then breaks."""
    with db.connect(staged, autocommit=True) as connection:
        for group, row in ROWS.items():
            connection.execute(sql.SQL("truncate {}").format(sql.Identifier("migration", f"stage_{group}")))
            add(connection, group, row)
        yield connection


def add(connection: db.Connection, group: str, row: dict[str, Any]) -> None:
    given = {"run_id": "M0001", "source_code": "nhi", "source_key": "s", "row_key": "k"} | row
    connection.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier("migration", f"stage_{group}"),
            sql.SQL(", ").join(map(sql.Identifier, given)),
            sql.SQL(", ").join(sql.Placeholder() * len(given)),
        ),
        list(given.values()),
    )


def put(connection: db.Connection, group: str, column: str, value: Any) -> None:
    name, item = sql.Identifier("migration", f"stage_{group}"), sql.Identifier(column)
    connection.execute(sql.SQL("update {} set {} = %s").format(name, item), [value])


@pytest.mark.postgres
def test_dbt_passes_sound_rows_and_finds_each_planted_fault(staged: State, world: db.Connection) -> None:
    """One run for many faults: each test looks at columns of its own."""
    selected = [
        "--select",
        *[f"source:migration.stage_{group}" for group in STAGED],
        "--indirect-selection",
        "cautious",
    ]
    sound = warehouse.invoke(["test", *selected], staged)
    assert sound.success, [each.node.name for each in sound.result.results if each.status != "pass"]
    assert len(sound.result.results) > 40

    put(world, "yuyo", "saishin_flg", "2")
    put(world, "yuyo", "yuyo_kbn", "9")
    put(world, "yuyo", "fuka_nendo", None)
    put(world, "atena", "atena_no", "000000000000002")
    add(world, "chotei_shuno", ROWS["chotei_shuno"])
    add(world, "chotei_shuno", ROWS["chotei_shuno"] | {"run_id": "M0002"})  # another rehearsal: no fault
    broken = warehouse.invoke(["test", *selected], staged)
    found = {each.node.name: str(each.status) for each in broken.result.results if each.status != "pass"}
    assert {name.removeprefix("source_"): status for name, status in found.items()} == {
        "accepted_values_migration_stage_yuyo_saishin_flg__0__1": "fail",
        "accepted_values_migration_stage_yuyo_yuyo_kbn__1__2": "warn",  # the draft may not know every code
        "not_null_migration_stage_yuyo_fuka_nendo": "fail",
        "migration_yuyo_hangs_on_chotei_shuno": "fail",
        "migration_yuyo_hangs_on_atena": "fail",
        "migration_chotei_shuno_hangs_on_atena": "fail",
        "migration_chotei_shuno_has_each_key_once": "fail",
    }


@pytest.mark.postgres
def test_a_night_selects_nothing_of_the_migration(staged: State) -> None:
    nightly = [*warehouse._PREPARE, *warehouse._MARTS, *warehouse._MARTS_TESTS]
    outcome = warehouse.invoke(["ls", "--select", *nightly], staged)
    assert len(outcome.result) > 500
    tagged = warehouse.invoke(["ls", "--select", "tag:migration", "--resource-type", "test"], staged)
    assert len(tagged.result) > 300
    assert set(outcome.result) & set(tagged.result) == set()


def gx_says(state: State, group: str) -> set[tuple[str, str | None]]:
    """The expectations of a group's suite that are not met."""
    gx = _library()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    written = json.loads((DATA / "suites" / f"{group}.json").read_text(encoding="utf-8"))
    suite = gx.ExpectationSuite(name=written["name"], expectations=written["expectations"])
    store = context.data_sources.add_postgres("warehouse", connection_string=db.url(state, "etl"))
    asset = store.add_table_asset("staged", table_name=f"stage_{group}", schema_name="migration")
    verdict = asset.add_batch_definition_whole_table("whole").get_batch().validate(suite, result_format="BOOLEAN_ONLY")
    assert not [each for each in verdict.results if each.exception_info.get("raised_exception")]
    assert len(verdict.results) == len(written["expectations"])
    return {(each.expectation_config.type.removeprefix("expect_"), each.expectation_config.kwargs.get("column"))
            for each in verdict.results if not each.success}  # fmt: skip


@pytest.mark.postgres
def test_great_expectations_passes_sound_rows_and_finds_each_planted_fault(staged: State, world: db.Connection) -> None:
    assert {group: gx_says(staged, group) for group in STAGED} == {group: set() for group in STAGED}

    put(world, "chotei_shuno", "atena_no", "0000000000000012")  # one too long
    put(world, "chotei_shuno", "tsuchisho_no", "０１")  # full width
    put(world, "chotei_shuno", "del_flg", "2")
    put(world, "chotei_shuno", "sosa_time", "24:00:00")
    put(world, "chotei_shuno", "kamoku_cd", "ZZ")
    put(world, "chotei_shuno", "soto_nendo", 25)
    put(world, "chotei_shuno", "kibetsu_cd", None)
    assert gx_says(staged, "chotei_shuno") == {
        ("column_value_lengths_to_be_between", "atena_no"),
        ("column_values_to_match_regex", "tsuchisho_no"),
        ("column_values_to_be_in_set", "del_flg"),
        ("column_values_to_match_regex", "sosa_time"),
        ("column_values_to_be_in_set", "kamoku_cd"),
        ("column_values_to_be_between", "soto_nendo"),
        ("column_values_to_not_be_null", "kibetsu_cd"),
    }
    put(world, "atena", "shimei_kana", "せたがや")
    put(world, "atena", "shimei", "世田谷\t太郎")
    put(world, "atena", "yubin_no", "154-001")
    assert gx_says(staged, "atena") == {
        ("column_values_to_match_regex", "shimei_kana"),
        ("column_values_to_match_regex", "shimei"),
        ("column_values_to_match_regex", "yubin_no"),
    }
    add(world, "yuyo", ROWS["yuyo"])
    assert gx_says(staged, "yuyo") == {("compound_columns_to_be_unique", None)}
