"""Blocks whose tokens are added up as they come: the fast way.

With ``norm="expected"`` and no sublinear term frequency the score of a text is a
sum over its tokens, divided by the root of another sum over its tokens. So
nothing is counted or sorted: ids are looked up once, and for each part of the
text that has weights of its own (all of it, its lead) packed words are added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ModelArrayError
from fanews_classify.features._extractor import find_runs, forget_leaving
from fanews_classify.features._tfidf import expected_norm
from fanews_classify.model._block import Block, ByteSpan, FloatArray
from fanews_classify.model._packing import (
    FIELDS,
    Int64Array,
    is_packed,
    pack,
    quantize,
    sum_segments,
    unpack,
)
from fanews_classify.text._tokens import IntArray, TokenBatch, heads

_TINY: Final = 1e-100


@dataclass(frozen=True, eq=False)
class Reading:
    """Weights of terms in the first words of a text.

    Attributes
    ----------
    max_tokens : int or None
        How many words of a text are read; None for all.
    words : ndarray of int64, shape (n_words, n_rows)
        Packed fields of each term: what it adds to the score of every label,
        and last what it adds to the squared norm. The last row is for unknown
        terms, as are all ids that go beyond.
    scales : ndarray of float64, shape (n_columns + 1,)
        What a field's unit is worth.
    growth : float
        Of the norm, see `expected_norm`.
    """

    max_tokens: int | None
    words: Int64Array
    scales: FloatArray
    growth: float

    @classmethod
    def make(
        cls,
        max_tokens: int | None,
        weights: npt.NDArray[np.float64],
        idf: npt.NDArray[np.float64],
        growth: float,
    ) -> Reading:
        """Round and pack weights.

        Parameters
        ----------
        max_tokens : int or None
        weights : ndarray, shape (n_terms, n_columns)
            For TF-IDF values of 1.
        idf : ndarray, shape (n_terms,)
            0 for terms that this reading does not know.
        growth : float
        """
        fields = np.vstack(((weights * idf[:, None]).T, idf**2))
        whole, scales = quantize(fields)
        whole[:, whole[-1] == 0] = 0  # what does not count for the norm counts for nothing
        used = np.flatnonzero(whole[-1])
        n_rows = int(used[-1]) + 1 if len(used) else 0
        whole = np.pad(whole[:, :n_rows], ((0, 0), (0, 1)))
        return cls(max_tokens, pack(whole), scales, growth)

    def fields(self, ids: Int64Array) -> FloatArray:
        """Return what terms add, shape (n_columns + 1, n_ids)."""
        rows = np.minimum(ids, self.words.shape[1] - 1)
        whole = unpack(self.words.take(rows, axis=1))[: len(self.scales)]
        values: FloatArray = whole * self.scales[:, None]
        return values

    def weights_and_idf(self, n_terms: int) -> tuple[FloatArray, FloatArray]:
        """Return what `make` was given, but for the rounding."""
        fields = self.fields(np.arange(n_terms))
        idf: FloatArray = np.sqrt(fields[-1])
        weights: FloatArray = (fields[:-1] / np.where(idf > 0.0, idf, 1.0)).T
        return weights, idf

    def ids(
        self, ids: Int64Array, splits: IntArray, ngram_range: tuple[int, int], unknown: int
    ) -> tuple[Int64Array, IntArray]:
        """Return what of the ids is read, and where the texts begin in it."""
        if self.max_tokens is not None:
            index, part = heads(splits, self.max_tokens)
            if index is not None:
                ids = ids[index].copy() if isinstance(index, slice) else ids.take(index, axis=0)
                forget_leaving(ids, part, ngram_range, unknown)
            splits = part
        last = self.words.shape[1] - 1
        return (ids if last == unknown else np.minimum(ids, last)), splits


@dataclass(frozen=True, eq=False)
class SummedBlock(Block):
    """Words and runs of words with one or several readings.

    Attributes
    ----------
    readings : tuple of Reading
    """

    readings: tuple[Reading, ...]

    @property
    def n_columns(self) -> int:
        """How many labels there are weights for."""
        return len(self.readings[0].scales) - 1

    @property
    def weights(self) -> npt.NDArray[np.float32]:
        """Weights of the first reading at a TF-IDF value of 1."""
        return self.readings[0].weights_and_idf(self.table.size)[0].astype(np.float32)

    def score(self, batch: TokenBatch) -> tuple[FloatArray, FloatArray]:
        """Score tokenized texts; `known` is the squared norm, about the number of known words."""
        if len(batch.splits) == 2 and len(batch):
            return self._score(batch, len(batch))
        sizes = batch.splits[1:] - batch.splits[:-1]
        filled = sizes > 0
        if filled.all():
            return self._score(batch, int(sizes.max(initial=0)))
        scores, known = np.zeros((len(sizes), self.n_columns)), np.zeros(len(sizes))
        if filled.any():
            splits = np.append(batch.splits[:-1][filled], batch.splits[-1])
            scores[filled], known[filled] = self._score(batch.recut(splits), int(sizes.max()))
        return scores, known

    def _score(self, batch: TokenBatch, longest: int) -> tuple[FloatArray, FloatArray]:
        """Score texts that have a token."""
        ngram_range, unknown = self.options.ngram_range, self.table.size
        found = find_runs(batch, ngram_range, self.table)
        n_sizes = found.shape[1]
        parts = []
        for reading in self.readings:
            ids, splits = reading.ids(found, batch.splits, ngram_range, unknown)
            parts.append((reading.words, ids.ravel(), splits * n_sizes))
        scales, growth = self._scales
        sums = sum_segments(parts, longest * n_sizes)[:, : scales.shape[1]] * scales
        mass = sums[:, -1]
        sums[:, :-1] /= norm(mass, growth)[:, None]
        totals: FloatArray = np.add.reduce(sums, axis=0)
        return totals[:-1].T, totals[-1]

    @cached_property
    def _scales(self) -> tuple[FloatArray, FloatArray]:
        """Scales and growths of all readings, shapes (n_readings, n_fields, 1) and (…, 1)."""
        scales = np.stack([reading.scales for reading in self.readings])
        return scales[:, :, None], np.array([[reading.growth] for reading in self.readings])

    def contributions(self, batch: TokenBatch, column: int) -> Iterator[tuple[ByteSpan, float]]:
        """Yield what every occurrence of a known term adds to the score of one text."""
        ngram_range = self.options.ngram_range
        found = find_runs(batch, ngram_range, self.table)
        starts, ends = batch.starts.tolist(), batch.ends.tolist()
        for reading in self.readings:
            ids, _ = reading.ids(found, batch.splits, ngram_range, self.table.size)
            fields = reading.fields(ids.ravel()).reshape(len(reading.scales), *ids.shape)
            divisor = float(norm(fields[-1].sum(), reading.growth))
            for token, size in zip(*fields[-1].nonzero(), strict=True):
                span = starts[token], ends[token + ngram_range[0] + size - 1] - 1
                yield span, float(fields[column, token, size]) / divisor

    def check(self) -> None:
        """Raise ModelArrayError if the arrays do not fit together."""
        super().check()
        if self.options.analyzer != "word" or self.options.max_tokens is not None:
            raise ModelArrayError("the model adds up tokens that are no words")
        for reading in self.readings:
            n_fields, words = len(reading.scales), reading.words
            if words.ndim != 2 or not 1 <= words.shape[1] <= self.table.size + 1:
                raise ModelArrayError("the model's weights and its hash table differ in length")
            if n_fields != self.n_columns + 1 or len(words) != -(-n_fields // FIELDS):
                raise ModelArrayError("the model's weights do not fit its labels")
            if words[:, -1].any():
                raise ModelArrayError("the model's weights lack the row of unknown words")
            if reading.scales.ndim != 1 or not (reading.scales > 0).all():
                raise ModelArrayError("a scale of the model's weights is not positive")
            if not is_packed(words, n_fields - 1):
                raise ModelArrayError("the model's weights are larger than their fields")


def norm(mass: FloatArray, growth: FloatArray | float) -> FloatArray:
    """Return the norm of texts, not quite 0 where nothing is known."""
    return expected_norm(np.maximum(mass, _TINY), growth)


def share_vocabulary(terms: Sequence[Sequence[bytes]]) -> list[bytes]:
    """Put several lists of terms into one, so that those of short lists come first."""
    ordered: dict[bytes, None] = {}
    for part in sorted(terms, key=len):
        ordered.update(dict.fromkeys(part))
    return list(ordered)
