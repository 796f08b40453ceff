"""The records of one file, judged and given on (再読込): fast where nothing is odd, by the letter where something is.

The first doubt sends a whole lot of records to the slow way, which alone knows how to complain.
"""

from collections import Counter
from collections.abc import Callable
from operator import getitem
from pathlib import Path

from receivables.migration.files import decoding
from receivables.migration.files.findings import Reread
from receivables.migration.files.judging import NOTHING, Judgement, judge_of
from receivables.migration.files.parsing import (
    LONGEST_RECORD,
    TOO_LONG,
    MalformedError,
    Record,
    end_of_whole_lines,
    record_at,
)
from receivables.migration.files.profile import GroupSpec

Sink = Callable[[str], object]
_TEXTS_REMEMBERED, _LONGEST_REMEMBERED = 20_000, 64  # per item; characters


class _DoubtError(Exception):
    """A text that the fast way must not judge."""


class _Accepted(dict[str, str]):
    """Texts of one item without any problem, as COPY text; files repeat themselves. An odd text raises _DoubtError."""

    def __init__(self, judge: Callable[[str], Judgement], room: int) -> None:
        super().__init__()
        self.judge, self.room = judge, room

    def __missing__(self, text: str) -> str:
        value, problems = self.judge(text)
        if problems:
            raise _DoubtError
        if len(self) < self.room and len(text) <= _LONGEST_REMEMBERED:
            self[text] = value
        return value


class Judges:
    """One judge for each item of the group, with what it said before."""

    def __init__(self, spec: GroupSpec, *, is_forgetful: bool) -> None:
        self.spec = spec
        room = 0 if is_forgetful else _TEXTS_REMEMBERED
        self.accepted = [
            _Accepted(judge_of(item, empty, spec.snapshot), room)
            for item, empty in zip(spec.group.items, spec.empties, strict=True)
        ]

    def values(self, number: int, fields: list[str], found: Reread) -> list[str]:
        """The record's values as COPY text; every problem is noted. A field that is missing is judged as empty."""
        values: list[str] = []
        for at, (item, accepted) in enumerate(zip(self.spec.group.items, self.accepted, strict=True)):
            text = fields[at] if at < len(fields) else ""
            try:
                values.append(accepted[text])
            except _DoubtError:
                value, problems = accepted.judge(text)
                values.append(value)
                for check_id, problem in problems:
                    found.note(check_id, problem, number, item.name)
        return values


class FileReader:
    """Reads one file into `found`, the last of whose files it is, and into `sink`."""

    def __init__(self, judges: Judges, found: Reread, sink: Sink, *, is_slow: bool) -> None:
        self.judges, self.found, self.sink, self.is_slow = judges, found, sink, is_slow
        self.spec, self.profile = judges.spec, judges.spec.profile
        self.file, self.file_no = found.files[-1], len(found.files)
        self.yen = [(at, self.spec.group.items[at].column) for at in self.spec.yen_at]
        self.number = 0  # of the record read last
        self.ends: set[str] = set()

    def read(self, file: Path) -> None:
        """Everything in the file; never raises for what is in it."""
        about = decoding.Bytes()
        rest, is_broken = "", False
        for text in decoding.texts(file, self.profile, about):
            if not is_broken:
                rest, is_broken = self._taken(rest + text, is_last=False)
        if rest and not is_broken:
            self._taken(rest, is_last=True)
        self.file.sha256, self.file.bytes = about.digest.hexdigest(), about.size
        for problem in about.problems:
            self.found.note("C-100", problem)
        if self.profile.header and not self.number:
            self.found.note("C-001", "the header is missing", 1)
        if "" in self.ends:
            self.found.note("C-100", "the last record has no line end")
        if self.ends - {self.profile.line_end, ""}:
            self.found.note("C-100", f"a line does not end in {self.profile.newline}")

    def _taken(self, text: str, *, is_last: bool) -> tuple[str, bool]:
        """Take the whole records of the text; what is left of it, and whether it broke the rules."""
        whole = text if is_last else text[: end_of_whole_lines(text)]
        try:
            way = self._slowly if self.is_slow or self._is_mixed(whole) else self._quickly
            rest = text[way(whole, is_last=is_last) :]
            if len(rest) > LONGEST_RECORD + 1:  # one may be a CR whose LF is still to come
                raise MalformedError(TOO_LONG)
        except MalformedError as error:
            self.found.note("C-100", str(error), self.number + 1)
            return "", True
        return rest, False

    def _is_mixed(self, whole: str) -> bool:
        """Whether lines end in more than the agreed way, or one is so long that it must be looked at alone."""
        if len(whole) > LONGEST_RECORD:
            return True
        feeds, returns = whole.count("\n"), whole.count("\r")
        return returns > 0 if self.profile.newline == "LF" else not feeds == returns == whole.count("\r\n")

    def _slowly(self, whole: str, *, is_last: bool, at: int = 0) -> int:
        """Take record after record; how far the text is taken: a quoted field may go on behind it."""
        while at < len(whole):
            record = record_at(whole, at, self.profile.delimiter, is_last=is_last)
            if record is None:
                return at
            self._one(record)
            at = record.next_at
        return at

    def _quickly(self, whole: str, *, is_last: bool) -> int:
        """The same for text whose lines all end as agreed: many lines at once that say plainly what their fields are."""
        end, delimiter = self.profile.line_end, self.profile.delimiter
        lines = whole.split(end)
        del lines[-1]  # what stands behind the last line end
        if '"' not in whole:
            self._many([line.split(delimiter) for line in lines], is_quoted=False)
            return self._slowly(whole, is_last=is_last, at=whole.rfind(end) + len(end) if lines else 0)
        is_quoted = self.profile.quoting == "all"
        fields_of = _quoted_fields if is_quoted else _bare_fields
        at = taken = 0
        rows: list[list[str]] = []
        for line in lines:
            begin, at = at, at + len(line) + len(end)
            if begin < taken:  # the record before this line went on over it
                continue
            fields = fields_of(line, delimiter)
            if fields is not None:
                rows.append(fields)
                continue
            self._many(rows, is_quoted=is_quoted)
            rows = []
            record = record_at(whole, begin, delimiter, is_last=is_last)
            if record is None:
                return begin
            self._one(record)
            taken = record.next_at
        self._many(rows, is_quoted=is_quoted)
        return self._slowly(whole, is_last=is_last, at=max(at, taken))

    def _many(self, rows: list[list[str]], *, is_quoted: bool) -> None:
        """Take records of which all fields were quoted, or none was; their lines ended as agreed."""
        if not rows:
            return
        is_head = self.profile.header and not self.number
        if not is_head and is_quoted == (self.profile.quoting == "all"):
            try:
                return self._accept(rows)
            except _DoubtError:
                pass
        for fields in rows:
            self._one(Record(fields, [is_quoted] * len(fields), self.profile.line_end, 0))

    def _accept(self, rows: list[list[str]]) -> None:
        """Take the records if nothing is odd in any of them, or raise _DoubtError and take none."""
        accepted = self.judges.accepted
        if set(map(len, rows)) != {len(accepted)}:
            raise _DoubtError
        lines = ["\t".join(map(getitem, accepted, fields)) for fields in rows]
        mark = f"\t{self.file_no}\t"
        self.sink("".join([f"{number}{mark}{line}\n" for number, line in enumerate(lines, self.number + 1)]))
        for at, column in self.yen:
            counted = Counter([fields[at] for fields in rows])
            self.found.sums[column] += sum(int(text) * count for text, count in counted.items() if text)
        self.number += len(rows)
        self.file.rows += len(rows)
        self.ends.add(self.profile.line_end)

    def _one(self, record: Record) -> None:
        """Take one record and note everything that is wrong with it."""
        self.number += 1
        self.ends.add(record.end)
        is_head = self.number == 1 and self.profile.header
        if is_head:
            self._check_header(record.fields)
        elif len(record.fields) != len(self.spec.group.items):
            self._note("C-001", f"{len(record.fields)} fields instead of {len(self.spec.group.items)}")
        self._check_quotes(record)
        if is_head:
            return
        values = self.judges.values(self.number, record.fields, self.found)
        for at, column in self.yen:
            self.found.sums[column] += 0 if values[at] == NOTHING else int(values[at])
        self.file.rows += 1
        self.sink("\t".join((str(self.number), str(self.file_no), *values)) + "\n")

    def _check_header(self, fields: list[str]) -> None:
        names = self.spec.group.names
        if fields == list(names):
            return
        wrong = [at for at, (found, due) in enumerate(zip(fields, names, strict=False)) if found != due]
        where = f"column {wrong[0] + 1} is not {names[wrong[0]]}" if wrong else f"{len(fields)} columns"
        self._note("C-001", f"the header is not the group's {len(names)} items in order: {where}")

    def _check_quotes(self, record: Record) -> None:
        """Quoted as agreed, and no line break inside."""
        has_quotes, needing = any(record.quoted), {'"', self.profile.delimiter, "\r", "\n"}
        if has_quotes and any("\r" in value or "\n" in value for value in record.fields):
            self._note("C-100", "a line break stands inside a field")
        if self.profile.quoting == "all":
            if not all(record.quoted):
                self._note("C-100", "a field is not quoted although the profile quotes all")
        elif has_quotes and any(
            is_quoted and needing.isdisjoint(value)
            for value, is_quoted in zip(record.fields, record.quoted, strict=True)
        ):
            self._note("C-100", "a field is quoted without need")

    def _note(self, check_id: str, problem: str) -> None:
        self.found.note(check_id, problem, self.number)


def _bare_fields(line: str, delimiter: str) -> list[str] | None:
    """The fields of a line without any quotation mark; None when it has one."""
    return None if '"' in line else line.split(delimiter)


def _quoted_fields(line: str, delimiter: str) -> list[str] | None:
    """The fields of a line that are all in quotation marks and hold none; None when the line may be anything else.

    Cut at every `","`: the marks left over are then the first, the last, and those within fields, which are counted.
    """
    if len(line) < 2 or line[0] != '"' or line[-1] != '"':
        return None
    fields = line[1:-1].split(f'"{delimiter}"')
    return fields if line.count('"') == 2 * len(fields) else None
