"""Answers as columns of a table, one row for each text whatever it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fanews_classify.analysis import answers
from fanews_classify.records import columns as records
from fanews_classify.scale.shipping import Shipped
from fanews_classify.text._input import is_missing

ERROR: Final = "error"
PREFIX: Final = "predicted_"
LISTS: Final = frozenset({"labels", "labels_fa", "confidences"})
"""Columns of topics, several of which one text may have."""
NUMBERS: Final = frozenset({"confidence", "confidences"})
"""Columns of float64; all others are of text."""


@dataclass(frozen=True)
class Columns:
    """A model and what it is asked, as a function from texts to columns.

    It can be sent to other processes; each opens the model once.

    Parameters
    ----------
    shipped : Shipped
    target : str, optional
        Of a stance model.
    claim : str, optional
        Of a claim model.
    abstain_below : float in [0, 1], optional

    Raises
    ------
    ParameterError
        If the model needs a target or a claim and there is none, or the like.

    Examples
    --------
    >>> answer = Columns(Shipped("section"))
    >>> found = answer(["گل دقیقه نود تیم فوتبال را قهرمان لیگ کرد", None])
    >>> found["label"], found["error"]
    (['sport', None], [None, 'no text'])
    """

    shipped: Shipped
    target: str | None = None
    claim: str | None = None
    abstain_below: float | None = None
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        model = self.shipped.model
        answers.question(model, self.target, self.claim)
        model._threshold(self.abstain_below)
        object.__setattr__(self, "names", (*answers.columns(model), ERROR))

    def __call__(self, texts: Sequence[Any]) -> dict[str, list[Any]]:
        """Return the columns `names`.

        Parameters
        ----------
        texts : sequence
            Where an element is no ``str`` (None, NaN, a number, bytes), the row has
            an `ERROR` and nothing else.

        Returns
        -------
        dict of str to list
            Lists of the length of `texts`.
        """
        model = self.shipped.model
        given = [text for text in texts if isinstance(text, str)]
        found = iter(
            answers.stream(model, given, self.target or self.claim or "", self.abstain_below)
        )
        columns: dict[str, list[Any]] = {name: [] for name in self.names}
        for text in texts:
            if isinstance(text, str):
                row = answers.values(next(found))
                for name in self.names[:-1]:
                    columns[name].append(list(row[name]) if name in LISTS else row[name])
                columns[ERROR].append(None)
            else:
                for name in self.names[:-1]:
                    columns[name].append(None)
                columns[ERROR].append(fault_of(text))
        return columns


def fault_of(text: object) -> str:
    """Say why an object is no text."""
    return "no text" if is_missing(text) else f"not a text but {type(text).__name__}"


def joined(columns: Sequence[Sequence[Any]]) -> list[Any]:
    r"""Return the texts of rows, where several columns hold parts of them.

    Parameters
    ----------
    columns : sequence of sequence
        Values of each column, all of one length. If there is one, its values stay
        what they are. Of several the values that are there are joined by line
        ends; numbers among them are written out.

    Returns
    -------
    list
        None for a row without any value.

    Examples
    --------
    >>> joined([["تیتر", None, None], ["متن", "متن", None]])
    ['تیتر\nمتن', 'متن', None]
    """
    if len(columns) == 1:
        return list(columns[0])
    return [records.joined(row) for row in zip(*columns, strict=True)]


def answer_names(base: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return the names that the columns of the answer have beside those of the input.

    Examples
    --------
    >>> answer_names(["label", "error"], ["text", "label"])
    ['predicted_label', 'predicted_error']
    """
    names = list(base)
    while not set(names).isdisjoint(columns):
        names = [PREFIX + name for name in names]
    return names
