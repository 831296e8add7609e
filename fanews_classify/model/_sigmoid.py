"""From scores to one probability for each label, as many labels as fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.model._limits import LARGEST

FloatArray = npt.NDArray[np.float64]

_HALVES: Final = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_SLOPE_LIMITS: Final = (0.05, 50.0)
_OFFSET_LIMIT: Final = 50.0


@dataclass(frozen=True, eq=False)
class SigmoidCalibration:
    """A logistic curve for each label, drawn to its base rate in short texts.

    ``p = sigmoid(c * (slope * score + offset) + (1 - c) * logit(prior))`` with
    ``c = known / (known + half)``. With ``half = 0`` this is Platt's scaling
    (Platt, 1999). A text of a word or two has a TF-IDF row of unit length like
    an article; `half` keeps it near what is known without reading it.

    Attributes
    ----------
    slope, offset, prior : ndarray of float64, shape (n_labels,)
    half : float
        Number of known terms at which half of the certainty is reached.
    """

    slope: FloatArray
    offset: FloatArray
    prior: FloatArray
    half: float = 0.0

    def probabilities(self, scores: FloatArray, known: FloatArray) -> FloatArray:
        """Return probabilities, shape (n, n_labels); the priors where nothing is known."""
        share = self._certainty(known)[:, None]
        logits = share * (scores * self.slope + self.offset)
        logits += (1.0 - share) * np.log(self.prior / (1.0 - self.prior))
        return _sigmoid(logits)

    def _certainty(self, known: FloatArray) -> FloatArray:
        certainty: FloatArray = known / np.maximum(known + self.half, 1e-12)
        return certainty

    @classmethod
    def fit(
        cls, scores: FloatArray, known: FloatArray, truth: npt.NDArray[np.bool_]
    ) -> SigmoidCalibration:
        """Fit on out-of-fold scores by maximum likelihood.

        Parameters
        ----------
        scores : ndarray, shape (n, n_labels)
        known : ndarray, shape (n,)
        truth : ndarray of bool, shape (n, n_labels)
        """
        # Platt's targets: a rare label is never quite certain.
        positives = truth.sum(axis=0)
        high = (positives + 1.0) / (positives + 2.0)
        low = 1.0 / (len(truth) - positives + 2.0)
        targets = np.where(truth, high, low)
        prior = np.clip((positives + 0.5) / (len(truth) + 1.0), 1e-4, 0.5)
        tried = [cls._fit_half(scores, known, targets, prior, half) for half in _HALVES]
        made = min(tried, key=lambda pair: pair[0])[1]  # the first of equals
        return cls(
            np.round(made.slope, 6), np.round(made.offset, 6), np.round(made.prior, 6), made.half
        )

    @classmethod
    def _fit_half(
        cls,
        scores: FloatArray,
        known: FloatArray,
        targets: FloatArray,
        prior: FloatArray,
        half: float,
    ) -> tuple[float, SigmoidCalibration]:
        """Fit the curves for one `half`; return the mean loss and the calibration."""
        n_labels = scores.shape[1]
        made = cls(np.ones(n_labels), np.zeros(n_labels), prior, half)
        share = made._certainty(known)
        fixed = (1.0 - share)[:, None] * np.log(prior / (1.0 - prior))
        for label in range(n_labels):
            made.slope[label], made.offset[label] = _fit_curve(
                share * scores[:, label], share, fixed[:, label], targets[:, label]
            )
        p = np.clip(made.probabilities(scores, known), 1e-9, 1 - 1e-9)
        loss = -float((targets * np.log(p) + (1 - targets) * np.log(1 - p)).mean())
        return loss, made

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a manifest."""
        return {
            "slope": self.slope.tolist(),
            "offset": self.offset.tolist(),
            "prior": self.prior.tolist(),
            "half": self.half,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], n_labels: int) -> SigmoidCalibration:
        """Read back what `to_json` wrote."""
        slope, offset, prior = (
            np.array(values[name], dtype=np.float64) for name in ("slope", "offset", "prior")
        )
        made = cls(slope, offset, prior, float(values["half"]))
        finite = all((np.abs(part) <= LARGEST).all() for part in (slope, offset, made.half))
        shapes = all(part.shape == (n_labels,) for part in (slope, offset, prior))
        if not (finite and shapes and made.half >= 0.0 and ((prior > 0) & (prior < 1)).all()):
            raise ValueError("faulty calibration")
        return made


def _fit_curve(
    scores: FloatArray, share: FloatArray, fixed: FloatArray, targets: FloatArray
) -> tuple[float, float]:
    """Fit ``sigmoid(slope * scores + offset * share + fixed)`` by damped Newton steps."""
    slope, offset = 1.0, 0.0
    columns = np.stack((scores, share))
    loss = np.inf
    for _ in range(100):
        p = np.clip(_sigmoid(slope * scores + offset * share + fixed), 1e-12, 1 - 1e-12)
        gradient = columns @ (p - targets)
        weight = p * (1 - p)
        # A small ridge keeps the step finite where the classes part exactly.
        curvature = (columns * weight) @ columns.T + 1e-6 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while size > 1e-6:
            new = (
                float(np.clip(slope - size * step[0], *_SLOPE_LIMITS)),
                float(np.clip(offset - size * step[1], -_OFFSET_LIMIT, _OFFSET_LIMIT)),
            )
            q = np.clip(_sigmoid(new[0] * scores + new[1] * share + fixed), 1e-12, 1 - 1e-12)
            new_loss = -float((targets * np.log(q) + (1 - targets) * np.log(1 - q)).mean())
            if new_loss <= loss:
                break
            size /= 2
        if size <= 1e-6 or loss - new_loss < 1e-10:
            break
        slope, offset, loss = *new, new_loss
    return slope, offset


def _sigmoid(values: FloatArray) -> FloatArray:
    result: FloatArray = 0.5 * (1.0 + np.tanh(0.5 * values))  # never overflows
    return result
