"""The object that users hold: a trained classifier of Persian texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np

from fanews_classify.labels import UNKNOWN
from fanews_classify.model._base import TextClassifier, most_probable
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
            found, known = self._probabilities(listed)
        else:  # the most probable label is the one with the largest score
            found, known = self.scorer.score(listed)
            threshold = -np.inf
        labels = (*self.labels, UNKNOWN)
        answers = [labels[i] for i in most_probable(found, known, threshold)[0].tolist()]
        return answers[0] if single else answers

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
        best, confidence = most_probable(*self._probabilities(texts), threshold)
        names = self._names
        columns: list[int] = best.tolist()
        return [
            Prediction(*names[i], sure)
            for i, sure in zip(columns, confidence.tolist(), strict=True)
        ]
