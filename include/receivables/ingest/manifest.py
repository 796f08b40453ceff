"""The manifest (送付票) that comes with files: for each its name, rows, yen and SHA-256."""

import csv
import io
import re
from pathlib import Path
from typing import NamedTuple

from receivables.ingest.rejection import BatchRejectedError

HEADER = ["ファイル名", "件数", "金額合計", "SHA256"]
_NUMBER = re.compile(r"-?[0-9]{1,15}")
_LARGEST = 1 << 20


class Entry(NamedTuple):
    """What the department says about one file."""

    rows: int
    yen: int
    sha256: str


def entry(manifest: Path, file_name: str, file_sha256: str) -> Entry:
    """The line about `file_name`.

    Raises BatchRejectedError: HEADER for another layout, STALE when the same bytes are there under another name,
    CONTROL_TOTAL when the file is not named, twice named, or its numbers cannot be read.
    """
    lines = _lines(manifest)
    named = [(at, line) for at, line in enumerate(lines, start=2) if line[0] == file_name]
    if not named and any(line[3].lower() == file_sha256 for line in lines):
        raise BatchRejectedError(
            "STALE",
            f"the manifest names the bytes of {file_name} under another file name",
            "have the day's own file sent",
        )
    if len(named) != 1:
        raise BatchRejectedError(
            "CONTROL_TOTAL", f"the manifest names {file_name} {len(named)} times", "have the manifest corrected"
        )
    at, (_, rows, yen, sha256) = named[0]
    if not (_NUMBER.fullmatch(rows) and (yen == "" or _NUMBER.fullmatch(yen))):
        raise BatchRejectedError(
            "CONTROL_TOTAL", f"line {at} of the manifest: 件数 or 金額合計 is no number", "have the manifest corrected"
        )
    return Entry(int(rows), int(yen or 0), sha256.lower())


def _lines(manifest: Path) -> list[list[str]]:
    with manifest.open("rb") as stream:
        raw = stream.read(_LARGEST)
    try:
        found = [line for line in csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True) if line]
    except (UnicodeDecodeError, csv.Error):
        raise BatchRejectedError("HEADER", "the manifest is no CSV in UTF-8", "have the manifest sent again") from None
    if not found or found[0] != HEADER or any(len(line) != len(HEADER) for line in found):
        raise BatchRejectedError(
            "HEADER", f"the manifest's fields are not {','.join(HEADER)}", "have the manifest sent as agreed"
        )
    return found[1:]
