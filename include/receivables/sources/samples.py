"""A sample file (見本ファイル) read without a contract: its form, its headings and its rows as text.

Whatever cannot be told from the bytes is a doubt (要確認) or a refusal; neither repeats a value. Headings
are told by place, because a file without headings has a person's row where they should be.
"""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from receivables.errors import InputRejectedError
from receivables.ingest.encodings import SAMPLE_BYTES, encoding_guess

ENCODINGS = ("utf-8", "cp932", "euc_jp")
MOST_BYTES = 64 << 20  # a sample is read whole into memory
_BOM = "\ufeff"
_VALUE = re.compile(r"[\d０-９,./:年月日元\-]*\d[\d０-９,./:年月日\-]*")
_LEAST_FIELDS = 2
_FEW_ODD = 20  # one spoilt row in so many is usual, more is another form


class SampleRejectedError(InputRejectedError):
    """A sample cannot be read, or can be read in more than one way."""


@dataclass(frozen=True)
class Options:
    """What a person adds where the bytes do not tell: sheet, encoding, record layouts (固定長のレコード定義)."""

    sheet: str | None = None
    encoding: str | None = None
    layout: Path | None = None
    receipts_layout: Path | None = None

    def of(self, kind: str) -> "Options":
        """The same for the file of one kind."""
        if kind == "claims":
            return self
        return replace(self, sheet=None, layout=self.receipts_layout if kind == "receipts" else None)


@dataclass
class Sample:
    """One sample: `keys` are what a contract says about its form, `places` the bytes of each item (fixed width)."""

    file: Path
    reader: str
    heading: list[str]
    rows: list[list[str]]
    keys: dict[str, Any]
    doubts: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)

    def values(self, at: int) -> list[str]:
        """Every value of one column."""
        return [row[at] for row in self.rows]


def encoding_of(raw: bytes, given: str | None = None) -> str:
    """The one encoding that `raw` can be in, or `given`; refuses none and more than one."""
    if given:
        return given
    head = raw.removeprefix(_BOM.encode())[:SAMPLE_BYTES]
    if head.isascii():
        return "utf-8"
    guesses = {each: encoding_guess(head, each) for each in ENCODINGS}
    likely = [each for each, other in guesses.items() if other is None]
    damage = {each: sum(not _decodes(line, each) for line in head.split(b"\n")[:-1] or [head]) for each in likely}
    best = [each for each in likely if damage[each] == min(damage.values())]
    if len(best) == 1:
        return best[0]
    if best:
        raise SampleRejectedError(
            f"the bytes can be read as {' and as '.join(best)}: say which with --encoding (文字コードが決められない)"
        )
    found = ", ".join(sorted({str(other) for other in guesses.values()}))
    raise SampleRejectedError(f"the bytes look like {found}; have the file saved in {', '.join(ENCODINGS)}")


def delimited(file: Path, raw: bytes, *, encoding: str | None = None) -> Sample:
    """A CSV with its headings in the first line."""
    chosen = encoding_of(raw, encoding)
    text = raw.decode(chosen, errors="replace")
    lines = [line for line in csv.reader(io.StringIO(text.removeprefix(_BOM), newline="")) if line]
    if not lines:
        raise SampleRejectedError(f"{file.name}: the file is empty; ask for one with headings and some rows")
    heading = [cell.strip(" \u3000") for cell in lines[0]]
    require_heading(heading, f"{file.name}, line 1")
    require_rows(lines[1:], file.name)
    rows = [[cell.strip(" \u3000") for cell in line] for line in lines[1:] if len(line) == len(heading)]
    doubts = ["BOM付き。取込はBOMを受け付けない: BOMなしで送ってもらう"] if text.startswith(_BOM) else []
    if raw.isascii():
        doubts.append("ASCII文字だけの見本。日本語が入るときの文字コードを確かめる")
    if odd := len(lines) - 1 - len(rows):
        if odd * _FEW_ODD > len(rows):
            raise SampleRejectedError(
                f"{file.name}: {odd} rows have more or fewer fields than the heading; is a quotation mark missing?"
            )
        doubts.append(f"項目数の違う行が{odd}行ある（見本から除いた）")
    return Sample(file, "csv", heading, rows, {"encoding": chosen}, doubts)


def require_heading(heading: list[str], where: str) -> None:
    """Refuse a heading with blanks, doubles or values: then the file has none, or cannot be read by it."""
    if len(heading) < _LEAST_FIELDS:
        raise SampleRejectedError(f"{where}: one field only; the reader splits at commas: have it saved as CSV")
    if blank := [at for at, cell in enumerate(heading, start=1) if not cell]:
        raise SampleRejectedError(f"{where}: heading {blank[0]} is blank; have every column named (項目名がない)")
    if values := [at for at, cell in enumerate(heading, start=1) if _VALUE.fullmatch(cell)]:
        raise SampleRejectedError(
            f"{where}: field {values[0]} is a number or date, no heading; have it sent with headings (見出し行がない)"
        )
    if doubles := [cell for cell, times in Counter(heading).items() if times > 1]:
        places = [str(at) for at, cell in enumerate(heading, start=1) if cell == doubles[0]]
        raise SampleRejectedError(
            f"{where}: fields {' and '.join(places)} have the same heading; have one renamed (項目名の重複)"
        )


def require_rows(rows: list[list[str]], name: str) -> None:
    """Refuse a sample without data."""
    if not rows:
        raise SampleRejectedError(f"{name}: no data rows; types cannot be told from headings alone, ask for some rows")


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
