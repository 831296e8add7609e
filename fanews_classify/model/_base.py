"""What all classifiers share: scores, streams, explanations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import InputTypeError, LabelError, ParameterError
from fanews_classify.labels import UNKNOWN, persian_name
from fanews_classify.model._containers import check_indexes
from fanews_classify.model._explain import Evidence, Explanation, contributions
from fanews_classify.model._linear import LinearScorer
from fanews_classify.text._hashing import WINDOW
from fanews_classify.text._input import check_text, check_texts, iterate_texts

if TYPE_CHECKING:
    from fanews_classify.model._calibration import Calibration
    from fanews_classify.model._sigmoid import SigmoidCalibration

FloatArray = npt.NDArray[np.float64]
Answer = TypeVar("Answer")

_STREAM_TEXTS: Final = 1024  # `stream` holds so many texts at once at most,
_STREAM_CHARACTERS: Final = 4 * WINDOW  # and no more once they have so many characters


@dataclass(frozen=True, eq=False, kw_only=True)
class Classifier:
    """What every trained model is; prediction needs numpy only.

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
    """

    name: str
    labels: tuple[str, ...]
    labels_fa: tuple[str, ...]
    abstain_below: float = 0.0
    info: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def _names(self) -> list[tuple[str, str]]:
        """English and Persian names of the labels, and last of «unknown»."""
        named = zip(self.labels, self.labels_fa, strict=True)
        return [*named, (UNKNOWN, persian_name(UNKNOWN))]

    def _check_label(self, label: str) -> str:
        if label not in self.labels:
            raise LabelError(f"{label!r} is no label of this model; it has {list(self.labels)}")
        return label

    def _threshold(self, abstain_below: float | None) -> float:
        if abstain_below is None:
            return self.abstain_below
        if not 0.0 <= abstain_below <= 1.0:
            raise ParameterError(f"abstain_below={abstain_below!r}; give a number from 0 to 1")
        return float(abstain_below)


@dataclass(frozen=True, eq=False, kw_only=True)
class LinearClassifier(Classifier):
    """A linear model over TF-IDF features; see `Classifier` for its attributes."""

    scorer: LinearScorer = field(repr=False)

    def decision_function(self, texts: str | Iterable[str]) -> FloatArray:
        """Return the linear scores from which probabilities are made.

        Returns
        -------
        ndarray of float64
            Shape (n_texts, n_labels), or (n_labels,) for one ``str``. Equal to
            those of the exported scikit-learn pipeline to 1e-5.

        Raises
        ------
        InputTypeError
            If a text is not a ``str``.
        """
        if isinstance(texts, str):
            one: FloatArray = self.scorer.score([texts])[0][0]
            return one
        return self.scorer.score(check_texts(texts))[0]

    def _evidence(
        self,
        found: Iterable[tuple[tuple[int, int], float]],
        text: str,
        column: int,
        top: int | None,
        probabilities: FloatArray,
        question: str | None = None,
    ) -> Explanation:
        """Sum up the words that spoke for or against a label, strongest first."""
        if top is not None and top < 0:
            raise ParameterError(f"top={top!r}; give a number of 0 or more, or None for all")
        label = self.labels[column]
        return Explanation(
            strongest(found, text, label)[:top],
            text=text,
            label=label,
            label_fa=self.labels_fa[column],
            confidence=float(probabilities[column]),
            question=question,
        )

    def _contributions(self, text: str, column: int) -> Iterator[tuple[tuple[int, int], float]]:
        """Yield what adds up to a label's score: (span, weight)."""
        for block in self.scorer.blocks:
            yield from contributions(block, text, column)


@dataclass(frozen=True, eq=False, kw_only=True)
class TextClassifier(LinearClassifier, Generic[Answer]):
    """A linear classifier that needs nothing but the text."""

    calibration: Calibration | SigmoidCalibration = field(repr=False)

    def predict_proba(self, texts: str | Iterable[str]) -> FloatArray:
        """Return calibrated probabilities.

        Returns
        -------
        ndarray of float64
            Shape (n_texts, n_labels) for an iterable, (n_labels,) for one
            ``str``; columns in the order of `labels`. Where a text has one
            label, rows sum to 1 and are the same everywhere for a text without
            a known word; where it has any number, each probability stands for
            itself and is the base rate for such a text.

        Raises
        ------
        InputTypeError
            If a text is not a ``str``.

        Notes
        -----
        A table of them: ``pandas.DataFrame(model.predict_proba(series),
        index=series.index, columns=model.labels)``, or in Polars
        ``polars.DataFrame(model.predict_proba(series), schema=model.labels)``.
        """
        if isinstance(texts, str):
            one: FloatArray = self._probabilities([texts])[0][0]
            return one
        return self._probabilities(check_texts(texts))[0]

    def stream(
        self, texts: Iterable[str], *, abstain_below: float | None = None
    ) -> Iterator[Answer]:
        """Predict a stream of any length in constant memory.

        Parameters
        ----------
        texts : iterable of str
            Read as far as needed for the next answers.
        abstain_below : float in [0, 1], optional

        Yields
        ------
        Prediction or TopicPrediction
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
        return self._stream(chunks(texts), self._threshold(abstain_below))

    def _stream(self, parts: Iterator[list[str]], threshold: float) -> Iterator[Answer]:
        for part in parts:
            yield from self._answers(part, threshold)

    def _probabilities(self, texts: list[str]) -> tuple[FloatArray, FloatArray]:
        scores, known = self.scorer.score(texts)
        return self.calibration.probabilities(scores, known), known

    def _answers(self, texts: list[str], threshold: float) -> list[Answer]:
        raise NotImplementedError


def paired(texts: str | Iterable[str], asked: Any, what: str) -> tuple[bool, list[str], list[str]]:
    """Pair texts with what is asked about each, say targets, by position.

    Returns
    -------
    single : bool
        Whether both are one ``str``.
    listed, names : list of str
        Of the same length. One text goes with each of several questions, one
        question with each of several texts.

    Raises
    ------
    InputTypeError
        If something is not a ``str``.
    ParameterError
        If the numbers differ, or the indexes of two pandas Series.
    """
    if isinstance(asked, dict) or not isinstance(asked, Iterable):
        raise InputTypeError(f"{what} is {type(asked).__name__}; give str, or one for each text")
    one_text, one_name = isinstance(texts, str), isinstance(asked, str)
    listed: list[str] = [] if one_text else check_texts(texts)
    try:
        names: list[str] = [] if one_name else check_texts(asked)
    except InputTypeError as error:
        raise InputTypeError(f"among the {what}s: {error}") from None
    if isinstance(texts, str):
        listed = [texts] * (1 if one_name else len(names))
    if isinstance(asked, str):
        names = [asked] * len(listed)
    if len(names) != len(listed):
        raise ParameterError(
            f"{len(listed)} texts and {len(names)} {what}s; give one {what} for all "
            "or one for each text"
        )
    check_indexes(texts, asked, what)
    return one_text and one_name, listed, names


def most_probable(
    probabilities: FloatArray, known: FloatArray, threshold: float
) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """Choose one label for each text.

    Returns
    -------
    best : ndarray of intp, shape (n,)
        Columns; one past the last for «unknown», where no word is known or no
        label is as probable as the threshold.
    confidence : ndarray of float64, shape (n,)
        Probability of the most probable label, also of an «unknown».
    """
    best = probabilities.argmax(axis=1)
    confidence: FloatArray = probabilities.max(axis=1)
    best[(known == 0.0) | (confidence < threshold)] = probabilities.shape[1]
    return best, confidence


def strongest(
    found: Iterable[tuple[tuple[int, int], float]], text: str, label: str
) -> list[Evidence]:
    """Sum up what stands in one place; return all places, strongest first."""
    weights: dict[tuple[int, int], float] = {}
    for span, weight in found:
        weights[span] = weights.get(span, 0.0) + weight
    evidence = [
        Evidence(start, end, text[start:end], label, weight)
        for (start, end), weight in weights.items()
    ]
    evidence.sort(key=lambda item: (-abs(item.weight), item.start, item.end))
    return evidence


def chunks(
    texts: Iterable[str], most: int = _STREAM_TEXTS, characters: int = _STREAM_CHARACTERS
) -> Iterator[list[str]]:
    """Cut a stream of texts into lists of bounded length.

    Parameters
    ----------
    texts : iterable of str
    most : int
        Texts in a list at most.
    characters : int
        With so many a list is full.

    Raises
    ------
    InputTypeError
        At a text that is no ``str``, after the list of those before it.
    """
    return _chunks(texts, iterate_texts(texts), most, characters)


def _chunks(
    given: Iterable[str], texts: Iterator[str], most: int, characters: int
) -> Iterator[list[str]]:
    position = 0
    fault: InputTypeError | None = None
    while fault is None:
        held: list[str] = []
        size = 0
        for text in islice(texts, most):
            try:
                held.append(check_text(text, position + len(held), given))
            except InputTypeError as error:
                fault = error  # raised after the answers for what came before
                break
            size += len(text)
            if size >= characters:
                break
        if held:
            yield held
        elif fault is None:
            return
        position += len(held)
    raise fault
