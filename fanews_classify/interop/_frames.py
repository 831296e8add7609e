"""What the adapters of Dask and Spark share: a model, a question, and the columns of a table."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fanews_classify.errors import ParameterError
from fanews_classify.model._assembly import AnyModel
from fanews_classify.records.columns import text_columns
from fanews_classify.scale.columns import Columns, answer_names, joined
from fanews_classify.scale.shipping import Shipped

Model = str | os.PathLike[str] | AnyModel
LABELS: Final = ("label", "labels")
"""The column that holds the answer itself; a model has one of them."""


@dataclass(frozen=True)
class Question:
    """What is asked of the rows of a table; can be sent to other processes.

    Attributes
    ----------
    answer : Columns
    places : tuple of int
        Where the columns of text stand.
    names : tuple of str
        How the columns of the answer are called in that table.
    """

    answer: Columns
    places: tuple[int, ...]
    names: tuple[str, ...]

    def __call__(self, columns: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
        """Return the columns of the answer by the names that they have in the answer."""
        return self.answer(joined(columns))

    def token(self, *more: object) -> str:
        """Return a name that is the same for the same question."""
        answer = self.answer
        asked = (
            answer.shipped.digest,
            answer.target,
            answer.claim,
            answer.abstain_below,
            self.places,
            self.names,
            *map(str, more),
        )
        return hashlib.sha256(repr(asked).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def columns_of(
    model: Model, target: str | None, claim: str | None, abstain_below: float | None
) -> Columns:
    """Return a model and its question.

    Raises
    ------
    ParameterError
        If the question does not fit the model, or a table cannot hold it.
    """
    for what, value in (("target", target), ("claim", claim)):
        try:
            (value or "").encode()
        except UnicodeEncodeError as error:
            raise ParameterError(
                f"the {what} has a lone surrogate at {error.start}, which is no character and "
                "which no table can hold; take it out"
            ) from error
    return Columns(Shipped(model), target, claim, abstain_below)


def question(answer: Columns, columns: Iterable[Any], asked: str, *, fold: bool) -> Question:
    """Find the columns of text and name those of the answer.

    Parameters
    ----------
    answer : Columns
    columns : iterable
        The names that the table has.
    asked : str
        The column of text; ``"title+body"`` for several.
    fold : bool
        Whether capitals do not tell names apart.

    Raises
    ------
    ParameterError
        If there is no such column.
    """
    given = list(columns)
    known = [name for name in given if isinstance(name, str)]
    found = text_columns("the table", known, asked)
    if fold:
        known += [name.lower() for name in known]
    names = answer_names(answer.names, known)
    return Question(answer, tuple(map(given.index, found)), tuple(names))
