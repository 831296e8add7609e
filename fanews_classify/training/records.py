"""Records of CSV and JSON-lines files."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, overload

from fanews_classify.errors import CorpusError

Record = dict[str, Any]


@overload
def read_records(
    path: Path, *, keep_faulty: Literal[False] = False
) -> Iterator[tuple[int, Record]]: ...
@overload
def read_records(
    path: Path, *, keep_faulty: Literal[True]
) -> Iterator[tuple[int, Record | str]]: ...
def read_records(
    path: Path, *, keep_faulty: bool = False
) -> Iterator[tuple[int, Record]] | Iterator[tuple[int, Record | str]]:
    """Yield (line number, record) of a CSV, TSV or JSON-lines file, gzipped or not.

    Parameters
    ----------
    path : Path
    keep_faulty : bool, default=False
        Yield what is wrong with a faulty line in place of its record.

    Raises
    ------
    CorpusError
        For a file that cannot be read; for a faulty line, naming it.
    """
    for number, record in _records(path):
        if isinstance(record, str) and not keep_faulty:
            raise CorpusError(f"{path}, line {number}: {record}")
        yield number, record


def _records(path: Path) -> Iterator[tuple[int, Record | str]]:
    name = path.name.removesuffix(".gz")
    if not name.endswith((".csv", ".tsv", ".jsonl", ".ndjson")):
        raise CorpusError(f"{path}: only .csv, .tsv and .jsonl files (also .gz) can be read")
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = raw.decode("utf-8-sig")
    except (OSError, EOFError) as error:
        raise CorpusError(f"cannot read {path}: {getattr(error, 'strerror', error)}") from error
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path} is not UTF-8 text ({error}); convert it first") from error
    if name.endswith((".csv", ".tsv")):
        yield from _csv_records(text, "\t" if name.endswith(".tsv") else ",")
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, _json_record(line)


def _csv_records(text: str, delimiter: str) -> Iterator[tuple[int, Record | str]]:
    csv.field_size_limit(1 << 30)  # news are longer than the module's 128 kB
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    for row in rows:
        faulty = None in row or None in row.values()
        yield rows.line_num, "wrong number of columns" if faulty else dict(row)


def _json_record(line: str) -> Record | str:
    try:
        record = json.loads(line)
    except ValueError as error:
        return f"not JSON ({error})"
    return record if isinstance(record, dict) else "not a JSON object"
