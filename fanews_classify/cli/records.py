"""Reading and writing of single records, for verbs that show one after the other."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from fanews_classify.cli._inputs import Inputs, tell_about_terminal
from fanews_classify.cli._interrupts import check
from fanews_classify.cli._rows import Record
from fanews_classify.display import clean, one_line

__all__ = [
    "Record",
    "error_line",
    "read_texts",
    "shown_error",
    "shown_json",
    "write_error",
    "write_json",
]


def read_texts(options: argparse.Namespace) -> Iterator[Record]:
    """Yield the texts of the files that the options name, or of standard input."""
    inputs = Inputs(options)
    tell_about_terminal(inputs)
    return _interruptible(inputs.records())


def _interruptible(records: Iterator[Record]) -> Iterator[Record]:
    for record in records:
        check()
        yield record


def write_json(record: Record, values: dict[str, Any]) -> None:
    """Write values of one record as a line of JSON."""
    print(shown_json(record, values))


def shown_json(record: Record, values: dict[str, Any]) -> str:
    """Return values of one record as a line of JSON."""
    return json.dumps({"record": record.name, **values}, ensure_ascii=False)


def write_error(record: Record, as_json: bool, *, named: bool = False) -> None:
    """Write what is wrong with a record; with its name before it, as the answers have it."""
    print(shown_error(record, as_json, named=named))


def shown_error(record: Record, as_json: bool, *, named: bool = False) -> str:
    """Return what is wrong with a record."""
    if as_json:
        return shown_json(record, {"label": None, "error": record.error})
    name = f"{clean(record.name)}\t" if named else ""
    return f"{name}{error_line(record)}"


def error_line(record: Record) -> str:
    """Return what is wrong with a record as a line like that of an answer."""
    return f"error\t{one_line(record.error or '')}\t0.000"
