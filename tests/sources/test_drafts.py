"""Drafts against what was written by hand: the ward's own files, and samples as departments send them."""

import csv
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from receivables import contracts, ingest, sources
from receivables.contracts import Table
from receivables.errors import InputRejectedError
from receivables.ingest.tables import create_tables
from receivables.settings import DBT_PROJECT, PROJECT, State
from receivables.sources.reading import read_sample
from receivables.sources.requests import Request
from receivables.sources.samples import Options
from receivables.sources.tables import Draft, draft_table
from tests.conftest import AS_OF

FILES = {  # table of a contract → (kind of the draft, its file in the ward)
    "resident_tax__claims": ("claims", "036o005_*.csv"),
    "resident_tax__receipts": ("receipts", "036o006_*.csv"),
    "resident_tax__dunnings": ("dunnings", "036o007_*.csv"),
    "nhi__claims": ("claims", "KOKUHO_CHOTEI_*.DAT"),
    "nhi__receipts": ("receipts", "KOKUHO_SHUNO_*.DAT"),
    "scholarship__instalments": ("claims", "*.xlsx"),
    "latter_stage__claims": ("claims", "KOKI_CHOTEI_*.csv"),
    "latter_stage__receipts": ("receipts", "KOKI_SHUNO_*.csv"),
    "ltci__claims": ("claims", "036o005_*.csv"),
    "ltci__receipts": ("receipts", "036o006_*.csv"),
    "light_vehicle_tax__claims": ("claims", "036o005_*.csv"),
    "light_vehicle_tax__dunnings": ("dunnings", "036o007_*.csv"),
    "after_school__instalments": ("claims", "bop_riyouryou_*.csv"),
}
HEAD = "許可番号,期別,宛名番号,氏名,納期限,使用料\n"
ROW = "0000001,01,000000000000001,世田谷　花子,2026-06-30,12000\n"


def contract_of(name: str) -> Table:
    return contracts.contract(name.partition("__")[0]).table(name)


def record_layout(table: Table, folder: Path) -> Path:
    """What the department calls its record layout: names, first bytes, lengths."""
    file = folder / "layout.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        rows = [[column.description, *column.at] for column in table.columns if column.at]
        csv.writer(lines).writerows([["項目名", "開始", "桁数"], *rows])
    return file


@pytest.fixture(scope="module")
def drafts(ward: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Draft]:
    made = {}
    for name, (kind, pattern) in FILES.items():
        table = contract_of(name)
        [file] = (ward / name.partition("__")[0]).glob(pattern)
        layout = record_layout(table, tmp_path_factory.mktemp("layout")) if table.reader == "fixed_width" else None
        made[name] = draft_table(name.partition("__")[0], kind, read_sample(file, Options(layout=layout)))
    return made


@pytest.mark.parametrize("name", FILES)
def test_a_draft_finds_the_form_that_was_written_by_hand(drafts: dict[str, Draft], name: str) -> None:
    found, real = drafts[name], contract_of(name)
    keys = dict(found.sample.keys)
    if name != "nhi__receipts":  # all ASCII: no encoding is more likely than another
        assert keys["encoding" if real.encoding else "sheet"] == (real.encoding or real.sheet)
    assert found.sample.reader == real.reader
    assert found.layout == real.layout
    if real.records:
        assert keys["record_bytes"] == real.record_bytes
        assert keys["records"] == yaml.safe_load(
            yaml.safe_dump(real.records.model_dump(mode="json", exclude_none=True))
        )
    if real.reader == "excel":
        assert (keys["header_row"], keys["as_of_cell"], keys["total_label"]) == (
            real.header_row, real.as_of_cell, real.total_label,
        )  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_draft_agrees_with_the_contract(drafts: dict[str, Draft], name: str) -> None:
    """Types, required and personal columns of nine in ten; the controlled amount, its parts and the key of all."""
    found, real = drafts[name], contract_of(name)
    by_heading = {each.heading: each for each in found.columns}
    headings = {column.from_ or column.description: column for column in real.columns}
    kept = {head: column for head, column in headings.items() if head in by_heading}
    assert headings.keys() - kept.keys() <= set(found.not_kept)  # of the standard's many items those nobody filled
    assert len(kept) * 10 >= len(headings) * 8
    headings = kept
    for attribute in ("type", "pii", "required"):
        wrong = [
            head for head, column in kept.items() if getattr(by_heading[head], attribute) != getattr(column, attribute)
        ]
        assert len(wrong) <= max(1, len(kept) // 10), (attribute, wrong)
    digits = [head for head, column in headings.items() if column.type == "digits"]
    assert all(by_heading[head].keys.get("length") == headings[head].length for head in digits)
    ours = {column.name: head for head, column in headings.items()}
    theirs = {each.name: each.heading for each in found.columns}
    assert {theirs[each] for each in found.key} <= {ours[each] for each in real.key}
    assert (found.yen and theirs[found.yen]) == (real.yen and ours[real.yen])
    void = {(theirs[rule[0]], rule[1]) for rule in found.exclude}
    real_void = {(ours[rule.column], rule.equals) for rule in real.exclude}
    assert void == real_void or (not void and any("取消" in doubt for doubt in found.doubts))
    assert len(found.sum_of) == len(real.sum_of.get(str(real.yen), ()))


@pytest.mark.parametrize("name", FILES)
def test_no_personal_column_is_left_open(drafts: dict[str, Draft], name: str) -> None:
    real = {column.from_ or column.description for column in contract_of(name).columns if column.pii}
    assert real <= {each.heading for each in drafts[name].columns if each.pii}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the dbt project to draft into."""
    return Path(shutil.copytree(DBT_PROJECT, tmp_path / "dbt_project", ignore=shutil.ignore_patterns("target", "logs")))


REQUEST = Request("road", "道路占用料", "土木部 道路管理課", "roads", "elderly_home_charge")
MANY = HEAD + "".join(ROW.replace("0000001", f"{no:07d}") for no in range(1, 30))


def written(folder: Path, content: bytes, name: str = "道路占用料_20260619.csv") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def command(file: Path, project: Path, *more: str) -> subprocess.CompletedProcess[str]:
    call = [str(Path(sys.executable).parent / "receivables"), "source", "draft", str(file), "--source", "road"]
    call += ["--title", REQUEST.title, "--department", REQUEST.department, "--owner-dept", "roads"]
    call += ["--claim-type", "road", "--project", str(project), "--fixtures", str(project.parent / "drop"), *more]
    return subprocess.run(call, capture_output=True, text=True, check=False)


def drafted(project: Path, content: bytes, **more: Any) -> dict[str, Any]:
    file = written(project.parent, content)
    return sources.draft(file, REQUEST, project=project, fixtures=project.parent / "drop", **more)


KANA = "カナ,ケサ\nアアイ,カカ\n".encode("euc_jp")  # each pair of bytes is two half-width kana of CP932, too
BAD = {
    "empty": (b"", "the file is empty"),
    "headings alone": (HEAD.encode(), "no data rows"),
    "no headings": ((ROW * 3).encode("cp932"), "field 1 is a number or date"),
    "a blank heading": ((HEAD.replace("期別", "") + ROW).encode(), "heading 2 is blank"),
    "the same heading twice": ((HEAD.replace("氏名", "期別") + ROW).encode(), "fields 2 and 4 have the same heading"),
    "two encodings": (KANA, "cp932 and as euc_jp"),
    "UTF-16": ((HEAD + ROW).encode("utf-16"), "utf-16"),
    "tabs": ((HEAD + ROW).replace(",", "\t").encode("cp932"), "one field only"),
    "fields too few": ((HEAD + ROW * 3 + "1,2\n" * 3).encode("cp932"), "more or fewer fields"),
    "a quote never closed": ((HEAD + '"' + ROW * 9).encode("cp932"), "quotation mark"),
    "records of one length": (b"\r\n".join([b"1" + b"H" * 59, *[b"2" + b"5" * 59] * 5, b"9" + b"0" * 59]), "--layout"),
    "a broken workbook": (b"PK\x03\x04" + b"0" * 100, "does not open"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_sample_is_refused_and_says_why(case: str, project: Path) -> None:
    content, why = BAD[case]
    done = command(written(project.parent, content), project)
    assert done.returncode == 2, done.stderr
    assert why in done.stderr.replace("\n", "")
    assert "花子" not in done.stdout + done.stderr
    assert not (project / "models/staging/road").exists()


def test_my_number_never_enters_a_draft(project: Path) -> None:
    numbers = [first + check_digit(first) for first in (f"{99_000_000_001 + 7 * no:011}" for no in range(20))]
    rows = "".join(f"{no:07d},01,{number},花子,2026-06-30,1000\n" for no, number in enumerate(numbers))
    done = command(written(project.parent, (HEAD + rows).encode()), project)
    assert done.returncode == 2
    assert "My Number" in done.stderr
    assert numbers[0] not in done.stderr


def check_digit(eleven: str) -> str:
    """番号法施行規則 第5条."""
    weights = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]
    rest = sum(int(digit) * weight for digit, weight in zip(eleven, weights, strict=True)) % 11
    return str(0 if rest <= 1 else 11 - rest)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc_jp"])
def test_the_encoding_is_found(encoding: str, tmp_path: Path) -> None:
    found = read_sample(written(tmp_path, MANY.encode(encoding)))
    assert found.keys == {"encoding": encoding.removesuffix("-sig")}
    assert any("BOM" in doubt for doubt in found.doubts) == (encoding == "utf-8-sig")
    assert found.rows[0][3] == "世田谷　花子"


def test_a_draft_is_a_contract_and_holds_no_persons_value(project: Path) -> None:
    unknown = MANY.replace("氏名", "摘要・相手")  # a heading nobody knows holds names
    done = command(written(project.parent, unknown.encode("cp932")), project)
    assert done.returncode == 0, done.stderr
    text = "".join(file.read_text(encoding="utf-8") for file in (project / "models/staging/road").iterdir())
    made_up = "".join(file.read_bytes().decode("cp932", "ignore") for file in (project.parent / "drop").rglob("*.csv"))
    found = contracts.contract("road", project / "models/staging")
    assert found.tables[0].key == ("notice_no",)
    assert [column.from_ for column in found.tables[0].columns if column.pii] == ["摘要・相手"]
    assert "作り物" in made_up
    assert "花子" not in text + made_up + done.stdout
    assert text.count("要確認") > 3
    told = done.stdout.replace("\n", "")
    assert "claim_types.csv" in told
    assert "roads の役割" in told


def test_a_source_that_is_there_is_not_written_over_unasked(project: Path) -> None:
    drafted(project, MANY.encode())
    with pytest.raises(InputRejectedError, match="--force"):
        drafted(project, MANY.encode())
    drafted(project, MANY.encode(), is_forced=True)
    assert (project / "dbt_project.yml").read_text(encoding="utf-8").count("road") == 1


def test_the_key_is_the_smallest_that_tells_rows_apart(project: Path) -> None:
    twice = MANY + MANY.partition("\n")[2].replace(",01,", ",02,")
    assert drafted(project, twice.encode())["tables"][0]["key"] == ["notice_no", "instalment_no"]


def test_what_is_unknown_is_asked_and_what_is_lacking_is_said(project: Path) -> None:
    found = drafted(project, ("謎,期限日,金\n" + "".join(f"あ{at},2025-06-30,{at}\n" for at in range(30))).encode())
    asked = "\n".join(found["open_questions"])
    for word in ("addressee_no", "due_date", "assessed_yen", "送付票", "c01 (謎)", "key"):
        assert word in asked
    text = (project / "models/staging/road/_road.yml").read_text(encoding="utf-8")
    assert "{from: 謎, type: text, pii: true}" in text, "unknown text is personal until somebody says no"


def test_thousands_of_yen_are_said_to_be_so(project: Path) -> None:
    drafted(project, MANY.replace("使用料", "使用料（千円）").encode())
    table = contracts.contract("road", project / "models/staging").tables[0]
    assert (table.column("assessed_yen").unit, table.yen) == (1000, None)


def taken_in(
    project: Path, new_state: Callable[[], State], monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, int, int]]:
    """What the pipeline makes of the made-up delivery, by the drafted contract."""
    monkeypatch.setenv("RECEIVABLES_CONTRACTS", str(project / "models/staging"))
    state = new_state()
    create_tables(state)
    found = ingest.ingest_source("road", drop=project.parent / "drop", as_of=AS_OF, state=state)
    assert all(batch.state == "loaded" for batch in found), [batch.reason for batch in found]
    return [(batch.table_name, batch.accepted_rows, batch.quarantined_rows) for batch in found]


@pytest.mark.postgres
@pytest.mark.parametrize(
    "names",
    [
        ["nhi__claims", "nhi__receipts"],
        ["scholarship__instalments"],
        ["resident_tax__claims", "resident_tax__receipts", "resident_tax__dunnings"],
    ],
)
def test_the_made_up_delivery_is_taken_in_by_the_drafted_contract(
    ward: Path, project: Path, tmp_path: Path, names: list[str], new_state: Callable[[], State],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Host files with their record layouts, a ledger, and three files of the standard: all of the forms there are."""
    files: dict[str, Path] = {}
    layouts: dict[str, Path | None] = {}
    for name in names:
        kind, pattern = FILES[name]
        [files[kind]] = (ward / name.partition("__")[0]).glob(pattern)
        (tmp_path / kind).mkdir()
        is_host = contract_of(name).reader == "fixed_width"
        layouts[kind] = record_layout(contract_of(name), tmp_path / kind) if is_host else None
    sources.draft(
        files["claims"], REQUEST, receipts=files.get("receipts"), dunnings=files.get("dunnings"),
        options=Options(layout=layouts["claims"], receipts_layout=layouts.get("receipts")),
        project=project, fixtures=tmp_path / "drop",
    )  # fmt: skip
    found = taken_in(project, new_state, monkeypatch)
    assert sorted(found) == sorted((f"road__{kind}", 12, 0) for kind in files)
    linted = [str(Path(sys.executable).parent / "sqlfluff"), "lint", "--config", str(PROJECT / ".sqlfluff")]
    linted.append("dbt_project/models/staging/road")
    done = subprocess.run(linted, cwd=project.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
