from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fanews_classify as fc
from fanews_classify.errors import EvaluationError, ParameterError
from fanews_classify.evaluation import _paired
from fanews_classify.evaluation._uncertainty import label_intervals, part_intervals, wilson
from fanews_classify.evaluation.multilabel import MultiLabelEvaluation, evaluate_answers
from fanews_classify.evaluation.report import Evaluation, evaluate_probabilities

LABELS = ("a", "b", "c")
MORE = ("c", "d", "a", "b")  # another order, and a label that the truth never has


def single(
    truth: str, answers: str, labels: tuple[str, ...] = LABELS, **further: Any
) -> Evaluation:
    """Evaluate answers given as letters; a dot stands for no answer."""
    probabilities = np.full((len(truth), len(labels)), 0.1)
    for row, answer in zip(probabilities, answers, strict=True):
        row[labels.index(answer) if answer != "." else 0] = 0.8
    known = np.array([float(answer != ".") for answer in answers])
    made = evaluate_probabilities(labels, list(truth), probabilities, known, replicates=2)
    texts = [f"متن {i}" for i in range(len(truth))]
    return made._of(texts, **further)


def several(
    truth: np.ndarray, answers: np.ndarray, labels: tuple[str, ...] = LABELS
) -> MultiLabelEvaluation:
    columns = [labels.index(label) for label in LABELS]
    wide = np.zeros((2, len(truth), len(labels)), dtype=np.bool_)
    wide[:, :, columns] = truth, answers
    sure = np.ones(len(truth))
    made = evaluate_answers(labels, *wide, wide[1].astype(np.float64), sure, replicates=2)
    return made._of([f"متن {i}" for i in range(len(truth))])


def test_a_small_case_by_hand() -> None:
    # a: 2 of 2 found, one b taken for it; b: 1 of 2; against all of them wrong but one a.
    found = single("aabb", "aaab").compare(single("aabb", "abaa"))
    accuracy, macro = found.scores["accuracy"], found.scores["macro_f1"]
    assert (accuracy.first, accuracy.second) == (0.75, 0.25)
    assert macro.first == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert macro.second == pytest.approx((2 / 5 + 0) / 2)
    assert found.difference.value == pytest.approx(macro.first - macro.second)
    assert (found.both_right, found.only_first, found.only_second, found.neither) == (1, 2, 0, 1)
    assert found.p_mcnemar == pytest.approx(2 * 0.5**2)  # two coins, both heads or both tails


def test_p_value_of_one_document() -> None:
    # Every replicate is this document, so none is farther than 1 from the difference 1.
    found = single("a", "a").compare(single("a", "b"), replicates=99)
    assert found.scores["accuracy"].difference.low == 1.0
    assert found.scores["accuracy"].p_value == 1 / 100


def test_a_model_is_no_better_than_itself() -> None:
    scores = single("abcabcab", "abcaabb.")
    found = scores.compare(scores)
    for score in found.scores.values():
        assert score.difference.to_dict() == {"value": 0.0, "low": 0.0, "high": 0.0}
        assert score.p_value == 1.0
    assert (found.only_first, found.only_second, found.p_mcnemar) == (0, 0, 1.0)


def cases(seed: int, n: int = 300) -> tuple[Evaluation, Evaluation]:
    rng = np.random.default_rng(seed)
    truth = rng.choice(list(LABELS), n, p=(0.6, 0.3, 0.1))
    drawn = []
    for labels, right in ((LABELS, 0.8), (MORE, 0.7)):
        wrong = rng.choice([*labels, "."], n)
        given = np.where(rng.random(n) < right, truth, wrong)
        drawn.append(single("".join(truth), "".join(given), labels))
    return drawn[0], drawn[1]


def test_the_other_order_only_turns_the_signs() -> None:
    first, second = cases(0)
    there, back = first.compare(second, replicates=500), second.compare(first, replicates=500)
    for name, score in there.scores.items():
        other = back.scores[name]
        assert other.difference.value == -score.difference.value
        assert other.difference.low == pytest.approx(-score.difference.high)
        assert other.p_value == score.p_value
    assert (there.only_first, there.only_second) == (back.only_second, back.only_first)


@pytest.mark.parametrize("seed", range(3))
def test_drawing_kinds_is_drawing_documents(seed: int) -> None:
    first, second = cases(seed)
    found = first.compare(second, replicates=4000).scores["accuracy"].difference
    rng = np.random.default_rng(seed)
    assert first.documents is not None
    assert second.documents is not None
    gap = first.documents.right.astype(float) - second.documents.right
    drawn = gap[rng.integers(0, len(gap), (4000, len(gap)))].mean(axis=1)
    assert [found.low, found.high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.012)


def test_intervals_cover_the_true_difference() -> None:
    # Right with 0.8 + 0.2/4 and 0.7 + 0.3/5: of wrong answers some are right by chance.
    true = cases(1, 60_000)
    wanted = true[0].accuracy.value - true[1].accuracy.value
    inside = 0
    for seed in range(100, 150):
        found = cases(seed, 200)
        gap = found[0].compare(found[1], replicates=300).scores["accuracy"].difference
        inside += gap.low <= wanted <= gap.high
    assert inside >= 43  # 95% of 50, less chance


def test_blocks_of_replicates_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = cases(3)
    whole = first.compare(second, replicates=50)
    monkeypatch.setattr(_paired, "_AT_ONCE", 100)
    assert first.compare(second, replicates=50) == whole


rows = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("abc."), st.sampled_from("abcd.")),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(rows)
def test_differences_are_those_of_the_reports(drawn: list[tuple[str, str, str]]) -> None:
    truth, one, other = ("".join(column) for column in zip(*drawn, strict=True))
    first, second = single(truth, one), single(truth, other, MORE)
    found = first.compare(second, replicates=20)
    for name in ("macro_f1", "accuracy"):
        score = found.scores[name]
        values = getattr(first, name).value, getattr(second, name).value
        assert (score.first, score.second) == pytest.approx(values)
        assert score.difference.value == pytest.approx(values[0] - values[1])
        assert 0 < score.p_value <= 1
    counted = found.both_right, found.only_first, found.only_second, found.neither
    assert sum(counted) == found.n == len(drawn)
    assert counted[0] + counted[1] == round(first.accuracy.value * len(drawn))


flags = st.lists(st.lists(st.booleans(), min_size=9, max_size=9), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(flags)
def test_differences_of_label_sets_are_those_of_the_reports(drawn: list[list[bool]]) -> None:
    table = np.array(drawn).reshape(len(drawn), 3, 3)
    first, second = several(table[:, 0], table[:, 1]), several(table[:, 0], table[:, 2], MORE)
    found = first.compare(second, replicates=20)
    assert list(found.scores) == ["micro_f1", "macro_f1", "exact_match"]
    for name, score in found.scores.items():
        values = getattr(first, name).value, getattr(second, name).value
        assert (score.first, score.second) == pytest.approx(values)


def test_what_cannot_be_compared() -> None:
    scores = single("ab", "ab")
    flags = np.eye(3, dtype=np.bool_)[:2]
    wrong = [
        (single("aba", "aba"), "2 and 3 documents"),
        (single("aa", "ab"), "different labels"),
        (single("ab", "ab", asked=["x", "y"]), "question 0"),
        (several(flags, flags), "of several"),
        (replace(scores, documents=None), "does not hold its documents"),
        ("scores", "is str"),
    ]
    for other, message in wrong:
        with pytest.raises(EvaluationError, match=message):
            scores.compare(other)
    other_texts = scores._of(["متن 0", "متن دیگر"])
    with pytest.raises(EvaluationError, match="text 1"):
        scores.compare(other_texts)
    with pytest.raises(ParameterError, match="replicates"):
        scores.compare(scores, replicates=0)


def test_a_comparison_as_text_and_json() -> None:
    first, second = cases(5)
    found = replace(first.compare(second, replicates=200), names=("مدل من", "section"))
    values = json.loads(found.to_json())
    assert values == found.to_dict()
    assert values["names"] == ["مدل من", "section"]
    assert values["scores"]["macro_f1"]["difference"]["value"] == round(found.difference.value, 4)
    assert values["scores"]["macro_f1"]["first"] == round(found.first, 4)
    assert str(found) == found.to_text()
    assert "macro-F1" in str(found)
    assert f"only the second {found.only_second}" in str(found)
    assert isinstance(found, fc.Comparison)


def test_evaluations_of_models_compare(section: fc.NewsClassifier) -> None:
    texts = ["بارش باران در شمال کشور آغاز شد", "تیم والیبال به فینال جام رسید", "xyz"]
    labels = ["society", "sport", "world"]
    first = fc.evaluate(section, texts, labels)
    second = fc.evaluate(section, iter(texts), iter(labels), abstain_below=1.0)
    found = first.compare(second)
    assert found.names == ("section", "section")
    assert found.scores["accuracy"].second == 0.0
    assert found.only_second == 0


def test_keeping_the_documents_changes_no_score() -> None:
    scores = single("abca", "abcc")
    bare = replace(scores, documents=None)
    assert scores.to_json() == bare.to_json()
    assert "documents" not in repr(scores)
    assert "documents" not in scores.to_dict()
    known = scores.documents
    assert known is not None
    assert known.right.tolist() == [True, True, True, False]
    assert len(known) == 4
    assert known.sources is None


def test_wilson_is_honest_about_few() -> None:
    assert wilson(0, 0).to_dict() == {"value": 0.0, "low": 0.0, "high": 1.0}
    one = wilson(1, 1)
    assert one.value == one.high == 1.0
    assert 0.2 < one.low < 0.21
    many = wilson(800, 1000)  # as the normal approximation has it
    assert (many.low, many.high) == pytest.approx((0.7752, 0.8248), abs=0.002)


def test_intervals_of_labels_and_parts() -> None:
    first, _ = cases(7)
    for label, interval in label_intervals(first).items():
        assert interval.value == first.per_class[label]["f1"]
        assert interval.low <= interval.value <= interval.high
    rng = np.random.default_rng(0)
    truth = rng.random((80, 3)) < 0.4
    given_labels = truth ^ (rng.random((80, 3)) < 0.2)
    names = ["ایسنا"] * 60 + ["ایرنا"] * 20
    scores = evaluate_answers(
        LABELS, truth, given_labels, given_labels * 0.9, np.ones(80), slices={"source": names}
    )
    parts = part_intervals(scores, "source")
    assert set(parts) == {"ایسنا", "ایرنا"}
    for name, found in parts.items():
        assert found is not None
        assert found.value == scores.slices["source"][name].micro_f1
        assert found.low < found.value < found.high
    assert part_intervals(replace(scores, documents=None), "source") == dict.fromkeys(parts)


def test_a_page_of_a_comparison(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    first, second = cases(6)
    found = replace(first.compare(second, replicates=50), names=("<b>", "دوم"))
    path = found.to_html(tmp_path / "x.html")
    page = path.read_text(encoding="utf-8")
    assert "&lt;b&gt;" in page
    assert "<b>" not in page.replace("<dd><b>", "")
    assert found.to_html(tmp_path / "y.html").read_bytes() == path.read_bytes()
