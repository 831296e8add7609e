"""Answers in a file of their own, and their way into a copy of the Parquet file they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

from fanews_classify.cli._arrow import answer_arrays, answer_fields
from fanews_classify.cli._asking import Answered
from fanews_classify.cli._pieces import File
from fanews_classify.errors import CorpusError
from fanews_classify.records.parquet import ParquetRows, arrow

_GROUP: Final = 1 << 25  # bytes of a row group that is written; all of it is held
_ANSWERS: Final = 1 << 16  # answers read at once


def write_answers(parts: Iterable[Sequence[Answered]], base: Sequence[str], out: IO[bytes]) -> None:
    """Write answers without the columns of the input."""
    pa, pq = arrow("writing Parquet files")
    schema = pa.schema(answer_fields(base, ()))
    with pq.ParquetWriter(out, schema) as writer:
        for rows in parts:
            writer.write_table(pa.table(answer_arrays(rows, base), schema=schema))


def attach(file: File, parts: Sequence[Path], base: Sequence[str], out: IO[bytes]) -> None:
    """Copy a Parquet file and add the answers to its rows.

    Row groups stay as they are, but for such of more than 32 MB, which are cut. Types,
    compression and what pandas noted stay as well.

    Raises
    ------
    CorpusError
        If the file has other rows than it had.
    """
    pa, pq = arrow("writing Parquet files")
    rows = ParquetRows(file.path)
    try:
        kept = file.columns
        schema = rows.schema(kept)
        metadata = schema.metadata if len(kept) == len(rows.columns) else None
        fields = answer_fields(base, kept)
        final = pa.schema([*schema, *fields], metadata)
        answers = _Answers(parts)
        with pq.ParquetWriter(out, final, compression=rows.compression) as writer:
            for table in _tables(rows, kept):
                found = answers.take(table.num_rows)
                columns = [*(table.column(name) for name in kept), *found]
                writer.write_table(pa.table(columns, schema=final), max(table.num_rows, 1))
        if answers.take(1, strict=False):
            raise _changed(file.path)
    except _TooFewError as error:
        raise _changed(file.path) from error
    finally:
        rows.close()


def _changed(path: Path) -> CorpusError:
    return CorpusError(f"{path} has other rows than were answered; begin anew with --restart")


def _tables(rows: ParquetRows, kept: Sequence[str]) -> Iterator[Any]:
    """Yield row groups, cut if they are large."""
    pa, _ = arrow("reading Parquet files")
    # Without a column of its own a batch would forget how many rows it has.
    read = kept or rows.columns[:1]
    for group in range(len(rows.groups)):
        held: list[Any] = []
        size = 0
        for batch in rows.batches(read, [group]):
            held.append(batch)
            size += batch.nbytes
            if size >= _GROUP:
                yield pa.Table.from_batches(held)
                held, size = [], 0
        if held:
            yield pa.Table.from_batches(held)


class _TooFewError(Exception):
    """There are fewer answers than rows."""


class _Answers:
    """Answers of parts one after the other, taken in any numbers."""

    def __init__(self, parts: Sequence[Path]) -> None:
        self._batches = self._read(parts)
        self._left: Any = None

    def _read(self, parts: Sequence[Path]) -> Iterator[Any]:
        _, pq = arrow("reading Parquet files")
        for part in parts:
            with pq.ParquetFile(part, pre_buffer=False) as file:
                yield from file.iter_batches(_ANSWERS)

    def take(self, n: int, *, strict: bool = True) -> list[Any]:
        """Return the columns of the next answers, as chunked arrays; [] if there is none left."""
        pa, _ = arrow("reading Parquet files")
        found: list[Any] = []
        while n:
            if self._left is None or not self._left.num_rows:
                self._left = next(self._batches, None)
                if self._left is None:
                    break
                continue
            one = self._left.slice(0, n)
            self._left = self._left.slice(one.num_rows)
            found.append(one)
            n -= one.num_rows
        if n and strict:
            raise _TooFewError
        return list(pa.Table.from_batches(found).columns) if found else []
