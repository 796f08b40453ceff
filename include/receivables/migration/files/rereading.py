"""The independent reader (独立再読込): what a stranger finds in the written files, byte by byte.

It shares nothing with the writer but the loader of the profile: own decoding, own RFC 4180 parser, own types. What it
cannot accept becomes an issue; it never repairs, and it never raises for what is in a file. A file is read in blocks.

Records without anything odd are read many at once, by column; the others by the letter. Both ways give the same.
"""

from pathlib import Path

from receivables.migration.files.findings import FileRead, Reread
from receivables.migration.files.judging import Accepted, judge_of
from receivables.migration.files.presence import check_names, check_rows
from receivables.migration.files.profile import GroupSpec
from receivables.migration.files.records import FileReader, Sink


def reread_group(files: list[Path], spec: GroupSpec, sink: Sink, *, is_slow: bool = False) -> Reread:
    """Everything a stranger finds in the group's files, in the order of their numbers.

    `sink` gets PostgreSQL COPY text, whole lines, many at a time: row number, file number, the items in the files'
    order, typed and plain again. With `is_slow` every record goes the slow way.
    """
    found = Reread(sums={spec.group.items[at].column: 0 for at in spec.yen_at})
    check_names(files, spec, found)
    judges = zip(spec.group.items, spec.empties, strict=True)
    accepted = [Accepted(judge_of(item, empty, spec.snapshot), is_forgetful=is_slow) for item, empty in judges]
    for file in files:
        found.files.append(FileRead(file.name))
        if file.is_file():
            FileReader(spec, accepted, found, sink, is_slow=is_slow).read(file)
        else:
            found.note("C-100", f"file {file.name} is missing")
    check_rows(spec, found)
    return found
