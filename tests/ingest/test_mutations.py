"""The ward's own files, spoilt at random: whatever is cut, put in or replaced, no row and no yen is lost in silence.

Every source that delivers files, host records, CSV and workbooks alike: either the rows counted one by one are those
that the department declared, and so is the yen, or the file is refused with a reason.
"""

import csv
import io
import random
import re
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from receivables import city, contracts
from receivables.contracts import Table
from receivables.ingest import balance
from receivables.ingest.ledger import Batch
from receivables.ingest.parsing import accepted
from receivables.ingest.readers import open_reader
from receivables.ingest.records import NULL, Declared
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.work import Work
from receivables.settings import State
from tests.conftest import AS_OF

from .test_blocks import spoilt

pytestmark = pytest.mark.postgres
MUTATIONS = 200  # of each file
TABLES = [
    table.as_export or table
    for contract in contracts.all_contracts()
    for table in contract.tables
    if table.as_export or table.control.kind != "query"
]
SHEET = "xl/worksheets/sheet1.xml"


class Count(NamedTuple):
    """What reading a file came to: rows one by one, yen that could be read, rows whose yen could not, the account."""

    rows: int
    yen: int
    unreadable: int
    closed_yen: int
    declared: Declared
    refusal: str = ""


@pytest.fixture(scope="module")
def ward(state: State, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("mutated") / "w"
    city.make(residents=200, seed=6, as_of=AS_OF, out=out, state=state)
    return out


def delivered(ward: Path, table: Table) -> Path:
    (file,) = (ward / table.name.partition("__")[0]).glob(table.file_name(AS_OF))
    return file


def declared_beside(file: Path, table: Table) -> tuple[int, int] | None:
    """件数 and 金額合計 of the 送付票, read without the program's own reader."""
    if table.control.kind != "manifest":
        return None
    manifest = file.parent / table.file_name(AS_OF, table.control.file)
    with manifest.open(encoding="utf-8-sig", newline="") as lines:
        (row,) = (row for row in csv.DictReader(lines) if row["ファイル名"] == file.name)
    return int(row["件数"]), int(row["金額合計"] or 0)


def count(table: Table, file: Path, beside: tuple[int, int] | None) -> Count:
    work = Work(Batch("b", table, AS_OF, "landed", file.name, "", None, frozenset()))
    reader = open_reader(table, file, AS_OF)
    try:
        lines = [line.split("\t") for text in accepted(work, reader) for line in text.split("\n")[:-1]]
        declared = reader.declared
        if beside is not None:
            declared.rows, declared.yen = beside[0], beside[1] if table.yen else None
        balance.close(work.account, declared, work.asides, where="the test")
    except BatchRejectedError as fault:
        return Count(0, 0, 0, 0, Declared(), f"{fault.reason_code}: {fault}")
    at = [column.name for column in table.columns].index(table.yen) if table.yen else None
    read = [aside.amount_yen for aside in work.asides]
    yen = sum(int(line[at]) for line in lines if at is not None and line[at] != NULL) + sum(one or 0 for one in read)
    return Count(len(lines) + len(work.asides), yen, read.count(None), work.account.yen, declared)


def mutated(rng: random.Random, content: bytes, file: Path) -> bytes:
    """The file spoilt; of a workbook mostly the sheet inside, so that it still opens."""
    if file.suffix != ".xlsx" or rng.random() < 0.2:
        return spoilt(rng, content)
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as book, zipfile.ZipFile(made, "w") as other:
        for name in book.namelist():
            part = book.read(name)
            other.writestr(name, in_a_row(rng, part) if name == SHEET else part)
    return made.getvalue()


def in_a_row(rng: random.Random, xml: bytes) -> bytes:
    """Spoil the sheet anywhere, or mostly: take out a cell or a row, double a row, change a letter of a value."""
    kind = rng.random()
    rows = xml.split(b"<row ")
    at = rng.randrange(1, len(rows))
    if kind < 0.2:
        return spoilt(rng, xml)
    if kind < 0.35:
        del rows[at]
    elif kind < 0.45:
        rows.insert(at, rows[at])
    elif kind < 0.7:
        cells = rows[at].split(b"<c ")
        if len(cells) > 2:
            del cells[rng.randrange(1, len(cells) - 1)]
        rows[at] = b"<c ".join(cells)
    else:
        digit = rng.choice(b"0123456789")
        rows[at] = rows[at].replace(b"<v>" + bytes([digit]), b"<v>" + rng.choice([b"x", b"", b"-", b"1E", b"0"]), 1)
    return b"<row ".join(rows)


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_no_mutation_loses_a_row_or_a_yen_in_silence(ward: Path, tmp_path: Path, table: Table) -> None:
    original, rng = delivered(ward, table), random.Random(f"people:{table.name}")
    beside, content = declared_beside(original, table), original.read_bytes()
    whole = count(table, original, beside)
    assert not whole.refusal
    assert (whole.rows, whole.closed_yen) == (whole.declared.rows, whole.declared.yen or whole.closed_yen)
    file, reached = tmp_path / original.name, 0

    for number in range(MUTATIONS):
        file.write_bytes(mutated(rng, content, original))
        found = count(table, file, beside)
        if found.refusal:
            assert re.match(r"[A-Z_]+: .", found.refusal), "a refusal says why"
            continue
        reached += 1
        assert found.rows == whole.rows, f"mutation {number}: rows lost or won without a word"
        if table.yen and whole.declared.yen is not None:
            assert found.closed_yen == found.declared.yen, f"mutation {number}"
            assert found.declared.yen == whole.declared.yen or found.unreadable, f"mutation {number}: another total"
            assert found.yen == whole.declared.yen or found.unreadable, f"mutation {number}: yen lost without a word"
    assert reached >= MUTATIONS // 20, "most mutations are refused whole; this test compares refusals only"


def test_there_are_enough_of_them() -> None:
    assert len(TABLES) * MUTATIONS >= 2_000
