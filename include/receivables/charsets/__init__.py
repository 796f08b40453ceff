"""Character sets of host computers (汎用機の文字コード) as Python codecs: `jef`, `jef-ebcdic` and their kanji alone.

`jef`: Fujitsu EBCDIK (half-width kana) with JEF kanji between shift codes; `jef-ebcdic`: EBCDIC (small letters)
likewise; `jef-kanji`: JEF alone, two bytes a letter without shift codes, as in PIC N. Importing this registers them.

What only one installation's font knows becomes a private-use letter of plane 15 (U+F0000 + code), so that it is
told as 外字 and nothing is lost: the user area (80A1–A0FE) and the JEF letters that Unicode does not have.
"""

import codecs

from receivables.charsets.fujitsu import codec

_NAMES = {"jef": "ebcdik", "jef_ebcdic": "ebcdic", "jef_kanji": None}


def is_host(encoding: str | None) -> bool:
    """Whether `encoding` is one of a host computer: no line ends, digits at F0."""
    return encoding is not None and codecs.lookup(encoding).name in _NAMES


def _search(name: str) -> codecs.CodecInfo | None:
    wanted = name.replace("-", "_")
    return codec(wanted, _NAMES[wanted]) if wanted in _NAMES else None


codecs.register(_search)
