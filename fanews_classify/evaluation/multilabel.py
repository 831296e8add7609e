"""Scores of answers with zero or more labels a text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import EvaluationError
from fanews_classify.evaluation import _metrics as metrics
from fanews_classify.evaluation._metrics import Interval
from fanews_classify.evaluation._reporting import Reported
from fanews_classify.evaluation._slices import slice_lines, slices_to_dict
from fanews_classify.evaluation.documents import JudgedDocuments
from fanews_classify.evaluation.thresholds import CoveragePoint, coverage_curve

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

PLAUSIBLE: Final = 0.05
"""Labels less probable than this do not count for the calibration error: most
labels of most texts are out of the question, and rightly near 0."""


@dataclass(frozen=True, slots=True)
class LabelSlice:
    """Scores of a part of the texts."""

    n: int
    micro_f1: float
    macro_f1: float


@dataclass(frozen=True)
class MultiLabelEvaluation(Reported):
    """Scores of one classifier on one set of texts.

    Attributes
    ----------
    n : int
        Number of texts.
    labels : tuple of str
    micro_f1, macro_f1, exact_match : Interval
        With 95% bootstrap intervals over texts. `macro_f1` is the mean over
        the labels that occur in the truth; `exact_match` the share of texts
        with exactly the right labels.
    per_class : dict of str to dict
        ``precision``, ``recall``, ``f1`` with ``low`` and ``high``,
        ``support`` of each label.
    calibration_error : float
        Expected calibration error over pairs of text and label with a
        probability of 0.05 or more.
    coverage : list of CoveragePoint
        By the confidence of the whole answer; right is an exact match.
    slices : dict of str to dict of str to LabelSlice
    documents : JudgedDocuments or None
        What was judged, for `to_html`, `figures` and `compare`.
    """

    n: int
    labels: tuple[str, ...]
    micro_f1: Interval
    macro_f1: Interval
    exact_match: Interval
    per_class: Mapping[str, Mapping[str, float]]
    calibration_error: float
    coverage: Sequence[CoveragePoint] = ()
    slices: Mapping[str, Mapping[str, LabelSlice]] = field(default_factory=dict)
    documents: JudgedDocuments | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "n": self.n,
            "labels": list(self.labels),
            "micro_f1": self.micro_f1.to_dict(),
            "macro_f1": self.macro_f1.to_dict(),
            "exact_match": self.exact_match.to_dict(),
            "calibration_error": round(self.calibration_error, 4),
            "coverage": [point.to_list() for point in self.coverage],
            "per_class": {
                label: {key: round(value, 4) for key, value in row.items()}
                for label, row in self.per_class.items()
            },
            "slices": slices_to_dict(self.slices),
        }

    def to_json(self) -> str:
        """Return the scores as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1)

    def to_text(self) -> str:
        """Return the scores as a table to read."""
        width = max(len(label) for label in (*self.labels, "exact match"))
        lines = [
            f"{self.n} texts",
            f"{'micro-F1':<{width}}  {self.micro_f1}",
            f"{'macro-F1':<{width}}  {self.macro_f1}",
            f"{'exact match':<{width}}  {self.exact_match}",
            f"calibration error {self.calibration_error:.3f}",
            "",
            f"{'label':<{width}}  precision  recall     f1                   support",
        ]
        lines += [
            f"{label:<{width}}  {row['precision']:9.3f}  {row['recall']:6.3f}  {row['f1']:5.3f} "
            f"[{row['low']:.3f}, {row['high']:.3f}]  {row['support']:7.0f}"
            for label, row in self.per_class.items()
        ]
        lines += slice_lines(self.slices)
        return "\n".join(lines)

    __str__ = to_text


def evaluate_answers(
    labels: Sequence[str],
    truth: BoolArray,
    given: BoolArray,
    probabilities: FloatArray,
    confidence: FloatArray,
    *,
    slices: Mapping[str, Sequence[str]] | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> MultiLabelEvaluation:
    """Score answers, for instance out-of-fold ones.

    Parameters
    ----------
    labels : sequence of str, length n_labels
    truth, given : ndarray of bool, shape (n, n_labels)
    probabilities : ndarray of float64, shape (n, n_labels)
    confidence : ndarray of float64, shape (n,)
        Of each whole answer.
    slices : mapping of str to sequence of str
        Kind to the name of each text's part.
    replicates, seed : int
        Of the bootstrap.

    Raises
    ------
    EvaluationError
        If there is nothing to score or the lengths differ.
    """
    if not len(truth):
        raise EvaluationError("there are no texts to evaluate")
    counts = _counts(truth, given)
    drawn = resampled_counts(truth, given, replicates, seed)
    by_class, by_class_drawn = _f1(counts.sum(axis=0)), _f1(drawn)
    present = truth.any(axis=0)
    total = counts.sum(axis=0)
    exact = (truth == given).all(axis=1)
    rng = np.random.default_rng(seed)
    exact_drawn = rng.binomial(len(exact), exact.mean(), size=replicates) / len(exact)
    quantiles = np.quantile(by_class_drawn, [0.025, 0.975], axis=0)
    parts = {}
    for kind, names in (slices or {}).items():
        if len(names) != len(truth):
            raise EvaluationError(f"{len(truth)} texts and {len(names)} values of {kind!r}")
        parts[kind] = _slice_scores(names, counts)
    plausible = probabilities >= PLAUSIBLE
    return MultiLabelEvaluation(
        n=len(truth),
        labels=tuple(labels),
        micro_f1=metrics.interval(f1_of_all(total), f1_of_all(drawn)),
        macro_f1=metrics.interval(
            float(by_class[present].mean()) if present.any() else 0.0,
            by_class_drawn[:, present].mean(axis=1) if present.any() else np.zeros(1),
        ),
        exact_match=metrics.interval(float(exact.mean()), exact_drawn),
        per_class={
            label: {
                "precision": float(right / max(right + wrong, 1)),
                "recall": float(right / max(right + missed, 1)),
                "f1": float(by_class[i]),
                "low": float(quantiles[0, i]),
                "high": float(quantiles[1, i]),
                "support": float(right + missed),
            }
            for i, (label, (right, wrong, missed)) in enumerate(
                zip(labels, total.T.tolist(), strict=True)
            )
        },
        calibration_error=metrics.expected_calibration_error(
            probabilities[plausible], truth[plausible]
        ),
        coverage=coverage_curve(confidence, exact),
        slices=parts,
        documents=JudgedDocuments(truth, given, probabilities, confidence, dict(slices or {})),
    )


def _counts(truth: BoolArray, given: BoolArray) -> npt.NDArray[np.int64]:
    """Count true and false positives and false negatives, shape (n, 3, n_labels)."""
    return np.stack((truth & given, ~truth & given, truth & ~given), axis=1).astype(np.int64)


def _f1(counts: npt.NDArray[Any]) -> FloatArray:
    right, wrong, missed = (counts[..., i, :].astype(np.float64) for i in range(3))
    total = 2 * right + wrong + missed
    scores: FloatArray = np.divide(2 * right, total, out=np.zeros_like(right), where=total > 0)
    return scores


def f1_of_all(counts: npt.NDArray[Any]) -> Any:
    """Micro-F1 of counts, shape (..., 3, n_labels)."""
    return _f1(counts.sum(axis=-1, keepdims=True))[..., 0]


def resampled_counts(
    truth: BoolArray, given: BoolArray, replicates: int, seed: int
) -> npt.NDArray[np.int64]:
    """Bootstrap over texts: summed counts of each replicate, shape (replicates, 3, n_labels).

    Texts with the same counts are drawn together, as one multinomial draw
    (Efron and Tibshirani, 1993); most have none at all.
    """
    counts = _counts(truth, given)
    kinds, size = np.unique(counts.reshape(len(counts), -1), axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(counts), size / len(counts), size=replicates)
    summed: npt.NDArray[np.int64] = drawn @ kinds
    return summed.reshape(replicates, *counts.shape[1:])


def _slice_scores(names: Sequence[str], counts: npt.NDArray[np.int64]) -> dict[str, LabelSlice]:
    array = np.array([str(name) for name in names], dtype=object)
    scores = {}
    for name in sorted(set(array.tolist())):
        inside = counts[array == name]
        total = inside.sum(axis=0)
        present = (total[0] + total[2]) > 0
        macro = float(_f1(total)[present].mean()) if present.any() else 0.0
        scores[name] = LabelSlice(len(inside), float(f1_of_all(total)), macro)
    return scores
