"""Scores of a linear model over blocks of TF-IDF features, numpy only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fanews_classify.model._block import Block, FloatArray, Tokenization
from fanews_classify.text._tokens import TokenBatch, batches


@dataclass(frozen=True, eq=False)
class LinearScorer:
    """A sum of blocks and an intercept.

    Attributes
    ----------
    blocks : tuple of Block
    intercept : ndarray of float64, shape (n_labels,)
    """

    blocks: tuple[Block, ...]
    intercept: FloatArray

    def score(self, texts: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        """Score texts, about 64 thousand characters at a time.

        Returns
        -------
        scores : ndarray of float64, shape (n_texts, n_labels)
            What scikit-learn calls the decision function.
        known : ndarray of float64, shape (n_texts,)
            How much of each text is known, about its number of known words
            and runs of words; 0 for nothing.
        """
        if len(texts) == 1:
            return self.score_tokens(self.tokenize(texts), 1)
        scores = np.empty((len(texts), len(self.intercept)))
        known = np.zeros(len(texts))
        for begin, end in batches(texts):
            tokenized = self.tokenize(texts[begin:end])
            scores[begin:end], known[begin:end] = self.score_tokens(tokenized, end - begin)
        return scores, known

    def tokenize(self, texts: Sequence[str]) -> dict[Tokenization, TokenBatch]:
        """Tokenize one batch; blocks that tokenize alike share the tokens."""
        tokenized: dict[Tokenization, TokenBatch] = {}
        for block in self.blocks:
            if block.tokenization not in tokenized:
                tokenized[block.tokenization] = block.options.tokenize_whole(texts)
        return tokenized

    def score_tokens(
        self, tokenized: Mapping[Tokenization, TokenBatch], n_texts: int
    ) -> tuple[FloatArray, FloatArray]:
        """Score the texts of a tokenized batch; see `score`."""
        if not self.blocks:
            return np.tile(self.intercept, (n_texts, 1)), np.zeros(n_texts)
        first, *others = self.blocks
        scores, known = first.score(tokenized[first.tokenization])
        scores = scores + self.intercept
        for block in others:
            more, much = block.score(tokenized[block.tokenization])
            scores += more
            known = known + much
        return scores, known
