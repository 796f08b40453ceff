"""Delimited text by RFC 4180, read by the letter: the independent reader's own parser."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

LONGEST_RECORD = 1 << 20  # characters; what is longer is no record of any group, but a lost quotation mark or no CSV
_QUOTED = re.compile(r'"((?:[^"]++|"")*+)"')
_LINE_END = re.compile(r"\r\n|\n|\r")
UNCLOSED, INSIDE = "a quotation mark is never closed", "a quotation mark stands inside a field"
TOO_LONG = f"a record is longer than {LONGEST_RECORD:,} characters"


class MalformedError(ValueError):
    """The text is no CSV from here on."""


class Record(NamedTuple):
    """One record: its fields, which of them were quoted, the line end that closed it, and where the next begins."""

    fields: list[str]
    quoted: list[bool]
    end: str
    next_at: int


def record_at(text: str, at: int, delimiter: str, *, is_last: bool) -> Record | None:
    """The record that begins at `at`, or None when the text ends within it and more text may come.

    `text` ends behind a line end unless `is_last`. Raises MalformedError where the text breaks the rules.
    """
    begin, bare = at, _bare(delimiter)
    fields: list[str] = []
    quoted: list[bool] = []
    while True:
        is_quoted = text.startswith('"', at)
        match = (_QUOTED if is_quoted else bare).match(text, at)
        if match is None:
            if is_last:
                raise MalformedError(UNCLOSED)
            return None
        fields.append(match.group(1).replace('""', '"') if is_quoted else match.group())
        quoted.append(is_quoted)
        at = match.end()
        if at - begin > LONGEST_RECORD:
            raise MalformedError(TOO_LONG)
        if text.startswith(delimiter, at):
            at += 1
            continue
        end = _LINE_END.match(text, at)
        if end is None and at < len(text):
            raise MalformedError(INSIDE)
        return Record(fields, quoted, end.group() if end else "", end.end() if end else at)


@cache
def _bare(delimiter: str) -> re.Pattern[str]:
    return re.compile(f'[^"\r\n{re.escape(delimiter)}]*')


def records(text: str, delimiter: str = ",") -> Iterator[Record]:
    """All records of a text; MalformedError where it breaks the rules."""
    at = 0
    while at < len(text):
        found = record_at(text, at, delimiter, is_last=True)
        assert found is not None
        yield found
        at = found.next_at


def end_of_whole_lines(text: str) -> int:
    """How far the text goes in whole lines, whatever follows it: a CR at its very end may still become CR LF."""
    return max(text.rfind("\n"), text.rfind("\r", 0, max(len(text) - 1, 0))) + 1
