"""Single faults for a rehearsal's files and maps: what a wrong writer, receiver or map would make of them.

Each is drawn at random, changes something for certain, and says which checks have to find it. The texts that say
what was done name columns and kinds, never a value.
"""

import csv
import io
import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from receivables.standard import Item

Rows = list[list[str]]
ROW_CHECKS = frozenset({"R-011", "R-030", "R-031"})
KEY_CHECKS = frozenset({"R-011"})
READ_CHECKS = frozenset({"C-020", "C-021", "C-030", "C-070", "C-090"})  # the reader takes no such value
FILE_CHECKS = frozenset({"C-100", "C-001"})
_FOREIGN = "\ue000"
_LOOKALIKES = {"髙": "高", "﨑": "崎", "神": "神", "辺": "邊", "斉": "斎", "　": " ", "ー": "―", "田": "甲", "ア": "ｱ"}


@dataclass(frozen=True, slots=True)
class Planted:
    """One fault: the file's new bytes (None: the file is gone), where it stands and who has to say so."""

    kind: str
    what: str
    content: bytes | None
    expected: frozenset[str]
    row_numbers: tuple[int, ...] = ()  # data rows from 1 whose keys a check must name
    is_resigned: bool = True  # the manifest says what the file is, as when the writer itself went wrong


def rows_of(content: bytes) -> Rows:
    """The file's lines with its header."""
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def bytes_of(rows: Rows) -> bytes:
    """The rows as the profile `standard_csv` writes them."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


# ---------- cells
def cell(draw: random.Random, content: bytes, items: tuple[Item, ...]) -> Planted | None:
    """One value of any item becomes another."""
    rows = rows_of(content)
    number, at = draw.randrange(1, len(rows)), draw.randrange(len(items))
    old, item = rows[number][at], items[at]
    new = draw.choice([each for each in _others(draw, old, item) if each != old] or [old])
    return _with_cell(rows, number, at, new, "cell", item)


def _others(draw: random.Random, old: str, item: Item) -> list[str]:
    if item.type in ("yen", "int", "year", "decimal"):
        number = int(old or 0)
        whole = [number + 1, number - 1, number * 10, -number, number // 10, number ^ 1 << 20]
        return [str(each) for each in whole] + ([""] if old else ["0"])
    if item.type == "date" and old[:1] not in ("", "0"):
        day = date.fromisoformat(old)
        moved = [day + timedelta(days=draw.choice((-1, 1))), day + timedelta(days=365), date(1989, 1, 8)]
        return [each.isoformat() for each in moved] + ["0000-00-00"]
    if item.type == "date":
        return ["2026-06-19"]
    if item.type == "code":
        return ["0", "1", "9", "01", ""]
    return [old[:-1], old + "0", "0" + old, old.lstrip("0"), old + " ", old[1:]]


def letter(draw: random.Random, content: bytes, items: tuple[Item, ...]) -> Planted | None:
    """One letter of a name, reading or place is folded, replaced, lost or decoded wrongly."""
    rows = rows_of(content)
    told = [at for at, item in enumerate(items) if item.charset in ("name", "kana", "free")]
    places = told or [at for at, item in enumerate(items) if item.type == "text"]
    cells = [(number, at) for number in range(1, len(rows)) for at in places if rows[number][at]]
    if not cells:
        return None
    number, at = draw.choice(cells)
    old = rows[number][at]
    return _with_cell(rows, number, at, draw.choice(_letters(draw, old)), "character", items[at])


def _letters(draw: random.Random, old: str) -> list[str]:
    at = draw.randrange(len(old))
    put: Callable[[str], str] = lambda new: old[:at] + new + old[at + 1 :]  # noqa: E731
    wrong = [unicodedata.normalize("NFKC", old), unicodedata.normalize("NFD", old), put("?"), put("〓"), put(_FOREIGN)]
    wrong += [old.encode().decode("cp932", "replace"), old + "\U000e0100", put(old[at] + "\u3099"), old + "\u3000"]
    wrong += [old.replace(one, other, 1) for one, other in _LOOKALIKES.items()]
    wrong += [old.replace("　", ""), old[:-1], old[::-1], old + "\u200b"]
    return [each for each in wrong if each != old]


def _with_cell(rows: Rows, number: int, at: int, new: str, kind: str, item: Item) -> Planted | None:
    if rows[number][at] == new:
        return None
    rows[number][at] = new
    named = () if item.key else (number,)
    checks = (KEY_CHECKS if item.key else ROW_CHECKS) | READ_CHECKS
    return Planted(kind, f"{kind} of {item.column}", bytes_of(rows), checks, named)


# ---------- rows
def row(draw: random.Random, content: bytes, items: tuple[Item, ...]) -> Planted | None:
    """A row is gone, there twice, new, overwritten by another, or exchanges a value with another."""
    rows = rows_of(content)
    number = draw.randrange(1, len(rows))
    what = draw.choice(("gone", "twice", "new", "overwritten", "exchanged", "columns", "joined"))
    if what == "gone":
        rows.pop(number)
    elif what == "twice":
        rows.insert(draw.randrange(1, len(rows)), list(rows[number]))
    elif what == "new":
        rows.append(_rekeyed(rows[number], items))
    else:
        return _between(draw, rows, items, what)
    named = (number,) if what in ("gone", "twice") else ()
    return Planted("row", what, bytes_of(rows), KEY_CHECKS, named)


def _rekeyed(old: list[str], items: tuple[Item, ...]) -> list[str]:
    at = max(place for place, item in enumerate(items) if item.key and item.type in ("text", "code"))
    return [*old[:at], old[at] + "7" if old[at] else "7", *old[at + 1 :]]


def _between(draw: random.Random, rows: Rows, items: tuple[Item, ...], what: str) -> Planted | None:
    if len(rows) < 3:
        return None
    x, y = draw.sample(range(1, len(rows)), 2)
    if what == "overwritten":
        if rows[x] == rows[y]:
            return None
        rows[x] = list(rows[y])
        return Planted("row", what, bytes_of(rows), KEY_CHECKS, (x, y))
    if what == "joined":  # the end of one line and the beginning of the next are one row
        rows[x] = [*rows[x][: len(items) // 2], *rows[y][len(items) // 2 :]]
        rows.pop(y)
        return Planted("row", what, bytes_of(rows), KEY_CHECKS)
    if what == "columns":
        return _columns(draw, rows, items)
    places = [at for at, item in enumerate(items) if not item.key and rows[x][at] != rows[y][at]]
    if not places:
        return None
    at = draw.choice(places)
    rows[x][at], rows[y][at] = rows[y][at], rows[x][at]
    return Planted("row", f"exchanged {items[at].column}", bytes_of(rows), ROW_CHECKS, (x, y))


def _columns(draw: random.Random, rows: Rows, items: tuple[Item, ...]) -> Planted | None:
    yen = [at for at, item in enumerate(items) if item.type == "yen"]
    pairs = [(x, y) for x in yen for y in yen if x < y and any(each[x] != each[y] for each in rows[1:])]
    if not pairs:
        return None
    x, y = draw.choice(pairs)
    for each in rows[1:]:
        each[x], each[y] = each[y], each[x]
    return Planted("row", f"columns {items[x].column} and {items[y].column}", bytes_of(rows), ROW_CHECKS)


# ---------- files
def whole_file(draw: random.Random, content: bytes, items: tuple[Item, ...]) -> Planted | None:
    """The file is written, sent or stored in a form that was not agreed, or is not whole."""
    ways: dict[str, Callable[[], bytes | None]] = {
        "LF": lambda: content.replace(b"\r\n", b"\n"),
        "BOM": lambda: b"\xef\xbb\xbf" + content,
        "CP932": lambda: content.decode().encode("cp932", "replace"),
        "UTF-16": lambda: content.decode().encode("utf-16"),
        "no header": lambda: content.split(b"\r\n", 1)[1],
        "header twice": lambda: content.split(b"\r\n", 1)[0] + b"\r\n" + content,
        "header names exchanged": lambda: _header(draw, content),
        "a column more": lambda: content.replace(b"\r\n", b",\r\n"),
        "a column less": lambda: bytes_of([each[:-1] for each in rows_of(content)]),
        "ends too early": lambda: content[: draw.randrange(len(content) // 2, len(content) - 2)],
        "no last line end": lambda: content[:-2],
        "semicolons": lambda: content.replace(b",", b";"),
        "every field quoted": lambda: _quoted(content),
        "a broken quote": lambda: _inside(draw, content, b'"'),
        "a NUL": lambda: _inside(draw, content, b"\0"),
        "a byte of no letter": lambda: _inside(draw, content, b"\xff"),
        "empty": lambda: b"",
        "gone": lambda: None,
        "one bit, kept from the manifest": lambda: _bit(draw, content),
    }
    what = draw.choice(sorted(ways))
    changed = ways[what]()
    if changed == content:
        return None
    checks = FILE_CHECKS | ROW_CHECKS | READ_CHECKS
    return Planted("file", what, changed, checks, is_resigned=what not in ("gone", "one bit, kept from the manifest"))


def _header(draw: random.Random, content: bytes) -> bytes:
    rows = rows_of(content)
    x, y = draw.sample(range(len(rows[0])), 2)
    rows[0][x], rows[0][y] = rows[0][y], rows[0][x]
    return bytes_of(rows)


def _quoted(content: bytes) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows_of(content))
    return text.getvalue().encode()


def _inside(draw: random.Random, content: bytes, byte: bytes) -> bytes:
    at = draw.randrange(content.index(b"\n") + 1, len(content))
    return content[:at] + byte + content[at:]


def _bit(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << draw.randrange(8)]) + content[at + 1 :]


# ---------- maps
def map_item(draw: random.Random, document: dict[str, Any], columns: dict[str, str]) -> str | None:
    """One line of a map is changed in place; returns what was done. `columns`: source columns, their items' types."""
    name = draw.choice(sorted(document["items"]))
    feed = document["items"][name]
    what = draw.choice(("dropped", "other column", "constant", "transform"))
    if what == "dropped":
        del document["items"][name]
    elif what == "other column" and "column" in feed:
        alike = sorted(each for each, kind in columns.items()
                       if kind == columns[feed["column"]] and each != feed["column"])  # fmt: skip
        if not alike:
            return None
        feed["column"] = draw.choice(alike)
    elif what == "constant" and "constant" in feed:
        feed["constant"] = {"0": "1", "": "0", 0: 1}.get(feed["constant"], "999999")
    elif what == "transform" and "column" in feed:
        if "transform" in feed:
            feed.pop("transform")
            feed.pop("width", None)
        else:
            feed["transform"] = "null_when_zero"
    else:
        return None
    return f"{what} {name}"


def map_rule(draw: random.Random, document: dict[str, Any]) -> str | None:
    """A rule that leaves rows behind is gone, or leaves behind other rows."""
    rules = document.get("exclusions")
    if not rules:
        return None
    rule = draw.choice(rules)
    if draw.random() < 0.5:
        rules.remove(rule)
        return f"rule {rule['reason']} gone"
    test = draw.choice(rule["when"])
    if len(rule["when"]) > 1:
        rule["when"].remove(test)
        return f"rule {rule['reason']} without {test['column']}"
    if "is_null" in test:
        test["is_null"] = not test["is_null"]
    else:
        test["equals"] = {0: 1, "0": "1"}.get(test["equals"], 0 if isinstance(test["equals"], int) else "x")
    return f"rule {rule['reason']} for other rows"


def map_code(draw: random.Random, text: str) -> tuple[str, str]:
    """A code table in which one code becomes another's, or none; the new text and what was done."""
    rows = list(csv.DictReader(io.StringIO(text)))
    at = draw.randrange(len(rows))
    what = draw.choice(("becomes another's", "becomes unknown", "is gone", "ends"))
    if what == "becomes another's":
        rows[at]["target_code"] = draw.choice(rows)["target_code"]
    elif what == "becomes unknown":
        rows[at]["target_code"] = "99"
    elif what == "ends":
        rows[at]["valid_to"] = "2020-03-31"
    else:
        rows.pop(at)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(csv.DictReader(io.StringIO(text)).fieldnames or ()), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue(), f"code {at + 1} {what}"


FILE_FAULTS: tuple[Callable[[random.Random, bytes, tuple[Item, ...]], Planted | None], ...] = (
    cell, cell, cell, row, row, letter, letter, whole_file,
)  # fmt: skip
