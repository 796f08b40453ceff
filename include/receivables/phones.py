"""Japanese telephone numbers (電話番号): which kind a number is, by the numbering plan inside `phonenumbers`."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal

from phonenumbers import PhoneMetadata

Kind = Literal["mobile", "fixed", "ip", "toll_free", "other", "invalid"]
_PLAN: dict[str, Kind] = {
    "mobile": "mobile", "fixed_line": "fixed", "voip": "ip", "toll_free": "toll_free",
    "pager": "other", "uan": "other", "premium_rate": "other", "personal_number": "other",
}  # fmt: skip
_PUNCTUATION = re.compile(r"[\s\-‐‑‒–—―−ーｰ─().・]+")
_DOMESTIC = re.compile(r"(?:\+81(?:0?)|0)([1-9][0-9]{5,16})")


@dataclass(frozen=True, slots=True)
class Phone:
    """One number: `digits` as dialled in Japan, from the leading 0 and without signs, and its `kind`."""

    digits: str
    kind: Kind

    @property
    def e164(self) -> str:
        """The number as dialled from abroad: +81 and the digits without the 0; only for a kind that is not invalid."""
        return "+81" + self.digits[1:]


def phone(text: str) -> Phone:
    """The number that `text` is, in any width and with the usual signs, or with +81.

    Anything besides a number (a remark, an extension) makes it `invalid`, and `digits` are then what digits there are.
    The patterns are those of the library, compiled once: its own parser takes thirty times as long.
    """
    bare = _PUNCTUATION.sub("", text if text.isascii() else unicodedata.normalize("NFKC", text))
    match = _DOMESTIC.fullmatch(bare)
    if match is None:
        return Phone("".join(re.findall("[0-9]", bare)), "invalid")
    national = match[1]
    kinds = [kind for kind, pattern in _patterns() if pattern.fullmatch(national)]
    return Phone("0" + national, kinds[0] if kinds else "invalid")


@cache
def _patterns() -> list[tuple[Kind, re.Pattern[str]]]:
    plan = PhoneMetadata.metadata_for_region("JP")
    return [(kind, re.compile(getattr(plan, name).national_number_pattern)) for name, kind in _PLAN.items()]
