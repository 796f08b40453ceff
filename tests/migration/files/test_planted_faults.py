"""Faults planted in a right file, for every receiver: each is named by its check, and no other fault is seen."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from receivables.migration.files.profile import GroupSpec
from tests.migration.files.staged import PROFILE_NAMES, STAMP, profile_named, reread, sample_row, spec_of

Rows = list[list[str]]
Change = Callable[[GroupSpec, bytes], bytes]
ASSESSED = "zeigaku"


def texts(spec: GroupSpec) -> Rows:
    """Three right records of 調定収納情報."""
    rows = [sample_row(spec, tsuchisho_no=f"100000000{at}", kesson_ymd=None, atena_no="000000000000001",
                       shadai_no=None, kesson_zeigaku=None, sosa_time=None) for at in range(3)]  # fmt: skip
    return [
        [empty if value is None else str(value) for value, empty in zip(row, spec.empties, strict=True)] for row in rows
    ]


def content_of(spec: GroupSpec, rows: Rows, names: list[str] | None = None) -> bytes:
    profile, text = spec.profile, io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL if profile.quoting == "all" else csv.QUOTE_MINIMAL,
                        lineterminator=profile.line_end, delimiter=profile.delimiter)  # fmt: skip
    writer.writerows(([names or list(spec.group.names)] if profile.header else []) + rows)
    return (("\ufeff" if profile.bom else "") + text.getvalue()).encode(profile.encoding)


def at(spec: GroupSpec, column: str) -> int:
    return spec.columns.index(column)


def cell(column: str, value: str) -> Change:
    def change(spec: GroupSpec, _: bytes) -> bytes:
        rows = texts(spec)
        rows[1][at(spec, column)] = value
        return content_of(spec, rows)

    return change


def rows_changed(change: Callable[[Rows], object]) -> Change:
    def changed(spec: GroupSpec, _: bytes) -> bytes:
        rows = texts(spec)
        change(rows)
        return content_of(spec, rows)

    return changed


def renamed(spec: GroupSpec, _: bytes) -> bytes:
    names = list(spec.group.names)
    names[40], names[41] = names[41], names[40]
    return content_of(spec, texts(spec), names)


def other_line_ends(spec: GroupSpec, content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n") if spec.profile.newline == "CRLF" else content.replace(b"\n", b"\r\n")


def other_bom(spec: GroupSpec, content: bytes) -> bytes:
    return content.removeprefix(b"\xef\xbb\xbf") if spec.profile.bom else b"\xef\xbb\xbf" + content


def other_encoding(spec: GroupSpec, content: bytes) -> bytes:
    other = "cp932" if spec.profile.encoding == "utf-8" else "utf-8"
    return content[:-300] + content[-300:].decode(spec.profile.encoding).replace("北沢", "北沢髙").encode(other)


def other_quoting(spec: GroupSpec, content: bytes) -> bytes:
    return content.replace(b'"10000"', b"10000", 1) if spec.profile.quoting == "all" else content.replace(
        b",10000,", b',"10000",', 1
    )  # fmt: skip


def mark_inside(spec: GroupSpec, content: bytes) -> bytes:
    return content.replace(b"10000", b'10"000', 1)


FAULTS: list[tuple[Change, str, str]] = [
    (renamed, "C-001", "the header is not"),
    (rows_changed(lambda rows: rows[1].pop()), "C-001", "87 fields instead of 88"),
    (rows_changed(lambda rows: rows[1].append("1")), "C-001", "89 fields instead of 88"),
    (other_line_ends, "C-100", "a line does not end in"),
    (lambda spec, content: content.replace(spec.profile.line_end.encode(), b"\r"), "C-100", "a line does not end in"),
    (lambda spec, content: content.removesuffix(spec.profile.line_end.encode()), "C-100", "no line end"),
    (lambda _, content: content[: len(content) // 2], "C-100", ""),  # in a field, or within quotation marks
    (other_bom, "C-100", "BOM"),
    (other_encoding, "C-100", " from byte "),
    (other_quoting, "C-100", "quoted"),
    (mark_inside, "C-100", "quotation mark"),
    (lambda _, content: content + b'"', "C-100", "a quotation mark is never closed"),
    (cell("fuka_nendo", ""), "C-010", "a key item is empty"),
    (cell(ASSESSED, "10,000"), "C-020", "not a whole number"),
    (cell(ASSESSED, "010000"), "C-020", "not a whole number"),
    (cell(ASSESSED, "１００００"), "C-020", "not a whole number"),
    (cell(ASSESSED, "-10000"), "C-020", "negative"),
    (cell(ASSESSED, "1e4"), "C-020", "not a whole number"),
    (cell(ASSESSED, "+1"), "C-020", "not a whole number"),
    (cell(ASSESSED, "1" + "0" * 18), "C-020", "not a whole number"),
    (cell("noki_ymd", "2026-02-29"), "C-020", "not a date"),
    (cell("noki_ymd", "2026-02-29"), "C-030", "does not exist"),
    (cell("noki_ymd", "20260228"), "C-020", "not a date"),
    (cell("noki_ymd", "1868-01-24"), "C-030", "before 1868-01-25"),
    (cell("noki_ymd", "2056-06-20"), "C-030", "30 years ahead"),
    (cell("sosa_time", "24:00:00"), "C-020", "not a time"),
    (cell("del_flg", "2"), "C-020", "not a flag"),
    (cell("kibetsu_cd", "1"), "C-021", "1 characters where the edition says 2"),
    (cell("kibetsu_cd", "001"), "C-021", "3 characters where the edition says 2"),
    (cell("atena_no", "0" * 16), "C-021", "16 characters where the edition says 15"),
    (cell("tsuchisho_no", "1000000001 "), "C-070", "a blank at an edge"),
    (cell("tsuchisho_no", "\u30001000000001"), "C-070", "a blank at an edge"),
    (cell("tsuchisho_no", "10000\ue0000001"), "C-070", "private-use"),
    (cell("tsuchisho_no", "10000\x010001"), "C-070", "control"),
    (cell("tsuchisho_no", "10000\x000001"), "C-070", "control"),
    (cell("tsuchisho_no", "1000\n00001"), "C-100", "a line break stands inside a field"),
    (cell("tsuchisho_no", "123456789018"), "C-090", "individual number"),
]


def issues(folder: Path, spec: GroupSpec, content: bytes) -> list[tuple[str, str]]:
    file = folder / spec.file_name(STAMP, 1)
    file.write_bytes(content)
    found, slow = reread(folder, spec), reread(folder, spec, is_slow=True)
    assert found == slow
    return [(issue.check_id, issue.problem) for issue in found[0].issues]


@pytest.mark.parametrize("name", PROFILE_NAMES)
@pytest.mark.parametrize(("change", "check_id", "said"), FAULTS)
def test_each_fault_is_named(tmp_path: Path, name: str, change: Change, check_id: str, said: str) -> None:
    spec = spec_of("chotei_shuno", name)
    right = content_of(spec, texts(spec))
    assert issues(tmp_path, spec, right) == []
    wrong = change(spec, right)
    if wrong == right:
        assert change is renamed
        assert not spec.profile.header  # nothing to rename
        return
    found = issues(tmp_path, spec, wrong)

    assert any(each[0] == check_id and said in each[1] for each in found), found


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_a_sentinel_is_due_where_it_was_agreed(tmp_path: Path, name: str) -> None:
    spec = spec_of("chotei_shuno", name)
    for column in ("shadai_no", "kesson_ymd", "kesson_zeigaku", "sosa_time"):
        found = issues(tmp_path, spec, cell(column, "")(spec, b""))
        is_agreed = spec.empties[at(spec, column)] == ""
        assert found == ([] if is_agreed else [("C-020", "empty although the profile has a sentinel for it")])


def test_an_agreed_zero_is_no_year_but_an_amount(tmp_path: Path) -> None:
    spec = spec_of("shuno_rireki", "zero_filled_csv")
    row = [str(value) for value in sample_row(spec, kaikei_nendo=0, entaikin_shuno=0)]
    (tmp_path / spec.file_name(STAMP, 1)).write_bytes(content_of(spec, [row]))
    found, (line,) = reread(tmp_path, spec)
    values = dict(zip(spec.columns, line.removesuffix("\n").split("\t")[2:], strict=True))

    assert found.issues == []
    assert (values["kaikei_nendo"], values["entaikin_shuno"]) == ("\\N", "0")


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_a_changed_yen_changes_the_sum_and_a_lost_row_the_count(tmp_path: Path, name: str) -> None:
    spec = spec_of("chotei_shuno", name)
    file = tmp_path / spec.file_name(STAMP, 1)
    file.write_bytes(cell(ASSESSED, "10001")(spec, b""))
    found, _ = reread(tmp_path, spec)
    assert found.sums[ASSESSED] == 30_001
    assert found.sums["kesson_zeigaku"] == 0

    file.write_bytes(content_of(spec, texts(spec)[:2]))
    assert reread(tmp_path, spec)[0].rows == 2


def test_a_character_with_its_selector_is_one(tmp_path: Path) -> None:
    spec = spec_of("chotei_shuno")
    name = "辻\U000e0101"

    assert issues(tmp_path, spec, cell("atena_no", name * 15)(spec, b"")) == []
    assert issues(tmp_path, spec, cell("atena_no", name * 16)(spec, b"")) == [
        ("C-021", "16 characters where the edition says 15")
    ]  # fmt: skip
    assert issues(tmp_path, spec, cell("atena_no", "\U000e0101辻")(spec, b"")) == [
        ("C-070", "a variation selector without a character before it")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "is_suspect"), [("kosei_jiyu_cd", True), ("hihokensha_no", True), ("shinkoku_rireki_no", False)]
)
def test_twelve_digits_are_no_suspicion_where_the_item_is_a_number(
    tmp_path: Path, column: str, is_suspect: bool
) -> None:
    """A code of unknown length may hide one, a number item cannot."""
    spec = spec_of("chotei_shuno")

    assert bool(issues(tmp_path, spec, cell(column, "123456789018")(spec, b""))) is is_suspect


@pytest.mark.parametrize(("text", "said"), [("14.60", []), ("-1.5", []), ("14.", ["C-020"]), ("1,4", ["C-020"])])
def test_a_rate_may_have_decimals(tmp_path: Path, text: str, said: list[str]) -> None:
    spec = spec_of("entaikin_gemmen")
    row = [str(value) for value in sample_row(spec)]
    (place,) = [at for at, item in enumerate(spec.group.items) if item.type == "decimal"]
    row[place] = text

    assert [check for check, _ in issues(tmp_path, spec, content_of(spec, [row]))] == said


def test_a_part_that_was_cut_off_between_files_is_seen(tmp_path: Path) -> None:
    spec = spec_of("chotei_shuno", profile_named("standard_csv", max_rows_per_file=2))
    rows = texts(spec)
    for number, part in ((1, rows[:2]), (2, rows[2:])):
        (tmp_path / spec.file_name(STAMP, number)).write_bytes(content_of(spec, part))
    assert reread(tmp_path, spec)[0].issues == []
    (tmp_path / spec.file_name(STAMP, 1)).write_bytes(content_of(spec, rows[:1]))

    (issue,) = reread(tmp_path, spec)[0].issues
    assert "holds 1 rows where the profile says 2" in issue.problem
