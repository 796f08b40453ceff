"""Deliveries of made-up instalments, the same for the same seed: CSV and fixed width in CP932, and their truth.

Everything about a row follows from its number, so a second day is the same rows with 1 % of them changed, gone or
new. Nobody in it is real. Money is in yen.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
FULL = 6_000_000  # instalments of a ward at SCALE=1
SEED = 20_261_126
BAD_EVERY = 2_000  # one planted bad row in so many
FAULTS = ("none", "impossible date", "unknown code", "no amount", "sum that does not hold", "undecodable name")
DAYS = (date(2026, 6, 19), date(2026, 6, 20))
COLUMNS = ("instalment_no", "addressee_no", "claim_code", "levy_year", "term_no", "person_kana", "person_name",
           "address", "due_date", "levied_on", "assessed_yen", "principal_yen", "fee_yen")  # fmt: skip
_HEADINGS = ("調定番号", "宛名番号", "科目コード", "賦課年度", "期別", "氏名カナ（半角）", "氏名漢字", "住所",
             "納期限（和暦）", "調定日（和暦）", "調定額", "本税（料）", "督促手数料")  # fmt: skip
_AT_ONCE = 200_000
_ONE_CHANGE_IN = 300  # rows: of each 300 one changed, one gone, one new: 1 %
_FAMILY = ("世田谷", "玉川", "砧", "烏山", "北沢", "用賀", "等々力", "深沢", "桜", "松原")
_FAMILY_KANA = ("ｾﾀｶﾞﾔ", "ﾀﾏｶﾞﾜ", "ｷﾇﾀ", "ｶﾗｽﾔﾏ", "ｷﾀｻﾞﾜ", "ﾖｳｶﾞ", "ﾄﾄﾞﾛｷ", "ﾌｶｻﾜ", "ｻｸﾗ", "ﾏﾂﾊﾞﾗ")
_GIVEN = ("太郎", "花子", "次郎", "一", "三千代", "健", "美咲", "実", "優", "翔太")
_GIVEN_KANA = ("ﾀﾛｳ", "ﾊﾅｺ", "ｼﾞﾛｳ", "ﾊｼﾞﾒ", "ﾐﾁﾖ", "ｹﾝ", "ﾐｻｷ", "ﾐﾉﾙ", "ﾕｳ", "ｼｮｳﾀ")
_DUE = [date(2019, 6, 1) + timedelta(days=each) for each in range(2_500)]


@dataclass(slots=True)
class Delivery:
    """One day's files and what must come of them."""

    folder: Path
    day: date
    rows: int = 0  # delivered, bad ones too
    yen: int = 0
    good_rows: int = 0
    good_yen: int = 0
    bad_rows: int = 0
    id_sum: int = 0
    sha256: dict[str, str] = field(default_factory=dict)

    @property
    def drop(self) -> Path:
        """Where departments put files: one folder a source."""
        return self.folder / "drop"

    @property
    def csv(self) -> Path:
        """CP932, comma separated, with a header."""
        return self.drop / "bench_csv" / f"instalments_{self.day:%Y%m%d}.csv"

    @property
    def fixed(self) -> Path:
        """CP932, 167 bytes a record."""
        return self.drop / "bench_fixed" / f"INSTALMENTS_{self.day:%Y%m%d}.DAT"

    @property
    def as_text(self) -> Path:
        """The same content as UTF-8 CSV without a header: what a raw COPY into text columns takes."""
        return self.folder / f"text_{self.day:%Y%m%d}.csv"

    @property
    def truth(self) -> Path:
        """The good rows as UTF-8 CSV with ISO dates: the answer key."""
        return self.folder / f"truth_{self.day:%Y%m%d}.csv"


def deliver(folder: Path, rows: int, *, day_no: int = 1) -> Delivery:
    """Write day `day_no` (1 or 2) of a delivery that has `rows` rows on day 1."""
    made = Delivery(folder, DAYS[day_no - 1])
    for file in (made.csv, made.fixed):
        file.parent.mkdir(parents=True, exist_ok=True)
    era_day = _wareki(made.day)
    with (made.csv.open("wb") as csv, made.fixed.open("wb") as fixed, made.as_text.open("wb") as text,
          made.truth.open("wb") as truth):  # fmt: skip
        csv.write(",".join(_HEADINGS).encode("cp932") + b"\r\n")
        fixed.write(f"1BENCH   {era_day}".encode().ljust(167) + b"\r\n")
        for numbers in _numbers(rows, day_no):
            part = _Part(numbers, is_day_two=day_no == 2)
            csv.write(part.separated("cp932", end=b"\r\n"))
            fixed.write(part.fixed())
            text.write(part.separated("utf-8", end=b"\n"))
            truth.write(part.truth())
            part.add_to(made)
        fixed.write(f"9{made.rows:08d}{made.yen:013d}".encode().ljust(167) + b"\r\n")
    for file in (made.csv, made.fixed, made.as_text, made.truth):
        with file.open("rb") as stream:
            made.sha256[file.name] = hashlib.file_digest(stream, "sha256").hexdigest()
    manifest = (
        f"ファイル名,件数,金額合計,SHA256\r\n{made.csv.name},{made.rows},{made.yen},{made.sha256[made.csv.name]}\r\n"
    )
    (made.csv.parent / f"soufu_{made.day:%Y%m%d}.csv").write_bytes(manifest.encode())
    return made


def _numbers(rows: int, day_no: int) -> Iterator[Numbers]:
    """Row numbers in pieces; on day 2 without those that are gone and with new ones."""
    last = rows + (rows // _ONE_CHANGE_IN if day_no == 2 else 0)
    for begin in range(0, last, _AT_ONCE):
        found = np.arange(begin, min(begin + _AT_ONCE, last), dtype=np.int64)
        yield found[(found % _ONE_CHANGE_IN != 100) | (found >= rows)] if day_no == 2 else found


class _Part:
    """Some rows as numbers; their forms as bytes."""

    def __init__(self, numbers: Numbers, *, is_day_two: bool) -> None:
        drawn = _mixed(numbers + SEED)
        self.numbers = numbers
        self.person = (_mixed(numbers // 8 + 7 * SEED) % np.uint64(900_000)).astype(np.int64)
        self.code, self.year, self.term = (
            self._drawn(drawn, shift, most) for shift, most in ((0, 12), (8, 7), (16, 10))
        )
        self.due = self._drawn(drawn, 24, len(_DUE))
        self.principal = 1_000 + self._drawn(drawn, 36, 90_000)
        if is_day_two:
            self.principal += 1_000 * (numbers % _ONE_CHANGE_IN == 0)
        self.fee = 100 * (self._drawn(drawn, 56, 4) == 0).astype(np.int64)
        is_bad = numbers % BAD_EVERY == 7
        self.fault = np.where(is_bad, 1 + numbers // BAD_EVERY % (len(FAULTS) - 1), 0)

    @staticmethod
    def _drawn(drawn: NDArray[np.uint64], shift: int, most: int) -> Numbers:
        return (drawn >> np.uint64(shift) & np.uint64(0xFFFFF)).astype(np.int64) % most

    def add_to(self, made: Delivery) -> None:
        """Count these rows."""
        amounts, is_good = self.principal + self.fee, self.fault == 0
        made.rows += len(self.numbers)
        made.yen += int(amounts.sum())
        made.good_rows += int(is_good.sum())
        made.good_yen += int(amounts[is_good].sum())
        made.bad_rows += int((~is_good).sum())
        made.id_sum += int(self.numbers.sum())

    def _cells(self, encoding: str, *, is_fixed: bool) -> list[Bytes]:
        """The thirteen columns as delivered, faults planted; 0 where there is nothing."""
        names = self.person % 100
        widths = (30, 20, 40) if is_fixed else (0, 0, 0)
        kana, name, address = (_table(texts, encoding, width) for texts, width in zip(_TEXTS, widths, strict=True))
        cells = [*self._plain(), kana[names], name[names], address[self.person % len(address)],
                 _table(_WAREKI_DUE, "ascii")[self.due], _table(_WAREKI_LEVIED, "ascii")[self.due],
                 *(_digits(amount, 9, is_padded=is_fixed) for amount in self._amounts())]  # fmt: skip
        cells[8][self.fault == 1] = np.frombuffer(b"5061332", dtype=np.uint8)
        cells[2][self.fault == 2] = np.frombuffer(b"99", dtype=np.uint8)
        cells[12][self.fault == 3] = np.frombuffer(b"0000001x0", dtype=np.uint8)
        if encoding == "cp932":
            cells[6][self.fault == 5, :2] = (0x81, 0x20)
        return cells

    def _amounts(self) -> tuple[Numbers, Numbers, Numbers]:
        return self.principal + self.fee, self.principal + 1 * (self.fault == 4), self.fee

    def _plain(self) -> list[Bytes]:
        return [_digits(self.numbers, 12), _digits(self.person, 15), _digits(self.code + 1, 2),
                _digits(self.year + 2019, 4), _digits(self.term + 1, 2)]  # fmt: skip

    def separated(self, encoding: str, *, end: bytes) -> bytes:
        """Comma separated, as delivered."""
        return _written(self._cells(encoding, is_fixed=False), end=end)

    def fixed(self) -> bytes:
        """167 bytes a record."""
        mark = np.full((len(self.numbers), 1), ord("2"), dtype=np.uint8)
        end = np.tile(np.frombuffer(b"\r\n", dtype=np.uint8), (len(self.numbers), 1))
        return np.concatenate([mark, *self._cells("cp932", is_fixed=True), end], axis=1).tobytes()

    def truth(self) -> bytes:
        """The good rows with ISO dates."""
        cells = self._cells("utf-8", is_fixed=False)
        cells[8], cells[9] = _table(_ISO_DUE, "ascii")[self.due], _table(_ISO_LEVIED, "ascii")[self.due]
        return _written([each[self.fault == 0] for each in cells], end=b"\n")


def _mixed(numbers: Numbers) -> NDArray[np.uint64]:
    """Splitmix64: bits that look drawn and follow from the number."""
    found = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        found = (found ^ found >> np.uint64(shift)) * np.uint64(factor)
    return found ^ found >> np.uint64(31)


def _digits(values: Numbers, width: int, *, is_padded: bool = True) -> Bytes:
    tens = 10 ** np.arange(width, dtype=np.int64)[::-1]
    found = (values[:, None] // tens % 10 + 48).astype(np.uint8)
    if not is_padded:
        found[(values[:, None] < tens) & (tens > 1)] = 0
    return found


def _table(texts: list[str], encoding: str, width: int = 0) -> Bytes:
    """One row of bytes per text: padded with blanks to `width`, else with 0 to the longest."""
    raw = [text.encode(encoding) for text in texts]
    wide, pad = width or max(map(len, raw)), b" " if width else b"\0"
    return np.frombuffer(b"".join(each.ljust(wide, pad) for each in raw), dtype=np.uint8).reshape(len(raw), wide)


def _written(cells: list[Bytes], *, end: bytes) -> bytes:
    count = len(cells[0])
    parts: list[Bytes] = []
    for each in cells:
        parts += [each, np.full((count, 1), ord(","), dtype=np.uint8)]
    parts[-1] = np.tile(np.frombuffer(end, dtype=np.uint8), (count, 1))
    page = np.concatenate(parts, axis=1)
    return bytes(page[page != 0])


def _wareki(day: date) -> str:
    is_reiwa = day >= date(2019, 5, 1)
    return f"{5 if is_reiwa else 4}{day.year - (2018 if is_reiwa else 1988):02d}{day:%m%d}"


_LEVIED = [each - timedelta(days=45) for each in _DUE]
_WAREKI_DUE, _WAREKI_LEVIED = [_wareki(each) for each in _DUE], [_wareki(each) for each in _LEVIED]
_ISO_DUE, _ISO_LEVIED = [each.isoformat() for each in _DUE], [each.isoformat() for each in _LEVIED]
_TEXTS = (
    [f"{family} {given}" for family in _FAMILY_KANA for given in _GIVEN_KANA],
    [f"{family}　{given}" for family in _FAMILY for given in _GIVEN],
    [
        f"世田谷区{town}{block}丁目{lot}番{lot % 9 + 1}号"
        for town in _FAMILY
        for block in "一二三四五"
        for lot in range(1, 41)
    ],
)
