"""A host's file made byte by byte: an encoder of our own that knows only the codes it writes, and COBOL's numbers."""

from datetime import date

from tests.ingest.files import DAY

# Codes as jef4j's table and Fujitsu's manuals print them; nothing of the program is used.
KANJI = {"世": 0xC0A4, "田": 0xC5C4, "谷": 0xC3AB, "太": 0xC2C0, "郎": 0xCFBA, "区": 0xB6E8, "亜": 0xB0A1, "　": 0x4040,
         "経": 0xB7D0, "堂": 0xC6B2}  # fmt: skip
KANA = dict(zip("ｱｲｳｴｵｶｷｸｹｺ", range(0x81, 0x8B), strict=True)) | dict(zip("ｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉ", [
    0x8C, 0x8D, 0x8E, 0x8F, 0x90, *range(0x91, 0x9B)], strict=True)) | {"ﾔ": 0xA9, "ﾞ": 0xBE, "ﾛ": 0xBB}  # fmt: skip
SPACE, IN, OUT = b"\x40", b"\x28", b"\x29"


def single(text: str, width: int) -> bytes:
    codes = {" ": 0x40, "-": 0x60} | {str(digit): 0xF0 + digit for digit in range(10)} | KANA
    codes |= {chr(65 + at): 0xC1 + at for at in range(9)} | {chr(74 + at): 0xD1 + at for at in range(9)}
    codes |= {chr(83 + at): 0xE2 + at for at in range(8)}
    return bytes(codes[char] for char in text).ljust(width, SPACE)


def kanji(text: str) -> bytes:
    return b"".join(KANJI[char].to_bytes(2, "big") for char in text)


def shifted(text: str, width: int) -> bytes:
    return (IN + kanji(text) + OUT).ljust(width, SPACE)


def packed(number: int, width: int) -> bytes:
    return bytes.fromhex(f"{abs(number):0{2 * width - 1}d}{'d' if number < 0 else 'c'}")


def zoned(number: int, width: int) -> bytes:
    digits = bytearray(f"{abs(number):0{width}d}".encode().translate(bytes(range(256))))
    raw = bytearray(0xF0 + digit - 0x30 for digit in digits)
    raw[-1] = (0xD0 if number < 0 else 0xC0) + (raw[-1] & 0x0F)
    return bytes(raw)


def claim(no: int = 1, *, yen: int = 6_000, **over: bytes) -> bytes:
    fields = {
        "mark": b"\xf2", "notice_no": single(f"{no:010d}", 10), "instalment_no": zoned(1, 2),
        "kana": single("ｾﾀｶﾞﾔ ﾀﾛｳ", 20), "name": shifted("世田谷　太郎", 42), "town": kanji("世田谷区経堂　　　　"),
        "due_date": single("5080630", 7), "basic": packed(yen - 500, 5), "extra": zoned(500, 9),
        "assessed": packed(yen, 5),
    }  # fmt: skip
    for name, value in over.items():
        assert len(value) == len(fields[name]), name
        fields[name] = value
    return b"".join(fields.values()).ljust(140, SPACE)


def file(rows: list[bytes], *, yen: int, count: int | None = None, day: date = DAY) -> bytes:
    header = b"\xf1" + single("KAIGO", 8) + single(f"5{day.year - 2018:02d}{day:%m%d}", 7)
    trailer = b"\xf9" + packed(len(rows) if count is None else count, 5) + packed(yen, 7)
    return b"".join([header.ljust(140, SPACE), *rows, trailer.ljust(140, SPACE)])
