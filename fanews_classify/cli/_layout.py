"""Columns of an output file: those of the input, then those of the answer."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from fanews_classify.analysis import answers
from fanews_classify.cli._asking import Answered
from fanews_classify.model._assembly import AnyModel
from fanews_classify.scale.columns import ERROR, LISTS, answer_names

__all__ = [
    "LISTS",
    "answer_cell",
    "answer_columns",
    "answer_names",
    "answer_values",
    "cell",
    "extend",
]


def answer_columns(model: AnyModel) -> tuple[str, ...]:
    """Return the names of the columns that a model's answers have."""
    return (*answers.columns(model), ERROR)


def answer_values(answered: Answered, base: Sequence[str]) -> list[Any]:
    """Return the values of `answer_columns`; of a record that could not be read the error."""
    record, answer = answered
    if answer is None:
        return [None] * (len(base) - 1) + [f"{record.name}: {record.error}"]
    found = answers.values(answer)
    return [*(found[name] for name in base[:-1]), None]


def cell(value: Any) -> str:
    """Return a value as text for a CSV file."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return json.dumps(value, ensure_ascii=False)


def answer_cell(value: Any) -> str:
    """Return a value of an answer as text: several labels with ``;`` between them."""
    if isinstance(value, list | tuple):
        return ";".join(map(cell, value))
    return cell(value)


def extend(columns: list[str], known: set[str], names: Sequence[str]) -> None:
    """Append the names that are not known yet."""
    for name in names:
        if name not in known:
            known.add(name)
            columns.append(name)
