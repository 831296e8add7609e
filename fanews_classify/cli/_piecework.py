"""What a process does for an archive: answers for a piece, and parts put together as a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from fanews_classify.cli._arrow import ParquetFormat
from fanews_classify.cli._asking import Answered, Ask, answered, bounded_answers
from fanews_classify.cli._attaching import attach, write_answers
from fanews_classify.cli._formats import Format, Part
from fanews_classify.cli._pieces import File, Piece, RowGroups, records_of
from fanews_classify.cli._run_folder import sync
from fanews_classify.cli._summary import Summary
from fanews_classify.errors import CorpusError
from fanews_classify.records.reading import Reading
from fanews_classify.scale.shipping import Shipped

_ROWS: Final = 10_000  # of a row group that are written at once


@dataclass(frozen=True)
class Work:
    """What all pieces of an archive have in common.

    Attributes
    ----------
    shipped : Shipped
    asked : str
    abstain_below : float or None
    reading : Reading
    base : tuple of str
        Columns of the answer.
    formats : list of Format
        Of each file's output.
    files : list of File
    out, folder : Path
        Where outputs and unfinished parts are.
    """

    shipped: Shipped
    asked: str
    abstain_below: float | None
    reading: Reading
    base: tuple[str, ...]
    formats: list[Format]
    files: list[File]
    out: Path
    folder: Path

    def part(self, file: int, number: int) -> Path:
        """Return where a piece's answers are."""
        return self.folder / f"{file:06d}-{number:06d}"

    def is_attached(self, file: File) -> bool:
        """Tell whether the input's columns come from the input only when its output is made."""
        return file.kind == "parquet" and isinstance(self.formats[file.index], ParquetFormat)


@dataclass(frozen=True)
class Finish:
    """All pieces of a file are answered; its output can be made.

    Attributes
    ----------
    file : int
    columns : list of list of str
        Those of the input that each part has.
    """

    file: int
    columns: list[list[str]]


@dataclass(frozen=True)
class Fault:
    """A file that cannot be read."""

    file: int
    message: str


Task = Piece | Finish
Entry = dict[str, Any]


def worker(work: Work) -> Worker:
    """Return what does the work, with its model open."""
    return Worker(work)


class Worker:
    """Answers pieces and makes outputs; see `Work`."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._ask = Ask(work.shipped.model, work.asked, work.abstain_below)

    def __call__(self, task: Task) -> Entry | Fault:
        """Do a task; return what the journal says of it.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        try:
            return self._finish(task) if isinstance(task, Finish) else self._answer(task)
        except CorpusError as error:
            return Fault(task.file, str(error))

    def _answer(self, piece: Piece) -> Entry:
        work = self._work
        file = work.files[piece.file]
        attached = work.is_attached(file)
        records = records_of(piece, file, work.reading, values=not attached)
        summary = Summary()
        columns = list(file.columns)
        path = work.part(file.index, piece.number)
        with _whole(path) as out:
            rows = _counted(answered(records, self._ask), summary)
            if attached:
                write_answers(bounded_answers(rows, _ROWS), work.base, out)
            else:
                # Rows of a Parquet file all have the same columns, so that they need not
                # be held; of others the columns are known when all are seen.
                parts = (
                    bounded_answers(rows, _ROWS) if isinstance(piece, RowGroups) else [list(rows)]
                )
                for part in parts:
                    out.write(work.formats[file.index].encode(part, columns))
        return {
            "file": file.index,
            "part": piece.number,
            "columns": columns,
            "bytes": path.stat().st_size,
            **summary.to_json(),
        }

    def _finish(self, task: Finish) -> Entry:
        work = self._work
        file = work.files[task.file]
        if not file.is_same():
            raise CorpusError(f"{file.path} was changed while it was read; begin with --restart")
        paths = [work.part(file.index, number) for number in range(len(task.columns))]
        path = work.out / file.out
        with _whole(path, work.folder / f"{file.index:06d}.joined") as out:
            if work.is_attached(file):
                attach(file, paths, work.base, out)
            else:
                columns = list(
                    dict.fromkeys([*file.columns, *(n for p in task.columns for n in p)])
                )
                parts = [Part(*both) for both in zip(paths, task.columns, strict=True)]
                work.formats[file.index].join(parts, columns, out)
        return {"file": file.index, "finished": True, "bytes": path.stat().st_size}


def _counted(rows: Iterator[Answered], summary: Summary) -> Iterator[Answered]:
    for row in rows:
        summary.add([row])
        yield row


@contextmanager
def _whole(path: Path, temporary: Path | None = None) -> Iterator[IO[bytes]]:
    """Open a file that gets its name only when it is whole and on the disk."""
    beside = temporary or path.with_name(f"{path.name}.tmp")
    with beside.open("wb") as out:
        yield out
        sync(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(beside, path)
