"""Drafts from the ward's own files against the contracts people wrote, and samples that tell too little."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from receivables import contracts, ingest, sources
from receivables.contracts import Contract
from receivables.errors import InputRejectedError
from receivables.ingest.tables import create_tables
from receivables.settings import DBT_PROJECT, State
from receivables.sources.requests import Request
from tests.conftest import AS_OF

REQUEST = Request("thirteenth", "試験債権", "試験部 試験課", "tax", "elderly_home_charge")
HEADER = "通知書番号,期別,宛名番号,納期限,調定額,氏名"
ROWS = [f"{at:08d},1,{at:015d},2025-06-30,{at * 100},世田谷　太郎" for at in range(1, 40)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the dbt project to draft into."""
    return Path(shutil.copytree(DBT_PROJECT, tmp_path / "dbt_project", ignore=shutil.ignore_patterns("target", "logs")))


def sample(folder: Path, lines: list[str], encoding: str = "cp932", name: str = "daicho_20260619.csv") -> Path:
    file = folder / name
    file.write_bytes("\r\n".join([*lines, ""]).encode(encoding))
    return file


def drafted(project: Path) -> Contract:
    return contracts.contract(REQUEST.source, project / "models/staging")


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("source", "pattern", "table"),
    [
        ("resident_tax", "036o005_*.csv", "resident_tax__claims"),
        ("resident_tax", "036o006_*.csv", "resident_tax__receipts"),
        ("scholarship", "*.xlsx", "scholarship__instalments"),
    ],
)
def test_types_agree_with_the_contract_people_wrote(
    ward: Path, project: Path, source: str, pattern: str, table: str
) -> None:
    """On rows with planted faults taken out: a sample is a file without them."""
    file = next((ward / source).glob(pattern))
    if file.suffix == ".csv":
        lines = [line for line in file.read_bytes().split(b"\r\n")[:400] if line]
        fields = lines[0].count(b",")
        file = project.parent / file.name
        file.write_bytes(b"\r\n".join(line for line in lines if line.count(b",") == fields and b"\0" not in line))
    found = sources.draft(file, REQUEST, project=project)
    guessed = {column["item"]: column for column in found["columns"]}
    theirs = contracts.contract(source).table(table).columns
    kin = {"digits": {"digits", "code", "int"}, "code": {"code", "flag", "digits", "text"}, "flag": {"flag", "code"}}
    agreed = [one for one in theirs if guessed[str(one.from_)]["type"] in kin.get(one.type, {one.type})]
    assert len(agreed) >= 0.7 * len(theirs), [(one.name, one.type, guessed[str(one.from_)]["type"]) for one in theirs]
    assert all(guessed[str(one.from_)]["pii"] for one in theirs if one.pii)


@pytest.mark.postgres
@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "euc_jp"])
def test_the_made_up_delivery_is_taken_in_by_the_drafted_contract(
    project: Path, tmp_path: Path, encoding: str, new_state: Callable[[], State], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = sources.draft(
        sample(tmp_path, [HEADER, *ROWS], encoding), REQUEST, project=project, fixtures=tmp_path / "drop"
    )
    assert found["form"]["encoding"] == encoding
    monkeypatch.setenv("RECEIVABLES_CONTRACTS", str(project / "models/staging"))
    state = new_state()
    create_tables(state)
    (batch,) = ingest.ingest_source(REQUEST.source, drop=tmp_path / "drop", as_of=AS_OF, state=state)
    assert (batch.state, batch.accepted_rows, batch.quarantined_rows) == ("loaded", 12, 0), batch.reason


@pytest.mark.postgres
def test_a_workbook_with_titles_and_total_is_drafted_and_its_made_up_delivery_taken_in(
    project: Path, tmp_path: Path, new_state: Callable[[], State], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "台帳_20260619.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet("台帳")
        for at, row in enumerate([["使用料台帳"], ["令和8年6月19日現在"], HEADER.split(",")]):
            sheet.write_row(at, 0, row)
        for at, line in enumerate(ROWS, start=3):
            for place, cell in enumerate(line.split(",")):
                sheet.write_string(at, place, cell)
        sheet.write_row(3 + len(ROWS), 0, ["合計", len(ROWS)])
    found = sources.draft(file, REQUEST, project=project, fixtures=tmp_path / "drop")
    assert (found["form"]["header_row"], found["form"]["as_of_cell"]) == (3, "A2")
    assert not [one for one in found["open_questions"] if "total_label" in one]
    monkeypatch.setenv("RECEIVABLES_CONTRACTS", str(project / "models/staging"))
    state = new_state()
    create_tables(state)
    (batch,) = ingest.ingest_source(REQUEST.source, drop=tmp_path / "drop", as_of=AS_OF, state=state)
    assert (batch.state, batch.accepted_rows, batch.quarantined_rows) == ("loaded", 12, 0), batch.reason


def test_names_of_persons_never_reach_the_draft_and_are_kept_apart(project: Path, tmp_path: Path) -> None:
    sources.draft(sample(tmp_path, [HEADER, *ROWS]), REQUEST, project=project, fixtures=tmp_path / "drop")
    written = [*(project / "models/staging/thirteenth").iterdir(), *(tmp_path / "drop").rglob("*.csv")]
    assert not [
        file
        for file in written
        if "太郎" in file.read_bytes().decode("cp932" if "drop" in str(file) else "utf-8", "ignore")
    ]
    assert drafted(project).tables[0].column("person_name").pii


def test_the_key_is_the_smallest_that_tells_rows_apart(project: Path, tmp_path: Path) -> None:
    twice = [*ROWS, *(row.replace(",1,", ",2,", 1) for row in ROWS)]
    found = sources.draft(sample(tmp_path, [HEADER, *twice]), REQUEST, project=project)
    assert found["key"] == ["notice_no", "instalment_no"]


def test_what_is_unknown_is_asked_and_what_is_lacking_is_said(project: Path, tmp_path: Path) -> None:
    found = sources.draft(
        sample(tmp_path, ["謎,期限日,金", *(f"あ{at},2025-06-30,{at}" for at in range(30))]), REQUEST, project=project
    )
    asked = "\n".join(found["open_questions"])
    for word in ("addressee_no", "due_date", "assessed_yen", "送付票", "c01 (謎)"):
        assert word in asked
    text = (project / "models/staging/thirteenth/_thirteenth.yml").read_text(encoding="utf-8")
    assert "{from: 謎, type: text, pii: true, required: false}" in text, (
        "unknown text is personal until somebody says no"
    )


@pytest.mark.parametrize(
    ("lines", "name", "said"),
    [
        ([], "daicho_20260619.csv", "no heading"),
        ([HEADER], "daicho_20260619.csv", "no rows"),
        ([HEADER.replace("調定額", "納期限"), *ROWS], "daicho_20260619.csv", "twice"),
        ([*ROWS], "daicho_20260619.csv", "heading"),
        ([HEADER, *ROWS, "1,2"], "daicho_20260619.csv", "more or fewer"),
        ([HEADER, '"' + ROWS[0]], "daicho_20260619.csv", "no CSV"),
        ([HEADER, *ROWS], "daicho.csv", "date"),
    ],
)
def test_a_sample_that_tells_too_little_is_refused(
    lines: list[str], name: str, said: str, project: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputRejectedError, match=said):
        sources.draft(sample(tmp_path, lines, name=name), REQUEST, project=project)
    assert not (project / "models/staging/thirteenth").exists()


def test_bytes_of_no_encoding_and_missing_files_are_refused(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "x_20260619.csv"
    file.write_bytes(b"\x81,\xff\xfe\n\x00\x81")
    for one in (file, tmp_path / "none_20260619.csv"):
        with pytest.raises(InputRejectedError):
            sources.draft(one, REQUEST, project=project)


def test_a_source_that_is_there_is_not_written_over_unasked(project: Path, tmp_path: Path) -> None:
    file = sample(tmp_path, [HEADER, *ROWS])
    sources.draft(file, REQUEST, project=project)
    with pytest.raises(InputRejectedError, match="--force"):
        sources.draft(file, REQUEST, project=project)
    sources.draft(file, REQUEST, project=project, is_forced=True)
    assert (project / "dbt_project.yml").read_text(encoding="utf-8").count("thirteenth") == 1
