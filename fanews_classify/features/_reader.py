"""Terms of texts while a vocabulary is learnt: hashes first, names for the chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from fanews_classify.errors import ParameterError
from fanews_classify.features._extractor import AnalyzerOptions, count_known
from fanews_classify.features._table import HashTable
from fanews_classify.features._terms import char_terms, word_terms
from fanews_classify.features._tfidf import Counts, count_terms
from fanews_classify.text._codepage import decode, term_bytes
from fanews_classify.text._hashing import hash_bytes
from fanews_classify.text._tokens import batches


@dataclass(frozen=True)
class TermReader:
    """Reads terms with the library's tokens, or with a tokenizer of the user's."""

    options: AnalyzerOptions
    tokenizer: Callable[[str], Iterable[str]] | None = None

    def counts(self, texts: list[str], table: HashTable, n_terms: int) -> Counts:
        """Count the terms of one batch that the table knows."""
        if self.tokenizer is None:
            return count_known(self.options.tokenize(texts), self.options, table, n_terms)
        hashes, rows = self.hashed(texts)
        ids = table.lookup(hashes)
        known = ids >= 0
        return count_terms(ids[known], rows[known], len(texts), n_terms)

    def names(self, texts: list[str], hashes: npt.NDArray[np.uint64]) -> list[str]:
        """Find the text of each selected term by a second walk over the texts."""
        table = HashTable.build(hashes)
        names: list[str | None] = [None] * len(hashes)
        named = np.zeros(len(hashes), dtype=np.bool_)
        for begin, end in batches(texts):
            if named.all():
                break
            for found, term in self._named(texts[begin:end], table, named):
                names[found] = term
                named[found] = True
        return [name or "" for name in names]

    def _named(
        self,
        texts: list[str],
        table: HashTable,
        named: npt.NDArray[np.bool_],
    ) -> Iterator[tuple[int, str]]:
        """Yield (id, text) of the terms that have no name yet."""
        if self.tokenizer is not None:
            for words in self._custom_words(texts):
                for term in _runs(words, self.options.ngram_range):
                    found = int(table.lookup(np.array([hash_bytes(term)], dtype=np.uint64))[0])
                    if found >= 0 and not named[found]:
                        yield found, decode(term)
            return
        batch = self.options.tokenize(texts)
        if self.options.analyzer == "word":
            terms = word_terms(batch, self.options.ngram_range)
            sizes = np.repeat([n for n, _ in terms.sizes], [count for _, count in terms.sizes])
            for i, found in _first_places(table.lookup(terms.hashes), named):
                first = int(terms.tokens[i])
                words = [batch.term(j) for j in range(first, first + int(sizes[i]))]
                yield found, decode(b" ".join(words))
            return
        distinct = np.unique(batch.hashes, return_index=True)[1]
        words = [batch.term(i) for i in distinct]
        grams = char_terms(words, self.options.ngram_range)
        for i, found in _first_places(table.lookup(grams.hashes), named):
            offset, length = int(grams.offsets[i]), int(grams.lengths[i])
            padded = b" " + words[grams.words[i]] + b" "
            yield found, decode(padded[offset : offset + length])

    def hashed(self, texts: list[str]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.intp]]:
        """Hashes of all terms of a batch and the text of each."""
        if self.tokenizer is not None:
            hashes, rows = [], []
            for row, words in enumerate(self._custom_words(texts)):
                found = [hash_bytes(term) for term in _runs(words, self.options.ngram_range)]
                hashes.extend(found)
                rows.extend([row] * len(found))
            return np.array(hashes, dtype=np.uint64), np.array(rows, dtype=np.intp)
        batch = self.options.tokenize(texts)
        text_of_token = np.repeat(np.arange(len(texts)), np.diff(batch.splits))
        if self.options.analyzer == "word":
            terms = word_terms(batch, self.options.ngram_range)
            return terms.hashes, text_of_token[terms.tokens]
        _, first, word = np.unique(batch.hashes, return_index=True, return_inverse=True)
        grams = char_terms([batch.term(i) for i in first], self.options.ngram_range)
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
            yield b" ".join(words[i : i + n])


def _first_places(
    ids: npt.NDArray[np.int32], named: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, int]]:
    places = np.flatnonzero(ids >= 0)
    places = places[~named[ids[places]]]
    found, first = np.unique(ids[places], return_index=True)
    yield from zip(places[first].tolist(), found.tolist(), strict=True)
