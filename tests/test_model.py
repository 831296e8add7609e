from __future__ import annotations

import math
import subprocess
import sys
import threading
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import fanews_classify as fc
from fanews_classify.errors import InputTypeError, LabelError, ParameterError
from fanews_classify.model._calibration import Calibration

WORKS = ["تیم فوتبال قهرمان لیگ شد", "بانک مرکزی نرخ ارز را اعلام کرد"]
NOTHING_KNOWN = ["", "   \n", "🔹🔥", "中文新闻", "\x00\x01", "\ud800", "...!!!", "&nbsp;", "<br>"]


@pytest.fixture(params=["section", "tiny"])
def model(request: pytest.FixtureRequest) -> fc.NewsClassifier:
    found: fc.NewsClassifier = request.getfixturevalue(request.param)
    return found


def test_one_text_one_answer_and_many_texts_many(model: fc.NewsClassifier) -> None:
    one = model.predict(WORKS[0])
    assert isinstance(one, str)
    for many in (WORKS, tuple(WORKS), iter(WORKS), (w for w in WORKS)):
        answers = model.predict(many)
        assert isinstance(answers, list)
        assert answers[0] == one
        assert len(answers) == 2
    assert model.predict([]) == []
    assert model.predict_proba([]).shape == (0, len(model.labels))


def test_probabilities(model: fc.NewsClassifier, own_texts: list[dict[str, str]]) -> None:
    texts = [text["body"] for text in own_texts] + NOTHING_KNOWN
    probabilities = model.predict_proba(texts)
    assert probabilities.shape == (len(texts), len(model.labels))
    assert np.allclose(probabilities.sum(axis=1), 1.0)
    assert (probabilities >= 0).all()
    answers = model.predict(texts)
    best = probabilities.argmax(axis=1)
    known = len(own_texts)
    assert answers[:known] == [model.labels[i] for i in best[:known]]
    assert np.array_equal(model.predict_proba(texts[0]), probabilities[0])


def test_a_text_is_answered_alike_alone_and_in_any_batch(
    model: fc.NewsClassifier, own_texts: list[dict[str, str]]
) -> None:
    texts = [text["body"] for text in own_texts] + NOTHING_KNOWN
    together = model.decision_function(texts)
    alone = np.array([model.decision_function(text) for text in texts])
    backwards = model.decision_function(texts[::-1])[::-1]
    assert np.abs(together - alone).max() < 1e-6
    assert np.abs(together - backwards).max() < 1e-6


@pytest.mark.parametrize("text", NOTHING_KNOWN)
def test_nothing_known_is_unknown(model: fc.NewsClassifier, text: str) -> None:
    assert model.predict(text) == "unknown"
    assert np.allclose(model.predict_proba(text), 1 / len(model.labels))
    assert model.explain(text) == []


@given(texts=st.lists(st.text(), max_size=5))
def test_any_strings_are_answered(section: fc.NewsClassifier, texts: list[str]) -> None:
    answers = section.predict(texts)
    assert len(answers) == len(texts)
    assert set(answers) <= {*section.labels, "unknown"}


def test_a_word_or_two_are_no_certainty(section: fc.NewsClassifier) -> None:
    for few in ("متن", "سلام", "امروز", "استان", "گفت که", "خبر فوری"):
        assert section.predict_proba(few).max() < 0.6


def test_other_languages_have_low_confidence(section: fc.NewsClassifier) -> None:
    texts = [
        "The central bank raised interest rates on Tuesday, officials said.",
        "Der Bundestag hat am Donnerstag ein neues Gesetz beschlossen.",
        "全国人民代表大会今天在北京开幕",
        "ประเทศไทยรวมเลือดเนื้อชาติเชื้อไทย",
    ]
    assert set(section.predict(texts, abstain_below=0.6)) == {"unknown"}


def test_abstaining(model: fc.NewsClassifier) -> None:
    assert set(model.predict(WORKS, abstain_below=1.0)) == {"unknown"}
    assert model.predict(WORKS, abstain_below=0.0) == model.predict(WORKS)
    for bad in (-0.1, 1.1, math.nan):
        with pytest.raises(ParameterError, match="abstain_below"):
            model.predict(WORKS, abstain_below=bad)


@pytest.mark.parametrize("bad", [None, math.nan, 3, b"bytes", ["nested"], 2.5])
def test_what_is_no_text_is_named_with_its_position(model: fc.NewsClassifier, bad: Any) -> None:
    with pytest.raises(InputTypeError, match=rf"text 1 .*{type(bad).__name__}"):
        model.predict([WORKS[0], bad])
    stream = model.stream([WORKS[0], bad])
    assert next(stream).label == model.predict(WORKS[0])
    with pytest.raises(TypeError, match="text 1 "):
        next(stream)
    with pytest.raises(TypeError):
        model.explain(bad)
    for whole in (None, 7, b"bytes", {"a": 1}):
        with pytest.raises(TypeError):
            model.predict(whole)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="put it in a list"):
        model.stream(WORKS[0])


def test_contributions_sum_up_to_the_score(
    model: fc.NewsClassifier, seeds: list[str], own_texts: list[dict[str, str]]
) -> None:
    for text in [*seeds, *(t["body"] for t in own_texts[::40]), "كِتاب‌هاي ﻻله می خوانند"]:
        for column, label in enumerate(model.labels[:3]):
            evidence = model.explain(text, label=label)
            total = sum(item.weight for item in evidence) + model.scorer.intercept[column]
            assert total == pytest.approx(model.decision_function(text)[column], abs=1e-5)
            assert all(text[item.start : item.end] == item.text != "" for item in evidence)
    strongest = [abs(item.weight) for item in model.explain(seeds[0])]
    assert strongest == sorted(strongest, reverse=True)
    assert len(model.explain(seeds[0], top=5)) == 5
    with pytest.raises(LabelError, match="culture"):
        model.explain(seeds[0], label="weather")
    with pytest.raises(ParameterError, match="top"):
        model.explain(seeds[0], top=-1)


def test_scores_equal_the_pipeline(
    model: fc.NewsClassifier, own_texts: list[dict[str, str]]
) -> None:
    texts = [text["body"] for text in own_texts] + NOTHING_KNOWN
    pipeline = fc.to_pipeline(model)
    assert np.abs(pipeline.decision_function(texts) - model.decision_function(texts)).max() < 1e-5


def test_stream_reads_only_what_it_needs(model: fc.NewsClassifier) -> None:
    taken = 0

    def endless() -> Any:
        nonlocal taken
        while True:
            taken += 1
            yield WORKS[taken % 2]

    stream = model.stream(endless())
    first = [next(stream) for _ in range(3000)]
    assert taken < 5000
    assert [answer.label for answer in first[:2]] == model.predict(WORKS[::-1])
    assert first[0].label_fa == fc.persian_name(first[0].label)
    assert 0 < first[0].confidence <= 1


def test_large_inputs(model: fc.NewsClassifier) -> None:
    long = "بانک مرکزی نرخ سود را تغییر داد. " * 30_000
    assert len(long) > 900_000
    assert model.predict(long) == model.predict(long[:3300])
    assert model.predict("ا" * 1_000_000) == "unknown"
    assert len(model.predict([WORKS[0], ""] * 5_000)) == 10_000


@pytest.mark.slow
def test_ten_megabytes_and_a_hundred_thousand_texts(section: fc.NewsClassifier) -> None:
    for piece in ("بانک مرکزی ", "<", "@", "&#1587;", "ها ", "﷽", "<script>", "به گزارش ", "🔹"):
        text = piece * (10_000_000 // len(piece))
        assert section.predict(text) in {*section.labels, "unknown"}
    assert len(section.predict(WORKS * 50_000)) == 100_000


def test_threads_share_one_model(
    section: fc.NewsClassifier, own_texts: list[dict[str, str]]
) -> None:
    texts = [text["body"] for text in own_texts]
    wanted = section.predict_proba(texts)
    wrong: list[int] = []

    def work(number: int) -> None:
        same = [np.array_equal(section.predict_proba(texts), wanted) for _ in range(3)]
        if not all(same):
            wrong.append(number)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_inference_needs_numpy_alone() -> None:
    code = """
import sys
import fanews_classify as fc
model = fc.load("section")
model.predict(["متن", ""]); model.explain("تیم فوتبال"); fc.tokenize("متن"); fc.models()
list(model.stream(["متن"]))
print(sorted({m.split(".")[0] for m in sys.modules} & {"sklearn", "scipy", "joblib", "hazm",
    "pandas", "matplotlib", "pickle_model"}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_calibration_finds_the_temperature_that_made_the_data() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(6000, 4))
    known = rng.integers(1, 400, 6000)
    true = Calibration(1.2, 20.0, 0.05)
    probabilities = true.probabilities(scores, known)
    targets = np.array([rng.choice(4, p=row) for row in probabilities])
    found = Calibration.fit(scores, known, targets)
    assert found.slope == pytest.approx(true.slope, abs=0.2)
    assert found.half == pytest.approx(true.half, rel=0.4)
    assert found.lapse == pytest.approx(true.lapse, abs=0.03)
    assert Calibration.fit(scores, np.zeros(6000, dtype=np.int64), targets) == Calibration()


def test_labels_have_persian_names(section: fc.NewsClassifier) -> None:
    assert section.labels == tuple(fc.SECTIONS)
    assert section.labels_fa == tuple(fc.SECTIONS.values())
    assert fc.persian_name("unknown") == "نامعلوم"


def test_no_name_by_accident() -> None:
    assert set(fc.__all__) <= set(dir(fc))
    for name in fc.__all__:
        assert getattr(fc, name) is not None
    with pytest.raises(AttributeError):
        _ = fc.nothing
