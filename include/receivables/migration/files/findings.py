"""What the independent reader found (再読込結果): files, sums and issues; no value of any row."""

from collections import Counter
from dataclasses import dataclass, field

ISSUES_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Issue:
    """Something the reader could not accept; holds no value of any row."""

    check_id: str
    row_no: int | None  # among the records of its file, the header being the first
    item: str | None
    problem: str
    file_no: int | None = None  # None: about the group's files together


@dataclass
class FileRead:
    """One file as it was found."""

    file_name: str
    sha256: str | None = None  # None: it is not there
    bytes: int = 0
    rows: int = 0  # without the header


@dataclass
class Reread:
    """What was found in a group's files: the first issues in words, all of them in numbers."""

    files: list[FileRead] = field(default_factory=list)
    sums: dict[str, int] = field(default_factory=dict)  # yen by column
    issues: list[Issue] = field(default_factory=list)
    issue_counts: Counter[str] = field(default_factory=Counter)  # by check

    @property
    def rows(self) -> int:
        """Data records of all files."""
        return sum(file.rows for file in self.files)

    def note(self, check_id: str, problem: str, row_no: int | None = None, item: str | None = None) -> None:
        """Count an issue of the file at hand, and keep it as long as somebody would read it."""
        self.issue_counts[check_id] += 1
        if len(self.issues) < ISSUES_KEPT:
            self.issues.append(Issue(check_id, row_no, item, problem, len(self.files) or None))
