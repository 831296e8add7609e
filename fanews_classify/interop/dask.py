"""Predictions on Dask: columns for a dask.dataframe, the model sent once to each worker."""

from __future__ import annotations

from typing import Any

from fanews_classify.errors import InputTypeError, MissingExtraError
from fanews_classify.interop._frames import LABELS, Model, Question, columns_of, question
from fanews_classify.scale.columns import LISTS, NUMBERS


def add_predictions(
    frame: Any,
    model: Model = "section",
    *,
    column: str = "text",
    target: str | None = None,
    claim: str | None = None,
    abstain_below: float | None = None,
) -> Any:
    """Add the answers about a column of texts to a Dask DataFrame.

    Nothing is computed before the frame is. The model is one entry of the graph
    that all partitions depend on, so each worker gets it once and keeps it open
    for later ones. Of a bundled model only the name and the SHA-256 are sent, of
    others the bytes of the file: workers need not see it.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
    model : str, path-like or model, default="section"
        A bundled model, the file of a saved one, or the object.
    column : str, default="text"
        The column of texts; ``"title+body"`` joins several by line ends.
    target : str, optional
        For a stance model: what the stance is on.
    claim : str, optional
        For a claim model: likewise.
    abstain_below : float in [0, 1], optional
        Answers less sure than this are ``"unknown"``.

    Returns
    -------
    dask.dataframe.DataFrame
        The same rows, index, divisions and columns, then ``label``, ``label_fa``,
        ``confidence`` (of topics ``labels``, ``labels_fa``, ``confidences``, which
        hold lists, and ``confidence``; also the target or claim) and ``error``.
        If the frame has one of these names, all get the prefix ``predicted_``. A
        row whose text is missing or no text has only an error. Columns of text
        have the dtype that Dask gives to its own.

    Raises
    ------
    MissingExtraError
        If Dask is not installed.
    InputTypeError
        If `frame` is no Dask DataFrame.
    ParameterError
        If there is no such column, or the question does not fit the model.
    ModelFileError
        If there is no such model, or its file is damaged.

    Examples
    --------
    >>> from fanews_classify.interop.dask import add_predictions
    >>> def sections(folder):
    ...     import dask.dataframe as dd
    ...
    ...     news = dd.read_parquet(folder, columns=["id", "title", "body"])
    ...     return add_predictions(news, "section", column="title+body")
    """
    _check(frame, "DataFrame")
    asked = question(
        columns_of(model, target, claim, abstain_below), frame.columns, column, fold=False
    )
    return _mapped(frame, asked, _with_answers)


def predict(
    texts: Any,
    model: Model = "section",
    *,
    target: str | None = None,
    claim: str | None = None,
    abstain_below: float | None = None,
) -> Any:
    """Return the labels of a Dask Series of texts.

    Parameters
    ----------
    texts : dask.dataframe.Series
    model, target, claim, abstain_below
        As for `add_predictions`.

    Returns
    -------
    dask.dataframe.Series
        With the same index and divisions, named as the model: a label for each
        text, of topics a list of labels; missing where there is no text.

    Raises
    ------
    FanewsError
        As `add_predictions`.

    Examples
    --------
    >>> from fanews_classify.interop.dask import predict
    >>> def how_many(news):
    ...     return predict(news["body"], "section").value_counts().compute()
    """
    _check(texts, "Series")
    answer = columns_of(model, target, claim, abstain_below)
    return _mapped(texts, Question(answer, (0,), (answer.shipped.model.name,)), _labels)


def _check(frame: Any, kind: str) -> None:
    try:
        import dask.dataframe as dd
        import distributed  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(error.name or "dask", "dask", "predicting on Dask") from error
    if not isinstance(frame, getattr(dd, kind)):
        raise InputTypeError(
            f"{type(frame).__module__.partition('.')[0]}.{type(frame).__name__} is no "
            f"dask.dataframe.{kind}; dask.dataframe.from_pandas(..., npartitions=N) makes one"
        )


def _mapped(frame: Any, asked: Question, function: Any) -> Any:
    from dask.delayed import delayed

    dtype = _text_dtype()
    # A key of its own and not an argument in each task: it is sent to a worker once, and made
    # again from the graph if the worker that held it is lost.
    once: Any = delayed
    held = once(asked, name=f"fanews-{asked.token(dtype)}", traverse=False)
    meta = function(frame._meta, asked, dtype)
    return frame.map_partitions(function, held, dtype, meta=meta)


def _with_answers(part: Any, asked: Question, dtype: Any) -> Any:
    found = asked([part.iloc[:, place].tolist() for place in asked.places])
    return part.assign(
        **{
            name: _series(values, base, part.index, dtype)
            for (base, values), name in zip(found.items(), asked.names, strict=True)
        }
    )


def _labels(part: Any, asked: Question, dtype: Any) -> Any:
    found = asked([part.tolist()])
    base = next(name for name in LABELS if name in found)
    return _series(found[base], base, part.index, dtype).rename(asked.names[0])


def _series(values: list[Any], base: str, index: Any, dtype: Any) -> Any:
    import pandas as pd

    if base in LISTS:
        dtype = object
    elif base in NUMBERS:
        dtype = "float64"
    return pd.Series(values, index=index, dtype=dtype)


def _text_dtype() -> Any:
    """Return the dtype that Dask gives to columns of text here."""
    import pandas as pd
    from dask.dataframe.utils import pyarrow_strings_enabled

    return pd.StringDtype("pyarrow") if pyarrow_strings_enabled() else pd.Series([""]).dtype
