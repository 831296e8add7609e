"""The feature blocks of a recipe: vectorizers, vocabularies, shared subwords."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from fanews_classify.features._vectors import word_vectors
from fanews_classify.features.vectorizer import PersianTfidfVectorizer
from fanews_classify.training.recipe import Features

_SUBWORD_MIN_DF = 3  # words that an n-gram must stand in to be shared


Views = Mapping[str, list[str]]
"""What blocks read of the same texts, by name: ``text``, and ``focus`` for stance."""


class FeatureBlocks:
    """Fitted vectorizers of a recipe, side by side."""

    def __init__(self, features: Sequence[Features]) -> None:
        self.features = tuple(features)
        self.vectorizers: list[Any] = []

    def fit_transform(self, views: Views) -> sp.csr_matrix:
        """Fit all blocks; return their features, each times its factor."""
        return self.refit(views, [None] * len(self.features))

    def refit(self, views: Views, vocabularies: Sequence[list[str] | None]) -> sp.csr_matrix:
        """Fit all blocks with fixed vocabularies."""
        self.vectorizers = [
            PersianTfidfVectorizer(**block.vectorizer_parameters(), vocabulary=vocabulary)
            for block, vocabulary in zip(self.features, vocabularies, strict=True)
        ]
        return self._stack(
            [
                vectorizer.fit_transform(views[block.view])
                for block, vectorizer in zip(self.features, self.vectorizers, strict=True)
            ]
        )

    def transform(self, views: Views) -> sp.csr_matrix:
        """Return the features of texts."""
        return self._stack(
            [
                vectorizer.transform(views[block.view])
                for block, vectorizer in zip(self.features, self.vectorizers, strict=True)
            ]
        )

    def weighted(self) -> list[tuple[Any, float]]:
        """Return the vectorizers with their factors, as `linear_scorer` takes them."""
        factors = (block.factor for block in self.features)
        return list(zip(self.vectorizers, factors, strict=True))

    def _stack(self, parts: list[sp.csr_matrix]) -> sp.csr_matrix:
        scaled = [
            part if block.factor == 1.0 else part * np.float32(block.factor)
            for part, block in zip(parts, self.features, strict=True)
        ]
        return sp.csr_matrix(sp.hstack(scaled)) if len(scaled) > 1 else scaled[0]

    def vocabularies(
        self, strength: npt.NDArray[np.float64], words: Sequence[str]
    ) -> list[list[str]]:
        """Choose the terms of each block.

        Parameters
        ----------
        strength : ndarray, shape (n_features,)
            How useful each present column is; ranks runs of words.
        words : sequence of str
            Further words, most frequent first.
        """
        chosen, begin = [], 0
        for block, vectorizer in zip(self.features, self.vectorizers, strict=True):
            terms = vectorizer.get_feature_names_out().tolist()
            part = strength[begin : begin + len(terms)]
            begin += len(terms)
            singles = [i for i, term in enumerate(terms) if " " not in term]
            runs = [i for i, term in enumerate(terms) if " " in term]
            if block.max_runs is not None:
                runs = sorted(runs, key=lambda i: (-part[i], i))[: block.max_runs]
            kept = dict.fromkeys([*words, *(terms[i] for i in singles)] if block.max_words else [])
            names = list(kept)[: block.max_words] if kept else [terms[i] for i in singles]
            chosen.append(sorted({*names, *(terms[i] for i in runs)}))
        return chosen

    def subword_matrix(self) -> sp.csr_matrix | None:
        """Character n-grams of the words of all blocks.

        Returns
        -------
        csr_matrix of float32, shape (n_features, n_ngrams), or None
            A row of unit length times the block's `subwords` for each word,
            zeros for runs; None if no block shares subwords.
        """
        if not any(block.subwords for block in self.features):
            return None
        parts = []
        for block, terms, rows in self._words():
            grams = PersianTfidfVectorizer(
                analyzer="char_wb",
                ngram_range=block.subword_range,
                min_df=_SUBWORD_MIN_DF,
                binary=True,
                # Terms are words already: nothing is joined or removed.
                remove_boilerplate=False,
                join_affixes=False,
            ).fit_transform([terms[i] for i in rows])
            parts.append(_spread(grams * np.float32(block.subwords), rows, len(terms)))
        return sp.csr_matrix(sp.block_diag(parts)).astype(np.float32)

    def vector_matrix(self, texts: Sequence[str]) -> sp.csr_matrix | None:
        """Word vectors of the words of all blocks, learnt from `texts`.

        Returns
        -------
        csr_matrix of float32, shape (n_features, n_blocks * dimensions), or None
            A row of unit length times the block's `vectors` for each word,
            zeros for runs; None if no block shares vectors or there are no texts.
        """
        if not texts or not any(block.vectors for block in self.features):
            return None
        words = sorted({terms[i] for _, terms, rows in self._words() for i in rows})
        dimensions = max(block.dimensions for block in self.features)
        vectors = word_vectors(texts, words, dimensions)
        number = {word: i for i, word in enumerate(words)}
        parts = [
            _spread(
                sp.csr_matrix(vectors[[number[terms[i]] for i in rows]] * block.vectors),
                rows,
                len(terms),
            )
            for block, terms, rows in self._words()
        ]
        return sp.csr_matrix(sp.block_diag(parts)).astype(np.float32)

    def _words(self) -> Iterator[tuple[Features, list[str], npt.NDArray[np.intp]]]:
        """Yield each block, its terms, and which of them are single words."""
        for block, vectorizer in zip(self.features, self.vectorizers, strict=True):
            terms = vectorizer.get_feature_names_out().tolist()
            singles = [i for i, term in enumerate(terms) if " " not in term]
            yield block, terms, np.array(singles, dtype=np.intp)


def _spread(matrix: sp.csr_matrix, rows: npt.NDArray[np.intp], n_rows: int) -> sp.csr_matrix:
    """Put the rows of a matrix at the places `rows` of a taller one."""
    found = matrix.tocoo()
    return sp.csr_matrix(
        (found.data, (rows[found.row], found.col)), shape=(n_rows, matrix.shape[1])
    )
