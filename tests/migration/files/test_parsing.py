"""The independent reader's parser against the rules of RFC 4180, and that the reader is independent."""

import ast
import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.migration import files
from receivables.migration.files.parsing import MalformedError, end_of_whole_lines, record_at, records

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
DELIMITERS = st.sampled_from(",\t;|")
FOLDER = Path(files.__file__).parent
READER = ("rereading", "records", "columns", "judging", "parsing", "decoding", "findings", "presence")


def fields(text: str, delimiter: str = ",") -> list[list[str]]:
    return [found.fields for found in records(text, delimiter)]


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=5), max_size=5), st.booleans(), DELIMITERS)
def test_what_any_writer_quotes_reads_back(rows: list[list[str]], is_all: bool, delimiter: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL if is_all else csv.QUOTE_MINIMAL).writerows(rows)

    assert fields(text.getvalue(), delimiter) == rows


@given(st.text(st.sampled_from('a",\r\n1'), max_size=30))
def test_it_agrees_with_the_strict_standard_reader_or_refuses(text: str) -> None:
    try:
        mine = fields(text)
    except MalformedError:
        return
    theirs = [row or [""] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]

    assert mine == theirs


@pytest.mark.parametrize("text", ['"a', '"a"b\r\n', 'a"b\r\n', 'a,"b\r\n', '"a""\r\n', '"a"""b"\r\n'])
def test_broken_quotation_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        fields(text)


def test_quotes_commas_and_line_breaks_inside_a_field() -> None:
    assert fields('"a ""b"", c","d\r\ne"\r\n') == [['a "b", c', "d\r\ne"]]


@given(st.text(st.sampled_from('a",\r\n'), max_size=30), st.integers(0, 30))
def test_a_record_that_ends_in_the_text_is_the_same_whatever_follows(text: str, length: int) -> None:
    """What is taken from whole lines is never taken differently when the rest of the file is there."""
    whole = text[: end_of_whole_lines(text[:length])]
    at = 0
    while at < len(whole):
        try:
            early = record_at(whole, at, ",", is_last=False)
        except MalformedError:
            with pytest.raises(MalformedError):
                record_at(text, at, ",", is_last=True)
            return
        if early is None:
            return
        assert record_at(text, at, ",", is_last=True) == early
        at = early.next_at


def test_two_marks_before_the_end_of_the_text_do_not_close_a_field() -> None:
    assert record_at('"a""\n', 0, ",", is_last=False) is None


def test_the_reader_shares_only_the_profile_with_the_writer() -> None:
    package = "receivables.migration.files"
    mine = {f"{package}.{name}" for name in READER}
    used = set[str]()
    for name in READER:
        for node in ast.walk(ast.parse((FOLDER / f"{name}.py").read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                used |= {f"{package}.{each.name}" for each in node.names} if node.module == package else {node.module}
            if isinstance(node, ast.Import):
                used |= {each.name for each in node.names}

    assert {name for name in used if name.startswith("receivables")} - mine <= {
        f"{package}.profile", "receivables.standard"
    }  # fmt: skip
    assert "csv" not in used
    assert {file.stem for file in FOLDER.glob("*.py")} == {
        *READER,
        "__init__",
        "profile",
        "selecting",
        "writing",
        "yaml_files",
    }
