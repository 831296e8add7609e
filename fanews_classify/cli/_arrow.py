"""Output files of Parquet: columns of the input with their types, and the answer."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import IO, Any, Final

from fanews_classify.cli._asking import Answered
from fanews_classify.cli._formats import Part
from fanews_classify.cli._layout import LISTS, answer_names, answer_values, extend
from fanews_classify.records.parquet import arrow, json_values

_LEVELS: Final = 64  # of nesting in a column; what is deeper is written as JSON text


@dataclass(frozen=True)
class ParquetFormat:
    """Parquet; a row group for each part.

    Attributes
    ----------
    whole : bool
        Whether all columns of the input are kept, so that what pandas noted
        about them still holds.
    """

    base: Sequence[str]
    whole: bool = True

    def encode(self, rows: Sequence[Answered], columns: list[str]) -> bytes:
        """Return a Parquet file, of which the last columns are the answer."""
        pa, pq = arrow("writing Parquet files")
        tables = []
        for batch, group in groupby(rows, key=lambda row: _Same(row[0].batch)):
            run = list(group)
            if batch.item is not None:
                table = pa.Table.from_batches([batch.item.slice(run[0][0].place, len(run))])
            else:
                table = _table([row[0].values or {} for row in run])
            tables.append(table)
        known = set(columns)
        for table in tables:
            extend(columns, known, table.column_names)
        fields = _fitting(_fields([table.schema for table in tables], columns), tables)
        inputs = pa.concat_tables([_fitted(table, fields) for table in tables])
        arrays = answer_arrays(rows, self.base)
        whole = pa.table(
            [*inputs.columns, *arrays],
            schema=pa.schema(
                [
                    *inputs.schema,
                    *answer_fields(self.base, columns),
                ],
                metadata=tables[0].schema.metadata,
            ),
        )
        sink = io.BytesIO()
        pq.write_table(whole, sink)
        return sink.getvalue()

    def join(self, parts: Sequence[Part], columns: list[str], out: IO[bytes]) -> None:
        """Write all parts with all columns, of types that hold the values of each part."""
        pa, pq = arrow("writing Parquet files")
        n = len(self.base)
        schemas = [pq.read_schema(part.path) for part in parts]
        bare = [pa.schema(list(schema)[: len(schema) - n], schema.metadata) for schema in schemas]
        fields = (
            _fields(bare, columns) if parts else [pa.field(name, pa.string()) for name in columns]
        )
        differing = (
            part for part, schema in zip(parts, bare, strict=True) if _differs(schema, fields)
        )
        fields = _fitting(fields, (pq.read_table(part.path) for part in differing))
        answer = answer_fields(self.base, columns)
        metadata = bare[0].metadata if bare and self.whole else None
        if any(schema.metadata != metadata for schema in bare):
            metadata = None
        final = pa.schema([*fields, *answer], metadata)
        with pq.ParquetWriter(out, final) as writer:
            for part in parts:
                table = pq.read_table(part.path)
                inputs = _fitted(table.select(range(table.num_columns - n)), fields)
                arrays = table.columns[table.num_columns - n :]
                writer.write_table(pa.table([*inputs.columns, *arrays], schema=final))


def answer_arrays(rows: Sequence[Answered], base: Sequence[str]) -> list[Any]:
    """Return an array for each column of the answer."""
    pa, _ = arrow("writing Parquet files")
    values = list(zip(*(answer_values(row, base) for row in rows), strict=True))
    return [pa.array(_safe(found), _kind(name)) for name, found in zip(base, values, strict=True)]


def answer_fields(base: Sequence[str], columns: Sequence[str]) -> list[Any]:
    """Return the fields of the answer beside the columns of the input."""
    pa, _ = arrow("writing Parquet files")
    return list(map(pa.field, answer_names(base, columns), map(_kind, base)))


class _Same:
    """Equal to what holds the same object."""

    def __init__(self, item: Any) -> None:
        self.item = item

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.item is other.item

    __hash__ = None  # type: ignore[assignment]


def _kind(name: str) -> Any:
    """Return the type of a column of answers."""
    pa, _ = arrow("writing Parquet files")
    one = pa.float64() if name.startswith("confidence") else pa.string()
    return pa.list_(one) if name in LISTS else one


def _table(rows: Sequence[dict[str, Any]]) -> Any:
    """Return values as a table with the types that Arrow finds."""
    pa, _ = arrow("writing Parquet files")
    names: list[str] = []
    known: set[str] = set()
    for row in rows:
        if not known.issuperset(row):
            extend(names, known, list(row))
    columns = {name: _inferred([row.get(name) for row in rows]) for name in names}
    return pa.table(columns) if columns else _empty(len(rows))


def _empty(n: int) -> Any:
    """Return a table of n rows without a column."""
    pa, _ = arrow("writing Parquet files")
    return pa.table({"": pa.nulls(n)}).select([])


def _inferred(values: list[Any]) -> Any:
    pa, _ = arrow("writing Parquet files")
    try:
        found = pa.array(_safe(values))
    except (ValueError, TypeError, OverflowError):  # of different types, or too large a number
        return _as_text(values)
    return found if _storable(found.type) else _as_text(values)


def _storable(kind: Any, levels: int = _LEVELS) -> bool:
    """Parquet has no objects without a field, and readers bear no nesting without end."""
    fields = [kind.field(i) for i in range(kind.num_fields)]
    pa, _ = arrow("writing Parquet files")
    if not levels or (pa.types.is_struct(kind) and not fields):
        return False
    return all(_storable(field.type, levels - 1) for field in fields)


def _as_text(values: Sequence[Any]) -> Any:
    """Return values as text, those that are no text as JSON."""
    pa, _ = arrow("writing Parquet files")
    texts = [
        value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for value in values
    ]
    return pa.array(_safe(texts), pa.string())


def _safe(values: Sequence[Any]) -> list[Any]:
    """Replace lone surrogates, which UTF-8 has not."""
    try:
        for value in values:
            if type(value) is str:
                value.encode()
            elif isinstance(value, list | dict):
                json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return [_encodable(value) for value in values]
    return list(values)


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {_encodable(name): _encodable(item) for name, item in value.items()}
    return value


def _fields(schemas: Sequence[Any], columns: Sequence[str]) -> list[Any]:
    """Return a field for each column, of a type for the values of all schemas."""
    pa, _ = arrow("writing Parquet files")
    fields = []
    for name in columns:
        found = [schema.field(name) for schema in schemas if name in schema.names]
        if found and len(found) == len(schemas) and all(field == found[0] for field in found):
            kind, nullable = found[0].type, found[0].nullable
        else:
            kind, nullable = _common([field.type for field in found]), True
        fields.append(pa.field(name, kind, nullable))
    return fields


def _common(kinds: Sequence[Any]) -> Any:
    """Return a type to which all of some can be cast; text if there is none."""
    pa, _ = arrow("writing Parquet files")
    if not kinds:
        return pa.null()
    schemas = [pa.schema([pa.field("x", kind)]) for kind in kinds]
    try:
        kind = pa.unify_schemas(schemas, promote_options="permissive").field(0).type
        for one in kinds:
            pa.array([], one).cast(kind)
    except pa.ArrowException:
        return pa.string()
    return kind


def _differs(schema: Any, fields: Sequence[Any]) -> bool:
    """Tell whether a schema has values of another type than a field, which may not hold them."""
    pa, _ = arrow("writing Parquet files")
    return any(
        schema.field(field.name).type not in (field.type, pa.null())
        for field in fields
        if field.name in schema.names and not pa.types.is_string(field.type)
    )


def _fitting(fields: Sequence[Any], tables: Iterable[Any]) -> list[Any]:
    """Return the fields; text where a type does not hold a value, such as 2**60 among decimals."""
    pa, _ = arrow("writing Parquet files")
    fitting = list(fields)
    for table in tables:
        for i, field in enumerate(fitting):
            if field.name not in table.column_names or pa.types.is_string(field.type):
                continue
            try:
                _cast(table.column(field.name), field.type)
            except pa.ArrowException:
                fitting[i] = pa.field(field.name, pa.string())
    return fitting


def _fitted(table: Any, fields: Sequence[Any]) -> Any:
    """Return a table with the given fields."""
    pa, _ = arrow("writing Parquet files")
    arrays = []
    for field in fields:
        if field.name not in table.column_names:
            arrays.append(pa.nulls(table.num_rows, field.type))
            continue
        arrays.append(_cast(table.column(field.name), field.type))
    if not arrays:
        return _empty(table.num_rows)
    return pa.table(arrays, schema=pa.schema(fields, table.schema.metadata))


def _cast(column: Any, kind: Any) -> Any:
    """Return a column as another type."""
    pa, _ = arrow("writing Parquet files")
    if column.type == kind:
        return column
    kept = (pa.types.is_string, pa.types.is_large_string, pa.types.is_null)
    if pa.types.is_string(kind) and not any(is_(column.type) for is_ in kept):
        return pa.chunked_array([_as_text(_listed(column))])
    return column.cast(kind)


def _listed(column: Any) -> list[Any]:
    return [value for chunk in column.chunks for value in json_values(chunk)]
