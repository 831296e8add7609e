"""Records of the files that are trained with; the first fault ends the reading."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, overload

from fanews_classify.errors import CorpusError
from fanews_classify.records.kinds import suffix_of
from fanews_classify.records.reading import Records
from fanews_classify.records.source import NotUtf8Error
from fanews_classify.records.tables import Row

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
    """Yield (line number, record) of a CSV, TSV, JSON or Parquet file, gzipped or not.

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
    for number, row in _rows(path):
        if row.error is None and row.values is not None:
            yield number, row.values
        elif keep_faulty:
            yield number, row.error or ""
        else:
            raise CorpusError(f"{path}, line {number}: {row.error}")


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    if suffix_of(path) in ("", ".txt"):
        raise CorpusError(f"{path}: only .csv, .tsv, .jsonl, .json and .parquet files can be read")
    try:
        records = Records(path)
    except NotUtf8Error as error:  # there is no --encoding here
        raise CorpusError(
            f"{path} is not UTF-8; save it as UTF-8, in Excel as «CSV UTF-8»"
        ) from error
    with records:
        for row in records.rows():
            yield row.number, row
