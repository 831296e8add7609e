"""Intervals of the scores of labels and of parts of the documents."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from fanews_classify.evaluation._metrics import FloatArray, Interval, IntMatrix
from fanews_classify.evaluation._metrics import interval as percentiles
from fanews_classify.evaluation.multilabel import MultiLabelEvaluation, f1_of_all, resampled_counts
from fanews_classify.evaluation.report import Evaluation

_REPLICATES: Final = 1000
_Z: Final = 1.959963984540054  # 97.5% of a normal distribution


def wilson(right: float, n: int) -> Interval:
    """Return a share with its 95% interval (Wilson, 1927), honest for few as well.

    Examples
    --------
    >>> print(wilson(3, 3))
    1.000 [0.439, 1.000]
    """
    if n <= 0:
        return Interval(0.0, 0.0, 1.0)
    share = right / n
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n)) / (1 + _Z**2 / n)
    return Interval(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))


def label_intervals(evaluation: Evaluation | MultiLabelEvaluation) -> dict[str, Interval]:
    """Return the F1 of each label with its interval."""
    if isinstance(evaluation, MultiLabelEvaluation):
        return {
            label: Interval(row["f1"], row["low"], row["high"])
            for label, row in evaluation.per_class.items()
        }
    scores = _drawn_f1(evaluation.confusion)
    return {
        label: percentiles(row["f1"], scores[:, i])
        for i, (label, row) in enumerate(evaluation.per_class.items())
    }


def _drawn_f1(confusion: IntMatrix) -> FloatArray:
    """F1 of resampled documents, shape (replicates, n_labels); cells without any are not drawn."""
    truth, answers = confusion.nonzero()
    counts = confusion[truth, answers]
    n_labels = len(confusion)
    drawn = np.random.default_rng(0).multinomial(
        int(counts.sum()), counts / max(int(counts.sum()), 1), size=_REPLICATES
    )
    true, given = np.eye(n_labels)[truth], np.eye(n_labels + 1)[answers][:, :-1]
    right = drawn @ (true * (truth == answers)[:, None])
    total = drawn @ (true + given)
    scores: FloatArray = np.divide(2 * right, total, out=np.zeros_like(right), where=total > 0)
    return scores


def part_intervals(
    evaluation: Evaluation | MultiLabelEvaluation, kind: str
) -> dict[str, Interval | None]:
    """Return the first score of each part of a kind, with its interval where there can be one.

    The score is accuracy, or with several labels a text micro-F1, whose
    interval needs the documents.
    """
    parts = evaluation.slices[kind]
    if isinstance(evaluation, Evaluation):
        return {
            name: wilson(round(part.accuracy * part.n), part.n)
            for name, part in evaluation.slices[kind].items()
        }
    known = evaluation.documents
    if known is None or kind not in known.parts:
        return dict.fromkeys(parts)
    names = np.array([str(name) for name in known.parts[kind]], dtype=object)
    found: dict[str, Interval | None] = {}
    for name, part in evaluation.slices[kind].items():
        here = names == name
        drawn = resampled_counts(known.truth[here], known.answers[here], _REPLICATES, 0)
        found[name] = percentiles(part.micro_f1, f1_of_all(drawn))
    return found
