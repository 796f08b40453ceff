"""A printer's shop (印刷・封入業者) that works on the real files and errs by seed: it knows job.csv and the pages.

It shares no code with the room it tests: it reads pages as its camera would, puts them into envelopes, and tells of it.
"""

import csv
import io
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pypdfium2
import zxingcpp

FAULTS = ("lose_sheet", "mix_sheets", "swap_sheets", "double_letter", "lose_letter", "double_sheet", "strange_letter")


@dataclass
class Envelope:
    """One envelope as it left the inserting machine: its number on the job, what the camera read inside."""

    token: str
    codes: list[str] = field(default_factory=list)
    status: str = "posted"


@dataclass
class Printer:
    """One shop with the job of one folder."""

    folder: Path
    random: Random
    posted_on: date

    def envelopes(self) -> list[Envelope]:
        """Everything printed, scanned and put into envelopes, without a mistake."""
        with (self.folder / "job.csv").open(encoding="cp932", newline="") as lines:
            job = list(csv.DictReader(lines))
        files = {row["ファイル"]: pypdfium2.PdfDocument(self.folder / row["ファイル"]) for row in job}
        found = []
        for row in job:
            first = int(row["先頭ページ"]) - 1
            pages = range(first, first + int(row["枚数"]))
            found.append(Envelope(row["封緘番号"], [self._scanned(files[row["ファイル"]], page) for page in pages]))
        return found

    def err(self, envelopes: list[Envelope], fault: str) -> None:
        """One mistake somewhere."""
        at = self.random.randrange(len(envelopes))
        one, other = envelopes[at], envelopes[(at + self.random.randrange(1, len(envelopes))) % len(envelopes)]
        place = self.random.randrange(len(one.codes))
        if fault == "lose_sheet":
            del one.codes[place]
        elif fault == "mix_sheets":
            other.codes.insert(self.random.randrange(len(other.codes) + 1), one.codes.pop(place))
        elif fault == "swap_sheets":
            there = self.random.randrange(len(other.codes))
            one.codes[place], other.codes[there] = other.codes[there], one.codes[place]
        elif fault == "double_letter":
            envelopes.append(Envelope(one.token, list(one.codes)))
        elif fault == "lose_letter":
            envelopes.remove(one)
        elif fault == "double_sheet":
            one.codes.insert(place, one.codes[place])
        else:
            envelopes.append(Envelope(one.token[::-1], ["NOTHING OF OURS"]))

    def told(self, envelopes: list[Envelope], *, encoding: str = "cp932", late_days: int = 0) -> bytes:
        """The return file."""
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\r\n")
        lines.writerow(("封緘番号", "状態", "投函日", "読取コード"))
        for one in envelopes:
            day = (self.posted_on + timedelta(days=late_days)).isoformat() if one.status == "posted" else ""
            lines.writerow((one.token, one.status, day, " ".join(one.codes)))
        return text.getvalue().encode(encoding)

    @staticmethod
    def _scanned(file: pypdfium2.PdfDocument, page: int) -> str:
        """The seal of a page: the code in its upper right corner, as a camera of 200 dots per inch sees it."""
        picture = file[page].render(scale=200 / 72, grayscale=True).to_numpy()
        picture = picture.reshape(picture.shape[:2])
        height, width = picture.shape
        (code,) = zxingcpp.read_barcodes(picture[: height // 8, width * 3 // 4 :].copy())
        return code.text
