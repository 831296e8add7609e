"""Between classifiers and scikit-learn pipelines, both ways."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ParameterError
from fanews_classify.features._table import HashTable
from fanews_classify.model._linear import Block, LinearScorer, Weighting
from fanews_classify.model.classifier import NewsClassifier
from fanews_classify.text._codepage import term_bytes
from fanews_classify.text._hashing import hash_bytes

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from fanews_classify.features.vectorizer import PersianTfidfVectorizer


def linear_scorer(
    vectorizers: Sequence[tuple[PersianTfidfVectorizer, float]],
    coef: npt.NDArray[Any],
    intercept: npt.NDArray[Any],
    weight_dtype: npt.DTypeLike = np.float32,
) -> LinearScorer:
    """Make the numpy scorer of fitted vectorizers and the weights of a linear model.

    Parameters
    ----------
    vectorizers : sequence of (PersianTfidfVectorizer, float)
        Fitted vectorizers with the factor of each, in the order of the columns.
    coef : ndarray, shape (n_labels, n_features)
        As scikit-learn's linear models have it, one row for each label.
    intercept : ndarray, shape (n_labels,)
    weight_dtype : dtype, default=np.float32
        ``np.float16`` halves the model; scores then change by about 0.05%.
    """
    blocks = []
    begin = 0
    for vectorizer, factor in vectorizers:
        if vectorizer.tokenizer is not None:
            raise ParameterError("a vectorizer with its own tokenizer cannot be saved as a model")
        terms = [term_bytes(term) for term in vectorizer.get_feature_names_out()]
        weights = coef[:, begin : begin + len(terms)].T * factor
        begin += len(terms)
        blocks.append(
            Block(
                options=vectorizer._options(),
                weighting=Weighting(vectorizer.sublinear_tf, vectorizer.binary, vectorizer.norm),
                table=HashTable.build(
                    np.array([hash_bytes(term) for term in terms], dtype=np.uint64)
                ),
                idf=vectorizer.idf_.astype(np.float32) if vectorizer.use_idf else None,
                coef=np.ascontiguousarray(weights.astype(weight_dtype)),
                terms_blob=b"\n".join(terms),
            )
        )
    if begin != coef.shape[1]:
        raise ParameterError(f"coef has {coef.shape[1]} columns, the vectorizers make {begin}")
    return LinearScorer(tuple(blocks), np.asarray(intercept, dtype=np.float64))


def to_pipeline(model: NewsClassifier) -> Pipeline:
    """Make the scikit-learn Pipeline that scores as a model does.

    Returns
    -------
    Pipeline
        A ``FeatureUnion`` of :class:`PersianTfidfVectorizer` and a linear
        classifier. Its ``decision_function`` equals the model's to 1e-5 and
        its ``predict`` the model's most probable labels; it knows neither
        calibration nor ``"unknown"``.

    Raises
    ------
    ParameterError
        If the model gives a text more than one label.
    """
    if not isinstance(model, NewsClassifier):
        raise ParameterError(
            f"{model.name!r} is a {type(model).__name__}: passages and targets have no place in a "
            "scikit-learn Pipeline; only models with one label a text can be exported"
        )
    from sklearn.pipeline import FeatureUnion, Pipeline
    from sklearn.svm import LinearSVC

    from fanews_classify.features.vectorizer import PersianTfidfVectorizer

    vectorizers = []
    for i, block in enumerate(model.scorer.blocks):
        vectorizer = PersianTfidfVectorizer(
            analyzer=block.options.analyzer,  # type: ignore[arg-type]
            ngram_range=block.options.ngram_range,
            remove_boilerplate=block.options.remove_boilerplate,
            join_affixes=block.options.join_affixes,
            max_tokens=block.options.max_tokens,
            sublinear_tf=block.weighting.sublinear_tf,
            binary=block.weighting.binary,
            norm=block.weighting.norm,  # type: ignore[arg-type]
            use_idf=block.idf is not None,
            vocabulary=block.terms,
        )
        vectorizer._set_vocabulary(block.terms)
        if block.idf is not None:
            vectorizer.idf_ = block.idf.astype(np.float64)
        vectorizers.append((f"block{i}", vectorizer))
    coef = np.concatenate([block.weights for block in model.scorer.blocks]).T.astype(np.float64)
    intercept = model.scorer.intercept
    order = np.argsort(model.labels)  # scikit-learn sorts the classes
    coef, intercept = coef[order], intercept[order]
    if len(order) == 2:  # and keeps one row for two of them
        coef, intercept = coef[1:] - coef[:1], intercept[1:] - intercept[:1]
    linear = LinearSVC()
    linear.classes_ = np.array(model.labels)[order]
    linear.coef_, linear.intercept_ = coef, intercept
    linear.n_features_in_ = coef.shape[1]
    return Pipeline([("features", FeatureUnion(vectorizers)), ("classifier", linear)])


def export_joblib(model: NewsClassifier, path: str | os.PathLike[str]) -> None:
    """Write the equivalent scikit-learn Pipeline with joblib.

    A joblib file is a pickle: loading one runs code, so load it only if you
    made it. This library itself never loads one.
    """
    import joblib

    joblib.dump(to_pipeline(model), path)
