"""Fitting: the choice of a learner, thresholds, and the final model."""

from __future__ import annotations

import itertools
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, replace
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import sklearn
from sklearn.metrics import f1_score

from fanews_classify.errors import RecipeError
from fanews_classify.evaluation.thresholds import best_threshold
from fanews_classify.model._assembly import Model
from fanews_classify.model._focus import Focus
from fanews_classify.model._linear import LinearScorer
from fanews_classify.model._passages import PassageScorer
from fanews_classify.model.classifier import NewsClassifier
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.model.topics import TopicClassifier
from fanews_classify.training.checkpoint import Checkpoint, digest_of
from fanews_classify.training.data import Document
from fanews_classify.training.folds import FloatArray, OutOfFold, Progress, fit_on, out_of_fold
from fanews_classify.training.judgement import Judgement, indicator
from fanews_classify.training.recipe import Learner, Recipe
from fanews_classify.training.unlabelled import Unlabelled


def candidates(recipe: Recipe) -> Iterator[Learner]:
    """Learners of the recipe's search space; the recipe's own if it has none."""
    if not recipe.search:
        yield recipe.learner
        return
    for values in itertools.product(*recipe.search.values()):
        yield replace(recipe.learner, **dict(zip(recipe.search, values, strict=True)))


def choose_learner(
    recipe: Recipe,
    documents: Sequence[Document],
    labels: Sequence[str],
    groups: npt.NDArray[np.intp],
    progress: Progress,
    unlabelled: Unlabelled | None = None,
    kept: Checkpoint | None = None,
) -> tuple[Learner, OutOfFold, list[dict[str, Any]]]:
    """Cross-validate each candidate; return the best by macro-F1, with all scores."""
    tried: list[dict[str, Any]] = []
    best: tuple[float, Learner, OutOfFold] | None = None
    for learner in candidates(recipe):
        result = out_of_fold(
            recipe, learner, documents, labels, groups, progress, unlabelled, kept=kept
        )
        score = _macro_f1(recipe, [documents[i] for i in result.index], labels, result.scores)
        tried.append({**asdict(learner), "macro_f1": round(score, 4)})
        if best is None or score > best[0]:
            best = score, learner, result
    if best is None:
        raise RecipeError("the recipe's search space is empty")
    return best[1], best[2], tried


def _macro_f1(
    recipe: Recipe, judged: Sequence[Document], labels: Sequence[str], scores: FloatArray
) -> float:
    if recipe.task == "multi-label":
        truth = indicator(judged, labels)
        columns = zip(scores.T, truth.T, strict=True)
        return float(np.mean([best_threshold(score, right)[1] for score, right in columns]))
    answers = [labels[i] for i in scores.argmax(axis=1)]
    return float(f1_score([d.label for d in judged], answers, average="macro", zero_division=0.0))


def fit_model(
    recipe: Recipe,
    learner: Learner,
    documents: Sequence[Document],
    judgement: Judgement,
    info: dict[str, Any],
    unlabelled: Unlabelled | None = None,
) -> Model:
    """Fit on all documents and make the classifier of the recipe's task."""
    linear = fit_on(recipe, learner, documents, np.arange(len(documents)), unlabelled)
    scorers = replace(linear, intercept=np.round(linear.intercept, 6)).scorers(recipe.weight_dtype)
    common: dict[str, Any] = {
        "name": recipe.name,
        "labels": tuple(linear.classes),
        "labels_fa": tuple(recipe.persian(label) for label in linear.classes),
        "scorer": scorers["text"],
        "calibration": judgement.calibration,
        "abstain_below": recipe.abstain_below,
        "info": {**info, "learner": asdict(learner), "libraries": library_versions()},
    }
    if recipe.task == "multi-label":
        whole = scorers["text"]
        common["scorer"] = PassageScorer(whole.blocks, whole.intercept, recipe.passage_share)
        return TopicClassifier(**common, thresholds=judgement.thresholds)
    if recipe.task == "stance":
        targets = recipe.targets
        bias = linear.bias if len(linear.bias) else np.zeros((len(targets), len(linear.classes)))
        return StanceClassifier(
            **common,
            targets=targets,
            focus=linear.design.focus or Focus(LinearScorer((), np.zeros(len(targets))), targets),
            focus_scorer=scorers["focus"],
            bias=np.round(bias, 6),
        )
    return NewsClassifier(**common)


def dependencies(recipe: Recipe, files: Mapping[str, str], texts: Iterable[Any]) -> dict[str, Any]:
    """Return what finished folds depend on, as JSON values; see `checkpoint.kept_in`.

    Parameters
    ----------
    recipe : Recipe
    files : mapping of str to str
        Digests of the files that were read.
    texts : iterable of dataclass instances
        What was read.
    """
    return {
        **library_versions(),
        "recipe": asdict(recipe),
        "files": digest_of(files),
        "texts": digest_of(*map(astuple, texts)),
    }


def library_versions() -> dict[str, str]:
    """Versions that the trained weights depend on."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scikit-learn": sklearn.__version__,
        "joblib": joblib.__version__,
    }
