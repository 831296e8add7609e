from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline

from fanews_classify import PersianTfidfVectorizer, tokenize
from fanews_classify.errors import InputTypeError, NotFittedError, ParameterError
from fanews_classify.features.hazm import HazmTokenizer

OWN = Path(__file__).resolve().parent.parent / "data" / "own_texts.jsonl"
TEXTS = [json.loads(line)["body"] for line in OWN.read_text(encoding="utf-8").splitlines()][::4]


def words(text: str) -> list[str]:
    return [token.term for token in tokenize(text)]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ngram_range": (1, 2), "min_df": 2, "sublinear_tf": True},
        {"ngram_range": (2, 3), "max_df": 0.5, "norm": "l1"},
        {"binary": True, "use_idf": False, "norm": None},
        {"min_df": 0.05, "max_df": 40, "smooth_idf": False},
    ],
)
def test_words_equal_scikit_learn_on_the_same_tokens(options: dict[str, Any]) -> None:
    ours = PersianTfidfVectorizer(dtype=np.float64, **options)
    theirs = TfidfVectorizer(tokenizer=words, token_pattern=None, lowercase=False, **options)
    X, wanted = ours.fit_transform(TEXTS), theirs.fit_transform(TEXTS)
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()
    assert abs(X - wanted).max() < 1e-12
    assert abs(ours.transform(TEXTS[:9]) - theirs.transform(TEXTS[:9])).max() < 1e-12


@pytest.mark.parametrize("ngram_range", [(2, 5), (1, 3), (6, 7)])
def test_character_ngrams_equal_scikit_learn(ngram_range: tuple[int, int]) -> None:
    joined = [" ".join(words(text)) for text in TEXTS]
    ours = PersianTfidfVectorizer(analyzer="char_wb", ngram_range=ngram_range, dtype=np.float64)
    theirs = TfidfVectorizer(analyzer="char_wb", ngram_range=ngram_range, lowercase=False)
    X, wanted = ours.fit_transform(TEXTS), theirs.fit_transform(joined)
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()
    assert abs(X - wanted).max() < 1e-12
    assert abs(ours.transform(TEXTS[::3]) - X[::3]).max() < 1e-12


def test_max_features_keeps_the_most_frequent() -> None:
    full = PersianTfidfVectorizer(use_idf=False, norm=None).fit(TEXTS)
    few = PersianTfidfVectorizer(max_features=50).fit(TEXTS)
    total = np.asarray(full.transform(TEXTS).sum(axis=0)).ravel()
    lowest = min(total[full.vocabulary_[term]] for term in few.vocabulary_)
    assert len(few.vocabulary_) == 50
    assert lowest == np.sort(total)[-50]


def test_transform_is_fit_transform_in_any_order_and_batch() -> None:
    vectorizer = PersianTfidfVectorizer(ngram_range=(1, 2))
    X = vectorizer.fit_transform(TEXTS)
    order = np.random.default_rng(0).permutation(len(TEXTS))
    assert abs(vectorizer.transform([TEXTS[i] for i in order]) - X[order]).max() == 0
    singles = sp.vstack([vectorizer.transform([text]) for text in TEXTS])
    assert abs(singles - X).max() == 0
    other = PersianTfidfVectorizer(ngram_range=(1, 2)).fit([TEXTS[i] for i in order])
    assert other.vocabulary_ == vectorizer.vocabulary_


def test_contract_of_a_transformer() -> None:
    vectorizer = PersianTfidfVectorizer(min_df=2, ngram_range=(1, 2), max_tokens=30)
    copy = clone(vectorizer)
    assert copy.get_params() == vectorizer.get_params()
    assert copy.set_params(min_df=3).min_df == 3
    with pytest.raises(NotFittedError, match="call fit"):
        copy.transform(TEXTS)
    X = copy.fit_transform(iter(TEXTS))
    assert X.dtype == np.float32
    assert sp.issparse(X)
    assert X.format == "csr"
    assert X.has_sorted_indices
    again = pickle.loads(pickle.dumps(copy))
    assert abs(again.transform(tuple(TEXTS)) - X).max() == 0
    assert abs(copy.transform(np.array(TEXTS, dtype=object)) - X).max() == 0
    assert "PersianTfidfVectorizer(" in repr(copy)


def test_in_pipeline_union_and_grid_search() -> None:
    labels = [len(text) % 2 for text in TEXTS]
    union = FeatureUnion(
        [
            ("words", PersianTfidfVectorizer()),
            ("letters", PersianTfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3))),
        ]
    )
    pipeline = make_pipeline(union, LogisticRegression())
    search = GridSearchCV(pipeline, {"featureunion__words__min_df": [1, 2]}, cv=2)
    search.fit(TEXTS, labels)
    assert len(search.predict(TEXTS)) == len(TEXTS)
    names = search.best_estimator_[0].get_feature_names_out()
    assert names[0].startswith("words__")
    assert names[-1].startswith("letters__")


def test_fixed_vocabulary() -> None:
    given = ["بیمه", "درمان", "تامین اجتماعی", "نیست"]
    vectorizer = PersianTfidfVectorizer(vocabulary=given, ngram_range=(1, 2), norm=None)
    X = vectorizer.fit_transform(["بيمه تأمین‌اجتماعی و تأمین اجتماعی", "درمان"])
    assert vectorizer.get_feature_names_out().tolist() == given
    assert (X.toarray() > 0).tolist() == [[True, False, True, False], [False, True, False, False]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"analyzer": "char"}, "analyzer"),
        ({"ngram_range": (2, 1)}, "ngram_range"),
        ({"ngram_range": (0, 1)}, "ngram_range"),
        ({"norm": "l3"}, "norm"),
        ({"min_df": -1}, "min_df"),
        ({"min_df": 10**6}, "no term is left|max_df"),
        ({"max_df": 1.5}, "max_df"),
        ({"max_features": 0}, "max_features"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"dtype": np.int64}, "dtype"),
        ({"vocabulary": []}, "empty"),
        ({"vocabulary": ["یک", "يك"]}, "twice"),
        ({"vocabulary": {"یک": 1}}, "gaps"),
        ({"tokenizer": str.split, "analyzer": "char_wb"}, "tokenizer"),
    ],
)
def test_faulty_parameters_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        PersianTfidfVectorizer(**options).fit(TEXTS)


@pytest.mark.parametrize("bad", ["one text", b"bytes", 7, {"a": 1}, [TEXTS[0], None], [1.5]])
def test_what_is_no_list_of_texts_is_refused(bad: Any) -> None:
    with pytest.raises(InputTypeError):
        PersianTfidfVectorizer().fit(bad)


def test_no_text_and_no_word() -> None:
    with pytest.raises(ParameterError, match="no texts"):
        PersianTfidfVectorizer().fit([])
    with pytest.raises(ParameterError, match="no term"):
        PersianTfidfVectorizer().fit(["", "中文"])
    assert PersianTfidfVectorizer().fit(TEXTS).transform([]).shape[0] == 0
    assert PersianTfidfVectorizer().fit(TEXTS).transform(["", "!"]).nnz == 0


def test_own_tokenizer() -> None:
    vectorizer = PersianTfidfVectorizer(tokenizer=str.split, ngram_range=(1, 2), norm=None)
    X = vectorizer.fit_transform(["سلام دنیا", "سلام  ۱۲ !"])
    names = vectorizer.get_feature_names_out().tolist()
    assert names == ["12", "دنیا", "سلام", "سلام 12", "سلام دنیا"]
    assert X.shape == (2, 5)


def test_max_tokens_looks_at_the_lead_only() -> None:
    vectorizer = PersianTfidfVectorizer(max_tokens=3, ngram_range=(1, 2))
    vectorizer.fit(["یک دو سه چهار پنج", "شش"])
    assert vectorizer.get_feature_names_out().tolist() == ["دو", "دو سه", "سه", "شش", "یک", "یک دو"]


def test_hazm_tokenizer() -> None:
    with pytest.raises(ParameterError, match="reduce"):
        HazmTokenizer(reduce="both")  # type: ignore[arg-type]
    tokenizer = pickle.loads(pickle.dumps(HazmTokenizer(reduce="lemma")))
    try:
        import hazm  # noqa: F401
    except ImportError:
        with pytest.raises(ParameterError, match="not installed"):
            tokenizer("سلام")
        return
    vectorizer = PersianTfidfVectorizer(tokenizer=tokenizer).fit(["کتاب‌ها را می‌خوانیم"])
    assert "کتاب" in vectorizer.vocabulary_


def test_the_expected_norm_is_the_l2_norm_where_no_term_comes_twice() -> None:
    texts = ["کتاب تازه", "تیم آبی بازی را برد", "بانک"]
    expected = PersianTfidfVectorizer(norm="expected").fit(texts)
    assert expected.norm_growth_ == 0.0
    usual = PersianTfidfVectorizer().fit_transform(texts)
    assert expected.transform(texts).toarray() == pytest.approx(usual.toarray())


def test_the_expected_norm_knows_tokens_only() -> None:
    texts = ["گل گل گل تیم", "تیم بازی گل", "بانک بانک سود وام"]
    vectorizer = PersianTfidfVectorizer(norm="expected", dtype=np.float64)
    row = vectorizer.fit_transform(texts)[0].toarray()[0]
    idf = vectorizer.idf_
    goal, team = (vectorizer.vocabulary_[word] for word in ("گل", "تیم"))
    mass = 3 * idf[goal] ** 2 + idf[team] ** 2
    norm = np.sqrt(mass + vectorizer.norm_growth_ * mass**2)
    assert vectorizer.norm_growth_ > 0.0
    assert row[goal] == pytest.approx(3 * idf[goal] / norm)
    # Averaged over the texts it is the l2 norm, or nearly.
    lengths = np.sqrt(vectorizer.transform(texts).power(2).sum(axis=1))
    assert float(np.mean(lengths)) == pytest.approx(1.0, abs=0.05)
