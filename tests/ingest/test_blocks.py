"""Blocks and single records must agree on every byte: the same rows accepted, the same rows set aside.

Files are spoilt at random (bytes cut, put in, replaced) and read both ways, and no record is ever lost.
"""

import random
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from receivables import contracts
from receivables.contracts import Table
from receivables.ingest import chunks
from receivables.ingest.block_check import Accepted, BlockCheck
from receivables.ingest.blocks import Block
from receivables.ingest.chunks import Chunk
from receivables.ingest.ledger import Batch
from receivables.ingest.parsing import accepted
from receivables.ingest.readers import delimited, open_reader
from receivables.ingest.readers.separators import IsRow, Neat
from receivables.ingest.rejection import BatchRejectedError
from receivables.ingest.rows import Conversion
from receivables.ingest.work import Work

from .files import (
    CLAIM_ITEMS,
    DAY,
    csv_bytes,
    host_file,
    nhi_claim,
    nhi_receipt,
    tax_claim,
)
from .test_line_breaks import CLAIMS as CARE_CLAIMS
from .test_line_breaks import TWO_LINES
from .test_line_breaks import claim as care_claim

MUTATIONS = 3_600


class Outcome(NamedTuple):
    """What reading a file came to, in a form that does not depend on the order of rows."""

    rows: list[str]
    asides: list[tuple[object, ...]]
    account: tuple[int, ...]
    declared: tuple[object, ...]
    converted: dict[Conversion, int]
    refusal: str


def outcome(table: Table, file: Path) -> Outcome:
    work = Work(Batch("b", table, DAY, "landed", file.name, "", None, frozenset()))
    reader = open_reader(table, file, DAY)
    texts: list[str] = []
    refusal = ""
    try:
        texts.extend(accepted(work, reader))
    except BatchRejectedError as fault:
        return Outcome([], [], (), (), {}, str(fault))
    rows = sorted(plain(line) for text in texts for line in text.split("\n")[:-1])
    asides = sorted((one.line_no, one.byte_offset, one.raw, one.reason_code, one.field or "", str(one.amount_yen),
                     one.guesses) for one in work.asides)  # fmt: skip
    account, declared = work.account, reader.declared
    return Outcome(
        rows, [*asides], (account.accepted_rows, account.accepted_yen, account.rows, account.yen),
        (declared.rows, declared.yen, declared.business_date), dict(work.converted), refusal,
    )  # fmt: skip


def plain(line: str) -> str:
    """Numbers as PostgreSQL reads them: leading zeros of a yen amount or a line number say nothing."""
    *values, line_no, offset, length = line.split("\t")
    return "\t".join([*(value.lstrip("0") or "0" if value.isdigit() else value for value in values),
                      str(int(line_no)), str(int(offset)), str(int(length))])  # fmt: skip


def doubt_everything(_: BlockCheck, block: Block) -> Accepted:
    return Accepted("", 0, 0, np.arange(len(block)))


def see_nothing_neat(_: Chunk, __: int, width: int, ___: IsRow) -> Neat:
    none = np.zeros(0, dtype=np.int64)
    return Neat(none, none, none.reshape(0, width - 1))


def both(table: Table, content: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Outcome, Outcome]:
    file = folder / "file"
    file.write_bytes(content)
    quick = outcome(table, file)
    with monkeypatch.context() as slowly:
        slowly.setattr(BlockCheck, "check", doubt_everything)
        slowly.setattr(delimited, "neat_records", see_nothing_neat)
        return quick, outcome(table, file)


def nhi(name: str) -> Table:
    return contracts.contract("nhi").table(f"nhi__{name}")


def amended(table: Table, name: str, **keys: Any) -> Table:
    columns = [one.model_copy(update=keys) if one.name == name else one for one in table.columns]
    return table.model_copy(update={"columns": tuple(columns)})


CARE = contracts.contract("latter_stage").table("latter_stage__claims")
QUOTED = [
    *(care_claim(no) for no in range(1, 5)),
    care_claim(5, TWO_LINES), care_claim(6, remark='"A,B\nC\nD"'), care_claim(7, '"世田谷区 ""い"" 棟"'),
    care_claim(8, '" 　世田谷区　 "'), care_claim(9, TWO_LINES, '"二\n行"'), care_claim(10, "世田谷区"),
    care_claim(11, '"世田谷区'), care_claim(12), care_claim(13, TWO_LINES), care_claim(14, '"世田谷区\tA\\B"'),
    care_claim(15, '"1234 5678\n9018"'), care_claim(16, '"\n\n"'), care_claim(17, '""', '"備考"'), care_claim(18),
]  # fmt: skip
TAX = contracts.contract("resident_tax").table("resident_tax__claims")
KANJI = "髙橋　﨑太郎".encode("cp932").ljust(40)
HOST = [
    *(nhi_claim(no, yen=2_000 + no) for no in range(1, 9)),
    nhi_claim(10, name=KANJI, dunned=b"5070718", arrived=b"5070720", deadline=b"5070731"),
    nhi_claim(11, name="　　 空白　".encode("cp932").ljust(40), status=b"9"),
    nhi_claim(12, name=b"A\\B".ljust(40)),
    nhi_claim(16, name=b"A\tB".ljust(40)),
    nhi_claim(17, kana=b"1234 5678 9018".ljust(40)),
    nhi_claim(18, medical=b"000009999"),
    nhi_claim(19, name="１２３４５６７８９０１８".encode("cp932").ljust(40)),
    nhi_claim(20, name="1234５６７８ 9018".encode("cp932").ljust(40)),
    nhi_claim(21, name="桜１丁目２０番９号１０１".encode("cp932").ljust(40)),
    nhi_claim(13, name="　".encode("cp932") * 20),
    nhi_claim(14, due_date=b"4310501"),
    nhi_claim(15, name=b"\xf0\x40".ljust(40)),
]
FILES: dict[str, tuple[Table, bytes]] = {
    "host claims": (nhi("claims"), host_file(HOST, yen=1)),
    "host claims, LF": (nhi("claims"), host_file(HOST, yen=1, end=b"\n")),
    "host receipts": (nhi("receipts"), host_file([nhi_receipt(no) for no in range(1, 9)], width=120, yen=40_000)),
    "host claims, old era": (amended(nhi("claims"), "due_date", era_overrun=True), host_file(HOST, yen=1)),
    "csv, quoted": (CARE, "\r\n".join([CARE_CLAIMS, *QUOTED, ""]).encode("cp932")),
    "csv, quoted and broken": (CARE, "\n".join(
        [CARE_CLAIMS, *QUOTED, care_claim(19, '世田谷区"'), *QUOTED[:3], '0,"', *QUOTED[4:8], care_claim(20, '"a')]
    ).encode("cp932")),
    "csv": (TAX, csv_bytes(CLAIM_ITEMS, [
        *(tax_claim(no) for no in range(1, 6)),
        tax_claim(6, 宛名番号='"000000000000006"'), tax_claim(7, 納期限="2025-02-30"), tax_claim(8, 削除フラグ="1"),
        tax_claim(9, 不納欠損事由='"\r\n"'), tax_claim(10, 不納欠損日="2026-03-31", 不納欠損事由="01"),
        tax_claim(11, **{"調定額_本税（料）": "-5"}), tax_claim(12, **{"調定額_本税（料）": " 30000 "}),
    ])),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_both_ways_agree_on_the_whole_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table, content = FILES[name]

    quick, slow = both(table, content, tmp_path, monkeypatch)

    assert quick == slow
    assert not quick.refusal
    assert len(quick.rows) > 4


WIDE = [part.encode("cp932") for part in ("１２３４５６", "７８９０１８")]
INTERESTING = [b"\0", b"\x01", b"\t", b"\n", b"\r", b"\r\n", b'"', b",", b"\\", b"\x1a", b" ", b"\x81\x40", b"\x83",
               b"\xf0\x40", b"\xff", b"-", b"9", b"\xe3\x80\x80", b"\xef\xbf\xbd", b"\xee\x80\x80",
               *WIDE]  # fmt: skip


def spoilt(rng: random.Random, content: bytes) -> bytes:
    """`content` with one to three places cut, filled or replaced."""
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(content) + 1)
        size = rng.choice([0, 0, 1, 1, 2, 7, 200])
        put = rng.choice(INTERESTING) if rng.random() < 0.7 else rng.randbytes(rng.randint(0, 3))
        content = content[:at] + put * rng.choice([0, 1, 1, 12]) + content[at + size :]
    return content


@pytest.mark.parametrize("name", FILES)
def test_no_mutation_tells_the_two_ways_apart(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table, content = FILES[name]
    rng = random.Random(f"7:{name}")
    loaded = 0
    for number in range(MUTATIONS // len(FILES)):
        wrong = spoilt(rng, content)
        quick, slow = both(table, wrong, tmp_path, monkeypatch)
        assert quick == slow, f"mutation {number}"
        with monkeypatch.context() as in_pieces:
            in_pieces.setattr(chunks, "PIECE", rng.choice([64, 300, 1_000]))
            assert outcome(table, tmp_path / "file") == quick, f"mutation {number} in pieces"
        loaded += not quick.refusal
    assert loaded > 50, "most mutations must reach the rows, or this test compares refusals"


SHORT_KEY = amended(CARE, "instalment_no", length=1)
SMALL = SHORT_KEY.model_copy(
    update={
        "columns": tuple(SHORT_KEY.column(name) for name in ("instalment_no", "person_name", "remark")),
        "key": ("instalment_no",), "yen": None, "fiscal_year": None, "exclude": (),
    }
)  # fmt: skip
SMALL_HEADER = "期別,氏名,備考\n".encode("cp932")
CRUMBS = [b'"', b'"', b",", b"\n", b"1", b"a", b"1,a,a\n", b'1,"a",a\n', b'1,"a\na",a\n', b'1,a,"a\n', b'"\n',
          b'a",b\n',
          b'",","\n', b'"",', b'\n\n', b'1,"', b'","']  # fmt: skip


def test_no_sequence_of_crumbs_tells_the_two_ways_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quotes and breaks in any order: what a broken quote may have swallowed is never taken for a record."""
    rng = random.Random(11)
    for number in range(6_000):
        content = SMALL_HEADER + b"".join(rng.choices(CRUMBS, k=rng.randint(1, 24)))
        quick, slow = both(SMALL, content, tmp_path, monkeypatch)
        assert quick == slow, f"sequence {number}: {content!r}"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, len(HOST) - 1), max_size=30), st.randoms(use_true_random=False))
def test_every_line_between_header_and_trailer_is_somewhere(
    tmp_path: Path, chosen: list[int], rng: random.Random
) -> None:
    rows = [bytearray(HOST[at]) for at in chosen]
    for row in rows:
        if rng.random() < 0.3:
            row[rng.randrange(1, len(row))] = rng.choice(b"\x00\x01\x20\x39\x41\x81\xf0\xff")
    content = host_file([bytes(row) for row in rows], yen=0)
    file = tmp_path / "file"
    file.write_bytes(content)

    found = outcome(nhi("claims"), file)

    if found.refusal:
        assert any(word in found.refusal for word in ("WRONG_ENCODING", "EMPTY"))
        return
    numbers = [int(row.split("\t")[-3]) for row in found.rows] + [one[0] for one in found.asides]
    assert sorted(numbers) == list(range(2, 2 + len(rows)))  # type: ignore[type-var]


def test_a_record_over_three_pieces_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = care_claim(2, '"' + "\n".join(["世田谷区" * 5] * 12) + '"')
    file = tmp_path / "file"
    file.write_bytes("\r\n".join([CARE_CLAIMS, care_claim(1), long, care_claim(3), ""]).encode("cp932"))
    whole = outcome(CARE, file)
    assert len(whole.rows) == 3

    monkeypatch.setattr(chunks, "PIECE", 60)

    assert outcome(CARE, file) == whole


def test_a_large_file_is_mostly_accepted_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick way must really be taken, or it is only proven to be harmless."""
    doubted = 0
    real = BlockCheck.check

    def counting(self: BlockCheck, block: Block) -> Accepted:
        nonlocal doubted
        found = real(self, block)
        doubted += len(found.doubtful)
        return found

    monkeypatch.setattr(BlockCheck, "check", counting)
    file = tmp_path / "file"
    file.write_bytes(host_file([nhi_claim(no, name=KANJI) for no in range(1, 5_001)], yen=0))

    found = outcome(nhi("claims"), file)

    assert len(found.rows) == 5_000
    assert doubted == 0


def test_dates_are_read_as_the_era_says(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(host_file([nhi_claim(1, due_date=b"4310430"), nhi_claim(2, due_date=b"5010501")], yen=0))

    rows = [row.split("\t") for row in outcome(nhi("claims"), file).rows]

    place = [column.name for column in nhi("claims").columns].index("due_date")
    assert [row[place] for row in rows] == [date(2019, 4, 30).isoformat(), date(2019, 5, 1).isoformat()]
    assert np.array([len(row) for row in rows]).min() == len(nhi("claims").columns) + 3
