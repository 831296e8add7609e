"""The choice of the sentences of a text that decide on a claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ModelArrayError
from fanews_classify.features._ranking import N_FEATURES, ranking_features
from fanews_classify.features._segments import choose_segments
from fanews_classify.features._words import WordTable
from fanews_classify.features.claims import segment_signals
from fanews_classify.model._pair_scorer import FINEST, Linear

FEWEST: Final = 2  # sentences, where a text has so many
MOST: Final = 4
_LEAST: Final = -700.0  # score: e to the power of its opposite is still a number
SURE: Final = 0.4  # probability from which on a further sentence is taken


@dataclass(frozen=True, eq=False)
class EvidenceRanker:
    """A linear model of how probably a reader would point at a sentence."""

    linear: Linear

    @classmethod
    def of(cls, linear: Linear) -> EvidenceRanker:
        """Check that the model fits the features.

        Raises
        ------
        ModelArrayError
            If it does not.
        """
        n = N_FEATURES
        shapes = ((n,), (n,), (n, 1), (1,))
        for value, shape in zip(vars(linear).values(), shapes, strict=True):
            if value.shape != shape:
                raise ModelArrayError("the ranker of evidence does not fit its features")
        if not (linear.scale >= FINEST).all():
            raise ModelArrayError("a scale of the ranker of evidence is not positive, or tiny")
        return cls(linear)

    def rank(
        self, table: WordTable, claim: str, text: str
    ) -> tuple[list[tuple[int, int]], npt.NDArray[np.float64]]:
        """Return the sentences of a text and the probability of each."""
        segments = choose_segments(table, [claim], [text], every=True)
        rows, names = segment_signals(segments)
        scores = self.linear.score(
            ranking_features(segments, rows, names).astype(np.float32)
        ).ravel()
        probabilities = 1.0 / (1.0 + np.exp(-np.maximum(scores, _LEAST)))
        first = np.searchsorted(segments.sentence, np.arange(len(segments.spans)))
        return segments.spans, np.maximum.reduceat(probabilities, first)


def chosen(probabilities: npt.NDArray[np.float64]) -> list[int]:
    """Return which sentences to show, in the order of the text.

    At least FEWEST; then those as probable as SURE, but no more than MOST.

    Examples
    --------
    >>> chosen(np.array([0.1, 0.9, 0.3, 0.5]))
    [1, 3]
    """
    order = np.argsort(-probabilities, kind="stable")[:MOST].tolist()
    return sorted(i for rank, i in enumerate(order) if rank < FEWEST or probabilities[i] >= SURE)
