"""Which of the three forms a sample file has (見本の形), told from its bytes."""

from pathlib import Path

from receivables.sources.hosts import host_file, is_host_file
from receivables.sources.ledgers import ledger
from receivables.sources.samples import MOST_BYTES, Options, Sample, SampleRejectedError, delimited


def read_sample(file: Path, options: Options | None = None) -> Sample:
    """The sample in `file`, whatever its form; SampleRejectedError says what is missing."""
    options = options or Options()
    if not file.is_file():
        raise SampleRejectedError(f"{file.name}: no such file; give a sample as the department sends it")
    if file.stat().st_size > MOST_BYTES:
        raise SampleRejectedError(f"{file.name}: more than {MOST_BYTES >> 20} MB; some thousand rows are enough")
    raw = file.read_bytes()
    if not raw.strip():
        raise SampleRejectedError(f"{file.name}: the file is empty; ask for one with headings and some rows")
    if raw.startswith(b"PK\x03\x04"):
        return ledger(file, sheet=options.sheet)
    if options.layout or is_host_file(raw):
        return host_file(file, raw, layout=options.layout, encoding=options.encoding)
    return delimited(file, raw, encoding=options.encoding)
