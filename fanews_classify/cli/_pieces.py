"""Files of an archive cut into pieces, each answered by itself."""

from __future__ import annotations

import io
from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final

from fanews_classify.cli._asking import bounded
from fanews_classify.cli._rows import Record, Table
from fanews_classify.cli._run_folder import stamp
from fanews_classify.records import encoding
from fanews_classify.records.kinds import Kind
from fanews_classify.records.objects import json_lines
from fanews_classify.records.parquet import ParquetRows
from fanews_classify.records.reading import Reading, Records, text_lines
from fanews_classify.records.source import LONGEST_LINE, Source, bounded_lines, readable
from fanews_classify.records.tables import Row

_GROUP_BYTES: Final = 1 << 25  # of row groups, unpacked, of which several make a piece
_BLOCK: Final = 1 << 22  # bytes of lines, unpacked
_CHARACTERS: Final = 1 << 22  # of rows that are read before they are handed over
_LONGEST: Final = 4 * LONGEST_LINE  # bytes


@dataclass(frozen=True)
class File:
    """A file of an archive.

    Attributes
    ----------
    index : int
    path : Path
    kind : str
    table : Table
    columns : list of str
        Those of the input that are kept, as far as they are known before reading.
    out : str
        Name of the output, from its folder.
    size, changed : int
        Bytes, and when they were changed.
    fault : str, optional
        Says why it cannot be read.
    """

    index: int
    path: Path
    kind: Kind
    table: Table
    columns: list[str]
    out: str
    size: int
    changed: int
    fault: str | None = None

    @property
    def identity(self) -> list[int]:
        """What tells whether it is still the same."""
        return [self.size, self.changed]

    def is_same(self) -> bool:
        """Tell whether the file is what it was."""
        return list(stamp(self.path)) == self.identity


@dataclass(frozen=True)
class Piece:
    """Some records of a file, one after the other.

    Attributes
    ----------
    file, number : int
    consumed : int
        Bytes of the file up to its end.
    """

    file: int
    number: int
    consumed: int


@dataclass(frozen=True)
class RowGroups(Piece):
    """Row groups of a Parquet file."""

    groups: list[int]


@dataclass(frozen=True)
class Lines(Piece):
    """Bytes of whole lines.

    Attributes
    ----------
    before : int
        Lines of the file before them.
    """

    before: int
    data: bytes


@dataclass(frozen=True)
class Rows(Piece):
    """Records that were read already, where a file cannot be cut unread."""

    records: list[Record]


def cut(file: File, reading: Reading, most: int, done: Container[int]) -> Iterator[Piece]:
    """Cut a file into pieces, always at the same places.

    Parameters
    ----------
    file : File
    reading : Reading
    most : int
        Records of a piece; row groups and blocks of lines stay whole.
    done : container of int
        Numbers of the pieces of which nothing but the place is wanted.

    Yields
    ------
    Piece
        Those that are done are nothing else.

    Raises
    ------
    CorpusError
        If the file cannot be read to its end.
    """
    if file.kind == "parquet":
        pieces: Iterator[Piece] = _row_groups(file, most)
    elif file.kind in ("jsonl", "text") and _has_plain_ends(reading):
        pieces = _lines(file, done)
    else:
        pieces = _rows(file, reading, most)
    for piece in pieces:
        is_done = piece.number in done
        yield Piece(piece.file, piece.number, piece.consumed) if is_done else piece


def _row_groups(file: File, most: int) -> Iterator[Piece]:
    rows = ParquetRows(file.path)
    try:
        sizes = list(zip(rows.groups, rows.group_bytes, strict=True))
    finally:
        rows.close()
    whole = max(sum(n for n, _ in sizes), 1)
    number = n_rows = n_bytes = done = 0
    held: list[int] = []
    for group, (n, size) in enumerate(sizes):
        if held and (n_rows + n > most or n_bytes + size > _GROUP_BYTES):
            yield RowGroups(file.index, number, round(file.size * done / whole), held)
            number, n_rows, n_bytes, held = number + 1, 0, 0, []
        held.append(group)
        n_rows, n_bytes, done = n_rows + n, n_bytes + size, done + n
    if held:
        yield RowGroups(file.index, number, file.size, held)


def _lines(file: File, done: Container[int]) -> Iterator[Piece]:
    number = before = 0
    with Source(file.path) as source, readable(file.path):
        while data := source.stream.read(_BLOCK):
            if not data.endswith(b"\n"):
                data += _rest_of_line(source.stream)
            held = b"" if number in done else data
            yield Lines(file.index, number, source.position(), before, held)
            before += data.count(b"\n")
            number += 1


def _rest_of_line(stream: IO[bytes]) -> bytes:
    """Read to the end of a line; of one that is too long, pass over what nobody will look at."""
    data = stream.readline(_LONGEST)
    if len(data) < _LONGEST or data.endswith(b"\n"):
        return data
    while (more := stream.readline(_BLOCK)) and not more.endswith(b"\n"):
        pass
    return data + b"\n"


def _rows(file: File, reading: Reading, most: int) -> Iterator[Piece]:
    with Records(file.path, reading) as rows:
        records = file.table.records(rows.rows(), values=True, arrow=False)
        number = 0
        while held := list(bounded(records, most, _CHARACTERS)):
            yield Rows(file.index, number, rows.position(), held)
            number += 1


def _has_plain_ends(reading: Reading) -> bool:
    """Tell whether a byte 10 is the end of a line, whatever stands before it, and nothing else is.

    So it is where each byte of ASCII stands for its letter, and not in UTF-16, in the codes
    of mainframes, or where some bytes change what the next ones are.
    """
    codec = encoding.codec_of(reading.encoding)
    try:
        return all(bytes([n]).decode(codec) == chr(n) for n in range(128))
    except UnicodeError:
        return False


def records_of(piece: Piece, file: File, reading: Reading, *, values: bool) -> Iterator[Record]:
    """Yield the records of a piece.

    Parameters
    ----------
    piece : Piece
    file : File
    reading : Reading
    values : bool
        With the columns that are kept.

    Raises
    ------
    CorpusError
        If the file is damaged.
    """
    if isinstance(piece, Rows):
        yield from piece.records
    elif isinstance(piece, RowGroups):
        yield from _of_groups(piece, file, values)
    elif isinstance(piece, Lines):
        yield from file.table.records(_of_lines(piece, file, reading), values=values, arrow=False)


def _of_groups(piece: RowGroups, file: File, values: bool) -> Iterator[Record]:
    table = file.table
    only = list(dict.fromkeys([*table.texts, *(table.kept if values else ())]))
    rows = ParquetRows(file.path)
    try:
        found = rows.rows(only, None if values else table.texts, table.texts, piece.groups)
        yield from table.records(found, values=values, arrow=False)
    finally:
        rows.close()


def _of_lines(piece: Lines, file: File, reading: Reading) -> Iterator[Row]:
    codec = encoding.codec_of(reading.encoding)
    if piece.number and codec == encoding.UTF_8:
        codec = "utf-8"  # what looks like a byte order mark within a file is none
    text = io.TextIOWrapper(io.BytesIO(piece.data), codec, errors=encoding.MARKED, newline="\n")
    lines = bounded_lines(text, "\n")
    if not piece.number:
        first = (line.removeprefix("\ufeff") if line else line for line in islice(lines, 1))
        lines = chain(first, lines)  # as `Source.lines` does
    rows = text_lines(lines) if file.table.is_text else json_lines(lines)
    for row in rows:
        yield row._replace(number=row.number + piece.before)
