"""The printer's return (印刷業者の結果報告) held against the manifest: all of it agrees, or none of it is taken.

CSV, UTF-8 or CP932, one line per envelope: 封緘番号, 状態 (printed, posted, spoiled, withdrawn), 投函日, 読取コード:
the codes that the inserting machine's camera read from the sheets of that envelope, in order, parted by blanks. Sheets
of two people in one envelope (混在) cannot agree: every code names its envelope.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from receivables.campaigns.letters.manifest import Envelope, Manifest
from receivables.campaigns.letters.seals import is_seal, sheet_of, sheets_of
from receivables.errors import InputRejectedError

Status = Literal["printed", "posted", "spoiled", "withdrawn"]
HEAD = ("封緘番号", "状態", "投函日", "読取コード")
_WHOLE: tuple[Status, ...] = ("printed", "posted")  # every sheet must be in the envelope

DIFFERENCES = {
    "missing": "ordered, and not in the return",
    "doubled": "more than one line",
    "unknown": "not of this batch",
    "mixed": "a sheet of another envelope is in this one (混在): stop the posting and open it",
    "sheet_missing": "a sheet was not read",
    "sheet_doubled": "a sheet was read more than once, here or in another envelope",
    "sheet_unread": "what was read is no code of ours, or says another number of sheets",
    "sheet_order": "the sheets lie in another order",
    "status": "not printed, posted, spoiled or withdrawn",
    "day": "posted without a day, a day without posting, before the issue, or after today",
    "line": "the line has not four fields",
}


@dataclass(frozen=True, slots=True)
class Returned:
    """One envelope as the printer tells of it (投函結果)."""

    token: str
    status: Status
    posted_on: date | None


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One thing that does not agree: a code of DIFFERENCES, the envelope, the line of the file (0: none)."""

    code: str
    token: str
    line_no: int = 0


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What came of holding a return against its manifest (照合結果): `returned` is empty unless all of it agrees."""

    batch: str
    ordered_count: int
    returned: tuple[Returned, ...]
    differences: tuple[Difference, ...]
    late: tuple[str, ...]  # posted after the last day of posting: a fact to be told, which no better return undoes

    @property
    def is_clean(self) -> bool:
        """Whether everything agrees, so that the outcomes may be taken."""
        return not self.differences

    @property
    def counts(self) -> dict[str, int]:
        """How many envelopes of each status, or how many differences of each code."""
        codes = [str(one.status) for one in self.returned] or [one.code for one in self.differences]
        return dict(Counter(codes))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file as it stands."""

    number: int
    fields: tuple[str, ...]


def read_return(content: bytes) -> tuple[Line, ...]:
    """The lines of a return file. Raises InputRejectedError when it is no text or has other columns."""
    text = return_text(content)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if not rows or tuple(field.strip() for field in rows[0]) != HEAD:
        raise InputRejectedError(f"the printer's return: its first line must be {','.join(HEAD)}; ask for it again")
    return tuple(
        Line(number, tuple(field.strip() for field in row)) for number, row in enumerate(rows[1:], start=2) if any(row)
    )


def reconcile(manifest: Manifest, lines: Sequence[Line], *, today: date) -> Reconciliation:
    """Hold a return against what was ordered: each envelope once, its own sheets all and in order, days that can be."""
    ordered = {envelope.token: envelope for envelope in manifest.envelopes}
    whole = [line for line in lines if len(line.fields) == len(HEAD)]
    found = [Difference("line", "", line.number) for line in lines if len(line.fields) != len(HEAD)]
    told = Counter(line.fields[0] for line in whole)
    found += [Difference("missing", token) for token in ordered if token not in told]
    read = Counter(code for line in whole for code in line.fields[3].split())
    for line in whole:
        envelope = ordered.get(line.fields[0])
        if envelope is None:
            found.append(Difference("unknown", _repeatable(line.fields[0]), line.number))
            continue
        codes = {*_line_codes(line, manifest, today), *_sheet_codes(line, envelope, read)}
        codes |= {"doubled"} if told[envelope.token] > 1 else set()
        found += [Difference(code, envelope.token, line.number) for code in sorted(codes)]
    outcomes = () if found else tuple(_outcome(line) for line in whole)
    late = tuple(one.token for one in outcomes if one.posted_on and one.posted_on > manifest.post_by_date)
    return Reconciliation(manifest.batch, len(ordered), outcomes, tuple(sorted(found)), late)


def _line_codes(line: Line, manifest: Manifest, today: date) -> Iterator[str]:
    _, status, day, _ = line.fields
    if status not in get_args(Status):
        yield "status"
    posted_on = _day(day)
    is_posted = status == "posted"
    is_told = bool(day) == is_posted and (posted_on is not None) == is_posted
    if not is_told or (posted_on and not manifest.issued_on <= posted_on <= today):
        yield "day"


def _sheet_codes(line: Line, envelope: Envelope, read: Counter[str]) -> Iterator[str]:
    codes = line.fields[3].split()
    sheets = [sheet_of(code) for code in codes]
    wanted = sheets_of(envelope.token, envelope.sheets)
    own = [sheet for sheet in sheets if sheet and sheet.token == envelope.token]
    if any(sheet and sheet.token != envelope.token for sheet in sheets):
        yield "mixed"
    if None in sheets or any(sheet not in wanted for sheet in own):
        yield "sheet_unread"
    if any(read[code] > 1 for code in codes):
        yield "sheet_doubled"
    if line.fields[1] in _WHOLE and set(wanted) - set(own):
        yield "sheet_missing"
    if own != sorted(own):
        yield "sheet_order"


def _outcome(line: Line) -> Returned:
    token, status, day, _ = line.fields
    return Returned(token, next(one for one in get_args(Status) if one == status), _day(day))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _repeatable(token: str) -> str:
    """What is no seal is not repeated: the printer may have written a name there."""
    return token if is_seal(token) else "?"


def return_text(content: bytes) -> str:
    """The text of a vendor's file, UTF-8 or CP932; raises InputRejectedError when it is neither."""
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputRejectedError("the return is neither UTF-8 nor CP932; ask for it again")
