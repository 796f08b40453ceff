"""`receivables standard …` as people and programs call it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from receivables import standard
from receivables.cli.standard import app
from receivables.errors import InputRejectedError
from tests.standard.test_importing import official, rows_of
from tests.standard.workbooks import NAME, Shape, workbook

DRAFT = standard.edition("0.1-draft")


@pytest.fixture
def editions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of editions that may be written to."""
    folder = Path(shutil.copytree(standard.EDITIONS, tmp_path / "editions"))
    monkeypatch.setattr(standard, "EDITIONS", folder)
    standard.edition.cache_clear()
    yield folder
    standard.edition.cache_clear()


def run(*words: str) -> Any:
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.output) if "--json" in words else done.output


def test_list_and_show_say_what_is_known_of_a_group() -> None:
    listed = run("list", "--json")
    assert [one["edition"] for one in listed["editions"]] == standard.editions()
    assert listed["editions"][0]["sha256"] == DRAFT.sha256
    groups = {one["id"]: one for one in listed["groups"]}
    assert (len(groups), groups["yuyo"]["items"]) == (27, 34)
    assert groups["yuyo"]["unverified"] == len(DRAFT.unverified("yuyo"))
    shown = run("show", "yuyo", "--json")
    assert [one["name"] for one in shown["items"]] == list(DRAFT.group("yuyo").names)
    assert shown["items"][7]["unverified"] == ["桁数が未確認"]
    assert [code["name"] for code in shown["codes"]["yuyo"]] == ["新規", "延長"]
    assert "徴収（換価）猶予情報" in run("show", "yuyo")
    assert "kotei_kyoyu" in run("list")
    assert run("show", "kibetsu_master", "--json")["items"] == []
    with pytest.raises(InputRejectedError, match="no group 'nothing'"):
        run("show", "nothing")


def test_a_new_edition_comes_in_and_says_what_it_changes(editions: Path, tmp_path: Path) -> None:
    group = official(DRAFT.group("yuyo"))
    items = tuple(item.model_copy(update={"length": 20}) if item.column == "yuyo_kanri_no" else item
                  for item in group.items if item.column != "hihokensha_no")  # fmt: skip
    codes = {table: list(DRAFT.codes(table)) for table in ("kamoku", "yuyo", "choshu_kanka")}
    rows = rows_of([group.model_copy(update={"items": items})])
    file = workbook(tmp_path / NAME, rows, codes, Shape(is_two_lines=True, is_merged=True))

    told = run("import", str(file), "--edition", "2.1", "--like", "0.1-draft", "--from-year", "2027",
               "--interface", f"{group.name}=036o020", "--json")  # fmt: skip

    assert (told["edition"], told["groups"], told["items"]) == ("2.1", 1, 33)
    assert standard.editions() == ["0.1-draft", "2.1"]
    changes = run("diff", "0.1-draft", "2.1", "--json")
    of_yuyo = [(one["kind"], one["column"]) for one in changes["changes"] if one["group_id"] == "yuyo"]
    assert ("relengthed", "yuyo_kanri_no") in of_yuyo
    assert ("removed", "hihokensha_no") in of_yuyo
    assert ("group_changed", None) in of_yuyo
    assert changes["counts"]["group_removed"] == 26
    assert all(one["todo"].startswith("□ ") for one in changes["changes"])
    text = run("diff", "0.1-draft", "2.1")
    assert "桁数変更" in text
    assert "切捨て禁止" in text


def test_an_interface_that_says_no_pair_is_refused(editions: Path, tmp_path: Path) -> None:
    with pytest.raises(InputRejectedError, match="--interface '036o020'"):
        run("import", str(tmp_path / "x.xlsx"), "--edition", "2.1", "--interface", "036o020")


def test_define_writes_both_files(tmp_path: Path) -> None:
    files = run("define", "--group", "yuyo", "--out", str(tmp_path), "--json")["files"]
    assert [Path(file).name for file in files] == ["0.1-draft-yuyo.md", "0.1-draft-yuyo.html"]
    assert all(Path(file).exists() for file in files)
