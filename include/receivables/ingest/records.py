"""Records as they stand in a file: where each begins, its bytes, its fields (レコード)."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

NULL = "\x01"  # an empty value in the text that COPY reads; escaped where a value is just that


class Line(NamedTuple):
    """One physical line without its end: number from 1, first byte from 0."""

    no: int
    offset: int
    raw: bytes
    end: bytes


class Record(NamedTuple):
    """One record of a source.

    `fields` hold the contract's columns in order, None where the bytes do not decode. A record
    whose shape is wrong has no fields but `readings`: the ways it could be read, from which
    only its amount is guessed.
    """

    line_no: int
    byte_offset: int
    raw: bytes
    fields: list[str | None] | None
    reason_code: str | None = None
    field: str | None = None
    readings: tuple[list[str | None], ...] = ()


@dataclass(slots=True)
class Declared:
    """What the department says it sent (突合値); filled while the file is read."""

    rows: int | None = None
    yen: int | None = None
    business_date: date | None = None
    parts: dict[str, tuple[int, int]] = field(default_factory=dict)  # rows and yen of further measures, by column
    layout: str = ""  # what a record's meaning hangs on besides the contract: the heading of a CSV
