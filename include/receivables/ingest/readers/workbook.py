"""What an Excel file holds besides its values (Excelの検査): size, macros, links, formulas.

Looked at before anything is opened as a workbook: an .xlsx is a ZIP of XML, and both can be bombs.
"""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.parsers import expat

from receivables.ingest.rejection import BatchRejectedError

MOST_ENTRIES = 1_000
MOST_BYTES = 256 << 20
MOST_RATIO = 100
_SMALL = 1 << 20  # a small sheet of equal rows may pack better than any honest limit
_UNWANTED = ("vbaproject", "externallinks/", "activex/", "embeddings/", "ddelink")
_BLOCK = 1 << 16
_BROKEN = (
    zipfile.BadZipFile, zlib.error, KeyError, expat.ExpatError, OSError, EOFError, NotImplementedError, RuntimeError,
)  # fmt: skip


class SheetFacts:
    """Rows that hold anything, and the cells that are formulas, of one sheet."""

    def __init__(self) -> None:
        self.rows: set[int] = set()
        self.formulas: set[tuple[int, str]] = set()  # (row, column letters)


def sheet_facts(file: Path, sheet: str) -> SheetFacts:
    """Facts of `sheet`; UNREADABLE for a broken, oversized or active workbook, HEADER when the sheet is missing."""
    try:
        with zipfile.ZipFile(file) as package:
            _check_entries(package)
            part = _part_of(package, sheet)
            with package.open(part) as stream:
                return _scanned(stream, package.getinfo(part).file_size)
    except _BROKEN:
        raise BatchRejectedError(
            "UNREADABLE", "the file is no whole .xlsx workbook", "have it saved and sent again"
        ) from None


def _check_entries(package: zipfile.ZipFile) -> None:
    entries = package.infolist()
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES or total > MOST_BYTES or any(_is_bomb(entry) for entry in entries):
        raise BatchRejectedError("UNREADABLE", "the workbook unpacks to far more than its size", "have it saved anew")
    for entry in entries:
        if entry.filename.startswith(("/", "\\")) or ".." in entry.filename.replace("\\", "/").split("/"):
            raise BatchRejectedError(
                "UNREADABLE", "the workbook's parts have names that lead out of it", "do not open it"
            )
        if any(part in entry.filename.lower().replace("_", "") for part in _UNWANTED):
            raise BatchRejectedError(
                "UNREADABLE", "the workbook holds macros, links or embedded objects", "have it saved as a plain .xlsx"
            )


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > _SMALL and entry.file_size > MOST_RATIO * max(entry.compress_size, 1)


def _part_of(package: zipfile.ZipFile, sheet: str) -> str:
    """The ZIP entry that holds the visible sheet called `sheet`."""
    if any(
        found.get("date1904", "0") not in ("0", "false")
        for found in _elements(package.open("xl/workbook.xml"), "workbookPr")
    ):
        raise BatchRejectedError(
            "UNREADABLE", "the workbook counts its days from 1904", "have it saved without that option"
        )
    relation = next((found.get("r:id") for found in _elements(package.open("xl/workbook.xml"), "sheet")
                     if found.get("name") == sheet and found.get("state", "visible") == "visible"), None)  # fmt: skip
    if relation is None:
        raise BatchRejectedError("HEADER", f"no visible sheet {sheet!r}", "have the sheet's name put back")
    links = _elements(package.open("xl/_rels/workbook.xml.rels"), "Relationship")
    target = next(found["Target"] for found in links if found.get("Id") == relation)
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _elements(stream: IO[bytes], wanted: str) -> Iterator[dict[str, str]]:
    found: list[dict[str, str]] = []
    parser = _parser()
    parser.StartElementHandler = lambda name, attributes: found.append(attributes) if _local(name) == wanted else None
    with stream:
        parser.ParseFile(stream)
    return iter(found)


def _scanned(stream: IO[bytes], declared_bytes: int) -> SheetFacts:
    facts = SheetFacts()
    here = {"cell": ""}

    def start(name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "c":
            here["cell"] = attributes.get("r", "")
        elif local in ("v", "is"):
            facts.rows.add(_row(here["cell"]))
        elif local == "f":
            facts.formulas.add((_row(here["cell"]), here["cell"].rstrip("0123456789")))

    parser = _parser()
    parser.StartElementHandler = start
    read = 0
    while block := stream.read(_BLOCK):
        read += len(block)
        if read > declared_bytes:  # the directory of the ZIP lied
            raise BatchRejectedError(
                "UNREADABLE", "the workbook unpacks to more than it declares", "have it saved anew"
            )
        parser.Parse(block, False)
    parser.Parse(b"", True)
    return facts


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype  # no entities: neither bombs nor other files' contents
    return parser


def _refuse_doctype(*_: object) -> None:
    raise BatchRejectedError("UNREADABLE", "the workbook declares XML entities", "have it saved anew in Excel")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _row(cell: str) -> int:
    digits = cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return int(digits) if digits.isdigit() else 0
