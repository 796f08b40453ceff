"""How many real addresses are read right: `python -m bench.address_score` prints the shares and what is missed.

Cases: tests/identity/data/addresses (Geolonia). Writes nothing.
"""

import csv
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from receivables.identity.keys import Address, parse_address
from receivables.identity.keys.towns import marked, national
from receivables.identity.keys.writing import plain

CASES = Path(__file__).resolve().parents[1] / "tests/identity/data/addresses/geolonia_addresses.csv"
PARTS = ("prefecture", "city", "town", "number")
_TOWN_LEVEL = 3
_NUMBER = re.compile(r"[0-9]+(?:-[0-9]+)*")
_DROPPED = re.compile(r"大字|字|丁目?(?=$)|\|")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One case: which parts were right, and what was read."""

    text: str
    level: int
    right: dict[str, bool]
    read: Address


def verdicts() -> Iterator[Verdict]:
    """Every case, compared on a form without 大字, width, and with 丁目 in digits."""
    with CASES.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            read = parse_address(row["住所"])
            right = {
                "prefecture": (read.prefecture or "") == row["都道府県"],
                "city": (read.city or "") == row["市区町村"],
                "town": _town(read) == _folded(row["町字"]),
                "number": "-".join(filter(None, (read.banchi, read.go))) == _number(row),
            }
            yield Verdict(row["住所"], int(row["レベル"]), right, read)


def score(found: list[Verdict]) -> dict[str, float]:
    """The share of cases with each part right, with the town right where the origin found one, and all parts right."""
    shares = {part: sum(one.right[part] for one in found) / len(found) for part in PARTS}
    with_town = [one for one in found if one.level >= _TOWN_LEVEL]
    shares["town, level 3 and more"] = sum(one.right["town"] for one in with_town) / len(with_town)
    shares["whole row"] = sum(all(one.right.values()) for one in found) / len(found)
    return shares


def read_back(count: int = 20_000) -> float:
    """The share of `count` towns, drawn from all of Japan, that are read back with the number put behind them."""
    listed = [(*city, town) for city, towns in national().items() for town in towns if town]
    drawn = Random(2).sample(sorted(listed), count)
    right = 0
    for prefecture, city, town in drawn:
        read = parse_address(f"{prefecture}{city}{town}１２３番地４")
        right += (read.prefecture, read.city, read.town, read.banchi, read.go) == (prefecture, city, town, "123", "4")
    return right / count


def _town(read: Address) -> str:
    return _folded(read.town or "") + (str(read.chome) if read.chome else "")


def _folded(town: str) -> str:
    return _DROPPED.sub("", marked(plain(town)).text)


def _number(row: dict[str, str]) -> str:
    """The number expected: the origin puts it into 番地号 where it knows the number, else into その他."""
    found = _NUMBER.search(plain(row["番地号"] or row["その他"]))
    return found[0] if found else ""


def main() -> None:
    """Print the shares, then each case that is not right with what was read."""
    found = list(verdicts())
    lines = [f"{len(found):,} addresses", *(f"{part:24}{share:.4f}" for part, share in score(found).items())]
    lines.append(f"towns of Japan read back {read_back():.4f}")
    for one in found:
        if not all(one.right.values()):
            lines.append(f"{one.text} {[part for part in PARTS if not one.right[part]]} {one.read}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
