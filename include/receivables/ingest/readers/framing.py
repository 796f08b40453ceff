"""Records of so many bytes (固定長), with or without line ends, and how a damaged one may be read."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from receivables.ingest.chunks import lines
from receivables.ingest.records import Line
from receivables.ingest.rejection import BatchRejectedError

_SAMPLE = 4096
_END_MARK = b"\x1a"
Fields = list[str | None]


def framed(file: Path, width: int) -> Iterator[Line]:
    """The records of `file`: CR LF, LF or CR end them, or nothing does and each has `width` bytes.

    Only for records of text: where a packed figure may hold the byte of a line end, use `unended`.
    """
    with file.open("rb") as stream:
        sample = stream.read(_SAMPLE)
        stream.seek(0)
        if b"\n" in sample or b"\r" in sample:
            yield from lines(stream)
            return
    yield from unended(file, width)


def unended(file: Path, width: int) -> Iterator[Line]:
    """Records one after another without line ends. TRUNCATED when the last one is not whole."""
    with file.open("rb") as stream:
        no, offset = 1, 0
        while raw := stream.read(width):
            if len(raw) < width:
                if raw.strip(_END_MARK):
                    raise BatchRejectedError(
                        "TRUNCATED", f"record {no} has {len(raw)} of {width} bytes", "have the whole file sent again"
                    )
                return
            yield Line(no, offset, raw, b"")
            no, offset = no + 1, offset + width


def readings(raw: bytes, width: int, fields: Callable[[bytes], Sequence[str | None]]) -> tuple[Fields, ...]:
    """What a record that lost or gained bytes may have said; `fields` gives its fields in the order of their bytes.

    The damage may lie in any field: left of it fields stand as agreed, right of it as counted from the end.
    """
    from_right = raw.rjust(width)[-width:]
    left, right = fields(raw), fields(from_right)
    return tuple([*left[:at], None, *right[at + 1 :]] for at in range(len(left)))
