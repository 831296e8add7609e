"""Reading of texts for the command line: one record in, one record out."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from fanews_classify.errors import CorpusError, ParameterError
from fanews_classify.training.records import read_records

_TEXT_COLUMNS: Final = ("text", "body", "content", "متن")


class Record(NamedTuple):
    """A text and where it came from; `error` says why there is none."""

    name: str
    text: str
    error: str | None = None


def read_texts(files: Sequence[str], column: str | None, whole: bool) -> Iterator[Record]:
    """Yield the texts of files, or of standard input."""
    for file in files or ["-"]:
        if file == "-":
            yield from _standard_input(whole)
        elif Path(file).suffix in (".txt", ""):
            yield _whole_file(Path(file))
        else:
            yield from _table(Path(file), column)


def _standard_input(whole: bool) -> Iterator[Record]:
    if whole:
        yield Record("-", sys.stdin.buffer.read().decode("utf-8", "replace"))
        return
    for number, line in enumerate(sys.stdin.buffer, 1):
        yield Record(f"-:{number}", line.decode("utf-8", "replace").rstrip("\r\n"))


def _whole_file(path: Path) -> Record:
    try:
        return Record(str(path), path.read_bytes().decode("utf-8-sig", "replace"))
    except OSError as error:
        raise CorpusError(f"cannot read {path}: {error.strerror or error}") from error


def _table(path: Path, column: str | None) -> Iterator[Record]:
    for number, record in read_records(path, keep_faulty=True):
        name = f"{path}:{number}"
        if isinstance(record, str):
            yield Record(name, "", record)
            continue
        column = column or _guess(record, path)
        text: Any = record.get(column)
        if isinstance(text, str):
            yield Record(name, text)
        else:
            yield Record(name, "", f"no text in column {column!r}")


def _guess(record: dict[str, Any], path: Path) -> str:
    found = [name for name in _TEXT_COLUMNS if name in record]
    if found:
        return found[0]
    if len(record) == 1:
        return next(iter(record))
    raise ParameterError(
        f"{path} has the columns {list(record)}; say with --column which one holds the text"
    )
