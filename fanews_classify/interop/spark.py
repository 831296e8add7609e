"""Predictions on Spark: columns for a DataFrame, functions for SQL, the model broadcast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Final, Literal

from fanews_classify.errors import InputTypeError, MissingExtraError, ParameterError
from fanews_classify.interop._frames import LABELS, Model, Question, columns_of, question
from fanews_classify.scale.columns import LISTS, NUMBERS

BATCHES: Final = ("arrow", "pandas")


def add_predictions(
    frame: Any,
    model: Model = "section",
    *,
    column: str = "text",
    target: str | None = None,
    claim: str | None = None,
    abstain_below: float | None = None,
    batches: Literal["arrow", "pandas"] = "arrow",
) -> Any:
    """Add the answers about a column of texts to a Spark DataFrame.

    Nothing is computed before the frame is. The model is a broadcast variable:
    it is sent once to each executor, and each Python worker opens it once. Of a
    bundled model only the name and the SHA-256 are sent, of others the bytes of
    the file: executors need not see it. (Spark Connect has no broadcast
    variables; there it travels with the function.)

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
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
    batches : {"arrow", "pandas"}, default="arrow"
        How rows come to Python, by ``mapInArrow`` or ``mapInPandas``. The former
        leaves the other columns as they are. The latter makes them pandas'
        first: a NaN comes back as null, and times before 1678 or after 2262 are
        an error.

    Returns
    -------
    pyspark.sql.DataFrame
        The columns of the frame with their types, then ``label``, ``label_fa``
        (string) and ``confidence`` (double), of topics ``labels``, ``labels_fa``,
        ``confidences`` (arrays) and ``confidence``; also the target or claim; and
        ``error``. If the frame has one of these names, in whatever case, all get
        the prefix ``predicted_``. A row whose text is null or no text has only an
        error.

    Raises
    ------
    MissingExtraError
        If Spark is not installed.
    InputTypeError
        If `frame` is no Spark DataFrame.
    ParameterError
        If there is no such column, or the question does not fit the model.
    ModelFileError
        If there is no such model, or its file is damaged.

    Examples
    --------
    >>> from fanews_classify.interop.spark import add_predictions
    >>> def sections(spark, folder):
    ...     news = spark.read.parquet(folder).select("id", "title", "body")
    ...     return add_predictions(news, "section", column="title+body")
    """
    types = _types()
    if not all(hasattr(frame, name) for name in ("mapInArrow", "mapInPandas", "sparkSession")):
        raise InputTypeError(
            f"{type(frame).__module__.partition('.')[0]}.{type(frame).__name__} is no "
            "pyspark.sql.DataFrame; spark.createDataFrame(...) makes one"
        )
    if batches not in BATCHES:
        raise ParameterError(f"batches={batches!r}; choose one of {list(BATCHES)}")
    asked = question(
        columns_of(model, target, claim, abstain_below), frame.columns, column, fold=True
    )
    answer = (
        types.StructField(name, _type(base), nullable=True)
        for base, name in zip(asked.answer.names, asked.names, strict=True)
    )
    schema = types.StructType([*frame.schema.fields, *answer])
    held = _sent(frame.sparkSession, asked)
    if batches == "pandas":
        return frame.mapInPandas(_in_pandas(held), schema)
    return frame.mapInArrow(_in_arrow(held), schema)


def label_udf(
    model: Model = "section",
    *,
    target: str | None = None,
    claim: str | None = None,
    abstain_below: float | None = None,
) -> Any:
    """Return a function of a column of texts that gives labels, a ``pandas_udf``.

    Parameters
    ----------
    model, target, claim, abstain_below
        As for `add_predictions`.

    Returns
    -------
    function
        For ``withColumn`` and ``select``, and for SQL after
        ``spark.udf.register``. It gives a string, of topics an array of strings;
        null where there is no text.

    Raises
    ------
    FanewsError
        As `add_predictions`.

    Examples
    --------
    >>> from fanews_classify.interop.spark import label_udf
    >>> def of_sport(spark, news):
    ...     spark.udf.register("section", label_udf("section"))
    ...     news.createOrReplaceTempView("news")
    ...     return spark.sql("SELECT * FROM news WHERE section(body) = 'sport'")
    """
    _types()
    answer = columns_of(model, target, claim, abstain_below)
    base = next(name for name in LABELS if name in answer.names)
    return _udf(answer, _type(base), base)


def answer_udf(
    model: Model = "section",
    *,
    target: str | None = None,
    claim: str | None = None,
    abstain_below: float | None = None,
) -> Any:
    """Return a function of a column of texts that gives whole answers, a ``pandas_udf``.

    Parameters
    ----------
    model, target, claim, abstain_below
        As for `add_predictions`.

    Returns
    -------
    function
        It gives a struct with the fields that `add_predictions` adds.

    Raises
    ------
    FanewsError
        As `add_predictions`.

    Examples
    --------
    >>> from fanews_classify.interop.spark import answer_udf
    >>> def with_answers(news):
    ...     return news.withColumn("answer", answer_udf("section")("body")).select(
    ...         "id", "answer.label", "answer.confidence"
    ...     )
    """
    types = _types()
    answer = columns_of(model, target, claim, abstain_below)
    fields = [types.StructField(base, _type(base), nullable=True) for base in answer.names]
    return _udf(answer, types.StructType(fields), None)


def _types() -> Any:
    try:
        import pandas as pd  # noqa: F401
        import pyarrow as pa  # noqa: F401
        from pyspark.sql import types
    except ImportError as error:
        raise MissingExtraError(error.name or "pyspark", "spark", "predicting on Spark") from error
    return types


def _type(base: str) -> Any:
    from pyspark.sql import types

    one = types.DoubleType() if base in NUMBERS else types.StringType()
    return types.ArrayType(one) if base in LISTS else one


def _sent(session: Any, asked: Question) -> Any:
    """Return an object whose ``value`` is the question, on the workers too."""
    if session is None or ".connect." in type(session).__module__:
        return SimpleNamespace(value=asked)
    return session.sparkContext.broadcast(asked)


# What these return is sent to the workers by value, as functions inside of others are: it
# refers to the broadcast variable and holds no model.


def _in_arrow(held: Any) -> Callable[[Iterator[Any]], Iterator[Any]]:
    def add_answers(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        asked: Question = held.value
        for batch in batches:
            found = asked([batch.column(place).to_pylist() for place in asked.places])
            arrays = [pa.array(values, _arrow_type(base)) for base, values in found.items()]
            yield pa.RecordBatch.from_arrays(
                [*batch.columns, *arrays], names=[*batch.schema.names, *asked.names]
            )

    return add_answers


def _in_pandas(held: Any) -> Callable[[Iterator[Any]], Iterator[Any]]:
    def add_answers(frames: Iterator[Any]) -> Iterator[Any]:
        import pandas as pd

        asked: Question = held.value
        for frame in frames:
            found = asked([frame.iloc[:, place].tolist() for place in asked.places])
            yield frame.assign(
                **{
                    name: pd.Series(values, index=frame.index, dtype=_pandas_type(base))
                    for (base, values), name in zip(found.items(), asked.names, strict=True)
                }
            )

    return add_answers


def _udf(answer: Any, kind: Any, base: str | None) -> Any:
    import pandas as pd
    from pyspark.sql import SparkSession
    from pyspark.sql.pandas.functions import pandas_udf

    held = _sent(SparkSession.getActiveSession(), Question(answer, (0,), answer.names))

    def label(texts: Any) -> Any:
        found = held.value([texts.tolist()])
        columns = {
            name: pd.Series(values, index=texts.index, dtype=_pandas_type(name))
            for name, values in found.items()
        }
        return columns[base] if base is not None else pd.DataFrame(columns)

    label.__annotations__ = {
        "texts": pd.Series,
        "return": pd.Series if base is not None else pd.DataFrame,
    }
    make: Any = pandas_udf
    return make(label, kind)


def _arrow_type(base: str) -> Any:
    import pyarrow as pa

    one = pa.float64() if base in NUMBERS else pa.string()
    return pa.list_(one) if base in LISTS else one


def _pandas_type(base: str) -> str:
    return "float64" if base in NUMBERS - LISTS else "object"
