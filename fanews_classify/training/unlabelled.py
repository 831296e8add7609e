"""Unlabelled texts: their words, counted by outlet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from fanews_classify.features.vectorizer import PersianTfidfVectorizer
from fanews_classify.training.recipe import Features


@dataclass(frozen=True)
class Unlabelled:
    """Texts without labels, and in how many of each outlet a word stands.

    Attributes
    ----------
    texts : list of (str, str)
        Text and outlet.
    words : ndarray of object (str), shape (n_words,)
    counts : ndarray of int64, shape (n_outlets, n_words)
    outlets : list of str, length n_outlets
    """

    texts: list[tuple[str, str]]
    words: npt.NDArray[np.object_]
    counts: npt.NDArray[np.int64]
    outlets: list[str]

    @classmethod
    def read(cls, texts: list[tuple[str, str]], features: Features) -> Unlabelled | None:
        """Count the words of texts; those of a single text are left out."""
        if not texts:
            return None
        outlets = [outlet for _, outlet in texts]
        vectorizer = PersianTfidfVectorizer(
            min_df=2,
            binary=True,
            use_idf=False,
            norm=None,
            remove_boilerplate=features.remove_boilerplate,
            join_affixes=features.join_affixes,
        )
        matrix = vectorizer.fit_transform([text for text, _ in texts])
        names = sorted(set(outlets))
        number = {name: i for i, name in enumerate(names)}
        row = np.array([number[outlet] for outlet in outlets])
        by_outlet = sp.csr_matrix(
            (np.ones(len(row), dtype=np.float32), (row, np.arange(len(row)))),
            shape=(len(names), len(row)),
        )
        counts = np.rint((by_outlet @ matrix).toarray()).astype(np.int64)
        return cls(texts, vectorizer.get_feature_names_out(), counts, names)

    def most_frequent(self, count: int, min_df: int, without: Collection[str] = ()) -> list[str]:
        """Return the words of most texts, outlets in `without` not counted."""
        kept = np.array([outlet not in without for outlet in self.outlets])
        total = self.counts[kept].sum(axis=0)
        order = np.lexsort((np.arange(len(total)), -total))[:count]
        return [str(word) for word in self.words[order[total[order] >= min_df]]]

    def texts_without(self, outlets: Collection[str]) -> list[str]:
        """Return the texts of all other outlets."""
        return [text for text, outlet in self.texts if outlet not in outlets]
