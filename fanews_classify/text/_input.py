"""Checks of what a user passes as texts: lists, arrays, Series, any iterable.

pandas, Polars and pyarrow are never imported here: who passes a Series of theirs has
loaded them already.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np

from fanews_classify.errors import InputTypeError

_LISTING: Final = ("tolist", "to_list", "to_pylist")  # of numpy and pandas, Polars, pyarrow
_COLUMNS: Final = 8  # a message names so many at most
_LABEL: Final = 60  # and so many characters of a label of an index


def check_text(text: Any, position: int | None = None, texts: Any = None) -> str:
    """Return `text` if it is a ``str``; say where and what it is if not.

    Parameters
    ----------
    text : object
    position : int, optional
        Its place among others.
    texts : object, optional
        Those others. Of a pandas Series the message also tells the index label.
    """
    if isinstance(text, str):
        return text
    where = "the text"
    if position is not None:
        where = f"text {position} (counted from 0{_index_label(texts, position)})"
    hint = "pass str"
    if isinstance(text, bytes | bytearray | memoryview):
        hint = 'decode it first, for instance text.decode("utf-8")'
    elif is_missing(text):
        hint = f"fill missing values first, for instance with {_filling(texts)}"
    raise InputTypeError(f"{where} is {type(text).__name__}, not str; {hint}")


def check_texts(texts: Any) -> list[str]:
    """Return an iterable of texts as a list; a bare ``str`` or a table is refused."""
    items = texts if type(texts) is list else _listed(texts)
    if set(map(type, items)) <= {str}:
        return items
    for position, text in enumerate(items):
        check_text(text, position, texts)
    return items


def iterate_texts(texts: Any) -> Iterator[Any]:
    """Return an iterator over texts, not yet checked; refuse what `check_texts` refuses."""
    _check_iterable(texts)
    if hasattr(type(texts), "to_pylist"):  # pyarrow: its elements are no str
        return (item.as_py() for item in texts)
    return iter(texts)


def is_series(value: Any, package: str) -> bool:
    """Tell whether this is a Series of ``"pandas"`` or ``"polars"``, without importing it."""
    kind: Any = getattr(sys.modules.get(package), "Series", ())
    return isinstance(value, kind)


def _listed(texts: Any) -> list[Any]:
    _check_iterable(texts)
    for name in _LISTING:
        if hasattr(type(texts), name):
            found: list[Any] = getattr(texts, name)()
            return found
    return list(texts)


def _check_iterable(texts: Any) -> None:
    name = type(texts).__name__
    if isinstance(texts, str | bytes | bytearray):
        raise InputTypeError(
            f"an iterable of texts is expected, got one {name}; put it in a list: [text]"
        )
    shape = getattr(texts, "shape", None)
    if shape == ():
        raise InputTypeError(f"an iterable of texts is expected, got a 0-d {name}; take .item()")
    if isinstance(shape, tuple) and len(shape) > 1:  # iterating gives column names, or rows
        raise InputTypeError(
            f"an iterable of texts is expected, got a {name} of shape {shape}; choose a column, "
            f"for instance {_choice(texts)}"
        )
    if isinstance(texts, dict) or not isinstance(texts, Iterable):
        raise InputTypeError(f"an iterable of texts is expected, got {name}")


def _choice(table: Any) -> str:
    names = getattr(table, "column_names", None)  # pyarrow, whose .columns hold the data
    if names is None:
        names = getattr(table, "columns", None)
    if names is None:
        return "array[:, 0]"
    listed = list(names)
    more = ", ..." if len(listed) > _COLUMNS else ""
    shown = ", ".join(f"{name!r:.{_LABEL}}" for name in listed[:_COLUMNS])
    return f'df["text"]; it has the columns {shown}{more}'


def is_missing(value: Any) -> bool:
    """Tell None, NaN, and what pandas has for them."""
    if value is None or (isinstance(value, float | np.floating) and bool(np.isnan(value))):
        return True
    pandas: Any = sys.modules.get("pandas")
    return pandas is not None and any(value is getattr(pandas, name, "") for name in ("NA", "NaT"))


def _filling(texts: Any) -> str:
    """Return how to fill missing values; neither kind of categories takes a new one."""
    if is_series(texts, "pandas"):
        other = "astype(object)." if str(texts.dtype) == "category" else ""
        return f'series.{other}fillna("")'
    if is_series(texts, "polars"):
        other = "" if str(texts.dtype) == "String" else "cast(pl.String)."
        return f'series.{other}fill_null("")'
    return '""'


def _index_label(texts: Any, position: int) -> str:
    if not is_series(texts, "pandas"):
        return ""
    label = repr(texts.index[position : position + 1].tolist()[0])
    return f", index label {label:.{_LABEL}}"
