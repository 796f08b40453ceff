"""What headings usually mean (項目名の用語集): a data file of terms, never a person's values."""

import csv
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

from receivables.contracts import Type

FILE = Path(__file__).with_name("glossary.csv")
_REMARK = re.compile(r"[（(][^（）()]*[）)]$")  # 納期限（和暦）: the form, not the meaning
_SHORTEST = 3  # letters of a term that may be recognised inside a longer heading


class Term(NamedTuple):
    """Our name for a heading, the type it usually has, and whether it names or finds a person."""

    item: str
    name: str
    type: Type
    pii: bool
    is_exact: bool


def term(heading: str) -> Term | None:
    """What `heading` means: by itself, without its remark, or by the personal word or ending it holds."""
    known = _terms()
    for written in (_folded(heading), _folded(_REMARK.sub("", heading))):
        if found := known.get(written):
            return found
    folded = _folded(_REMARK.sub("", heading))
    inside = [each for item, each in known.items() if _is_inside(item, folded, pii=each.pii)]
    longest = max(inside, key=lambda each: (each.pii, len(each.item)), default=None)
    return longest and longest._replace(is_exact=False)


def _is_inside(item: str, heading: str, *, pii: bool) -> bool:
    """A personal word counts anywhere in a heading; any other only as the end of one."""
    return item in heading if pii and len(item) > 1 else len(item) >= _SHORTEST and heading.endswith(item)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(" ", "")


@cache
def _terms() -> dict[str, Term]:
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = [{**row, "item": _folded(row["item"])} for row in csv.DictReader(lines)]
    return {
        row["item"]: Term(row["item"], row["name"], cast("Type", row["type"]), bool(row["pii"]), True) for row in rows
    }
