"""What out-of-fold scores tell: calibration, thresholds, and the honest evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fanews_classify.evaluation.multilabel import MultiLabelEvaluation, evaluate_answers
from fanews_classify.evaluation.report import Evaluation, evaluate_probabilities
from fanews_classify.evaluation.thresholds import best_threshold
from fanews_classify.model._calibration import Calibration
from fanews_classify.model._sigmoid import SigmoidCalibration
from fanews_classify.model.topics import answer_confidence
from fanews_classify.training.data import Document
from fanews_classify.training.folds import FloatArray, OutOfFold
from fanews_classify.training.recipe import Recipe

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Judgement:
    """Learnt from out-of-fold scores.

    Attributes
    ----------
    calibration : Calibration or SigmoidCalibration
        Fitted on all judged documents.
    thresholds : ndarray of float64, shape (n_labels,)
        Of a multi-label model; empty otherwise.
    evaluation : Evaluation or MultiLabelEvaluation
        Each fold calibrated, and its thresholds chosen, by the other folds.
    """

    calibration: Calibration | SigmoidCalibration
    thresholds: FloatArray
    evaluation: Evaluation | MultiLabelEvaluation


def judge(
    recipe: Recipe, documents: Sequence[Document], labels: Sequence[str], held_out: OutOfFold
) -> Judgement:
    """Calibrate on the out-of-fold scores; score each fold as the others would have it."""
    judged = [documents[i] for i in held_out.index]
    if recipe.task == "multi-label":
        return _judge_topics(judged, labels, held_out)
    number = {label: i for i, label in enumerate(labels)}
    truth = [str(document.label) for document in judged]
    targets = np.array([number[label] for label in truth])
    fold = np.array(held_out.fold)
    probabilities = np.empty_like(held_out.scores)
    for name in sorted(set(held_out.fold)):
        here = fold == name
        others = _calibrate(recipe, held_out, targets, ~here)
        probabilities[here] = others.probabilities(held_out.scores[here], held_out.known[here])
    evaluation = evaluate_probabilities(
        labels,
        truth,
        probabilities,
        held_out.known,
        threshold=recipe.abstain_below,
        slices=_slices(judged, held_out),
    )
    evaluation = evaluation._of(
        [document.text for document in judged],
        asked=[document.target for document in judged],
        sources=[document.source for document in judged],
    )
    whole = _calibrate(recipe, held_out, targets, np.ones(len(targets), dtype=np.bool_))
    return Judgement(whole, np.zeros(0), evaluation)


def _calibrate(
    recipe: Recipe, held_out: OutOfFold, targets: npt.NDArray[np.intp], chosen: BoolArray
) -> Calibration:
    """Fit on whole texts and on their first words."""
    return Calibration.fit(
        np.concatenate((held_out.scores[chosen], held_out.short_scores[chosen])),
        np.concatenate((held_out.known[chosen], held_out.short_known[chosen])),
        np.concatenate((targets[chosen], targets[chosen])),
        # What the expected norm does not see, that a text repeats itself, the calibration must.
        decays=any(block.norm == "expected" for block in recipe.features),
    )


def _judge_topics(
    judged: Sequence[Document], labels: Sequence[str], held_out: OutOfFold
) -> Judgement:
    truth = indicator(judged, labels)
    fold = np.array(held_out.fold)
    probabilities = np.empty_like(held_out.scores)
    given = np.zeros_like(truth)
    for name in sorted(set(held_out.fold)):
        here = fold == name
        others, thresholds = _curves(held_out, truth, ~here)
        probabilities[here] = others.probabilities(held_out.scores[here], held_out.known[here])
        given[here] = probabilities[here] >= thresholds
    given &= (held_out.known > 0)[:, None]
    evaluation = evaluate_answers(
        labels,
        truth,
        given,
        probabilities,
        answer_confidence(probabilities, given),
        slices=_slices(judged, held_out),
    )
    evaluation = evaluation._of(
        [document.text for document in judged], sources=[document.source for document in judged]
    )
    calibration, thresholds = _curves(held_out, truth, np.ones(len(truth), dtype=np.bool_))
    return Judgement(calibration, thresholds, evaluation)


def _curves(
    held_out: OutOfFold, truth: BoolArray, chosen: BoolArray
) -> tuple[SigmoidCalibration, FloatArray]:
    """Fit the curves of all labels, and choose their thresholds.

    Of calibrated probabilities the threshold with the best F1 is half of that
    F1 (Lipton, Elkan and Naryanaswamy, 2014). That is steadier than the best
    threshold itself, which hangs on a few documents where a label is rare.
    """
    calibration = SigmoidCalibration.fit(
        np.concatenate((held_out.scores[chosen], held_out.short_scores[chosen])),
        np.concatenate((held_out.known[chosen], held_out.short_known[chosen])),
        np.concatenate((truth[chosen], truth[chosen])),
    )
    probabilities = calibration.probabilities(held_out.scores[chosen], held_out.known[chosen])
    best = [best_threshold(p, t)[1] for p, t in zip(probabilities.T, truth[chosen].T, strict=True)]
    # A label without a positive is given to no text.
    thresholds = [f1 / 2 if f1 else 1.0 for f1 in best]
    return calibration, np.round(np.array(thresholds), 4)


def indicator(documents: Sequence[Document], labels: Sequence[str]) -> BoolArray:
    """Which document has which label, shape (n_documents, n_labels)."""
    rows = [[label in document.label for label in labels] for document in documents]
    return np.array(rows, dtype=np.bool_).reshape(len(documents), len(labels))


def _slices(judged: Sequence[Document], held_out: OutOfFold) -> dict[str, list[str]]:
    slices = {"fold": held_out.fold}
    if any(document.year for document in judged):
        slices["year"] = [document.year or "unknown" for document in judged]
    if any(document.unsure for document in judged):
        slices["reader"] = ["unsure" if document.unsure else "sure" for document in judged]
    if any(document.chosen_by for document in judged):
        slices["chosen by"] = [document.chosen_by or "other" for document in judged]
    if len({document.file for document in judged if document.file}) > 1:
        slices["read by"] = [document.file or "other" for document in judged]
    if any(document.target for document in judged):
        slices["target"] = [document.target or "none" for document in judged]
    return slices
