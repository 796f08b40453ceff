"""The bytes of a file as blocks of text (復号), with their digest: the independent reader's own."""

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from receivables.migration.files.profile import Profile

BYTES_AT_ONCE = 1 << 21
_BOM = "\ufeff"


@dataclass
class Bytes:
    """What is true of a file's bytes, whatever they mean; complete when `texts` has come to its end."""

    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    size: int = 0
    problems: list[str] = field(default_factory=list)  # of C-100


def texts(file: Path, profile: Profile, found: Bytes) -> Iterator[str]:
    """The file's text without its BOM, block by block; U+FFFD stands where bytes are none in the agreed encoding.

    The first such byte is named: what follows it may be sound, and is read.
    """
    decoder = codecs.getincrementaldecoder(profile.encoding)("strict")
    with file.open("rb") as source:
        block = source.read(max(BYTES_AT_ONCE, len(codecs.BOM_UTF8)))
        skipped = _bom(block, profile, found)
        while True:
            found.digest.update(block)
            text, problem = _decoded(decoder, block[skipped:], found.size + skipped, profile)
            if problem and not any(each.startswith("not ") for each in found.problems):
                found.problems.append(problem)
            if text:
                yield text
            if not block:
                return
            found.size += len(block)
            block, skipped = source.read(BYTES_AT_ONCE), 0


def _bom(block: bytes, profile: Profile, found: Bytes) -> int:
    """How many bytes the BOM takes, agreed or not."""
    mark = (_BOM if profile.encoding.startswith("utf") else "").encode(profile.encoding) or codecs.BOM_UTF8
    has_bom = block.startswith(mark)
    if has_bom != profile.bom:
        found.problems.append("a BOM is there that the profile forbids" if has_bom else "the agreed BOM is missing")
    return len(mark) if has_bom else 0


def _decoded(decoder: codecs.IncrementalDecoder, block: bytes, at: int, profile: Profile) -> tuple[str, str | None]:
    """The block's text, and what is wrong with the first byte that is none; `at` is the block's place in the file."""
    pending = decoder.getstate()[0]
    try:
        return decoder.decode(block, final=not block), None
    except UnicodeDecodeError as error:
        problem = f"not {profile.encoding.upper()} from byte {at - len(pending) + error.start} on"
        again = codecs.getincrementaldecoder(profile.encoding)("replace")
        text = again.decode(pending + block, final=not block)
        decoder.setstate(again.getstate())  # half a character at the block's end belongs to the next
        return text, problem
