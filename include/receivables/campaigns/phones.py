"""Mobile numbers (携帯電話番号): recognised, and turned into a keyed hash that lists may hold."""

import hashlib
import hmac

import phonenumbers


def mobile_number(digits: str) -> str | None:
    """`digits` as an E.164 Japanese mobile number; None for landlines, IP phones, pagers and mistakes."""
    try:
        parsed = phonenumbers.parse(digits, "JP")
    except phonenumbers.NumberParseException:
        return None
    is_mobile = phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE
    if parsed.country_code != 81 or not is_mobile:
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def phone_hash(number: str, key: str) -> str:
    """The keyed hash (HMAC-SHA256) of a number: all 10^8 numbers could be tried without the key."""
    return hmac.new(key.encode(), number.encode(), hashlib.sha256).hexdigest()
