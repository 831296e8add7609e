"""Which columns hold the text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from fanews_classify.errors import ParameterError
from fanews_classify.records._nearest import did_you_mean
from fanews_classify.text._input import is_missing

TEXT_COLUMNS: Final = ("text", "body", "content", "متن", "متن خبر")
_SHOWN: Final = 30
_LONG: Final = 60


def text_columns(name: str, columns: Sequence[str], asked: str | None) -> tuple[str, ...]:
    """Return the columns whose texts are joined, most often one.

    Parameters
    ----------
    name : str
        The file, for messages.
    columns : sequence of str
        Those that it has.
    asked : str, optional
        What the user calls for, ``"title+body"`` for several; by default
        guessed.

    Raises
    ------
    ParameterError
        If there is no such column, or none can be guessed.
    """
    if asked is None:
        return (_guess(name, columns),)
    if asked in columns:
        return (asked,)
    names = tuple(asked.split("+"))
    for one in names:
        check_column(name, columns, one)
    return names


def check_column(name: str, columns: Sequence[str], asked: str) -> None:
    """Raise a ParameterError that lists the columns there are, if there is none such."""
    if asked not in columns:
        hint = did_you_mean(asked, columns)
        raise ParameterError(f"{name} has no column {asked!r}{hint or '.'} It has {_list(columns)}")


def _guess(name: str, columns: Sequence[str]) -> str:
    folded: dict[str, str] = {}
    for column in columns:
        folded.setdefault(column.strip().casefold(), column)
    for known in TEXT_COLUMNS:
        if known in folded:
            return folded[known]
    if len(columns) == 1:
        return columns[0]
    raise ParameterError(
        f"{name} has the columns {_list(columns)}; say with --column which one holds the text"
    )


def _list(columns: Sequence[str]) -> str:
    names = [name if len(name) < _LONG else f"{name[:_LONG]}…" for name in columns[:_SHOWN]]
    more = f" and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else ""
    return ", ".join(map(repr, names)) + more


def text_of(values: Mapping[str, Any], names: Sequence[str]) -> tuple[str, str | None]:
    """Return the text of a record, several columns joined by line ends, and what is wrong."""
    if len(names) == 1:
        value = values.get(names[0])
        if isinstance(value, str):
            return value, None
    else:
        text = joined(values.get(name) for name in names)
        if text is not None:
            return text, None
        value = None
    what = "" if is_missing(value) else f" but {type(value).__name__}"
    return "", f"no text in column {'+'.join(names)!r}{what}"


def joined(values: Iterable[Any]) -> str | None:
    """Join the values that are there by line ends, numbers written out; None if there is none."""
    parts = [str(value) for value in values if not is_missing(value)]
    return "\n".join(part for part in parts if part).strip() if parts else None
