"""Letters that must not be printed: each with its reason, none with a name."""

from datetime import date
from typing import Any

import pytest

from receivables.campaigns.letters import REASONS, Slip, unprintable
from receivables.campaigns.letters.fonts import font
from receivables.claims import LegalClass
from receivables.yen import Yen
from tests.letters.made import DEADLINE, claim, letter

PRIVATE = claim(2, claim_type="school_lunch_fee", legal_class=LegalClass.PRIVATE, name="学校給食費")
SHORT = Slip("01260000000103", Yen(25_299), DEADLINE)
ENDED = Slip("01260000000103", Yen(25_300), date(2026, 12, 3))

BAD: list[tuple[dict[str, Any], set[str]]] = [
    ({"name": "世田谷\ue000郎"}, {"gaiji"}),  # private use: only one vendor's font knows it
    ({"name": "\U000f0001田"}, {"gaiji"}),  # the letter a host's user area becomes
    ({"name": "𰀀田"}, {"gaiji"}),  # Unicode, not in the font
    ({"name": "辻\U000e01ef"}, {"gaiji"}),  # a variant that the font does not draw
    ({"name": "\U000e0100辻"}, {"gaiji"}),  # a selector with nothing before it
    ({"name": "太\u202e郎"}, {"gaiji"}),  # writes backwards
    ({"address": ("世田谷区\n太子堂",)}, {"gaiji"}),
    ({"address": ("世田谷区\x00",)}, {"gaiji"}),
    ({"name": "　"}, {"no_address"}),
    ({"address": ()}, {"no_address"}),
    ({"address": ("世" * 101,)}, {"address_too_long"}),
    ({"name": "世" * 35}, {"address_too_long"}),
    ({"office": "nowhere"}, {"office"}),
    ({"token": "ABCDEFGHJKMNP"}, {"seal"}),
    ({"claims": ()}, {"no_claims"}),
    ({"deadline_date": None}, {"deadline"}),
    ({"deadline_date": date(2026, 12, 4)}, {"deadline"}),
    ({"claims": (claim(), PRIVATE)}, {"two_families"}),
    ({"claims": (claim(principal_yen=Yen(-1), late_charge_yen=Yen(5)),)}, {"yen"}),
    ({"claims": (claim(principal_yen=Yen(0), late_charge_yen=Yen(0), has_slip=False),)}, {"yen"}),
    ({"claims": (claim(principal_yen=Yen(99_999_999), late_charge_yen=Yen(1)),)}, {"yen"}),
    ({"charged_until": None}, {"charged_until"}),
    ({"charged_until": date(2026, 12, 5)}, {"charged_until"}),
    ({"claims": (claim(slip=SHORT),)}, {"slip"}),
    ({"claims": (claim(slip=ENDED),)}, {"slip"}),
    ({"claims": (claim(), claim())}, {"one_slip_twice"}),
    ({"claims": 17}, {"too_many_sheets"}),
    ({"kind": "cashless", "claims": (claim(),)}, {"claims_unasked"}),
    ({"kind": "direct_debit", "deadline_date": DEADLINE}, {"claims_unasked"}),
    ({"name": "𰀀", "office": "nowhere", "claims": ()}, {"gaiji", "office", "no_claims"}),
]


@pytest.mark.parametrize(("given", "codes"), BAD)
def test_a_letter_is_set_aside_with_every_reason(given: dict[str, Any], codes: set[str]) -> None:
    one = letter(**given)
    (refused,) = unprintable([one])
    assert refused.token == one.token
    assert set(refused.codes) == codes


def test_every_reason_is_explained_and_met() -> None:
    assert {code for _, codes in BAD for code in codes} | {"postal_code", "text_too_long"} == set(REASONS)


def test_a_postal_code_is_one() -> None:
    one = letter()
    for wrong in ("1548504", "154−8504", "１５４-８５０４", "154-85041"):
        recipient = type(one.recipient)(wrong, one.recipient.address_lines, one.recipient.name)
        assert unprintable([letter(recipient=recipient)])[0].codes == ("postal_code",)


@pytest.mark.parametrize("name", ["𠮷田", "髙橋", "山﨑", "葛\U000e0100城", "邉", "濵", "O'Neil", "ﾔﾏﾀﾞ"])
def test_signs_of_real_names_are_printed(name: str) -> None:
    assert not unprintable([letter(name=name)])


def test_too_many_words_are_told_before_anything_is_set() -> None:
    from receivables.campaigns.letters import Place

    assert unprintable([letter()], Place(words=("長い文" * 600,)))[0].codes == ("text_too_long",)


def test_a_line_is_cut_between_signs_and_never_before_a_selector() -> None:
    lines = font().lines("葛\U000e0100" * 5, 2_000)
    assert lines == ["葛\U000e0100" * 2, "葛\U000e0100" * 2, "葛\U000e0100"]
    assert font().lines("葛\U000e0100" * 2, 500) == ["葛\U000e0100"] * 2  # though none fits
    assert "".join(font().lines("A" * 50 + "世田谷" * 9, 3_333)) == "A" * 50 + "世田谷" * 9
