"""Batches of texts split over processes, the model's arrays mapped and not copied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Final, TypeVar

from fanews_classify.errors import ParameterError
from fanews_classify.model._base import chunks
from fanews_classify.scale._backends import in_parts

Answer = TypeVar("Answer")

_TASK_CHARACTERS: Final = 1_500_000  # some 20 ms of work, so that handing it over counts little
_TASK_TEXTS: Final = 10_000
_MAPPED: Final = 1 << 16  # arrays of so many bytes are mapped from a file, not copied


def in_processes(
    method: Callable[[list[str]], Iterable[Answer]],
    texts: Iterable[str],
    *,
    n_jobs: int | None = None,
) -> Iterator[Answer]:
    """Apply a classifier's method to many texts in several processes.

    Texts are read as far as needed and answers given as soon as they are there,
    so that memory does not grow with their number. The arrays of the model are
    written to a temporary file once, which all processes map into their memory
    (``joblib.Parallel``). It pays for a hundred thousand articles and more: starting
    the processes takes about a second, and texts and answers must be handed over.
    The processes end soon after this one, even if it is killed.

    Under ``joblib.parallel_config(backend=...)`` the work is done by any other
    backend of joblib: ``"threading"``, ``"multiprocessing"``, or ``"dask"``, which
    sends the model to each worker of a cluster once and gives the work of a dead
    worker to others.

    Parameters
    ----------
    method : callable
        Takes a list of texts and returns an answer for each: ``model.predict``,
        ``model.predict_proba``.
    texts : iterable of str
    n_jobs : int, optional
        Number of processes, -1 for one on each core. By default what
        ``joblib.parallel_config`` says, else one.

    Yields
    ------
    object
        What `method` returns for each text, in order.

    Raises
    ------
    InputTypeError
        For a bare ``str``, at once; at a text that is no ``str``, after answers
        for some of those before it.
    ParameterError
        If `n_jobs` is 0.

    Examples
    --------
    >>> import fanews_classify as fc
    >>> section = fc.load("section")
    >>> texts = ["گل دقیقه نود تیم فوتبال را قهرمان لیگ کرد"] * 3
    >>> list(fc.in_processes(section.predict, texts, n_jobs=1))
    ['sport', 'sport', 'sport']
    """
    if n_jobs == 0:
        raise ParameterError("n_jobs=0; give a number of processes, -1 for one on each core")
    return _answers(method, chunks(texts, _TASK_TEXTS, _TASK_CHARACTERS), n_jobs)


def _answers(
    method: Callable[[list[str]], Iterable[Answer]],
    parts: Iterator[list[str]],
    n_jobs: int | None,
) -> Iterator[Answer]:
    answered = in_parts(_apply, method, parts, n_jobs=n_jobs, max_nbytes=_MAPPED)
    yield from chain.from_iterable(answered)


def _apply(method: Callable[[list[str]], Iterable[Answer]], part: list[str]) -> Iterable[Answer]:
    found = method(part)
    return list(found) if isinstance(found, Iterator) else found  # a generator cannot be sent
