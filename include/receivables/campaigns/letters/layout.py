"""How a letter lies on its sheets (割付): decided here, in numbers, so that the typesetter never has to count pages.

Sheet 1: address, title, law, claims, sum, slip of the first claim. Claims that do not fit follow on sheets of their
own, then the other slips, two to a sheet. Heights are estimates on the safe side in tenths of a millimetre; what fits
is held by the count of pages after setting.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from receivables.campaigns.letters.city import OTHER, AddressBlock, Setting
from receivables.campaigns.letters.fonts import Font
from receivables.campaigns.letters.letter import DEMANDS, Letter, LetterClaim, Recipient
from receivables.era import date_to_wareki
from receivables.errors import InputRejectedError

ADDRESS_POINTS, NAME_POINTS = 10.5, 12  # sizes of letters in the window
HONORIFIC = " 様"
_MILLIMETRES = 25.4 / 72  # of one point
_TOP, _TOP_AFTER, _BOTTOM_WITH_SLIP, _BOTTOM = 66, 22, 101, 16
_PAGE = 297
_LINE, _PARAGRAPH, _ROW, _TITLE, _SUMMARY, _GAP = 49, 56, 57, 110, 130, 45  # heights
_LINE_EMS = 48_000  # of body text on one line
_NAME_EMS, _TERM_EMS = 10_300, 3_300  # of the claim's name and instalment in the table
_SLIP_TOPS = (99, 198)
_NAMES = 3  # told in a sentence
CHARGED = "延滞金は、{day}までの日数で計算した額です。納付の日までに増えることがあります。"
NOT_KNOWN = "延滞金が「別途」とある科目は、延滞金の額が定まっていません。定まりましたら別にお知らせします。"
WITHOUT_SLIP = "納付書が付いていない科目の納付については、お問い合わせください。"
ELSEWHERE = "内訳は、次の用紙のとおりです。"


class TooLargeError(InputRejectedError):
    """The letter does not fit its sheets or its envelope; `code` is one of checking.REASONS."""

    def __init__(self, code: str) -> None:
        super().__init__(f"a letter cannot be laid out: {code}; see REASONS of letters.checking")
        self.code = code


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """One sheet (用紙): claims in its table, claims whose slips hang on it with their heights; margins in mm."""

    rows: tuple[LetterClaim, ...] = ()
    slips: tuple[tuple[LetterClaim, int], ...] = ()
    top: int = _TOP_AFTER
    bottom: int = _BOTTOM


def sheet_plan(letter: Letter, setting: Setting, font: Font, words: Sequence[str]) -> tuple[SheetPlan, ...]:
    """The sheets of `letter`, in order. Raises TooLargeError."""
    slips = [claim for claim in letter.claims if claim.slip]
    bottom = _BOTTOM_WITH_SLIP if slips else _BOTTOM
    room = 10 * (_PAGE - _TOP - bottom)
    text = _TITLE + sum(_paragraph_height(each, font) for each in paragraphs(letter, setting, words))
    text += _SUMMARY if letter.claims else 0
    rows = sum(_row_height(claim, font) for claim in letter.claims) + _ROW + _GAP if letter.claims else 0
    is_together = text + rows <= room
    if not is_together and text + _PARAGRAPH > room:
        raise TooLargeError("text_too_long")
    first = SheetPlan(
        letter.claims if is_together else (), tuple((claim, _SLIP_TOPS[-1]) for claim in slips[:1]), _TOP, bottom
    )
    tables = [] if is_together else [SheetPlan(rows=rows) for rows in _tables(letter.claims, font)]
    more = [
        SheetPlan(slips=tuple(zip(slips[at : at + len(_SLIP_TOPS)], _SLIP_TOPS, strict=False)))
        for at in range(1, len(slips), len(_SLIP_TOPS))
    ]
    if 1 + len(tables) + len(more) > setting.city.paper.most_sheets:
        raise TooLargeError("too_many_sheets")
    return (first, *tables, *more)


def paragraphs(letter: Letter, setting: Setting, words: Sequence[str]) -> list[str]:
    """Every paragraph of sheet 1 in order, law and words."""
    return [*lead(letter, setting), *tail(letter, setting, words)]


def lead(letter: Letter, setting: Setting) -> list[str]:
    """The legal paragraphs before the table, one for each family of claims (督促・催告の文言)."""
    if letter.kind not in DEMANDS:
        return []
    legal = setting.legal
    texts = legal.dunning if letter.kind == "dunning" else legal.reminder
    found = []
    for family in dict.fromkeys(legal.family(claim) for claim in letter.claims):
        claims = [claim for claim in letter.claims if legal.family(claim) == family]
        types = [claim.claim_type for claim in claims]
        found.append(texts[family].format(
            names=_named(list(dict.fromkeys(claim.name for claim in claims))),
            demand=_articles(legal.demand, types), seizure=_articles(legal.seizure, types),
        ))  # fmt: skip
    return found


def tail(letter: Letter, setting: Setting, words: Sequence[str]) -> list[str]:
    """The paragraphs after the table: words of the campaign, and where to appeal (教示) for a public 督促."""
    found = list(_charges(letter))
    found += words
    if any(claim.slip is None for claim in letter.claims):
        found.append(WITHOUT_SLIP)
    return found + _appeal(letter, setting)


def address_rows(recipient: Recipient, block: AddressBlock, font: Font) -> tuple[list[str], list[str]]:
    """The rows of address and of name with 様, cut where the window's width ends."""
    lines = (line.strip() for line in recipient.address_lines)
    address = [row for line in lines if line for row in font.lines(line, _ems(block.width, ADDRESS_POINTS))]
    return address, font.lines(recipient.name.strip() + HONORIFIC, _ems(block.width, NAME_POINTS))


def _charges(letter: Letter) -> Iterator[str]:
    if letter.charged_until and any(claim.late_charge_yen for claim in letter.claims):
        yield CHARGED.format(day=date_to_wareki(letter.charged_until))
    if any(claim.late_charge_yen is None for claim in letter.claims):
        yield NOT_KNOWN


def _appeal(letter: Letter, setting: Setting) -> list[str]:
    legal, city = setting.legal, setting.city
    if letter.kind != "dunning":
        return []
    family = legal.family(letter.claims[0])
    if family == "private":
        return []
    text = legal.appeal["local_tax" if family == "local_tax" else "public"]
    body = _articles(legal.bodies, [claim.claim_type for claim in letter.claims])
    return [text.format(body=body, city=city.name, head=city.head)]


def _named(names: list[str]) -> str:
    """The claims' names in a sentence; the table has them all."""
    return "、".join(names[:_NAMES]) + ("ほか" if len(names) > _NAMES else "")


def _articles(known: dict[str, str], claim_types: Sequence[str]) -> str:
    return "、".join(dict.fromkeys(known.get(one, known.get(OTHER, "")) for one in claim_types))


def _tables(claims: Sequence[LetterClaim], font: Font) -> Iterator[tuple[LetterClaim, ...]]:
    room = 10 * (_PAGE - _TOP_AFTER - _BOTTOM) - 2 * _ROW - _GAP
    table: list[LetterClaim] = []
    height = 0
    for claim in claims:
        more = _row_height(claim, font)
        if table and height + more > room:
            yield tuple(table)
            table, height = [], 0
        table.append(claim)
        height += more
    yield tuple(table)


@lru_cache(maxsize=1000)  # the same few texts for a whole batch, none of them anybody's own
def _paragraph_height(text: str, font: Font) -> int:
    lines = -(-(font.width(text) + 1000) // _LINE_EMS)
    return _PARAGRAPH + (lines - 1) * _LINE


def _row_height(claim: LetterClaim, font: Font) -> int:
    lines = max(-(-font.width(claim.name) // _NAME_EMS), -(-font.width(claim.instalment) // _TERM_EMS))
    return _ROW + (lines - 1) * _LINE


def _ems(millimetres: float, points: float) -> int:
    """How many thousandths of a letter of `points` fit, less one in a hundred for rounding and kerning."""
    return int(millimetres / (points * _MILLIMETRES) * 990)
