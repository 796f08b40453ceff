"""`make bench`: our load against a raw COPY of the same bytes, interleaved; writes results.json and load.svg."""

import json
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import altair as alt
import vl_convert

from receivables import city, contracts, database, db, ingest, server
from receivables.settings import State

HERE = Path(__file__).parent
AS_OF = date(2026, 6, 19)
RESIDENTS, ROUNDS = 20_000, 3
MEASURED = ("nhi", "resident_tax")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One pair of ways on all files of a source: seconds of each round, and how many times slower ours is."""

    source: str
    bytes: int
    rows: int
    yen: int
    ours_seconds: list[float]
    copy_seconds: list[float]
    ratio: float


def main() -> None:
    """Measure, check that both ways loaded the same, write the figures and the chart."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    state = State(folder / "state")
    try:
        server.ensure_running(state)
        database.initialise(state)
        city.make(residents=RESIDENTS, seed=1, as_of=AS_OF, days=0, out=state.ward, state=state)
        found = [measurement(state, source) for source in MEASURED]
    finally:
        server.stop(state)
        shutil.rmtree(folder, ignore_errors=True)
    write(found)


def measurement(state: State, source: str) -> Measurement:
    """Both ways in turn, `ROUNDS` times, on one department's delivery."""
    tables = contracts.contract(source).tables
    files = [next((state.ward / source).glob(table.file_name(AS_OF))) for table in tables]
    ours, raw = [], []
    for _ in range(ROUNDS):
        forget(state)
        ours.append(seconds(lambda: ingest.ingest_source(source, drop=state.ward, as_of=AS_OF, state=state)))
        raw.append(seconds(lambda: raw_copy(state, files)))
    batches = [batch for batch in ingest.batches(as_of=AS_OF, state=state) if batch.source == source]
    assert all(batch.state == "loaded" and not batch.unexplained_rows for batch in batches), "our load lost rows"
    with db.connect(state) as connection:
        copied = connection.execute("select count(*) from bench.bytes").fetchone()
    rows = sum(batch.declared_rows or 0 for batch in batches)
    assert copied is not None
    assert 0 <= int(str(copied[0])) - rows <= 2 * len(files), "the raw copy holds other rows"  # headers, trailers
    ratio = statistics.median(ours) / statistics.median(raw)
    yen = sum(batch.declared_yen or 0 for batch in batches)
    return Measurement(source, sum(file.stat().st_size for file in files), rows, yen, ours, raw, round(ratio, 1))


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    began = time.perf_counter()
    work()
    return round(time.perf_counter() - began, 3)


def raw_copy(state: State, files: list[Path]) -> None:
    """The limit: the same bytes, a line a row, into one unlogged column; nothing is decoded or checked."""
    with db.connect(state) as connection:
        connection.execute("create schema if not exists bench")
        connection.execute("drop table if exists bench.bytes")
        connection.execute("create unlogged table bench.bytes (line text)")
        for file in files:
            lines = file.read_bytes().decode("latin-1").replace("\\", "\\\\").replace("\t", " ").replace("\0", " ")
            with connection.cursor().copy("copy bench.bytes from stdin") as target:
                target.write(lines.replace("\r\n", "\n"))


def forget(state: State) -> None:
    """Make the next round a first night again."""
    with db.connect(state) as connection:
        relations = connection.execute(
            "select format('%I.%I', table_schema, table_name) from information_schema.tables"
            " where table_schema in ('raw', 'vault', 'quarantine')"
            " or table_schema = 'ops' and table_name in"
            " ('load', 'control_total', 'set_aside_row', 'validation', 'validation_document')"
        ).fetchall()
        if relations:
            connection.execute(f"truncate {', '.join(str(name) for (name,) in relations)} cascade".encode())


def write(found: list[Measurement]) -> None:
    """bench/results.json and bench/load.svg."""
    payload = {
        "what": "land, check (contract, Great Expectations) and load of a source against a raw COPY of the same files",
        "on": f"{platform.machine()}, Python {platform.python_version()}, {RESIDENTS} residents, {ROUNDS} rounds",
        "measurements": [asdict(each) for each in found],
    }
    (HERE / "results.json").write_text(json.dumps(payload, indent=1) + "\n", encoding="utf-8")
    rows = [{"source": each.source, "ratio": each.ratio} for each in found]
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(color="#2b6777")
        .encode(x=alt.X("ratio:Q", title="times a raw COPY of the same bytes"), y=alt.Y("source:N", title=None))
    )
    (HERE / "load.svg").write_text(vl_convert.vegalite_to_svg(chart.to_json()), encoding="utf-8")
    for each in found:
        print(f"{each.source}: {each.rows:,} rows, ours {each.ratio} x raw COPY")  # noqa: T201


if __name__ == "__main__":
    main()
