"""The independent reader: its two ways agree, whatever is in a file, and nothing in a file makes it raise."""

from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivables.migration.files import decoding, parsing, records
from receivables.migration.files.findings import ISSUES_KEPT
from receivables.migration.files.profile import GroupSpec
from receivables.migration.files.rereading import reread_group
from tests.migration.files.staged import PROFILE_NAMES, profile_named, reread, spec_of

# Words that are right, wrong or odd in one item or another, and what can break a record.
WORDS = st.one_of(
    st.sampled_from(["", "0", "1", "2025", "131121", "02", "-5", "007", "1" * 19, "0000-00-00", "2026-02-29",
                     "2025-07-31", "1867-01-01", "2099-01-01", "00:00:00", "23:59:59", "24:00:00", "北沢\U000e0100",
                     "\ufe00", "辻\U000e0101\U000e0102", " 北沢", "\u3000", "a\0b", "\ue000", "\x85", "\\N", "\\.",
                     "a\tb", "123456789018", "１２", "1e4", "−", 'x"1"', '"1"x']),
    st.text(st.sampled_from('a"\r\n,\t;\\\0北\u3000'), max_size=5),
)  # fmt: skip
GROUP_IDS = st.sampled_from(["henrei", "dairinin", "shokei", "entaikin_gemmen"])
CHANGES = st.fixed_dictionaries(
    {"newline": st.sampled_from(["CRLF", "LF"]), "quoting": st.sampled_from(["minimal", "all"]),
     "header": st.booleans(), "delimiter": st.sampled_from(",\t;"), "max_rows_per_file": st.none(),
     "empty_number": st.sampled_from(["", "0"]), "empty_text": st.sampled_from(["", "-"])},
)  # fmt: skip


@st.composite
def contents(draw: st.DrawFn) -> tuple[GroupSpec, bytes]:
    """A profile, and bytes that are nearly or not at all a file by it."""
    name = draw(st.sampled_from(PROFILE_NAMES))
    encoding = draw(st.sampled_from([profile_named(name).encoding, "utf-16-le", "euc_jp"]))
    bom = {"bom": False} if not encoding.startswith("utf") else {}
    spec = spec_of(draw(GROUP_IDS), profile_named(name, **draw(CHANGES), encoding=encoding, **bom))
    width, delimiter = len(spec.group.items), spec.profile.delimiter
    mark = '"' if spec.profile.quoting == "all" else ""
    good = [mark + (empty or _ordinary(item.type, item.length)) + mark
            for item, empty in zip(spec.group.items, spec.empties, strict=True)]  # fmt: skip
    lines = [delimiter.join(mark + each + mark for each in spec.group.names)] if spec.profile.header else []
    for _ in range(draw(st.integers(0, 8))):
        fields = list(good)
        for at in draw(st.lists(st.integers(0, width - 1), max_size=3)):
            word = draw(WORDS)
            fields[at] = draw(st.sampled_from([mark + word + mark, '"' + word.replace('"', '""') + '"', word]))
        fields = fields[: width + draw(st.sampled_from([0, 0, 0, 0, -1]))]
        lines.append(delimiter.join(fields))
    end = spec.profile.line_end
    ends = [draw(st.sampled_from([end, end, end, end, "\n", "\r\n", "\r", ""])) for _ in lines]
    text = ("\ufeff" if spec.profile.bom else "") + "".join(map("".join, zip(lines, ends, strict=True)))
    raw = bytearray(text.encode(encoding, errors="replace"))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        raw.insert(draw(st.integers(0, len(raw))), draw(st.sampled_from([0xFF, 0x00, 0x80, 0xED, 0x22, 0x0A, 0x0D])))
    return spec, bytes(raw)


def _ordinary(kind: str, length: int | None) -> str:
    return {"date": "2025-07-31", "time": "12:00:00", "year": "2025", "text": "a", "flag": "1"}.get(
        kind, "1" * (length or 1)
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def both(folder: Path, spec: GroupSpec, content: bytes, *, at_once: int) -> tuple[object, ...]:
    file = folder / spec.file_name("20260619000000", 1)
    for old in folder.iterdir():
        old.unlink()
    file.write_bytes(content)
    with patch.object(decoding, "BYTES_AT_ONCE", at_once):
        quick, slow = reread(folder, spec), reread(folder, spec, is_slow=True)
    assert quick == slow
    return quick


@settings(max_examples=400, deadline=None)
@given(contents(), st.integers(3, 60))
def test_the_quick_way_says_the_same_as_the_slow_one_in_blocks_of_any_size(
    folder: Path, made: tuple[GroupSpec, bytes], at_once: int
) -> None:
    spec, content = made

    assert both(folder, spec, content, at_once=at_once) == both(folder, spec, content, at_once=1 << 20)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PROFILE_NAMES), st.binary(max_size=300))
def test_no_bytes_make_it_raise(folder: Path, profile: str, content: bytes) -> None:
    both(folder, spec_of("henrei", profile), content, at_once=1 << 20)


def one(
    tmp_path: Path, content: bytes, profile: str = "standard_csv", group: str = "henrei"
) -> tuple[object, list[str]]:
    spec = spec_of(group, profile)
    (tmp_path / spec.file_name("20260619000000", 1)).write_bytes(content)
    found, lines = reread(tmp_path, spec)
    return [(issue.check_id, issue.problem) for issue in found.issues], lines


def henrei(**given: str) -> str:
    """A right record of 返戻情報."""
    spec = spec_of("henrei")
    values = dict(zip(spec.columns, spec.empties, strict=True)) | {
        item.column: _ordinary(item.type, item.length) for item in spec.group.items if item.key
    }
    return ",".join((values | {"del_flg": "0"} | given).values())


def test_a_record_of_a_gigabyte_is_refused_without_being_held(tmp_path: Path) -> None:
    """Small here: so many characters that they are too many, in many blocks, the quotation mark never closed."""
    with patch.object(parsing, "LONGEST_RECORD", 1000), patch.object(records, "LONGEST_RECORD", 1000), \
            patch.object(decoding, "BYTES_AT_ONCE", 100):  # fmt: skip
        plain, _ = one(tmp_path, b"a" * 100_000)
        quoted, _ = one(tmp_path, b'"' + b"a\r\n" * 30_000)

    assert ("C-100", parsing.TOO_LONG) in plain
    assert ("C-100", parsing.TOO_LONG) in quoted


@pytest.mark.parametrize("odd", ['"131121",x"2"', '"131121","2" ', 'x"131121","2"'])
def test_letters_outside_the_marks_are_no_part_of_a_field(tmp_path: Path, odd: str) -> None:
    spec = spec_of("henrei", profile_named("quoted_lf_bom_csv", header=False, bom=False))
    right = '"' + henrei(sosa_ymd="", sosa_time="").replace(",", '","') + '"\n'
    first = ",".join(right.split(",")[:2])
    both(tmp_path, spec, right.replace(first, odd).encode(), at_once=1 << 20)
    found, lines = reread(tmp_path, spec)

    assert "quotation mark stands inside" in found.issues[0].problem
    assert lines == []


def test_what_stands_before_a_byte_of_another_encoding_is_read(tmp_path: Path) -> None:
    header = ",".join(spec_of("henrei").group.names)
    content = f"{header}\r\n{henrei()}\r\n{henrei()}\r\n".encode()
    issues, lines = one(tmp_path, content + "世田谷\r\n".encode("cp932") + content)

    assert issues[0] == ("C-100", f"not UTF-8 from byte {len(content)} on")
    assert len(lines) == 2


def test_an_empty_file_lacks_its_header(tmp_path: Path) -> None:
    issues, lines = one(tmp_path, b"")

    assert issues == [("C-001", "the header is missing")]
    assert lines == []


def test_all_issues_are_counted_and_a_thousand_kept(tmp_path: Path) -> None:
    header = ",".join(spec_of("henrei").group.names)
    spec = spec_of("henrei")
    file = tmp_path / spec.file_name("20260619000000", 1)
    file.write_bytes((header + "\r\n" + (henrei(del_flg="2") + "\r\n") * 1500).encode())
    found, lines = reread(tmp_path, spec)

    assert found.issue_counts == {"C-020": 1500}
    assert len(found.issues) == ISSUES_KEPT
    assert len(lines) == found.rows == 1500


@pytest.mark.parametrize(
    ("name", "said"),
    [("036o012_20260619000000_2.csv", "stands where number 1 is due"), ("henrei.csv", "has not the agreed name")],
)
def test_a_wrong_name_is_named(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / name).write_bytes(b"")

    assert any(said in issue.problem for issue in reread(tmp_path, spec_of("henrei"))[0].issues)


def test_files_that_are_missing_or_too_many_are_named(tmp_path: Path) -> None:
    spec = spec_of("henrei")
    first, second = (tmp_path / spec.file_name("20260619000000", number) for number in (1, 2))
    second.write_bytes(b"")

    def said(files: list[Path]) -> str:
        return "; ".join(issue.problem for issue in reread_group(files, spec, lambda text: None).issues)

    assert "is missing" in said([first])
    assert f"file {second.name} is there besides" in said([first])
    assert "2 files where the profile says one" in said([first, second])
    assert said([]) == "no file of the group is there"
