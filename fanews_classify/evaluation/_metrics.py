"""Scores with intervals, from a confusion matrix and from probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

IntMatrix = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A score with its 95% interval."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """Return plain values."""
        return {key: round(getattr(self, key), 4) for key in ("value", "low", "high")}

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def f1_by_class(confusion: npt.NDArray[Any]) -> FloatArray:
    """F1 of each class from confusion matrices.

    Parameters
    ----------
    confusion : ndarray, shape (..., n_labels, n_labels + 1)
        Rows are the truth; the last column is «unknown».

    Returns
    -------
    ndarray of float64, shape (..., n_labels)
        0 for a class that neither occurs nor is predicted.
    """
    square = confusion[..., :-1]
    right = np.diagonal(square, axis1=-2, axis2=-1).astype(np.float64)
    total = confusion.sum(axis=-1) + square.sum(axis=-2)
    scores: FloatArray = np.divide(2 * right, total, out=np.zeros_like(right), where=total > 0)
    return scores


def macro_f1(confusion: npt.NDArray[Any]) -> FloatArray:
    """Mean F1 over the classes that occur in the truth."""
    present = confusion.sum(axis=-1) > 0
    scores = np.where(present, f1_by_class(confusion), 0.0).sum(axis=-1)
    mean: FloatArray = scores / np.maximum(present.sum(axis=-1), 1)
    return mean


def accuracy(confusion: npt.NDArray[Any]) -> FloatArray:
    """Share of right answers; «unknown» is never right."""
    right = np.trace(confusion[..., :-1], axis1=-2, axis2=-1)
    share: FloatArray = right / np.maximum(confusion.sum(axis=(-2, -1)), 1)
    return share


def resampled(confusion: IntMatrix, replicates: int, seed: int) -> IntMatrix:
    """Bootstrap replicates of a confusion matrix.

    Drawing documents with replacement and counting them again is one
    multinomial draw over the cells (Efron and Tibshirani, 1993).
    """
    total = int(confusion.sum())
    rng = np.random.default_rng(seed)
    share = confusion.ravel() / max(total, 1)
    drawn: IntMatrix = rng.multinomial(total, share, size=replicates)
    return drawn.reshape(replicates, *confusion.shape)


def interval(value: float, replicates: FloatArray) -> Interval:
    """Percentile interval of 95%."""
    low, high = np.quantile(replicates, [0.025, 0.975]).tolist()
    return Interval(float(value), low, high)


def expected_calibration_error(confidence: FloatArray, right: npt.NDArray[np.bool_]) -> float:
    """Mean distance of confidence and accuracy over 15 bins of equal size.

    Bins of equal numbers of documents instead of equal width (Nixon et al.,
    2019), so that no bin rests on a handful of them.
    """
    if not len(confidence):
        return 0.0
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, min(15, len(order)))
    gaps = [abs(confidence[part].mean() - right[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(order))
