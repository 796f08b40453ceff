"""From letters to one file (組版): typst with one font and nothing else, the same bytes for the same letters."""

import hashlib
import json
from functools import cache
from pathlib import Path

import pypdfium2
import typst
import zxingcpp

from receivables.campaigns.letters.city import Setting
from receivables.campaigns.letters.fonts import Font
from receivables.campaigns.letters.letter import Letter
from receivables.campaigns.letters.sheets import document, expected_codes
from receivables.errors import InvariantBrokenError

_TEMPLATE = Path(__file__).with_name("letter.typ")
_READ_AT = 300 / 72  # dots per point; coarser than any printer
_FORGETTING = 11  # compilations after which typst lets go of what an earlier one kept (half a gigabyte a file)
TEMPLATE_SHA256 = hashlib.sha256(_TEMPLATE.read_bytes()).hexdigest()


def pdf(letters: tuple[Letter, ...], setting: Setting, font: Font, words: tuple[str, ...]) -> bytes:
    """One PDF of all sheets of `letters`, in order.

    Raises InvariantBrokenError when a sheet's text ran over, or the codes of the first letter do not read back.
    """
    made = _compiled(json.dumps(document(letters, setting, font, words), ensure_ascii=False), font.folder)
    wanted = [expected_codes(letter, setting, font, words) for letter in letters]
    with pypdfium2.PdfDocument(made) as opened:
        if len(opened) != sum(len(sheets) for sheets in wanted):
            raise InvariantBrokenError(
                f"{len(opened)} pages for {sum(len(sheets) for sheets in wanted)} sheets: a text ran over its sheet; "
                "nothing of this file is kept. Shorten the words, or mend the heights in letters/layout.py"
            )
        for number, codes in enumerate(wanted[0]):
            if not codes <= set(codes_on(opened, number)):
                raise InvariantBrokenError("the codes of a sheet do not read back from the page; nothing is kept")
    return made


def codes_on(opened: pypdfium2.PdfDocument, page: int) -> list[str]:
    """What a scanner reads on one page, at 300 dots per inch; the brackets of GS1 left away."""
    picture = opened[page].render(scale=_READ_AT, grayscale=True).to_numpy()
    formats = zxingcpp.barcode_formats_from_str("QRCode|Code128")
    found = zxingcpp.read_barcodes(picture.reshape(picture.shape[:2]), formats=formats)
    return [code.text.replace("(", "").replace(")", "") for code in found]


def _compiled(data: str, fonts: Path) -> bytes:
    try:
        made, warnings = _compiler(fonts).compile_with_warnings(
            input=str(_TEMPLATE), format="pdf", sys_inputs={"data": data}, timestamp=0, pdf_tags=False
        )
    except typst.TypstError:
        # The diagnosis may repeat what was to be printed.
        raise InvariantBrokenError("typst refused letter.typ; run tests/letters to see why") from None
    finally:
        for _ in range(_FORGETTING):
            _empty().compile(input=b"", format="svg")
    if warnings or not isinstance(made, bytes):
        raise InvariantBrokenError("typst warned (a font or a sign is missing); nothing is printed")
    return made


@cache
def _compiler(fonts: Path) -> typst.Compiler:
    known = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)])
    return typst.Compiler(root=str(_TEMPLATE.parent), font_paths=known, ignore_system_fonts=True)


@cache
def _empty() -> typst.Compiler:
    return typst.Compiler(ignore_system_fonts=True)
