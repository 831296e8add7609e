"""Features of a claim and a text that may back it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import InputTypeError, NotFittedError, ParameterError
from fanews_classify.features._segments import Segments, choose_segments
from fanews_classify.features._signals import signals
from fanews_classify.features._words import WordTable, build_words
from fanews_classify.text._input import check_text

FloatArray = npt.NDArray[np.float32]
Pair = tuple[str, str]

_ROWS: Final = 512  # segments aligned at a time: their tables stay in the cache
_PAIRS: Final = 2048  # pairs read at a time at most,
_CHARACTERS: Final = 1 << 20  # and no more once they have so many characters
_MARKS: Final = (
    ("question", "؟"), ("colon", ":"), ("quote", "«"), ("slash", "/"), ("shout", "!"),
    ("bar", "|"), ("rumour", "شایعه"),
)  # fmt: skip
_DECIMALS: Final = 4
_LONGEST_HEADLINE: Final = 3  # segments; more are an article
_LEAD: Final = (
    "c_cover_best", "c_cover_stem", "t_cover_best", "opposites_alone", "rivals",
    "c_number_over", "negation_differs", "t_refute", "latent", "c_end",
)  # fmt: skip
_MOST: Final = (
    "c_cover_stem", "latent", "opposites_alone", "t_refute", "t_quest", "c_end", "pairs",
)  # fmt: skip
_MEAN: Final = ("c_cover_stem", "latent")


class ClaimPairFeatures:
    """Turn pairs of a claim and a text into some 170 numbers; a scikit-learn transformer.

    Overlap of words, stems, synonyms and word vectors, weighted by inverse
    document frequency, of the whole claim, its thirds, its end, what is said
    and who says it; order and density; numbers, members of a category
    (countries, offices, days) and opposites that do not go together; negation,
    refutation, question, hedge and attribution on either side and near what
    meets; mean vectors of all words and of those left over; and for a long
    text where its best segment stands, and what its lead and the rest say.
    Such features are those of the Fake News Challenge and of recognising
    textual entailment (Hanselowski et al., 2018; Dagan et al., 2013).

    Parameters
    ----------
    lexicon : path-like, optional
        A file of synonyms, opposites and cue words, for instance
        ``data/lexicon.tsv`` of the repository. Without it nothing is known of
        meaning but what word vectors tell.
    max_words : int, default=40000
        Words kept, those of most texts.
    min_df : int, default=3
        In how many texts a word must stand.
    dimensions : int, default=64
        Of the word vectors; 0 for none.

    Attributes
    ----------
    words_ : WordTable
        What is known of each word.

    Examples
    --------
    >>> pairs = [("قیمت نان بالا رفت", "نان گران شد"), ("قیمت نان بالا رفت", "تیم ما برد")]
    >>> features = ClaimPairFeatures(min_df=1, dimensions=0).fit(pairs)
    >>> X = features.transform(pairs)
    >>> names = list(features.get_feature_names_out())
    >>> [f"{cover:.2f}" for cover in X[:, names.index("c_cover_stem")]]
    ['0.19', '0.00']
    """

    def __init__(
        self,
        lexicon: str | os.PathLike[str] | None = None,
        *,
        max_words: int = 40_000,
        min_df: int = 3,
        dimensions: int = 64,
    ):
        self.lexicon = lexicon
        self.max_words = max_words
        self.min_df = min_df
        self.dimensions = dimensions

    def fit(
        self, X: Iterable[Pair], y: Any = None, *, unlabelled: Sequence[str] = ()
    ) -> ClaimPairFeatures:
        """Learn words, their weights and vectors.

        Parameters
        ----------
        X : iterable of (claim, text)
        y : ignored
        unlabelled : sequence of str
            Further texts; the more, the better the word vectors.

        Raises
        ------
        InputTypeError, ParameterError, CorpusError
        """
        from fanews_classify.features._lexicon import Lexicon, read_lexicon
        from fanews_classify.features._vectors import word_vectors
        from fanews_classify.features.vectorizer import PersianTfidfVectorizer

        if self.max_words < 1 or self.min_df < 1 or self.dimensions < 0:
            raise ParameterError("max_words and min_df must be 1 or more, dimensions 0 or more")
        texts = [*unlabelled, *dict.fromkeys(text for pair in _pairs(X) for text in pair)]
        counter = PersianTfidfVectorizer(
            min_df=self.min_df, binary=True, use_idf=False, norm=None, remove_boilerplate=False
        )
        counts = np.rint(np.asarray(counter.fit_transform(texts).sum(axis=0)).ravel())
        order = np.lexsort((np.arange(len(counts)), -counts))[: self.max_words]
        names = counter.get_feature_names_out()
        words = [str(names[i]) for i in order]
        if self.dimensions and len(words) > 1:
            vectors = word_vectors(texts, words, self.dimensions)
        else:
            vectors = np.zeros((len(words), 1), dtype=np.float32)
        lexicon = Lexicon() if self.lexicon is None else read_lexicon(self.lexicon)
        self.words_ = build_words(
            words, counts[order].astype(np.int64), len(texts), vectors, lexicon
        )
        return self

    def transform(self, X: Iterable[Pair]) -> FloatArray:
        """Return the features of pairs.

        Parameters
        ----------
        X : iterable of (claim, text)

        Returns
        -------
        ndarray of float32, shape (n_pairs, n_features)

        Raises
        ------
        NotFittedError
            Before `fit`.
        InputTypeError
            If something is not a pair of ``str``.
        """
        if not hasattr(self, "words_"):
            raise NotFittedError("call fit before transform, or load a trained model")
        pairs = _pairs(X)
        claims, texts = [claim for claim, _ in pairs], [text for _, text in pairs]
        return pair_features(self.words_, claims, texts)[0]

    def fit_transform(self, X: Iterable[Pair], y: Any = None, **fit_params: Any) -> FloatArray:
        """Fit, then transform the same pairs."""
        pairs = _pairs(X)
        return self.fit(pairs, y, **fit_params).transform(pairs)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return the names of the columns."""
        if not hasattr(self, "words_"):
            raise NotFittedError("call fit before get_feature_names_out")
        return np.array(feature_names(self.words_), dtype=object)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, as scikit-learn asks for them."""
        names = ("lexicon", "max_words", "min_df", "dimensions")
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params: Any) -> ClaimPairFeatures:
        """Set parameters by name."""
        for name, value in params.items():
            if name not in self.get_params():
                raise ParameterError(f"{name!r} is no parameter of ClaimPairFeatures")
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import Tags, TargetTags, TransformerTags

        tags = Tags(
            estimator_type="transformer",
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(),
        )
        tags.input_tags.two_d_array = False
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "words_")


def pair_features(
    table: WordTable, claims: Sequence[str], texts: Sequence[str]
) -> tuple[FloatArray, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return features of pairs, which pairs are known, and which texts are articles.

    Returns
    -------
    features : ndarray of float32, shape (n_pairs, n_features)
    known, long : ndarray of bool, shape (n_pairs,)
    """
    parts = [
        _part_features(table, claims[begin:end], texts[begin:end])
        for begin, end in _parts(claims, texts)
    ]
    if not parts:
        nothing = np.zeros(0, dtype=np.bool_)
        return np.zeros((0, len(feature_names(table))), dtype=np.float32), nothing, nothing
    columns = zip(*parts, strict=True)
    features, known, long = (np.concatenate(column) for column in columns)
    return features, known, long


def feature_names(table: WordTable) -> list[str]:
    """Return the names of the columns of `pair_features`."""
    segments = choose_segments(table, [""], [""])
    rows, names = segment_signals(segments)
    scores = segment_scores(rows, names)
    best = best_rows(segments, scores)
    return [*names, *_pooled(segments, rows, names, scores, best), *_marks([""], [""])]


def segment_signals(segments: Segments) -> tuple[FloatArray, list[str]]:
    """Return the signals of all rows, shape (n_rows, n_signals), and their names."""
    order = np.argsort(segments.sizes, kind="stable")  # alike in length: little padding
    found: FloatArray | None = None
    names: list[str] = []
    for begin in range(0, len(order), _ROWS):
        rows = order[begin : begin + _ROWS]
        columns = signals(segments.align(rows))
        if found is None:
            names = list(columns)
            found = np.empty((len(order), len(names)), dtype=np.float32)
        found[rows] = np.stack(list(columns.values()), axis=1)
    if found is None:
        raise ParameterError("there are no pairs")
    return found, names


def segment_scores(rows: FloatArray, names: Sequence[str]) -> FloatArray:
    """How much each segment has to do with its claim: the largest is the best segment."""
    cover, back, density, stem = (
        rows[:, names.index(name)]
        for name in ("c_cover_best", "t_cover_best", "density", "c_cover_stem")
    )
    scores: FloatArray = cover + np.float32(0.15) * back + np.float32(0.2) * density * stem
    return scores


def _part_features(
    table: WordTable, claims: Sequence[str], texts: Sequence[str]
) -> tuple[FloatArray, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    segments = choose_segments(table, claims, texts)
    rows, names = segment_signals(segments)
    scores = segment_scores(rows, names)
    best = best_rows(segments, scores)
    pooled = {**_pooled(segments, rows, names, scores, best), **_marks(claims, texts)}
    made = np.concatenate(
        [rows[best], np.stack(list(pooled.values()), axis=1).astype(np.float32)], axis=1
    )
    # The last bits depend on how segments are padded, and a tree may part at a last bit.
    np.round(made, _DECIMALS, out=made)
    return made, segments.known, segments.n_segments > _LONGEST_HEADLINE


def best_rows(segments: Segments, scores: FloatArray) -> npt.NDArray[np.intp]:
    """Return the row of the best segment of each pair; of equals the first."""
    order = np.lexsort((-scores, segments.pair))
    found: npt.NDArray[np.intp] = order[segments.splits[:-1]]
    return found


def _pooled(
    segments: Segments,
    rows: FloatArray,
    names: Sequence[str],
    scores: FloatArray,
    best: npt.NDArray[np.intp],
) -> dict[str, npt.NDArray[Any]]:
    """Return what lead, best and other segments tell."""
    place = {name: i for i, name in enumerate(names)}
    lead, count = segments.splits[:-1], np.diff(segments.splits)
    columns: dict[str, npt.NDArray[Any]] = {}
    columns["n_segments"] = np.log(segments.n_segments)
    most = np.maximum.reduceat(rows[:, place["c_cover_stem"]], lead)
    columns["whole_cover"] = np.maximum(segments.cover, most)
    columns["whole_gain"] = columns["whole_cover"] - rows[best, place["c_cover_stem"]]
    columns["best_place"] = segments.rank[best] / segments.n_segments
    columns["best_rank"] = segments.rank[best]
    for name in _LEAD:
        columns[f"lead_{name}"] = rows[lead, place[name]]
    for name in _MOST:
        columns[f"most_{name}"] = np.maximum.reduceat(rows[:, place[name]], lead)
    for name in _MEAN:
        columns[f"mean_{name}"] = np.add.reduceat(rows[:, place[name]], lead) / count
    others = scores.copy()
    others[best] = -1.0
    columns["second"] = np.maximum.reduceat(others, lead)
    return columns


def _marks(claims: Sequence[str], texts: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """Return how many marks of punctuation both sides have, and how long they are."""
    columns: dict[str, npt.NDArray[Any]] = {}
    for name, mark in _MARKS:
        columns[f"t_mark_{name}"] = np.array([text.count(mark) for text in texts])
        columns[f"c_mark_{name}"] = np.array([claim.count(mark) for claim in claims])
    columns["t_length"] = np.log1p([len(text) for text in texts])
    columns["c_length"] = np.array([len(claim) for claim in claims])
    return columns


def _parts(claims: Sequence[str], texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Cut pairs into runs that fit into memory."""
    begin = size = 0
    for i, (claim, text) in enumerate(zip(claims, texts, strict=True)):
        if i > begin and (size >= _CHARACTERS or i - begin >= _PAIRS):
            yield begin, i
            begin, size = i, 0
        size += len(claim) + len(text)
    if begin < len(texts):
        yield begin, len(texts)


def _pairs(X: Iterable[Pair]) -> list[Pair]:
    if not isinstance(X, Iterable):
        raise InputTypeError(f"an iterable of (claim, text) is expected, got {type(X).__name__}")
    pairs = list(X)
    for i, pair in enumerate(pairs):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise InputTypeError(f"pair {i} (counted from 0) is no (claim, text)")
        check_text(pair[0], i)
        check_text(pair[1], i)
    return [(str(claim), str(text)) for claim, text in pairs]
