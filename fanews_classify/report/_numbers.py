"""What figures and tables show, as plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from fanews_classify.evaluation._metrics import Interval
from fanews_classify.evaluation._uncertainty import wilson
from fanews_classify.evaluation.judge import LENGTHS
from fanews_classify.evaluation.multilabel import PLAUSIBLE, MultiLabelEvaluation
from fanews_classify.evaluation.report import Evaluation
from fanews_classify.labels import TOPICS, UNKNOWN, persian_name

Scores = Evaluation | MultiLabelEvaluation
FloatArray = npt.NDArray[np.float64]

_BINS: Final = 15  # as many as those of the calibration error
_MOST: Final = 40  # labels in a confusion matrix
NOTHING: Final = "none"


def persian_names(evaluation: Scores) -> dict[str, str]:
    """Return the Persian name of each label and target; itself where it has none."""
    known = evaluation.documents
    model = None if known is None else known.model
    named = {label: persian_name(label) for label in (*TOPICS, UNKNOWN, *evaluation.labels)}
    if model is not None:
        named |= dict(zip(model.labels, model.labels_fa, strict=True))
    return {NOTHING: "هیچ‌کدام", **named}


class Confusion(NamedTuple):
    """How often each answer was given for each truth.

    Attributes
    ----------
    rows, columns : tuple of str
        True and given labels; the first columns are those of the rows, so what
        is on the diagonal is right.
    counts : ndarray of int64, shape (n_rows, n_columns)
    totals : ndarray of int64, shape (n_rows,)
        Of each row, also where columns are left out.
    left_out : int
        Labels that are not shown: those with the fewest mistakes.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: npt.NDArray[np.int64]
    totals: npt.NDArray[np.int64]
    left_out: int = 0

    def worst(self, count: int = 12) -> list[tuple[str, str, int, int]]:
        """Return the most frequent mistakes: truth, answer, how often, of how many."""
        found = [
            (self.rows[i], self.columns[j], int(self.counts[i, j]), int(self.totals[i]))
            for i, j in np.argwhere(self.counts).tolist()
            if i != j
        ]
        return sorted(found, key=lambda item: (-item[2], item[3]))[:count]


def confusion(evaluation: Scores, most: int = _MOST) -> Confusion | None:
    """Return the confusion matrix, or with several labels what was given instead.

    Then a row holds the texts that have a label: those that were given it too,
    and under other labels how often these were wrongly given where it was
    missed; under ``none``, where it was missed and nothing wrong was given. The
    last row is of texts without a label. None without the documents.
    """
    labels = evaluation.labels
    if isinstance(evaluation, Evaluation):
        counts = evaluation.confusion
        columns = (*labels, UNKNOWN)
        if not counts[:, -1].any():
            counts, columns = counts[:, :-1], labels
        return _largest(labels, columns, counts, most, len(labels))
    known = evaluation.documents
    if known is None:
        return None
    truth, given = known.truth, known.answers
    wrong = given & ~truth
    missed = truth & ~given
    counts = missed.T.astype(np.int64) @ wrong.astype(np.int64)
    counts[np.diag_indices(len(labels))] = (truth & given).sum(axis=0)
    clean = ~wrong.any(axis=1)
    bare = ~truth.any(axis=1)
    counts = np.column_stack((counts, (missed & clean[:, None]).sum(axis=0)))
    counts = np.vstack((counts, [*wrong[bare].sum(axis=0).tolist(), int((bare & clean).sum())]))
    named = (*labels, NOTHING)
    return _largest(named, named, counts, most, len(labels))


def _largest(
    rows: Sequence[str],
    columns: Sequence[str],
    counts: npt.NDArray[np.int64],
    most: int,
    n_labels: int,
) -> Confusion:
    """Keep the labels with the most mistakes, and all that are no labels."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    mistakes = wrong.sum(axis=0)[:n_labels] + wrong.sum(axis=1)[:n_labels]
    kept = np.sort(np.argsort(-mistakes, kind="stable")[:most]).tolist()
    down, across = ([*kept, *range(n_labels, size)] for size in counts.shape)
    return Confusion(
        tuple(rows[i] for i in down),
        tuple(columns[i] for i in across),
        counts[np.ix_(down, across)],
        counts.sum(axis=1)[down],
        n_labels - len(kept),
    )


def part_names(evaluation: Scores, kind: str, most: int) -> list[str]:
    """Return the parts of a kind to show, at most the `most` largest, in their order."""
    parts = evaluation.slices[kind]
    names = list(parts)
    if len(names) > most:
        largest = set(sorted(names, key=lambda name: (-parts[name].n, name))[:most])
        names = [name for name in names if name in largest]
    # Lengths from short to long, which is not their alphabetical order.
    place = {name: i for i, name in enumerate(LENGTHS)} if kind == "length" else {}
    return sorted(names, key=lambda name: place.get(name, 0))


class Bin(NamedTuple):
    """Answers of about the same confidence, and the share of them that is right."""

    confidence: float
    right: Interval
    n: int


def judged_confidence(evaluation: Scores) -> tuple[FloatArray, npt.NDArray[np.bool_]] | None:
    """Return confidences and whether they are right, as the calibration error counts them."""
    known = evaluation.documents
    if known is None:
        return None
    if isinstance(evaluation, Evaluation):
        return known.confidence, known.probabilities.argmax(axis=1) == known.truth
    plausible = known.probabilities >= PLAUSIBLE
    return known.probabilities[plausible], known.truth[plausible]


def reliability(confidence: FloatArray, right: npt.NDArray[np.bool_]) -> list[Bin]:
    """Return the bins of the calibration error, each of as many answers."""
    if not len(confidence):
        return []
    order = np.argsort(confidence, kind="stable")
    return [
        Bin(float(confidence[part].mean()), wilson(int(right[part].sum()), len(part)), len(part))
        for part in np.array_split(order, min(_BINS, len(order)))
    ]


def headline(evaluation: Scores) -> list[tuple[str, str, Interval]]:
    """Return the main scores: field, name, value."""
    names: Sequence[tuple[str, str]] = (("macro_f1", "macro-F1"), ("accuracy", "accuracy"))
    if isinstance(evaluation, MultiLabelEvaluation):
        names = (
            ("micro_f1", "micro-F1"),
            ("macro_f1", "macro-F1"),
            ("exact_match", "exactly right"),
        )
    found: Any = evaluation
    return [(field, name, getattr(found, field)) for field, name in names]
