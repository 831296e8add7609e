"""From texts to counts of known terms, numpy only: what a saved model runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ParameterError
from fanews_classify.features._table import HashTable
from fanews_classify.features._terms import char_terms, distinct, leaving, word_runs
from fanews_classify.features._tfidf import Counts, count_parts, count_terms
from fanews_classify.text._hashing import hash_terms
from fanews_classify.text._tokens import TokenBatch, tokenize_batch

ANALYZERS: Final = ("word", "char_wb")


@dataclass(frozen=True, slots=True)
class AnalyzerOptions:
    """How terms are made of a text; part of a saved model."""

    analyzer: str = "word"
    ngram_range: tuple[int, int] = (1, 1)
    remove_boilerplate: bool = True
    join_affixes: bool = True
    max_tokens: int | None = None

    def __post_init__(self) -> None:
        if self.analyzer not in ANALYZERS:
            raise ParameterError(f"analyzer={self.analyzer!r}; choose one of {list(ANALYZERS)}")
        low, high = self.ngram_range
        limit = 5 if self.analyzer == "word" else 20
        if not 1 <= low <= high <= limit:
            raise ParameterError(
                f"ngram_range={tuple(self.ngram_range)!r}; give (low, high) with "
                f"1 <= low <= high <= {limit}"
            )
        if self.max_tokens is not None and self.max_tokens < 1:
            raise ParameterError(f"max_tokens={self.max_tokens!r}; give a positive int or None")

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> AnalyzerOptions:
        """Read back what `to_json` wrote."""
        return cls(**{**values, "ngram_range": tuple(values["ngram_range"])})

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a manifest."""
        return {**asdict(self), "ngram_range": list(self.ngram_range)}

    def hash_terms(self, terms: Sequence[bytes]) -> npt.NDArray[np.uint64]:
        """Hash terms in folded bytes."""
        return hash_terms(terms, runs=self.analyzer == "word")

    def tokenize(self, texts: Sequence[str]) -> TokenBatch:
        """Tokenize one batch of texts, as far as they are read."""
        return self.view(self.tokenize_whole(texts))

    def tokenize_whole(self, texts: Sequence[str]) -> TokenBatch:
        """Tokenize one batch of texts to their ends."""
        return tokenize_batch(
            texts, boilerplate=not self.remove_boilerplate, join_affixes=self.join_affixes
        )

    def view(self, batch: TokenBatch) -> TokenBatch:
        """Keep the first `max_tokens` tokens of each text."""
        return batch if self.max_tokens is None else batch.head(self.max_tokens)


def find_runs(
    batch: TokenBatch, ngram_range: tuple[int, int], table: HashTable
) -> npt.NDArray[np.int64]:
    """Ids of the runs of words that begin at each token.

    Returns
    -------
    ndarray of int64, shape (n_tokens, n_sizes)
        ``table.size`` where a run is not known or leaves its text.
    """
    runs = word_runs(batch, ngram_range)
    ids = table.lookup(runs.ravel()).reshape(runs.shape)
    forget_leaving(ids, batch.splits, ngram_range, table.size)
    return ids


def forget_leaving(
    ids: npt.NDArray[np.int64],
    splits: npt.NDArray[np.intp],
    ngram_range: tuple[int, int],
    unknown: int,
) -> None:
    """Make the runs that leave their text unknown, in place; ids as from `find_runs`."""
    for column, n in enumerate(range(ngram_range[0], ngram_range[1] + 1)):
        if n > 1:
            ids[leaving(splits, n), column] = unknown


def count_known(batch: TokenBatch, options: AnalyzerOptions, table: HashTable) -> Counts:
    """Count the terms of a batch that the table knows.

    Returns
    -------
    Counts
        One row for each text of the batch.
    """
    n_texts = len(batch.splits) - 1
    text_of_token = np.repeat(np.arange(n_texts), np.diff(batch.splits))
    if options.analyzer == "word":
        found = find_runs(batch, options.ngram_range, table)
        known = found < table.size
        return count_terms(found[known], text_of_token[known.nonzero()[0]], n_texts, table.size)
    # X_words @ T: the n-grams of each distinct word are made and looked up once, and a word
    # that comes twice in a text is counted before they are.
    first, word = distinct(batch.hashes)
    grams = char_terms(*batch.padded(first), options.ngram_range)
    ids = table.lookup(grams.hashes)
    places = np.flatnonzero(ids < table.size)
    ids, owner = ids[places], grams.words[places]
    narrow = np.uint16 if len(first) <= 1 << 16 else np.intp  # sorted by radix
    ids = ids[np.argsort(owner.astype(narrow), kind="stable")]
    sizes = np.bincount(owner, minlength=len(first))
    words = count_terms(word, text_of_token, n_texts, len(first))
    return count_parts(words, np.cumsum(sizes) - sizes, sizes, ids, table.size)
