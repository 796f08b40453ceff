"""The peers, each in a long-living process of its own, so that no import is in the timed part."""

import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.deliveries import COLUMNS
from bench.rounds import Answer, Contender
from bench.world import World, contract_table, make
from receivables import db
from receivables.settings import PROJECT

PYTHON = PROJECT / ".venv-bench" / "bin" / "python"
WORKER = Path(__file__).with_name("peer_worker.py")
PLACES = ("_line_no", "_byte_offset", "_raw_bytes")


class Worker:
    """One peer's process."""

    def __init__(self, kind: str) -> None:
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [str(PYTHON), str(WORKER), kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True,
        )  # fmt: skip
        self.bad: object = None
        ready = self._read()
        self.versions = ready.get("versions")
        self.fixed_seconds = time.perf_counter() - began

    @property
    def pid(self) -> int:
        """The process whose CPU counts."""
        return self._process.pid

    def do(self, **asked: object) -> None:
        """Have the work done; RuntimeError when the peer says that it could not."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        found = self._read()
        if "error" in found:
            raise RuntimeError(str(found["error"]))
        self.bad = found.get("bad")

    def stop(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=30)

    def _read(self) -> dict[str, object]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the peer's process ended")
        found: dict[str, object] = json.loads(line)
        return found


@dataclass(slots=True)
class Peers:
    """Starts a peer when it is installed; `is_wanted` false marks all of them as not installed."""

    is_wanted: bool = True
    workers: dict[str, Worker] = field(default_factory=dict)

    def worker(self, kind: str) -> Worker | None:
        """The running process of a peer, None when it is not installed."""
        if not self.is_wanted or not PYTHON.exists():
            return None
        if kind not in self.workers:
            try:
                self.workers[kind] = Worker(kind)
            except RuntimeError:
                return None
        return self.workers[kind]

    def stop(self) -> None:
        """End all processes."""
        for each in self.workers.values():
            each.stop()

    def loader(self, kind: str, world: World, file: Path, setting: str, part: int = 1) -> Contender:
        """A peer that loads the accepted rows, or one `part`-th of them."""
        worker, rows = self.worker(kind), world.whole.good_rows // part
        table = "bench_dlt.peer" if kind == "dlt" else "bench.peer"
        asked = {"file": str(file), "url": url(world), "columns": (*COLUMNS, *PLACES), "rows": rows,
                 "folder": str(world.whole.folder / "dlt")}  # fmt: skip
        key = world.key(world.whole) if part == 1 else (rows,)
        return Contender(
            kind, lambda: worker.do(**asked) if worker else None,
            lambda: world.fingerprint(table)[: len(key)], key, rows,
            f"{setting} {worker.versions if worker else ''}" + (f", 1/{part} of the rows" if part > 1 else ""),
            before=lambda: drop(world, table), process=lambda: worker.pid if worker else 0,
            fixed_seconds=worker.fixed_seconds if worker else 0, is_absent=worker is None,
        )  # fmt: skip

    def cleaner(self, kind: str, world: World, setting: str) -> Contender:
        """A peer that cleans the CP932 CSV into a typed table."""
        worker = self.worker(kind)
        codes = contract_table("bench_csv").column("claim_code").codes
        asked = {"file": str(world.whole.csv), "url": url(world), "columns": COLUMNS, "codes": codes}

        def answer() -> Answer:
            return (*world.fingerprint("bench.peer"), worker.bad if worker else None)

        return Contender(
            kind, lambda: worker.do(**asked) if worker else None, answer,
            (*world.key(world.whole), world.whole.bad_rows), world.whole.rows,
            f"{setting} {worker.versions if worker else ''}", before=lambda: make_peer(world),
            process=lambda: worker.pid if worker else 0, fixed_seconds=worker.fixed_seconds if worker else 0,
            is_absent=worker is None,
        )  # fmt: skip


def url(world: World) -> str:
    """Where the server listens, as every library understands it."""
    return db.url(world.state, "postgres").replace("postgresql+psycopg://", "postgresql://")


def drop(world: World, table: str) -> None:
    """Make room for a peer that makes its own table."""
    with db.connect(world.state) as connection:
        found = connection.execute("select to_regclass(%s)", [table]).fetchone()
        if found and found[0]:  # dlt remembers that its table is there
            db.run_script(connection, f"{'truncate' if table.startswith('bench_dlt') else 'drop table'} {table}")


def make_peer(world: World) -> None:
    """An empty typed table for a peer that copies into one."""
    with db.connect(world.state) as connection:
        make(connection, "bench.peer", typed=True)
