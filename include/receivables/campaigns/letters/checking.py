"""What keeps a letter from being printed (印刷の可否): codes without personal data, to list those set aside."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from receivables.campaigns.letters.city import Setting
from receivables.campaigns.letters.fonts import Font
from receivables.campaigns.letters.layout import TooLargeError, address_rows, sheet_plan
from receivables.campaigns.letters.letter import DEMANDS, Letter, LetterClaim
from receivables.campaigns.letters.seals import is_seal

_POSTAL = re.compile(r"[0-9]{3}-[0-9]{4}")
_MOST_YEN, _MOST_CHARGE_YEN = 99_999_999, 9_999_999  # what the columns of the table take

REASONS = {
    "seal": "the token is none: use seal()",
    "postal_code": "the postal code is not 123-4567",
    "no_address": "address or name is empty",
    "gaiji": "a sign that the font lacks (外字): have it mapped, or write this letter by hand",
    "address_too_long": "address or name does not fit the window: have it shortened",
    "office": "the office is not in city.yml",
    "no_claims": "nothing is asked for",
    "deadline": "a demand needs a deadline after its day of issue",
    "charged_until": "a late charge needs the day until which it counts, not after the day of issue",
    "claims_unasked": "this kind of letter asks for nothing: leave out claims and deadline",
    "two_families": "one 督促状 is one disposition: claims of different law need letters of their own",
    "yen": "an amount is negative, nothing at all, or more than the table takes",
    "slip": "a slip is not over the total of its claim, or ends before the letter is issued",
    "one_slip_twice": "two claims have one slip number",
    "too_many_sheets": "more sheets than one envelope takes: make two letters",
    "text_too_long": "the text does not fit its sheet: shorten the words of the campaign",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A letter that is not printed (印刷不可): whose envelope, and every reason as a code of REASONS."""

    token: str
    codes: tuple[str, ...]


def refusals(letters: Iterable[Letter], setting: Setting, font: Font, words: tuple[str, ...]) -> list[Refusal]:
    """The letters that cannot be printed, with all their reasons; the rest can."""
    found = ((letter.token, tuple(faults(letter, setting, font, words))) for letter in letters)
    return [Refusal(token, codes) for token, codes in found if codes]


def faults(letter: Letter, setting: Setting, font: Font, words: tuple[str, ...]) -> Iterator[str]:
    """Every reason against `letter`, as codes of REASONS; `words` are the paragraphs that are no law."""
    if not is_seal(letter.token):
        yield "seal"
    if letter.office not in setting.city.offices:
        yield "office"
    told = [*_recipient_faults(letter, setting, font), *_claim_faults(letter, setting, font)]
    yield from told
    if not told:
        try:
            sheet_plan(letter, setting, font, words)
        except TooLargeError as error:
            yield error.code


def _recipient_faults(letter: Letter, setting: Setting, font: Font) -> Iterator[str]:
    recipient = letter.recipient
    if not _POSTAL.fullmatch(recipient.postal_code):
        yield "postal_code"
    if not recipient.name.strip() or not any(line.strip() for line in recipient.address_lines):
        yield "no_address"
    elif any(font.unprintable(text) for text in (recipient.name, *recipient.address_lines)):
        yield "gaiji"
    else:
        block = setting.city.paper.address
        address, name = address_rows(recipient, block, font)
        if len(address) > block.rows or len(name) > block.name_rows:
            yield "address_too_long"


def _claim_faults(letter: Letter, setting: Setting, font: Font) -> Iterator[str]:
    if letter.kind not in DEMANDS:
        if letter.claims or letter.deadline_date:
            yield "claims_unasked"
        return
    if not letter.claims:
        yield "no_claims"
    if letter.deadline_date is None or letter.deadline_date <= letter.issued_on:
        yield "deadline"
    if not _is_charge_dated(letter):
        yield "charged_until"
    if letter.kind == "dunning" and len({setting.legal.family(claim) for claim in letter.claims}) > 1:
        yield "two_families"
    yield from _table_faults(letter, font)
    yield from _slip_faults(letter)


def _table_faults(letter: Letter, font: Font) -> Iterator[str]:
    if any(font.unprintable(claim.name + claim.instalment) for claim in letter.claims):
        yield "gaiji"
    if any(not _is_amount(claim) for claim in letter.claims) or letter.total_yen > _MOST_YEN:
        yield "yen"


def _slip_faults(letter: Letter) -> Iterator[str]:
    slips = [(claim, claim.slip) for claim in letter.claims if claim.slip]
    if any(slip.yen != claim.total_yen or slip.pay_by_date < letter.issued_on for claim, slip in slips):
        yield "slip"
    if len({slip.number for _, slip in slips}) < len(slips):
        yield "one_slip_twice"


def _is_charge_dated(letter: Letter) -> bool:
    until = letter.charged_until
    return not any(claim.late_charge_yen for claim in letter.claims) or (
        until is not None and until <= letter.issued_on
    )


def _is_amount(claim: LetterClaim) -> bool:
    return claim.principal_yen >= 0 and 0 <= (claim.late_charge_yen or 0) <= _MOST_CHARGE_YEN and claim.total_yen > 0
