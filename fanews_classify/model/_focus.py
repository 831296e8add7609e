"""The part of a text that speaks of a target: its sentences and their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fanews_classify.model._linear import LinearScorer
from fanews_classify.text._sentences import sentence_spans

_SHARE: Final = 0.3  # of the most relevant sentence's score: then a sentence is kept
_SHORT: Final = 2  # texts of so many sentences are kept whole


@dataclass(frozen=True)
class Focus:
    """Finds the sentences of a text that are about a target.

    Attributes
    ----------
    relevance : LinearScorer
        Scores sentences for every target.
    targets : tuple of str
        In the order of its columns.
    """

    relevance: LinearScorer
    targets: tuple[str, ...]

    def texts(self, texts: Sequence[str], targets: Sequence[str]) -> list[str]:
        """Blank what is not about each text's target.

        Returns
        -------
        list of str
            Each as long as its text, so that places stay what they are. A text
            is kept whole if it is short, its target is ``""``, or none of its
            sentences is about the target.
        """
        focused = []
        for text, target in zip(texts, targets, strict=True):
            spans = sentence_spans(text) if target else []
            if len(spans) <= _SHORT:
                focused.append(text)
                continue
            scores = self.relevance.score([text[start:end] for start, end in spans])[0]
            focused.append(_blank(text, spans, scores[:, self.targets.index(target)]))
        return focused


def _blank(text: str, spans: Sequence[tuple[int, int]], scores: npt.NDArray[np.float64]) -> str:
    best = float(scores.max())
    if best <= 0.0:
        return text
    kept = scores >= _SHARE * best
    near = kept.copy()
    near[1:] |= kept[:-1]
    near[:-1] |= kept[1:]
    pieces, at = [], 0
    for (start, end), keep in zip(spans, near, strict=True):
        pieces += ["\n" * (start - at), text[start:end] if keep else "\n" * (end - start)]
        at = end
    return "".join((*pieces, "\n" * (len(text) - at)))
