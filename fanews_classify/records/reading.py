"""The records of a file of any kind, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Final

from fanews_classify.errors import ParameterError
from fanews_classify.records import encoding
from fanews_classify.records.kinds import Kind, kind_of
from fanews_classify.records.objects import json_array, json_lines
from fanews_classify.records.parquet import ParquetRows
from fanews_classify.records.source import Closing, LongLine, Source, is_regular
from fanews_classify.records.tables import CsvRows, Row

_LOOKED_AT: Final = 100  # objects by which the columns of JSON lines are told


@dataclass(frozen=True)
class Reading:
    """How files are read.

    Attributes
    ----------
    kind : str, optional
        One of `fanews_classify.records.kinds.KINDS`; by default the name tells.
    encoding : str, optional
        By default UTF-8, with or without a byte order mark.
    delimiter : str, optional
        Of CSV files; by default told by the header.
    """

    kind: Kind | None = None
    encoding: str | None = None
    delimiter: str | None = None

    def kind_of(self, path: Path | None) -> Kind:
        """Return what a file holds; standard input holds text unless it is told otherwise."""
        if self.kind is not None:
            return self.kind
        return "text" if path is None else kind_of(path)


_DEFAULT: Final = Reading()


class Records(Closing):
    r"""The records of a file, or of standard input; of text, its lines.

    Parameters
    ----------
    path : Path, optional
        Without it, standard input.
    reading : Reading

    Attributes
    ----------
    name : str
        For messages.
    kind : str
    columns : list of str
        In order. Of JSON lines those of the first hundred objects.
    delimiter : str or None
        Of a CSV file.
    empty : bool
        Whether there is not a single byte.

    Raises
    ------
    CorpusError
        If it cannot be read, or is clearly not in the encoding.
    MissingExtraError
        For Parquet without pyarrow.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "news.csv"
    ...     _ = path.write_text("id;text\n1;خبر\n2\n", encoding="utf-8")
    ...     with Records(path) as records:
    ...         [row[:3] for row in records.rows()]
    [(2, {'id': '1', 'text': 'خبر'}, None),
     (3, {'id': '2'}, 'wrong number of columns: 1 instead of 2')]
    """

    def __init__(self, path: Path | None, reading: Reading = _DEFAULT) -> None:
        self.kind = reading.kind_of(path)
        self._source: Source | None = None
        self._parquet: ParquetRows | None = None
        self.delimiter: str | None = None
        self.empty = False
        self._path = path
        if self.kind == "parquet":
            if path is None or not is_regular(path):
                raise ParameterError("Parquet needs a file: it cannot be read from a pipe")
            self._parquet = ParquetRows(path)
            self.name, self.columns = str(path), self._parquet.columns
            return
        self._source = source = Source(path)
        self.name = source.name
        try:
            self.columns, self._rows = self._opened(source, reading)
        except BaseException:
            source.close()
            raise

    def _opened(self, source: Source, reading: Reading) -> tuple[list[str], Iterator[Row]]:
        codec = encoding.codec_of(reading.encoding)
        self.empty = not source.sample
        source.check_encoding(codec)
        if self.kind == "text":
            return ["text"], text_lines(source.lines(codec, "\n"))
        if self.kind in ("csv", "tsv"):
            delimiter = "\t" if self.kind == "tsv" else reading.delimiter
            table = CsvRows(source.lines(codec, ""), delimiter)
            self.delimiter = table.delimiter
            return table.columns, iter(table)
        rows = (
            json_lines(source.lines(codec, "\n"))
            if self.kind == "jsonl"
            else json_array(source, codec)
        )
        first = list(islice(rows, _LOOKED_AT))
        columns = {name: None for row in first for name in row.values or ()}
        return list(columns), chain(first, rows)

    def close(self) -> None:
        """Close the file."""
        if self._source is not None:
            self._source.close()
        if self._parquet is not None:
            self._parquet.close()

    def rows(
        self,
        only: Sequence[str] | None = None,
        plain: Sequence[str] | None = None,
        texts: Sequence[str] | None = None,
    ) -> Iterator[Row]:
        """Yield the records, once; see `ParquetRows.rows` for what Parquet can leave out."""
        if self._parquet is not None:
            return self._parquet.rows(only, plain, texts)
        return self._rows

    def position(self) -> int:
        """Bytes of the file read so far; of Parquet an estimate by rows."""
        if self._source is not None:
            return self._source.position()
        if self._parquet is None or self._path is None:
            return 0
        share = self._parquet.read / max(self._parquet.n_rows, 1)
        return round(share * self._path.stat().st_size)


def text_lines(lines: Iterable[str]) -> Iterator[Row]:
    """Yield each line, without its end, as a row."""
    for number, line in enumerate(lines, 1):
        if type(line) is LongLine:
            yield Row(number, {"text": ""}, LongLine.FAULT)
            continue
        text = line.rstrip("\r\n")
        if encoding.MARK in text:
            row = {"text": encoding.unmarked(text)}
            yield Row(number, row, encoding.BROKEN)
        else:
            yield Row(number, {"text": text})
