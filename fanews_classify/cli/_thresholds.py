"""Thresholds from a user's own labelled texts, and what each would cost."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.cli import _models
from fanews_classify.cli._labelled import read_for
from fanews_classify.errors import EvaluationError, ParameterError
from fanews_classify.evaluation.thresholds import (
    best_threshold,
    coverage_curve,
    threshold_for_accuracy,
    threshold_for_precision,
    threshold_for_recall,
)
from fanews_classify.model import _store
from fanews_classify.model.claims import ClaimStanceClassifier
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.model.topics import TopicClassifier
from fanews_classify.training.data import Document

_FEW: Final = 10  # positives below which a threshold is a guess


def tune_threshold(options: argparse.Namespace) -> int:
    """Print what each threshold would cost; save a model with the chosen ones."""
    model = _models.load(options.model)
    if isinstance(model, ClaimStanceClassifier):
        raise ParameterError("a claim model has no thresholds to tune; train it on your own pairs")
    documents = read_for(model, options.data)
    tune = _tune_topics if isinstance(model, TopicClassifier) else _tune_single
    tuned = tune(model, documents, options)
    if options.out:
        _store.save(tuned, options.out)
        print(f"\nsaved {options.out}")
    return 0


def _tune_topics(
    model: TopicClassifier, documents: list[Document], options: argparse.Namespace
) -> TopicClassifier:
    if options.accuracy is not None:
        raise ParameterError(
            "--accuracy is for models with one label; give --precision or --recall"
        )
    probabilities = model.predict_proba([document.text for document in documents])
    truth = np.array([[label in d.label for label in model.labels] for d in documents])
    choose: Callable[[Any, Any], float | None]
    if options.precision is not None:
        choose = lambda p, t: threshold_for_precision(p, t, options.precision)  # noqa: E731
    elif options.recall is not None:
        choose = lambda p, t: threshold_for_recall(p, t, options.recall)  # noqa: E731
    else:
        choose = lambda p, t: best_threshold(p, t)[0] if t.any() else None  # noqa: E731
    chosen: dict[str, float] = {}
    width = max(map(len, model.labels))
    print(f"{'label':<{width}}  positives  before  after  precision  recall     f1")
    for i, label in enumerate(model.labels):
        before = float(model.thresholds[i])
        found = choose(probabilities[:, i], truth[:, i])
        after = before if found is None else _rounded(found)
        chosen[label] = after
        precision, recall, f1 = _scores(probabilities[:, i] >= after, truth[:, i])
        positives = int(truth[:, i].sum())
        note = "  not reached, kept" if found is None else "  few" if positives < _FEW else ""
        print(
            f"{label:<{width}}  {positives:9d}  {before:6.3f}  {after:5.3f}  {precision:9.3f}  "
            f"{recall:6.3f}  {f1:5.3f}{note}"
        )
    return model.with_thresholds(chosen)


def _rounded(threshold: float) -> float:
    """Six digits, never above the score that it stands for."""
    return float(np.clip(np.floor(threshold * 1e6) / 1e6, 0.0, 1.0))


def _scores(
    given: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]
) -> tuple[float, float, float]:
    right, answered, positives = (given & truth).sum(), given.sum(), truth.sum()
    return (
        float(right / max(answered, 1)),
        float(right / max(positives, 1)),
        float(2 * right / max(answered + positives, 1)),
    )


def _tune_single(model: Any, documents: list[Document], options: argparse.Namespace) -> Any:
    if options.precision is not None or options.recall is not None:
        raise ParameterError("--precision and --recall are for models with several labels")
    texts = [document.text for document in documents]
    if isinstance(model, StanceClassifier):
        probabilities = model.predict_proba(texts, [document.target for document in documents])
    else:
        probabilities = model.predict_proba(texts)
    answers = probabilities.argmax(axis=1)
    right = np.array([model.labels[i] == d.label for i, d in zip(answers, documents, strict=True)])
    confidence = probabilities.max(axis=1)
    print("answered if sure by  coverage  accuracy")
    for point in coverage_curve(confidence, right, points=10):
        print(f"{point.threshold:19.3f}  {point.coverage:8.1%}  {point.accuracy:8.1%}")
    if options.accuracy is None:
        return model
    found = threshold_for_accuracy(confidence, right, options.accuracy)
    if found is None:
        raise EvaluationError(f"no threshold reaches an accuracy of {options.accuracy}")
    found = _rounded(found)
    share = float((confidence >= found).mean())
    print(f"\nabstain below {found:.4f}: answers {share:.1%} of the texts")
    return replace(model, abstain_below=found)
