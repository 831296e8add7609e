"""Fitting of the parts of a claim-stance model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from fanews_classify.features._ranking import N_FEATURES, ranking_features
from fanews_classify.features._segments import choose_segments
from fanews_classify.features._words import WordTable
from fanews_classify.features.claims import ClaimPairFeatures, segment_signals
from fanews_classify.model._evidence import EvidenceRanker, chosen
from fanews_classify.model._pair_scorer import Linear, PairScorer
from fanews_classify.model._trees import Trees
from fanews_classify.text._tokens import TokenBatch, tokenize_batch
from fanews_classify.training._fitting import ONE_AT_A_TIME
from fanews_classify.training.claim_recipe import PairLearner
from fanews_classify.training.pairs import ClaimPair
from fanews_classify.training.recipe import Recipe

FloatArray = npt.NDArray[np.float64]
_DIGITS: Final = 6  # of weights: the last bits of a library's arithmetic do not reach the file
_INSIDE: Final = 0.7  # of a sentence's pairs of words that a passage has: then it is of it
_RANKER_C: Final = 0.05
_AT_ONCE: Final = 64  # pairs whose every segment is held at a time


def fit_words(
    recipe: Recipe, data: Path, pairs: Sequence[ClaimPair], unlabelled: Sequence[str]
) -> WordTable:
    """Learn words from unlabelled texts, or where there are none from the pairs.

    So words are known alike in training and later, and a held-out event lends no
    name: with them macro-F1 by event was 1.5 points higher, and not honest.
    """
    learner = recipe.pair_learner
    features = ClaimPairFeatures(
        data / recipe.lexicon if recipe.lexicon else None,
        max_words=learner.max_words,
        min_df=learner.min_df,
        dimensions=learner.dimensions,
    )
    own = [] if unlabelled else [(pair.claim, pair.text) for pair in pairs]
    features.fit(own, unlabelled=unlabelled)
    return features.words_


def fit_scorer(
    X: npt.NDArray[np.float32],
    targets: npt.NDArray[np.intp],
    weights: FloatArray,
    learner: PairLearner,
) -> PairScorer:
    """Fit trees and linear model."""
    # How many threads there are changes the last digits, and is set for the whole process.
    with ONE_AT_A_TIME, threadpool_limits(1):
        trees = HistGradientBoostingClassifier(
            max_iter=learner.iterations,
            learning_rate=learner.learning_rate,
            max_leaf_nodes=learner.leaves,
            min_samples_leaf=learner.min_samples_leaf,
            l2_regularization=learner.l2,
            max_features=learner.max_features,
            early_stopping=False,
            random_state=learner.seed,
        ).fit(X, targets, sample_weight=weights)
        linear = _fit_linear(X, targets, weights, learner.C)
    return PairScorer(Trees.of(trees), linear)


def _fit_linear(
    X: npt.NDArray[np.float32], targets: npt.NDArray[np.intp], weights: FloatArray | None, C: float
) -> Linear:
    scaled = Linear.standardised(X)
    model = LogisticRegression(C=C, max_iter=1000)
    model.fit(scaled.transform(X), targets, sample_weight=weights)
    return Linear(
        *(
            np.round(array, _DIGITS)
            for array in (
                scaled.mean,
                np.maximum(scaled.scale, 10.0**-_DIGITS),
                np.ascontiguousarray(model.coef_.T),
                model.intercept_,
            )
        )
    )


def pair_weights(
    pairs: Sequence[ClaimPair], targets: npt.NDArray[np.intp], learner: PairLearner
) -> FloatArray:
    """Weigh pairs so that neither large events nor frequent labels decide alone; mean 1."""
    weights = np.zeros(len(pairs))
    parts = np.array([pair.part for pair in pairs], dtype=object)
    events = np.array([pair.event for pair in pairs], dtype=object)
    for part in sorted(set(parts.tolist())):
        here = (parts == part).nonzero()[0]
        _, event, count = np.unique(events[here], return_inverse=True, return_counts=True)
        share = count[event].astype(np.float64) ** -learner.event_power
        weights[here] = share / share.mean() * [pairs[i].weight for i in here]
    of_label = np.bincount(targets, weights)
    weights *= (of_label.mean() / np.maximum(of_label, 1e-9))[targets] ** learner.label_power
    weights /= weights.mean()
    return weights


def fit_ranker(table: WordTable, pairs: Sequence[ClaimPair]) -> EvidenceRanker:
    """Learn which sentences readers point at in judged pairs; if none, those that share most."""
    features: list[FloatArray] = []
    wanted: list[npt.NDArray[np.bool_]] = []
    told = [pair for pair in pairs if pair.evidence and pair.judged]
    for begin in range(0, len(told), _AT_ONCE):
        part = told[begin : begin + _AT_ONCE]
        segments = choose_segments(
            table, [pair.claim for pair in part], [pair.text for pair in part], every=True
        )
        rows, names = segment_signals(segments)
        features.append(ranking_features(segments, rows, names))
        places = zip(segments.pair.tolist(), segments.sentence.tolist(), strict=True)
        sentences = [part[i].text[slice(*segments.spans[j])] for i, j in places]
        passages = [pair.evidence for pair in part]
        wanted.append(_inside(sentences, passages, segments.pair))
    target = np.concatenate([np.zeros(0, dtype=np.bool_), *wanted])
    if target.all() or not target.any():
        return _by_overlap()
    X = np.concatenate(features).astype(np.float32)
    with threadpool_limits(1):
        linear = _fit_linear(X, target.astype(np.intp), None, _RANKER_C)
    return EvidenceRanker.of(linear)


def _by_overlap() -> EvidenceRanker:
    """Rank sentences by what they share with the claim, the first of the features."""
    coef = np.zeros((N_FEATURES, 1))
    coef[0] = 1.0
    nothing = np.zeros(N_FEATURES)
    return EvidenceRanker.of(Linear(nothing, nothing + 1.0, coef, np.zeros(1)))


def ranked_passages(
    table: WordTable, ranker: EvidenceRanker, pairs: Sequence[ClaimPair]
) -> list[str]:
    """Return the passages that the ranker would show; ``""`` where readers gave none."""
    found = []
    for pair in pairs:
        passage = ""
        if pair.evidence:
            spans, probabilities = ranker.rank(table, pair.claim, pair.text)
            passage = " ".join(pair.text[slice(*spans[i])] for i in chosen(probabilities))
        found.append(passage)
    return found


def _inside(
    sentences: Sequence[str], passages: Sequence[str], passage_of: npt.NDArray[np.intp]
) -> npt.NDArray[np.bool_]:
    """Whether each sentence is of its passage, by the pairs of words that both have."""
    given = _word_pairs(tokenize_batch(passages, boilerplate=True))
    own = _word_pairs(tokenize_batch(sentences, boilerplate=True))
    share = [
        len(pairs & given[passage]) / max(len(pairs), 1)
        for pairs, passage in zip(own, passage_of.tolist(), strict=True)
    ]
    return np.array(share) > _INSIDE


def _word_pairs(batch: TokenBatch) -> list[set[tuple[int, int]]]:
    hashes, splits = batch.hashes.tolist(), batch.splits.tolist()
    return [
        set(zip(hashes[begin:end], hashes[begin + 1 : end], strict=False))
        for begin, end in pairwise(splits)
    ]
