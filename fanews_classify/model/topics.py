"""A classifier that gives each text as many labels as fit, also none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ParameterError
from fanews_classify.labels import UNKNOWN, persian_name
from fanews_classify.model._base import FloatArray, TextClassifier
from fanews_classify.model._containers import AnySeries, as_given
from fanews_classify.model._explain import Explanation
from fanews_classify.model._passages import PassageScorer
from fanews_classify.model._sigmoid import SigmoidCalibration
from fanews_classify.text._input import check_text, check_texts


class TopicPrediction(NamedTuple):
    """The labels of one text.

    Attributes
    ----------
    labels : tuple of str
        Most probable first; empty if none fits; ``("unknown",)`` if the model
        was told to abstain.
    labels_fa : tuple of str
        Their Persian names.
    confidences : tuple of float
        Probability of each.
    confidence : float
        Of the whole answer: the probability of its least certain part, be it a
        label given or one left out.
    """

    labels: tuple[str, ...]
    labels_fa: tuple[str, ...]
    confidences: tuple[float, ...]
    confidence: float


@dataclass(frozen=True, eq=False, kw_only=True)
class TopicClassifier(TextClassifier[TopicPrediction]):
    """A trained classifier that gives each text zero or more labels.

    Made by :func:`fanews_classify.load` or :func:`fanews_classify.train`.

    Attributes
    ----------
    name, labels, labels_fa, abstain_below, info
        See `LinearClassifier`.
    thresholds : ndarray of float64, shape (n_labels,)
        A label is given from this probability on.

    Examples
    --------
    >>> import fanews_classify as fc
    >>> topic = fc.load("topic")
    >>> topic.predict("داروخانه‌ها از بدهی بیمه‌ها و پرداخت نشدن مطالبات خود گلایه کردند")
    ('health_finance_dispute',)
    >>> topic.predict("تیم ملی والیبال قهرمان شد")
    ()
    """

    scorer: PassageScorer = field(repr=False)
    calibration: SigmoidCalibration = field(repr=False)
    thresholds: FloatArray = field(repr=False)

    @overload  # a str is an iterable of str as well, hence the overlaps
    def predict(  # type: ignore[overload-overlap]
        self, texts: str, *, abstain_below: float | None = None
    ) -> tuple[str, ...]: ...
    @overload
    def predict(
        self, texts: AnySeries, *, abstain_below: float | None = None
    ) -> Any: ...  # of other elements than the given Series
    @overload
    def predict(
        self, texts: npt.NDArray[Any], *, abstain_below: float | None = None
    ) -> npt.NDArray[np.object_]: ...
    @overload
    def predict(
        self, texts: Iterable[str], *, abstain_below: float | None = None
    ) -> list[tuple[str, ...]]: ...
    def predict(self, texts: Any, *, abstain_below: float | None = None) -> Any:
        """Return the labels of a text, or those of many.

        Parameters
        ----------
        texts : str, Series of pandas or Polars, array, or iterable of str
        abstain_below : float in [0, 1], optional
            Answer ``("unknown",)`` where the least certain part of the answer
            (a label given, or one left out) is less probable than this, and
            where the text has no known word.

        Returns
        -------
        tuple of str, or Series, ndarray or list of tuples
            Most probable label first, ``()`` if none fits. For a Series a
            Series named as the model: of pandas with the same index, of Polars
            of type ``List(String)``. For another array an ndarray of object,
            shape (n,). For any other iterable a list.

        Raises
        ------
        InputTypeError
            If a text is not a ``str`` (a missing value is none); the message
            names its position, and its index label in a pandas Series. Also
            for a table: choose a column.
        """
        threshold = self._threshold(abstain_below)
        if isinstance(texts, str):
            return self._answers([texts], threshold)[0].labels
        answers = [answer.labels for answer in self._answers(check_texts(texts), threshold)]
        return as_given(texts, answers, self.name, several=True)

    def explain(
        self, text: str, *, label: str | None = None, top: int | None = None
    ) -> Explanation:
        """Return what in the text spoke for or against a label.

        Parameters
        ----------
        text : str
        label : str, optional
            By default the one nearest to its threshold or farthest above it.
        top : int, optional
            Only the `top` strongest.

        Returns
        -------
        Explanation
            A list of Evidence, strongest first. Their weights and the intercept sum up exactly to
            the label's score in `decision_function`.

        Raises
        ------
        LabelError
            If the model has no such label.
        """
        check_text(text)
        chosen = None if label is None else self.labels.index(self._check_label(label))
        probabilities = self._probabilities([text])[0][0]
        column = int(np.argmax(probabilities - self.thresholds)) if chosen is None else chosen
        return self._evidence(self._contributions(text, column), text, column, top, probabilities)

    def _contributions(self, text: str, column: int) -> Iterator[tuple[tuple[int, int], float]]:
        return self.scorer.contributions(text, column)

    def with_thresholds(self, thresholds: Mapping[str, float]) -> TopicClassifier:
        """Return the same model with other thresholds.

        Parameters
        ----------
        thresholds : mapping of str to float
            Probability from which on a label is given; labels that are not
            named keep theirs.

        Raises
        ------
        LabelError
            If the model has no such label.
        ParameterError
            If a threshold is no number from 0 to 1.
        """
        values = self.thresholds.copy()
        for label, value in thresholds.items():
            if not 0.0 <= value <= 1.0:
                raise ParameterError(f"threshold {value!r} of {label!r}; give a number from 0 to 1")
            values[self.labels.index(self._check_label(label))] = value
        return replace(self, thresholds=values)

    def _given(self, probabilities: FloatArray, known: FloatArray) -> npt.NDArray[np.bool_]:
        """Which labels are given; none where no word is known."""
        given: npt.NDArray[np.bool_] = probabilities >= self.thresholds
        given &= (known > 0)[:, None]
        return given

    def _answers(self, texts: list[str], threshold: float) -> list[TopicPrediction]:
        probabilities, known = self._probabilities(texts)
        given = self._given(probabilities, known)
        confidence = answer_confidence(probabilities, given)
        answers = []
        unsure = (confidence < threshold) | ((known == 0) & (threshold > 0))
        for row, some, sure, abstain in zip(probabilities, given, confidence, unsure, strict=True):
            if abstain:
                answers.append(
                    TopicPrediction((UNKNOWN,), (persian_name(UNKNOWN),), (float(sure),), sure)
                )
                continue
            order = sorted(np.flatnonzero(some).tolist(), key=lambda i: (-row[i], i))
            answers.append(
                TopicPrediction(
                    tuple(self.labels[i] for i in order),
                    tuple(self.labels_fa[i] for i in order),
                    tuple(float(row[i]) for i in order),
                    float(sure),
                )
            )
        return answers


def answer_confidence(probabilities: FloatArray, given: npt.NDArray[np.bool_]) -> FloatArray:
    """Probability of the least certain part of each answer, shape (n,)."""
    sure: FloatArray = np.where(given, probabilities, 1.0 - probabilities).min(axis=1, initial=1.0)
    return sure
