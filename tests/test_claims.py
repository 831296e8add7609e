from __future__ import annotations

import copy
import dataclasses
import io
import json
import pickle
import random
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
import pytest
from claim_fixtures import DATA, LABELS, SMALL, lay_out, own_events, small_file, small_training
from hypothesis import given, settings
from threadpoolctl import threadpool_limits

import fanews_classify as fc
from fanews_classify.cli.main import main
from fanews_classify.errors import (
    CorpusError,
    EvaluationError,
    InputTypeError,
    ModelArrayError,
    ParameterError,
    RecipeError,
)
from fanews_classify.evaluation.evidence import rouge_l, score_evidence, token_f1
from fanews_classify.evaluation.noise import (
    arabic_letters,
    spaces_for_half_spaces,
    without_half_spaces,
)
from fanews_classify.features.claims import pair_features
from fanews_classify.model._evidence import FEWEST, MOST, SURE, chosen
from fanews_classify.model._pair_scorer import softmax
from fanews_classify.model._trees import MOST_LEAVES, Trees
from fanews_classify.model.claims import PairCalibration
from fanews_classify.training.claim_calibration import fit_calibration
from fanews_classify.training.claim_fit import pair_weights
from fanews_classify.training.pairs import ClaimPair, collect_pairs, event_folds, read_pairs
from fanews_classify.training.recipe import (
    PairLearner,
    Pairs,
    Recipe,
    Validation,
    load_recipe,
    parse_recipe,
)

CLAIM = "مدارس استان فردا تعطیل است"
# Written once, before any of them was tried.
EXAMPLES = [
    ("agree", "قیمت نان در استان افزایش یافت", "نان در استان گران شد"),
    ("agree", CLAIM, "مدارس استان فردا تعطیل شد"),
    (
        "agree",
        "تیم والیبال بانوان به فینال رسید",
        "تیم والیبال بانوان با پیروزی برابر حریف به فینال راه یافت",
    ),
    ("disagree", CLAIM, "خبر تعطیلی مدارس استان در روز فردا تکذیب شد"),
    (
        "disagree",
        "قیمت بنزین افزایش می‌یابد",
        "سخنگوی دولت: شایعه افزایش قیمت بنزین دروغ است و قیمت تغییر نمی‌کند",
    ),
    ("disagree", "یارانه نقدی حذف می‌شود", "وزیر اقتصاد: یارانه نقدی حذف نمی‌شود"),
    ("discuss", "قیمت بنزین افزایش می‌یابد", "آیا قیمت بنزین افزایش می‌یابد؟"),
    (
        "discuss",
        "سقف وام مسکن دو برابر می‌شود",
        "پیشنهاد دو برابر شدن سقف وام مسکن در مجلس بررسی می‌شود",
    ),
    ("discuss", "مرغ گران می‌شود", "واکنش رئیس اتحادیه به احتمال گران شدن مرغ"),
    (
        "unrelated",
        "قیمت بنزین افزایش می‌یابد",
        "نمایشگاه نقاشی کودکان در کتابخانه شهر برپا شد",
    ),
    ("unrelated", CLAIM, "کشتی‌گیران نوجوان قهرمان آسیا شدند"),
    (
        "unrelated",
        "تیم والیبال بانوان به فینال رسید",
        "بارش برف جاده‌های کوهستانی را بست",
    ),
]
CLAIMS = [claim for _, claim, _ in EXAMPLES]
TEXTS = [text for _, _, text in EXAMPLES]
ARTICLE = (
    "سرپرست آموزش و پرورش استان صبح امروز با خبرنگاران گفت‌وگو کرد.\n"
    "وی از برگزاری جشنواره قصه‌گویی در هفته آینده خبر داد. "
    "به گفته او مدارس استان فردا به دلیل برف تعطیل است. "
    "کلاس‌ها به صورت مجازی برگزار می‌شود. "
    "او از خانواده‌ها خواست در خانه بمانند. در پایان نشست به پرسش‌ها پاسخ داده شد."
)
ABOUT_SEEDS = (
    "دادستان مرکز خوزستان خواستار پرداخت به‌موقع مطالبات مراکز درمانی شد",
    "اولویت سازمان تأمین اجتماعی تحول در حوزه درمان است",
)
FOOTBALL = "تیم فوتبال نوجوانان در بازی دوستانه سه گل زد"


@pytest.fixture(scope="module")
def bundled() -> fc.ClaimStanceClassifier:
    return fc.load("claim_stance")


@pytest.fixture(params=["bundled", "small"])
def model(request: pytest.FixtureRequest) -> fc.ClaimStanceClassifier:
    if request.param == "small":
        return small_training().model
    found: fc.ClaimStanceClassifier = request.getfixturevalue("bundled")
    return found


# Questions and answers


def test_one_answer_for_each_pair_of_text_and_claim(model: fc.ClaimStanceClassifier) -> None:
    assert model.labels == LABELS == tuple(fc.CLAIM_STANCES)
    one = model.predict(TEXTS[0], CLAIMS[0])
    assert isinstance(one, str)
    assert one in LABELS
    assert model.predict(TEXTS[0], [CLAIMS[0], CLAIMS[3]])[0] == one
    assert model.predict([TEXTS[0]], CLAIMS[0]) == [one]
    assert len(model.predict(iter(TEXTS), CLAIMS[0])) == len(TEXTS)
    assert len(model.predict(TEXTS, CLAIMS)) == len(TEXTS)
    assert model.predict([], CLAIM) == model.predict([], []) == model.predict(CLAIM, []) == []
    assert model.predict_proba(TEXTS[0], CLAIMS[0]).shape == (4,)
    assert model.predict_proba([TEXTS[0]], CLAIMS[0]).shape == (1, 4)
    assert model.predict_proba([], CLAIM).shape == (0, 4)


def test_plain_examples_are_told(bundled: fc.ClaimStanceClassifier) -> None:
    answers = bundled.predict(TEXTS, CLAIMS)
    right = [answer == label for answer, (label, _, _) in zip(answers, EXAMPLES, strict=True)]
    assert sum(right) >= 8, answers  # the three of `discuss` are not found
    assert answers[-3:] == ["unrelated"] * 3


def test_one_text_may_back_one_claim_and_not_another(bundled: fc.ClaimStanceClassifier) -> None:
    assert bundled.predict(ARTICLE, [CLAIM, FOOTBALL]) == ["agree", "unrelated"]


def test_spelling_changes_few_answers(bundled: fc.ClaimStanceClassifier) -> None:
    clean = bundled.predict(TEXTS, CLAIMS)
    for change in (
        arabic_letters,
        without_half_spaces,
        spaces_for_half_spaces,
        lambda text: spaces_for_half_spaces(arabic_letters(text)),
    ):
        other = bundled.predict(list(map(change, TEXTS)), list(map(change, CLAIMS)))
        assert sum(a == b for a, b in zip(clean, other, strict=True)) >= len(TEXTS) - 2


def test_seeds(bundled: fc.ClaimStanceClassifier, seeds: list[str]) -> None:
    for text, claim in zip(seeds, ABOUT_SEEDS, strict=True):
        assert bundled.predict(text, claim) not in ("unrelated", "unknown")
        assert bundled.predict(text, FOOTBALL) == "unrelated"
        evidence = bundled.evidence(text, claim)
        assert evidence
        assert all(text[item.start : item.end] == item.text for item in evidence)


@pytest.mark.parametrize(
    ("texts", "claim", "message"),
    [
        (None, CLAIM, "got NoneType"),
        (b"text", CLAIM, "got one bytes"),
        (float("nan"), CLAIM, "got float"),
        ([CLAIM, None], CLAIM, "text 1 .* is NoneType"),
        ([CLAIM, float("nan")], CLAIM, "text 1 .* is float.*fill missing"),
        ([b"x"], CLAIM, "text 0 .* is bytes.*decode"),
        (CLAIM, None, "claim is NoneType"),
        (CLAIM, float("nan"), "claim is float"),
        (CLAIM, b"claim", "among the claims"),
        (CLAIM, [None], "among the claims: text 0 .* is NoneType"),
        ([CLAIM], [b"claim"], "among the claims: text 0 .* is bytes"),
        ([CLAIM, CLAIM], [CLAIM, float("nan")], "among the claims: text 1 .* is float"),
    ],
)
def test_what_is_no_text_is_refused(
    bundled: fc.ClaimStanceClassifier, texts: Any, claim: Any, message: str
) -> None:
    with pytest.raises(InputTypeError, match=message):
        bundled.predict(texts, claim)
    with pytest.raises(InputTypeError, match=message):
        bundled.predict_proba(texts, claim)


def test_other_wrong_arguments(bundled: fc.ClaimStanceClassifier) -> None:
    with pytest.raises(ParameterError, match="2 texts and 3 claims"):
        bundled.predict([CLAIM] * 2, [CLAIM] * 3)
    with pytest.raises(ParameterError, match="2 texts and 0 claims"):
        bundled.predict([CLAIM] * 2, [])
    with pytest.raises(ParameterError, match="abstain_below=2"):
        bundled.predict(CLAIM, CLAIM, abstain_below=2)
    with pytest.raises(InputTypeError):
        list(bundled.stream(CLAIM, CLAIM))
    with pytest.raises(InputTypeError):
        list(bundled.stream([CLAIM], None))  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="top=-1"):
        bundled.evidence(CLAIM, CLAIM, top=-1)
    for text, claim in ((None, CLAIM), (CLAIM, None), ([CLAIM], CLAIM), (CLAIM, [CLAIM])):
        with pytest.raises(InputTypeError):
            bundled.evidence(text, claim)  # type: ignore[arg-type]
    with pytest.raises(ParameterError):
        fc.to_pipeline(bundled)  # type: ignore[arg-type]


@pytest.mark.parametrize("nothing", ["", "  \n", "中文新闻", "новости дня", "🔹", "؟!", "\ud800"])
def test_nothing_known_is_unknown(model: fc.ClaimStanceClassifier, nothing: str) -> None:
    assert model.predict(nothing, CLAIM) == "unknown"
    assert model.predict(CLAIM, nothing) == "unknown"
    assert model.predict_proba(nothing, CLAIM).tolist() == [0.25] * 4
    assert model.predict_proba(CLAIM, nothing).tolist() == [0.25] * 4
    assert model.evidence(nothing, CLAIM) == model.evidence(CLAIM, nothing) == []
    (answer,) = model.stream([nothing], CLAIM)
    assert answer == ("unknown", fc.persian_name("unknown"), 0.25, CLAIM)


@pytest.mark.parametrize(
    "text",
    [
        f"<div><p>{CLAIM}</b></p <a href='x'>",
        "\x00\x01" + CLAIM + "\x7f\x1b[0m",
        "\u202e\u2066" + CLAIM + "\u2069\u202c",
        "\ud800" + CLAIM + "\udfff",
        CLAIM.replace(" ", "\u00a0\u200b"),
        CLAIM + "\ufeff\r\n\u2028" + CLAIM,
    ],
)
def test_broken_texts(model: fc.ClaimStanceClassifier, text: str) -> None:
    assert model.predict([text, CLAIM], [CLAIM, text])[0] in LABELS
    for item in model.evidence(text, CLAIM):
        assert text[item.start : item.end] == item.text


def test_a_text_that_repeats_the_claim_agrees(bundled: fc.ClaimStanceClassifier) -> None:
    for claim in (CLAIM, "قیمت نان در استان افزایش یافت"):
        assert bundled.predict(claim, claim) == "agree"
        assert bundled.predict(f"<p>{claim}</p>", claim) == "agree"


def test_long_claims_and_texts(bundled: fc.ClaimStanceClassifier) -> None:
    assert bundled.predict("مدارس تعطیل است", ARTICLE) in LABELS
    large = ARTICLE + "\n" + "بازار فرش در این فصل رونق گرفت. " * 20_000
    assert len(large.encode()) > 1 << 20
    assert bundled.predict(large, [CLAIM, "باران سیل‌آسا در دریا بارید"])[0] in LABELS
    evidence = bundled.evidence(large, CLAIM)
    assert any("مدارس استان فردا" in item.text for item in evidence)
    assert all(large[item.start : item.end] == item.text for item in evidence)


# Consistency

BATCH = 1e-6  # how far the others of a batch may move a probability


def test_probabilities_and_answers_belong_together(model: fc.ClaimStanceClassifier) -> None:
    probabilities = model.predict_proba(TEXTS, CLAIMS)
    assert np.abs(probabilities.sum(axis=1) - 1).max() < 1e-12
    assert (probabilities > 0).all()
    features, known, long = pair_features(model.words, CLAIMS, TEXTS)
    scores = model.scorer.score(features)
    assert known.all()
    assert np.allclose(model.calibration.probabilities(scores, long), probabilities, atol=1e-9)
    best = model.calibration.preference(scores, long).argmax(axis=1)
    assert model.predict(TEXTS, CLAIMS) == [LABELS[i] for i in best]


def test_answers_do_not_depend_on_the_batch(model: fc.ClaimStanceClassifier) -> None:
    texts, claims = [*TEXTS, ARTICLE], [*CLAIMS, CLAIM]
    together = model.predict_proba(texts, claims)
    alone = [model.predict_proba(*pair) for pair in zip(texts, claims, strict=True)]
    assert np.abs(together - np.array(alone)).max() < BATCH
    assert np.array_equal(together, model.predict_proba(texts, claims))
    asked_of_all = model.predict_proba([ARTICLE] * 3, CLAIM)
    assert np.abs(asked_of_all - asked_of_all[0]).max() < 1e-9


def test_streams_are_like_lists(model: fc.ClaimStanceClassifier) -> None:
    texts = [*TEXTS, "", ARTICLE]
    answers = list(model.stream(iter(texts), CLAIM))
    assert [answer.label for answer in answers] == model.predict(texts, CLAIM)
    assert all(isinstance(answer, fc.ClaimPrediction) for answer in answers)
    probabilities = model.predict_proba(texts, CLAIM)
    for answer, row in zip(answers, probabilities, strict=True):
        assert answer.claim == CLAIM
        assert answer.label_fa == fc.persian_name(answer.label)
        if answer.label != "unknown":
            assert answer.confidence == pytest.approx(row[LABELS.index(answer.label)], abs=1e-9)
    with pytest.raises(InputTypeError, match="text 2 "):
        list(model.stream(["نان", "آب", None], CLAIM))  # type: ignore[list-item]


def test_abstaining(model: fc.ClaimStanceClassifier) -> None:
    assert set(model.predict(TEXTS, CLAIMS, abstain_below=1.0)) == {"unknown"}
    most = model.predict_proba(TEXTS, CLAIMS).max(axis=1)
    threshold = float(np.median(most))
    free = model.predict(TEXTS, CLAIMS, abstain_below=0)
    for sure, answer, before in zip(
        most, model.predict(TEXTS, CLAIMS, abstain_below=threshold), free, strict=True
    ):
        assert answer == (before if sure >= threshold else "unknown")
    shy = dataclasses.replace(model, abstain_below=1.0)
    assert shy.predict(TEXTS[0], CLAIMS[0]) == "unknown"
    (answer,) = model.stream([TEXTS[0]], CLAIMS[0], abstain_below=1.0)
    assert answer.label == "unknown"
    assert answer.confidence == pytest.approx(most[0], abs=BATCH)


def test_threads_share_a_model(bundled: fc.ClaimStanceClassifier) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: bundled.predict_proba(TEXTS, CLAIMS), range(12)))
    assert all(np.array_equal(found[0], other) for other in found)


def test_copies_answer_alike(model: fc.ClaimStanceClassifier) -> None:
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), copy.copy(model)):
        assert np.array_equal(
            other.predict_proba(TEXTS, CLAIMS), model.predict_proba(TEXTS, CLAIMS)
        )
        assert other.evidence(ARTICLE, CLAIM) == model.evidence(ARTICLE, CLAIM)


def test_in_processes(bundled: fc.ClaimStanceClassifier) -> None:
    method: Any = partial(bundled.predict, claim=CLAIM)
    assert list(fc.in_processes(method, TEXTS, n_jobs=1)) == bundled.predict(TEXTS, CLAIM)


def test_it_is_one_of_the_bundled_models(bundled: fc.ClaimStanceClassifier) -> None:
    described = fc.models()["claim_stance"]
    assert described["labels"] == LABELS
    assert described["labels_fa"] == tuple(fc.CLAIM_STANCES.values()) == bundled.labels_fa
    assert described["info"]["scores"]["macro_f1"]["value"] > 0.4
    assert fc.verify("claim_stance").name == "claim_stance"


# Evidence


def test_evidence_stands_in_the_text_in_its_order(model: fc.ClaimStanceClassifier) -> None:
    evidence = model.evidence(ARTICLE, CLAIM)
    assert FEWEST <= len(evidence) <= MOST
    starts = [item.start for item in evidence]
    assert starts == sorted(starts)
    for item in evidence:
        assert ARTICLE[item.start : item.end] == item.text
        assert item.label == model.predict(ARTICLE, CLAIM)
        assert 0 <= item.weight <= 1
    (best,) = model.evidence(ARTICLE, CLAIM, top=1)
    assert "مدارس استان فردا" in best.text
    assert best.weight == max(item.weight for item in evidence)
    assert model.evidence(ARTICLE, CLAIM, top=0) == []
    every = model.evidence(ARTICLE, CLAIM, top=100)
    assert [item.text for item in every][1].startswith("وی از برگزاری")
    assert len(every) == 6
    for top in range(1, 6):
        assert len(model.evidence(ARTICLE, CLAIM, top=top)) == top


def test_evidence_of_a_headline_is_the_headline(model: fc.ClaimStanceClassifier) -> None:
    for text in TEXTS:
        (item,) = model.evidence(f" {text}\n", CLAIM)
        assert (item.start, item.text) == (1, text)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_sentences_chosen(values: list[float]) -> None:
    taken = chosen(np.array(values))
    assert taken == sorted(set(taken))
    assert min(FEWEST, len(values)) <= len(taken) <= MOST
    left = [value for i, value in enumerate(values) if i not in taken]
    assert all(value <= min(values[i] for i in taken) for value in left)
    assert len(taken) == MOST or all(value < SURE for value in left)


WORDS = st.lists(st.sampled_from("نان برنج کوه دریا باران".split()), max_size=9)


def longest_common(left: Sequence[str], right: Sequence[str]) -> int:
    if not left or not right:
        return 0
    if left[0] == right[0]:
        return 1 + longest_common(left[1:], right[1:])
    return max(longest_common(left[1:], right), longest_common(left, right[1:]))


@given(WORDS, WORDS)
@settings(deadline=None)
def test_overlap_of_passages(found: list[str], wanted: list[str]) -> None:
    size = max(len(found) + len(wanted), 1)
    pair = " ".join(found), " ".join(wanted)
    assert rouge_l(*pair) == pytest.approx(2 * longest_common(found, wanted) / size)
    rest = list(wanted)
    shared = 0
    for word in found:
        if word in rest:
            rest.remove(word)
            shared += 1
    assert token_f1(*pair) == pytest.approx(2 * shared / size)


def test_scores_of_evidence() -> None:
    score = score_evidence(["نان و برنج", "کوه"], ["نان و برنج", "دریا"])
    assert score.to_dict() == {"n": 2, "token_f1": 0.5, "rouge_l": 0.5}
    for found, wanted in (([], []), (["نان"], []), (["نان"], ["نان", "آب"])):
        with pytest.raises(EvaluationError):
            score_evidence(found, wanted)


# Evaluation


def test_evaluation_scores_the_answers_of_predict(bundled: fc.ClaimStanceClassifier) -> None:
    truth = [label for label, _, _ in EXAMPLES]
    answers = bundled.predict(TEXTS, CLAIMS)
    result = fc.evaluate(bundled, TEXTS, truth, claims=CLAIMS, noise=True, replicates=20)
    right = sum(a == b for a, b in zip(answers, truth, strict=True)) / len(truth)
    assert result.accuracy.value == pytest.approx(right)
    assert result.confusion.sum(axis=0).tolist() == [
        answers.count(label) for label in (*LABELS, "unknown")
    ]
    assert set(result.slices) == {"length", "noise"}
    assert all(score.n == len(TEXTS) for score in result.slices["noise"].values())
    one = fc.evaluate(bundled, TEXTS, ["unrelated"] * len(TEXTS), claims=FOOTBALL, replicates=2)
    assert one.accuracy.value == np.mean(
        [answer == "unrelated" for answer in bundled.predict(TEXTS, FOOTBALL)]
    )
    shy = fc.evaluate(bundled, TEXTS, truth, claims=CLAIMS, abstain_below=1.0, replicates=2)
    assert shy.unknown == 1


def test_evaluation_refuses(bundled: fc.ClaimStanceClassifier) -> None:
    with pytest.raises(EvaluationError, match="needs claims"):
        fc.evaluate(bundled, TEXTS, LABELS * 3)  # type: ignore[call-overload]
    with pytest.raises(EvaluationError, match="'weather'"):
        fc.evaluate(bundled, [CLAIM], ["weather"], claims=CLAIM)
    with pytest.raises(EvaluationError, match="1 texts and 2 labels"):
        fc.evaluate(bundled, [CLAIM], LABELS[:2], claims=CLAIM)
    with pytest.raises(EvaluationError, match="no texts"):
        fc.evaluate(bundled, [], [], claims=CLAIM)
    with pytest.raises(ParameterError, match="1 texts and 2 claims"):
        fc.evaluate(bundled, [CLAIM], LABELS[:1], claims=[CLAIM] * 2)


# Trees


def boosted(X: npt.NDArray[np.float32], y: npt.NDArray[Any], **parameters: Any) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    parameters = {"max_iter": 3, "min_samples_leaf": 5, "max_leaf_nodes": 12, **parameters}
    estimator = HistGradientBoostingClassifier(early_stopping=False, random_state=0, **parameters)
    with threadpool_limits(1):
        return estimator.fit(X, y)


def random_data(places: int | None) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 6)).astype(np.float32)
    if places is not None:
        X = np.round(X * places) / np.float32(places)
    return X, (X[:, 0] > 0) + 2 * (X[:, 1] + rng.normal(size=500) > 0)


@pytest.mark.parametrize("places", [None, 4, 1])
@pytest.mark.parametrize("leaves", [2, 3, 16])
def test_trees_score_as_scikit_learn_does(places: int | None, leaves: int) -> None:
    X, y = random_data(places)
    estimator = boosted(X, y, max_leaf_nodes=leaves)
    trees = Trees.of(estimator)
    at = np.zeros((len(trees.features), X.shape[1]), dtype=np.float32)
    at[np.arange(len(at)), trees.features] = trees.thresholds
    for values in (X, at, -X[:1] * 1e6):
        assert np.abs(trees.score(values) - estimator.decision_function(values)).max() < 1e-4
    again = Trees.from_arrays(trees.to_arrays(), X.shape[1])
    assert np.array_equal(again.score(X), trees.score(X))
    assert trees.score(X[:0]).shape == (0, 4)
    with pytest.raises(ModelArrayError):
        Trees.from_arrays(trees.to_arrays(), int(trees.features.max()))


def test_trees_with_too_many_leaves_are_refused() -> None:
    X, y = random_data(None)
    with pytest.raises(ModelArrayError, match=f"over {MOST_LEAVES}"):
        Trees.of(boosted(X, y, max_leaf_nodes=31, min_samples_leaf=2))


def test_trees_that_ask_nothing() -> None:
    X = np.ones((40, 2), dtype=np.float32)
    y = np.arange(40) % 3
    estimator = boosted(X, y, max_iter=2)
    trees = Trees.from_arrays(Trees.of(estimator).to_arrays(), 2)
    largest = np.full((2, 2), np.finfo(np.float32).max) * [[1], [-1]]
    for values in (X, -X, largest.astype(np.float32)):
        assert np.abs(trees.score(values) - estimator.decision_function(values)).max() < 1e-6


# Calibration


def simulated(n: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Scores that are three times too sure, and shifted, with their truth."""
    rng = np.random.default_rng(1)
    real = rng.normal(size=(n, 4)) * 1.2 + [0.0, -1.0, 0.5, 1.0]
    draws = rng.random(n)[:, None]
    truth = (softmax(real).cumsum(axis=1) < draws).sum(axis=1)
    return real * 3 + [1.0, 0.0, 0.0, -2.0], truth, rng.random(n) < 0.4


def test_calibration_mends_scores_and_never_lowers_macro_f1() -> None:
    from sklearn.metrics import f1_score, log_loss

    scores, truth, long = simulated(3000)
    made = fit_calibration(scores[:2000], long[:2000], truth[:2000])
    before, after = softmax(scores), made.probabilities(scores, long)
    assert np.abs(after.sum(axis=1) - 1).max() < 1e-12
    assert log_loss(truth[2000:], after[2000:]) < log_loss(truth[2000:], before[2000:]) - 0.2
    for column in range(4):
        low = np.median(after[2000:, column])
        for part in (after[2000:, column] <= low, after[2000:, column] > low):
            told = after[2000:, column][part].mean()
            assert told == pytest.approx((truth[2000:][part] == column).mean(), abs=0.06)
    assert made.slope == pytest.approx([1 / 3] * 2, abs=0.06)
    for kind in (False, True):
        here = (long == kind) & (np.arange(3000) < 2000)
        answers = made.preference(scores[here], long[here]).argmax(axis=1)
        weighed = f1_score(truth[here], answers, average="macro")
        assert weighed >= f1_score(truth[here], scores[here].argmax(axis=1), average="macro")


def test_calibration_of_few_long_texts_is_that_of_all() -> None:
    scores, truth, _ = simulated(400)
    made = fit_calibration(scores, np.arange(400) < 20, truth)
    of_all = fit_calibration(scores, np.zeros(400, dtype=np.bool_), truth)
    assert made.slope[1] == of_all.slope[1] == of_all.slope[0]
    assert np.array_equal(made.bias[1], of_all.bias[0])
    again = PairCalibration.from_arrays(made.to_arrays(), 4)
    assert np.array_equal(again.bias, made.bias)
    with pytest.raises(ValueError, match="does not fit the labels"):
        PairCalibration.from_arrays(made.to_arrays(), 3)


# Training


def test_a_training_reports_what_it_learnt() -> None:
    training = small_training()
    assert training.evaluation.n == len(training.dataset.pairs) == 600
    assert training.model.name == "small_claims"
    assert set(training.parts) == {"own_claims"}
    assert training.evidence is not None
    assert 0.3 < training.evidence.token_f1 <= 1
    shown = training.report()
    for part in ("600 pairs on 30 events", "agree 142", "macro-F1", "held out by event", "ROUGE-L"):
        assert part in shown
    info = training.model.info
    assert info["training"]["events"] == 30
    assert set(info["training"]["files_sha256"]) == {"own_claims.jsonl", "lexicon.tsv"}
    assert info["features"]["iterations"] == 8
    assert json.loads(json.dumps(dict(info))) == info


def test_a_round_trip_changes_no_answer_and_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "small.fanews"
    path.write_bytes(small_file())
    model = small_training().model
    for loaded in (fc.load(path), fc.verify(path)):
        assert isinstance(loaded, fc.ClaimStanceClassifier)
        assert np.array_equal(
            loaded.predict_proba(TEXTS, CLAIMS), model.predict_proba(TEXTS, CLAIMS)
        )
        assert loaded.evidence(ARTICLE, CLAIM) == model.evidence(ARTICLE, CLAIM)
        assert loaded.info == model.info
        fc.save(loaded, tmp_path / "again.fanews")
        assert (tmp_path / "again.fanews").read_bytes() == small_file()


def test_training_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    steps: list[str] = []
    fc.train(
        SMALL,
        data=lay_out(tmp_path),
        out=tmp_path / "twice.fanews",
        progress=lambda step, done, total: steps.append(step),
    )
    assert (tmp_path / "twice.fanews").read_bytes() == small_file()
    assert {"reading", "cross-validation", "fitting"} <= set(steps)


def test_an_event_is_never_in_two_folds() -> None:
    rng = random.Random(0)
    pairs = [
        ClaimPair("نان", "آب", "agree", f"e{rng.randrange(9)}", judged=rng.random() < 0.7)
        for _ in range(300)
    ]
    pairs += [ClaimPair("نان", "آب", "agree", "never judged", judged=False)] * 5
    folds = list(event_folds(pairs, 4))
    held = np.stack(folds)
    assert held.sum(axis=0).max() == 1
    by_event: dict[str, set[int]] = {}
    for i, pair in enumerate(pairs):
        by_event.setdefault(pair.event, set()).update(held[:, i].nonzero()[0].tolist())
    assert not by_event.pop("never judged")
    assert all(len(numbers) == 1 for numbers in by_event.values())
    sizes = held.sum(axis=1)
    assert sizes.max() < 2 * sizes.min()
    assert len(list(event_folds(pairs, 99))) == 9
    with pytest.raises(CorpusError, match="one event"):
        list(event_folds(pairs[:1], 4))


def test_neither_large_events_nor_frequent_labels_decide_alone() -> None:
    pairs = [ClaimPair("نان", "آب", "agree", "large", part="a")] * 90
    pairs += [ClaimPair("نان", "آب", "agree", f"small {i}", part="a") for i in range(10)]
    pairs += [ClaimPair("نان", "آب", "discuss", "other", weight=0.1, part="b")] * 20
    targets = np.array([0] * 100 + [1] * 20)
    weights = pair_weights(pairs, targets, PairLearner(event_power=0.5, label_power=0.0))
    assert weights.mean() == pytest.approx(1.0)
    assert weights[95] / weights[0] == pytest.approx(90**0.5)
    assert weights[100] / weights[:100].mean() == pytest.approx(0.1)
    level = pair_weights(pairs, targets, PairLearner(event_power=0.0, label_power=1.0))
    assert level.mean() == pytest.approx(1.0)
    assert level[:100].sum() == pytest.approx(level[100:].sum())


QUICK = Recipe(
    "quick",
    task="claim-stance",
    labels=LABELS,
    pair_learner=PairLearner(iterations=2, dimensions=0, min_df=1),
    validation=Validation(folds=2),
)


def rows(events: int = 6) -> list[dict[str, str]]:
    endings = ("بالا رفت", "پایین آمد", "شاید بالا برود؟")
    made = []
    for i, place in enumerate("کوهسار دشتستان رودبار باغستان سنگسر مهرگان".split()):
        for thing in ("نان", "برنج"):
            claim = f"قیمت {thing} در {place} بالا رفت"
            texts = [f"{thing} در {place} {ending}" for ending in endings]
            texts.append(f"کتابخانه {place} بازسازی می‌شود")
            event = f"e{i % events}"
            made += [
                {"event": event, "claim": claim, "text": text, "label": label}
                for text, label in zip(texts, LABELS, strict=True)
            ]
    return made


def write(path: Path, lines: Sequence[Any]) -> Path:
    text = [
        line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines
    ]
    path.write_text("".join(line + "\n" for line in text), encoding="utf-8")
    return path


def train_on(path: Path, recipe: Recipe = QUICK) -> Any:
    return fc.train(recipe, files=[path], data=path.parent)


def test_own_files_as_csv_and_json_lines(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    lines = ["claim,text,label", *(f'"{r["claim"]}","{r["text"]}",{r["label"]}' for r in rows())]
    table.write_text("\n".join(lines), encoding="utf-8")
    of_table = train_on(table)
    assert of_table.evaluation.n == len(rows())
    assert len({pair.event for pair in of_table.dataset.pairs}) == len(rows())
    assert of_table.evidence is None
    assert "48 pairs on 48 events" in of_table.report()
    of_lines = train_on(write(tmp_path / "mine.jsonl", rows()))
    assert len({pair.event for pair in of_lines.dataset.pairs}) == 6
    assert of_lines.model.predict(rows()[0]["text"], rows()[0]["claim"]) in LABELS
    assert of_lines.model.evidence(ARTICLE, "مدارس تعطیل است، نان در کوهسار بالا رفت")
    free = train_on(table, dataclasses.replace(QUICK, labels=()))
    assert free.model.labels == LABELS


def test_the_two_forms_of_pairs_are_read_alike(tmp_path: Path) -> None:
    event = {
        "event": "e",
        "claims": ["نان گران شد", "آب قطع شد"],
        "texts": [
            {"headline": "نان گران شد", "labels": ["agree", "unrelated"]},
            {
                "sentences": ["خبر آمد.", "آب وصل شد."],
                "labels": ["unrelated", "disagree"],
                "evidence": {"0": [0], "1": [1]},
            },
        ],
    }
    single = {"claim": "نان گران شد", "title": "نان", "body": "گران شد", "label": "بله", "n": 7}
    read = list(read_pairs(write(tmp_path / "a.jsonl", [event]), Pairs("a.jsonl"), LABELS))
    assert [(p.claim, p.text, p.label) for p in read] == [
        ("نان گران شد", "نان گران شد", "agree"),
        ("آب قطع شد", "نان گران شد", "unrelated"),
        ("نان گران شد", "خبر آمد. آب وصل شد.", "unrelated"),
        ("آب قطع شد", "خبر آمد. آب وصل شد.", "disagree"),
    ]
    assert [p.evidence for p in read] == ["", "", "", "آب وصل شد."]  # of unrelated texts none
    source = Pairs(
        "b.jsonl", text="title+body", labels={"بله": "agree"}, event="n", weight=0.5, judged=False
    )
    (pair,) = read_pairs(
        write(tmp_path / "b.jsonl", [single, {**single, "label": "نه"}]), source, LABELS
    )
    assert (pair.label, pair.event, pair.weight, pair.judged) == ("agree", "7", 0.5, False)
    assert pair.text == "نان\nگران شد"
    assert pair.part == "b, with title"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{broken", "not JSON"),
        ("[1]", "not a JSON object"),
        ({"claim": "نان", "text": "آب", "label": "weather"}, "'weather' is none of"),
        ({"claim": "نان", "text": "آب"}, "no pair of claim and text"),
        ({"claim": "نان", "label": "agree"}, "no pair of claim and text"),
        ({"text": "نان", "label": "agree"}, "no pair of claim and text"),
        ({"event": "x", "claims": ["نان"]}, "no pair of claim and text"),
        ({"claims": ["نان"], "texts": []}, None),  # says nothing, is no fault
        ({"event": "x", "claims": ["نان"], "texts": {"a": 1}}, "no pair of claim and text"),
        (
            {"event": "x", "claims": ["نان"], "texts": [{"headline": "آب", "labels": []}]},
            "not one label for each claim",
        ),
        (
            {"event": "x", "claims": ["نان"], "texts": [{"headline": 5, "labels": ["agree"]}]},
            "no pair of claim and text",
        ),
        (
            {
                "event": "x",
                "claims": ["نان"],
                "texts": [{"sentences": ["آب"], "labels": ["agree"], "evidence": {"0": [3]}}],
            },
            "no pair of claim and text",
        ),
    ],
)
def test_faulty_lines_are_named(tmp_path: Path, line: Any, message: str | None) -> None:
    path = write(tmp_path / "mine.jsonl", [rows()[0], line])
    if message is None:
        assert len(list(read_pairs(path, Pairs(path.name), LABELS))) == 1
        return
    with pytest.raises(CorpusError, match=f"line 2: .*{message}"):
        train_on(path)


def test_data_that_no_model_can_be_made_of(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    write(path, [{**row, "event": "e"} for row in rows()])
    with pytest.raises(CorpusError, match="one event"):
        train_on(path)
    write(path, [row for row in rows() if row["label"] != "discuss"])
    with pytest.raises(CorpusError, match="too few pairs with the label discuss"):
        train_on(path)
    write(path, [{**row, "event": row["label"]} for row in rows()])
    with pytest.raises(CorpusError, match="a fold lacks a label"):
        train_on(path)
    write(path, rows())
    for lexicon in ("nothing.tsv", "mine.jsonl"):
        with pytest.raises(CorpusError, match=lexicon):
            train_on(path, dataclasses.replace(QUICK, lexicon=lexicon))
    with pytest.raises(CorpusError, match=r"nothing\.jsonl"):
        train_on(path, dataclasses.replace(QUICK, pairs=(Pairs("nothing.jsonl"),)))
    with pytest.raises(CorpusError, match=r"nothing\.csv"):
        train_on(tmp_path / "nothing.csv")
    with pytest.raises(CorpusError, match="no labelled pair"):
        fc.train(QUICK, data=tmp_path)


def test_what_is_missing_is_reported(tmp_path: Path) -> None:
    recipe = dataclasses.replace(
        QUICK, pairs=(Pairs("theirs.jsonl.gz", corpus=True),), unlabelled=("some_corpus",)
    )
    path = write(tmp_path / "mine.jsonl", rows())
    found = collect_pairs(recipe, data=tmp_path, corpora=None, files=[path])
    assert found.missing == ["theirs.jsonl.gz", "some_corpus"]
    assert set(found.digests) == {"mine.jsonl"}
    with pytest.raises(CorpusError, match="no labelled pair"):
        collect_pairs(recipe, data=tmp_path, corpora=tmp_path)


def test_recipes_of_pairs() -> None:
    recipe = load_recipe("claim_stance")
    assert recipe.task == "claim-stance"
    assert recipe.labels == LABELS
    assert "own_claims.jsonl" in [pairs.path for pairs in recipe.pairs]
    good = {"name": "x", "task": "claim-stance", "pairs": [{"path": "a.jsonl"}]}
    assert parse_recipe(good).pairs == (Pairs("a.jsonl"),)
    for change in (
        {"pairs": []},
        {"task": "stance"},
        {"pair_learner": {"leaves": 17}},
        {"pair_learner": {"leaves": 1}},
        {"pair_learner": {"depth": 3}},
        {"pairs": [{"file": "a.jsonl"}]},
        {"pairs": "a.jsonl"},
        {"validation": {"folds": 1}},
    ):
        with pytest.raises(RecipeError):
            parse_recipe({**good, **change})


# The project's own pairs


def test_own_claims() -> None:
    counts = Counter[str]()
    seen: set[tuple[str, str]] = set()
    events = own_events()
    for event in events:
        assert event["event"]
        assert event["claims"]
        assert len(set(event["claims"])) == len(event["claims"])
        for text in event["texts"]:
            assert len(text["labels"]) == len(event["claims"])
            counts.update(text["labels"])
            sentences = text.get("sentences") or [text["headline"]]
            assert all(isinstance(s, str) and s == s.strip() != "" for s in sentences)
            for claim, numbers in text.get("evidence", {}).items():
                assert 0 <= int(claim) < len(event["claims"])
                assert all(0 <= number < len(sentences) for number in numbers)
            for claim in event["claims"]:
                assert (claim, " ".join(sentences)) not in seen
                seen.add((claim, " ".join(sentences)))
    assert len({event["event"] for event in events}) == len(events)
    assert len(seen) >= 800
    assert set(counts) == set(LABELS)
    assert min(counts.values()) >= 100
    path = DATA / "own_claims.jsonl"
    assert len(list(read_pairs(path, Pairs(path.name), LABELS))) == len(seen)


# The command line

CLAIM_MODEL = ["--model", "claim_stance", "--claim", CLAIM]


def test_claims_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "news.jsonl", [{"text": TEXTS[1]}, {"text": FOOTBALL}, {"text": 3}])
    assert main(["predict", *CLAIM_MODEL, str(path)]) == 1
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.startswith("agree\tموافق\t0.")
    assert second.startswith("unrelated\tنامرتبط\t0.")
    assert third.startswith("error\t")
    assert main(["predict", "--json", "--abstain-below", "1", *CLAIM_MODEL, str(path)]) == 1
    record = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (record["label"], record["claim"]) == ("unknown", CLAIM)
    article = tmp_path / "article.txt"
    article.write_text(ARTICLE, encoding="utf-8")
    assert main(["explain", *CLAIM_MODEL, "--top", "1", str(article)]) == 0
    answer, sentence = capsys.readouterr().out.splitlines()
    assert "\tagree\t" in answer
    assert "مدارس استان فردا" in sentence
    assert main(["explain", *CLAIM_MODEL, "--json", str(article)]) == 0
    evidence = json.loads(capsys.readouterr().out)["evidence"]
    assert FEWEST <= len(evidence) <= MOST
    assert all(ARTICLE[item["start"] : item["end"]] == item["text"] for item in evidence)


def test_claims_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given_lines = io.TextIOWrapper(io.BytesIO(f"{TEXTS[1]}\n\n{FOOTBALL}\n".encode()))
    monkeypatch.setattr(sys, "stdin", given_lines)
    assert main(["predict", *CLAIM_MODEL]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["agree", "unknown", "unrelated"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "--model", "claim_stance"], "needs --claim"),
        (["explain", "--model", "claim_stance"], "needs --claim"),
        (["predict", "--claim", CLAIM], "'section' answers no question about a --claim"),
        (["predict", "--model", "topic", "--claim", CLAIM], "no question about a --claim"),
        (["predict", *CLAIM_MODEL, "--target", "housing"], "no question about a --target"),
        (["explain", *CLAIM_MODEL, "--label", "agree"], "--label is not for a claim model"),
        (["explain", *CLAIM_MODEL, "--top", "-1"], "top=-1"),
        (["predict", *CLAIM_MODEL, "--abstain-below", "3"], "abstain_below=3"),
    ],
)
def test_wrong_questions_exit_with_2(
    tmp_path: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "news.txt"
    path.write_text(FOOTBALL, encoding="utf-8")
    assert main([*arguments, str(path)]) == 2
    assert message in capsys.readouterr().err


def test_claim_models_are_trained_and_evaluated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out, recipe = write(tmp_path / "d.jsonl", rows()), tmp_path / "q", tmp_path / "q.toml"
    recipe.write_text(
        'name = "quick"\ntask = "claim-stance"\n[[pairs]]\npath = "d.jsonl"\nevent = "event"\n'
        "[pair_learner]\niterations = 2\ndimensions = 0\nmin_df = 1\n[validation]\nfolds = 2\n",
        encoding="utf-8",
    )
    arguments = ["train", str(recipe), "--data-dir", str(tmp_path), "--out", str(out)]
    assert main(arguments) == 0
    assert "48 pairs on 6 events" in capsys.readouterr().out
    assert main(["evaluate", "--model", str(out), "--data", str(data), "--noise"]) == 0
    assert "no half-space" in capsys.readouterr().out
    bundled = ["evaluate", "--model", "claim_stance", "--data", str(data), str(data)]
    assert main([*bundled, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["n"] == 2 * len(rows())
    assert result["labels"] == list(LABELS)
    for verb in (["info", str(out)], ["info", "claim_stance"], ["verify", str(out)]):
        assert main(verb) == 0
    assert main(["tune-threshold", "--model", str(out), "--data", str(data)]) == 2
    assert "no thresholds to tune" in capsys.readouterr().err
    write(data, [{"claim": CLAIM, "text": CLAIM, "label": "weather"}])
    assert main(["evaluate", "--model", str(out), "--data", str(data)]) == 2
    assert "line 1: the label 'weather' is none of" in capsys.readouterr().err
    write(data, [])
    assert main(["evaluate", "--model", str(out), "--data", str(data)]) == 2
