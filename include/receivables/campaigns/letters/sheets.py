"""A letter as the typesetter takes it (letter.typ): text in rows, sums written out, codes drawn."""

from datetime import date
from typing import Any

from receivables.campaigns.letters import slips, symbols
from receivables.campaigns.letters.city import City, Setting
from receivables.campaigns.letters.fonts import FAMILY, Font
from receivables.campaigns.letters.layout import ELSEWHERE, HONORIFIC, SheetPlan, address_rows, lead, sheet_plan, tail
from receivables.campaigns.letters.letter import Letter, LetterClaim
from receivables.campaigns.letters.seals import Sheet, sheets_of, shown
from receivables.era import date_to_wareki

_PAY_AT = "金融機関、コンビニ、スマートフォン決済で納付できます。"
_NO_SHOP = "金融機関、スマートフォン決済で納付できます。コンビニでは納付できない金額です。"
_NOT_KNOWN = "別途"
_MORE_SLIPS = "納付書の続きです。科目と期別をお確かめのうえ、納付してください。"


def document(letters: tuple[Letter, ...], setting: Setting, font: Font, words: tuple[str, ...]) -> dict[str, Any]:
    """All that letter.typ needs for one file."""
    return {
        "title": setting.tone.titles[letters[0].kind],
        "font": FAMILY,
        "city": {**setting.city.model_dump(include={"name", "head", "seal_note"}), **_places(setting.city)},
        "letters": [_letter(letter, setting, font, words) for letter in letters],
    }


def expected_codes(letter: Letter, setting: Setting, font: Font, words: tuple[str, ...]) -> list[set[str]]:
    """What a scanner must find on each sheet of `letter`."""
    plans = sheet_plan(letter, setting, font, words)
    found = []
    for sheet, plan in zip(sheets_of(letter.token, len(plans)), plans, strict=True):
        codes = {sheet.code}
        for claim, _ in plan.slips:
            codes |= {code for code in _slip_codes(claim, setting.city) if code}
        found.append(codes)
    return found


def _letter(letter: Letter, setting: Setting, font: Font, words: tuple[str, ...]) -> dict[str, Any]:
    city = setting.city
    address, name = address_rows(letter.recipient, city.paper.address, font)
    plans = sheet_plan(letter, setting, font, words)
    sheets = sheets_of(letter.token, len(plans))
    is_apart = bool(letter.claims) and not plans[0].rows
    return {
        "token_shown": shown(letter.token),
        "postal_code": letter.recipient.postal_code,
        "address": address,
        "name": name,
        "issued_on": date_to_wareki(letter.issued_on),
        "office": city.offices[letter.office],
        "title": setting.tone.titles[letter.kind],
        "lead": lead(letter, setting) + ([ELSEWHERE] if is_apart else []),
        "total": f"{letter.total_yen:,}" if letter.claims else None,
        "deadline_label": setting.tone.deadlines.get(letter.kind),
        "deadline": _day(letter.deadline_date),
        "tail": tail(letter, setting, words),
        "sheets": [_sheet(letter, sheet, plan, city) for sheet, plan in zip(sheets, plans, strict=True)],
    }


def _sheet(letter: Letter, sheet: Sheet, plan: SheetPlan, city: City) -> dict[str, Any]:
    return {
        "number": sheet.number,
        "code": symbols.qr_drawing(sheet.code),
        "rows": [_row(claim) for claim in plan.rows],
        "slips": [[_slip(letter, claim, city), top] for claim, top in plan.slips],
        "top": plan.top,
        "bottom": plan.bottom,
        "heading": _MORE_SLIPS,
    }


def _row(claim: LetterClaim) -> list[str]:
    amounts = (claim.principal_yen, claim.late_charge_yen, claim.total_yen)
    return [
        claim.name,
        _year(claim),
        claim.instalment,
        date_to_wareki(claim.due_date),
        *(_NOT_KNOWN if yen is None else f"{yen:,}円" for yen in amounts),
    ]


def _slip(letter: Letter, claim: LetterClaim, city: City) -> dict[str, Any]:
    assert claim.slip
    shop, phone = _slip_codes(claim, city)
    return {
        "claim": claim.name,
        "term": f"{_year(claim)}　{claim.instalment}",
        "number": claim.slip.number,
        "payer": letter.recipient.name.strip() + HONORIFIC,
        "yen": f"{claim.slip.yen:,}",
        "pay_by": date_to_wareki(claim.slip.pay_by_date),
        "bars": symbols.gs1_drawing(shop) if shop else None,
        "digits": slips.shop_lines(shop) if shop else [],
        "pay_at": _PAY_AT if shop else _NO_SHOP,
        "code": symbols.qr_drawing(phone),
    }


def _slip_codes(claim: LetterClaim, city: City) -> tuple[str | None, str]:
    """The shops' 44 digits, when shops may take the sum, and the digits of the QR code."""
    assert claim.slip
    is_shop = claim.slip.yen <= city.slip.most_shop_yen
    shop = slips.shop_digits(claim.slip, company_code=city.slip.company_code) if is_shop else None
    return shop, slips.pay_digits(claim.slip, municipality=city.municipality)


def _places(city: City) -> dict[str, Any]:
    return {
        **city.paper.model_dump(include={"folds", "address", "seal"}),
        **city.slip.model_dump(include={"bars", "pay_code"}),
    }


def _year(claim: LetterClaim) -> str:
    return date_to_wareki(date(claim.fiscal_year, 5, 1)).partition("年")[0] + "年度"


def _day(day: date | None) -> str | None:
    return date_to_wareki(day) if day else None
