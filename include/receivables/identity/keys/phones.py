"""電話番号のキー: one number whatever way a counter wrote it, and nothing for what only fills the field."""

import re
from typing import NamedTuple

from receivables.identity.keys.writing import plain
from receivables.phones import Kind, phone

# A number, and then whose it is or which extension: 090-…（娘）, 03-… 内線12, 03-…(代). The remark is the caller's.
_NUMBER = re.compile(r"(\+?[0-9][0-9\s\-‐‑‒–—―−ー─().・]*)(.*)", re.DOTALL)
_PREFIX = re.compile(r"^\s*(?:TEL|電話|携帯|自宅|勤務先)?[\s:.]*", re.IGNORECASE)


class PhoneKey(NamedTuple):
    """A number as dialled in Japan (`digits`) and its `kind`: mobile, fixed, ip (050), toll_free, other, invalid."""

    digits: str
    kind: Kind


def phone_key(text: str | None) -> PhoneKey | None:
    """The key of a telephone number; None for none, for 不明 and なし, and for one digit repeated (0000000000).

    A remark after the number is cut: keep the original. `invalid` keeps its digits: two equal wrong numbers may be
    one clerk's slip, but never reach anybody. 固定・携帯・IP の別 is that of the numbering plan (`receivables.phones`).
    """
    match = _NUMBER.match(_PREFIX.sub("", plain(text or ""), count=1))
    if match is None:
        return None
    found = phone(match[1])
    if len(set(found.digits)) <= 1:
        return None
    return PhoneKey(found.digits, found.kind)
