"""Text cut into characters as people count them (文字): a letter and what is attached to it are one.

Attached are variation selectors (字形選択子) and combining marks; the same rule in Python and as a pattern for SQL.
"""

import re

from psycopg import sql

SELECTORS = ((0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
# Marks that join with the letter before them, and the joiner that ties two signs into one.
MARKS = (
    (0x0300, 0x036F), (0x0483, 0x0489), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x200D, 0x200D), (0x20D0, 0x20FF),
    (0x302A, 0x302F), (0x3099, 0x309A), (0xFE20, 0xFE2F), (0x1F3FB, 0x1F3FF),
)  # fmt: skip


def class_of(*ranges: tuple[int, int]) -> str:
    """A bracket expression that Python and PostgreSQL both read, for code points of `ranges`."""
    return "[" + "".join(f"\\U{first:08X}-\\U{last:08X}" for first, last in ranges) + "]"


ATTACHED = class_of(*SELECTORS, *MARKS)
UNIT = f".{ATTACHED}*"
_UNIT = re.compile(UNIT, re.DOTALL)
_SELECTOR = re.compile(class_of(*SELECTORS))
_MARK = re.compile(class_of(*MARKS))


def units(text: str) -> list[str]:
    """The characters of `text`, each with what is attached to it; joined they are the text again."""
    return _UNIT.findall(text)


def length(text: str) -> int:
    """How many characters (文字数) `text` has: an IVS sequence is one, whatever its code points or bytes."""
    return len(text) if text.isascii() else len(units(text))


def length_sql(column: sql.Composable) -> sql.Composed:
    """The same number as an expression over a text column, null for null."""
    return sql.SQL("char_length(regexp_replace({}, {}, {}, 'g'))").format(
        column, sql.Literal(f"(.){ATTACHED}+"), sql.Literal("\\1")
    )


def is_selector(char: str) -> bool:
    """Whether `char` chooses a shape of the letter before it (字形選択子)."""
    return _SELECTOR.fullmatch(char) is not None


def is_mark(char: str) -> bool:
    """Whether `char` joins with the letter before it (結合文字)."""
    return _MARK.fullmatch(char) is not None


def codes_of(text: str) -> str:
    """`text` as code points: U+8FBB U+E0102."""
    return " ".join(f"U+{ord(char):04X}" for char in text)


def text_of(codes: str) -> str:
    """The text of code points as `codes_of` writes them; ValueError when they are written otherwise."""
    if not re.fullmatch(r"U\+[0-9A-F]{4,6}( U\+[0-9A-F]{4,6})*", codes):
        raise ValueError(codes)
    return "".join(chr(int(each[2:], 16)) for each in codes.split(" "))
