"""Every way to compare `bench.a` and `bench.b`: the floor, ours, what one writes by hand, and the peers."""
# ruff: noqa: S608  # SQL out of constants of its own

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from bench.reconcile_days import Answer
from receivables import db
from receivables.migration import comparison
from receivables.migration.comparison import Shape, Side
from receivables.settings import PROJECT, State
from receivables.standard import Item

WORKER = Path(__file__).with_name("reconcile_worker.py")
PYTHON = PROJECT / ".venv-bench" / "reconcile" / "bin" / "python"
KINDS = ("reladiff", "datacompy", "DVT")
_TYPES = {"instalment_no": "text", "addressee_no": "text", "claim_code": "code", "levy_year": "year", "term_no": "int",
          "person_kana": "text", "person_name": "text", "address": "text", "due_date": "date", "levied_on": "date",
          "assessed_yen": "yen", "principal_yen": "yen", "fee_yen": "yen"}  # fmt: skip
KEY = "instalment_no"
SHAPE = Shape((KEY,), tuple(Item(no=no, column=name, name=name, type=kind, length=None, key=name == KEY)
                            for no, (name, kind) in enumerate(_TYPES.items(), start=1)))  # fmt: skip
A, B = Side("a", sql.Identifier("bench", "a")), Side("b", sql.Identifier("bench", "b"))
MOST = 5_000  # keys that are held against the truth


@dataclass(slots=True)
class Peer:
    """A peer's process; one that is not installed fails when asked."""

    kind: str
    folder: Path
    process: subprocess.Popen[str] | None = field(default=None)

    @classmethod
    def all(cls, folder: Path) -> "list[Peer]":
        """Every peer, started where it is installed."""
        return [cls(kind, folder)._started() for kind in KINDS]

    def _started(self) -> "Peer":
        if PYTHON.exists():
            self.process = subprocess.Popen([str(PYTHON), str(WORKER), self.kind], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # fmt: skip
            assert self.process.stdout
            self.process.stdout.readline()  # imports are done
        return self

    @property
    def pid(self) -> int:
        """Whose CPU counts."""
        return self.process.pid if self.process else 0

    def ask(self, url: str, dsn: str) -> Answer:
        """Have both tables compared; RuntimeError with what the peer raised."""
        if self.process is None:
            raise RuntimeError("not installed")
        assert self.process.stdin
        assert self.process.stdout
        part = conninfo_to_dict(dsn)
        login = [f"--{name}={part[key]}" for name, key in (("host", "host"), ("port", "port"), ("user", "user"),
                 ("password", "password"), ("database", "dbname"))]  # fmt: skip
        asked = {"url": url, "columns": list(_TYPES), "folder": str(self.folder), "login": login}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        found = json.loads(self.process.stdout.readline() or '{"error": "its process ended"}')
        if "error" in found:
            raise RuntimeError(found["error"])
        columns = None if found["columns"] is None else frozenset(found["columns"])
        return Answer(bool(found["keys"]), frozenset(found["keys"]), columns)

    def stop(self) -> None:
        """End the process."""
        if self.process and self.process.stdin:
            self.process.stdin.close()
            self.process.wait(timeout=60)


@dataclass(frozen=True, slots=True)
class Way:
    """One way: its work is timed, its answer held against the truth."""

    name: str
    setting: str
    work: Callable[[], Answer]
    peer: Peer | None = None
    is_floor: bool = False
    names_first: bool = False
    does_whole: bool = True  # false: millions of differing rows are beyond it


def ways(state: State, peers: list[Peer]) -> list[Way]:
    """All ways, the floor first."""
    dsn = db.dsn(state, database="postgres")
    url = db.url(state, "postgres", "postgres").replace("postgresql+psycopg://", "postgresql://")

    def asked(question: Callable[[db.Connection], Answer]) -> Callable[[], Answer]:
        def work() -> Answer:
            with db.connect(state, database="postgres", doing="bench") as connection:
                connection.execute("set transaction isolation level repeatable read")
                try:
                    return question(connection)
                finally:
                    connection.rollback()

        return work

    return [
        Way("bare scan", "count(*), sum(assessed_yen) of both", asked(_floor), is_floor=True),
        Way("ours: screen", "counts, yen per item, two seeded lanes of 64 bits", asked(_screen)),
        Way("ours: first", "the first wrong row in the key's order", asked(_first), names_first=True),
        Way("ours: all", "every row, item, class, transposition", asked(_all)),
        Way("record hash", "sum(hash_record_extended(row, seed)), as often written", asked(_record_hash)),
        Way("EXCEPT ALL", "both ways, keys told", asked(_except_all)),
        Way("FULL JOIN", "on the key, every column IS DISTINCT FROM, by hand", asked(_full_join)),
        *(Way(peer.kind, _SETTINGS[peer.kind], lambda peer=peer: peer.ask(url, dsn), peer, does_whole=False)  # type: ignore[misc]
          for peer in peers),
        *([Way("data-diff", _SETTINGS["data-diff"], _no_data_diff, does_whole=False)] if peers else []),
    ]  # fmt: skip


_SETTINGS = {
    "reladiff": "0.6, joindiff (its choice within one database), index on the key",
    "datacompy": "1.1, polars read through ADBC, zero tolerance",
    "DVT": "8.10, validate row --hash '*', its defaults",
    "data-diff": "0.11.2 of May 2024",
}


def _no_data_diff() -> Answer:
    raise RuntimeError("not runnable: needs dbt-core < 1.12 to install, then does not start with pydantic 2"
                       " (`regex` is removed)")  # fmt: skip


def _floor(connection: db.Connection) -> Answer:
    for side in (A, B):
        connection.execute(sql.SQL("select count(*), sum(assessed_yen) from {}").format(side.relation)).fetchall()
    return Answer(False)


def _screen(connection: db.Connection) -> Answer:
    return Answer(not comparison.screen(connection, A, B, SHAPE).is_equal)


def _first(connection: db.Connection) -> Answer:
    found = comparison.first_difference(connection, A, B, SHAPE)
    return Answer(bool(found), frozenset(str(part) for part in found.key) if found else frozenset())


def _all(connection: db.Connection) -> Answer:
    found = comparison.differences(connection, A, B, SHAPE)
    comparison.transpositions(connection, A, B, SHAPE, found)
    return Answer(not found.is_equal, _keys(connection, "select instalment_no from differing_key"),
                  frozenset(found.items))  # fmt: skip


def _record_hash(connection: db.Connection) -> Answer:
    query = "select count(*), sum(hash_record_extended({0}, 7)) from bench.{0}"
    one, other = (connection.execute(query.format(name)).fetchall() for name in "ab")  # type: ignore[call-overload]
    return Answer(one != other)


def _except_all(connection: db.Connection) -> Answer:
    query = " union all ".join(
        f"(select instalment_no from (table bench.{one} except all table bench.{other}) as {one})"
        for one, other in ("ab", "ba")
    )
    keys = _keys(connection, f"select distinct instalment_no from ({query}) as wrong")
    return Answer(bool(keys), keys)


def _full_join(connection: db.Connection) -> Answer:
    differs = " or ".join(f"a.{name} is distinct from b.{name}" for name in _TYPES)
    told = ", ".join(f"a.{name} is distinct from b.{name} as {name}" for name in _TYPES if name != KEY)
    connection.execute(  # type: ignore[call-overload]
        f"create temp table joined as select coalesce(a.{KEY}, b.{KEY}) as key_of_both, {told}"
        f" from bench.a full join bench.b on a.{KEY} = b.{KEY} where {differs}"
    )
    names = [name for name in _TYPES if name != KEY]
    (row,) = connection.execute("select " + ", ".join(f"bool_or({name})" for name in names) + " from joined").fetchall()  # type: ignore[call-overload]
    keys = _keys(connection, "select key_of_both from joined")
    return Answer(bool(keys), keys, frozenset(name for name, is_in in zip(names, row, strict=True) if is_in))


def _keys(connection: db.Connection, query: str) -> frozenset[str]:
    rows: list[tuple[Any, ...]] = connection.execute(f"{query} order by 1 limit {MOST}").fetchall()  # type: ignore[call-overload]
    return frozenset(str(row[0]) for row in rows)
