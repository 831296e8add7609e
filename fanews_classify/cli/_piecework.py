"""What a process does for an archive: answers for a piece, and parts put together as a file."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from fanews_classify.cli._arrow import ParquetFormat
from fanews_classify.cli._asking import Answered, Ask, answered, bounded_answers
from fanews_classify.cli._attaching import attach, write_answers
from fanews_classify.cli._formats import Format, Part
from fanews_classify.cli._pieces import File, Piece, RowGroups, records_of
from fanews_classify.cli._summary import Summary
from fanews_classify.errors import CorpusError
from fanews_classify.model._atomic import sync
from fanews_classify.records.kinds import is_gzip_name
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

    def joined(self, file: int) -> Path:
        """Return where an output is until it gets its name."""
        return self.folder / f"{file:06d}.joined"

    def is_attached(self, file: File) -> bool:
        """Tell whether the input's columns come from the input only when its output is made."""
        return file.kind == "parquet" and isinstance(self.formats[file.index], ParquetFormat)


@dataclass(frozen=True)
class Finish:
    """All pieces of a file are answered; its output can be made.

    Attributes
    ----------
    file : int
    columns : sequence of sequence of str
        Those of the input that each part has.
    """

    file: int
    columns: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Fault:
    """A file that cannot be read."""

    file: int
    message: str


Task = Piece | Finish
Entry = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """What a task has made.

    Attributes
    ----------
    entry : dict
        For the journal.
    temporary : Path
        The file. Only the process that has the lock of the folder gives it its name: this
        one may have been left over by a command that was killed.
    """

    entry: Entry
    temporary: Path


def worker(work: Work) -> Worker:
    """Return what does the work, with its model open."""
    return Worker(work)


class Worker:
    """Answers pieces and makes outputs; see `Work`."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._ask = Ask(work.shipped.model, work.asked, work.abstain_below)

    def __call__(self, task: Task) -> Made | Fault:
        """Do a task.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        try:
            return self._finish(task) if isinstance(task, Finish) else self._answer(task)
        except CorpusError as error:
            return Fault(task.file, str(error))

    def _answer(self, piece: Piece) -> Made:
        work = self._work
        file = work.files[piece.file]
        attached = work.is_attached(file)
        form = work.formats[file.index]
        records = records_of(piece, file, work.reading, values=not attached)
        summary = Summary()
        columns = list(file.columns)
        with _temporary(work.part(file.index, piece.number)) as out:
            rows = _counted(answered(records, self._ask), summary)
            if attached:
                write_answers(bounded_answers(rows, _ROWS), work.base, out)
            elif isinstance(piece, RowGroups):
                # Rows of a Parquet file all have the same columns, so that they need not
                # be held; of others the columns are known when all are seen.
                for part in bounded_answers(rows, _ROWS):
                    out.write(form.encode(part, columns))
            elif (held := list(rows)) or not isinstance(form, ParquetFormat):
                out.write(form.encode(held, columns))
            size, check = _summed(out)
        if not file.is_same():  # of the rows that were read nobody knows from when they are
            raise CorpusError(changed(file))
        entry = {
            "file": file.index,
            "part": piece.number,
            "consumed": piece.consumed,
            "columns": columns,
            "bytes": size,
            "crc": check,
            **summary.to_json(),
        }
        return Made(entry, Path(out.name))

    def _finish(self, task: Finish) -> Made:
        work = self._work
        file = work.files[task.file]
        if not file.is_same():
            raise CorpusError(changed(file))
        paths = [work.part(file.index, number) for number in range(len(task.columns))]
        with _temporary(work.joined(file.index)) as out:
            if work.is_attached(file):
                attach(file, paths, work.base, out)
            else:
                columns = list(
                    dict.fromkeys([*file.columns, *(n for p in task.columns for n in p)])
                )
                parts = [
                    Part(path, list(had)) for path, had in zip(paths, task.columns, strict=True)
                ]
                # Blank lines alone are a part without anything, of which Parquet makes none.
                parts = [part for part in parts if part.path.stat().st_size]
                work.formats[file.index].join(parts, columns, out)
                if not out.tell() and is_gzip_name(Path(file.out)):
                    out.write(gzip.compress(b"", mtime=0))
            sync(out)
            about = os.stat(out.fileno())
        entry = {
            "file": file.index,
            "finished": True,
            "bytes": about.st_size,
            "made": about.st_mtime_ns,
        }
        return Made(entry, Path(out.name))


def changed(file: File) -> str:
    """Say that a file is not what it was when the work began."""
    return f"{file.path} was changed while it was read; give the same command to do it anew"


def is_whole(path: Path, entry: Entry) -> bool:
    """Tell whether a file is what an entry of the journal says."""
    try:
        if path.stat().st_size != entry["bytes"]:
            return False
        with path.open("rb") as file:
            return _summed(file) == (entry["bytes"], entry["crc"])
    except OSError:
        return False


def _summed(file: IO[bytes]) -> tuple[int, int]:
    """Return the size and the checksum of an open file."""
    size = check = 0
    file.seek(0)
    while data := file.read(1 << 20):
        size, check = size + len(data), zlib.crc32(data, check)
    return size, check


def _counted(rows: Iterator[Answered], summary: Summary) -> Iterator[Answered]:
    for row in rows:
        summary.add([row])
        yield row


@contextmanager
def _temporary(path: Path) -> Iterator[IO[bytes]]:
    """Open a file beside another, of a name that no other process takes."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with beside.open("w+b") as out:
        try:
            yield out
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
