"""Moments (日時) as vendors write them: with an offset, or not at all."""

import pytest

from receivables.contracts import Column
from receivables.ingest.fields import parser
from receivables.ingest.rejection import RowFaultError

read = parser(Column(name="sent_at", description="送信日時", type="timestamp", from_="sent_at"))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2026-06-19T10:30:05+09:00", "2026-06-19T10:30:05+09:00"),
        ("2026-06-19T10:30+09:00", "2026-06-19T10:30:00+09:00"),
        ("2026-06-19T01:30:05Z", "2026-06-19T01:30:05+00:00"),
    ],
)
def test_a_moment_with_its_offset_is_read(text: str, kept: str) -> None:
    assert read(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-19T10:30:05", "2026-06-19 10:30:05+09:00", "2026-06-19", "20260619T103005+0900",
        "2026-06-31T10:30:05+09:00", "2026-06-19T25:30:05+09:00", "２０２６-06-19T10:30:05+09:00",
        "2026-06-19T10:30:05+99:00",
    ],
)  # fmt: skip
def test_what_says_no_moment_is_set_aside(text: str) -> None:
    with pytest.raises(RowFaultError, match="DATE"):
        read(text)
