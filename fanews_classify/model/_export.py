"""Between classifiers and scikit-learn pipelines, both ways."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ParameterError
from fanews_classify.features._table import HashTable
from fanews_classify.model._block import Block
from fanews_classify.model._counted import CountedBlock, Weighting
from fanews_classify.model._linear import LinearScorer
from fanews_classify.model._summed import Reading, SummedBlock, share_vocabulary
from fanews_classify.model.classifier import NewsClassifier
from fanews_classify.text._codepage import term_bytes

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
        Of counted blocks. ``np.float16`` halves the model; scores then change
        by about 0.05%. Weights that are added up have ten bits.
    """
    ends = np.cumsum([len(vectorizer.vocabulary_) for vectorizer, _ in vectorizers])
    if (ends[-1] if len(ends) else 0) != coef.shape[1]:
        raise ParameterError(f"coef has {coef.shape[1]} columns, the vectorizers make {ends[-1:]}")
    parts: dict[object, list[_Part]] = {}
    for i, (vectorizer, factor) in enumerate(vectorizers):
        if vectorizer.tokenizer is not None:
            raise ParameterError("a vectorizer with its own tokenizer cannot be saved as a model")
        if vectorizer.norm == "expected" and not _adds_up(vectorizer):
            raise ParameterError(
                "norm='expected' can be saved with analyzer='word' only, and without "
                "sublinear_tf and binary"
            )
        terms = [term_bytes(term) for term in vectorizer.get_feature_names_out()]
        weights = coef[:, ends[i] - len(terms) : ends[i]].T * factor
        # Those of one tokenization that can be added up share a vocabulary.
        options = replace(vectorizer._options(), max_tokens=None)
        key: object = options if _adds_up(vectorizer) else i
        parts.setdefault(key, []).append(_Part(vectorizer, terms, weights))
    blocks = [
        _summed(group) if _adds_up(group[0].vectorizer) else _counted(group[0], weight_dtype)
        for group in parts.values()
    ]
    return LinearScorer(tuple(blocks), np.asarray(intercept, dtype=np.float64))


@dataclass
class _Part:
    """A fitted vectorizer, its terms in folded bytes, their weights."""

    vectorizer: PersianTfidfVectorizer
    terms: list[bytes]
    weights: npt.NDArray[np.float64]

    def idf(self) -> npt.NDArray[np.float64]:
        """Return the inverse document frequencies, 1 if there are none."""
        if not self.vectorizer.use_idf:
            return np.ones(len(self.terms))
        found: npt.NDArray[np.float64] = self.vectorizer.idf_
        return found


def _adds_up(vectorizer: PersianTfidfVectorizer) -> bool:
    """Tell whether the features of a text are sums over its tokens, but for the norm."""
    return (
        vectorizer.analyzer == "word"
        and vectorizer.norm == "expected"
        and not vectorizer.sublinear_tf
        and not vectorizer.binary
    )


def _lines(terms: Sequence[bytes]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"\n".join(terms), dtype=np.uint8)


def _counted(part: _Part, weight_dtype: npt.DTypeLike) -> CountedBlock:
    vectorizer = part.vectorizer
    options = vectorizer._options()
    return CountedBlock(
        options=options,
        table=HashTable.build(options.hash_terms(part.terms)),
        terms_blob=_lines(part.terms),
        weighting=Weighting(vectorizer.sublinear_tf, vectorizer.binary, vectorizer.norm),
        idf=vectorizer.idf_.astype(np.float32) if vectorizer.use_idf else None,
        coef=np.ascontiguousarray(part.weights.astype(weight_dtype)),
    )


def _summed(parts: Sequence[_Part]) -> SummedBlock:
    terms = share_vocabulary([part.terms for part in parts])
    place = {term: i for i, term in enumerate(terms)}
    options = replace(parts[0].vectorizer._options(), max_tokens=None)
    readings = []
    for part in parts:
        rows = [place[term] for term in part.terms]
        idf = part.idf()
        # In the unit of a common word, so that the norm counts words. Of a term in a share
        # p of the documents idf is about 1 - ln p.
        share = np.exp(-idf)
        unit = np.sqrt((share * idf**2).sum() / max(share.sum(), np.finfo(float).tiny))
        idf_of, weights_of = np.zeros(len(terms)), np.zeros((len(terms), part.weights.shape[1]))
        idf_of[rows] = idf / unit
        weights_of[rows] = part.weights
        growth = round(part.vectorizer.norm_growth_ * float(unit) ** 2, 6)
        readings.append(Reading.make(part.vectorizer.max_tokens, weights_of, idf_of, growth))
    return SummedBlock(
        options, HashTable.build(options.hash_terms(terms)), _lines(terms), tuple(readings)
    )


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

    vectorizers: list[tuple[str, PersianTfidfVectorizer]] = []
    weights: list[npt.NDArray[Any]] = []
    for block in model.scorer.blocks:
        for vectorizer, coef in _unfitted(block):
            vectorizers.append((f"block{len(vectorizers)}", vectorizer))
            weights.append(coef)
    coef = np.concatenate(weights).T.astype(np.float64)
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


def _unfitted(block: Block) -> Iterator[tuple[PersianTfidfVectorizer, npt.NDArray[Any]]]:
    """Yield the vectorizers of a block and the weights of their terms."""
    from fanews_classify.features.vectorizer import PersianTfidfVectorizer

    def vectorizer(max_tokens: int | None, weighting: Weighting, idf: Any) -> Any:
        made = PersianTfidfVectorizer(
            analyzer=block.options.analyzer,  # type: ignore[arg-type]
            ngram_range=block.options.ngram_range,
            remove_boilerplate=block.options.remove_boilerplate,
            join_affixes=block.options.join_affixes,
            max_tokens=max_tokens,
            sublinear_tf=weighting.sublinear_tf,
            binary=weighting.binary,
            norm=weighting.norm,  # type: ignore[arg-type]
            use_idf=idf is not None,
            vocabulary=block.terms,
        )
        made._set_vocabulary(block.terms)
        if idf is not None:
            made.idf_ = idf.astype(np.float64)
        return made

    if isinstance(block, CountedBlock):
        yield vectorizer(block.options.max_tokens, block.weighting, block.idf), block.weights
    elif isinstance(block, SummedBlock):
        for reading in block.readings:
            weights, idf = reading.weights_and_idf(block.table.size)
            made = vectorizer(
                reading.max_tokens, Weighting(sublinear_tf=False, norm="expected"), idf
            )
            made.norm_growth_ = reading.growth
            yield made, weights


def export_joblib(model: NewsClassifier, path: str | os.PathLike[str]) -> None:
    """Write the equivalent scikit-learn Pipeline with joblib.

    A joblib file is a pickle: loading one runs code, so load it only if you
    made it. This library itself never loads one.
    """
    import joblib

    joblib.dump(to_pipeline(model), path)
