"""電話番号: kinds are those of the library's own parser, and fillers are no number."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.campaigns.phones import mobile_number
from receivables.identity.keys import PhoneKey, phone_key
from receivables.phones import phone

KINDS = {
    phonenumbers.PhoneNumberType.MOBILE: "mobile",
    phonenumbers.PhoneNumberType.FIXED_LINE: "fixed",
    phonenumbers.PhoneNumberType.VOIP: "ip",
    phonenumbers.PhoneNumberType.TOLL_FREE: "toll_free",
    phonenumbers.PhoneNumberType.UNKNOWN: "invalid",
}
PREFIXES = [
    "090",
    "080",
    "070",
    "060",
    "050",
    "03",
    "06",
    "011",
    "0120",
    "0800",
    "0570",
    "020",
    "0990",
    "0466",
    "099",
]


@pytest.mark.parametrize(
    ("text", "digits", "kind"),
    [
        ("090-1234-5678", "09012345678", "mobile"),
        ("０９０−１２３４－５６７８", "09012345678", "mobile"),
        ("+81 90-1234-5678", "09012345678", "mobile"),
        ("090 1234 5678（娘）", "09012345678", "mobile"),
        ("携帯：090-1234-5678", "09012345678", "mobile"),
        ("060-1234-5678", "06012345678", "mobile"),
        ("03(5432)1111", "0354321111", "fixed"),
        ("03-5432-1111 内線123", "0354321111", "fixed"),
        ("03-5432-1111(代)", "0354321111", "fixed"),
        ("050-1234-5678", "05012345678", "ip"),
        ("0120-444-444", "0120444444", "toll_free"),
        ("0800-123-4567", "08001234567", "toll_free"),
        ("0570-000-000", "0570000000", "other"),
        ("020-1234-5678", "02012345678", "other"),
        ("090-1234-567", "0901234567", "invalid"),
        ("12345", "12345", "invalid"),
    ],
)
def test_a_number_has_its_digits_and_its_kind(text: str, digits: str, kind: str) -> None:
    assert phone_key(text) == PhoneKey(digits, kind)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [None, "", "不明", "なし", "0000000000", "000-0000-0000", "9999999999", "－", "無し"])
def test_a_filler_is_no_number(text: str | None) -> None:
    assert phone_key(text) is None


@given(st.sampled_from(PREFIXES), st.text(alphabet="0123456789", min_size=5, max_size=9))
def test_the_kind_is_that_of_the_librarys_own_parser(prefix: str, rest: str) -> None:
    parsed = phonenumbers.parse(prefix + rest, "JP")
    kind = KINDS.get(phonenumbers.number_type(parsed), "other")

    assert phone(prefix + rest).kind == kind
    is_mobile = kind == "mobile"
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    assert mobile_number(prefix + rest) == (e164 if is_mobile else None)


@given(st.text(alphabet="0123456789-－()（） ０９+娘内線", max_size=16))
def test_a_key_is_its_own_key(text: str) -> None:
    key = phone_key(text)

    assert key is None or phone_key(key.digits) == key


def test_no_message_goes_to_a_number_with_a_remark() -> None:
    assert mobile_number("090-1234-5678") == "+819012345678"
    assert mobile_number("090-1234-5678（娘）") is None
