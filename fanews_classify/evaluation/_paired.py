"""The paired bootstrap: two models scored on the same resampled documents."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import EvaluationError, ParameterError
from fanews_classify.evaluation import _metrics as metrics
from fanews_classify.evaluation._metrics import FloatArray
from fanews_classify.evaluation.comparison import Comparison, PairedScore
from fanews_classify.evaluation.documents import JudgedDocuments

Array = npt.NDArray[Any]
Scorer = Callable[[FloatArray], dict[str, FloatArray]]

_AT_ONCE: Final = 4_000_000  # drawn counts held at once
_ROUNDING: Final = 1e-12  # differences nearer than this are equal


def compare(first: Any, second: Any, *, replicates: int = 10_000, seed: int = 0) -> Comparison:
    """Compare two evaluations; see `Evaluation.compare`."""
    if replicates < 1:
        raise ParameterError(f"replicates={replicates!r}; give a number of 1 or more")
    one, other = _documents(first, "this evaluation"), _documents(second, "the other evaluation")
    if one.truth.ndim != other.truth.ndim:
        raise EvaluationError(
            "one evaluation is of one label a text and the other of several; they have no "
            "score in common"
        )
    _check_same(one, other)
    labels = sorted({*first.labels, *second.labels})
    several = one.truth.ndim > 1
    align = _spread if several else _renumbered
    truth, answers = (
        align(one.truth, first.labels, labels),
        align(one.answers, first.labels, labels),
    )
    if not np.array_equal(truth, align(other.truth, second.labels, labels)):
        raise EvaluationError("the two evaluations were told different labels of the same texts")
    answers_2 = align(other.answers, second.labels, labels)
    kinds = np.stack((truth, answers, answers_2), axis=1).reshape(len(truth), -1)
    index, counts = _distinct(kinds)
    scorer = _label_sets if several else _single_labels
    score = scorer(truth[index], answers[index], answers_2[index], len(labels))
    values = score(counts[None].astype(np.float64))
    drawn = _resampled(score, counts, replicates, seed)
    right, right_2 = one.right, other.right
    only_first, only_second = int((right & ~right_2).sum()), int((right_2 & ~right).sum())
    return Comparison(
        n=len(truth),
        names=(_name(one), _name(other)),
        scores={
            name: _paired(float(value[0, 0]), float(value[0, 1]), drawn[name])
            for name, value in values.items()
        },
        both_right=int((right & right_2).sum()),
        only_first=only_first,
        only_second=only_second,
        neither=int((~right & ~right_2).sum()),
        p_mcnemar=_mcnemar(only_first, only_second),
        replicates=replicates,
    )


def _documents(evaluation: Any, what: str) -> JudgedDocuments:
    if not hasattr(evaluation, "documents"):
        raise EvaluationError(f"{what} is {type(evaluation).__name__}; give what evaluate returned")
    known: JudgedDocuments | None = evaluation.documents
    if known is None or known.texts is None:
        raise EvaluationError(f"{what} does not hold its documents; make it with evaluate")
    return known


def _check_same(one: JudgedDocuments, other: JudgedDocuments) -> None:
    if len(one) != len(other):
        raise EvaluationError(
            f"the evaluations are of {len(one)} and {len(other)} documents; compare on the same"
        )
    told = ((one.texts or (), other.texts or (), "text"), (one.asked, other.asked, "question"))
    for ours, theirs, what in told:
        if ours is not theirs and list(ours) != list(theirs):
            at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), 0)
            raise EvaluationError(
                f"{what} {at} (counted from 0) is another one in the other evaluation; evaluate "
                "both models on the same documents in the same order"
            )


def _name(documents: JudgedDocuments) -> str:
    return documents.model.name if documents.model is not None else "unnamed"


def _renumbered(columns: Array, ours: Sequence[str], labels: Sequence[str]) -> Array:
    """Give each label its number in `labels`; «unknown» stays one past the last."""
    number = [labels.index(label) for label in ours]
    return np.array([*number, len(labels)], dtype=np.intp)[columns]


def _spread(given: Array, ours: Sequence[str], labels: Sequence[str]) -> Array:
    """Put the columns of `ours` where `labels` have them."""
    wide = np.zeros((len(given), len(labels)), dtype=np.bool_)
    wide[:, [labels.index(label) for label in ours]] = given
    return wide


def _distinct(kinds: Array) -> tuple[Array, Array]:
    """Return the first document of each kind, in their order, and how many there are.

    In the order of the documents, not of the answers: so which model is called
    the first changes the signs and nothing else.
    """
    packed = np.packbits(kinds, axis=1) if kinds.dtype == np.bool_ else kinds
    _, index, counts = np.unique(packed, axis=0, return_index=True, return_counts=True)
    order = np.argsort(index)
    return index[order], counts[order]


def _resampled(score: Scorer, counts: Array, replicates: int, seed: int) -> dict[str, FloatArray]:
    """Scores of both models on resampled documents, name to shape (replicates, 2).

    Documents with the same truth and answers are drawn together: one
    multinomial draw over kinds instead of one over documents.
    """
    rng = np.random.default_rng(seed)
    total = int(counts.sum())
    step = max(1, _AT_ONCE // len(counts))
    parts: dict[str, list[FloatArray]] = {}
    for begin in range(0, replicates, step):
        size = min(step, replicates - begin)
        drawn = rng.multinomial(total, counts / total, size=size).astype(np.float64)
        for name, values in score(drawn).items():
            parts.setdefault(name, []).append(values)
    return {name: np.concatenate(values) for name, values in parts.items()}


def _single_labels(truth: Array, first: Array, second: Array, n_labels: int) -> Scorer:
    """Return a function of counts, shape (replicates, n_kinds), to scores of both."""
    true = np.eye(n_labels)[truth]
    given = [np.eye(n_labels + 1)[answers][:, :-1] for answers in (first, second)]
    right = [true * (answers == truth)[:, None] for answers in (first, second)]

    def score(counts: FloatArray) -> dict[str, FloatArray]:
        support = counts @ true
        present = support > 0
        macro, exact = [], []
        for answered, good in zip(given, right, strict=True):
            hits = counts @ good
            f1 = _f1(hits, support + counts @ answered)
            macro.append(np.where(present, f1, 0.0).sum(axis=1) / present.sum(axis=1))
            exact.append(hits.sum(axis=1) / counts.sum(axis=1))
        return {"macro_f1": np.stack(macro, axis=1), "accuracy": np.stack(exact, axis=1)}

    return score


def _label_sets(truth: Array, first: Array, second: Array, n_labels: int) -> Scorer:
    """Do the same for any number of labels a text."""
    true = truth.astype(np.float64)
    given = [answers.astype(np.float64) for answers in (first, second)]
    present = truth.any(axis=0) if n_labels else np.zeros(0, dtype=np.bool_)
    exact = np.stack([(answers == truth).all(axis=1) for answers in (first, second)], axis=1)

    def score(counts: FloatArray) -> dict[str, FloatArray]:
        support = counts @ true
        micro, macro = [], []
        for answered in given:
            hits, total = counts @ (true * answered), support + counts @ answered
            f1 = _f1(hits, total)[:, present]
            macro.append(f1.mean(axis=1) if present.any() else np.zeros(len(counts)))
            micro.append(_f1(hits.sum(axis=1), total.sum(axis=1)))
        share: FloatArray = (counts @ exact) / counts.sum(axis=1, keepdims=True)
        return {
            "micro_f1": np.stack(micro, axis=1),
            "macro_f1": np.stack(macro, axis=1),
            "exact_match": share,
        }

    return score


def _f1(hits: FloatArray, total: FloatArray) -> FloatArray:
    scores: FloatArray = np.divide(2 * hits, total, out=np.zeros_like(hits), where=total > 0)
    return scores


def _paired(first: float, second: float, drawn: FloatArray) -> PairedScore:
    difference = first - second
    differences = drawn[:, 0] - drawn[:, 1]
    # Shifted to no difference, as the null has it; and never 0, which no number of
    # replicates could show (Phipson and Smyth, 2010).
    extreme = np.abs(differences - difference) >= abs(difference) - _ROUNDING
    p_value = (1 + int(extreme.sum())) / (1 + len(differences))
    return PairedScore(first, second, metrics.interval(difference, differences), p_value)


def _mcnemar(only_first: int, only_second: int) -> float:
    """Return the p-value of the exact test: a fair coin for each document that one misses."""
    total, fewer = only_first + only_second, min(only_first, only_second)
    tail = math.fsum(
        math.exp(
            math.lgamma(total + 1)
            - math.lgamma(k + 1)
            - math.lgamma(total - k + 1)
            - total * math.log(2)
        )
        for k in range(fewer + 1)
    )
    return min(1.0, 2 * tail)
