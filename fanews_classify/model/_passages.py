"""Scores of whole texts and of their parts: what is a main subject of a quarter of a text.

A topic counts if about a quarter of the text is about it. In the TF-IDF row of
a long text that wanders through several subjects each of them is diluted; in
the row of its own passage it is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from fanews_classify.model._block import FloatArray, Tokenization
from fanews_classify.model._explain import contributions
from fanews_classify.model._linear import LinearScorer
from fanews_classify.text._tokens import IntArray, TokenBatch

PARTS: Final = 4  # a text has so many passages at most,
SHORTEST: Final = 50  # each of so many tokens at least


@dataclass(frozen=True, eq=False)
class PassageScorer(LinearScorer):
    """Mixes the score of a text with that of the passage that speaks most for a label.

    Attributes
    ----------
    blocks, intercept
        See `LinearScorer`.
    share : float
        Of the best passage; a text of a single passage has its own score.
    """

    share: float

    @property
    def whole(self) -> LinearScorer:
        """The scorer of texts as a whole."""
        return LinearScorer(self.blocks, self.intercept)

    def score_tokens(
        self, tokenized: Mapping[Tokenization, TokenBatch], n_texts: int
    ) -> tuple[FloatArray, FloatArray]:
        """Score the texts of a tokenized batch; see `score`."""
        scores, known = super().score_tokens(tokenized, n_texts)
        parts = _part_counts(next(iter(tokenized.values())))
        if self.share and parts.max() > 1:
            cut = {key: _cut(batch, parts) for key, batch in tokenized.items()}
            passages, _ = super().score_tokens(cut, int(parts.sum()))
            best = np.maximum.reduceat(passages, np.cumsum(parts) - parts, axis=0)
            scores = (1.0 - self.share) * scores + self.share * best
        return scores, known

    def contributions(self, text: str, column: int) -> Iterator[tuple[tuple[int, int], float]]:
        """Yield (span, weight): what adds up to a label's score, but for the intercept."""
        tokenized = self.tokenize([text])
        parts = _part_counts(next(iter(tokenized.values())))
        share = self.share if parts[0] > 1 else 0.0
        cut = {key: _cut(batch, parts) for key, batch in tokenized.items()}
        passages, _ = super().score_tokens(cut, int(parts[0]))
        best = int(passages[:, column].argmax())
        for block in self.blocks:
            batch = cut[block.tokenization]
            passage = batch.between(int(batch.splits[best]), int(batch.splits[best + 1]))
            for tokens, factor in ((tokenized[block.tokenization], 1.0 - share), (passage, share)):
                if factor:
                    for span, weight in contributions(block, text, column, tokens):
                        yield span, factor * weight


def _part_counts(batch: TokenBatch) -> IntArray:
    """Tell how many passages each text has, at least one."""
    sizes = np.diff(batch.splits)
    length = np.maximum(SHORTEST, -(-sizes // PARTS))
    counts: IntArray = np.maximum(-(-sizes // length), 1)
    return counts


def _cut(batch: TokenBatch, parts: IntArray) -> TokenBatch:
    """Cut each text into so many passages of equal length."""
    sizes = np.diff(batch.splits)
    rank = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    ends = np.repeat(batch.splits[:-1], parts)
    ends = ends + (rank + 1) * np.repeat(sizes, parts) // np.repeat(parts, parts)
    return batch.recut(np.concatenate((np.zeros(1, dtype=np.intp), ends)))
