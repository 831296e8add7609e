"""Word vectors of unlabelled texts: words that keep the same company are alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits

from fanews_classify.features._table import HashTable
from fanews_classify.text._codepage import term_bytes
from fanews_classify.text._hashing import hash_terms
from fanews_classify.text._tokens import batches, tokenize_batch

_WINDOW: Final = 5  # words to each side
_SMOOTHING: Final = 0.75  # of context counts: rare contexts are not overrated
_PENDING: Final = 8_000_000  # pairs held before they are counted


def word_vectors(
    texts: Sequence[str], words: Sequence[str], dimensions: int, seed: int = 0
) -> npt.NDArray[np.float32]:
    """Learn vectors of words from the words around them.

    The factors of the positive pointwise mutual information of words within a
    window of five, which is what skip-gram with negative sampling factorises
    too (Levy and Goldberg, 2014; Levy, Goldberg and Dagan, 2015), but exact,
    repeatable and done in seconds.

    Parameters
    ----------
    texts : sequence of str
    words : sequence of str
        Folded words.
    dimensions : int
    seed : int, default=0

    Returns
    -------
    ndarray of float32, shape (n_words, dimensions)
        Rows of unit length; zeros for words that stand in no text.
    """
    counts = _neighbours(texts, words)
    total = np.asarray(counts.sum(axis=1)).ravel()
    share = total**_SMOOTHING
    share /= max(share.sum(), 1.0)
    pairs = counts.tocoo()
    information = np.log(pairs.data / (total[pairs.row] * share[pairs.col]))
    kept = information > 0
    positive = sp.csr_matrix(
        (information[kept].astype(np.float32), (pairs.row[kept], pairs.col[kept])),
        shape=counts.shape,
    )
    dimensions = min(dimensions, len(words) - 1)
    # On one thread: how many there are changes the last digits, and with them a model's bytes.
    with threadpool_limits(1):
        left, strength, _ = randomized_svd(positive, dimensions, n_iter=2, random_state=seed)
    vectors = left * np.sqrt(strength)
    size = np.linalg.norm(vectors, axis=1, keepdims=True)
    # Words without a neighbour come out as rounding noise, not as exact zeros.
    size[(size < 1e-6) | (total[:, None] == 0)] = np.inf
    unit: npt.NDArray[np.float32] = (vectors / size).astype(np.float32)
    return unit


def _neighbours(texts: Sequence[str], words: Sequence[str]) -> sp.csr_matrix:
    """Count how often two words stand within the window of each other."""
    n_words = len(words)
    table = HashTable.build(hash_terms([term_bytes(word) for word in words]))
    counts = sp.csr_matrix((n_words, n_words), dtype=np.float32)
    pending: list[npt.NDArray[np.int64]] = []
    for begin, end in batches(texts):
        batch = tokenize_batch(texts[begin:end])
        ids = table.lookup(batch.hashes)
        owner = np.repeat(np.arange(end - begin), np.diff(batch.splits))
        known = ids < table.size
        ids, owner = ids[known], owner[known]
        for distance in range(1, _WINDOW + 1):
            inside = owner[distance:] == owner[:-distance]
            first, second = ids[:-distance][inside], ids[distance:][inside]
            pending.append(np.minimum(first, second) * n_words + np.maximum(first, second))
        if sum(map(len, pending)) > _PENDING:
            counts = counts + _counted(pending, n_words)
            pending = []
    counts = counts + _counted(pending, n_words)
    return sp.csr_matrix(counts + counts.T)


def _counted(pending: list[npt.NDArray[np.int64]], n_words: int) -> sp.csr_matrix:
    keys = np.concatenate([np.zeros(0, dtype=np.int64), *pending])
    pairs, count = np.unique(keys, return_counts=True)
    return sp.csr_matrix(
        (count.astype(np.float32), (pairs // n_words, pairs % n_words)), shape=(n_words, n_words)
    )
