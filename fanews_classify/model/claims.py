"""A classifier of whether a text backs a claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ParameterError
from fanews_classify.features._words import WordTable
from fanews_classify.features.claims import pair_features
from fanews_classify.labels import UNKNOWN
from fanews_classify.model._base import Classifier, FloatArray, chunks, most_probable, paired
from fanews_classify.model._containers import SeriesT, as_given
from fanews_classify.model._evidence import EvidenceRanker, chosen
from fanews_classify.model._explain import Evidence, Explanation
from fanews_classify.model._pair_scorer import PairScorer, softmax
from fanews_classify.text._input import check_text

BoolArray = npt.NDArray[np.bool_]


class ClaimPrediction(NamedTuple):
    """How one text stands to one claim.

    Attributes
    ----------
    label, label_fa : str
        The answer, or ``"unknown"``, and its Persian name.
    confidence : float
        Its probability; of an ``"unknown"`` that of the most probable label.
    claim : str
    """

    label: str
    label_fa: str
    confidence: float
    claim: str


@dataclass(frozen=True, eq=False)
class PairCalibration:
    """From scores to probabilities and answers, apart for headlines and articles.

    Attributes
    ----------
    slope : ndarray of float64, shape (2,)
        Of headlines (up to three segments) and articles: an inverse temperature.
    bias : ndarray of float64, shape (2, n_labels)
        Added to the scores (vector scaling: Guo et al., 2017).
    decision : ndarray of float64, shape (2, n_labels)
        The answer is the label with the largest score and logarithm of this.
        Scores are of a model that weighs rare labels up, so that they are found
        at all: the most probable label is hardly ever ``discuss`` where one
        article in nine has it.
    """

    slope: FloatArray
    bias: FloatArray
    decision: FloatArray

    def probabilities(self, scores: FloatArray, long: BoolArray) -> FloatArray:
        """Return calibrated probabilities, shape (n, n_labels)."""
        kind = long.astype(np.intp)
        return softmax(scores * self.slope[kind][:, None] + self.bias[kind])

    def preference(self, scores: FloatArray, long: BoolArray) -> FloatArray:
        """Return what is largest for the answer, shape (n, n_labels)."""
        wanted: FloatArray = scores + np.log(self.decision[long.astype(np.intp)])
        return wanted

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays for a model file."""
        return {"pair_slope": self.slope, "pair_bias": self.bias, "pair_decision": self.decision}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], n_labels: int) -> PairCalibration:
        """Read back what `to_arrays` gave."""
        made = cls(*(arrays[f"pair_{name}"] for name in cls.__dataclass_fields__))
        if not (made.decision > 0).all() or not (made.slope > 0).all():
            raise ValueError("a weight or temperature of answers is not positive")
        for array, shape in zip(
            vars(made).values(), ((2,), (2, n_labels), (2, n_labels)), strict=True
        ):
            if array.dtype != np.float64 or array.shape != shape:
                raise ValueError("the calibration does not fit the labels")
        return made


@dataclass(frozen=True, eq=False, kw_only=True)
class ClaimStanceClassifier(Classifier):
    """A trained classifier of the stance of a headline or article on a claim.

    Made by :func:`fanews_classify.load` or :func:`fanews_classify.train`. It
    aligns the claim with the sentences of the text that have most in common
    with it; see :class:`fanews_classify.ClaimPairFeatures`.

    Attributes
    ----------
    name, labels, labels_fa, abstain_below, info
        See `Classifier`.

    Examples
    --------
    >>> import fanews_classify as fc
    >>> model = fc.load("claim_stance")
    >>> headlines = ["خبر تعطیلی مدارس تهران تکذیب شد", "تیم ملی والیبال قهرمان آسیا شد"]
    >>> model.predict(headlines, claim="مدارس تهران فردا تعطیل است")
    ['disagree', 'unrelated']
    """

    words: WordTable = field(repr=False)
    scorer: PairScorer = field(repr=False)
    calibration: PairCalibration = field(repr=False)
    ranker: EvidenceRanker = field(repr=False)

    @overload  # a str is an iterable of str as well, hence the overlaps
    def predict(  # type: ignore[overload-overlap]
        self, texts: str, claim: str, *, abstain_below: float | None = None
    ) -> str: ...
    @overload
    def predict(  # as many answers as claims, in their container
        self, texts: str, claim: Any, *, abstain_below: float | None = None
    ) -> Any: ...
    @overload
    def predict(
        self, texts: SeriesT, claim: Iterable[str], *, abstain_below: float | None = None
    ) -> SeriesT: ...
    @overload
    def predict(
        self, texts: npt.NDArray[Any], claim: Iterable[str], *, abstain_below: float | None = None
    ) -> npt.NDArray[np.object_]: ...
    @overload
    def predict(
        self, texts: Iterable[str], claim: Iterable[str], *, abstain_below: float | None = None
    ) -> list[str]: ...
    def predict(self, texts: Any, claim: Any, *, abstain_below: float | None = None) -> Any:
        """Return how texts stand to claims.

        Parameters
        ----------
        texts : str, Series of pandas or Polars, array, or iterable of str
            Headlines or articles.
        claim : str, Series, array, or iterable of str
            One claim for all texts, or one for each. For one text, several
            ask about each of them. Of a claim the first 40 words are read.
        abstain_below : float in [0, 1], optional
            Answer ``"unknown"`` where no label is as probable as this. If the
            claim or the text has no known word (empty, another script), the
            answer is ``"unknown"`` in any case.

        Returns
        -------
        str, Series, ndarray or list of str
            One answer if both are one ``str``. Else as many as there are texts
            or claims, in a container as that of the texts, or of the claims if
            the text is one ``str``: for a pandas Series a Series with the same
            index, named as the model; for a Polars Series one of ``String``;
            for another array an ndarray of object, shape (n,); for any other
            iterable a list.

        Raises
        ------
        InputTypeError
            If a text or claim is not a ``str`` (a missing value is none).
        ParameterError
            If the numbers of texts and claims differ, or the indexes of two
            pandas Series: they are paired by position.
        """
        single, listed, claims = self._pairs(texts, claim)
        answers = self._answers(listed, claims, self._threshold(abstain_below))
        if single:
            return answers[0].label
        given = claim if isinstance(texts, str) else texts
        return as_given(given, [answer.label for answer in answers], self.name)

    def predict_proba(self, texts: str | Iterable[str], claim: str | Iterable[str]) -> FloatArray:
        """Return calibrated probabilities.

        `predict` weighs them, so that rare labels are found; its answer need
        not be the most probable label.

        Parameters
        ----------
        texts, claim
            As for `predict`.

        Returns
        -------
        ndarray of float64
            Shape (n, n_labels), or (n_labels,) if both are one ``str``; rows
            sum to 1, and are uniform where nothing is known.
        """
        single, listed, claims = self._pairs(texts, claim)
        probabilities = self._probabilities(listed, claims)[0]
        one: FloatArray = probabilities[0] if single else probabilities
        return one

    def stream(
        self, texts: Iterable[str], claim: str, *, abstain_below: float | None = None
    ) -> Iterator[ClaimPrediction]:
        """Predict a stream of any length in constant memory.

        Parameters
        ----------
        texts : iterable of str
        claim : str
            One for all texts.
        abstain_below : float in [0, 1], optional

        Yields
        ------
        ClaimPrediction
            One for each text, in order.
        """
        check_text(claim)
        return self._stream(chunks(texts), claim, self._threshold(abstain_below))

    def _stream(
        self, parts: Iterator[list[str]], claim: str, threshold: float
    ) -> Iterator[ClaimPrediction]:
        for part in parts:
            yield from self._answers(part, [claim] * len(part), threshold)

    def evidence(self, text: str, claim: str, *, top: int | None = None) -> Explanation:
        """Return the sentences of a text that decide on a claim.

        Parameters
        ----------
        text, claim : str
        top : int, optional
            Only the `top` strongest, as many as that. By default two, or up to
            four that readers would probably point at.

        Returns
        -------
        Explanation
            A list of Evidence, in the order of the text, at ``text[start:end]``; `label` is the
            answer, `weight` the probability that a reader points at the
            sentence. Where the answer is ``unrelated`` they are those that come
            nearest to the claim. Empty if nothing is known.

        Raises
        ------
        InputTypeError
            If one is not a ``str``.
        ParameterError
            If `top` is negative.

        Examples
        --------
        >>> import fanews_classify as fc
        >>> text = "هوا سرد شد. رئیس سازمان گفت بدهی بیمه‌ها پرداخت شده است. جلسه تمام شد."
        >>> best = fc.load("claim_stance").evidence(text, "بدهی بیمه‌ها پرداخت شد", top=1)[0]
        >>> best.text == text[best.start : best.end]
        True
        """
        check_text(text)
        check_text(claim)
        if top is not None and top < 0:
            raise ParameterError(f"top={top!r}; give a number of 0 or more, or None")
        answer = self._answers([text], [claim], 0.0)[0]
        found = Explanation(
            text=text,
            label=answer.label,
            label_fa=answer.label_fa,
            confidence=answer.confidence,
            question=claim,
            sentences=True,
        )
        if answer.label == UNKNOWN:
            return found
        spans, probabilities = self.ranker.rank(self.words, claim, text)
        if top is None:
            taken = chosen(probabilities)
        else:
            taken = sorted(np.argsort(-probabilities, kind="stable")[:top].tolist())
        found.extend(
            Evidence(*spans[i], text[slice(*spans[i])], answer.label, float(probabilities[i]))
            for i in taken
        )
        return found

    def _pairs(
        self, texts: str | Iterable[str], claim: str | Iterable[str]
    ) -> tuple[bool, list[str], list[str]]:
        return paired(texts, claim, "claim")

    def _probabilities(
        self, texts: list[str], claims: list[str]
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return probabilities, whether pairs are known, and what answers are chosen by."""
        features, known, long = pair_features(self.words, claims, texts)
        scores = self.scorer.score(features)
        probabilities = self.calibration.probabilities(scores, long)
        probabilities[~known] = 1.0 / len(self.labels)
        preference = self.calibration.preference(scores, long)
        return probabilities, known.astype(np.float64), preference

    def _answers(
        self, texts: list[str], claims: list[str], threshold: float
    ) -> list[ClaimPrediction]:
        probabilities, known, preference = self._probabilities(texts, claims)
        best = preference.argmax(axis=1)
        most, surest = most_probable(probabilities, known, threshold)
        best[most == len(self.labels)] = len(self.labels)
        confidence = np.where(
            best < len(self.labels),
            probabilities[np.arange(len(best)), np.minimum(best, len(self.labels) - 1)],
            surest,
        )
        names = self._names
        columns: list[int] = best.tolist()
        return [
            ClaimPrediction(*names[i], sure, claim)
            for i, sure, claim in zip(columns, confidence.tolist(), claims, strict=True)
        ]
