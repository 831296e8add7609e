"""Scores of a linear model over blocks of TF-IDF features, numpy only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ModelArrayError, ParameterError
from fanews_classify.features._extractor import AnalyzerOptions, count_known
from fanews_classify.features._table import HashTable
from fanews_classify.features._tfidf import NORMS, Counts, row_sums, weigh
from fanews_classify.text._codepage import decode
from fanews_classify.text._tokens import TokenBatch, batches

FloatArray = npt.NDArray[np.float64]
Tokenization = tuple[bool, bool]


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
class Block:
    """One kind of features and their weights.

    Attributes
    ----------
    options : AnalyzerOptions
    weighting : Weighting
    table : HashTable
        From hashes of terms to rows of `coef`.
    idf : ndarray of float32, shape (n_terms,), or None
    coef : ndarray of float16 or float32, shape (n_terms, n_labels)
    terms_blob : bytes
        Terms in folded bytes, one a line, in the order of the rows; decoded
        when names are asked for.
    """

    options: AnalyzerOptions
    weighting: Weighting
    table: HashTable
    idf: npt.NDArray[np.float32] | None
    coef: npt.NDArray[Any]
    terms_blob: bytes = field(repr=False)

    @property
    def tokenization(self) -> Tokenization:
        """What of the options changes the tokens."""
        return self.options.remove_boilerplate, self.options.join_affixes

    @cached_property
    def weights(self) -> npt.NDArray[np.float32]:
        """`coef` as float32, made once."""
        return np.ascontiguousarray(self.coef, dtype=np.float32)

    @cached_property
    def terms(self) -> list[str]:
        """Terms as text, in the order of the rows of `coef`."""
        return [decode(term) for term in self.terms_blob.split(b"\n")] if self.terms_blob else []

    def count(self, batch: TokenBatch) -> Counts:
        """Count the known terms of a batch."""
        return count_known(batch, self.options, self.table, len(self.coef))

    def values(self, counts: Counts) -> FloatArray:
        """TF-IDF values of counted terms."""
        return weigh(
            counts,
            self.idf,
            sublinear_tf=self.weighting.sublinear_tf,
            binary=self.weighting.binary,
            norm=self.weighting.norm,
        )

    def check(self) -> None:
        """Raise ModelArrayError if the arrays do not fit together."""
        n_terms = len(self.coef)
        if self.coef.ndim != 2 or (self.idf is not None and self.idf.shape != (n_terms,)):
            raise ModelArrayError("the model's weights and document frequencies differ in length")
        n_slots = len(self.table.ids)
        if n_slots < 2 or n_slots & (n_slots - 1) or self.table.fingerprints.shape != (n_slots,):
            raise ModelArrayError("the model's hash table is not a power of two in size")
        used = self.table.ids[self.table.ids != -1]
        if len(used) != n_terms or not np.array_equal(np.sort(used), np.arange(n_terms)):
            raise ModelArrayError("the model's hash table does not hold each of its terms once")
        if self.terms_blob.count(b"\n") + bool(self.terms_blob) != n_terms:
            raise ModelArrayError("the model's list of terms and its weights differ in length")


@dataclass(frozen=True)
class LinearScorer:
    """A sum of blocks and an intercept.

    Attributes
    ----------
    blocks : tuple of Block
    intercept : ndarray of float64, shape (n_labels,)
    """

    blocks: tuple[Block, ...]
    intercept: FloatArray

    def score(self, texts: Sequence[str]) -> tuple[FloatArray, npt.NDArray[np.int64]]:
        """Score texts, about 64 thousand characters at a time.

        Returns
        -------
        scores : ndarray of float64, shape (n_texts, n_labels)
            What scikit-learn calls the decision function.
        known : ndarray of int64, shape (n_texts,)
            How many different known terms each text has.
        """
        scores = np.empty((len(texts), len(self.intercept)))
        known = np.zeros(len(texts), dtype=np.int64)
        for begin, end in batches(texts):
            scores[begin:end], known[begin:end] = self._score_batch(texts[begin:end])
        return scores, known

    def _score_batch(self, texts: Sequence[str]) -> tuple[FloatArray, npt.NDArray[np.int64]]:
        return self.score_tokens(self.tokenize(texts), len(texts))

    def tokenize(self, texts: Sequence[str]) -> dict[Tokenization, TokenBatch]:
        """Tokenize one batch; blocks that tokenize alike share the tokens."""
        tokenized: dict[Tokenization, TokenBatch] = {}
        for block in self.blocks:
            if block.tokenization not in tokenized:
                options = replace(block.options, max_tokens=None)
                tokenized[block.tokenization] = options.tokenize(texts)
        return tokenized

    def score_tokens(
        self, tokenized: Mapping[Tokenization, TokenBatch], n_texts: int
    ) -> tuple[FloatArray, npt.NDArray[np.int64]]:
        """Score the texts of a tokenized batch; see `score`."""
        scores = np.tile(self.intercept, (n_texts, 1))
        known = np.zeros(n_texts, dtype=np.int64)
        for block in self.blocks:
            counts = block.count(block.options.view(tokenized[block.tokenization]))
            rows = block.weights[counts.ids]
            rows *= block.values(counts).astype(np.float32)[:, None]
            scores += row_sums(rows, counts.splits)
            known += np.diff(counts.splits)
        return scores, known
