from __future__ import annotations

import datetime
import subprocess
import sys
import types
from typing import Any

import numpy as np
import pytest

import fanews_classify as fc
from fanews_classify.errors import InputTypeError, LabelError, ParameterError

SPORT = "تیم والیبال شهر در سه ست حریف خود را شکست داد و قهرمان شد"
MONEY = "بانک مرکزی نرخ سود سپرده‌ها را افزایش داد"
TEXTS = [SPORT, MONEY, "", "فیلم تازه این کارگردان اکران شد"]
DEBT = "داروخانه‌ها از بدهی بیمه‌ها و پرداخت نشدن مطالبات خود گلایه کردند"
CLAIM = "مدارس شهر فردا تعطیل است"
HEADLINES = ["خبر تعطیلی مدارس شهر تکذیب شد", SPORT, "مدارس شهر فردا تعطیل است"]


@pytest.fixture(scope="module")
def claims() -> fc.ClaimStanceClassifier:
    return fc.load("claim_stance")


# pandas


@pytest.mark.parametrize(
    "index",
    [
        ["الف", "ب", "ب", None],
        [3, 1, 2, 0],
        [datetime.datetime(2026, 1, day) for day in (4, 3, 2, 1)],
        [("a", 1), ("a", 2), ("b", 1), ("b", 2)],
    ],
)
def test_a_pandas_series_gives_one_with_its_index(section: fc.NewsClassifier, index: Any) -> None:
    pandas = pytest.importorskip("pandas")
    if isinstance(index[0], tuple):
        index = pandas.MultiIndex.from_tuples(index)
    series = pandas.Series(TEXTS, index=index, name="body")
    answers = section.predict(series)
    assert type(answers) is pandas.Series
    assert answers.index.equals(series.index)
    assert answers.name == "section"
    assert answers.dtype == pandas.Series(["متن"]).dtype
    assert answers.tolist() == section.predict(TEXTS)
    assert set(section.predict(series, abstain_below=1.0)) == {"unknown"}


@pytest.mark.parametrize("kind", ["object", "category", "string", "string[pyarrow]", "arrow"])
def test_any_kind_of_pandas_texts(section: fc.NewsClassifier, kind: str) -> None:
    pandas = pytest.importorskip("pandas")
    if "arrow" in kind:
        pyarrow = pytest.importorskip("pyarrow", exc_type=ImportError)
    series = pandas.Series(
        TEXTS, dtype=pandas.ArrowDtype(pyarrow.string()) if kind == "arrow" else kind
    )
    assert section.predict(series).tolist() == section.predict(TEXTS)
    assert section.predict(series).dtype == pandas.Series(["متن"]).dtype
    assert [answer.label for answer in section.stream(series)] == section.predict(TEXTS)


def test_topics_in_pandas_are_tuples(topic: fc.TopicClassifier) -> None:
    pandas = pytest.importorskip("pandas")
    series = pandas.Series([DEBT, SPORT], index=["a", "b"])
    answers = topic.predict(series)
    assert answers.name == "topic"
    assert answers.dtype == object
    assert answers["a"] == topic.predict(DEBT) == ("health_finance_dispute",)
    assert answers["b"] == ()


def test_a_slice_a_column_and_no_text_at_all(
    section: fc.NewsClassifier, topic: fc.TopicClassifier
) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"body": TEXTS, "views": [4, 3, 2, 1]})
    frame["section"] = section.predict(frame["body"])
    assert frame["section"].tolist() == section.predict(TEXTS)
    few = frame[frame["views"] < 3]["body"]
    assert section.predict(few).index.tolist() == [2, 3]
    none = frame["body"][:0]
    assert len(section.predict(none)) == 0
    assert section.predict(none).dtype == section.predict(few).dtype
    assert topic.predict(none).dtype == object
    joined = frame.join(section.predict(frame["body"]).rename("desk"))
    assert (joined["desk"] == joined["section"]).all()


# Polars


@pytest.mark.parametrize("kind", ["String", "Categorical", "Enum"])
def test_a_polars_series_gives_one(section: fc.NewsClassifier, kind: str) -> None:
    polars = pytest.importorskip("polars")
    dtype = polars.Enum(TEXTS) if kind == "Enum" else getattr(polars, kind)
    answers = section.predict(polars.Series("body", TEXTS, dtype=dtype))
    assert isinstance(answers, polars.Series)
    assert (answers.name, answers.dtype) == ("section", polars.String)
    assert answers.to_list() == section.predict(TEXTS)


def test_topics_in_polars_are_lists(topic: fc.TopicClassifier) -> None:
    polars = pytest.importorskip("polars")
    answers = topic.predict(polars.Series([DEBT, SPORT]))
    assert answers.dtype == polars.List(polars.String)
    assert answers.to_list() == [["health_finance_dispute"], []]
    none = topic.predict(polars.Series([], dtype=polars.String))
    assert (none.len(), none.dtype) == (0, answers.dtype)


def test_a_step_of_a_lazy_polars_query(section: fc.NewsClassifier) -> None:
    polars = pytest.importorskip("polars")
    step = polars.col("body").map_batches(section.predict, return_dtype=polars.String)
    found = polars.DataFrame({"body": TEXTS}).lazy().with_columns(desk=step).collect()
    assert found["desk"].to_list() == section.predict(TEXTS)


# Arrays and the rest


@pytest.mark.parametrize("kind", [object, str])
def test_an_array_gives_an_array_of_objects(
    section: fc.NewsClassifier, topic: fc.TopicClassifier, kind: type
) -> None:
    array = np.array([SPORT, DEBT], dtype=kind)
    answers = section.predict(array)
    assert isinstance(answers, np.ndarray)
    assert (answers.shape, answers.dtype) == ((2,), np.dtype(object))
    assert answers.tolist() == section.predict([SPORT, DEBT])
    everything = topic.with_thresholds(dict.fromkeys(topic.labels, 0.0))
    labels = everything.predict(array)  # tuples of one length: still one object for a text
    assert (labels.shape, labels.dtype) == ((2,), np.dtype(object))
    assert labels.tolist() == everything.predict([SPORT, DEBT])
    assert topic.predict(array[:0]).shape == section.predict(array[:0]).shape == (0,)


def test_other_arrays_give_arrays(section: fc.NewsClassifier) -> None:
    pandas = pytest.importorskip("pandas")
    wanted = section.predict(TEXTS)
    for array in (
        pandas.Index(TEXTS),
        pandas.Categorical(TEXTS),
        pandas.Series(TEXTS).array,
        pandas.Series(TEXTS, dtype="string").values,
    ):
        answers = section.predict(array)
        assert isinstance(answers, np.ndarray)
        assert answers.tolist() == wanted


def test_arrays_of_pyarrow(section: fc.NewsClassifier) -> None:
    pyarrow = pytest.importorskip("pyarrow", exc_type=ImportError)
    wanted = section.predict(TEXTS)
    for array in (pyarrow.array(TEXTS), pyarrow.chunked_array([TEXTS[:1], TEXTS[1:]])):
        assert section.predict(array).tolist() == wanted
        assert [answer.label for answer in section.stream(array)] == wanted
    with pytest.raises(InputTypeError, match=r"choose a column.*'body'"):
        section.predict(pyarrow.table({"body": TEXTS}))
    with pytest.raises(InputTypeError, match=r"text 1 .*fill missing"):
        section.predict(pyarrow.array([SPORT, None]))


def test_everything_else_gives_a_list(section: fc.NewsClassifier) -> None:
    wanted = section.predict(TEXTS)
    for texts in (
        TEXTS,
        tuple(TEXTS),
        iter(TEXTS),
        (t for t in TEXTS),
        dict.fromkeys(TEXTS).keys(),
    ):
        assert section.predict(texts) == wanted


def all_containers() -> list[Any]:
    made: list[Any] = [tuple(TEXTS), iter(TEXTS), np.array(TEXTS)]
    for package in ("pandas", "polars"):
        try:
            made.append(__import__(package).Series(TEXTS))
        except ImportError:
            continue
    return made


def test_probabilities_are_an_array_for_all_of_them(
    section: fc.NewsClassifier, stance: fc.StanceClassifier, claims: fc.ClaimStanceClassifier
) -> None:
    for texts in all_containers():
        given = list(texts) if isinstance(texts, tuple) else texts
        assert np.array_equal(section.predict_proba(given), section.predict_proba(TEXTS))
    for texts in all_containers()[2:]:
        assert np.array_equal(section.decision_function(texts), section.decision_function(TEXTS))
        assert np.array_equal(
            stance.predict_proba(texts, "housing"), stance.predict_proba(TEXTS, "housing")
        )
        assert np.array_equal(
            claims.predict_proba(texts, CLAIM), claims.predict_proba(TEXTS, CLAIM)
        )


def test_probabilities_as_a_table(section: fc.NewsClassifier) -> None:
    pandas = pytest.importorskip("pandas")
    series = pandas.Series(TEXTS, index=list("abcd"))
    table = pandas.DataFrame(
        section.predict_proba(series), index=series.index, columns=section.labels
    )
    assert table.idxmax(axis=1)["a"] == "sport"


# What is refused


@pytest.mark.parametrize("missing", ["None", "nan", "NA", "NaT"])
def test_a_missing_value_is_named_with_its_label(section: fc.NewsClassifier, missing: str) -> None:
    pandas = pytest.importorskip("pandas")
    values = {"None": None, "nan": float("nan"), "NA": pandas.NA, "NaT": pandas.NaT}
    series = pandas.Series([SPORT, values[missing]], index=["first", "second"], dtype=object)
    message = r"text 1 \(counted from 0, index label 'second'\).*series\.fillna\(\"\"\)"
    with pytest.raises(InputTypeError, match=message):
        section.predict(series)
    with pytest.raises(InputTypeError, match=message):
        section.predict_proba(series)
    stream = section.stream(series)
    assert next(stream).label == "sport"
    with pytest.raises(InputTypeError, match=message):
        next(stream)
    assert section.predict(series.fillna("")).tolist() == ["sport", "unknown"]


def test_the_hint_for_missing_categories_can_be_followed(section: fc.NewsClassifier) -> None:
    pandas = pytest.importorskip("pandas")
    series = pandas.Series([SPORT, None], dtype="category")
    with pytest.raises(InputTypeError, match=r"series\.astype\(object\)\.fillna\(\"\"\)"):
        section.predict(series)
    assert section.predict(series.astype(object).fillna("")).tolist() == ["sport", "unknown"]


def test_missing_values_in_polars(section: fc.NewsClassifier) -> None:
    polars = pytest.importorskip("polars")
    series = polars.Series([SPORT, None])
    with pytest.raises(InputTypeError, match=r"text 1 .*with series\.fill_null\(\"\"\)"):
        section.predict(series)
    assert section.predict(series.fill_null("")).to_list() == ["sport", "unknown"]
    series = polars.Series([SPORT, None], dtype=polars.Enum([SPORT]))
    with pytest.raises(InputTypeError, match=r"series\.cast\(pl\.String\)\.fill_null"):
        section.predict(series)


def test_numbers_and_bytes_in_series_and_arrays(section: fc.NewsClassifier) -> None:
    pandas = pytest.importorskip("pandas")
    with pytest.raises(InputTypeError, match=r"index label 7.* is int, not str"):
        section.predict(pandas.Series([1, 2], index=[7, 8]))
    with pytest.raises(InputTypeError, match=r"text 0 .*decode it"):
        section.predict(pandas.Series([SPORT.encode()]))
    with pytest.raises(InputTypeError, match=r"text 0 .*decode it"):
        section.predict(np.array([b"text"]))
    with pytest.raises(InputTypeError, match=r'text 1 .*fill missing values first, .*with ""'):
        section.predict(np.ma.MaskedArray(TEXTS[:2], [False, True]))
    long = pandas.Series([None], index=["\u202e" + "ب" * 1000])
    with pytest.raises(InputTypeError) as caught:
        section.predict(long)
    assert "\u202e" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_table_is_refused_and_a_column_asked_for(
    section: fc.NewsClassifier, stance: fc.StanceClassifier
) -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    column = {"title": TEXTS, "body": TEXTS}
    many = pandas.DataFrame(np.zeros((1, 500)))
    for table in (pandas.DataFrame(column), polars.DataFrame(column)):
        for ask in (section.predict, section.predict_proba, section.stream, fc.analyze):
            with pytest.raises(InputTypeError, match=r"choose a column.*df\[.*'title', 'body'"):
                ask(table)
        with pytest.raises(InputTypeError, match=r"among the targets: .*choose a column"):
            stance.predict(TEXTS, target=table)
    with pytest.raises(InputTypeError, match=r"choose a column.*\.\.\.") as caught:
        section.predict(many)
    assert len(str(caught.value)) < 300
    with pytest.raises(InputTypeError, match="LazyFrame"):
        section.predict(polars.LazyFrame(column))
    with pytest.raises(InputTypeError, match=r"shape \(2, 2\); choose a column, .*array\[:, 0\]"):
        section.predict(np.array([TEXTS[:2], TEXTS[2:]]))
    for alone in (np.array(SPORT), np.array(SPORT, dtype=object)):
        with pytest.raises(InputTypeError, match=r"0-d ndarray; take \.item\(\)"):
            section.predict(alone)


# Texts and what is asked about each


def test_stances_and_claims_of_series(
    stance: fc.StanceClassifier, claims: fc.ClaimStanceClassifier
) -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    index = ["a", "b", "c"]
    texts = pandas.Series(HEADLINES, index=index)
    answers = claims.predict(texts, claim=CLAIM)
    assert answers.index.tolist() == index
    assert answers.name == "claim_stance"
    assert answers.tolist() == claims.predict(HEADLINES, CLAIM)
    assert answers["b"] == "unrelated"
    asked = pandas.Series(["housing", "wages_labour", "housing"], index=index)
    judged = stance.predict(texts, target=asked)
    assert judged.index.tolist() == index
    assert judged.tolist() == stance.predict(HEADLINES, asked.tolist())
    assert np.array_equal(
        stance.predict_proba(texts, asked), stance.predict_proba(HEADLINES, asked)
    )
    found = stance.predict(polars.Series(HEADLINES), target=polars.Series(asked.tolist()))
    assert isinstance(found, polars.Series)
    assert found.to_list() == judged.tolist()
    assert stance.predict(np.array(HEADLINES), "housing").dtype == object


def test_the_container_is_that_of_the_texts_or_else_of_what_is_asked(
    stance: fc.StanceClassifier, claims: fc.ClaimStanceClassifier
) -> None:
    pandas = pytest.importorskip("pandas")
    asked = pandas.Series(["housing", "wages_labour"], index=["x", "y"])
    for_one = stance.predict(DEBT, target=asked)
    assert for_one.index.tolist() == ["x", "y"]
    assert for_one.tolist() == stance.predict(DEBT, ["housing", "wages_labour"])
    assert isinstance(stance.predict([DEBT, DEBT], target=asked), list)
    texts = pandas.Series([DEBT, DEBT], index=[5, 6])
    assert stance.predict(texts, target=["housing"] * 2).index.tolist() == [5, 6]
    assert stance.predict(texts, target=asked.to_numpy()).index.tolist() == [5, 6]
    assert isinstance(stance.predict(DEBT, target=iter(asked)), list)
    assert claims.predict(CLAIM, np.array([CLAIM, SPORT])).shape == (2,)
    assert isinstance(claims.predict(CLAIM, CLAIM), str)


def test_series_that_do_not_belong_together(
    stance: fc.StanceClassifier, claims: fc.ClaimStanceClassifier
) -> None:
    pandas = pytest.importorskip("pandas")
    texts = pandas.Series([DEBT, DEBT], index=[0, 1])
    for model, what, asked in ((stance, "target", "housing"), (claims, "claim", CLAIM)):
        swapped = pandas.Series([asked, asked], index=[1, 0])
        with pytest.raises(ParameterError, match=f"different indexes.*{what}s.to_numpy"):
            model.predict(texts, swapped)
        with pytest.raises(ParameterError, match="different indexes"):
            model.predict_proba(texts, swapped)
        assert len(model.predict(texts, swapped.to_numpy())) == 2
        with pytest.raises(ParameterError, match=f"2 texts and 1 {what}s"):
            model.predict(texts, pandas.Series([asked]))
        with pytest.raises(InputTypeError, match=f"among the {what}s: text 1 .*index label 1"):
            model.predict(texts, pandas.Series([asked, None]))
    with pytest.raises(LabelError, match="'weather'"):
        stance.predict(texts, pandas.Series(["housing", "weather"]))


# Beside predict


def test_series_in_streams_analysis_processes_and_scores(
    section: fc.NewsClassifier, topic: fc.TopicClassifier, stance: fc.StanceClassifier
) -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    wanted = section.predict(TEXTS)
    labels = ["sport", "economy", "society", "culture"]
    for Series in (pandas.Series, polars.Series):
        texts = Series(TEXTS)
        assert [answer.label for answer in section.stream(texts)] == wanted
        assert list(fc.in_processes(section.predict, texts, n_jobs=1)) == wanted
        analyses = fc.analyze(texts)
        assert isinstance(analyses, list)
        assert [found.section.label for found in analyses] == wanted
        given = fc.evaluate(section, TEXTS, labels, sources=list("xxyy"), replicates=10)
        found = fc.evaluate(
            section, texts, Series(labels), sources=Series(list("xxyy")), replicates=10
        )
        assert found.to_dict() == given.to_dict()
        several = fc.evaluate(topic, texts, Series([[], ["housing"], [], []]), replicates=10)
        assert several.n == len(TEXTS)
        judged = fc.evaluate(
            stance, texts, Series(["neutral"] * 4), targets=Series(["housing"] * 4), replicates=10
        )
        assert judged.n == len(TEXTS)
    assert fc.PersianTfidfVectorizer().fit_transform(pandas.Series(TEXTS)).shape[0] == len(TEXTS)
    with pytest.raises(InputTypeError, match="choose a column"):
        fc.PersianTfidfVectorizer().fit(pandas.DataFrame({"body": TEXTS}))


def test_nothing_is_imported_to_look_at_a_container() -> None:
    code = """
import sys
import numpy as np
import fanews_classify as fc
section = fc.load("section")
texts = ["تیم والیبال قهرمان شد"] * 2
for given in (texts, tuple(texts), iter(texts), np.array(texts)):
    section.predict(given)
list(section.stream(np.array(texts)))
try:
    section.predict([None])
except TypeError:
    pass
print(*{"pandas", "polars", "pyarrow", "sklearn"} & {name.split(".")[0] for name in sys.modules})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not done.stdout.split()


@pytest.mark.parametrize("module", [None, types.ModuleType("pandas")])
def test_a_module_that_is_not_all_there(
    section: fc.NewsClassifier, monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", module)  # say, while another thread imports it
    monkeypatch.setitem(sys.modules, "polars", module)
    assert section.predict(tuple(TEXTS)) == section.predict(TEXTS)
    with pytest.raises(InputTypeError, match="fill missing"):
        section.predict([None])  # type: ignore[list-item]
