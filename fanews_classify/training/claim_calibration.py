"""Calibration and choice of answers from out-of-fold scores of pairs."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from fanews_classify.model._pair_scorer import softmax
from fanews_classify.model.claims import PairCalibration

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

_FEW: Final = 100  # pairs of a kind below which it is calibrated with the other
_PENALTY: Final = 1e-3
_STEPS: Final = (1.0, 1.2, 1.4, 1.6, 1.8)
_GAIN: Final = 0.005  # of macro-F1 for which a step is worth it


def fit_calibration(scores: FloatArray, long: BoolArray, truth: IntArray) -> PairCalibration:
    """Fit on out-of-fold scores, apart for headlines and articles.

    Parameters
    ----------
    scores : ndarray, shape (n, n_labels)
    long : ndarray of bool, shape (n,)
    truth : ndarray of intp, shape (n,)
    """
    slopes: list[float] = []
    biases: list[FloatArray] = []
    decisions: list[FloatArray] = []
    for kind in (False, True):
        here = long == kind
        if here.sum() < _FEW:
            here = np.ones(len(long), dtype=np.bool_)
        slope, bias = _fit_softmax(scores[here], truth[here])
        slopes.append(slope)
        biases.append(bias)
        decisions.append(_fit_decision(scores[here], truth[here]))
    return PairCalibration(np.array(slopes), np.stack(biases), np.stack(decisions))


def _fit_softmax(scores: FloatArray, truth: IntArray) -> tuple[float, FloatArray]:
    """Maximise the likelihood of an inverse temperature and a bias for each label."""
    n, n_labels = scores.shape
    rows = np.arange(n)

    def loss(values: FloatArray) -> tuple[float, FloatArray]:
        probabilities = softmax(scores * values[0] + values[1:])
        value = -np.log(np.maximum(probabilities[rows, truth], 1e-12)).mean()
        probabilities[rows, truth] -= 1.0
        gradient = np.concatenate(
            ([(probabilities * scores).sum() / n], probabilities.sum(axis=0) / n)
        )
        gradient[1:] += 2 * _PENALTY * values[1:]
        return float(value + _PENALTY * (values[1:] ** 2).sum()), gradient

    start = np.concatenate(([1.0], np.zeros(n_labels)))
    found = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return round(float(max(found[0], 0.01)), 4), np.round(found[1:], 4)


def _fit_decision(scores: FloatArray, truth: IntArray) -> FloatArray:
    """Weigh the rarest label for the best macro-F1.

    One number, and bounded: four of them, fitted on a thousand pairs, do worse
    on held-out events than none.
    """
    n_labels = scores.shape[1]
    rarest = int(np.bincount(truth, minlength=n_labels).argmin())
    best, chosen = -1.0, np.ones(n_labels)
    for step in _STEPS:
        weights = np.ones(n_labels)
        weights[rarest] = step
        value = _macro_f1(scores + np.log(weights), truth)
        if value > best + _GAIN:
            best, chosen = value, weights
    return chosen


def _macro_f1(preference: FloatArray, truth: IntArray) -> float:
    n_labels = preference.shape[1]
    answers = preference.argmax(axis=1)
    right = np.bincount(truth[answers == truth], minlength=n_labels)
    given, wanted = (np.bincount(x, minlength=n_labels) for x in (answers, truth))
    return float((2 * right / np.maximum(given + wanted, 1)).mean())
