"""From texts to counts of known terms, numpy only: what a saved model runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ParameterError
from fanews_classify.features._table import HashTable
from fanews_classify.features._terms import char_terms, word_terms
from fanews_classify.features._tfidf import Counts, count_terms
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

    def tokenize(self, texts: Sequence[str]) -> TokenBatch:
        """Tokenize one batch of texts."""
        return self.view(
            tokenize_batch(
                texts, boilerplate=not self.remove_boilerplate, join_affixes=self.join_affixes
            )
        )

    def view(self, batch: TokenBatch) -> TokenBatch:
        """Keep the first `max_tokens` tokens of each text."""
        return batch if self.max_tokens is None else batch.head(self.max_tokens)


def find_terms(
    batch: TokenBatch, options: AnalyzerOptions, table: HashTable
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.intp]]:
    """Ids of the known terms of a batch, and the first token of each (words only)."""
    terms = word_terms(batch, options.ngram_range)
    places, ids = table.find(terms.hashes)
    return ids, terms.tokens[places]


def count_known(
    batch: TokenBatch, options: AnalyzerOptions, table: HashTable, n_terms: int
) -> Counts:
    """Count the terms of a batch that the table knows.

    Returns
    -------
    Counts
        One row for each text of the batch.
    """
    n_texts = len(batch.splits) - 1
    text_of_token = np.repeat(np.arange(n_texts), np.diff(batch.splits))
    if options.analyzer == "word":
        ids, tokens = find_terms(batch, options, table)
        return count_terms(ids, text_of_token[tokens], n_texts, n_terms)
    # X_words @ T: the n-grams of each distinct word are made and looked up once.
    _, first, word = np.unique(batch.hashes, return_index=True, return_inverse=True)
    grams = char_terms([batch.term(i) for i in first], options.ngram_range)
    ids = table.lookup(grams.hashes)
    known = np.flatnonzero(ids >= 0)
    ids, owner = ids[known], grams.words[known]
    order = np.argsort(owner, kind="stable")
    ids = ids[order]
    per_word = np.bincount(owner, minlength=len(first))
    begin = np.cumsum(per_word) - per_word
    repeats = per_word[word]
    spread = np.repeat(begin[word] - (np.cumsum(repeats) - repeats), repeats)
    spread += np.arange(len(spread))
    return count_terms(ids[spread], np.repeat(text_of_token, repeats), n_texts, n_terms)
