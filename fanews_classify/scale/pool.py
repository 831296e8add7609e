"""Pieces of work in processes of their own, one of which may be killed at any time."""

from __future__ import annotations

import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
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
    that costs three processes is given up. If no more processes can be started, those
    that are there do the work. No process outlives this one.

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
        self._is_here = self._jobs == 1
        self._call: Callable[[Task], Result] | None = None
        self._here: list[tuple[Task, Result | Exception]] = []
        self._idle: list[_Worker] = []
        self._running: dict[Future[Result], tuple[_Worker, Task, int]] = {}
        self._waiting: deque[tuple[Task, int]] = deque()  # for a process that could not be started
        self._stillborn = 0  # processes in a row that ended before they could do anything

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        busy = [worker for worker, _, _ in self._running.values()]
        for worker in busy:
            _kill(worker.executor)
        for worker in [*self._idle, *busy]:
            worker.executor.shutdown(wait=False, cancel_futures=True)

    @property
    def has_room(self) -> bool:
        """Whether a task given now would begin at once."""
        return len(self._running) < self._jobs and not self._here and not self._waiting

    def submit(self, task: Task) -> None:
        """Give a task; with one job it is done before this returns.

        Raises
        ------
        WorkerError
            If not a single process can be started.
        """
        if not self._is_here:
            self._start(task, 1)
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

        Raises
        ------
        WorkerError
            If processes end before they have done anything.
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
            # Of a process that died before it had begun the piece is not to blame.
            tries += self._was_alive(worker)
            if tries <= _TRIES:
                self._start(task, tries)
                return None
            self._go_on()
            fault = WorkerError(
                f"{_TRIES} processes died while they worked on the same piece; was the memory "
                "exhausted? Try fewer jobs"
            )
            return task, fault
        self._stillborn = 0
        self._idle.append(worker)
        self._go_on()
        if error is None:
            return task, future.result()
        if not isinstance(error, Exception):
            raise error
        return task, error

    def _was_alive(self, worker: _Worker) -> bool:
        if worker.pid.done() and worker.pid.exception() is None:
            self._stillborn = 0
            return True
        self._stillborn += 1
        if self._stillborn >= _TRIES:
            raise WorkerError(
                f"{self._stillborn} processes ended as soon as they were started; is there enough "
                'memory? A script that starts some needs its: if __name__ == "__main__". With one '
                "job (--jobs 1) none is started"
            )
        return False

    def _go_on(self) -> None:
        """Give a task that has waited to a process that is free."""
        if self._waiting:
            self._start(*self._waiting.popleft())

    def _start(self, task: Task, tries: int) -> None:
        while self._idle:
            worker = self._idle.pop()
            with suppress(BrokenProcessPool):  # it died while it had nothing to do
                self._running[worker.executor.submit(_work, task)] = worker, task, tries
                return
        try:
            worker = self._worker()
            self._running[worker.executor.submit(_work, task)] = worker, task, tries
        except (OSError, RuntimeError) as error:  # too many processes, files or threads
            if not self._running:
                raise WorkerError(
                    f"no process can be started: {error}; with one job (--jobs 1) none is needed"
                ) from error
            self._jobs = len(self._running)
            self._waiting.append((task, tries))

    def _worker(self) -> _Worker:
        with _no_interrupt():
            executor = ProcessPoolExecutor(
                1,
                mp_context=get_context("spawn"),
                initializer=_begin,
                initargs=(self._make, self._argument, os.getpid()),
            )
            try:
                return _Worker(executor, executor.submit(os.getpid))
            except BaseException:
                executor.shutdown(wait=False, cancel_futures=True)
                raise


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Start processes which Ctrl-C does not reach, not even before they can say so."""
    mask = getattr(signal, "pthread_sigmask", None)
    if mask is None:  # Windows
        yield
        return
    before = mask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        mask(signal.SIG_SETMASK, before)


def _kill(executor: ProcessPoolExecutor) -> None:
    # The number of a process is not known before it has begun; its object is.
    for process in list((getattr(executor, "_processes", None) or {}).values()):
        with suppress(OSError, ValueError):
            process.kill()


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
    try:
        if _There.call is None:  # not in `_begin`, of which an error would not be handed on
            _There.call = staticmethod(_There.make(_There.argument))
        return _There.call(task)
    except Exception as error:
        if _travels(error):
            raise
        # The other process would take what it cannot read for the death of this one.
        raise WorkerError(f"{type(error).__name__}: {error}") from None


def _travels(error: Exception) -> bool:
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 (our own)
    except Exception:
        return False
    return True
