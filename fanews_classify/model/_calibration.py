"""From scores to probabilities that mean what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Softmax with a temperature that depends on how much of a text is known.

    ``p = softmax(scores * exp(slope + growth * ln(1 + known)))``. Plain
    temperature scaling (Guo et al., 2017) is ``growth = 0``; TF-IDF rows have
    unit length however short the text is, so that without the second term a
    headline is as sure of itself as a long article.

    Attributes
    ----------
    slope, growth : float
        Fitted by maximum likelihood on out-of-fold scores.
    """

    slope: float = 0.0
    growth: float = 0.0

    def probabilities(self, scores: FloatArray, known: npt.NDArray[np.int64]) -> FloatArray:
        """Return probabilities, shape (n, n_labels); uniform where nothing is known."""
        scale = np.exp(self.slope + self.growth * np.log1p(known))
        scaled = scores * scale[:, None]
        scaled -= scaled.max(axis=1, keepdims=True, initial=-np.inf)
        np.exp(scaled, out=scaled)
        scaled /= scaled.sum(axis=1, keepdims=True)
        scaled[known == 0] = 1.0 / max(scores.shape[1], 1)
        return scaled

    @classmethod
    def fit(
        cls, scores: FloatArray, known: npt.NDArray[np.int64], targets: npt.NDArray[np.intp]
    ) -> Calibration:
        """Fit on out-of-fold scores by maximum likelihood.

        Parameters
        ----------
        scores : ndarray, shape (n, n_labels)
        known : ndarray, shape (n,)
        targets : ndarray of intp, shape (n,)
            Index of the right label.
        """
        usable = known > 0
        scores, targets = scores[usable], targets[usable]
        size = np.log1p(known[usable])
        if not len(scores):
            return cls()
        parameters = np.zeros(2)

        def loss(candidate: FloatArray) -> float:
            scaled = scores * np.exp(candidate[0] + candidate[1] * size)[:, None]
            top = scaled.max(axis=1)
            log_sum = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1))
            penalty = 0.5 * float(candidate[1] ** 2) / len(scores)
            return float(np.mean(log_sum - scaled[np.arange(len(targets)), targets])) + penalty

        # Two parameters and a smooth loss: a shrinking pattern search (Hooke and
        # Jeeves, 1961) is deterministic, needs no library and cannot diverge.
        best, step = loss(parameters), 1.0
        while step > 1e-4:
            moved = False
            for direction in np.array([[1, 0], [-1, 0], [0, 1], [0, -1], [1, -0.25], [-1, 0.25]]):
                candidate = parameters + step * direction
                if abs(candidate[0]) > 12 or abs(candidate[1]) > 3:
                    continue
                value = loss(candidate)
                if value < best - 1e-12:
                    best, parameters, moved = value, candidate, True
            if not moved:
                step /= 2
        return cls(round(float(parameters[0]), 6), round(float(parameters[1]), 6))

    def to_json(self) -> dict[str, float]:
        """Return plain values for a manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Calibration:
        """Read back what `to_json` wrote."""
        return cls(float(values["slope"]), float(values["growth"]))
