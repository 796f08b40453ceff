"""`receivables migration characters …`: the app by itself, as a person at the counter uses it."""

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from receivables.cli import characters as command
from receivables.errors import InputRejectedError
from tests.migration.characters.conftest import Names

RUNNER = CliRunner()


def run(*arguments: str) -> dict[str, Any]:
    done = RUNNER.invoke(command.app, [*arguments, "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_a_code_is_found_decided_and_counted_again(names: Names) -> None:
    state = ["--state", str(names.state.root)]
    names.add("\ue700本")
    names.connection.commit()
    count = ["inventory", "r1", "--group", "atena", "--source", "cli", "--item", "shimei=name", *state]
    names.connection.execute("update migration.stage_atena set source_code = 'cli'")
    names.connection.commit()

    assert [row["codes"] for row in run(*count)["unresolved"]] == ["U+E700"]

    decided = run(
        "propose", "cli", "U+E700", "--target", "MJ025760", "--codes", "U+8FBB U+E0102", "--as", "chief_tax",
        "--basis", "字形", "--ticket", "T-9", "--valid-from", "2026-06-01", *state,
    )["decision_id"]  # fmt: skip
    seen = next(row for row in run("waiting", *state)["waiting"] if row["decision_id"] == decided)
    assert run("approve", decided, "--as", "chief_insurance", "--sha256", seen["content_sha256"], *state) == {
        "decision_id": decided, "approved_by": "chief_insurance",
    }  # fmt: skip
    assert [row["code"] for row in run("rulings", "cli", *state)["rulings"]] == ["U+E700"]
    found = run(*count)
    assert (found["unresolved"], [row["codes"] for row in found["confirmed"]]) == ([], ["U+E700"])
    assert run("table", "r1", *state)["confirmed"] == found["confirmed"]
    run("withdraw", "cli", "U+E700", "--as", "chief_tax", "--basis", "誤り", "--ticket", "T-10", *state)


def test_people_see_a_table_in_japanese(names: Names) -> None:
    names.add("\ue701本")
    names.connection.commit()
    state = ["--state", str(names.state.root)]
    done = RUNNER.invoke(
        command.app, ["inventory", "r1", "--group", "atena", "--source", "tax", "--item", "shimei=name", *state]
    )

    assert done.exit_code == 0
    assert "文字同定表 r1" in done.stdout
    assert "外字（BMP私用領域）" in done.stdout
    assert "未同定" in done.stdout
    assert "本" not in done.stdout


def test_candidates_are_shown_with_their_reason() -> None:
    found = run("candidates", "U+FA1C")["candidates"]

    assert [(row["mj"], row["basis_ja"]) for row in found] == [
        ("MJ027901", "互換漢字の統合先"), ("MJ030214", "互換漢字の統合先"),
    ]  # fmt: skip
    assert run("candidates", "U+E000") == {"candidates": []}


@pytest.mark.parametrize(
    "wrong", [["candidates", "辻"], ["inventory", "r1", "--group", "g", "--source", "s", "--item", "x"]]
)
def test_a_wrong_argument_is_explained(wrong: list[str]) -> None:
    with pytest.raises(InputRejectedError, match="write"):
        RUNNER.invoke(command.app, wrong, catch_exceptions=False)


def test_the_app_can_be_mounted() -> None:
    outer = typer.Typer()
    outer.add_typer(command.app, name="characters")

    assert "candidates" in RUNNER.invoke(outer, ["characters", "--help"]).stdout
