"""Work for the processes of `tests/test_pool.py`, which have to import it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path


def doubling(argument: Path) -> Callable[[int], tuple[int, int]]:
    """Double numbers; note in a file that this process has begun."""
    (argument / f"began-{os.getpid()}").touch()

    def work(task: int) -> tuple[int, int]:
        if task < 0:
            raise ValueError(f"no {task}")
        return 2 * task, os.getpid()

    return work


def dying(argument: Path) -> Callable[[int], int]:
    """End the process at task 3: once if the folder is empty, always at task 4."""

    def work(task: int) -> int:
        first = argument / "died"
        if task == 4 or (task == 3 and not first.exists()):
            first.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return task

    return work


def failing(argument: str) -> Callable[[int], int]:
    """Fail before any work."""
    raise LookupError(argument)


def sleeping(argument: Path) -> Callable[[int], int]:
    """Sleep long; note which process does."""

    def work(task: int) -> int:
        (argument / f"{os.getpid()}").touch()
        time.sleep(600)
        return task

    return work


class StubbornError(Exception):
    """Can be pickled, and not be made from what was."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")


def awkward(argument: object) -> Callable[[int], object]:
    """Give what cannot be sent back, or raise such, at tasks below 3."""

    def work(task: int) -> object:
        if task == 1:
            raise StubbornError("an", "error")
        return (lambda: task) if task == 2 else task

    return work


def _burst() -> object:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


class Bomb:
    """Ends each process to which it is sent."""

    def __reduce__(self) -> tuple[Callable[[], object], tuple[()]]:
        return _burst, ()
