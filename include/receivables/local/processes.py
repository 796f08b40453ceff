"""Background processes of one state directory, known by their own pid files only."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from receivables.server import wait_until
from receivables.settings import State

STOP_SECONDS = 20


def start(state: State, name: str, command: list[str], environment: Mapping[str, str]) -> int:
    """Start `command` as a process group of its own, logging to logs/<name>.log; its pid.

    Nothing is started when the process of that name still runs.
    """
    known = running_pid(state, name)
    if known:
        return known
    with state.path("logs", f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **environment},
            cwd=state.root,
        )
    note = {"pid": process.pid, "started": _start_ticks(process.pid)}
    _pid_file(state, name).write_text(json.dumps(note))
    return process.pid


def running_pid(state: State, name: str) -> int | None:
    """The pid of the process called `name`, None when it has ended (or its pid is another's now)."""
    file = _pid_file(state, name)
    if not file.exists():
        return None
    note = json.loads(file.read_text())
    return int(note["pid"]) if _start_ticks(note["pid"]) == note["started"] is not None else None


def names(state: State) -> list[str]:
    """Names of all processes ever started here and not yet stopped."""
    return sorted(file.stem for file in state.path("run", "x").parent.glob("*.pid"))


def stop(state: State, name: str) -> bool:
    """End the process group called `name`: asked first, then made to. True when it was running."""
    pid = running_pid(state, name)
    if pid is not None:
        _signal(pid, signal.SIGTERM)
        if not wait_until(lambda: not _group(pid), seconds=STOP_SECONDS):
            _signal(pid, signal.SIGKILL)
            wait_until(lambda: not _group(pid), seconds=STOP_SECONDS)
    _pid_file(state, name).unlink(missing_ok=True)
    return pid is not None


def _pid_file(state: State, name: str) -> Path:
    return state.path("run", f"{name}.pid")


def _signal(group: int, which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, which)


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _start_ticks(pid: int) -> int | None:
    """When the process started, in ticks since boot: with the pid it names one process for ever."""
    found = _stat(pid)
    return int(found[19]) if found and found[0] != "Z" else None


def _group(group: int) -> list[int]:
    """Living members of the process group."""
    found = ((int(entry.name), _stat(int(entry.name))) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid, stat in found if stat and stat[0] != "Z" and int(stat[2]) == group]
