"""The wrong answers that a model was most sure of, and the words that led there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from fanews_classify.display import Mark
from fanews_classify.evaluation.documents import JudgedDocuments
from fanews_classify.labels import UNKNOWN
from fanews_classify.model.claims import ClaimStanceClassifier
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.report._numbers import Scores

_WORDS: Final = 12  # marked in each text
_READ: Final = 200_000  # characters of a text whose words are looked at


class Mistake(NamedTuple):
    """One wrong answer.

    Attributes
    ----------
    position : int
        Of the document, counted from 0.
    text : str
    truth, answer : tuple of str
        One label each, or with several labels a text any number.
    confidence : float
        Probability that the wrong label is right; with several labels, of the
        most certain of the wrong decisions.
    about : str
        The label whose words are marked: the wrong one that was given, or with
        several labels perhaps one that was missed.
    missed : bool
        Whether `about` was missed.
    marks : list of Mark
        Empty where there is no model to ask.
    asked, source : str
    """

    position: int
    text: str
    truth: tuple[str, ...]
    answer: tuple[str, ...]
    confidence: float
    about: str
    missed: bool
    marks: list[Mark]
    asked: str
    source: str


def worst_mistakes(evaluation: Scores, count: int) -> tuple[list[Mistake], int]:
    """Return the most confident wrong answers, at most `count`, and how many there are.

    An answer that was withheld is none.
    """
    known = evaluation.documents
    if known is None or known.texts is None:
        return [], 0
    if known.truth.ndim == 1:
        positions, sure, columns = _single(known)
    else:
        positions, sure, columns = _several(known)
    order = np.argsort(-sure, kind="stable")[:count]
    found = [
        _mistake(evaluation.labels, known, int(positions[i]), float(sure[i]), int(columns[i]))
        for i in order
    ]
    return found, len(positions)


Wrong = tuple[npt.NDArray[np.intp], npt.NDArray[np.float64], npt.NDArray[np.intp]]


def _single(known: JudgedDocuments) -> Wrong:
    given = known.answers < known.probabilities.shape[1]
    positions = np.flatnonzero(given & (known.answers != known.truth))
    columns = known.answers[positions]
    return positions, known.probabilities[positions, columns], columns


def _several(known: JudgedDocuments) -> Wrong:
    wrong = known.truth != known.answers
    positions = np.flatnonzero(wrong.any(axis=1))
    decided = np.where(known.answers, known.probabilities, 1.0 - known.probabilities)[positions]
    decided[~wrong[positions]] = -1.0
    columns = decided.argmax(axis=1)
    return positions, decided[np.arange(len(positions)), columns], columns


def _mistake(
    labels: Sequence[str], known: JudgedDocuments, at: int, sure: float, column: int
) -> Mistake:
    text = (known.texts or ())[at]
    asked = str(known.asked[at]) if known.asked else ""
    sources = known.sources
    about = labels[column]
    missed = bool(known.truth.ndim > 1 and known.truth[at, column])
    return Mistake(
        at,
        text,
        _named(labels, known.truth[at]),
        _named(labels, known.answers[at]),
        sure,
        about,
        missed,
        _marks(known.model, text, asked, about, missed),
        asked,
        "" if sources is None else str(sources[at]),
    )


def _named(labels: Sequence[str], given: Any) -> tuple[str, ...]:
    if np.ndim(given):
        return tuple(label for label, one in zip(labels, given, strict=True) if one)
    return ((*labels, UNKNOWN)[int(given)],)


def _marks(model: Any, text: str, asked: str, about: str, missed: bool) -> list[Mark]:
    """Mark what spoke for the wrong answer; of a label that was missed also what spoke against."""
    if model is None:
        return []
    head = text[:_READ]
    if isinstance(model, ClaimStanceClassifier):
        found = model.evidence(head, asked)
    elif isinstance(model, StanceClassifier):
        found = model.explain(head, asked, label=about)
    else:
        found = model.explain(head, label=about)
    chosen = [item for item in found if item.weight > 0 or missed][:_WORDS]
    return [Mark(item.start, item.end, item.weight, about) for item in chosen]
