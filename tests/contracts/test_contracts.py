"""Contracts as people get them wrong: every fault names the file, the table or column, the key and what to do."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from receivables import contracts
from receivables.contracts import ContractError
from receivables.settings import STAGING

Tree = dict[str, Any]
SOURCES = sorted(folder.name for folder in STAGING.iterdir() if folder.is_dir())


def written(folder: Path, source: str, tree: Tree | str) -> Path:
    file = folder / source / f"_{source}.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(tree if isinstance(tree, str) else yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
    return folder


def tree(source: str) -> Tree:
    found: Tree = yaml.safe_load((STAGING / source / f"_{source}.yml").read_text(encoding="utf-8"))
    return found


def refused(folder: Path, source: str, changed: Tree | str) -> str:
    with pytest.raises(ContractError) as found:
        contracts.contract(source, written(folder, source, changed))
    assert str(found.value).startswith(f"{source}/_{source}.yml: ")
    return str(found.value)


@pytest.mark.parametrize("source", SOURCES)
def test_our_own_contracts_are_read(source: str) -> None:
    found = contracts.contract(source)
    assert found.source == source
    assert all(table.purpose and table.description for table in found.tables)


def required_keys() -> Iterator[Any]:
    """Every key without which a contract of each form cannot be kept."""
    of_reader = {
        "csv": ["encoding"], "fixed_width": ["encoding", "record_bytes", "records"],
        "excel": ["sheet", "header_row", "as_of_cell", "total_label"], "postgres": ["query_table"],
        "mariadb": ["query_table"],
        "zengin": ["encoding"],
    }  # fmt: skip
    for source in SOURCES:
        for key in ("department", "owner_dept", "schedule"):
            yield pytest.param(source, lambda found: found["sources"][0]["config"]["meta"], key, id=f"{source}-{key}")
        reader = tree(source)["sources"][0]["tables"][0]["config"]["meta"]["reader"]
        for key in ("reader", "purpose", "file", "key", "control", *of_reader[reader]):
            yield pytest.param(source, lambda found: table(found)["config"]["meta"], key, id=f"{source}-table-{key}")
        yield pytest.param(source, lambda found: column(found)["config"]["meta"], "type", id=f"{source}-column-type")


def table(found: Tree, at: int = 0) -> Tree:
    chosen: Tree = found["sources"][0]["tables"][at]
    return chosen


def column(found: Tree, at: int = 0) -> Tree:
    chosen: Tree = table(found)["columns"][at]
    return chosen


@pytest.mark.parametrize(("source", "place", "key"), required_keys())
def test_a_missing_key_is_named(tmp_path: Path, source: str, place: Callable[[Tree], Tree], key: str) -> None:
    changed = tree(source)
    del place(changed)[key]

    message = refused(tmp_path, source, changed)

    assert f"key {key}" in message
    assert "missing" in message


@pytest.mark.parametrize("source", SOURCES)
def test_a_misspelt_key_is_named_with_its_place(tmp_path: Path, source: str) -> None:
    for place in (table, column):
        changed = tree(source)
        place(changed)["config"]["meta"]["requird"] = True
        message = refused(tmp_path, source, changed)
        assert "key requird is unknown" in message
        assert str(place(changed)["name"]) in message


def meta(changed: Tree, **values: Any) -> None:
    table(changed)["config"]["meta"].update(values)


def of_column(changed: Tree, no: int, /, **values: Any) -> None:
    column(changed, no)["config"]["meta"].update(values)


CONTRADICTIONS: dict[str, tuple[str, Callable[[Tree], None], str, str]] = {
    "no date in the file's name": ("nhi", lambda one: meta(one, file="KOKUHO.DAT"), "file", "{date}"),
    "a key that is no column": ("nhi", lambda one: meta(one, key=["nobody"]), "key", "nobody"),
    "a name as key": ("nhi", lambda one: meta(one, key=["person_name"]), "key", "person_name"),
    "yen that is no yen": ("nhi", lambda one: meta(one, yen="due_date"), "yen", "due_date"),
    "a sum of what is no yen": (
        "nhi", lambda one: meta(one, sum_of={"assessed_yen": ["due_date"]}), "yen", "due_date"),
    "overlapping bytes": ("nhi", lambda one: of_column(one, 1, at=[1, 2]), "at", "share byte"),
    "bytes beyond the record": ("nhi", lambda one: meta(one, record_bytes=60), "record_bytes", "beyond"),
    "no place": ("nhi", lambda one: column(one)["config"]["meta"].pop("at"), "at", "missing"),
    "another reader's key": ("nhi", lambda one: meta(one, sheet="返還台帳"), "sheet", "does not use"),
    "another reader's totals": ("nhi", lambda one: meta(one, control={"kind": "total_row"}), "control", "trailer"),
    "marks that cannot be told apart": (
        "nhi",
        lambda one: table(one)["config"]["meta"]["records"]["trailer"].update(mark="2"),
        "records",
        "twice",
    ),
    "an unknown encoding": ("nhi", lambda one: meta(one, encoding="sjis-x"), "encoding", "unknown"),
    "an unknown reader": ("nhi", lambda one: meta(one, reader="cobol"), "reader", "csv"),
    "an unknown type": ("nhi", lambda one: of_column(one, 0, type="money"), "type", "yen"),
    "codes without a list": ("scholarship", lambda one: of_column(one, 13, codes=[]), "codes", "missing"),
    "eras in what is no wareki": ("nhi", lambda one: of_column(one, 0, era_overrun=True), "era_overrun", "wareki"),
    "thousands that do not say so": (
        "after_school", lambda one: of_column(one, 9, unit=1000), "unit", "says so in its name"),
    "thousands taken for yen": (
        "after_school", lambda one: column(one, 10)["config"]["meta"].pop("unit"), "unit", "千円 has unit 1000"),
    "a control total in thousands": ("after_school", lambda one: meta(one, yen="book_assessed_yen"), "yen", "coarse"),
    "a column that the header does not have": (
        "after_school", lambda one: of_column(one, 0, **{"from": "賦課の年"}), "from", "the header has no item"),
    "an item twice in the header": (
        "after_school", lambda one: meta(one, header=["年度", "年度"]), "header", "twice"),
    "an exclusion that cannot be": (
        "scholarship",
        lambda one: meta(one, exclude=[{"column": "remark_code", "equals": "削除", "reason": "CANCELLED_AT_SOURCE"}]),
        "exclude",
        "none of the codes",
    ),
    "a column that the standard does not have": (
        "resident_tax", lambda one: of_column(one, 0, **{"from": "賦課の年"}), "from", "chotei_shuno"),
    "a group that the standard does not have": (
        "resident_tax", lambda one: meta(one, layout="chotei"), "layout", "chotei"),
    "a manifest without a name": (
        "resident_tax", lambda one: meta(one, control={"kind": "manifest"}), "control", "manifest"),
    "another source's table": (
        "nhi", lambda one: table(one).update(name="tax__claims"), "tables", "nhi__"),
    "a table twice": (
        "nhi",
        lambda one: one["sources"][0]["tables"].append(copy.deepcopy(table(one))),
        "tables",
        "twice",
    ),
    "a column twice": (
        "scholarship", lambda one: table(one)["columns"].append(copy.deepcopy(column(one))), "columns", "twice"),
    "no columns": ("nhi", lambda one: table(one).update(columns=[]), "columns", "at least 1"),
    "a name that is no name": ("nhi", lambda one: column(one).update(name="賦課年度; drop"), "name", "pattern"),
    "a schedule that is none": (
        "nhi", lambda one: one["sources"][0]["config"]["meta"].update(schedule="nightly"), "schedule", "pattern"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "change", "key", "part"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_contradiction_is_told_with_its_key(
    tmp_path: Path, source: str, change: Callable[[Tree], object], key: str, part: str
) -> None:
    changed = tree(source)
    change(changed)

    message = refused(tmp_path, source, changed)

    assert f"key {key}" in message
    assert part in message


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    changed = tree("nhi")
    del table(changed)["config"]["meta"]["purpose"]
    del column(changed, 3)["config"]["meta"]["type"]

    first, second = refused(tmp_path, "nhi", changed).splitlines()

    assert "table nhi__claims: key purpose is missing" in first
    assert f"column {column(changed, 3)['name']}: key type is missing" in second


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("sources: [", "not YAML"),
        ("", "key sources"),
        ("sources: []", "key sources"),
        ("sources:\n  - name: other", "nhi"),
    ],
)
def test_what_is_no_contract_at_all(tmp_path: Path, content: str, part: str) -> None:
    assert part in refused(tmp_path, "nhi", content)


def test_an_unknown_source_lists_the_known_ones() -> None:
    with pytest.raises(ContractError, match=r"tax_residents.*nhi.*register.*resident_tax.*scholarship"):
        contracts.contract("tax_residents")


def test_dbts_own_keys_are_not_ours(tmp_path: Path) -> None:
    changed = tree("nhi")
    table(changed)["data_tests"] = [{"dbt_utils.at_least_one": {"column_name": "x"}}]
    column(changed)["data_tests"] = ["not_null"]

    assert contracts.contract("nhi", written(tmp_path, "nhi", changed)) == contracts.contract("nhi")
