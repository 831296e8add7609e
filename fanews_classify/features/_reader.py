"""Terms of texts while a vocabulary is learnt: hashes first, names for the chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from fanews_classify.errors import ParameterError
from fanews_classify.features._extractor import AnalyzerOptions, count_known
from fanews_classify.features._table import HashTable
from fanews_classify.features._terms import char_terms, distinct, word_terms
from fanews_classify.features._tfidf import Counts, count_terms
from fanews_classify.text._codepage import decode, term_bytes
from fanews_classify.text._hashing import BLANK
from fanews_classify.text._tokens import batches


@dataclass(frozen=True)
class TermReader:
    """Reads terms with the library's tokens, or with a tokenizer of the user's."""

    options: AnalyzerOptions
    tokenizer: Callable[[str], Iterable[str]] | None = None

    def counts(self, texts: list[str], table: HashTable) -> Counts:
        """Count the terms of one batch that the table knows."""
        if self.tokenizer is None:
            return count_known(self.options.tokenize(texts), self.options, table)
        hashes, rows = self.hashed(texts)
        ids = table.lookup(hashes)
        known = ids < table.size
        return count_terms(ids[known], rows[known], len(texts), table.size)

    def names(self, texts: list[str], hashes: npt.NDArray[np.uint64]) -> list[str]:
        """Find the text of each selected term by a second walk over the texts.

        `hashes` ascend.
        """
        names: list[str | None] = [None] * len(hashes)
        named = np.zeros(len(hashes), dtype=np.bool_)
        for begin, end in batches(texts):
            if named.all():
                break
            for found, term in self._named(texts[begin:end], hashes, named):
                names[found] = term
                named[found] = True
        return [name or "" for name in names]

    def _named(
        self,
        texts: list[str],
        hashes: npt.NDArray[np.uint64],
        named: npt.NDArray[np.bool_],
    ) -> Iterator[tuple[int, str]]:
        """Yield (id, text) of the terms that have no name yet."""
        if self.tokenizer is not None:
            for words in self._custom_words(texts):
                terms = list(_runs(words, self.options.ngram_range))
                for i, found in _first_places(hashes, self.options.hash_terms(terms), named):
                    yield found, decode(terms[i])
            return
        batch = self.options.tokenize(texts)
        if self.options.analyzer == "word":
            low, high = self.options.ngram_range
            for n in range(low, high + 1):
                runs, tokens = word_terms(batch, (n, n))
                for i, found in _first_places(hashes, runs, named):
                    first = int(tokens[i])
                    yield found, decode(BLANK.join(map(batch.term, range(first, first + n))))
            return
        data, sizes = batch.padded(distinct(batch.hashes)[0])
        grams = char_terms(data, sizes, self.options.ngram_range)
        starts = (np.cumsum(sizes) - sizes)[grams.words] + grams.offsets
        for i, found in _first_places(hashes, grams.hashes, named):
            yield found, decode(data[starts[i] : starts[i] + grams.lengths[i]].tobytes())

    def hashed(self, texts: list[str]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.intp]]:
        """Hashes of all terms of a batch and the text of each."""
        if self.tokenizer is not None:
            hashes, rows = [], []
            for row, words in enumerate(self._custom_words(texts)):
                hashes.append(self.options.hash_terms([*_runs(words, self.options.ngram_range)]))
                rows.append(np.full(len(hashes[-1]), row))
            return _concatenate(hashes, np.uint64), _concatenate(rows, np.intp)
        batch = self.options.tokenize(texts)
        text_of_token = np.repeat(np.arange(len(texts)), np.diff(batch.splits))
        if self.options.analyzer == "word":
            hashed, tokens = word_terms(batch, self.options.ngram_range)
            return hashed, text_of_token[tokens]
        first, word = distinct(batch.hashes)
        grams = char_terms(*batch.padded(first), self.options.ngram_range)
        # X_words @ T with the n-grams as columns: T has a row for each distinct word.
        columns, inverse = np.unique(grams.hashes, return_inverse=True)
        word_counts = sp.csr_matrix(
            (np.ones(len(word), dtype=np.int64), (text_of_token, word)),
            shape=(len(texts), len(first)),
        )
        grams_of_word = sp.csr_matrix(
            (np.ones(len(inverse), dtype=np.int64), (grams.words, inverse)),
            shape=(len(first), len(columns)),
        )
        product = (word_counts @ grams_of_word).tocoo()
        return np.repeat(columns[product.col], product.data), np.repeat(product.row, product.data)

    def _custom_words(self, texts: list[str]) -> Iterator[list[bytes]]:
        split = self.tokenizer or str.split
        for text in texts:
            words = (term_bytes(word).replace(b" ", b"") for word in split(text))
            yield [word for word in words if word][: self.options.max_tokens]


def fixed_vocabulary(vocabulary: Mapping[str, int] | Iterable[str]) -> list[str]:
    """Check a given vocabulary and return its terms in the order of their columns."""
    if isinstance(vocabulary, Mapping):
        terms = sorted(vocabulary, key=lambda term: vocabulary[term])
        if [vocabulary[term] for term in terms] != list(range(len(terms))):
            raise ParameterError("vocabulary must map its terms to 0, 1, 2, … without gaps")
    else:
        terms = list(vocabulary)
    if not terms:
        raise ParameterError("the given vocabulary is empty")
    for term in terms:
        if not isinstance(term, str):
            raise ParameterError(f"the vocabulary holds {term!r}, which is not a str")
    if len({term_bytes(term) for term in terms}) != len(terms):
        raise ParameterError("the given vocabulary holds a term twice (after folding)")
    return terms


def _runs(words: list[bytes], ngram_range: tuple[int, int]) -> Iterator[bytes]:
    for n in range(ngram_range[0], ngram_range[1] + 1):
        for i in range(len(words) - n + 1):
            yield BLANK.join(words[i : i + n])


def _first_places(
    wanted: npt.NDArray[np.uint64], hashes: npt.NDArray[np.uint64], named: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, int]]:
    """Yield (i, j) for the first ``hashes[i] == wanted[j]`` of each j not yet named."""
    found = np.minimum(np.searchsorted(wanted, hashes), len(wanted) - 1)
    places = np.flatnonzero((wanted[found] == hashes) & ~named[found])
    ids, first = np.unique(found[places], return_index=True)
    yield from zip(places[first].tolist(), ids.tolist(), strict=True)


def _concatenate(parts: list[npt.NDArray[Any]], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype=dtype), *parts])
