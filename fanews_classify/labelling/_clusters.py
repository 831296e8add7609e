"""Texts that stand for many others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from fanews_classify.labelling._spread import directions

_DIMENSIONS: Final = 100


def middles(texts: Sequence[str], n: int, seed: int) -> list[int]:
    """Cut texts into clusters; return the text nearest to the middle of each.

    Clusters are those of k-means on TF-IDF in a hundred dimensions (latent
    semantic analysis), the largest first.

    Parameters
    ----------
    texts : sequence of str
        More than `n`; every text has a word.
    n : int
    seed : int

    Returns
    -------
    list of int, length n
    """
    from sklearn.cluster import KMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    rows = directions(texts)
    if min(rows.shape) > _DIMENSIONS:
        rows = TruncatedSVD(_DIMENSIONS, random_state=seed).fit_transform(rows)
    rows = normalize(rows)
    fitted = KMeans(n, n_init=1, random_state=seed).fit(rows)
    distances = fitted.transform(rows)[np.arange(len(texts)), fitted.labels_]
    sizes = np.bincount(fitted.labels_, minlength=n)
    chosen: list[int] = []
    for cluster in np.argsort(-sizes, kind="stable"):
        inside = np.flatnonzero(fitted.labels_ == cluster)
        if len(inside):
            chosen.append(int(inside[distances[inside].argmin()]))
    # Texts with the same words can leave clusters empty.
    rest = sorted(set(range(len(texts))) - set(chosen))
    return [*chosen, *rest][:n]
