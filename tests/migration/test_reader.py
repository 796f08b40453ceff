"""The independent reader against the rules of RFC 4180, and that it is independent."""

import ast
import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.migration import delimited, rereading
from receivables.migration.delimited import MalformedError, records
from receivables.migration.spec import spec_of
from receivables.migration.writing import _lines

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
PROFILE = spec_of("0.1-draft", "chotei_shuno", "standard_csv").profile


def fields(text: str) -> list[list[str]]:
    return [found for found, _, _ in records(text)]


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=5), max_size=5), st.sampled_from(["minimal", "all"]))
def test_what_any_writer_quotes_reads_back(rows: list[list[str]], quoting: str) -> None:
    text = _lines(rows, PROFILE.model_copy(update={"quoting": quoting}))

    assert fields(text) == rows


@given(st.text(st.sampled_from('a",\r\n1'), max_size=30))
def test_it_agrees_with_the_strict_standard_reader_or_refuses(text: str) -> None:
    try:
        mine = fields(text)
    except MalformedError:
        return
    theirs = [row or [""] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]

    assert mine == theirs


@pytest.mark.parametrize("text", ['"a', '"a"b\r\n', 'a"b\r\n', 'a,"b\r\n'])
def test_broken_quotation_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        fields(text)


def test_quotes_commas_and_line_breaks_inside_a_field() -> None:
    assert fields('"a ""b"", c","d\r\ne"\r\n') == [['a "b", c', "d\r\ne"]]


def test_the_reader_shares_only_the_specification_with_the_writer() -> None:
    trees = [ast.parse(Path(module.__file__).read_text()) for module in (rereading, delimited)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    named = {each.name for node in nodes if isinstance(node, ast.Import) for each in node.names}

    assert {name for name in imported if name.startswith("receivables")} == {
        "receivables.migration.delimited", "receivables.migration.spec", "receivables.standard"
    }  # fmt: skip
    assert "csv" not in named
