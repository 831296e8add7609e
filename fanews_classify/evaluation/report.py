"""Scores of answers with one label a text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import EvaluationError
from fanews_classify.evaluation import _metrics as metrics
from fanews_classify.evaluation._metrics import Interval
from fanews_classify.evaluation._reporting import Reported
from fanews_classify.evaluation._slices import slice_lines, slices_to_dict
from fanews_classify.evaluation.documents import JudgedDocuments
from fanews_classify.evaluation.thresholds import CoveragePoint, coverage_curve
from fanews_classify.labels import UNKNOWN, english_hint
from fanews_classify.model._base import most_probable

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SliceScore:
    """Scores of a part of the texts."""

    n: int
    accuracy: float
    macro_f1: float


@dataclass(frozen=True)
class Evaluation(Reported):
    """Scores of one classifier on one set of texts.

    Attributes
    ----------
    n : int
        Number of texts.
    labels : tuple of str
        Labels of the model, the order of all tables.
    accuracy, macro_f1 : Interval
        With 95% bootstrap intervals. «unknown» counts as wrong. `macro_f1` is
        the mean over the labels that occur among the true ones.
    micro_f1, weighted_f1 : float
    per_class : dict of str to dict
        ``precision``, ``recall``, ``f1``, ``support`` of each label.
    confusion : ndarray of int64, shape (n_labels, n_labels + 1)
        Rows are the truth, columns the answers, the last is «unknown».
    calibration_error : float
        Expected calibration error of the most probable label.
    unknown : float
        Share of texts without an answer.
    coverage : list of CoveragePoint
        Accuracy if answers below a confidence are withheld.
    slices : dict of str to dict of str to SliceScore
        By ``length`` and, where given, ``source``, ``year``, ``month``, ``noise``.
    documents : JudgedDocuments or None
        What was judged, for `to_html`, `figures` and `compare`.
    """

    n: int
    labels: tuple[str, ...]
    accuracy: Interval
    macro_f1: Interval
    micro_f1: float
    weighted_f1: float
    per_class: Mapping[str, Mapping[str, float]]
    confusion: npt.NDArray[np.int64]
    calibration_error: float
    unknown: float
    coverage: Sequence[CoveragePoint] = ()
    slices: Mapping[str, Mapping[str, SliceScore]] = field(default_factory=dict)
    documents: JudgedDocuments | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "n": self.n,
            "labels": list(self.labels),
            "accuracy": self.accuracy.to_dict(),
            "macro_f1": self.macro_f1.to_dict(),
            "micro_f1": round(self.micro_f1, 4),
            "weighted_f1": round(self.weighted_f1, 4),
            "calibration_error": round(self.calibration_error, 4),
            "unknown": round(self.unknown, 4),
            "coverage": [point.to_list() for point in self.coverage],
            "per_class": {
                label: {key: round(value, 4) for key, value in row.items()}
                for label, row in self.per_class.items()
            },
            "confusion": self.confusion.tolist(),
            "slices": slices_to_dict(self.slices),
        }

    def to_json(self) -> str:
        """Return the scores as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1)

    def to_text(self) -> str:
        """Return the scores as a table to read."""
        width = max(len(label) for label in (*self.labels, "accuracy"))
        lines = [
            f"{self.n} texts",
            f"{'macro-F1':<{width}}  {self.macro_f1}",
            f"{'accuracy':<{width}}  {self.accuracy}",
            f"micro-F1 {self.micro_f1:.3f}, weighted F1 {self.weighted_f1:.3f}, "
            f"calibration error {self.calibration_error:.3f}, {UNKNOWN} {self.unknown:.1%}",
            "",
            f"{'label':<{width}}  precision  recall     f1  support",
        ]
        lines += [
            f"{label:<{width}}  {row['precision']:9.3f}  {row['recall']:6.3f}  {row['f1']:5.3f}  "
            f"{row['support']:7.0f}"
            for label, row in self.per_class.items()
        ]
        lines += ["", "truth in rows, answers in columns:"]
        columns = [*self.labels, UNKNOWN]
        lines.append(" " * width + "".join(f"{name[:7]:>8}" for name in columns))
        lines += [
            f"{label:<{width}}" + "".join(f"{count:8d}" for count in row)
            for label, row in zip(self.labels, self.confusion.tolist(), strict=True)
        ]
        lines += slice_lines(self.slices)
        return "\n".join(lines)

    __str__ = to_text


def evaluate_probabilities(
    labels: Sequence[str],
    truth: Sequence[str],
    probabilities: FloatArray,
    known: FloatArray,
    *,
    threshold: float = 0.0,
    preference: FloatArray | None = None,
    slices: Mapping[str, Sequence[str]] | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Score probabilities, for instance out-of-fold ones; see `judge.evaluate`.

    The answer is the label with the largest `preference` where that is given,
    else the most probable one.
    """
    if not len(truth):
        raise EvaluationError("there are no texts to evaluate")
    if len(truth) != len(probabilities):
        raise EvaluationError(
            f"{len(probabilities)} texts and {len(truth)} labels; every text needs one label"
        )
    number = {label: i for i, label in enumerate(labels)}
    for position, label in enumerate(truth):
        if not isinstance(label, str) or label not in number:
            raise EvaluationError(
                f"label {position} (counted from 0) is {label!r}; the model has {list(labels)}"
                f"{english_hint(label, labels)}"
            )
    wanted = np.array([number[label] for label in truth])
    answers, confidence = most_probable(probabilities, known, threshold)
    if preference is not None:
        answers = np.where(answers == len(labels), answers, preference.argmax(axis=1))
    confusion = _confusion(wanted, answers, len(labels))
    drawn = metrics.resampled(confusion, replicates, seed)
    by_class = metrics.f1_by_class(confusion)
    support = confusion.sum(axis=1)
    right = np.diagonal(confusion)
    predicted = confusion[:, :-1].sum(axis=0)
    parts = {}
    for kind, names in (slices or {}).items():
        if len(names) != len(wanted):
            raise EvaluationError(f"{len(wanted)} texts and {len(names)} values of {kind!r}")
        parts[kind] = _slice_scores(names, wanted, answers, len(labels))
    return Evaluation(
        n=len(wanted),
        labels=tuple(labels),
        accuracy=metrics.interval(float(metrics.accuracy(confusion)), metrics.accuracy(drawn)),
        macro_f1=metrics.interval(float(metrics.macro_f1(confusion)), metrics.macro_f1(drawn)),
        micro_f1=2 * float(right.sum()) / float(confusion.sum() + predicted.sum()),
        weighted_f1=float((by_class * support).sum() / support.sum()),
        per_class={
            label: {
                "precision": float(right[i] / predicted[i]) if predicted[i] else 0.0,
                "recall": float(right[i] / support[i]) if support[i] else 0.0,
                "f1": float(by_class[i]),
                "support": float(support[i]),
            }
            for i, label in enumerate(labels)
        },
        confusion=confusion,
        calibration_error=metrics.expected_calibration_error(
            confidence, probabilities.argmax(axis=1) == wanted
        ),
        unknown=float((answers == len(labels)).mean()),
        coverage=coverage_curve(confidence, probabilities.argmax(axis=1) == wanted),
        slices=parts,
        documents=JudgedDocuments(wanted, answers, probabilities, confidence, dict(slices or {})),
    )


def _confusion(
    wanted: npt.NDArray[np.intp], answers: npt.NDArray[np.intp], n_labels: int
) -> npt.NDArray[np.int64]:
    cells = np.bincount(wanted * (n_labels + 1) + answers, minlength=n_labels * (n_labels + 1))
    return cells.reshape(n_labels, n_labels + 1).astype(np.int64)


def _slice_scores(
    names: Sequence[str],
    wanted: npt.NDArray[np.intp],
    answers: npt.NDArray[np.intp],
    n_labels: int,
) -> dict[str, SliceScore]:
    scores = {}
    array = np.array([str(name) for name in names], dtype=object)
    for name in sorted(set(array.tolist())):
        inside = array == name
        confusion = _confusion(wanted[inside], answers[inside], n_labels)
        scores[name] = SliceScore(
            int(inside.sum()),
            float(metrics.accuracy(confusion)),
            float(metrics.macro_f1(confusion)),
        )
    return scores
