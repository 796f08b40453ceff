"""A sample host file (固定長ファイル): its record length, marks, header date and trailer, told from the bytes.

Where one item ends and the next begins is not in the bytes: that is in the department's record
layout (レコード定義), given as a CSV of 項目名,開始,桁数.
"""

import csv
import io
import re
from collections import Counter
from pathlib import Path

from receivables.era import EraError, wareki_to_date
from receivables.sources.samples import Sample, SampleRejectedError, encoding_of, require_heading, require_rows

LAYOUT_HEADING = ["項目名", "開始", "桁数"]
_LEAST_WIDTH = 40  # bytes; shorter equal lines are chance
_LEAST_LINES = 3
Place = tuple[int, int]


def is_host_file(raw: bytes) -> bool:
    """Whether the lines are records of one length whose first byte tells header, data and trailer apart."""
    lines = raw.splitlines()
    if len(lines) < _LEAST_LINES or b"," in lines[0]:
        return False
    width, times = Counter(map(len, lines)).most_common(1)[0]
    marks = _marks(lines)
    return width >= _LEAST_WIDTH and times * 10 >= len(lines) * 9 and len(set(marks)) == len(marks)


def host_file(file: Path, raw: bytes, *, layout: Path | None, encoding: str | None = None) -> Sample:
    """The records cut by `layout`; refuses, with what was found, when there is none."""
    lines = raw.splitlines()
    width = Counter(map(len, lines)).most_common(1)[0][0]
    data_mark = _marks(lines)[1]
    marks = [mark.decode("ascii", "replace") for mark in _marks(lines)]
    if layout is None:
        raise SampleRejectedError(
            f"{file.name}: records of {width} bytes, marks {'/'.join(marks)} for header, data and trailer; where items "
            f"begin is not in the bytes: give the record layout as CSV {','.join(LAYOUT_HEADING)} with --layout"
        )
    heading, places = _layout(layout, width)
    chosen = encoding or ("cp932" if raw.isascii() else encoding_of(raw))
    data = [line for line in lines[1:-1] if len(line) == width and line.startswith(data_mark)]
    rows = [[_item(line, place, chosen) for place in places] for line in data]
    require_rows(rows, file.name)
    doubts = ["ASCII文字だけの見本。文字コードを確かめる"] if raw.isascii() and not encoding else []
    header = _header_date(lines[0])
    if header is None:
        doubts.append("ヘッダに和暦7桁の作成日が見つからない: records.header.date の位置を書く")
    trailer = _trailer(lines[-1], len(lines) - 2, rows)
    if trailer is None:
        doubts.append("トレーラの件数・金額の位置が見つからない: records.trailer.rows / yen の位置を書く")
    begin = header[0] if header else 10
    counted, added = trailer or ((2, 8), (10, 13))
    records = {
        "header": {"mark": marks[0], "system": [2, max(1, begin - 2)], "date": list(header or (begin, 7))},
        "data": {"mark": marks[1]},
        "trailer": {"mark": marks[2], "rows": list(counted), "yen": list(added)},
    }
    keys = {"encoding": chosen, "record_bytes": width, "records": records}
    return Sample(file, "fixed_width", heading, rows, keys, doubts, places)


def _item(record: bytes, place: Place, encoding: str) -> str:
    at, size = place
    return record[at - 1 : at - 1 + size].decode(encoding, "replace").strip(" \u3000")


def _marks(lines: list[bytes]) -> list[bytes]:
    middle = Counter(line[:1] for line in lines[1:-1]).most_common(1)
    return [lines[0][:1], middle[0][0] if middle else b"", lines[-1][:1]]


def _layout(file: Path, width: int) -> tuple[list[str], list[Place]]:
    raw = file.read_bytes()
    text = raw.decode(encoding_of(raw)).removeprefix("\ufeff")
    lines = [line for line in csv.reader(io.StringIO(text, newline="")) if line]
    if not lines or lines[0] != LAYOUT_HEADING or not all(_is_item(line) for line in lines[1:]):
        raise SampleRejectedError(
            f"{file.name}: not a record layout: its lines are {','.join(LAYOUT_HEADING)}, in bytes"
        )
    places = [(int(at), int(size)) for _, at, size in lines[1:]]
    if any(at < 1 or at + size - 1 > width for at, size in places):
        raise SampleRejectedError(f"{file.name}: an item lies beyond the record's {width} bytes; compare both")
    heading = [name.strip() for name, _, _ in lines[1:]]
    require_heading(heading, file.name)
    return heading, places


def _is_item(line: list[str]) -> bool:
    return len(line) == len(LAYOUT_HEADING) and all(cell.isascii() and cell.isdigit() for cell in line[1:])


def _header_date(header: bytes) -> Place | None:
    """The only place whose seven digits are a 和暦 date."""
    found = []
    for match in re.finditer(rb"(?=([1-5][0-9]{6}))", header):
        try:
            wareki_to_date(match[1].decode())
        except EraError:
            continue
        found.append((match.start() + 1, 7))
    return found[0] if len(found) == 1 else None


def _trailer(trailer: bytes, sent: int, rows: list[list[str]]) -> tuple[Place, Place] | None:
    """Where the digits after the mark read as the count of records and, after it, as a column's sum."""
    match = re.match(rb"[0-9]*", trailer[1:])
    digits = match[0] if match else b""
    columns = zip(*rows, strict=True)
    sums = {sum(map(int, column)) for column in columns if all(cell.isascii() and cell.isdigit() for cell in column)}
    ends = [end for end in range(1, len(digits)) if int(digits[:end]) == sent]
    best = [end for end in ends if int(digits[end:]) in sums] or [end for end in ends if len(digits) - end >= 6]
    return ((2, best[0]), (2 + best[0], len(digits) - best[0])) if best else None
