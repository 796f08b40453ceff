"""The letters' font (書体): which signs it has, how wide they are, and what may be printed with it.

A sign that the font lacks (外字) would come out as an empty box, so its letter is refused; nothing stands in for it.
"""

import hashlib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont

from receivables.errors import EnvironmentFailureError

FOLDER = Path("/usr/share/fonts/opentype/noto")  # Debian's fonts-noto-cjk
FAMILY = "Noto Sans CJK JP"
_FILES = ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc")
_JAPANESE = 0  # the place of `FAMILY` in the collection
_NEVER = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}  # controls, direction marks, private use, line ends


@dataclass(frozen=True, slots=True, eq=False)
class Font:
    """The font as far as letters need to know it, one of a folder; widths are thousandths of the letter size."""

    folder: Path
    sha256: str
    widths: dict[str, int]
    variants: frozenset[tuple[str, str]]  # sign and selector (異体字セレクタ) that the font draws apart

    def unprintable(self, text: str) -> bool:
        """Whether `text` holds a sign, or a variant of one, that the font lacks or that is no sign at all (外字)."""
        before = ""
        for sign in text:
            if _is_selector(sign):
                if (before, sign) not in self.variants:
                    return True
            elif sign not in self.widths or unicodedata.category(sign) in _NEVER:
                return True
            before = sign
        return False

    def width(self, text: str) -> int:
        """How wide `text` is, in thousandths of the letter size."""
        return sum(self.widths.get(sign, 0) for sign in text if not _is_selector(sign))

    def lines(self, text: str, most: int) -> list[str]:
        """`text` cut into lines of at most `most` thousandths; a variant stays with its sign."""
        found, line, width = [], "", 0
        for sign in text:
            wide = 0 if _is_selector(sign) else self.widths.get(sign, 0)
            if line and wide and width + wide > most:
                found.append(line)
                line, width = "", 0
            line, width = line + sign, width + wide
        return [*found, line] if line else found


@cache
def font(folder: Path = FOLDER) -> Font:
    """The font in `folder`. Raises EnvironmentFailureError when it is not installed there."""
    files = [folder / name for name in _FILES]
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise EnvironmentFailureError(
            f"{folder}: {', '.join(missing)} missing; letters are set in {FAMILY}: apt-get install fonts-noto-cjk"
        )
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    with TTFont(files[0], fontNumber=_JAPANESE, lazy=True) as opened:
        if opened["name"].getDebugName(1) != FAMILY:
            raise EnvironmentFailureError(f"{files[0]}: its first font is not {FAMILY}; install fonts-noto-cjk again")
        per_em, advances = opened["head"].unitsPerEm, opened["hmtx"].metrics
        widths = {chr(code): advances[name][0] * 1000 // per_em for code, name in opened.getBestCmap().items()}
        selectors = [table.uvsDict for table in opened["cmap"].tables if table.format == 14]
        variants = frozenset(
            (chr(base), chr(selector)) for one in selectors for selector, pairs in one.items() for base, _ in pairs
        )
    return Font(folder, digest, widths, variants)


def _is_selector(sign: str) -> bool:
    return 0xE0100 <= ord(sign) <= 0xE01EF or 0xFE00 <= ord(sign) <= 0xFE0F
