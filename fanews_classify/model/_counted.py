"""Blocks whose terms are counted: any weighting of scikit-learn's, exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ModelArrayError, ParameterError
from fanews_classify.features._extractor import count_known, find_runs
from fanews_classify.features._terms import char_terms
from fanews_classify.features._tfidf import NORMS, Counts, row_sums, weigh
from fanews_classify.model._block import Block, ByteSpan, FloatArray
from fanews_classify.text._codepage import FIRST_LETTER
from fanews_classify.text._tokens import TokenBatch


@dataclass(frozen=True, slots=True)
class Weighting:
    """How counts become TF-IDF values; names as in scikit-learn."""

    sublinear_tf: bool = True
    binary: bool = False
    norm: str | None = "l2"

    def __post_init__(self) -> None:
        if self.norm not in NORMS:
            raise ParameterError(f"norm={self.norm!r}; choose one of {list(NORMS)}")


@dataclass(frozen=True)
class CountedBlock(Block):
    """Terms, counted and weighted as scikit-learn does, and their weights.

    Attributes
    ----------
    weighting : Weighting
    idf : ndarray of float32, shape (n_terms,), or None
    coef : ndarray of float16 or float32, shape (n_terms, n_columns)
    """

    weighting: Weighting
    idf: npt.NDArray[np.float32] | None
    coef: npt.NDArray[Any]

    @property
    def n_columns(self) -> int:
        """How many labels there are weights for."""
        return int(self.coef.shape[1])

    @cached_property
    def weights(self) -> npt.NDArray[np.float32]:
        """`coef` as float32, made once."""
        return np.ascontiguousarray(self.coef, dtype=np.float32)

    def score(self, batch: TokenBatch) -> tuple[FloatArray, FloatArray]:
        """Score tokenized texts; `known` is the number of different known terms."""
        counts = self._count(self.options.view(batch))
        rows = self.weights.take(counts.ids, axis=0)
        rows *= self._values(counts).astype(np.float32)[:, None]
        scores: FloatArray = row_sums(rows, counts.splits).astype(np.float64)
        return scores, np.diff(counts.splits).astype(np.float64)

    def contributions(self, batch: TokenBatch, column: int) -> Iterator[tuple[ByteSpan, float]]:
        """Yield what every occurrence of a known term adds to the score of one text."""
        batch = self.options.view(batch)
        counts = self._count(batch)
        share = self._values(counts) * self.weights[counts.ids, column] / counts.counts
        weight_of = dict(zip(counts.ids.tolist(), share.tolist(), strict=True))
        find = _word_places if self.options.analyzer == "word" else _char_places
        for term, span in find(self, batch):
            yield span, weight_of[term]

    def check(self) -> None:
        """Raise ModelArrayError if the arrays do not fit together."""
        super().check()
        n_terms = self.table.size
        if self.coef.ndim != 2 or len(self.coef) != n_terms:
            raise ModelArrayError("the model's weights and its hash table differ in length")
        if self.idf is not None and self.idf.shape != (n_terms,):
            raise ModelArrayError("the model's weights and document frequencies differ in length")

    def _count(self, batch: TokenBatch) -> Counts:
        return count_known(batch, self.options, self.table)

    def _values(self, counts: Counts) -> FloatArray:
        return weigh(
            counts,
            self.idf,
            sublinear_tf=self.weighting.sublinear_tf,
            binary=self.weighting.binary,
            norm=self.weighting.norm,
        )


def _word_places(block: Block, batch: TokenBatch) -> Iterator[tuple[int, ByteSpan]]:
    """Yield (id, place) of known words and runs of words."""
    low, _ = block.options.ngram_range
    ids = find_runs(batch, block.options.ngram_range, block.table)
    starts, ends = batch.starts.tolist(), batch.ends.tolist()
    for token, column in zip(*(ids < block.table.size).nonzero(), strict=True):
        yield int(ids[token, column]), (starts[token], ends[token + low + column - 1] - 1)


def _char_places(block: Block, batch: TokenBatch) -> Iterator[tuple[int, ByteSpan]]:
    """Yield (id, place) of known character n-grams; the blanks around a word are not in them."""
    grams = char_terms(*batch.padded(np.arange(len(batch))), block.options.ngram_range)
    found = block.table.lookup(grams.hashes)
    codes = np.frombuffer(batch.data, dtype=np.uint8)
    starts, ends = batch.starts, batch.ends
    for i in np.flatnonzero(found < block.table.size).tolist():
        word = int(grams.words[i])
        begin, end = int(starts[word]), int(ends[word])
        letters = begin + np.flatnonzero(codes[begin:end] >= FIRST_LETTER)
        offset, length = int(grams.offsets[i]), int(grams.lengths[i])
        first = max(offset - 1, 0)
        last = min(offset + length - 2, len(letters) - 1)
        yield int(found[i]), (int(letters[first]), int(letters[last]))
