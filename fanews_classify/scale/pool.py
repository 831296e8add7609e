"""Pieces of work in processes of their own, one of which may be killed at any time."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Final, Generic, Self, TypeVar

from fanews_classify.errors import ParameterError, WorkerError
from fanews_classify.scale._watching import watch

Task = TypeVar("Task")
Result = TypeVar("Result")

_TRIES: Final = 3  # processes that one piece may cost


@dataclass
class _Worker:
    """An executor of one process: if that dies, it is known which piece it had."""

    executor: ProcessPoolExecutor
    pid: Future[int]


class Pool(Generic[Task, Result]):
    """Processes that get what they work with once, and then pieces of work.

    With one job, work is done in this process. Otherwise each process is started
    anew (spawned), so that no thread, lock or open file of this one is in it. Of a
    process that dies (killed, out of memory) the piece is given to a new one; a piece
    that costs three processes is given up. No process outlives this one.

    Parameters
    ----------
    make : callable
        Takes `argument` and returns a function from a task to its result; called once
        in each process, when its first task comes.
    argument : object
        Sent once to each process.
    jobs : int
        Processes, -1 for one on each core.

    Raises
    ------
    ParameterError
        If `jobs` is 0.

    Examples
    --------
    >>> with Pool(lambda unit: lambda metres: f"{metres} {unit}", "m", 1) as pool:
    ...     pool.submit(3)
    ...     list(pool.done())
    [(3, '3 m')]
    """

    def __init__(
        self, make: Callable[[Any], Callable[[Task], Result]], argument: Any, jobs: int
    ) -> None:
        if jobs == 0:
            raise ParameterError("jobs=0; give a number of processes, -1 for one on each core")
        self._make, self._argument = make, argument
        self._jobs = jobs if jobs > 0 else max((os.cpu_count() or 1) + 1 + jobs, 1)
        self._call: Callable[[Task], Result] | None = None
        self._here: list[tuple[Task, Result | Exception]] = []
        self._idle: list[_Worker] = []
        self._running: dict[Future[Result], tuple[_Worker, Task, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        busy = [worker for worker, _, _ in self._running.values()]
        for worker in busy:
            _kill(worker)
        for worker in [*self._idle, *busy]:
            worker.executor.shutdown(wait=False, cancel_futures=True)

    @property
    def has_room(self) -> bool:
        """Whether a task given now would begin at once."""
        return len(self._running) < self._jobs and not self._here

    def submit(self, task: Task) -> None:
        """Give a task; with one job it is done before this returns."""
        if self._jobs != 1:
            self._start(self._idle.pop() if self._idle else self._worker(), task, 1)
            return
        if self._call is None:
            self._call = self._make(self._argument)
        try:
            self._here.append((task, self._call(task)))
        except Exception as error:
            self._here.append((task, error))

    def done(self) -> Iterator[tuple[Task, Result | Exception]]:
        """Wait for at least one task, if any is under way.

        Yields
        ------
        task
        result : object or Exception
            What was raised; a `WorkerError` if the piece was given up.
        """
        while self._here:
            yield self._here.pop()
        while self._running:
            futures, _ = wait(self._running, return_when=FIRST_COMPLETED)
            finished = [self._finished(future) for future in futures]
            found = [one for one in finished if one is not None]
            if found:  # else all of them are tried once more
                yield from found
                return

    def _finished(self, future: Future[Result]) -> tuple[Task, Result | Exception] | None:
        worker, task, tries = self._running.pop(future)
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            worker.executor.shutdown(wait=False)
            if tries < _TRIES:
                self._start(self._worker(), task, tries + 1)
                return None
            fault = WorkerError(
                f"{tries} processes died while they worked on the same piece; was the memory "
                "exhausted? Try fewer jobs"
            )
            return task, fault
        self._idle.append(worker)
        if error is None:
            return task, future.result()
        if not isinstance(error, Exception):
            raise error
        return task, error

    def _worker(self) -> _Worker:
        executor = ProcessPoolExecutor(
            1,
            mp_context=get_context("spawn"),
            initializer=_begin,
            initargs=(self._make, self._argument, os.getpid()),
        )
        return _Worker(executor, executor.submit(os.getpid))

    def _start(self, worker: _Worker, task: Task, tries: int) -> None:
        try:
            future: Future[Result] = worker.executor.submit(_work, task)
        except BrokenProcessPool:  # it died while it had nothing to do
            worker = self._worker()
            future = worker.executor.submit(_work, task)
        self._running[future] = worker, task, tries


def _kill(worker: _Worker) -> None:
    if worker.pid.done() and worker.pid.exception() is None:
        with suppress(OSError):
            os.kill(worker.pid.result(), getattr(signal, "SIGKILL", signal.SIGTERM))


class _There:
    """What a worker process has got."""

    make: Callable[[Any], Callable[[Any], Any]]
    argument: Any
    call: Callable[[Any], Any] | None = None


def _begin(make: Callable[[Any], Callable[[Any], Any]], argument: Any, owner: int) -> None:
    # Ctrl-C reaches all processes of a terminal; the one that gives out work decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch(owner)
    _There.make, _There.argument = staticmethod(make), argument


def _work(task: Any) -> Any:
    if _There.call is None:  # not in `_begin`, of which an error would not be handed on
        _There.call = staticmethod(_There.make(_There.argument))
    return _There.call(task)
