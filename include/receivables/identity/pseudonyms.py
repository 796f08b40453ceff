"""Pseudonyms (仮名ID): a keyed hash that only the holder of the key can make."""

import hashlib
import hmac

HEX_DIGITS = 20


def debtor_id(addressee_no: str, *, key: str) -> str:
    """The pseudonym of the person with this 宛名番号: 'd' and the first 20 hex digits of HMAC-SHA256."""
    return "d" + hmac.new(key.encode(), addressee_no.encode(), hashlib.sha256).hexdigest()[:HEX_DIGITS]


def pseudonym(kind: str, *parts: str, key: str) -> str:
    """The pseudonym of what is no debtor: its `kind`, one letter, and 20 hex digits over kind and parts.

    Another kind, or the same text cut into other parts, gives another one: h household, u a person whom nobody knows
    yet, p a point of contact.
    """
    said = "\x1f".join((kind, *parts)).encode()
    return kind + hmac.new(key.encode(), said, hashlib.sha256).hexdigest()[:HEX_DIGITS]
