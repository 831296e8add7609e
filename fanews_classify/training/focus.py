"""Learns which sentences speak of a target, from texts whose targets are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from sklearn.svm import LinearSVC

from fanews_classify.features.vectorizer import PersianTfidfVectorizer
from fanews_classify.model._export import linear_scorer
from fanews_classify.model._focus import Focus
from fanews_classify.training._fitting import fitted

_TERMS: Final = 150  # words of each target
_MIN_DF: Final = 3


def fit_focus(
    texts: Sequence[str], targets: Sequence[str], known_targets: Sequence[str], seed: int = 0
) -> Focus:
    """Learn the words of each target from the texts that have it and those that do not.

    Parameters
    ----------
    texts : sequence of str
        May repeat a text, once for each of its targets.
    targets : sequence of str
        ``""`` for none.
    known_targets : sequence of str
        Columns of the result; one without a text gets no words.
    seed : int, default=0

    Returns
    -------
    Focus
    """
    of_text: dict[str, set[str]] = {}
    for text, target in zip(texts, targets, strict=True):
        of_text.setdefault(text, set()).add(target)
    vectorizer = PersianTfidfVectorizer(min_df=min(_MIN_DF, len(of_text)))
    matrix = vectorizer.fit_transform(list(of_text))
    terms = vectorizer.get_feature_names_out()
    weights = np.zeros((len(known_targets), len(terms)))
    for row, target in enumerate(known_targets):
        truth = np.array([target in found for found in of_text.values()])
        if truth.all() or not truth.any():
            continue
        model = LinearSVC(C=0.1, class_weight="balanced", random_state=seed)
        fitted(model, matrix, truth)
        weight = model.coef_[0] * vectorizer.idf_
        best = np.argsort(-weight, kind="stable")[:_TERMS]
        best = best[weight[best] > 0]
        weights[row, best] = weight[best]
    used = np.flatnonzero(weights.any(axis=0))
    words = PersianTfidfVectorizer(
        binary=True, use_idf=False, norm=None, vocabulary=[str(terms[i]) for i in used]
    )
    words.fit(list(of_text))
    scorer = linear_scorer([(words, 1.0)], weights[:, used], np.zeros(len(known_targets)))
    return Focus(scorer, tuple(known_targets))
