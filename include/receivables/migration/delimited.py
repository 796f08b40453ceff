"""Comma-separated text by RFC 4180, read by the letter: the independent reader's own parser."""

import re
from collections.abc import Iterator

_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_BARE = re.compile(r'[^",\r\n]*')
_PLAIN_RECORD = re.compile(r'([^"\r\n]*)(\r\n|\n|\r|\Z)')  # without any quotation mark


class MalformedError(ValueError):
    """The text is no CSV; `record` is the number of the record that broke off."""

    def __init__(self, record: int, problem: str) -> None:
        super().__init__(problem)
        self.record = record


def records(text: str) -> Iterator[tuple[list[str], list[bool], str]]:
    """The records of RFC 4180 text: fields, which of them were quoted, and the line end that closed them.

    Raises MalformedError where the text breaks the rules.
    """
    at, number = 0, 0
    while at < len(text):
        number += 1
        plain = _PLAIN_RECORD.match(text, at)
        if plain is not None:
            values = plain.group(1).split(",")
            at = plain.end()
            yield values, [False] * len(values), plain.group(2)
            continue
        fields: list[str] = []
        quoted: list[bool] = []
        while True:
            is_quoted = text.startswith('"', at)
            match = (_QUOTED if is_quoted else _BARE).match(text, at)
            if match is None:
                raise MalformedError(number, "a quotation mark is never closed")
            fields.append(match.group(1).replace('""', '"') if is_quoted else match.group())
            quoted.append(is_quoted)
            at = match.end()
            if text.startswith(",", at):
                at += 1
                continue
            end = next((end for end in ("\r\n", "\n", "\r") if text.startswith(end, at)), "")
            if not end and at < len(text):
                raise MalformedError(number, "a quotation mark stands inside a field")
            at += len(end)
            yield fields, quoted, end
            break
