"""Files of direct debits as a bank writes them, byte by byte from the published layout, without the program."""

from collections.abc import Sequence


def header(month_day: str = "0610", *, kind: str = "91", charset: str = "0") -> bytes:
    return (
        f"1{kind}{charset}0000131121".encode() + kana("ｾﾀｶﾞﾔｸ", 40) + month_day.encode() + b"0001" + kana("ﾐｽﾞﾎ", 15)
        + b"001" + kana("ｾﾀｶﾞﾔ", 15) + b"11234567" + b" " * 17
    )  # fmt: skip


def data(no: int = 1, *, yen: int = 12_000, result: str = "0", payer: bytes = b"", customer: str = "") -> bytes:
    return (
        b"20005" + kana("ﾐﾂﾋﾞｼ", 15) + b"123" + kana("ｻﾝｹﾞﾝﾁﾞﾔﾔ", 15) + b" " * 4 + b"1" + f"{no:07d}".encode()
        + (payer or kana("ｾﾀｶﾞﾔ ﾀﾛｳ", 30)) + f"{yen:010d}".encode() + b"0" + (customer or f"{no:020d}").encode()
        + result.encode() + b" " * 8
    )  # fmt: skip


def trailer(rows: int, yen: int, done: tuple[int, int], failed: tuple[int, int]) -> bytes:
    said = "".join(f"{count:06d}{amount:012d}" for count, amount in ((rows, yen), done, failed))
    return f"8{said}".encode().ljust(120)


def block(records: Sequence[tuple[int, str]], *, month_day: str = "0610", first: int = 1) -> list[bytes]:
    """Header, data and an honest trailer; each record is (yen, result)."""
    done = [yen for yen, result in records if result == "0"]
    failed = [yen for yen, result in records if result != "0"]
    return [
        header(month_day),
        *(data(no, yen=yen, result=result) for no, (yen, result) in enumerate(records, start=first)),
        trailer(len(records), sum(done) + sum(failed), (len(done), sum(done)), (len(failed), sum(failed))),
    ]


END = b"9".ljust(120)


def file(records: Sequence[bytes], end: bytes = b"\r\n") -> bytes:
    assert all(len(record) == 120 for record in records)
    return b"".join(record + end for record in records)


def kana(text: str, width: int) -> bytes:
    found = bytes(ord(char) - 0xFF61 + 0xA1 if ord(char) >= 0xFF61 else ord(char) for char in text)
    assert len(found) <= width
    return found.ljust(width)
