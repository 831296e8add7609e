"""The object that users hold: a trained classifier of Persian texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from fanews_classify.labels import UNKNOWN
from fanews_classify.model._base import TextClassifier, most_probable
from fanews_classify.model._containers import SeriesT, as_given
from fanews_classify.model._explain import Explanation
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

    @overload  # a str is an iterable of str as well, hence the overlaps
    def predict(  # type: ignore[overload-overlap]
        self, texts: str, *, abstain_below: float | None = None
    ) -> str: ...
    @overload
    def predict(self, texts: SeriesT, *, abstain_below: float | None = None) -> SeriesT: ...
    @overload
    def predict(
        self, texts: npt.NDArray[Any], *, abstain_below: float | None = None
    ) -> npt.NDArray[np.object_]: ...
    @overload
    def predict(self, texts: Iterable[str], *, abstain_below: float | None = None) -> list[str]: ...
    def predict(self, texts: Any, *, abstain_below: float | None = None) -> Any:
        """Return the label of a text, or the labels of many.

        Parameters
        ----------
        texts : str, Series of pandas or Polars, array, or iterable of str
        abstain_below : float in [0, 1], optional
            Answer ``"unknown"`` where the most probable label is less probable
            than this. A text without a single known word (empty, another
            language) is ``"unknown"`` in any case.

        Returns
        -------
        str, Series, ndarray or list of str
            One answer for one ``str``. For a Series a Series named as the
            model: of pandas with the same index, of Polars of type ``String``.
            For another array an ndarray of object, shape (n,). For any other
            iterable a list of the same length and order.

        Raises
        ------
        InputTypeError
            If a text is not a ``str`` (a missing value is none); the message
            names its position, and its index label in a pandas Series.
            Nothing is predicted then. Also for a table: choose a column.

        Examples
        --------
        >>> import fanews_classify as fc
        >>> section = fc.load("section")
        >>> section.predict(["بانک مرکزی نرخ سود سپرده‌ها را افزایش داد", ""])
        ['economy', 'unknown']
        """
        threshold = self._threshold(abstain_below)
        listed = [texts] if isinstance(texts, str) else check_texts(texts)
        if threshold:
            found, known = self._probabilities(listed)
        else:  # the most probable label is the one with the largest score
            found, known = self.scorer.score(listed)
            threshold = -np.inf
        labels = (*self.labels, UNKNOWN)
        answers = [labels[i] for i in most_probable(found, known, threshold)[0].tolist()]
        return answers[0] if isinstance(texts, str) else as_given(texts, answers, self.name)

    def explain(
        self, text: str, *, label: str | None = None, top: int | None = None
    ) -> Explanation:
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
        Explanation
            A list of Evidence, strongest first. Their weights and the intercept sum up exactly to
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
        chosen = None if label is None else self.labels.index(self._check_label(label))
        probabilities = self._probabilities([text])[0][0]
        column = int(np.argmax(probabilities)) if chosen is None else chosen
        return self._evidence(self._contributions(text, column), text, column, top, probabilities)

    def _answers(self, texts: list[str], threshold: float) -> list[Prediction]:
        best, confidence = most_probable(*self._probabilities(texts), threshold)
        names = self._names
        columns: list[int] = best.tolist()
        return [
            Prediction(*names[i], sure)
            for i, sure in zip(columns, confidence.tolist(), strict=True)
        ]
