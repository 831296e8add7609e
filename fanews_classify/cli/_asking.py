"""Answers for a stream of records, in one process or several."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from fanews_classify.analysis import answers
from fanews_classify.analysis.answers import Answer
from fanews_classify.cli._progress import expect_to_be_stopped
from fanews_classify.cli._rows import Record
from fanews_classify.model._assembly import AnyModel

Answered = tuple[Record, Answer | None]

_PART: Final = 1024  # records asked about at once,
_PART_CHARACTERS: Final = 1 << 18  # or so many characters
_ROUND: Final = 50_000  # records handed to the processes before the next are read,
_ROUND_CHARACTERS: Final = 1 << 25  # or so many characters: all of them are held


@dataclass(frozen=True)
class Ask:
    """A model and what it is asked; can be sent to other processes."""

    model: AnyModel
    asked: str
    abstain_below: float | None

    def __call__(self, texts: list[str]) -> list[Answer]:
        """Return one answer for each text."""
        return list(answers.stream(self.model, texts, self.asked, self.abstain_below))


def answered(
    records: Iterable[Record], ask: Ask, *, jobs: int = 1, at_once: int = _PART
) -> Iterator[Answered]:
    """Yield each record with its answer, None where there is no text.

    Parameters
    ----------
    records : iterable of Record
    ask : Ask
    jobs : int, default=1
        Processes, -1 for one on each core.
    at_once : int
        Records that may wait for each other.

    Raises
    ------
    ParameterError
        If `jobs` is 0.
    """
    stream = iter(records)
    if jobs != 1:
        yield from _in_processes(stream, ask, jobs)
        return
    while part := list(bounded(stream, at_once, _PART_CHARACTERS)):
        found = iter(ask([record.text for record in part if not record.error]))
        for record in part:
            yield record, None if record.error else next(found)


def bounded(records: Iterator[Record], most: int, characters: int) -> Iterator[Record]:
    """Yield the next records, up to a number of them or of the characters that they hold."""
    size = 0
    for record in islice(records, most):
        yield record
        size += weight(record)
        if size >= characters:
            return


def bounded_answers(rows: Iterator[Answered], most: int) -> Iterator[list[Answered]]:
    """Cut answers into lists, as `bounded` does records."""
    size = 0
    held: list[Answered] = []
    for row in rows:
        held.append(row)
        size += weight(row[0])
        if len(held) >= most or size >= _ROUND_CHARACTERS:
            yield held
            held, size = [], 0
    if held:
        yield held


def weight(record: Record) -> int:
    """Count the characters that a record holds; a number in a list or an object as one."""
    size = len(record.text)
    if record.batch is not None:
        return size + record.share
    if record.values is not None:
        size += sum(map(_characters, record.values.values()))
    return size


def _characters(value: Any) -> int:
    if type(value) is str:
        return len(value)
    if type(value) is not dict and type(value) is not list:
        return 1
    size, nested = 0, [value]
    while nested:  # not by recursion, which ends before the depth of JSON
        one = nested.pop()
        for item in one.values() if type(one) is dict else one:
            if type(item) is dict or type(item) is list:
                nested.append(item)
            else:
                size += len(item) if type(item) is str else 1
    return size


def _in_processes(records: Iterator[Record], ask: Ask, jobs: int) -> Iterator[Answered]:
    # Answers may come faster than they are fetched, so what is under way has to be bounded
    # here: one round after the other.
    from fanews_classify.scale.processes import in_processes

    expect_to_be_stopped()
    while True:
        batch = _Round(records)
        for answer in in_processes(ask, batch.texts(), n_jobs=jobs):
            while batch.waiting[0].error:
                yield batch.waiting.popleft(), None
            yield batch.waiting.popleft(), answer
        while batch.waiting:
            yield batch.waiting.popleft(), None
        if batch.fault is not None:
            raise batch.fault
        if not batch.count:
            return


class _Round:
    """Records that are under way at once; those without an answer yet are waiting."""

    def __init__(self, records: Iterator[Record]) -> None:
        self._records = records
        self.waiting: deque[Record] = deque()
        self.count = 0
        self.fault: Exception | None = None

    def texts(self) -> Iterator[str]:
        """Yield the texts; called by a thread of joblib, where nothing may be raised."""
        try:
            for record in bounded(self._records, _ROUND, _ROUND_CHARACTERS):
                self.waiting.append(record)
                self.count += 1
                if not record.error:
                    yield record.text
        except Exception as error:
            self.fault = error
