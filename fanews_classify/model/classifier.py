"""The object that users hold: a trained classifier of Persian texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import InputTypeError, LabelError, ParameterError
from fanews_classify.labels import UNKNOWN, persian_name
from fanews_classify.model._calibration import Calibration
from fanews_classify.model._explain import Evidence, contributions
from fanews_classify.model._linear import LinearScorer
from fanews_classify.text._hashing import WINDOW
from fanews_classify.text._input import check_text, check_texts

FloatArray = npt.NDArray[np.float64]

_STREAM_TEXTS: Final = 1024  # texts held at once by `stream`, whatever their length


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


@dataclass(frozen=True, eq=False)
class NewsClassifier:
    """A trained single-label classifier; prediction needs numpy only.

    Made by :func:`fanews_classify.load` or :func:`fanews_classify.train`.
    It never changes, so any number of threads may use one object.

    Attributes
    ----------
    name : str
        Name of the model, for instance ``"section"``.
    labels : tuple of str
        Label ids, in the order of the columns of `predict_proba`.
    labels_fa : tuple of str
        Their Persian names.
    abstain_below : float
        Confidence below which `predict` answers ``"unknown"``, unless it is
        told otherwise.
    info : mapping
        What the model was trained on, its scores, versions.

    Examples
    --------
    >>> import fanews_classify as fc
    >>> section = fc.load("section")
    >>> section.predict("تیم ملی والیبال ایران در سه ست حریف خود را شکست داد")
    'sport'
    """

    name: str
    labels: tuple[str, ...]
    labels_fa: tuple[str, ...]
    scorer: LinearScorer = field(repr=False)
    calibration: Calibration = field(repr=False)
    abstain_below: float = 0.0
    info: Mapping[str, Any] = field(default_factory=dict, repr=False)

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
        if isinstance(texts, str):
            return self._answers([texts], threshold)[0].label
        return [answer.label for answer in self._answers(check_texts(texts), threshold)]

    def predict_proba(self, texts: str | Iterable[str]) -> FloatArray:
        """Return calibrated probabilities.

        Returns
        -------
        ndarray of float64
            Shape (n_texts, n_labels) for an iterable, (n_labels,) for one
            ``str``; columns in the order of `labels`. Rows sum to 1; a text
            without a known word has the same probability everywhere.

        Raises
        ------
        InputTypeError
            If a text is not a ``str``.
        """
        if isinstance(texts, str):
            one: FloatArray = self._probabilities([texts])[0][0]
            return one
        return self._probabilities(check_texts(texts))[0]

    def decision_function(self, texts: str | Iterable[str]) -> FloatArray:
        """Return the linear scores from which probabilities are made.

        Returns
        -------
        ndarray of float64
            Shape (n_texts, n_labels), or (n_labels,) for one ``str``. Equal to
            those of the exported scikit-learn pipeline to 1e-5.
        """
        if isinstance(texts, str):
            one: FloatArray = self.scorer.score([texts])[0][0]
            return one
        return self.scorer.score(check_texts(texts))[0]

    def stream(
        self, texts: Iterable[str], *, abstain_below: float | None = None
    ) -> Iterator[Prediction]:
        """Predict a stream of any length in constant memory.

        Parameters
        ----------
        texts : iterable of str
            Read as far as needed for the next answers.
        abstain_below : float in [0, 1], optional

        Yields
        ------
        Prediction
            One for each text, in order.

        Raises
        ------
        InputTypeError
            At a text that is no ``str``, after the answers for those before it.

        Examples
        --------
        >>> import fanews_classify as fc
        >>> lines = iter(["گل دقیقه نود تیم فوتبال را قهرمان لیگ کرد"])
        >>> [answer.label for answer in fc.load("section").stream(lines)]
        ['sport']
        """
        threshold = self._threshold(abstain_below)
        if isinstance(texts, str):
            check_texts(texts)  # refuses a bare str: its characters are no texts
        return self._stream(iter(texts), threshold)

    def _stream(self, texts: Iterator[str], threshold: float) -> Iterator[Prediction]:
        position = 0
        fault: InputTypeError | None = None
        while fault is None:
            held: list[str] = []
            size = 0
            for text in islice(texts, _STREAM_TEXTS):
                try:
                    held.append(check_text(text, position + len(held)))
                except InputTypeError as error:
                    fault = error  # raised after the answers for what came before
                    break
                size += len(text)
                if size >= 4 * WINDOW:
                    break
            if not held and fault is None:
                return
            yield from self._answers(held, threshold)
            position += len(held)
        raise fault

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
        if top is not None and top < 0:
            raise ParameterError(f"top={top!r}; give a number of 0 or more, or None for all")
        if label is None:
            label = self.labels[int(np.argmax(self._probabilities([text])[0][0]))]
        if label not in self.labels:
            raise LabelError(f"{label!r} is no label of this model; it has {list(self.labels)}")
        column = self.labels.index(label)
        found = [
            Evidence(start, end, text[start:end], label, weight)
            for block in self.scorer.blocks
            for (start, end), weight in contributions(block, text, column)
        ]
        found.sort(key=lambda evidence: (-abs(evidence.weight), evidence.start, evidence.end))
        return found[:top]

    def _probabilities(self, texts: list[str]) -> tuple[FloatArray, npt.NDArray[np.int64]]:
        scores, known = self.scorer.score(texts)
        return self.calibration.probabilities(scores, known), known

    def _answers(self, texts: list[str], threshold: float) -> list[Prediction]:
        probabilities, known = self._probabilities(texts)
        best = probabilities.argmax(axis=1)
        confidence = probabilities[np.arange(len(texts)), best]
        best = np.where((known > 0) & (confidence >= threshold), best, len(self.labels))
        names = [*zip(self.labels, self.labels_fa, strict=True), (UNKNOWN, persian_name(UNKNOWN))]
        return [
            Prediction(names[i][0], names[i][1], p)
            for i, p in zip(best.tolist(), confidence.tolist(), strict=True)
        ]

    def _threshold(self, abstain_below: float | None) -> float:
        if abstain_below is None:
            return self.abstain_below
        if not 0.0 <= abstain_below <= 1.0:
            raise ParameterError(f"abstain_below={abstain_below!r}; give a number from 0 to 1")
        return float(abstain_below)
