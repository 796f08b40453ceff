"""What a source wrote of a person, as keys (名寄せのキー): one row in, one row out, nothing kept besides."""

import re
from functools import lru_cache
from typing import NamedTuple

from receivables.identity.keys import (
    address_key,
    birth_key,
    kana_key,
    kana_loose_key,
    name_key,
    name_parts,
    phone_key,
)

HOME = "東京都世田谷区"  # the city of an address that names none
_DIGITS = re.compile(r"[0-9]+")
_TO_NARROW = str.maketrans("０１２３４５６７８９", "0123456789")


class Written(NamedTuple):
    """What sources write of a person, in the contracts' words; None where a source has no such column."""

    household_no: str | None = None
    person_name: str | None = None
    person_kana: str | None = None
    birth_date: str | None = None
    sex_code: str | None = None
    postal_code: str | None = None
    address: str | None = None
    address_detail: str | None = None
    phone: str | None = None
    died_on: str | None = None
    kanji_name: str | None = None
    katakana_name: str | None = None
    alias_name: str | None = None
    former_name: str | None = None
    previous_address: str | None = None
    previous_address_detail: str | None = None


class Keys(NamedTuple):
    """The columns of vault.person_key that are compared."""

    household_no: str | None
    name_key: str | None
    family_key: str | None
    given_key: str | None
    kana_key: str | None
    kana_loose_key: str | None
    alias_key: str | None
    kanji_key: str | None
    katakana_key: str | None
    former_key: str | None
    birth_year: int | None
    birth_month: int | None
    birth_day: int | None
    sex_code: str | None
    address_key: str | None
    former_address_key: str | None
    postal_code: str | None
    phone_key: str | None
    is_deceased: bool | None


def keys_of(written: Written) -> Keys:
    """The keys of one person; what is unknown stays None. No error: what cannot be read gives no key."""
    parts = name_parts(written.person_name)
    born = birth_key(written.birth_date)
    phone = phone_key(written.phone)
    return Keys(
        household_no=written.household_no or None,
        name_key=name_key(written.person_name),
        family_key=parts.family if parts else None,
        given_key=parts.given if parts else None,
        kana_key=kana_key(written.person_kana),
        kana_loose_key=kana_loose_key(written.person_kana),
        alias_key=name_key(written.alias_name),
        kanji_key=name_key(written.kanji_name),
        katakana_key=name_key(written.katakana_name),
        former_key=name_key(written.former_name),
        birth_year=born.year if born else None,
        birth_month=born.month if born else None,
        birth_day=born.day if born else None,
        sex_code=written.sex_code if written.sex_code in ("1", "2") else None,
        address_key=_home(written.address, written.address_detail),
        former_address_key=_home(written.previous_address, written.previous_address_detail),
        postal_code=written.postal_code or None,
        phone_key=phone.digits if phone else None,
        is_deceased=written.died_on is not None,
    )


@lru_cache(131_072)
def _home(address: str | None, detail: str | None) -> str | None:
    """The address as far as the door: a house of flats is many homes, so the room's number is part of the key."""
    found = address_key(address, home=HOME)
    if found is None or found.number is None:
        return None  # a town alone is no home
    rooms = _DIGITS.findall((detail or "").translate(_TO_NARROW))
    return f"{found.town}/{found.number}#{rooms[-1]}" if rooms else f"{found.town}/{found.number}"
