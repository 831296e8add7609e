"""From scores to probabilities that mean what they say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.model._limits import LARGEST

FloatArray = npt.NDArray[np.float64]


_TINY: Final = 1e-12
_STEEPEST: Final = 100.0
_HALF_LIMIT: Final = 100.0
_DECAY_LIMIT: Final = 0.5
_LAPSE_LIMITS: Final = (0.002, 0.3)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Softmax with a temperature that depends on how much of a text is known.

    ``p = (1 - lapse) * softmax(scores * certainty) + lapse / n_labels`` with
    ``certainty = exp(slope) * known / (known + half) * (known + half + 1) ** -decay``.
    Plain temperature scaling (Guo et al., 2017) is ``half = lapse = decay = 0``.
    TF-IDF rows have unit length however short the text is: `half`, the number of
    known terms at which half of the certainty is reached, keeps a word or two
    from being taken for an article. `lapse` is the share of texts that no score
    tells anything about, such as those with a wrong label; it keeps every answer
    short of certainty. `decay` is for scores that grow with the length of a text
    while its answers get no better.

    Attributes
    ----------
    slope, half, lapse, decay : float
        Fitted by maximum likelihood on out-of-fold scores of whole texts and of
        their first words.
    """

    slope: float = 0.0
    half: float = 0.0
    lapse: float = 0.0
    decay: float = 0.0

    def probabilities(self, scores: FloatArray, known: FloatArray) -> FloatArray:
        """Return probabilities, shape (n, n_labels); uniform where nothing is known."""
        share = self._softmax(scores, known)
        share *= 1.0 - self.lapse
        share += self.lapse / max(scores.shape[1], 1)
        return share

    def _softmax(self, scores: FloatArray, known: FloatArray) -> FloatArray:
        # Where nothing is known the certainty is 0, and all labels are alike.
        certainty = known * (math.exp(self.slope) / np.maximum(known + self.half, _TINY))
        if self.decay:
            certainty *= (known + (self.half + 1.0)) ** -self.decay
        scaled: FloatArray = scores * certainty[:, None]
        scaled -= scaled.max(axis=1, keepdims=True, initial=-np.inf)
        np.exp(scaled, out=scaled)
        scaled /= scaled.sum(axis=1, keepdims=True)
        return scaled

    @classmethod
    def fit(
        cls,
        scores: FloatArray,
        known: FloatArray,
        targets: npt.NDArray[np.intp],
        *,
        decays: bool = False,
    ) -> Calibration:
        """Fit on out-of-fold scores by maximum likelihood.

        Parameters
        ----------
        scores : ndarray, shape (n, n_labels)
        known : ndarray, shape (n,)
        targets : ndarray of intp, shape (n,)
            Index of the right label.
        decays : bool, default=False
            Also fit `decay`.
        """
        usable = known > 0
        scores, targets, known = scores[usable], targets[usable], known[usable]
        if not len(scores):
            return cls()
        rows = np.arange(len(targets))

        def loss(candidate: Calibration) -> float:
            right = candidate._softmax(scores, known)[rows, targets]
            right = (1.0 - candidate.lapse) * right + candidate.lapse / scores.shape[1]
            return float(-np.log(right).mean())

        directions = _DIRECTIONS if decays else [way for way in _DIRECTIONS if not way[3]]
        # Three or four bounded parameters and a smooth loss: a shrinking pattern search
        # (Hooke and Jeeves, 1961) is deterministic, needs no library and cannot diverge.
        found = cls(half=4.0, lapse=0.02)
        best, step = loss(found), 1.0
        while step > 1e-4:
            moved = False
            for slope, half, lapse, decay in directions:
                candidate = cls(
                    float(np.clip(found.slope + step * slope, -10.0, 10.0)),
                    float(np.clip(found.half + step * half, 0.0, _HALF_LIMIT)),
                    float(np.clip(found.lapse + step * lapse, *_LAPSE_LIMITS)),
                    float(np.clip(found.decay + step * decay, 0.0, _DECAY_LIMIT)),
                )
                value = loss(candidate)
                if value < best - 1e-12:
                    best, found, moved = value, candidate, True
            if not moved:
                step /= 2
        return cls(*(round(value, 6) for value in astuple(found)))

    def to_json(self) -> dict[str, float]:
        """Return plain values for a manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Calibration:
        """Read back what `to_json` wrote."""
        made = cls(*(float(values[name]) for name in ("slope", "half", "lapse", "decay")))
        if not (
            0.0 <= made.lapse <= 1.0
            and 0.0 <= made.half <= LARGEST
            and 0.0 <= made.decay <= _STEEPEST
            and -_STEEPEST <= made.slope <= _STEEPEST  # of which e to the power of is taken
        ):
            raise ValueError(f"faulty calibration {dict(values)}")
        return made


_DIRECTIONS: Final = (
    (1.0, 0.0, 0.0, 0.0),
    (-1.0, 0.0, 0.0, 0.0),
    (0.0, 8.0, 0.0, 0.0),
    (0.0, -8.0, 0.0, 0.0),
    (0.4, 8.0, 0.0, 0.0),
    (-0.4, -8.0, 0.0, 0.0),
    (0.0, 0.0, 0.05, 0.0),
    (0.0, 0.0, -0.05, 0.0),
    (0.0, 0.0, 0.0, 0.1),
    (0.0, 0.0, 0.0, -0.1),
    (0.55, 0.0, 0.0, 0.1),
    (-0.55, 0.0, 0.0, -0.1),
    (0.55, 8.0, 0.0, 0.1),
    (-0.55, -8.0, 0.0, -0.1),
)
