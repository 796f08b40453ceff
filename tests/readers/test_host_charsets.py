"""Fujitsu EBCDIC, EBCDIK and JEF: every code of the tables goes there and back, and what is no letter is said."""

import codecs
import csv
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.charsets import fujitsu
from receivables.contracts import all_contracts

assert all_contracts  # importing contracts registers the codecs


def table() -> Iterator[tuple[int, str]]:
    """Code and letters as the data file has them, read here anew: `-` none, `<` read only."""
    for line in (fujitsu.FOLDER / "fujitsu_jef.txt").read_text(encoding="utf-8").splitlines():
        start, *units = line.split("\t")
        if not start.startswith("+"):
            yield from enumerate(units, start=int(start, 16))


def test_every_kanji_code_is_read_and_written_back() -> None:
    """Codes that share their letters with another come back as that other one, with the same letters."""
    codes = dict(table())
    assert len(codes) == 11_896
    assert sum(unit == "-" for unit in codes.values()) == 456
    for code, unit in codes.items():
        raw = code.to_bytes(2, "big")
        letters = raw.decode("jef-kanji")
        back = letters.encode("jef-kanji")
        assert back.decode("jef-kanji") == letters
        if unit == "-":
            assert letters == chr(0xF0000 + code)
            assert back == raw
        elif unit.startswith("<"):
            assert letters == unit[1:]
        else:
            assert letters == unit
            assert back == raw or codes[int.from_bytes(back, "big")] == unit


def test_every_single_byte_is_read_and_written_back() -> None:
    with (fujitsu.FOLDER / "fujitsu_single.csv").open(encoding="ascii") as lines:
        rows = list(csv.DictReader(lines))
    for name, encoding in (("ebcdic", "jef-ebcdic"), ("ebcdik", "jef")):
        for row in rows:
            raw = bytes([int(row["byte"], 16)])
            if row[name]:
                assert ord(raw.decode(encoding)) == int(row[name], 16)
                assert raw.decode(encoding).encode(encoding) == raw
            elif raw not in (b"\x28", b"\x38"):
                with pytest.raises(UnicodeDecodeError):
                    raw.decode(encoding)


def test_the_user_area_is_private_and_goes_there_and_back() -> None:
    for code in (0x80A1, 0x80FE, 0x9AC4, 0xA0FE):
        letter = code.to_bytes(2, "big").decode("jef-kanji")
        assert letter == chr(0xF0000 + code)
        assert letter.encode("jef-kanji") == code.to_bytes(2, "big")


PUBLISHED = [  # jef4j's own tests and Fujitsu's manuals
    (b"\x81\x82\x83", "jef-ebcdic", "abc"),
    (b"\xc1\xc2\xc3\xf1\xf2\x40", "jef", "ABC12 "),
    (b"\x91\x8c\xbe", "jef", "ﾀｻﾞ"),
    (b"\x28\xb0\xa1\x29\xc1", "jef", "亜A"),
    (b"\x38\xb0\xa1\x28\xc0\xa4\x29", "jef", "亜世"),  # the size changes between
    (b"\xf1\x28\x40\x40\xb0\xa1", "jef", "1\u3000亜"),  # cut off before the shift out
    (b"\x28\x29", "jef", ""),
    (b"", "jef", ""),
]


@pytest.mark.parametrize(("raw", "encoding", "text"), PUBLISHED)
def test_shifts_are_followed(raw: bytes, encoding: str, text: str) -> None:
    assert raw.decode(encoding) == text


WRONG = [
    (b"\xf1\x28\xb0\xa1\xb0", "jef", 4, 5),  # half a letter
    (b"\x28\xb0\xa1\x29\x57", "jef", 4, 5),
    (b"\x28\xff\xff\x29", "jef", 1, 3),
    (b"\xf1\x29", "jef", 1, 2),  # a shift out of nothing
    (b"\xb0", "jef-kanji", 0, 1),
    (b"\xb0\xa1\x41\x40", "jef-kanji", 2, 4),
]


@pytest.mark.parametrize(("raw", "encoding", "start", "end"), WRONG)
def test_what_is_no_letter_is_refused_at_its_byte(raw: bytes, encoding: str, start: int, end: int) -> None:
    with pytest.raises(UnicodeDecodeError) as found:
        raw.decode(encoding)
    assert (found.value.start, found.value.end) == (start, end)
    assert "\\x" in raw.decode(encoding, "backslashreplace")
    assert "\ufffd" in raw.decode(encoding, "replace")


def test_what_has_no_code_is_not_written() -> None:
    with pytest.raises(UnicodeEncodeError):
        "😀".encode("jef")


@given(st.lists(st.sampled_from(sorted({unit for _, unit in table() if unit[0] not in "-<"}) + list("AZ09 ｱﾝﾞ-"))))
def test_any_text_of_the_tables_goes_there_and_back(units: list[str]) -> None:
    text = "".join(units)
    assert text.encode("jef").decode("jef") == text


def test_the_codecs_are_known_by_name() -> None:
    assert codecs.lookup("JEF").name == "jef"
    assert codecs.lookup("jef-ebcdic").name == "jef_ebcdic"
