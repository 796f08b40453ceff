"""Work on several processes: results by number, faults told, and no look at who called."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from receivables import db
from receivables.errors import EnvironmentFailureError, InputRejectedError
from receivables.processes import side_by_side

SCRIPT = """
from operator import mul
from receivables.processes import side_by_side
print("main")
print(sorted(side_by_side(mul, [(2, 3), (4, 5)], processes=2)))
"""


def twice(number: int) -> int:
    """What a process does here."""
    return 2 * number


def refuse(number: int) -> int:
    raise InputRejectedError(f"no {number}")


def end_itself(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_every_call_is_done_and_numbered() -> None:
    assert dict(side_by_side(twice, [(number,) for number in range(7)], processes=2)) == {
        number: 2 * number for number in range(7)
    }


def test_a_fault_is_raised_as_it_was() -> None:
    with pytest.raises(InputRejectedError, match="no 5"):
        list(side_by_side(refuse, [(5,)], processes=2))


def refuse_as_the_database(number: int) -> int:
    raise db.DatabaseError(psycopg.errors.InsufficientPrivilege(), f"read {number}")


def test_a_fault_of_the_database_is_raised_as_it_was_and_not_taken_for_a_process_that_was_ended() -> None:
    with pytest.raises(db.DatabaseError, match="read 5: database error 42501") as found:
        list(side_by_side(refuse_as_the_database, [(5,)], processes=1))
    assert found.value.sqlstate == "42501"


def test_a_process_that_was_ended_is_told() -> None:
    with pytest.raises(EnvironmentFailureError, match=r"end_itself: .* memory"):
        list(side_by_side(end_itself, [(1,)], processes=1))


def test_the_callers_main_module_runs_once_and_keeps_its_name(tmp_path: Path) -> None:
    """A script without a guard, like a scheduler's task runner, must not begin again in every process."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT + "print(__file__ == __import__('sys').argv[0])\n", encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == ["main", "[(0, 6), (1, 20)]", "True"]
