"""The departments' files read again by other means: plain bytes, csv, zip and XML.

Nothing here imports the city or the contracts, so that a shared mistake cannot hide.
"""

import csv
import io
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

_XLSX = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def tax_lines(file: Path) -> dict[int, bytes]:
    """Physical lines by number, the header being line 1; every line must end in CR LF."""
    content = file.read_bytes()
    assert content.endswith(b"\r\n")
    return dict(enumerate(content.split(b"\r\n")[:-1], start=1))


def tax_rows(file: Path, without: set[int]) -> dict[int, dict[str, str]]:
    """Rows by line number as item → value, strictly UTF-8, leaving out the lines in `without`."""
    lines = tax_lines(file)
    header = lines.pop(1).decode("utf-8").split(",")
    found = {}
    for at, line in lines.items():
        if at not in without:
            (cells,) = csv.reader(io.StringIO(line.decode("utf-8")))
            assert len(cells) == len(header), at
            found[at] = dict(zip(header, cells, strict=True))
    return found


def host_records(file: Path) -> dict[int, bytes]:
    return tax_lines(file)


def sheet_rows(file: Path, sheet_no: int = 1) -> dict[int, dict[str, str]]:
    """Rows of a sheet by number as column letter → text; numbers as written in the XML, formulas as `=…`."""
    with zipfile.ZipFile(file) as book:
        shared = [
            "".join(node.itertext()) for node in ET.fromstring(book.read("xl/sharedStrings.xml")).iter(f"{_XLSX}si")
        ]
        sheet = ET.fromstring(book.read(f"xl/worksheets/sheet{sheet_no}.xml"))
    found: dict[int, dict[str, str]] = {}
    for row in sheet.iter(f"{_XLSX}row"):
        cells = {}
        for cell in row.iter(f"{_XLSX}c"):
            formula, value = cell.find(f"{_XLSX}f"), cell.findtext(f"{_XLSX}v")
            letter = "".join(char for char in cell.attrib["r"] if char.isalpha())
            if formula is not None:
                assert not value, "a formula must have no stored result"
                cells[letter] = f"={formula.text}"
            elif value is not None:
                cells[letter] = f"'{shared[int(value)]}" if cell.attrib.get("t") == "s" else value
        found[int(row.attrib["r"])] = cells
    return found
