from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from fanews_classify.evaluation.multilabel import evaluate_answers
from fanews_classify.evaluation.thresholds import (
    best_threshold,
    coverage_curve,
    threshold_for_precision,
    threshold_for_recall,
)

PAIRS = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=30)


def f1(scores: np.ndarray, truth: np.ndarray, threshold: float) -> float:
    given_ = scores >= threshold
    return float(2 * (given_ & truth).sum() / max(given_.sum() + truth.sum(), 1))


@given(pairs=PAIRS)
def test_no_threshold_is_better_than_the_best(pairs: list[tuple[int, bool]]) -> None:
    scores = np.array([score / 6 for score, _ in pairs])
    truth = np.array([right for _, right in pairs])
    threshold, value = best_threshold(scores, truth)
    assert f1(scores, truth, threshold) == pytest.approx(value)
    assert value >= max(f1(scores, truth, t) for t in np.arange(-0.05, 1.1, 0.05)) - 1e-9


@given(pairs=PAIRS, goal=st.floats(0.1, 1.0))
def test_goals_are_reached_or_refused(pairs: list[tuple[int, bool]], goal: float) -> None:
    scores = np.array([score / 6 for score, _ in pairs]) + np.arange(len(pairs)) * 1e-6
    truth = np.array([right for _, right in pairs])
    at = threshold_for_precision(scores, truth, goal)
    if at is not None:
        assert truth[scores >= at].mean() >= goal
    at = threshold_for_recall(scores, truth, goal)
    assert (at is None) == (not truth.any())
    if at is not None:
        assert truth[scores >= at].sum() >= goal * truth.sum() - 1e-6


def test_coverage_ends_with_everything_answered() -> None:
    confidence = np.linspace(0.5, 1.0, 100)
    curve = coverage_curve(confidence, confidence > 0.7)
    assert curve[-1].coverage == 1.0
    assert curve[-1].accuracy == pytest.approx((confidence > 0.7).mean())
    assert [point.accuracy for point in curve] == sorted(
        (point.accuracy for point in curve), reverse=True
    )
    assert coverage_curve(np.zeros(0), np.zeros(0, dtype=bool)) == []


def test_multi_label_scores_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import f1_score

    rng = np.random.default_rng(1)
    truth = rng.random((400, 3)) < 0.2
    given_ = truth ^ (rng.random(truth.shape) < 0.1)
    found = evaluate_answers(
        ["a", "b", "c"],
        truth,
        given_,
        given_ * 0.9,
        np.full(len(truth), 0.9),
        slices={"half": ["first"] * 200 + ["second"] * 200},
    )
    assert found.micro_f1.value == pytest.approx(f1_score(truth, given_, average="micro"))
    assert found.macro_f1.value == pytest.approx(f1_score(truth, given_, average="macro"))
    assert found.exact_match.value == pytest.approx((truth == given_).all(axis=1).mean())
    assert found.macro_f1.low < found.macro_f1.value < found.macro_f1.high
    half = found.slices["half"]["first"]
    assert half.micro_f1 == pytest.approx(f1_score(truth[:200], given_[:200], average="micro"))
    assert "macro-F1" in found.to_text()
