"""The synthetic ward's own hard cases: namesakes of one birth date, second numbers, father and son of one reading."""

from collections import Counter, defaultdict
from datetime import timedelta
from random import Random

from receivables.city.blocks import Block
from receivables.city.names import Name
from receivables.city.people import Person, population
from receivables.city.places import Place
from receivables.identity.matching import resolve
from tests.conftest import AS_OF
from tests.identity.matching.people import Row, person, table

VARIANTS = str.maketrans({"髙": "高", "﨑": "崎", "𠮷": "吉", "邉": "辺", "齋": "斎"})  # as a caller folds them


def folded(name: Name | None) -> str | None:
    return (name.family + name.given).translate(VARIANTS) if name else None


def written(place: Place) -> str:
    return place.address + (place.detail or "")


def row(ref: str, source: str, who: Person, name: Name, place: Place, **given: object) -> Row:
    born = (who.birth_date.year, who.birth_date.month, who.birth_date.day)
    alias = who.foreign.alias if who.foreign and who.foreign.alias else None
    former = who.former_name if source == "register" and name is not who.former_name else None
    return person(
        ref, source, family=name.family.translate(VARIANTS), first=name.given.translate(VARIANTS),
        family_kana=name.family_kana, first_kana=name.given_kana, sex_code=who.sex_code,
        born=born if who.is_birth_day_known else None, alias_key=folded(alias), former_key=folded(former),
        address_key=written(place), postal_code=place.postal_code, phone_key=who.phone, **given,
    )  # fmt: skip


def ward_rows(people: list[Person]) -> tuple[list[Row], dict[str, str]]:
    """The register, and two departments that know fewer numbers and what was true three years ago."""
    rng, rows, truth = Random(1), [], {}
    for at, who in enumerate(people):
        before = AS_OF - timedelta(days=1_000)
        found = []
        if who.is_registered:
            given = {"addressee_no": who.addressee_no, "household_no": who.household_no,
                     "is_deceased": who.died_on is not None,
                     "former_address_key": who.previous_place and written(who.previous_place)}  # fmt: skip
            found.append(row(f"register-{at}", "register", who, who.name_on(AS_OF), who.place_on(AS_OF), **given))
        for source in ("tax", "lunch"):
            if rng.random() < 0.4:
                number = who.addressee_no if source == "tax" and rng.random() < 0.8 else None
                found.append(
                    row(f"{source}-{at}", source, who, who.name_on(before), who.place_on(before), addressee_no=number)
                )
        rows += found
        truth |= {each["person_ref"]: who.person_id for each in found}
    return rows, truth


def test_the_wards_hard_cases_make_no_wrong_merge() -> None:
    rows, truth = ward_rows(population(Block(0, 6_000, "7", AS_OF)))
    found = resolve(table(rows))
    members = defaultdict(set)
    for each in found.clusters.to_pylist():
        members[each["anchor"]].add(truth[each["person_ref"]])
    assert not [anchor for anchor, persons in members.items() if len(persons) > 1]
    told = found.pairs.to_pylist()
    is_right = Counter((each["outcome"], truth[each["ref_l"]] == truth[each["ref_r"]]) for each in told)
    true = sum(count * (count - 1) // 2 for count in Counter(truth.values()).values())
    print(f"\nward: {len(rows):,} rows, {true:,} true pairs; told {dict(is_right)}")
    assert (is_right["link", True] + is_right["review", True]) / true >= 0.95
    second = [each for each in told if "second_number" in each["reasons"]]
    assert {each["outcome"] for each in second} <= {"review"}
