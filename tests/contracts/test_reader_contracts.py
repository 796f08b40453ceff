"""Keys of the readers that no source of ours uses yet: what contradicts itself is told with its key."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from receivables import contracts
from tests.readers.conftest import CONTRACTS

from .test_contracts import Tree, meta, of_column, refused

SOURCES = sorted(folder.name for folder in CONTRACTS.iterdir() if folder.is_dir())
CONTRADICTIONS: dict[str, tuple[str, Callable[[Tree], object], str, str]] = {
    "another charset for 全銀": ("furikae", lambda one: meta(one, encoding="utf-8"), "encoding", "cp932"),
    "an item that 全銀 does not have": (
        "furikae", lambda one: of_column(one, 0, **{"from": "債権番号"}), "from", "債権番号"),
    "全銀 without its result": (
        "furikae", lambda one: one["sources"][0]["tables"][0]["columns"].pop(6), "columns", "振替結果コード"),
    "全銀 without what was collected": ("furikae", lambda one: meta(one, also_yen=[]), "also_yen", "collected_yen"),
    "全銀 with a record's length": ("furikae", lambda one: meta(one, record_bytes=120), "record_bytes", "does not use"),
    "全銀 with a manifest": (
        "furikae", lambda one: meta(one, control={"kind": "manifest", "file": "x"}), "control", "trailer"),
    "a database without its table": (
        "gakudo", lambda one: one["sources"][0]["tables"][0]["config"]["meta"].pop("query_table"),
        "query_table", "missing"),
    "a database with a trailer": ("gakudo", lambda one: meta(one, control={"kind": "trailer"}), "control", "query"),
    "an export without a date": (
        "gakudo", lambda one: meta(one, export={"file": "a.csv", "encoding": "cp932", "manifest": "b.csv"}),
        "file", "{date}"),
    "an export in letters nobody knows": (
        "gakudo", lambda one: meta(one, export={"file": "a{date}.csv", "encoding": "sjis-x", "manifest": "b.csv"}),
        "encoding", "unknown"),
    "an export without a manifest": (
        "gakudo", lambda one: meta(one, export={"file": "a{date}.csv", "encoding": "cp932"}), "manifest", "missing"),
    "an export of a file": (
        "furikae", lambda one: meta(one, export={"file": "a{date}", "encoding": "cp932", "manifest": "b"}),
        "export", "does not use"),
    "packed text": ("kaigo_host", lambda one: of_column(one, 0, storage="packed"), "storage", "yen or int"),
    "kanji that are yen": ("kaigo_host", lambda one: of_column(one, 6, storage="kanji"), "storage", "text"),
    "a storage nobody knows": ("kaigo_host", lambda one: of_column(one, 6, storage="comp5"), "storage", "packed"),
    "packed amounts between line ends": ("kaigo_host", lambda one: meta(one, encoding="cp932"), "storage", "jef"),
    "a packed trailer between line ends": (
        "kaigo_host",
        lambda one: (meta(one, encoding="cp932"), [place["config"]["meta"].pop("storage", None)
                                                   for place in one["sources"][0]["tables"][0]["columns"]]),
        "storage", "trailer"),
    "全銀 from a host": ("furikae", lambda one: meta(one, encoding="jef"), "encoding", "cp932"),
    "an export from a host": (
        "gakudo", lambda one: meta(one, export={"file": "a{date}", "encoding": "jef", "manifest": "b"}),
        "encoding", "fixed_width"),
    "a delivery of neither kind": ("furikae", lambda one: meta(one, delivery="weekly"), "delivery", "increment"),
}  # fmt: skip


def tree(source: str) -> Tree:
    found: Tree = yaml.safe_load((CONTRACTS / source / f"_{source}.yml").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("source", SOURCES)
def test_the_contracts_of_the_tests_are_read(source: str) -> None:
    assert contracts.contract(source, CONTRACTS).source == source


@pytest.mark.parametrize(("source", "change", "key", "part"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_contradiction_is_told_with_its_key(
    tmp_path: Path, source: str, change: Callable[[Tree], Any], key: str, part: str
) -> None:
    changed = tree(source)
    change(changed)

    message = refused(tmp_path, source, changed)

    assert f"key {key}" in message
    assert part in message
