"""Output files of text, CSV and JSON lines, written in parts that are joined at the end."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, Protocol

from fanews_classify.analysis import answers
from fanews_classify.cli._asking import Answered
from fanews_classify.cli._layout import (
    answer_cell,
    answer_names,
    answer_values,
    cell,
    extend,
)
from fanews_classify.cli.records import error_line

# With gzip's usual 6 more time went into packing than into answers; files are an eighth larger.
_LEVEL: Final = 4
_BOM: Final = b"\xef\xbb\xbf"
_CELL: Final = (1 << 31) - 1  # characters of a cell of our own: the most that the module takes


class Part(NamedTuple):
    """A finished part: its file, and the columns of the input known when it was written."""

    path: Path
    columns: list[str]


class Format(Protocol):
    """How answers are written."""

    def encode(self, rows: Sequence[Answered], columns: list[str]) -> bytes:
        """Return a part; append columns that are new to `columns`."""

    def join(self, parts: Sequence[Part], columns: list[str], out: IO[bytes]) -> None:
        """Write all parts as one file that has all columns."""


@dataclass(frozen=True)
class Packing:
    """Whether files are gzipped; parts of them are whole, so that they can be put in a row."""

    gzipped: bool = False

    def packed(self, data: str) -> bytes:
        """Encode text; lone surrogates, which UTF-8 has not, as JSON writes them."""
        encoded = data.encode("utf-8", "backslashreplace")
        return gzip.compress(encoded, _LEVEL, mtime=0) if self.gzipped else encoded

    def read(self, path: Path) -> str:
        """Return the text of a part."""
        data = path.read_bytes()
        return (gzip.decompress(data) if self.gzipped else data).decode("utf-8")


@dataclass(frozen=True)
class TextFormat:
    """The lines that standard output gets as well."""

    base: Sequence[str]
    packing: Packing

    def encode(self, rows: Sequence[Answered], columns: list[str]) -> bytes:
        """Return a line for each answer."""
        lines = [
            error_line(record) if answer is None else answers.line(answer)
            for record, answer in rows
        ]
        return self.packing.packed("".join(f"{line}\n" for line in lines))

    def join(self, parts: Sequence[Part], columns: list[str], out: IO[bytes]) -> None:
        """Put the parts in a row."""
        _copy(parts, out)


@dataclass(frozen=True)
class CsvFormat:
    """A table with commas, or what the user wants between the cells.

    Attributes
    ----------
    excel : bool
        Begin with a byte order mark, without which Excel shows Persian as garbage.
    """

    base: Sequence[str]
    packing: Packing
    delimiter: str = ","
    excel: bool = False

    def encode(self, rows: Sequence[Answered], columns: list[str]) -> bytes:
        """Return rows without a header."""
        known = set(columns)
        for record, _ in rows:
            if record.values is not None and not known.issuperset(record.values):
                extend(columns, known, list(record.values))
        return self._rows(
            [
                *_cells(row[0].values or {}, columns),
                *map(answer_cell, answer_values(row, self.base)),
            ]
            for row in rows
        )

    def join(self, parts: Sequence[Part], columns: list[str], out: IO[bytes]) -> None:
        """Write the header and all rows; fill up those of parts that knew other columns."""
        header = self._rows([[*columns, *answer_names(self.base, columns)]])
        if self.excel:
            header = (
                self.packing.packed("\ufeff") + header if self.packing.gzipped else _BOM + header
            )
        out.write(header)
        for part in parts:
            if part.columns == columns:
                _copy([part], out)
                continue
            n = len(part.columns)
            places = {name: i for i, name in enumerate(part.columns)}
            chosen = [places.get(name) for name in columns]
            csv.field_size_limit(_CELL)
            text = io.StringIO(self.packing.read(part.path), newline="")
            rows = csv.reader(text, delimiter=self.delimiter)
            out.write(
                self._rows(
                    [*("" if i is None else row[i] for i in chosen), *row[n:]] for row in rows
                )
            )

    def _rows(self, rows: Iterable[Sequence[str]]) -> bytes:
        # With this end the writer quotes cells with a lone \r or \n as well.
        lines: list[str] = []
        writer = csv.writer(_Sink(lines), delimiter=self.delimiter, lineterminator="\r\n")
        writer.writerows(rows)
        end = "\r\n" if self.excel else "\n"
        return self.packing.packed("".join(f"{line[:-2]}{end}" for line in lines))


class _Sink:
    def __init__(self, lines: list[str]) -> None:
        self.write = lines.append


def _cells(values: dict[str, Any], columns: Sequence[str]) -> list[str]:
    found = [values.get(name) for name in columns]
    return [value if type(value) is str else cell(value) for value in found]


@dataclass(frozen=True)
class JsonFormat:
    """An object on each line: the input's values as they were, and the answer."""

    base: Sequence[str]
    packing: Packing

    def encode(self, rows: Sequence[Answered], columns: list[str]) -> bytes:
        """Return the lines."""
        known = set(columns)
        for record, _ in rows:
            if record.values is not None and not known.issuperset(record.values):
                extend(columns, known, list(record.values))
        names = answer_names(self.base, columns)
        objects = (
            {
                **(row[0].values or {}),
                **dict(zip(names, answer_values(row, self.base), strict=True)),
            }
            for row in rows
        )
        return self._lines(objects)

    def join(self, parts: Sequence[Part], columns: list[str], out: IO[bytes]) -> None:
        """Put the parts in a row; rename the answers of those that knew of no namesake yet."""
        names = answer_names(self.base, columns)
        for part in parts:
            before = answer_names(self.base, part.columns)
            if before == names:
                _copy([part], out)
                continue
            new = dict(zip(before, names, strict=True))
            lines = self.packing.read(part.path).split("\n")[:-1]
            objects = ({new.get(k, k): v for k, v in json.loads(line).items()} for line in lines)
            out.write(self._lines(objects))

    def _lines(self, objects: Iterable[dict[str, Any]]) -> bytes:
        return self.packing.packed(
            "".join(f"{json.dumps(value, ensure_ascii=False)}\n" for value in objects)
        )


def _copy(parts: Iterable[Part], out: IO[bytes]) -> None:
    for part in parts:
        with part.path.open("rb") as file:
            shutil.copyfileobj(file, out, 1 << 20)
