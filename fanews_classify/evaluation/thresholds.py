"""Where to say yes, and where to say nothing: thresholds and what they cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ParameterError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def best_threshold(scores: FloatArray, truth: BoolArray) -> tuple[float, float]:
    """Find the threshold with the best F1, halfway between two scores.

    Parameters
    ----------
    scores : ndarray of float64, shape (n,)
    truth : ndarray of bool, shape (n,)

    Returns
    -------
    threshold, f1 : float
        Without a positive the threshold is above all scores and F1 is 0.

    Examples
    --------
    >>> best_threshold(np.array([0.9, 0.8, 0.3, 0.1]), np.array([True, False, True, False]))
    (0.2, 0.8)
    """
    if not truth.any():
        return float(scores.max(initial=0.0)) + 1.0, 0.0
    order, right = _ranked(scores, truth)
    values = 2 * right / (np.arange(1, len(scores) + 1) + truth.sum())
    # Between equal scores no threshold fits.
    values[:-1][scores[order[1:]] == scores[order[:-1]]] = -1.0
    at = int(values.argmax())
    below = scores[order[at + 1]] if at + 1 < len(order) else scores[order[at]] - 1e-6
    return round(float((scores[order[at]] + below) / 2), 10), float(values[at])


def threshold_for_precision(scores: FloatArray, truth: BoolArray, precision: float) -> float | None:
    """Find the lowest threshold from which on this share of answers is right, if any."""
    order, right = _ranked(scores, truth)
    shares = right / np.arange(1, len(scores) + 1)
    good = np.flatnonzero(shares >= precision)
    return float(scores[order[good[-1]]]) if len(good) else None


def threshold_for_recall(scores: FloatArray, truth: BoolArray, recall: float) -> float | None:
    """Find the highest threshold that finds this share of the positives, if there are any."""
    if not truth.any():
        return None
    order, right = _ranked(scores, truth)
    at = int(np.flatnonzero(right >= recall * truth.sum() - 1e-9)[0])
    return float(scores[order[at]])


def _ranked(scores: FloatArray, truth: BoolArray) -> tuple[npt.NDArray[np.intp], FloatArray]:
    order = np.argsort(-scores, kind="stable")
    return order, np.cumsum(truth[order]).astype(np.float64)


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """What happens if answers below a confidence are withheld.

    Attributes
    ----------
    threshold : float
        Lowest confidence that is answered.
    coverage : float
        Share of texts that get an answer.
    accuracy : float
        Share of those answers that are right.
    """

    threshold: float
    coverage: float
    accuracy: float

    def to_list(self) -> list[float]:
        """Return plain values: threshold, coverage, accuracy."""
        return [round(value, 4) for value in (self.threshold, self.coverage, self.accuracy)]


def coverage_curve(
    confidence: FloatArray, right: BoolArray, points: int = 20
) -> list[CoveragePoint]:
    """Trade coverage for accuracy, in steps of equal numbers of texts.

    Examples
    --------
    >>> coverage_curve(np.array([0.9, 0.6]), np.array([True, False]), points=2)[0]
    CoveragePoint(threshold=0.9, coverage=0.5, accuracy=1.0)
    """
    if not len(confidence):
        return []
    order = np.argsort(-confidence, kind="stable")
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    curve = []
    for step in range(1, points + 1):
        at = max(round(len(order) * step / points), 1) - 1
        curve.append(
            CoveragePoint(float(confidence[order[at]]), (at + 1) / len(order), float(shares[at]))
        )
    return curve


def threshold_for_accuracy(
    confidence: FloatArray, right: BoolArray, accuracy: float
) -> float | None:
    """Find the lowest confidence from which on this share of answers is right, if any."""
    if not 0.0 < accuracy <= 1.0:
        raise ParameterError(f"accuracy={accuracy!r}; give a number above 0 and up to 1")
    return threshold_for_precision(confidence, right, accuracy)
