"""Made-up source persons: one who is ordinary, pairs that a careless matcher joins, and one person in two guises."""

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import pyarrow as pa

from receivables.identity.matching import Model, Resolution, japanese, resolve

FAMILIES = [f"氏{at}" for at in range(300)]
GIVENS = [f"名{at}" for at in range(300)]
Row = dict[str, Any]


def person(ref: str, source: str = "tax", **given: Any) -> Row:
    """A source person; `family` and `given` make the name keys, `born` the birth date, None makes it unknown."""
    family, first = given.pop("family", "佐藤"), given.pop("first", "誠")
    family_kana, first_kana = given.pop("family_kana", f"カ{family}"), given.pop("first_kana", f"カ{first}")
    year, month, day = given.pop("born", (1970, 5, 17)) or (None, None, None)
    kana = f"{family_kana} {first_kana}"
    row = {
        "person_ref": ref, "source_code": source, "addressee_no": None, "household_no": None,
        "name_key": family + first, "family_key": family, "given_key": first, "kana_key": kana,
        "kana_loose_key": kana, "alias_key": None, "former_key": None, "birth_year": year, "birth_month": month,
        "birth_day": day, "sex_code": "1", "address_key": None, "former_address_key": None, "postal_code": None,
        "phone_key": None, "is_deceased": False,
    }  # fmt: skip
    unknown = set(given) - set(row)
    assert not unknown, unknown
    return row | given


def table(rows: list[Row]) -> pa.Table:
    types = {name: {"varchar": pa.string(), "integer": pa.int32(), "boolean": pa.bool_()}[kind]
             for name, kind in japanese().columns.items()}  # fmt: skip
    return pa.Table.from_pylist(rows, pa.schema(list(types.items())))


def town(residents: int, seed: int) -> list[Row]:
    """The register of a town, and what three departments know of its residents, with slips of their own."""
    rng, rows = Random(seed), []
    for at in range(residents):
        home, family = at // 2, FAMILIES[at // 2 * 7919 % 300]
        first = rng.choice(GIVENS)
        born = (rng.randint(1935, 2004), rng.randint(1, 12), rng.randint(1, 28))
        one = {
            "family": family, "first": first, "born": born, "sex_code": rng.choice("12"),
            "address_key": f"町{home % 97}-{home}", "postal_code": f"154{home % 97:04d}", "phone_key": f"03{home:08d}",
        }  # fmt: skip
        number = f"{10_000_000 + at * 11:010d}"
        rows.append(person(f"register-{at}", "register", addressee_no=number, household_no=f"h{home}", **one))
        for source in ("tax", "nhi", "school"):
            if rng.random() < 0.5:
                slip = dict(one)
                if rng.random() < 0.15:
                    slip |= {"address_key": f"他{at}", "postal_code": "1000001"}
                if rng.random() < 0.3:
                    slip["phone_key"] = None
                if rng.random() < 0.08:
                    slip["born"] = None
                if rng.random() < 0.02:
                    slip["first"] = rng.choice(GIVENS)
                rows.append(
                    person(f"{source}-{at}", source, addressee_no=number if rng.random() < 0.4 else None, **slip)
                )
    return rows


@cache
def trained() -> Model:
    """A model of a made-up town, trained without looking at who is who."""
    return resolve(table(town(4_000, seed=7))).model


def outcomes(rows: list[Row]) -> Resolution:
    """What becomes of `rows` under the town's model."""
    return resolve(table(rows), model=trained())


def the_pair(one: Row, other: Row) -> Row | None:
    """What is told of the pair of two persons who stand alone; None if nothing is."""
    found = outcomes([one, other]).pairs.to_pylist()
    assert len(found) <= 1
    return found[0] if found else None


def adversaries(pairs: int, seed: int) -> Iterator[tuple[str, Row, Row]]:
    """Pairs of two different people whom a careless matcher joins, with the kind of trap."""
    rng, kinds = Random(seed), sorted(TRAPS)
    for at in range(pairs):
        kind = kinds[at % len(kinds)]
        family, first = f"家{rng.randrange(2000)}", rng.choice(GIVENS)
        born = (rng.randint(1935, 1980), rng.randint(1, 12), rng.randint(1, 12))
        known = {"family": family, "first": first, "born": born, "address_key": f"番地{at}", "phone_key": f"09{at:08d}",
                 "household_no": f"世帯{at}", "postal_code": f"15{at % 50:05d}"}  # fmt: skip
        change = TRAPS[kind](rng, at, known)
        sources = rng.choice([("register", "tax"), ("tax", "nhi"), ("register", "register")])
        numbers = [f"{10_000_000 + 2 * at + side:010d}" if source == "register" else None
                   for side, source in enumerate(sources)]  # fmt: skip
        one = person(f"a{at}", sources[0], addressee_no=numbers[0], **known)
        yield kind, one, person(f"b{at}", sources[1], addressee_no=numbers[1], **known | change)


def _elsewhere(at: int) -> Row:
    return {
        "address_key": f"別番地{at}",
        "phone_key": f"08{at:08d}",
        "household_no": f"別世帯{at}",
        "postal_code": "1000001",
    }


def _later(rng: Random, born: tuple[int, int, int]) -> tuple[int, int, int]:
    return (born[0] + rng.randint(20, 40), born[1] % 12 + 1, born[2] % 28 + 1)


TRAPS: dict[str, Any] = {
    "same kana, other people": lambda rng, at, one: _elsewhere(at) | {
        "first": one["first"] + "郎", "first_kana": f"カ{one['first']}", "born": _later(rng, one["born"])},
    "same kana and birth date": lambda rng, at, one: _elsewhere(at) | {
        "first": one["first"] + "郎", "first_kana": f"カ{one['first']}"},
    "same name and birth date": lambda rng, at, one: _elsewhere(at),
    "same name and birth date, one shared telephone": lambda rng, at, one: _elsewhere(at) | {
        "phone_key": one["phone_key"]},
    "twins": lambda rng, at, one: {"first": one["first"] + "二"},
    "twins of other sex": lambda rng, at, one: {"first": one["first"] + "子", "sex_code": "2"},
    "father and son of one reading": lambda rng, at, one: {
        "first": one["first"] + "郎", "first_kana": f"カ{one['first']}", "born": _later(rng, one["born"])},
    "father and son of one name": lambda rng, at, one: {"born": _later(rng, one["born"])},
    "father and son, son's birth date unknown": lambda rng, at, one: {"born": None},
    "same household": lambda rng, at, one: {"first": one["first"] + "美", "born": _later(rng, one["born"])},
    "same name and birth year, born in neighbouring months": lambda rng, at, one: _elsewhere(at) | {
        "born": (one["born"][0], one["born"][1] % 12 + 1, one["born"][2])},
}  # fmt: skip


def guises(people: int, seed: int) -> Iterator[tuple[str, Row, Row]]:
    """One person twice, as the register and as a department knows them, with the kind of difference."""
    rng = Random(seed)
    kinds = sorted(GUISES)
    for at in range(people):
        kind = kinds[at % len(kinds)]
        number = f"{10_000_000 + at * 3:010d}"
        known = {"family": f"家{rng.randrange(2000)}", "first": rng.choice(GIVENS),
                 "born": (rng.randint(1935, 2000), rng.randint(1, 12), rng.randint(1, 28)),
                 "address_key": f"番地{at}", "phone_key": f"09{at:08d}", "postal_code": f"15{at % 50:05d}"}  # fmt: skip
        of_register, of_office = GUISES[kind](at, known)
        if rng.random() < 0.25:
            of_office = {"phone_key": None} | of_office
        if at // len(kinds) % 2:  # every other time the department knows the number
            of_office = {"addressee_no": number} | of_office
        yield (
            kind,
            person(f"r{at}", "register", addressee_no=number, household_no=f"世帯{at}", **known | of_register),
            person(f"d{at}", "tax", **known | of_office),
        )


GUISES: dict[str, Any] = {
    "髙橋 and 高橋 (folded by the key)": lambda at, one: ({}, {}),
    "maiden name": lambda at, one: (
        {"family": f"新{at}", "former_key": one["family"] + one["first"]}, {}),
    "alias": lambda at, one: (
        {"family": f"Kim{at}", "first": "Chol", "alias_key": one["family"] + one["first"]}, {}),
    "foreign name order": lambda at, one: ({}, {"family": one["first"], "first": one["family"]}),
    "moved": lambda at, one: (
        {"former_address_key": one["address_key"], "address_key": f"新番地{at}", "postal_code": "1540001"}, {}),
}  # fmt: skip
