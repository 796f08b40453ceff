"""Addresses in Setagaya (世田谷区): real towns with their postal codes, invented numbers and houses."""

import csv
from dataclasses import dataclass
from pathlib import Path
from random import Random

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
# Real municipalities, invented towns: nobody lives at these addresses.
_ELSEWHERE = (
    ("1660000", "東京都杉並区"), ("2100000", "神奈川県川崎市川崎区"), ("1500000", "東京都渋谷区"),
    ("1520000", "東京都目黒区"),
    ("2200000", "神奈川県横浜市西区"), ("5300000", "大阪府大阪市北区"), ("8120000", "福岡県福岡市博多区"),
    ("0600000", "北海道札幌市中央区"),
)  # fmt: skip
_BUILDINGS = ("メゾン", "コーポ", "ハイツ", "パレス", "グランドール", "サンライズ")


@dataclass(frozen=True, slots=True)
class Town:
    """One town (町) of the ward."""

    postal_code: str
    name: str
    chome_count: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where one household lives: 郵便番号, 住所, 方書."""

    postal_code: str
    address: str
    detail: str | None


def all_towns() -> list[Town]:
    """The towns of the ward, from `towns.csv` (origin and terms: `towns.LICENSE.md`)."""
    with Path(__file__).with_name("towns.csv").open(encoding="utf-8", newline="") as file:
        return [Town(row["postal_code"], row["town"], int(row["chome_count"])) for row in csv.DictReader(file)]


def place_in(rng: Random, towns: list[Town]) -> Place:
    """An address: 丁目, 番 and 号 in full-width digits; six in ten households live in a flat."""
    town = rng.choice(towns)
    chome, block, house = rng.randint(1, town.chome_count), rng.randint(1, 40), rng.randint(1, 30)
    address = f"東京都世田谷区{town.name}{chome}丁目{block}番{house}号".translate(_WIDE)
    if rng.random() >= 0.6:
        return Place(town.postal_code, address, None)
    room = f"{rng.randint(1, 9)}{rng.randint(1, 12):02d}"
    return Place(town.postal_code, address, f"{rng.choice(_BUILDINGS)}{town.name}{room}号室".translate(_WIDE))


def place_elsewhere(rng: Random) -> Place:
    """An address outside the ward (転入前の住所), in a town that there is nowhere."""
    postal_code, city = rng.choice(_ELSEWHERE)
    chome, block, house = rng.randint(1, 9), rng.randint(1, 40), rng.randint(1, 30)
    return Place(postal_code, f"{city}架空町{chome}丁目{block}番{house}号".translate(_WIDE), None)
