from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn import metrics as skm

import fanews_classify as fc
from fanews_classify.errors import EvaluationError, InputTypeError, ParameterError
from fanews_classify.evaluation import _metrics
from fanews_classify.evaluation.noise import NOISE
from fanews_classify.evaluation.report import evaluate_probabilities

LABELS = ["a", "b", "c"]


def random_case(n: int, seed: int) -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.choice(LABELS, n).tolist()
    probabilities = rng.dirichlet([0.7, 0.7, 0.7], n)
    for row, label in zip(probabilities, truth, strict=True):
        row[LABELS.index(label)] += 0.5
    return truth, probabilities / probabilities.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(4))
def test_scores_equal_scikit_learn(seed: int) -> None:
    truth, probabilities = random_case(200, seed)
    found = evaluate_probabilities(LABELS, truth, probabilities, np.ones(200, dtype=np.int64))
    answers = [LABELS[i] for i in probabilities.argmax(axis=1)]
    assert found.accuracy.value == pytest.approx(skm.accuracy_score(truth, answers))
    for average, value in (
        ("macro", found.macro_f1.value),
        ("micro", found.micro_f1),
        ("weighted", found.weighted_f1),
    ):
        assert value == pytest.approx(skm.f1_score(truth, answers, average=average))
    wanted = skm.precision_recall_fscore_support(truth, answers, labels=LABELS)
    for i, label in enumerate(LABELS):
        row = found.per_class[label]
        names = ("precision", "recall", "f1", "support")
        assert [row[name] for name in names] == pytest.approx([part[i] for part in wanted])
    assert found.confusion[:, :3].tolist() == skm.confusion_matrix(truth, answers).tolist()


def test_intervals_hold_what_they_promise() -> None:
    inside = 0
    many = random_case(20_000, 999)
    reference = evaluate_probabilities(
        LABELS, *many, np.ones(20_000, dtype=np.int64), replicates=1
    ).accuracy.value
    for seed in range(60):
        truth, probabilities = random_case(150, seed)
        score = evaluate_probabilities(
            LABELS, truth, probabilities, np.ones(150, dtype=np.int64), replicates=300
        ).accuracy
        assert score.low <= score.value <= score.high
        inside += score.low <= reference <= score.high
    assert inside >= 50  # 95% of 60, less chance


def test_unknown_counts_as_wrong() -> None:
    truth, probabilities = random_case(100, 0)
    known = np.ones(100, dtype=np.int64)
    known[:40] = 0
    found = evaluate_probabilities(LABELS, truth, probabilities, known)
    assert found.unknown == 0.4
    assert found.confusion[:, 3].sum() == 40
    assert found.accuracy.value <= 0.6


def test_calibration_error() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.4, 1.0, 20_000)
    right = rng.uniform(size=20_000) < confidence
    assert _metrics.expected_calibration_error(confidence, right) < 0.015
    assert _metrics.expected_calibration_error(confidence, right & False) > 0.6
    assert _metrics.expected_calibration_error(confidence[:0], right[:0]) == 0.0


def test_a_model_is_scored_with_slices(
    tiny: fc.NewsClassifier, own_texts: list[dict[str, str]]
) -> None:
    texts = [text["body"] for text in own_texts]
    labels = [text["section"] for text in own_texts]
    found = fc.evaluate(
        tiny,
        iter(texts),
        iter(labels),
        sources=[text["voice"] for text in own_texts],
        years=[text["date"][:4] for text in own_texts],
        noise=True,
    )
    assert found.n == len(texts)
    assert found.accuracy.value > 0.9  # its own training texts
    assert set(found.slices) == {"source", "year", "length", "noise"}
    assert set(found.slices["noise"]) == set(NOISE)
    for kind in ("source", "year", "length"):
        assert sum(part.n for part in found.slices[kind].values()) == found.n
    same = found.slices["noise"]["Arabic letters"]
    assert same.accuracy == found.accuracy.value
    assert json.loads(found.to_json())["macro_f1"]["value"] == round(found.macro_f1.value, 4)
    assert "macro-F1" in str(found)
    assert "by source" in found.to_text()


def test_what_cannot_be_scored(tiny: fc.NewsClassifier) -> None:
    with pytest.raises(EvaluationError, match="no texts"):
        fc.evaluate(tiny, [], [])
    with pytest.raises(EvaluationError, match="2 texts and 1 labels"):
        fc.evaluate(tiny, ["a", "b"], ["sport"])
    with pytest.raises(EvaluationError, match="weather"):
        fc.evaluate(tiny, ["a"], ["weather"])
    with pytest.raises(EvaluationError, match="source"):
        fc.evaluate(tiny, ["a"], ["sport"], sources=["x", "y"])
    for label in (None, ["sport"]):
        with pytest.raises(EvaluationError, match="label 0"):
            fc.evaluate(tiny, ["a"], [label])  # type: ignore[list-item]
    with pytest.raises(EvaluationError, match="sources is one str"):
        fc.evaluate(tiny, ["a", "b"], ["sport"] * 2, sources="xy")
    with pytest.raises(ParameterError, match="replicates=0"):
        fc.evaluate(tiny, ["a"], ["sport"], replicates=0)


def test_what_a_model_is_not_asked_is_refused(tiny: fc.NewsClassifier) -> None:
    with pytest.raises(EvaluationError, match="no targets"):
        fc.evaluate(tiny, ["a"], ["sport"], targets="housing")  # type: ignore[call-overload]
    with pytest.raises(EvaluationError, match="no claims"):
        fc.evaluate(tiny, ["a"], ["sport"], claims="b")  # type: ignore[call-overload]
    topic = fc.load("topic")
    with pytest.raises(EvaluationError, match="abstain_below"):
        fc.evaluate(topic, ["a"], [()], abstain_below=0.5)  # type: ignore[call-overload]
    with pytest.raises(EvaluationError, match=r"text 0 .*None"):
        fc.evaluate(topic, ["a"], [None])  # type: ignore[call-overload]


def test_noise_leaves_the_words() -> None:
    text = "پرستاران می‌گویند ۳ ماه حقوق نگرفته‌اند"
    for name, change in NOISE.items():
        assert fc.normalize(change(text)) == fc.normalize(text), name


def test_a_name_of_a_model_and_persian_names_of_labels_are_told() -> None:
    with pytest.raises(InputTypeError, match=r"give load\('section'\)"):
        fc.evaluate("section", ["تیم برد"], ["sport"])  # type: ignore[call-overload]
    with pytest.raises(EvaluationError, match=r"; write 'sport'$"):
        fc.evaluate(fc.load("section"), ["تیم برد"], ["ورزش"])


def test_ipython_shows_the_scores_only() -> None:
    shown: list[str] = []
    scores = fc.evaluate(fc.load("section"), ["تیم برد"], ["sport"])
    scores._repr_pretty_(SimpleNamespace(text=shown.append), False)
    assert shown == [str(scores)]
