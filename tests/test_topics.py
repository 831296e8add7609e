from __future__ import annotations

import math
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import fanews_classify as fc
from fanews_classify.errors import InputTypeError, LabelError, ParameterError
from fanews_classify.model._sigmoid import SigmoidCalibration

DEBTS = "بیمارستان‌ها از بدهی بیمه‌ها و تأخیر در پرداخت مطالبات خود به ستوه آمده‌اند"
SPORT = "تیم والیبال ایران با برد برابر حریف به نیمه‌نهایی جام ملت‌ها رسید"


@pytest.fixture(params=["topic", "tiny_topic"])
def model(request: pytest.FixtureRequest) -> fc.TopicClassifier:
    found: fc.TopicClassifier = request.getfixturevalue(request.param)
    return found


def test_none_one_or_several_labels(model: fc.TopicClassifier) -> None:
    assert model.predict(SPORT) == ()
    assert "health_finance_dispute" in model.predict(DEBTS)
    assert model.predict([SPORT, DEBTS]) == [(), model.predict(DEBTS)]
    assert model.predict([]) == []
    every = model.with_thresholds(dict.fromkeys(model.labels, 0.0))
    found = next(every.stream([DEBTS]))
    assert set(found.labels) == set(model.labels)
    assert list(found.confidences) == sorted(found.confidences, reverse=True)
    assert found.labels_fa == tuple(fc.persian_name(label) for label in found.labels)


def test_probabilities_decide_by_thresholds(
    model: fc.TopicClassifier, own_texts: list[dict[str, Any]]
) -> None:
    texts = [text["body"] for text in own_texts[::10]]
    probabilities = model.predict_proba(texts)
    assert probabilities.shape == (len(texts), len(model.labels))
    assert ((probabilities > 0) & (probabilities < 1)).all()
    for row, answer in zip(probabilities, model.predict(texts), strict=True):
        assert set(answer) == {
            label for label, p, t in zip(model.labels, row, model.thresholds, strict=True) if p >= t
        }
    assert np.array_equal(model.predict_proba(texts[0]), model.predict_proba([texts[0]])[0])


@pytest.mark.parametrize("text", ["", "  \n", "🔹", "中文新闻", "\ud800", "<br>"])
def test_nothing_known_has_no_label_and_the_base_rates(
    model: fc.TopicClassifier, text: str
) -> None:
    assert model.predict(text) == ()
    assert np.allclose(model.predict_proba(text), model.calibration.prior)
    assert model.predict(text, abstain_below=0.1) == ("unknown",)


@given(texts=st.lists(st.text(), max_size=4))
def test_any_strings_are_answered(topic: fc.TopicClassifier, texts: list[str]) -> None:
    answers = topic.predict(texts)
    assert len(answers) == len(texts)
    assert all(set(answer) <= set(topic.labels) for answer in answers)


def test_a_word_or_two_are_no_certainty(topic: fc.TopicClassifier) -> None:
    for few in ("متن", "سلام", "امروز", "استان", "گفت که", "خبر فوری", "بیمه"):
        assert topic.predict_proba(few).max() < 0.5


def test_abstaining(model: fc.TopicClassifier) -> None:
    assert model.predict(DEBTS, abstain_below=1.0) == ("unknown",)
    found = next(model.stream([DEBTS], abstain_below=1.0))
    assert found.labels_fa == ("نامعلوم",)
    assert model.predict(DEBTS, abstain_below=0.0) == model.predict(DEBTS)
    with pytest.raises(ParameterError, match="abstain_below"):
        model.predict(DEBTS, abstain_below=math.nan)


def test_contributions_sum_up_to_the_score(model: fc.TopicClassifier) -> None:
    for label in model.labels:
        column = model.labels.index(label)
        evidence = model.explain(DEBTS, label=label)
        total = sum(item.weight for item in evidence) + model.scorer.intercept[column]
        assert total == pytest.approx(model.decision_function(DEBTS)[column], abs=1e-6)
        assert all(DEBTS[item.start : item.end] == item.text for item in evidence)
    assert model.explain(DEBTS, top=1)[0].label in model.predict(DEBTS)


def test_faults_are_named(model: fc.TopicClassifier) -> None:
    with pytest.raises(LabelError, match="health_finance_dispute"):
        model.explain(DEBTS, label="weather")
    with pytest.raises(LabelError, match="housing"):
        model.with_thresholds({"weather": 0.5})
    with pytest.raises(ParameterError, match="threshold"):
        model.with_thresholds({"housing": 1.5})
    with pytest.raises(InputTypeError, match=r"text 1 .*NoneType"):
        model.predict([DEBTS, None])  # type: ignore[list-item]


def test_a_passage_about_a_topic_counts_in_a_text_about_much_else(
    topic: fc.TopicClassifier,
) -> None:
    parts = topic.scorer.share
    assert 0 < parts < 1
    text = " ".join([SPORT] * 12 + [DEBTS] * 6)
    column = topic.labels.index("health_finance_dispute")
    assert topic.decision_function(text)[column] > topic.scorer.whole.score([text])[0][0, column]


def test_models_that_no_pipeline_can_hold_are_refused(topic: fc.TopicClassifier) -> None:
    with pytest.raises(ParameterError, match="TopicClassifier"):
        fc.to_pipeline(topic)  # type: ignore[arg-type]


def test_calibration_finds_the_curve_that_made_the_labels() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(20_000, 2))
    known = np.full(len(scores), 1000)
    wanted = 1 / (1 + np.exp(-(scores * [3.0, 1.0] + [-1.0, 0.5])))
    fitted = SigmoidCalibration.fit(scores, known, rng.random(wanted.shape) < wanted)
    assert np.abs(fitted.probabilities(scores, known) - wanted).max() < 0.03


def test_calibration_without_a_positive_or_with_parted_classes_stays_finite() -> None:
    scores = np.array([[-1.0, 2.0], [1.0, 3.0], [2.0, 4.0]])
    truth = np.array([[False, False], [True, False], [True, False]])
    fitted = SigmoidCalibration.fit(scores, np.array([5, 50, 500]), truth)
    probabilities = fitted.probabilities(scores, np.array([5, 50, 500]))
    assert np.isfinite(probabilities).all()
    assert (probabilities[:, 1] < 0.5).all()
