"""The files that a command is given, checked at once and read one after the other."""

from __future__ import annotations

import argparse
import errno
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from fanews_classify.cli._rows import Projection, Record, Table
from fanews_classify.display import one_line
from fanews_classify.errors import CorpusError, ParameterError
from fanews_classify.records import encoding
from fanews_classify.records.columns import check_column, text_columns
from fanews_classify.records.kinds import Kind
from fanews_classify.records.reading import Reading, Records
from fanews_classify.records.source import Source, is_folder, is_regular, readable

_TEXT: Final = ("record", "text")
_SHOWN: Final = 60
"""Characters of a text that was given where a file should be."""


class Looked(NamedTuple):
    """What was found in a file before any work.

    Attributes
    ----------
    table : Table
    kept : sequence of str
        Columns that are kept, as far as they are known.
    about : os.stat_result
    fault : str or None
        Says why it cannot be read.
    """

    table: Table
    kept: Sequence[str]
    about: os.stat_result
    fault: str | None


class Inputs:
    """Files of a command.

    Parameters
    ----------
    options : argparse.Namespace
        With what `fanews_classify.cli._arguments.add_text_arguments` adds, and
        maybe ``keep`` and ``drop_text``.
    one_by_one : bool, default=False
        Note a file that holds nothing readable instead of raising: the others are of use
        without it.

    Attributes
    ----------
    columns : list of str
        Columns that are kept, as far as they are known before reading.
    whole_texts : bool
        Whether each file is one text.
    has_whole_texts : bool
        Whether one of them is.
    without_records : list of str
        Files that were read and hold none.
    repeatable : bool
        Whether all can be read again, from the beginning.
    looked : dict of Path to Looked
        The files that hold a record in each row or line.

    Raises
    ------
    CorpusError, ParameterError
        If a file is not there or cannot be read as it should, or has no such column.
    """

    def __init__(self, options: argparse.Namespace, *, one_by_one: bool = False) -> None:
        self._options, self._one_by_one = options, one_by_one
        self.paths = [_path_of(name) for name in options.files or ["-"]]
        self.reading = Reading(options.format, options.encoding, _delimiter(options.delimiter))
        encoding.codec_of(options.encoding)
        drop = bool(getattr(options, "drop_text", False))
        self.projection = Projection(names_of(getattr(options, "keep", None)), drop)
        self.without_records: list[str] = []
        self._open: Records | None = None
        self._read = 0  # bytes of the files that were read to their end
        self.looked: dict[Path, Looked] = {}
        known: dict[str, None] = {}
        for path in self.paths:
            known.update(dict.fromkeys(self._check(path)))
        self.columns = list(known)
        self.whole_texts = all(path is not None and self._is_whole(path) for path in self.paths)
        self.has_whole_texts = any(path is not None and self._is_whole(path) for path in self.paths)
        self.repeatable = all(path is not None and is_regular(path) for path in self.paths)

    @property
    def total(self) -> int | None:
        """Bytes of all files; None if one of them has no size."""
        return sum(_size(path) for path in self.paths if path) if self.repeatable else None

    @property
    def position(self) -> int:
        """Bytes read so far."""
        now = self._open  # with --jobs another thread reads, and sets it
        return self._read + (0 if now is None else now.position())

    def described(self) -> list[dict[str, Any]]:
        """Return what tells whether the files are still the same."""
        found: list[dict[str, Any]] = []
        for path in self.paths:
            if path is None or not is_regular(path):
                found.append({"name": str(path or "-")})
                continue
            about = path.stat()
            name = os.path.abspath(path)
            found.append({"name": name, "size": about.st_size, "changed": about.st_mtime_ns})
        return found

    def records(self, *, values: bool = False, arrow: bool = False) -> Iterator[Record]:
        """Yield all records.

        Parameters
        ----------
        values : bool, default=False
            With the columns that are kept.
        arrow : bool, default=False
            Those of Parquet files as record batches.

        Raises
        ------
        CorpusError
            If a file cannot be read to its end.
        """
        for path in self.paths:
            if self._is_whole(path):
                yield self._whole(path, values)
            else:
                yield from self._rows(path, values, arrow)
            self._read += _size(path) if path else 0

    def _is_whole(self, path: Path | None) -> bool:
        if self.reading.kind_of(path) != "text":
            return False
        return bool(self._options.whole if path is None else not self._options.lines)

    def _check(self, path: Path | None) -> Sequence[str]:
        """Return the kept columns of a file; raise what is wrong before any work is done."""
        if path is not None and os.path.isdir(path):
            raise CorpusError(is_folder(path))
        kind = self.reading.kind_of(path)
        if kind == "parquet" and path is None:
            raise ParameterError("Parquet needs a file: it cannot be read from a pipe")
        if path is None and sys.stdin is None:
            raise CorpusError("cannot read standard input: it is closed")
        if kind == "text":
            for name in self.projection.keep or ():
                check_column(str(path or "standard input"), _TEXT, name)
        columns = self.projection.kept(_TEXT, _TEXT[1:]) if kind == "text" else ()
        if path is None:
            return columns
        with readable(path):
            about = path.stat()
            if not os.access(path, os.R_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if self._is_whole(path) or not is_regular(path):  # a pipe can be read only once
            return columns
        fault = None
        try:
            table = self._look(path, kind)
        except CorpusError as error:
            if not self._one_by_one:
                raise
            table, fault = Table(str(path), kind == "text", (), (), self.projection), str(error)
        kept = columns if kind == "text" else table.kept
        self.looked[path] = Looked(table, kept, about, fault)
        return kept

    def _look(self, path: Path, kind: Kind) -> Table:
        with Records(path, self.reading) as records:
            # No lines at all are an hour without news in an archive; alone they are a mistake.
            if records.empty and kind != "text" and not (self._one_by_one and kind == "jsonl"):
                raise CorpusError(f"{path} is empty")
            return self.table(path, records)

    def _text_columns(self, records: Records) -> Sequence[str]:
        if records.kind == "text":
            return ("text",)
        asked = self._options.column
        if not records.columns:  # no record, or none that can be read
            return (asked or "text",)
        for name in self.projection.keep or ():
            check_column(records.name, records.columns, name)
        return text_columns(records.name, records.columns, asked)

    def table(self, path: Path | None, records: Records) -> Table:
        """Return what the rows of an open file are."""
        columns = records.columns
        texts = self._text_columns(records)
        name = "-" if path is None else str(path)
        return Table(name, records.kind == "text", columns, texts, self.projection)

    def _whole(self, path: Path | None, values: bool) -> Record:
        name = "-" if path is None else str(path)
        try:
            with Source(path) as source:
                data = source.rest()
        except CorpusError as error:
            if len(self.paths) == 1:
                raise
            return Record(name, "", str(error), {"record": name} if values else None)
        codec = encoding.codec_of(self.reading.encoding)
        text, fault = _decoded(data, codec)
        found = {"record": name, "text": text} if values else None
        return self.projection.of(Record(name, text, fault, found), ("text",))

    def _rows(self, path: Path | None, values: bool, arrow: bool) -> Iterator[Record]:
        with Records(path, self.reading) as records:
            self._open = records
            table = self.table(path, records)
            only = list(dict.fromkeys([*table.texts, *(table.kept if values else ())]))
            plain = None if values and not arrow else table.texts
            rows = records.rows(only, plain, table.texts)
            none = True
            for record in table.records(rows, values=values, arrow=arrow):
                none = False
                yield record
            self._open = None
            if path is not None and none:
                self.without_records.append(str(path))


def names_of(listed: str | None) -> list[str] | None:
    """Return the names of a list with commas."""
    return None if listed is None else [name.strip() for name in listed.split(",") if name.strip()]


def tell_about_terminal(inputs: Inputs) -> bool:
    """Say what is waited for if texts are typed; return whether they are."""
    typed = None in inputs.paths and sys.stdin.isatty()
    if typed:
        end = "Ctrl-Z and Enter" if os.name == "nt" else "Ctrl-D"
        what = "one text" if inputs.whole_texts else "a text on each line"
        print(f"fanews: type or paste {what}; {end} ends", file=sys.stderr)
    return typed


def _decoded(data: bytes, codec: str) -> tuple[str, str | None]:
    """Return a text as far as it can be read, and what is wrong with it."""
    if codec == encoding.UTF_8:
        guess = encoding.foreign(data[: encoding.SAMPLE], cut=len(data) > encoding.SAMPLE)
        if guess is not None:
            return data.decode(codec, "replace"), f"not UTF-8; {guess}"
    try:
        return data.decode(codec).removeprefix("\ufeff"), None
    except UnicodeDecodeError as error:
        fault = f"byte {error.start} is broken: not {encoding.name_of(codec)}"
        return data.decode(codec, "replace"), fault


def _path_of(name: str) -> Path | None:
    if len(name.split()) > 2 and not os.path.exists(name) and not re.search(r"\.\w{1,8}$", name):
        shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
        raise CorpusError(
            f"there is no file {one_line(shown)!r}; a text itself is given through a pipe: "
            'echo "..." | fanews predict'
        )
    return None if name == "-" else Path(name)


def _delimiter(given: str | None) -> str | None:
    named = {"tab": "\t", "\\t": "\t"}.get(given or "", given)
    if named is not None and (len(named) != 1 or named in '"\r\n'):
        raise ParameterError(f"--delimiter {given!r} is not one character; for tabs write tab")
    return named


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # gone since it was read
        return 0
