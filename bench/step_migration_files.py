"""Files of a migration, written and read again, beside a plain COPY and Python's csv.reader (書出しと再読込).

`python -m bench.step_migration_files --rows 500000` makes so many rows like 調定収納情報 (88 items, most of them
empty) and as many like 収納履歴情報 (41 items), and for each group in a process of its own: COPY … TO STDOUT (format
csv) of the same rows; our writer; csv.reader over the file; our independent reader, its lines copied into a table. Then
both groups written and read side by side on two processes. The table must hold the rows, and the yen, that were made.
Nothing is extrapolated. CPU is the client's and every server process's together. Writes bench/migration_files.json.
"""

import argparse
import csv
import json
import os
import platform
import resource
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from datetime import date
from pathlib import Path

from psycopg import sql

from receivables import database, db, server, standard
from receivables.migration.files import profile, rereading, writing
from receivables.migration.tables import POSTGRES
from receivables.processes import side_by_side
from receivables.settings import State
from receivables.standard import Group

HERE = Path(__file__).parent
GROUPS = ("chotei_shuno", "shuno_rireki")
SNAPSHOT, STAMP = date(2026, 6, 19), "20260619000000"
MOST_MIB = 1024  # of each process
_DUE = "date '2019-06-30' + (n % 84)::integer * 30"
_AMOUNT = "(1000 + (n * 7919) % 97000 / 100 * 100)::bigint"
_KEY = {
    "shikuchoson_cd": "'131121'", "mae_shikuchoson_cd": "''", "fuka_nendo": "2019 + n % 7",
    "soto_nendo": "2019 + n % 7",
    "tsuchisho_no": "lpad((1000000 + n / 10)::text, 10, '0')", "kamoku_cd": "(array['23','24','27','08'])[1 + n % 4]",
    "tokucho_shitei_no": "''", "kibetsu_cd": "lpad((1 + n % 10)::text, 2, '0')", "shinkoku_rireki_no": "0",
    "jigyo_nendo_no": "0", "jido_atena_no": "''",
}  # fmt: skip
_TAIL = {"del_flg": "'0'", "sosasha_id": "'MIGRATION'", "sosa_ymd": "date '2026-06-19'", "sosa_time": "'00:00:00'"}
_SPLIT = {name: f"case when n % 4 < 2 then {_AMOUNT} / {part} end" for name, part in
          (("zeigaku_iryo_ippan", 2), ("zeigaku_kaigo_ippan", 5), ("zeigaku_shien_ippan", 4))}  # fmt: skip
VALUES = {
    "chotei_shuno": _KEY | _SPLIT | _TAIL | {
        "atena_no": "lpad((n * 37 % 940000)::text, 15, '0')", "noki_ymd": _DUE, "shitei_noki_ymd": _DUE,
        "hotei_noki_ymd": _DUE, "zeigaku": _AMOUNT, "tokusoku": "0", "entaikin": "n % 50 / 49 * 300",
        "zeigaku_shuno": f"case when n % 9 > 0 then {_AMOUNT} else 0 end", "zeigaku_karikeshi": "0",
        "tokusoku_shuno": "0", "entaikin_shuno": "0", "shunyu_ymd": f"case when n % 9 > 0 then {_DUE} + 9 end",
        "ryoshu_ymd": f"case when n % 9 > 0 then {_DUE} + 2 end", "kokuhokigo_no": "lpad((n / 10)::text, 8, '0')",
    },
    "shuno_rireki": _KEY | _TAIL | {
        "shuno_rireki_no": "(1 + n % 3)::text", "atena_no": "lpad((n * 37 % 940000)::text, 15, '0')",
        "shuno_kbn": "'1'", "kaikei_nendo": "2019 + n % 7", "zeigaku_shuno": _AMOUNT, "tokusoku_shuno": "0",
        "entaikin_shuno": "n % 50 / 49 * 300", "karikeshi_kbn": "'0'", "nofu_kbn": "'1'", "nofu_shubetsu_cd": "'01'",
        "nofu_channel_kbn": "(array['01','02','05'])[1 + n % 3]", "ryoshu_ymd": f"{_DUE} + 2",
        "shunyu_ymd": f"{_DUE} + 9", "nofuzumi_no": "lpad(n::text, 20, '0')",
        "shuno_tempo_cd": "lpad((n % 900)::text, 4, '0')",
    },
}  # fmt: skip
Told = dict[str, float]


def main() -> int:
    """Make the rows, measure, hold the outcome; 1 when it is wrong or takes too much memory."""
    parser = argparse.ArgumentParser(prog="bench.step_migration_files")
    parser.add_argument("--rows", type=int, default=50_000, help="of each group")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    folder.chmod(0o755)  # the server may run as another user
    state = State(folder / "state")
    try:
        server.ensure_running(state)
        database.initialise(state)
        made = {name: fill(state, name, given.rows) for name in GROUPS}
        found = {
            "what": "files of two groups of the national standard, written and read again",
            "on": f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores",
            "load_average": round(os.getloadavg()[0], 1), "rows": given.rows,
            "groups": {name: alone(state, name, folder / name, given.rows) for name in GROUPS},
            "side_by_side": together(state, folder, given.rows),
        }  # fmt: skip
        is_right = all(kept(state, name) == made[name] for name in GROUPS)
    finally:
        server.stop(state)
        shutil.rmtree(folder, ignore_errors=True)
    (HERE / "migration_files.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    steps = [step for group in found["groups"].values() for step in group.values()]  # type: ignore[attr-defined]
    peak = max(step["peak_mib"] for step in steps)
    say(f"rows and yen are {'as made' if is_right else 'WRONG'}; the largest process held {peak:.0f} MiB")
    return 0 if is_right and peak <= MOST_MIB else 1


def fill(state: State, name: str, rows: int) -> tuple[object, ...]:
    """A staged table of the group with rows in no order, and an empty one of the same shape; rows and yen made."""
    group = standard.edition().group(name)
    columns = ", ".join(f"{item.column} {POSTGRES.get(item.type, 'text')}" for item in group.items)
    values = ", ".join(VALUES[name].get(item.column, "null") for item in group.items)
    key = ", ".join(f"{column}::text" for column in group.key)
    names = ", ".join(item.column for item in group.items)
    source = f"generate_series(1::bigint, {rows}) as n order by n * 7919 % {rows}"
    insert = f"insert into bench.{name} ({names}) select {values} from {source}"  # noqa: S608
    with db.connect(state) as connection:
        db.run_script(
            connection,
            f"create schema if not exists bench; create unlogged table bench.{name} (row_key text, {columns});"
            f" create unlogged table bench.{name}_again (row_no bigint, file_no bigint, {columns})",
        )
        db.run_script(connection, insert)
        db.run_script(connection, f"update bench.{name} set row_key = jsonb_build_array({key})::text")  # noqa: S608
    with db.connect(state, autocommit=True) as connection:
        db.run_script(connection, f"vacuum full analyze bench.{name}")
    return kept(state, name, again="")


def kept(state: State, name: str, again: str = "_again") -> tuple[object, ...]:
    """Rows, and yen by item."""
    yen = [item.column for item in standard.edition().group(name).items if item.type == "yen"]
    sums = sql.SQL(", ").join(sql.SQL("sum({})").format(sql.Identifier(column)) for column in yen)
    with db.connect(state) as connection:
        table = sql.Identifier("bench", name + again)
        found = connection.execute(sql.SQL("select count(*), {} from {}").format(sums, table)).fetchone()
    assert found is not None
    return found


def alone(state: State, name: str, folder: Path, rows: int) -> dict[str, Told]:
    """Each way in a process of its own, one after the other."""
    folder.mkdir()
    found = {}
    for way in (plain_copy, write, python_csv, reread):
        ((_, told),) = side_by_side(way, [(state, name, folder)], processes=1)
        found[way.__name__] = told
        tell(f"{name}: {(way.__doc__ or '').rstrip('.')}", told, rows)
    return found


def together(state: State, folder: Path, rows: int) -> Told:
    """Both groups written and read again on two processes."""
    began, before = time.perf_counter(), server_cpu(state)
    clients = [cpu for _, cpu in side_by_side(both, [(state, name, folder / name) for name in GROUPS], processes=2)]
    wall, cpu = time.perf_counter() - began, server_cpu(state) - before + sum(clients)
    say(f"both groups written and read again on two processes: {wall:.1f} s wall, {cpu:.1f} s CPU"
        f" ({2 * rows / wall:,.0f} rows/s)")  # fmt: skip
    return {"wall_seconds": round(wall, 2), "cpu_seconds": round(cpu, 2)}


def plain_copy(state: State, name: str, folder: Path) -> Told:
    """COPY TO STDOUT (format csv) of the same rows, unordered, into nothing."""
    statement = sql.SQL("copy (select {} from {}) to stdout (format csv)").format(
        sql.SQL(", ").join(sql.Identifier(item.column) for item in group_of(name).items), sql.Identifier("bench", name)
    )

    def work() -> int:
        with db.connect(state) as connection, connection.cursor().copy(statement) as copy:
            return sum(map(len, copy))

    return measured(state, work)


def write(state: State, name: str, folder: Path) -> Told:
    """Ours, written in the order of the key."""

    def work() -> int:
        with db.connect(state) as connection:
            files = writing.write_group(
                connection, relation=sql.Identifier("bench", name), spec=spec_of(name), folder=folder, stamp=STAMP,
                key_hash=lambda key: f"k{len(key)}",
            )  # fmt: skip
        return sum(file.bytes for file in files)

    return measured(state, work)


def python_csv(state: State, name: str, folder: Path) -> Told:
    """Python's csv.reader over the file, the rows thrown away."""

    def work() -> int:
        for file in folder.iterdir():
            with file.open(encoding="utf-8", newline="") as lines:
                deque(csv.reader(lines), maxlen=0)
        return size_of(folder)

    return measured(state, work)


def reread(state: State, name: str, folder: Path) -> Told:
    """Ours, read independently and copied into a table."""
    table = sql.Identifier("bench", f"{name}_again")

    def work() -> int:
        with db.connect(state) as connection:
            connection.execute(sql.SQL("truncate {}").format(table))
            with connection.cursor().copy(sql.SQL("copy {} from stdin").format(table)) as copy:
                found = rereading.reread_group(sorted(folder.iterdir()), spec_of(name), copy.write)
        assert not found.issues, found.issues[:3]
        return size_of(folder)

    return measured(state, work)


def both(state: State, name: str, folder: Path) -> float:
    """A group written and read again; CPU of this process."""
    write(state, name, folder)
    reread(state, name, folder)
    return time.process_time()


def group_of(name: str) -> Group:
    """The group of the newest edition."""
    return standard.edition().group(name)


def spec_of(name: str) -> profile.GroupSpec:
    """The group by the standard's own profile."""
    wishes = profile.read_profile(Path(profile.__file__).parents[1] / "profiles" / "standard_csv.yaml")
    return profile.group_spec(group_of(name), wishes, SNAPSHOT)


def size_of(folder: Path) -> int:
    """Bytes of the folder's files."""
    return sum(file.stat().st_size for file in folder.iterdir())


def server_cpu(state: State) -> float:
    """CPU seconds of the server's first process and of all those that have ended, as the one of a closed connection."""
    running = server.ensure_running(state)
    assert running is not None, "unset RECEIVABLES_DSN: the suite measures a server of its own"
    pid = (Path(running.data) / "postmaster.pid").read_text().split()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def measured(state: State, work: Callable[[], int]) -> Told:
    """Seconds, megabytes and memory of work that returns its bytes; in a process of its own."""
    began, client, servers = time.perf_counter(), time.process_time(), server_cpu(state)
    size = work()
    wall = time.perf_counter() - began
    time.sleep(0.03)  # a server process that just ended is counted when its parent has seen it
    return {
        "wall_seconds": round(wall, 2), "cpu_seconds_of_the_client": round(time.process_time() - client, 2),
        "cpu_seconds_of_the_server": round(server_cpu(state) - servers, 2),
        "megabytes": round(size / 1e6, 1), "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }  # fmt: skip


def tell(what: str, told: Told, rows: int) -> None:
    """One line for people."""
    wall = max(told["wall_seconds"], 0.01)
    cpu = f"{told['cpu_seconds_of_the_client']:.1f} + {told['cpu_seconds_of_the_server']:.1f}"
    say(f"{what:85} {wall:7.2f} s wall {cpu:>13} s CPU {rows / wall:10,.0f} rows/s"
        f" {told['megabytes'] / wall:7.1f} MB/s {told['peak_mib']:5.0f} MiB")  # fmt: skip


def say(line: str) -> None:
    """A line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    from bench import step_migration_files  # the same module by a name that other processes know

    sys.exit(step_migration_files.main())
