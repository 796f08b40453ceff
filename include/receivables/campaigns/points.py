"""Points of contact (連絡先): where a channel reaches a debtor, with the keyed hash that lists may hold.

Numbers and addresses come out of the vault for the moment of building or claiming; nothing of a protected person
(支援措置) comes out at all.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import dict_row

from receivables.campaigns.candidates import Phone
from receivables.campaigns.phones import mobile_number, phone_hash, voice_number
from receivables.db import Connection

# 返戻: where an envelope of ours came back from, nothing is sent again while the register says the same address.
_CAME_BACK = """
    select about.phone_hash from campaign.contact_event as told
    inner join campaign.contact as about using (contact_id)
    where told.event = 'undeliverable' and about.phone_hash = any(%s)
"""
_PHONES = "select debtor_id, phone_digits, person_count from campaign.phones_of(%s) order by 1, 2"
_ADDRESSES = """
    select debtor_id, person_name, postal_code, address, address_detail from campaign.addresses_of(%s) order by 1, 2
"""


@dataclass(frozen=True, slots=True)
class Point:
    """One number or address; `value` never leaves the process but by the channel itself."""

    phone: Phone
    value: str

    def __repr__(self) -> str:
        """Without the value: this may end in a log."""
        return "Point()"


def points_of(connection: Connection, channel: str, debtor_ids: Sequence[str], key: str) -> dict[str, list[Point]]:
    """Where `channel` reaches each debtor, in order of the hash; a debtor without any is left out.

    SMS reaches mobile numbers alone; calls reach every number that rings; a letter goes to the register's address,
    told as JSON of name, postal code and address lines.
    """
    found: dict[str, list[Point]] = defaultdict(list)
    with connection.cursor(row_factory=dict_row) as cursor:
        if channel == "letter":
            homes = [_home(row, key) for row in cursor.execute(_ADDRESSES, [list(debtor_ids)])]
            hashes = [point.phone.phone_hash for _, point in homes]
            came_back = {row["phone_hash"] for row in cursor.execute(_CAME_BACK, [hashes])}
            for debtor, point in homes:
                if point.phone.phone_hash not in came_back:
                    found[debtor].append(point)
        else:
            usable = mobile_number if channel == "sms" else voice_number
            for row in cursor.execute(_PHONES, [list(debtor_ids)]):
                number = usable(row["phone_digits"])
                if number:
                    found[row["debtor_id"]].append(Point(Phone(phone_hash(number, key), row["person_count"]), number))
    return {debtor: sorted(each, key=lambda point: point.phone.phone_hash) for debtor, each in found.items()}


def _home(row: dict[str, str], key: str) -> tuple[str, Point]:
    debtor = row.pop("debtor_id")
    value = json.dumps(row, ensure_ascii=False, sort_keys=True)
    return debtor, Point(Phone(phone_hash(value, key), 1), value)
