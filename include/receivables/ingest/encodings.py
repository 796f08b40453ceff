"""Which encoding a file really has (文字コードの判定), judged by strict decoding of its beginning."""

import codecs
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from receivables.ingest.rejection import BatchRejectedError

SAMPLE_BYTES = 1 << 20
_MARKS = {codecs.BOM_UTF8: "utf-8 with BOM", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_GUESSES = ("utf-8", "euc_jp", "cp932")
_HALF_WIDTH = re.compile("[｡-ﾟ]+")
_MANY_RUNS = 8  # runs of kana that all have even length: one chance in 256
_ISO_2022 = (b"\x1b$B", b"\x1b$@", b"\x1b(J")


def require_encoding(file: Path, agreed: str) -> None:
    """Refuse `file` as WRONG_ENCODING when its beginning is in another encoding than `agreed`.

    A single damaged row is no reason: then nothing else decodes strictly either, and the row
    goes to quarantine.
    """
    with file.open("rb") as stream:
        found = encoding_guess(stream.read(SAMPLE_BYTES), agreed)
    if found:
        raise BatchRejectedError(
            "WRONG_ENCODING", f"the bytes look like {found}, agreed is {agreed}", f"have it sent again in {agreed}"
        )


def encoding_guess(sample: bytes, agreed: str) -> str | None:
    """The encoding that `sample` is in when that is surely not `agreed`, else None."""
    for mark, name in _MARKS.items():
        if sample.startswith(mark):
            return name
    if _is_utf_16(sample):
        return "utf-16"
    if any(escape in sample for escape in _ISO_2022):
        return "iso-2022-jp"
    whole = sample[: sample.rfind(b"\n") + 1] or sample  # a letter cut in half at the end tells nothing
    return None if whole.isascii() else _other(whole, agreed)


def _is_utf_16(sample: bytes) -> bool:
    # Text of ours has a NUL in every second byte then; one stray NUL is a row's fault, not an encoding.
    return len(sample) >= 16 and sample.count(b"\0") * 4 > len(sample)


def _other(sample: bytes, agreed: str) -> str | None:
    same = codecs.lookup(agreed).name
    if same == "utf-8" and _decodes(sample, "utf-8"):
        return None
    for guess in _GUESSES:
        if codecs.lookup(guess).name != same and _decodes(sample, guess) and _is_likely(sample, guess, agreed):
            return guess
    return None


def _is_likely(sample: bytes, guess: str, agreed: str) -> bool:
    """One reading can be chance; the agreed one must also fail, or say what nobody writes.

    Half-width kana of even length are kanji in EUC-JP. Any common kanji in CP932 is nothing in
    EUC-JP, so a text that is both and not kana alone is EUC-JP; kana alone are when there are many.
    """
    if guess == "utf-8":
        return True
    if not _decodes(sample, agreed):
        return _bad_lines(sample, agreed) * 2 > sample.count(b"\n")
    if codecs.lookup(guess).name == codecs.lookup("cp932").name:
        return False  # what is EUC-JP too is not surely CP932
    text = sample.decode(agreed)
    runs = _HALF_WIDTH.findall(text)
    is_kana_alone = sum(map(len, runs)) == sum(not char.isascii() for char in text)
    return not is_kana_alone or len(runs) >= _MANY_RUNS


def _bad_lines(sample: bytes, encoding: str) -> int:
    return sum(not _decodes(line, encoding) for line in sample.split(b"\n") if not line.isascii())


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def undecodable_lines(raw: bytes, begins: Sequence[int] | NDArray[np.int64], encoding: str) -> list[int]:
    """Which of the lines of `raw` that begin there do not decode strictly; no multibyte letter holds a line's end."""
    view, found, at = memoryview(raw), [], 0
    while True:
        try:
            str(view[at:], encoding)
        except UnicodeDecodeError as fault:
            found.append(int(np.searchsorted(begins, at + fault.start, side="right")) - 1)
            if found[-1] + 1 == len(begins):
                return found
            at = int(begins[found[-1] + 1])
        else:
            return found
