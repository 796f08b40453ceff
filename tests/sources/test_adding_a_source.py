"""docs/adding-a-source.md, run as it stands on a copy of the project: a thirteenth department, and no Python."""

import csv
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from receivables import contracts, db, ingest, server
from receivables.settings import PROJECT, State
from tests.conftest import AS_OF

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEW = "elderly_home"


def copy_of_the_project(place: Path) -> Path:
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=PROJECT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, tracked):
        if (PROJECT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, place / name)
    (place / ".venv").mkdir()
    (place / ".venv/bin").symlink_to(PROJECT / ".venv/bin")
    (place / ".venv/ready").touch()  # the copy uses this project's environment as it is
    return place


def python_files(place: Path) -> dict[str, bytes]:
    found = [
        file for file in place.rglob("*.py") if ".venv" not in file.parts and ".state-new-source" not in file.parts
    ]
    return {str(file.relative_to(place)): file.read_bytes() for file in found}


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The copy after the document's commands, and what they printed."""
    place = copy_of_the_project(tmp_path_factory.mktemp("thirteenth"))
    before = python_files(place)
    script = "set -euo pipefail\n" + "\n".join(
        BLOCK.findall((place / "docs/adding-a-source.md").read_text(encoding="utf-8"))
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RECEIVABLES")}
    environment |= {"PYTHONPATH": f"{place}/include:{place}", "PYTHONDONTWRITEBYTECODE": "1"}
    script = script.replace(
        "receivables stop --state $STATE", "receivables dsn --state $STATE"
    )  # we still look into it
    run = subprocess.run(
        ["bash", "-c", script], cwd=place, env=environment, check=False, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert python_files(place) == before
    yield place, run.stdout
    server.stop(State(place / ".state-new-source"))


def sample() -> list[dict[str, str]]:
    text = (PROJECT / "docs/samples/youro_futankin_20260619.csv").read_bytes().decode("cp932")
    return list(csv.DictReader(text.splitlines(keepends=True)))


def test_its_claims_are_in_the_marts_to_the_yen(added: tuple[Path, str]) -> None:
    state = State(added[0] / ".state-new-source")
    right = [row for row in sample() if row["取消区分"] != "取消"]
    wanted = (len(right), sum(int(row["負担金額"]) for row in right), sum(int(row["収納額"]) for row in right))
    with db.connect(state) as connection:
        found = connection.execute(
            "select count(*), sum(assessed_yen)::bigint, sum(received_yen)::bigint from mart.fct_claims"
            " where source_code = %s",
            [NEW],
        ).fetchone()
        letters = connection.execute(
            "select count(*) from mart.fct_claim_events where source_code = %s and event_type = 'dunned'", [NEW]
        ).fetchone()
    assert found == wanted
    assert letters == (sum(row["督促状発行日"] != "" for row in right),)


def test_every_row_of_the_sample_is_explained(added: tuple[Path, str]) -> None:
    state = State(added[0] / ".state-new-source")
    batches = [batch for batch in ingest.batches(as_of=AS_OF, state=state) if batch.source == NEW]
    loaded = next(batch for batch in batches if batch.state == "loaded")
    assert (loaded.declared_rows, loaded.unexplained_rows, loaded.unexplained_yen) == (len(sample()), 0, 0)
    assert loaded.excluded_rows == sum(row["取消区分"] == "取消" for row in sample())


def test_its_claim_is_explained_in_words(added: tuple[Path, str]) -> None:
    assert f"{NEW}:00001001-1" in added[1]


def test_the_made_up_delivery_holds_nothing_of_the_sample(added: tuple[Path, str]) -> None:
    fixtures = added[0] / "tests" / "fixtures"
    contract = contracts.contract(NEW, added[0] / "dbt_project/models/staging")
    text = (fixtures / NEW / "youro_futankin_20260619.csv").read_bytes().decode(str(contract.tables[0].encoding))
    personal = {row[item] for row in sample() for item in ("決定番号", "宛名番号", "氏名", "住所", "備考")} - {""}
    assert not [value for value in personal if value in text]


def test_it_is_on_the_one_list(added: tuple[Path, str]) -> None:
    project = (added[0] / "dbt_project/dbt_project.yml").read_text(encoding="utf-8")
    assert re.search(rf"claim_sources: \[.*\b{NEW}\b.*\]", project)
