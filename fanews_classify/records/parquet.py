"""Rows of Parquet files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from fanews_classify.errors import CorpusError, MissingExtraError, ParameterError
from fanews_classify.records.encoding import BROKEN, MARK, MARKED, unmarked
from fanews_classify.records.source import readable
from fanews_classify.records.tables import Row, unique

_BATCH: Final = 1024  # rows read at once
_BUFFER: Final = 1 << 20  # bytes of a column read at once, not the whole row group


class ParquetRows:
    """The rows of a Parquet file.

    Parameters
    ----------
    path : Path

    Attributes
    ----------
    columns : list of str
        Of names that stand there twice the second gets ``.1``.
    n_rows : int
    read : int
        Rows given so far.

    Raises
    ------
    CorpusError
        If it cannot be read, or is no Parquet file.
    MissingExtraError
        Without pyarrow.
    """

    def __init__(self, path: Path) -> None:
        pa, pq = arrow("reading Parquet files")
        self._path = path
        with readable(path):
            try:
                # Read ahead, what was read of the file would be kept until it is closed.
                self._file = pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
                self._names: list[str] = self._file.schema_arrow.names
            except (pa.ArrowException, ValueError) as error:  # names that are no UTF-8
                raise CorpusError(f"{path} is not a whole Parquet file ({error})") from error
        self.columns = unique(self._names)
        self.n_rows: int = self._file.metadata.num_rows
        self.read = 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def groups(self) -> list[int]:
        """Numbers of rows of the row groups."""
        about = self._file.metadata
        return [about.row_group(i).num_rows for i in range(about.num_row_groups)]

    @property
    def group_bytes(self) -> list[int]:
        """Sizes of the row groups, unpacked, in bytes."""
        about = self._file.metadata
        return [about.row_group(i).total_byte_size for i in range(about.num_row_groups)]

    @property
    def compression(self) -> str:
        """How the first column is compressed, as pyarrow calls it when it writes."""
        about = self._file.metadata
        if not about.num_row_groups or not about.num_columns:
            return "snappy"
        name = about.row_group(0).column(0).compression.lower()
        known = {"uncompressed": "none", "lz4_raw": "lz4"}
        return str(known.get(name, name))

    def schema(self, only: Sequence[str]) -> Any:
        """Return the Arrow schema of some columns."""
        pa, _ = arrow("reading Parquet files")
        schema = self._file.schema_arrow
        fields = dict(zip(self.columns, schema, strict=True))
        return pa.schema([fields[name].with_name(name) for name in only], schema.metadata)

    def batches(
        self, only: Sequence[str] | None = None, groups: Sequence[int] | None = None
    ) -> Iterator[Any]:
        """Yield record batches.

        Parameters
        ----------
        only : sequence of str, optional
            Columns; by default all.
        groups : sequence of int, optional
            Row groups; by default all.

        Raises
        ------
        CorpusError
            If the file is damaged.
        """
        pa, _ = arrow("reading Parquet files")
        chosen = self.columns if only is None else [name for name in self.columns if name in only]
        same = self._names == self.columns
        # A dot in a name would be taken for a way into a nested column.
        some = chosen if same and chosen and not any("." in name for name in chosen) else None
        with self._readable():
            for given in self._file.iter_batches(_BATCH, row_groups=groups, columns=some):
                whole = given
                if not same:
                    whole = pa.RecordBatch.from_arrays(given.columns, names=self.columns)
                yield whole.select(chosen)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        pa, _ = arrow("reading Parquet files")
        with readable(self._path):
            try:
                yield
            except (pa.ArrowException, ValueError, OverflowError) as error:  # or no such time
                raise CorpusError(f"cannot read {self._path}: {error}") from error

    def rows(
        self,
        only: Sequence[str] | None,
        plain: Sequence[str] | None,
        texts: Sequence[str] | None,
        groups: Sequence[int] | None = None,
    ) -> Iterator[Row]:
        """Yield rows.

        Parameters
        ----------
        only : sequence of str, optional
            Columns to be read at all; by default all.
        plain : sequence of str, optional
            Those that `Row.values` has, as JSON values; by default all that
            are read. The others are in `Row.batch` only.
        texts : sequence of str, optional
            Those in which a broken letter is a fault; by default all.
        groups : sequence of int, optional
            Row groups, in order and without a gap; by default all.

        Raises
        ------
        CorpusError
            If the file is damaged.
        """
        number = sum(self.groups[: groups[0]]) if groups else 0
        for batch in self.batches(only, groups):
            chosen = batch.schema.names
            names = chosen if plain is None else [name for name in chosen if name in plain]
            with self._readable():
                values = [json_values(batch.column(name)) for name in names]
            for place in range(batch.num_rows):
                number += 1
                self.read = number
                row = {n: cells[place] for n, cells in zip(names, values, strict=True)}
                yield _row(number, row, batch, place, texts)


def arrow(what: str) -> tuple[Any, Any]:
    """Import pyarrow and its Parquet part.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    ParameterError
        If it does not work with the other packages.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise MissingExtraError("pyarrow", "cli", what) from error
    except ImportError as error:  # there, but of another age than numpy
        raise ParameterError(f"{what} needs pyarrow, which fails here: {error}") from error
    return pa, pq


def _row(
    number: int, values: dict[str, Any], batch: Any, place: int, texts: Sequence[str] | None
) -> Row:
    error = None
    for name, value in values.items():
        if type(value) is str and MARK in value:
            values[name] = unmarked(value)
            error = BROKEN if texts is None or name in texts else error
    return Row(number, values, error, batch, place)


def json_values(column: Any) -> list[Any]:
    """Return an Arrow array as values that JSON has: times and exact numbers as text."""
    pa, _ = arrow("reading Parquet files")
    kind = column.type
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
        column = column.cast(pa.string())
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError:  # Parquet does not check that its strings are UTF-8
        values = column.cast(pa.large_binary(), safe=False).to_pylist()
    strings = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if strings and not any(type(value) is bytes for value in values):
        return values
    return [_json_value(value) for value in values]


def _json_value(value: Any, nested: bool = False) -> Any:
    """Return bytes, times, decimals and maps, also nested ones, as JSON values."""
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace" if nested else MARKED)
    if isinstance(value, dict):
        return {str(name): _json_value(item, nested=True) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item, nested=True) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
