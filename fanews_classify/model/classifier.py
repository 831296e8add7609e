"""The object that users hold: a trained classifier of Persian texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np

from fanews_classify.labels import UNKNOWN, persian_name
from fanews_classify.model._base import TextClassifier
from fanews_classify.model._explain import Evidence
from fanews_classify.text._input import check_text, check_texts


class Prediction(NamedTuple):
    """One answer.

    Attributes
    ----------
    label : str
        The most probable label, or ``"unknown"``.
    label_fa : str
        Its Persian name.
    confidence : float
        Probability of the most probable label, also where the answer is
        ``"unknown"``.
    """

    label: str
    label_fa: str
    confidence: float


@dataclass(frozen=True, eq=False, kw_only=True)
class NewsClassifier(TextClassifier[Prediction]):
    """A trained classifier that gives each text one label.

    Made by :func:`fanews_classify.load` or :func:`fanews_classify.train`.

    Attributes
    ----------
    name, labels, labels_fa, abstain_below, info
        See `LinearClassifier`.

    Examples
    --------
    >>> import fanews_classify as fc
    >>> section = fc.load("section")
    >>> section.predict("تیم ملی والیبال ایران در سه ست حریف خود را شکست داد")
    'sport'
    """

    @overload  # a str is an iterable of str as well, hence the overlap
    def predict(  # type: ignore[overload-overlap]
        self, texts: str, *, abstain_below: float | None = None
    ) -> str: ...
    @overload
    def predict(self, texts: Iterable[str], *, abstain_below: float | None = None) -> list[str]: ...
    def predict(
        self, texts: str | Iterable[str], *, abstain_below: float | None = None
    ) -> str | list[str]:
        """Return the label of a text, or the labels of many.

        Parameters
        ----------
        texts : str or iterable of str
        abstain_below : float in [0, 1], optional
            Answer ``"unknown"`` where the most probable label is less probable
            than this. A text without a single known word (empty, another
            language) is ``"unknown"`` in any case.

        Returns
        -------
        str or list of str
            One answer for one ``str``; a list of the same length and order
            for an iterable.

        Raises
        ------
        InputTypeError
            If a text is not a ``str``; the message names its position. Nothing
            is predicted then.

        Examples
        --------
        >>> import fanews_classify as fc
        >>> section = fc.load("section")
        >>> section.predict(["بانک مرکزی نرخ سود سپرده‌ها را افزایش داد", ""])
        ['economy', 'unknown']
        """
        threshold = self._threshold(abstain_below)
        single = isinstance(texts, str)
        listed = [texts] if isinstance(texts, str) else check_texts(texts)
        if threshold:
            best = self._best(listed, threshold)[0]
        else:  # the most probable label is the one with the largest score
            scores, known = self.scorer.score(listed)
            found = scores.argmax(axis=1)
            found[known == 0.0] = len(self.labels)
            best = found.tolist()
        labels = (*self.labels, UNKNOWN)
        return labels[best[0]] if single else [labels[i] for i in best]

    def explain(
        self, text: str, *, label: str | None = None, top: int | None = None
    ) -> list[Evidence]:
        """Return what in the text spoke for or against a label.

        Parameters
        ----------
        text : str
        label : str, optional
            By default the most probable one.
        top : int, optional
            Only the `top` strongest.

        Returns
        -------
        list of Evidence
            Strongest first. Their weights and the intercept sum up exactly to
            the label's score in `decision_function`. Empty if the text has no
            known word.

        Raises
        ------
        LabelError
            If the model has no such label.

        Examples
        --------
        >>> import fanews_classify as fc
        >>> text = "تیم فوتبال شهر قهرمان شد"
        >>> strongest = fc.load("section").explain(text)[0]
        >>> text[strongest.start : strongest.end] == strongest.text
        True
        """
        check_text(text)
        if label is None:
            label = self.labels[int(np.argmax(self._probabilities([text])[0][0]))]
        return self._evidence(text, label, top)

    def _answers(self, texts: list[str], threshold: float) -> list[Prediction]:
        names = [*zip(self.labels, self.labels_fa, strict=True), (UNKNOWN, persian_name(UNKNOWN))]
        return [
            Prediction(*names[i], confidence)
            for i, confidence in zip(*self._best(texts, threshold), strict=True)
        ]

    def _best(self, texts: list[str], threshold: float) -> tuple[list[int], list[float]]:
        """Return the column of each answer, one past the last for unknown, and its confidence."""
        probabilities, known = self._probabilities(texts)
        best = probabilities.argmax(axis=1)
        confidence = probabilities.max(axis=1)
        best[(known == 0.0) | (confidence < threshold)] = len(self.labels)
        return best.tolist(), confidence.tolist()
