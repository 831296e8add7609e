from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import fanews_classify as fc
from fanews_classify.errors import InputTypeError, LabelError, ParameterError
from fanews_classify.text._sentences import sentence_spans

PROTEST = "کارگران کارخانه در اعتراض به چهار ماه دستمزد معوق و بی‌توجهی مسئولان تجمع کردند."
PRAISE = (
    "معاون وزیر با افتخار از تحویل هزار واحد مسکن به خانواده‌ها خبر داد و گفت: "
    "این طرح موفق خانه‌دار شدن مردم را آسان کرده است."
)
FILLER = "هوای استان فردا آفتابی خواهد بود."


@pytest.fixture(params=["stance", "tiny_stance"])
def model(request: pytest.FixtureRequest) -> fc.StanceClassifier:
    found: fc.StanceClassifier = request.getfixturevalue(request.param)
    return found


def test_one_answer_for_each_pair_of_text_and_target(model: fc.StanceClassifier) -> None:
    one = model.predict(PROTEST, "wages_labour")
    assert one == "critical"
    assert model.predict(PROTEST, ["wages_labour", "housing"])[0] == one
    assert model.predict([PROTEST, PRAISE], "housing")[1] == "supportive"
    assert model.predict([PROTEST, PRAISE], ["wages_labour", "housing"]) == [
        "critical",
        "supportive",
    ]
    assert model.predict([], "housing") == []
    assert model.predict_proba(PROTEST, "wages_labour").shape == (3,)
    assert model.predict_proba([PROTEST], ["wages_labour"]).sum() == pytest.approx(1.0)


def test_one_text_may_judge_two_targets_differently(stance: fc.StanceClassifier) -> None:
    text = "\n".join([PRAISE, FILLER, FILLER, FILLER, PROTEST])
    assert stance.predict(text, ["housing", "wages_labour"]) == ["supportive", "critical"]


def test_unknown_targets_are_refused_with_the_valid_ones(model: fc.StanceClassifier) -> None:
    for target in ("weather", "", ["housing", "weather"]):
        with pytest.raises(LabelError, match="pension_payments"):
            model.predict([PROTEST, PRAISE], target)
    with pytest.raises(ParameterError, match="2 texts and 3 targets"):
        model.predict([PROTEST, PRAISE], ["housing"] * 3)
    with pytest.raises(InputTypeError, match="target is NoneType"):
        model.predict(PROTEST, None)  # type: ignore[call-overload]
    with pytest.raises(LabelError, match="critical"):
        model.explain(PROTEST, "housing", label="angry")


def test_nothing_known_is_unknown(model: fc.StanceClassifier) -> None:
    for text in ("", "🔹", "中文新闻", "\ud800"):
        assert model.predict(text, "housing") == "unknown"
    assert model.predict(PROTEST, "wages_labour", abstain_below=1.0) == "unknown"


def test_contributions_sum_up_to_the_score(model: fc.StanceClassifier) -> None:
    text = "\n".join([PRAISE, FILLER, FILLER, FILLER, PROTEST])
    for target in ("housing", "wages_labour"):
        for column, label in enumerate(model.labels):
            evidence = model.explain(text, target, label=label)
            total = sum(item.weight for item in evidence) + model.scorer.intercept[column]
            total += model.bias[model.targets.index(target), column]
            score = model.decision_function(text, target)[column]
            assert total == pytest.approx(score, abs=1e-6)
            assert all(text[item.start : item.end] == item.text for item in evidence)


def test_focus_keeps_the_sentences_about_the_target_and_their_neighbours(
    stance: fc.StanceClassifier,
) -> None:
    text = "\n".join([PRAISE, *[FILLER] * 6, PROTEST])
    about_housing, about_wages, whole = stance.focus.texts(
        [text] * 3, ["housing", "wages_labour", ""]
    )
    assert len(about_housing) == len(about_wages) == len(text)
    assert PRAISE[:40] in about_housing
    assert PROTEST not in about_housing
    assert PROTEST in about_wages
    assert PRAISE[:40] not in about_wages
    assert whole == text


@given(text=st.text(alphabet=st.sampled_from("اب۱.!؟…\n »\"'\u200c)a"), max_size=80))
def test_sentences_cover_everything_but_blanks_in_order(text: str) -> None:
    at = 0
    for start, end in sentence_spans(text):
        assert text[at:start].strip() == ""
        assert text[start:end] == text[start:end].strip() != ""
        at = end
    assert text[at:].strip() == ""


def test_long_runs_are_split_in_linear_time() -> None:
    for unit in (".", " ", ".»", "الف. ", "الف ", "الف", "\n"):
        spans = sentence_spans(unit * 50_000)
        assert all(end > start for start, end in spans)


def test_answers_do_not_depend_on_the_batch(
    model: fc.StanceClassifier, own_texts: list[dict[str, Any]]
) -> None:
    pairs = [(t["body"], target) for t in own_texts for target in t["topics"]][::15]
    texts, targets = map(list, zip(*pairs, strict=True))
    together = model.predict_proba(texts, targets)
    alone = [model.predict_proba(text, target) for text, target in pairs]
    assert np.abs(together - np.array(alone)).max() < 1e-6
