"""Answers in the container that the texts came in: list, array, Series of pandas or Polars."""

from __future__ import annotations

import sys
from typing import Any, Protocol, TypeVar

import numpy as np

from fanews_classify.errors import ParameterError
from fanews_classify.text._input import is_series


class AnySeries(Protocol):
    """What Series of pandas and of Polars have, and lists, arrays and tables lack."""

    def to_frame(self, *args: Any, **kwargs: Any) -> Any:
        """Return a table of one column."""

    def head(self, *args: Any, **kwargs: Any) -> Any:
        """Return the first elements."""


SeriesT = TypeVar("SeriesT", bound=AnySeries)


def as_given(texts: Any, answers: list[Any], name: str, *, several: bool = False) -> Any:
    """Put answers into a container like that of the texts.

    Parameters
    ----------
    texts : object
        What the user passed: not a single ``str``.
    answers : list of str, or of tuple of str
    name : str
        Of a Series that is made.
    several : bool, default=False
        Whether the answers are tuples.

    Returns
    -------
    list, ndarray of object, or Series
        For a pandas Series one with the same index, of pandas' default type of ``str``;
        for a Polars Series one of ``String``. Tuples become objects in pandas, and
        ``List(String)`` in Polars. For any other array an ndarray of shape (n,).
    """
    if type(texts) is list:
        return answers
    if is_series(texts, "pandas"):
        pandas: Any = sys.modules["pandas"]
        kind: Any = object if several else str
        return pandas.Series(answers, index=texts.index, name=name, dtype=kind)
    if is_series(texts, "polars"):
        polars: Any = sys.modules["polars"]
        kind = polars.List(polars.String) if several else polars.String
        return polars.Series(name, answers, dtype=kind)
    if hasattr(type(texts), "__array__"):
        return np.fromiter(answers, dtype=object, count=len(answers))
    return answers


def check_indexes(texts: Any, asked: Any, what: str) -> None:
    """Refuse two pandas Series of different indexes: by place or by label is then unclear.

    Raises
    ------
    ParameterError
    """
    if not (is_series(texts, "pandas") and is_series(asked, "pandas")):
        return
    if len(texts) == len(asked) and not texts.index.equals(asked.index):
        raise ParameterError(
            f"the Series of texts and of {what}s have different indexes; give {what}s with "
            f"the index of the texts, or by position: {what}={what}s.to_numpy()"
        )
