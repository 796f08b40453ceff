"""Levies of the light vehicle tax (軽自動車税・種別割): one notice a vehicle and year, due on 31 May."""

from collections.abc import Iterator
from datetime import date
from random import Random

from receivables.city.bills import Bill
from receivables.city.blocks import Block
from receivables.city.habits import VEHICLE, Habit
from receivables.city.levies import Levy, Payer, birthday, levied, standard_key, years_between
from receivables.city.life import Rules, write_off_after_stay
from receivables.city.names import Name
from receivables.city.numbers import addressee_number, check_digit
from receivables.city.people import Person

_RULES = Rules(VEHICLE, 6, 20, True, 10, 5, 2000)
_OWNING_SHARE = 0.085  # of whom about three in four own one in a given year
_RESIDENTS_PER_COMPANY = 400
_COMPANIES_FROM = 500_000_000  # 宛名番号 of companies (法人): a range of its own, never in the register of residents
_FOR_EVER = date(9999, 3, 31)
# Kind: yen a year (地方税法463条の15, 附則30条 for those over 13 years), share in per cent (configuration).
# A vehicle keeps its kind over the years shown: no light car here turns 13 in between.
KINDS = {
    "11": (2_000, 26),  # 原動機付自転車 50cc以下
    "12": (2_000, 3),  # 90cc以下
    "13": (2_400, 13),  # 125cc以下
    "14": (3_700, 1),  # ミニカー
    "21": (3_600, 15),  # 軽二輪 250cc以下
    "22": (6_000, 12),  # 二輪の小型自動車
    "31": (10_800, 15),  # 軽四輪乗用・自家用
    "32": (7_200, 5),  # 同（2015年3月までの初度検査）
    "33": (12_900, 4),  # 同（13年超）
    "41": (5_000, 4),  # 軽四輪貨物・自家用
    "42": (3_800, 1),  # 軽四輪貨物・営業用
    "51": (5_900, 1),  # 小型特殊自動車（農耕用以外）
}
_TRADES = ("商事", "運送", "酒店", "工務店", "電設", "フーズ")


def vehicle_bills(block: Block, people: list[Person]) -> list[Bill]:
    """Every year's tax on every vehicle levied by the block's day, each with its whole life."""
    return levied(_LEVY, block, people)


def _payers(rng: Random, people: list[Person], until: date) -> Iterator[Payer]:
    """One payer a vehicle: whoever owned it on 1 April."""
    serial = 0
    for person in people:
        if person.age(until) >= 16 and rng.random() < _OWNING_SHARE:
            first = birthday(person, 16)
            for _ in range(rng.choices((1, 2, 3), (85, 12, 3))[0]):
                serial += 1
                yield _vehicle(rng, person, people[0], serial, years_between(rng, first, _FOR_EVER, until))
    for neighbour in rng.sample(people, max(2, len(people) // _RESIDENTS_PER_COMPANY)):
        company = _company(rng, neighbour, until)
        for _ in range(rng.randint(1, 5)):
            serial += 1
            yield _vehicle(rng, company, people[0], serial, years_between(rng, company.birth_date, _FOR_EVER, until))


def _vehicle(rng: Random, owner: Person, first_of_block: Person, serial: int, years: range) -> Payer:
    """軽自管理番号: twice the block's number, a serial number in it and a check digit; never the plate (標識番号)."""
    used = f"{int(first_of_block.person_id[1:]) // 10_000:03d}{serial:06d}"
    (code,) = rng.choices(list(KINDS), [share for _, share in KINDS.values()])
    return Payer(owner, owner, years, f"{used}{check_digit(used)}", code)


def _company(rng: Random, neighbour: Person, until: date) -> Person:
    """A company at the address of `neighbour`, numbered beside that person."""
    number = addressee_number(_COMPANIES_FROM + int(neighbour.addressee_no[-10:-1]))
    name = Name("株式会社", "カブシキガイシャ", f"{neighbour.name.family}{rng.choice(_TRADES)}", "")
    founded = date(until.year - rng.randint(20, 60), rng.randint(1, 12), 1)
    person_id = f"c{neighbour.person_id[1:]}"
    return Person(
        person_id, number, neighbour.household_no, True, name, "", founded, neighbour.place, is_registered=False
    )


def _instalments(year: int) -> list[tuple[date, date]]:
    return [(date(year, 5, 8), date(year, 5, 31))]


def _yen(_: Random, payer: Payer, __: int, ___: Habit) -> list[int]:
    yen, _share = KINDS[payer.kind_code]
    return [yen]


def _ends(rng: Random, bill: Bill) -> None:
    if rng.random() < 0.4:
        write_off_after_stay(rng, bill)


_LEVY = Levy("light_vehicle_tax", "light_vehicle_tax", _RULES, _payers, _instalments, _yen, _ends, standard_key)
