"""Work in parts on whatever joblib runs it: threads, processes, a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from fanews_classify.scale._watching import watch

Shared = TypeVar("Shared")
Part = TypeVar("Part")
Result = TypeVar("Result")

_CHILDREN: Final = ("LokyBackend", "MultiprocessingBackend")
_DASK: Final = "DaskDistributedBackend"
_AHEAD: Final = 2  # parts under way for each job


def in_parts(
    function: Callable[[Shared, Part], Result],
    shared: Shared,
    parts: Iterable[Part],
    *,
    n_jobs: int | None = None,
    max_nbytes: int | None = None,
) -> Iterator[Result]:
    """Apply a function to each part, by the backend of ``joblib.parallel_config``.

    Parameters
    ----------
    function : callable
    shared : object
        Its first argument each time. On Dask it is sent to each worker once, and
        again to a worker that takes the place of a dead one.
    parts : iterable
        Its second argument; read as far as needed.
    n_jobs : int, optional
    max_nbytes : int, optional
        Arrays larger than this are mapped by the processes and not copied; by
        default joblib's own limit.

    Yields
    ------
    object
        Results in the order of `parts`.
    """
    import joblib

    options: dict[str, Any] = {"n_jobs": n_jobs, "pre_dispatch": f"{_AHEAD}*n_jobs"}
    if max_nbytes is not None:
        options["max_nbytes"] = max_nbytes
    streams = True
    try:
        parallel: Any = joblib.Parallel(return_as="generator", **options)
    except ValueError:  # a backend that gives all results at the end
        parallel, streams = joblib.Parallel(**options), False
    kind = type(parallel._backend).__name__
    call: Callable[[Any, Part], Result] = function
    given: Any = shared
    if kind == _DASK:
        given = _on_dask(parallel._backend.client, shared)
    elif kind in _CHILDREN:
        call = _Watched(function, os.getpid())
    task: Any = joblib.delayed(call)
    if streams:
        yield from parallel(task(given, part) for part in parts)
        return
    jobs = joblib.effective_n_jobs(n_jobs)
    rest = iter(parts)
    with parallel:  # the same processes for all rounds
        while held := list(islice(rest, _AHEAD * jobs)):
            yield from parallel(task(given, part) for part in held)


def _on_dask(client: Any, shared: Any) -> Any:
    # As the result of a task and not by scatter, which joblib does by itself with large
    # arguments: what was scattered to a worker is lost with it.
    return client.submit(_itself, _Cased(shared), pure=False)


class _Cased(Generic[Shared]):
    """Keeps Dask from looking for futures in an object, which may be a long list."""

    def __init__(self, held: Shared) -> None:
        self.held = held


def _itself(cased: _Cased[Shared]) -> Shared:
    return cased.held


@dataclass(frozen=True)
class _Watched(Generic[Shared, Part, Result]):
    """Calls a function in a child process, which ends itself if its parent is killed."""

    function: Callable[[Shared, Part], Result]
    owner: int

    def __call__(self, shared: Shared, part: Part) -> Result:
        """Return what the function does."""
        if os.getpid() != self.owner:
            watch(self.owner)
        return self.function(shared, part)
