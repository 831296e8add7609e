"""A classifier of how a text judges a target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import LabelError
from fanews_classify.model._base import (
    FloatArray,
    LinearClassifier,
    most_probable,
    paired,
)
from fanews_classify.model._calibration import Calibration
from fanews_classify.model._containers import SeriesT, as_given
from fanews_classify.model._explain import Explanation, contributions
from fanews_classify.model._focus import Focus
from fanews_classify.model._linear import LinearScorer
from fanews_classify.text._input import check_text


class StancePrediction(NamedTuple):
    """How one text judges one target.

    Attributes
    ----------
    label, label_fa : str
        The most probable stance, or ``"unknown"``, and its Persian name.
    confidence : float
        Probability of the most probable stance.
    target : str
    """

    label: str
    label_fa: str
    confidence: float
    target: str


@dataclass(frozen=True, eq=False, kw_only=True)
class StanceClassifier(LinearClassifier):
    """A trained classifier of the stance of a text's dominant voice.

    Made by :func:`fanews_classify.load` or :func:`fanews_classify.train`. It
    reads the whole text, its lead, and once more the sentences that speak of
    the target, so that one text may have different stances on two targets.

    Attributes
    ----------
    name, labels, labels_fa, abstain_below, info
        See `LinearClassifier`.
    targets : tuple of str
        What a stance can be asked about.

    Examples
    --------
    >>> import fanews_classify as fc
    >>> stance = fc.load("stance")
    >>> text = "بازنشستگان در اعتراض به پایین بودن مستمری و وعده‌های عملی نشده تجمع کردند"
    >>> stance.predict(text, target="pension_payments")
    'critical'
    """

    calibration: Calibration = field(repr=False)
    targets: tuple[str, ...]
    focus: Focus = field(repr=False)
    focus_scorer: LinearScorer = field(repr=False)
    bias: FloatArray = field(repr=False)

    @overload  # a str is an iterable of str as well, hence the overlaps
    def predict(  # type: ignore[overload-overlap]
        self, texts: str, target: str, *, abstain_below: float | None = None
    ) -> str: ...
    @overload
    def predict(  # as many answers as targets, in their container
        self, texts: str, target: Any, *, abstain_below: float | None = None
    ) -> Any: ...
    @overload
    def predict(
        self, texts: SeriesT, target: Iterable[str], *, abstain_below: float | None = None
    ) -> SeriesT: ...
    @overload
    def predict(
        self, texts: npt.NDArray[Any], target: Iterable[str], *, abstain_below: float | None = None
    ) -> npt.NDArray[np.object_]: ...
    @overload
    def predict(
        self, texts: Iterable[str], target: Iterable[str], *, abstain_below: float | None = None
    ) -> list[str]: ...
    def predict(self, texts: Any, target: Any, *, abstain_below: float | None = None) -> Any:
        """Return how texts judge targets.

        Parameters
        ----------
        texts : str, Series of pandas or Polars, array, or iterable of str
        target : str, Series, array, or iterable of str
            One of `targets` for all texts, or one for each text. For one text,
            several ask about each of them.
        abstain_below : float in [0, 1], optional
            Answer ``"unknown"`` where the most probable stance is less
            probable than this. A text without a known word is ``"unknown"``
            in any case.

        Returns
        -------
        str, Series, ndarray or list of str
            One answer if both are one ``str``. Else as many as there are texts
            or targets, in a container as that of the texts, or of the targets if
            the text is one ``str``: for a pandas Series a Series with the same
            index, named as the model; for a Polars Series one of ``String``;
            for another array an ndarray of object, shape (n,); for any other
            iterable a list.

        Raises
        ------
        LabelError
            If a target is not one of `targets`.
        ParameterError
            If the numbers of texts and targets differ, or the indexes of two
            pandas Series: they are paired by position.
        InputTypeError
            If a text or target is not a ``str`` (a missing value is none).

        Examples
        --------
        >>> import fanews_classify as fc
        >>> text = "وزیر از ساخت خانه‌های ارزان و پرداخت وام مسکن خبر داد"
        >>> len(fc.load("stance").predict(text, target=["housing", "wages_labour"]))
        2
        """
        single, listed, names = self._pairs(texts, target)
        answers = self._answers(listed, names, self._threshold(abstain_below))
        if single:
            return answers[0].label
        given = target if isinstance(texts, str) else texts
        return as_given(given, [answer.label for answer in answers], self.name)

    def predict_proba(self, texts: str | Iterable[str], target: str | Iterable[str]) -> FloatArray:
        """Return calibrated probabilities of the stances.

        Parameters
        ----------
        texts, target
            As for `predict`.

        Returns
        -------
        ndarray of float64
            Shape (n, n_labels), or (n_labels,) if both are one ``str``; rows
            sum to 1.
        """
        single, listed, names = self._pairs(texts, target)
        probabilities = self._probabilities(listed, names)[0]
        one: FloatArray = probabilities[0] if single else probabilities
        return one

    def decision_function(  # type: ignore[override]  # a stance needs its target
        self, texts: str | Iterable[str], target: str | Iterable[str]
    ) -> FloatArray:
        """Return the linear scores from which probabilities are made; as `predict_proba`."""
        single, listed, names = self._pairs(texts, target)
        scores = self._scores(listed, names)[0]
        one: FloatArray = scores[0] if single else scores
        return one

    def explain(
        self, text: str, target: str, *, label: str | None = None, top: int | None = None
    ) -> Explanation:
        """Return what in the text spoke for or against a stance on a target.

        Parameters
        ----------
        text : str
        target : str
            One of `targets`.
        label : str, optional
            By default the most probable stance.
        top : int, optional
            Only the `top` strongest.

        Returns
        -------
        Explanation
            A list of Evidence, strongest first. Their weights, the intercept and the
            target's bias sum up to the label's score in `decision_function`.

        Raises
        ------
        LabelError
            If the model has no such label or target.
        """
        check_text(text)
        self._check_target(target)
        chosen = None if label is None else self.labels.index(self._check_label(label))
        probabilities = self._probabilities([text], [target])[0][0]
        column = int(np.argmax(probabilities)) if chosen is None else chosen
        focused = self.focus.texts([text], [target])[0]
        found = [
            *self._contributions(text, column),
            *(
                item
                for block in self.focus_scorer.blocks
                for item in contributions(block, focused, column)
            ),
        ]
        return self._evidence(found, text, column, top, probabilities, target)

    def _pairs(
        self, texts: str | Iterable[str], target: str | Iterable[str]
    ) -> tuple[bool, list[str], list[str]]:
        single, listed, names = paired(texts, target, "target")
        for name in dict.fromkeys(names):
            self._check_target(name)
        return single, listed, names

    def _check_target(self, target: str) -> None:
        if target not in self.targets:
            raise LabelError(
                f"{target!r} is no target of this model; it knows {list(self.targets)}"
            )

    def _scores(self, texts: list[str], targets: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        scores, known = self.scorer.score(texts)
        scores += self.focus_scorer.score(self.focus.texts(texts, targets))[0]
        scores += self.bias[[self.targets.index(target) for target in targets]]
        return scores, known

    def _probabilities(
        self, texts: list[str], targets: Sequence[str]
    ) -> tuple[FloatArray, FloatArray]:
        scores, known = self._scores(texts, targets)
        return self.calibration.probabilities(scores, known), known

    def _answers(
        self, texts: list[str], targets: Sequence[str], threshold: float
    ) -> list[StancePrediction]:
        best, confidence = most_probable(*self._probabilities(texts, targets), threshold)
        names = self._names
        columns: list[int] = best.tolist()
        return [
            StancePrediction(*names[i], sure, target)
            for i, sure, target in zip(columns, confidence.tolist(), targets, strict=True)
        ]
