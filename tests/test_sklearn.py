from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report, confusion_matrix, get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MultiLabelBinarizer, StandardScaler
from sklearn.utils import estimator_checks
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

import fanews_classify as fc
from fanews_classify import PersianTfidfVectorizer, PretrainedClassifier
from fanews_classify.errors import (
    FanewsError,
    InputTypeError,
    LabelError,
    ModelNotFoundError,
    ParameterError,
)
from fanews_classify.model._calibration import Calibration
from fanews_classify.model._export import linear_scorer

Data = tuple[list[str], list[str]]
DEBT = "داروخانه‌ها از بدهی بیمه‌ها و پرداخت نشدن مطالبات خود گلایه کردند"
CLAIM = "مدارس شهر فردا تعطیل است"
ABOUT = ["خبر تعطیلی مدارس شهر تکذیب شد", "تیم والیبال قهرمان شد", CLAIM]


@pytest.fixture(scope="module")
def data(own_texts: list[dict[str, str]]) -> Data:
    """Return 12 texts of each section in turn, and their labels."""
    by_section = [[t["body"] for t in own_texts if t["section"] == name] for name in fc.SECTIONS]
    texts = [texts[i] for i in range(12) for texts in by_section]
    return texts, [*fc.SECTIONS] * 12


@pytest.fixture(scope="module")
def own(data: Data) -> list[str]:
    """Return labels that no model knows."""
    return ["hard" if label in ("economy", "politics", "world") else "soft" for label in data[1]]


def learner(max_iter: int = 500) -> LogisticRegression:
    return LogisticRegression(max_iter=max_iter)


# The estimator by itself


def test_answers_are_those_of_the_model(section: fc.NewsClassifier, data: Data) -> None:
    estimator, (texts, _) = PretrainedClassifier("section"), [*data]
    texts = [*texts, "", "中文"]
    assert estimator.classes_.tolist() == list(section.labels)
    answers = estimator.predict(texts)
    assert isinstance(answers, np.ndarray)
    assert answers.dtype.kind == "U"
    assert answers.tolist() == section.predict(texts)
    assert answers[-1] == "unknown"
    probabilities = estimator.predict_proba(texts)
    assert np.array_equal(probabilities, section.predict_proba(texts))
    assert np.array_equal(estimator.decision_function(texts), section.decision_function(texts))
    unsure = PretrainedClassifier("section", abstain_below=0.9).predict(texts)
    assert unsure.tolist() == section.predict(texts, abstain_below=0.9)
    features = estimator.transform(texts)
    assert features.shape == (len(texts), 8)
    assert 1.0 / (1.0 + np.exp(-features)) == pytest.approx(probabilities, abs=2e-6)
    assert np.isfinite(features).all()
    plain = PretrainedClassifier("section", features="probabilities").transform(texts)
    assert np.array_equal(plain, probabilities)
    assert estimator.get_feature_names_out()[2] == "section_health"
    assert estimator.predict([]).shape == (0,)
    assert estimator.transform([]).shape == (0, 8)


def test_labels_are_sorted_whatever_the_order_of_the_model(section: fc.NewsClassifier) -> None:
    order = [5, 0, 7, 2, 1, 4, 6, 3]
    labels = tuple(np.array(section.labels)[np.argsort(order)].tolist())
    renamed = replace(section, labels=labels)  # its columns mean other things now
    estimator = PretrainedClassifier(renamed)
    texts = [DEBT, CLAIM]
    assert estimator.classes_.tolist() == sorted(labels)
    best = estimator.classes_[estimator.predict_proba(texts).argmax(axis=1)]
    assert best.tolist() == estimator.predict(texts).tolist() == renamed.predict(texts)
    scores = estimator.decision_function(texts)
    assert estimator.classes_[scores.argmax(axis=1)].tolist() == best.tolist()


def test_two_labels_have_one_score(data: Data, own: list[str]) -> None:
    texts = data[0]
    vectorizer = PersianTfidfVectorizer()
    linear = learner().fit(vectorizer.fit_transform(texts), own)
    coef = np.concatenate([-linear.coef_, linear.coef_])
    scorer = linear_scorer([(vectorizer, 1.0)], coef, np.array([-1.0, 1.0]) * linear.intercept_)
    model = fc.NewsClassifier(
        name="own",
        labels=("hard", "soft"),
        labels_fa=("hard", "soft"),
        scorer=scorer,
        calibration=Calibration(),
    )
    estimator = PretrainedClassifier(model)
    scores = estimator.decision_function(texts)
    assert scores.shape == (len(texts),)
    assert np.array_equal(estimator.classes_[(scores > 0).astype(int)], estimator.predict(texts))
    assert get_scorer("roc_auc")(estimator, texts, np.array(own)) > 0.9


def test_topics_are_an_indicator_matrix(topic: fc.TopicClassifier, data: Data) -> None:
    texts = [*data[0][:60], DEBT, ""]
    estimator = PretrainedClassifier("topic")
    given = estimator.predict(texts)
    truth = [set(labels) for labels in topic.predict(texts)]
    assert type_of_target(given) == "multilabel-indicator"
    binarizer = MultiLabelBinarizer(classes=estimator.classes_)
    assert np.array_equal(given, binarizer.fit_transform(truth))
    assert given.sum() > 0
    assert estimator.decision_function(texts).shape == given.shape
    assert estimator.fit(texts, given).score(texts, given) == 1.0
    assert estimator.fit(texts, [sorted(labels) for labels in truth]) is estimator
    assert PretrainedClassifier("topic", abstain_below=1.0).predict(texts).sum() == 0
    with pytest.raises(LabelError, match="'weather'"):
        estimator.fit(texts[:2], [["housing"], ["weather"]])
    with pytest.raises(LabelError, match="shape"):
        estimator.fit(texts, given[:, 1:])
    with pytest.raises(LabelError, match="list or tuple"):
        estimator.fit(texts[:2], ["housing", "housing"])


def test_stance_and_claim_models(stance: fc.StanceClassifier) -> None:
    judge = PretrainedClassifier("stance", target="housing")
    assert judge.predict(ABOUT).tolist() == stance.predict(ABOUT, "housing")
    assert np.array_equal(judge.predict_proba(ABOUT), stance.predict_proba(ABOUT, "housing"))
    assert judge.decision_function(ABOUT).shape == judge.transform(ABOUT).shape == (3, 3)
    backs = PretrainedClassifier("claim_stance", claim=CLAIM)
    assert backs.predict(ABOUT).tolist() == ["disagree", "unrelated", "agree"]
    scores = backs.decision_function(ABOUT)
    assert backs.classes_[scores.argmax(axis=1)].tolist() == backs.predict(ABOUT).tolist()
    # The answer is not the most probable label but the one that is preferred.
    preferred = backs.model_._probabilities(ABOUT, [CLAIM] * len(ABOUT))[2]
    assert np.array_equal(scores, preferred)
    for estimator, message in (
        (PretrainedClassifier("stance"), r"needs a target .*housing"),
        (PretrainedClassifier("stance", target=["housing"]), "needs a target"),  # type: ignore[arg-type]
        (PretrainedClassifier("stance", target="housing", claim=CLAIM), "takes no claim"),
        (PretrainedClassifier("stance", target="weather"), "'weather' is no target"),
        (PretrainedClassifier("claim_stance"), "needs a claim"),
        (PretrainedClassifier("section", target="housing"), "takes no target"),
    ):
        for ask in (estimator.fit, estimator.predict, estimator.transform):
            with pytest.raises(FanewsError, match=message):
                ask(ABOUT)


def test_parameters_are_checked_when_used(data: Data) -> None:
    texts, labels = data
    for wrong, error, message in (
        ({"model": "nothing"}, ModelNotFoundError, "no bundled model"),
        ({"model": 7}, ParameterError, "model is int"),
        ({"model": LogisticRegression()}, ParameterError, "LogisticRegression"),
        ({"features": "words"}, ParameterError, "features='words'"),
        ({"abstain_below": 2.0}, ParameterError, "abstain_below=2.0"),
    ):
        estimator = PretrainedClassifier().set_params(**wrong)
        with pytest.raises(error, match=message):
            estimator.fit(texts, labels)
    estimator = PretrainedClassifier()
    for y, message in (
        (["sport", "Sport"], "'Sport'.*train a model of your own"),
        ("sport", "y is str"),
        (7, "y is int"),
        (np.zeros((2, 8)), "shape"),
    ):
        with pytest.raises(LabelError, match=message):
            estimator.fit(texts[:2], y)
    with pytest.raises(ParameterError, match="3 texts, but y has labels for 2"):
        estimator.fit(texts[:3], labels[:2])
    for method in (estimator.predict, estimator.transform, estimator.fit):
        with pytest.raises(InputTypeError, match="put it in a list"):
            method(texts[0])
        with pytest.raises(InputTypeError, match="text 1"):
            method([texts[0], None])


# What scikit-learn asks of an estimator


def test_parameters_copies_and_pickles(
    section: fc.NewsClassifier, data: Data, tmp_path: Path
) -> None:
    texts = data[0][::9]
    estimator = PretrainedClassifier("section", abstain_below=0.5)
    copy = clone(estimator)
    assert copy.get_params() == estimator.get_params()
    assert copy.set_params(abstain_below=None).abstain_below is None
    check_is_fitted(estimator)
    assert not vars(estimator).keys() - estimator.get_params().keys()  # nothing is loaded yet
    estimator.fit(texts)
    assert estimator.fit() is estimator
    dumped = pickle.dumps(estimator)
    assert len(dumped) < 1000  # the name, not the model
    assert pickle.loads(dumped).predict(texts).tolist() == estimator.predict(texts).tolist()
    fc.save(section, tmp_path / "mine.fanews")
    for path in (tmp_path / "mine.fanews", str(tmp_path / "mine.fanews")):
        filed = pickle.loads(pickle.dumps(clone(PretrainedClassifier(path).fit())))
        assert filed.predict(texts).tolist() == section.predict(texts)
    held = pickle.loads(pickle.dumps(clone(PretrainedClassifier(section))))
    assert held.predict(texts).tolist() == section.predict(texts)
    assert len(pickle.dumps(held)) > 10**6


def test_another_model_is_taken_at_once(data: Data) -> None:
    estimator = PretrainedClassifier("section")
    assert len(estimator.classes_) == 8
    estimator.set_params(model="topic")
    assert len(estimator.classes_) == 10
    assert estimator.predict(data[0][:3]).shape == (3, 10)


def test_threads_may_share_one(section: fc.NewsClassifier, data: Data) -> None:
    estimator, texts = PretrainedClassifier("section"), data[0]
    found: list[list[str]] = []
    workers = [
        threading.Thread(target=lambda: found.append(estimator.predict(texts).tolist()))
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [section.predict(texts)] * 4


@pytest.mark.parametrize("estimator", [PretrainedClassifier("section"), PersianTfidfVectorizer()])
def test_checks_of_scikit_learn_that_need_no_matrix(estimator: Any) -> None:
    # All others fit on matrices of numbers; what they are after is tested here on texts.
    names = """check_estimator_cloneable check_estimator_tags_renamed check_valid_tag_types
        check_estimator_repr check_no_attributes_set_in_init check_mixin_order
        check_do_not_raise_errors_in_init_or_set_params check_parameters_default_constructible
        check_get_params_invariance check_set_params check_transformer_n_iter
        check_estimators_partial_fit_n_features"""
    found = [getattr(estimator_checks, name, None) for name in names.split()]
    checks = [check for check in found if check is not None]  # some are newer than others
    assert len(checks) >= 6
    for check in checks:
        check(type(estimator).__name__, clone(estimator))


@pytest.mark.parametrize("name", ["section", "topic", "stance", "claim_stance"])
def test_methods_see_each_text_by_itself(name: str, data: Data) -> None:
    asked = {"stance": {"target": "housing"}, "claim_stance": {"claim": CLAIM}}.get(name, {})
    estimator = PretrainedClassifier(name, **asked)  # type: ignore[arg-type]
    texts = np.array([*data[0][::7], *ABOUT])
    texts.flags.writeable = False
    order = np.random.default_rng(0).permutation(len(texts))
    before = estimator.get_params()
    for method in ("predict", "predict_proba", "decision_function", "transform"):
        ask = getattr(estimator, method)
        whole, shuffled = ask(texts), ask(texts[order])
        alone = np.concatenate([ask(texts[i : i + 1]) for i in range(len(texts))])
        if method == "predict":
            assert np.array_equal(shuffled, whole[order])
            assert np.array_equal(alone, whole)
        else:
            assert whole.dtype == np.float64
            assert shuffled == pytest.approx(whole[order])
            assert alone == pytest.approx(whole)
    assert np.array_equal(estimator.fit_transform(texts), estimator.fit(texts).transform(texts))
    assert estimator.get_params() == before


def test_tags_and_what_they_cost(tmp_path: Path) -> None:
    utils = pytest.importorskip("sklearn.utils")
    if not hasattr(utils, "get_tags"):
        pytest.skip("no tags to get before scikit-learn 1.6")
    tags = utils.get_tags(PretrainedClassifier(tmp_path / "not there.fanews"))  # opens nothing
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert not tags.requires_fit
    assert not tags.target_tags.required
    assert not tags.classifier_tags.multi_label
    assert utils.get_tags(PretrainedClassifier("topic")).classifier_tags.multi_label
    assert is_classifier(PretrainedClassifier())
    assert not is_classifier(PersianTfidfVectorizer())
    assert "PretrainedClassifier" in PretrainedClassifier()._repr_html_()


def test_scikit_learn_is_imported_when_the_name_is_asked_for() -> None:
    code = """
import sys
import fanews_classify as fc
assert "sklearn" not in sys.modules
fc.PretrainedClassifier
assert "sklearn" in sys.modules
assert "PretrainedClassifier" in fc.__all__
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# A step of a Pipeline, or its end


def test_own_labels_are_learnt_on_top_of_a_model(data: Data, own: list[str]) -> None:
    pipeline = Pipeline([("section", PretrainedClassifier("section")), ("clf", learner())])
    assert cross_val_score(pipeline, data[0], own, cv=3).mean() > 0.9
    pipeline.fit(data[0], own)
    assert pipeline.classes_.tolist() == ["hard", "soft"]
    assert pipeline[:-1].get_feature_names_out()[0] == "section_culture"
    again = pickle.loads(pickle.dumps(pipeline))
    assert again.predict(data[0]).tolist() == pipeline.predict(data[0]).tolist()
    streamed = Pipeline(pipeline.steps).fit(iter(data[0]), own)
    assert np.array_equal(streamed.predict_proba(data[0]), pipeline.predict_proba(data[0]))


def test_beside_a_vectorizer_in_a_feature_union(data: Data, own: list[str]) -> None:
    union = FeatureUnion(
        [
            ("section", PretrainedClassifier("section")),
            ("housing", PretrainedClassifier("stance", target="housing")),
            ("words", PersianTfidfVectorizer(min_df=2)),
        ]
    )
    pipeline = make_pipeline(union, learner(2000)).fit(data[0], own)
    names = pipeline[0].get_feature_names_out()
    assert names[0] == "section__section_culture"
    assert names[8] == "housing__stance_critical"
    assert names[-1].startswith("words__")
    assert pipeline[-1].coef_.shape == (1, len(names))
    assert pipeline.score(data[0], own) > 0.9


def test_the_end_of_a_pipeline(section: fc.NewsClassifier, data: Data) -> None:
    strip = FunctionTransformer(lambda texts: [text.removeprefix("فوری: ") for text in texts])
    pipeline = make_pipeline(strip, PretrainedClassifier("section"))
    urgent = [f"فوری: {text}" for text in data[0]]
    assert pipeline.predict(urgent).tolist() == section.predict(data[0])
    assert pipeline.fit(urgent, data[1]).score(urgent, data[1]) > 0.9
    assert pipeline.predict_proba(urgent).shape == (len(urgent), 8)


def test_scores_and_reports(data: Data) -> None:
    estimator, (texts, labels) = PretrainedClassifier("section"), data
    answers = estimator.predict(texts)
    assert cross_val_predict(estimator, texts, labels, cv=3).tolist() == answers.tolist()
    scores = cross_val_score(estimator, np.array(texts), labels, cv=StratifiedKFold(3))
    assert scores.mean() == pytest.approx(estimator.score(texts, labels))
    assert "macro avg" in classification_report(labels, answers)
    for name in ("f1_macro", "neg_log_loss", "roc_auc_ovr", "top_k_accuracy", "accuracy"):
        assert np.isfinite(get_scorer(name)(estimator, texts, labels))
    matrix = confusion_matrix(labels, answers, labels=estimator.classes_)
    assert matrix.trace() == sum(np.array(labels) == answers)
    proba = cross_val_predict(estimator, texts, labels, cv=3, method="predict_proba")
    assert proba == pytest.approx(estimator.predict_proba(texts))


def test_a_confusion_matrix_is_drawn(data: Data) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from sklearn.metrics import ConfusionMatrixDisplay

    display = ConfusionMatrixDisplay.from_estimator(PretrainedClassifier("section"), *data)
    assert display.confusion_matrix.shape == (8, 8)


def test_ensembles(data: Data, own: list[str]) -> None:
    texts, labels = data
    words = make_pipeline(PersianTfidfVectorizer(), learner())
    both = [("section", PretrainedClassifier("section")), ("words", words)]
    stacked = StackingClassifier(both, learner(), cv=2).fit(texts, labels)
    assert stacked.score(texts, labels) > 0.9
    voting = VotingClassifier(both, voting="soft").fit(texts, labels)
    assert voting.score(texts, labels) > 0.9
    on_top = make_pipeline(PretrainedClassifier("section"), learner())
    stacked = StackingClassifier([("section", on_top), ("words", words)], learner(), cv=2)
    assert stacked.fit(texts, own).score(texts, own) > 0.9
    fitted = [("section", PretrainedClassifier("section")), ("words", clone(words).fit(texts, own))]
    stacked = StackingClassifier(fitted, learner(), cv="prefit").fit(texts, own)
    assert stacked.score(texts, own) > 0.9


def test_calibrated_anew(data: Data) -> None:
    texts, labels = data
    calibrated = CalibratedClassifierCV(PretrainedClassifier("section"), cv=2).fit(texts, labels)
    assert calibrated.predict_proba(texts).sum(axis=1) == pytest.approx(1.0)
    frozen = pytest.importorskip("sklearn.frozen").FrozenEstimator(PretrainedClassifier("section"))
    calibrated = CalibratedClassifierCV(frozen).fit(texts, labels)
    assert calibrated.score(texts, labels) > 0.9
    with_own = make_pipeline(frozen, learner()).fit(texts, [label[0] for label in labels])
    assert set(with_own.predict(texts)) <= {label[0] for label in labels}


def test_foreign_labels_are_refused_by_fit_alone(data: Data, own: list[str]) -> None:
    estimator = PretrainedClassifier("section")
    assert estimator.fit_transform(data[0], own).shape == (len(own), 8)
    with pytest.raises(LabelError, match=r"'hard', 'soft'; .*step before a classifier"):
        estimator.fit(data[0], own)
    with pytest.raises(LabelError):
        cross_val_score(estimator, data[0], own, error_score="raise")


def test_a_column_of_a_table(data: Data, own: list[str]) -> None:
    pandas = pytest.importorskip("pandas")
    texts = data[0]
    table = pandas.DataFrame(
        {"text": texts, "views": np.arange(len(texts))}, index=np.arange(len(texts)) * 10
    )
    columns = ColumnTransformer(
        [
            ("section", PretrainedClassifier("section"), "text"),
            ("words", PersianTfidfVectorizer(min_df=2), "text"),
            ("views", StandardScaler(), ["views"]),
        ]
    )
    pipeline = make_pipeline(columns, learner(2000)).fit(table, own)
    assert pipeline.score(table, own) > 0.9
    names = columns.fit(table).get_feature_names_out()
    assert names[0] == "section__section_culture"
    assert names[-1] == "views__views"
    wrong = ColumnTransformer([("section", PretrainedClassifier("section"), ["text"])])
    with pytest.raises(InputTypeError, match="choose a column"):
        wrong.fit(table)
    search = cross_val_score(pipeline, table, pandas.Series(own, index=table.index), cv=2)
    assert len(search) == 2


def test_features_as_tables(data: Data) -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    texts = data[0][:5]
    series = pandas.Series(texts, index=list("abcde"))
    found = PretrainedClassifier("section").set_output(transform="pandas").transform(series)
    assert found.index.tolist() == list("abcde")
    assert found.columns[-1] == "section_world"
    assert found.to_numpy() == pytest.approx(PretrainedClassifier("section").transform(texts))
    columns = ColumnTransformer([("s", PretrainedClassifier("section"), "text")])
    columns.set_output(transform="polars")
    table = columns.fit_transform(polars.DataFrame({"text": texts}))
    assert isinstance(table, polars.DataFrame)
    assert table.columns[0] == "s__section_culture"
    assert PretrainedClassifier("section").predict(series).shape == (5,)


# Searches and exports


def test_a_grid_over_both_in_two_processes(data: Data, own: list[str]) -> None:
    union = FeatureUnion(
        [("words", PersianTfidfVectorizer()), ("section", PretrainedClassifier("section"))]
    )
    search = GridSearchCV(
        Pipeline([("features", union), ("clf", learner(2000))]),
        {
            "features__words__norm": ["l2", "expected"],
            "features__section": ["drop", PretrainedClassifier("section")],
        },
        cv=2,
        n_jobs=2,
    )
    search.fit(data[0], own)
    assert len(search.cv_results_["params"]) == 4
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert isinstance(search.best_params_["features__section"], PretrainedClassifier)
    assert search.score(data[0], own) > 0.9


def test_parameters_of_the_estimator_in_a_grid(data: Data, own: list[str]) -> None:
    pipeline = Pipeline([("model", PretrainedClassifier("section")), ("clf", learner())])
    grid = {"model__features": ["log_odds", "probabilities"], "model__model": ["section", "topic"]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(data[0], own)
    best = search.best_params_["model__model"]
    assert best == "section"
    assert search.best_estimator_[0].model == best


def test_an_exported_model_answers_like_the_estimator(
    section: fc.NewsClassifier, data: Data
) -> None:
    exported, estimator = fc.to_pipeline(section), PretrainedClassifier(section)
    assert exported.classes_.tolist() == estimator.classes_.tolist()
    assert exported.predict(data[0]).tolist() == estimator.predict(data[0]).tolist()
    ours, theirs = (made.decision_function(data[0]) for made in (estimator, exported))
    assert np.abs(ours - theirs).max() < 1e-5
