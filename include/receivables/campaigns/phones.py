"""Mobile numbers (携帯電話番号): recognised, and turned into a keyed hash that lists may hold."""

import hashlib
import hmac

from receivables.phones import phone


def mobile_number(digits: str) -> str | None:
    """`digits` as an E.164 Japanese mobile number; None for landlines, IP phones, pagers and mistakes."""
    found = phone(digits)
    return found.e164 if found.kind == "mobile" else None


def voice_number(digits: str) -> str | None:
    """`digits` as an E.164 number that a person may answer: mobile, landline or IP; None for everything else."""
    found = phone(digits)
    return found.e164 if found.kind in ("mobile", "fixed", "ip") else None


def phone_hash(number: str, key: str) -> str:
    """The keyed hash (HMAC-SHA256) of a number: all 10^8 numbers could be tried without the key."""
    return hmac.new(key.encode(), number.encode(), hashlib.sha256).hexdigest()
