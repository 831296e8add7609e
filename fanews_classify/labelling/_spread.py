"""A greedy choice of texts that are doubtful and unlike each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from fanews_classify.features.vectorizer import PersianTfidfVectorizer

FloatArray = npt.NDArray[np.float64]

_WORDS: Final = 400  # of each text: enough to tell what it is about


def directions(texts: Sequence[str]) -> sp.csr_matrix:
    """Return TF-IDF rows of unit length; every text must have a word."""
    vectorizer = PersianTfidfVectorizer(sublinear_tf=True, max_tokens=_WORDS)
    return vectorizer.fit_transform(list(texts))


def spread(
    value: FloatArray,
    rows: sp.csr_matrix,
    n: int,
    share: float,
    kinds: Sequence[Hashable],
    most: int | None,
) -> list[int]:
    """Choose rows one after the other: the most valuable, and far from those chosen.

    Maximal marginal relevance (Carbonell and Goldstein, 1998), as Brinker (2003)
    applied it to batches of texts to be labelled: each time the row is taken for
    which ``(1 - share) * value + share * distance`` is largest, where `distance`
    is 1 less the cosine with the nearest of those chosen, and both are scaled to
    the range that they have among the rows left.

    Parameters
    ----------
    value : ndarray of float64, shape (n_rows,)
    rows : csr_matrix, shape (n_rows, n_terms)
        Of unit length.
    n : int
    share : float in [0, 1]
    kinds : sequence of hashable, length n_rows
    most : int or None
        Rows of one kind at most.

    Returns
    -------
    list of int
        At most `n`, in the order of their choice.
    """
    left = np.ones(len(value), dtype=np.bool_)
    nearest = np.zeros(len(value))
    used: Counter[Hashable] = Counter()
    chosen: list[int] = []
    while len(chosen) < n and left.any():
        scores = (1.0 - share) * _scaled(value, left) + share * _scaled(1.0 - nearest, left)
        i = int(np.where(left, scores, -np.inf).argmax())
        chosen.append(i)
        left[i] = False
        nearest = np.maximum(nearest, (rows @ rows[i].T).toarray()[:, 0])
        used[kinds[i]] += 1
        if most is not None and used[kinds[i]] >= most:
            left &= np.array([kind != kinds[i] for kind in kinds])
    return chosen


def _scaled(values: FloatArray, left: npt.NDArray[np.bool_]) -> FloatArray:
    """Put the values of the rows left into the range from 0 to 1."""
    low, high = values[left].min(), values[left].max()
    scaled: FloatArray = (values - low) / max(high - low, 1e-12)
    return scaled
