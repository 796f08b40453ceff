"""Work on several processes, wherever it is asked for: by a command, a script or a task of the scheduler."""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

from receivables.errors import EnvironmentFailureError

Result = TypeVar("Result")


def side_by_side(
    work: Callable[..., Result], calls: Sequence[tuple[Any, ...]], *, processes: int
) -> Iterator[tuple[int, Result]]:
    """Do `work(*call)` for every call, so many at a time; the number of each call and its result, as they end.

    `work` is a function of a module. Raises what the first failing call raised and begins no further call;
    EnvironmentFailureError when a process was ended from outside, which is mostly the system short of memory.
    """
    # spawn: the caller may have threads (a progress display), which a fork would copy half-alive.
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    try:
        with _main_left_alone():
            numbers = {pool.submit(work, *call): number for number, call in enumerate(calls)}
        for done in as_completed(numbers):
            yield numbers[done], done.result()
    except BrokenProcessPool:
        raise EnvironmentFailureError(
            f"{work.__name__}: one of its processes was ended from outside; look for memory (dmesg) and run again"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _main_left_alone() -> Iterator[None]:
    """While processes start: they must not import the caller's main module, which may be a scheduler's task runner."""
    main = sys.modules["__main__"]
    known = {name: main.__dict__.pop(name) for name in ("__spec__", "__file__") if name in main.__dict__}
    main.__spec__ = None
    try:
        yield
    finally:
        main.__dict__.update(known)
