"""Addresses in Setagaya (世田谷区): real towns with their postal codes, invented numbers and houses."""

import csv
from dataclasses import dataclass
from pathlib import Path
from random import Random

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
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
