"""Only what we started is ended, whoever has its pid by now."""

import json
import sys
from pathlib import Path

from receivables.local import processes
from receivables.server import wait_until
from receivables.settings import State

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_process_is_started_once_and_stopped(tmp_path: Path) -> None:
    state = State(tmp_path)
    pid = processes.start(state, "sleeper", SLEEPER, {})
    assert processes.start(state, "sleeper", SLEEPER, {}) == pid
    assert processes.names(state) == ["sleeper"]
    assert processes.stop(state, "sleeper")
    assert processes.running_pid(state, "sleeper") is None
    assert processes.names(state) == []


def test_a_pid_that_belongs_to_somebody_else_now_is_left_alone(tmp_path: Path) -> None:
    state = State(tmp_path)
    pid = processes.start(state, "sleeper", SLEEPER, {})
    note = tmp_path / "run" / "sleeper.pid"
    honest = note.read_text()
    note.write_text(json.dumps({"pid": pid, "started": json.loads(honest)["started"] - 1}))
    assert not processes.stop(state, "sleeper")
    assert processes._start_ticks(pid) is not None
    note.write_text(honest)
    assert processes.stop(state, "sleeper")


def test_children_end_with_their_parent(tmp_path: Path) -> None:
    state = State(tmp_path)
    pid = processes.start(state, "parent", ["sh", "-c", "sleep 60 & sleep 60"], {})
    assert wait_until(lambda: len(processes._group(pid)) >= 2, seconds=10)
    processes.stop(state, "parent")
    assert processes._group(pid) == []
