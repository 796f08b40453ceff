"""The records of one file, judged and given on (再読込): by column where nothing is odd, else by the letter.

A record that is not plain, or has a word in doubt, goes the slow way, which alone knows how to complain.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from receivables.migration.files import decoding
from receivables.migration.files.columns import Columns, Lot
from receivables.migration.files.findings import Reread
from receivables.migration.files.judging import NOTHING, Accepted
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


class FileReader:
    """Reads one file into `found`, the last of whose files it is, and into `sink`."""

    def __init__(self, spec: GroupSpec, accepted: list[Accepted], found: Reread, sink: Sink, *, is_slow: bool) -> None:
        self.spec, self.profile, self.accepted = spec, spec.profile, accepted
        self.found, self.sink, self.is_slow = found, sink, is_slow
        self.file, self.file_no = found.files[-1], len(found.files)
        self.is_quoted = self.profile.quoting == "all"
        self.columns = Columns(accepted, spec.yen_at, self.profile.delimiter, is_quoted=self.is_quoted)
        self.number = 0  # of the record read last
        self.ends: set[str] = set()
        self.lines: list[str] = []  # for the sink

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
            self._note("C-100", str(error), self.number + 1)
            return "", True
        finally:
            if self.lines:
                self.sink("".join(self.lines))
                self.lines.clear()
        return rest, False

    def _is_mixed(self, whole: str) -> bool:
        """Whether lines end in anything but the agreed way."""
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
        """The same for text whose lines all end as agreed: all at once, or the plain ones among them."""
        at = 0
        if self.profile.header and not self.number and whole:
            head = record_at(whole, 0, self.profile.delimiter, is_last=is_last)
            if head is None:
                return 0
            self._one(head)
            at = head.next_at
        data = whole[at:].replace(self.profile.line_end, "\n").encode()
        lot = self.columns.lot(data, self.number + 1, self.file_no)
        if lot is None or lot.lines.null_count:
            return self._by_lines(whole, at, is_last=is_last)
        self.lines.append(lot.text)
        self._count(lot, len(lot.lines))
        self.number += len(lot.lines)
        return len(whole)

    def _by_lines(self, whole: str, at: int, *, is_last: bool) -> int:
        """Plain lines at once, the others and those in doubt by the letter, all in their order."""
        records: list[str | Record] = []
        try:
            for each, next_at in self._lines(whole, at, is_last=is_last):
                records.append(each)
                at = next_at
        finally:  # what comes before a break of the rules counts
            self._take(records)
        return at

    def _lines(self, whole: str, at: int, *, is_last: bool) -> Iterator[tuple[str | Record, int]]:
        """The records, those on plain lines still as text, and where the next one begins."""
        end, delimiter = self.profile.line_end, self.profile.delimiter
        while at < len(whole):
            stop = whole.find(end, at)
            line = whole[at : stop + len(end)] if stop >= 0 else ""
            if line and self._is_plain(line[: -len(end)]):
                at += len(line)
                yield line, at
                continue
            record = record_at(whole, at, delimiter, is_last=is_last)
            if record is None:
                return
            at = record.next_at
            yield record, at

    def _is_plain(self, line: str) -> bool:
        """Whether all fields are there, all in quotation marks or none, and no mark within a field.

        Cut at every `","`: the marks left over are the first, the last, and those within fields, which are counted.
        """
        if len(line) > LONGEST_RECORD:
            return False
        between, width = len(self.accepted) - 1, len(self.accepted)
        if not self.is_quoted:
            return line.count(self.profile.delimiter) == between and '"' not in line
        is_framed = len(line) > 1 and line[0] == line[-1] == '"' and line.count('"') == 2 * width
        return is_framed and line[1:-1].count(f'"{self.profile.delimiter}"') == between

    def _take(self, records: list[str | Record]) -> None:
        plain = [(number, each) for number, each in enumerate(records, self.number + 1) if isinstance(each, str)]
        done: Iterator[str | None] = iter(())
        if plain:
            end = self.profile.line_end
            data = "".join([line.replace(end, "\n") for _, line in plain]).encode()
            lot = self.columns.lot(data, np.array([number for number, _ in plain], dtype=np.int64), self.file_no)
            assert lot is not None, "plain lines make a plain block"
            self._count(lot, len(lot.lines) - lot.lines.null_count)
            done = iter(lot.lines.to_pylist())
        for each in records:
            line = next(done) if isinstance(each, str) else None
            if line is not None:
                self.lines.append(line)
                self.number += 1
                continue
            record = record_at(each, 0, self.profile.delimiter, is_last=True) if isinstance(each, str) else each
            assert record is not None
            self._one(record)

    def _count(self, lot: Lot, rows: int) -> None:
        for at, total in lot.sums.items():
            self.found.sums[self.spec.group.items[at].column] += total
        self.file.rows += rows
        self.ends.add(self.profile.line_end)

    def _one(self, record: Record) -> None:
        """Take one record and note everything that is wrong with it."""
        self.number += 1
        self.ends.add(record.end)
        is_head = self.number == 1 and self.profile.header
        if is_head:
            self._check_header(record.fields)
        elif len(record.fields) != len(self.accepted):
            self._note("C-001", f"{len(record.fields)} fields instead of {len(self.accepted)}")
        self._check_quotes(record)
        if is_head:
            return
        values = [self._value(at, record.fields) for at in range(len(self.accepted))]
        for at in self.spec.yen_at:
            self.found.sums[self.spec.group.items[at].column] += 0 if values[at] == NOTHING else int(values[at])
        self.file.rows += 1
        self.lines.append("\t".join((str(self.number), str(self.file_no), *values)) + "\n")

    def _value(self, at: int, fields: list[str]) -> str:
        """An item's value as COPY text, its problems noted; a field that is missing is judged as empty."""
        text = fields[at] if at < len(fields) else ""
        value = self.accepted[at][text]
        if value is None:
            value, problems = self.accepted[at].judge(text)
            for check_id, problem in problems:
                self.found.note(check_id, problem, self.number, self.spec.group.items[at].name)
        return value

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

    def _note(self, check_id: str, problem: str, number: int | None = None) -> None:
        self.found.note(check_id, problem, number or self.number)
