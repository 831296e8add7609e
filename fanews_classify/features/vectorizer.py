"""TF-IDF features of Persian text, as a scikit-learn transformer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from numbers import Integral
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin

from fanews_classify.errors import NotFittedError, ParameterError
from fanews_classify.features._extractor import AnalyzerOptions
from fanews_classify.features._reader import TermReader, fixed_vocabulary
from fanews_classify.features._table import HashTable
from fanews_classify.features._tfidf import NORMS, Counts, fit_growth, weigh
from fanews_classify.text._codepage import term_bytes
from fanews_classify.text._hashing import WINDOW
from fanews_classify.text._input import check_texts
from fanews_classify.text._tokens import batches

Norm = Literal["l1", "l2", "expected"] | None


class PersianTfidfVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn Persian texts into a sparse matrix of TF-IDF features.

    A drop-in for scikit-learn's ``TfidfVectorizer`` whose tokens are those of
    :func:`fanews_classify.text.tokenize`: Arabic and Persian letters and
    digits are folded, a compound is the same word with a half-space and
    without, news boilerplate is left out. Counts and weights equal those of
    scikit-learn on the same tokens.

    Parameters
    ----------
    analyzer : {"word", "char_wb"}, default="word"
        Words and runs of words, or character n-grams inside words.
    ngram_range : tuple of (int, int), default=(1, 1)
        Shortest and longest run. ``(1, 2)`` gives words and pairs.
    min_df, max_df : int or float, default=1, 1.0
        Terms in fewer (more) documents are dropped. An int is a count, a
        float a share of the documents.
    max_features : int or None, default=None
        Keep the terms with the highest total count only.
    vocabulary : mapping of str to int, iterable of str, or None, default=None
        A fixed vocabulary, in the folded form that
        `get_feature_names_out` gives.
    binary : bool, default=False
        Count a term once at most.
    sublinear_tf : bool, default=False
        Use ``1 + ln(tf)``.
    use_idf, smooth_idf : bool, default=True
        As in scikit-learn's ``TfidfTransformer``.
    norm : {"l1", "l2", "expected"} or None, default="l2"
        ``"expected"`` divides by the l2 norm that texts of that many tokens,
        weighted with their idf, have on average. Without `sublinear_tf` and
        `binary` a saved model then adds up the tokens of a text as they come,
        which is the fastest there is.
    remove_boilerplate : bool, default=True
        Leave out agency leads, signatures, links, page furniture.
    join_affixes : bool, default=True
        Take «می شود» and «می‌شود» for the same word.
    max_tokens : int or None, default=None
        Look only at so many words at the beginning of each text: its headline
        and lead.
    tokenizer : callable or None, default=None
        Replaces the library's own tokens: called with a text, returns words.
        For hazm see :class:`fanews_classify.features.hazm.HazmTokenizer`. Its
        words are folded by the code page; a word that folds to nothing is
        left out. A vectorizer with a tokenizer cannot be saved as a model.
    dtype : dtype, default=np.float32

    Attributes
    ----------
    vocabulary_ : dict of str to int
        Terms and their columns. Terms are in the order of their text.
    idf_ : ndarray of float64, shape (n_features,)
        Inverse document frequencies; absent when ``use_idf=False``.
    norm_growth_ : float
        With ``norm="expected"``: how the norm grows with the length of a text.
    n_features_out_ : int

    See Also
    --------
    sklearn.feature_extraction.text.TfidfVectorizer : The same for any language.

    Examples
    --------
    >>> from fanews_classify import PersianTfidfVectorizer
    >>> vectorizer = PersianTfidfVectorizer()
    >>> X = vectorizer.fit_transform(["كتاب‌ها را می‌خوانم", "کتابها را مي خوانم"])
    >>> vectorizer.get_feature_names_out().tolist()
    ['را', 'میخوانم', 'کتابها']
    >>> bool((X[0] != X[1]).nnz == 0)
    True
    """

    def __init__(
        self,
        *,
        analyzer: Literal["word", "char_wb"] = "word",
        ngram_range: tuple[int, int] = (1, 1),
        min_df: float = 1,
        max_df: float = 1.0,
        max_features: int | None = None,
        vocabulary: Mapping[str, int] | Iterable[str] | None = None,
        binary: bool = False,
        sublinear_tf: bool = False,
        use_idf: bool = True,
        smooth_idf: bool = True,
        norm: Norm = "l2",
        remove_boilerplate: bool = True,
        join_affixes: bool = True,
        max_tokens: int | None = None,
        tokenizer: Callable[[str], Iterable[str]] | None = None,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        self.analyzer = analyzer
        self.ngram_range = ngram_range
        self.min_df = min_df
        self.max_df = max_df
        self.max_features = max_features
        self.vocabulary = vocabulary
        self.binary = binary
        self.sublinear_tf = sublinear_tf
        self.use_idf = use_idf
        self.smooth_idf = smooth_idf
        self.norm = norm
        self.remove_boilerplate = remove_boilerplate
        self.join_affixes = join_affixes
        self.max_tokens = max_tokens
        self.tokenizer = tokenizer
        self.dtype = dtype

    def fit(self, X: Iterable[str], y: Any = None) -> PersianTfidfVectorizer:
        """Learn the vocabulary and the document frequencies.

        Parameters
        ----------
        X : iterable of str, length n_texts
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        InputTypeError
            For a bare ``str`` or an element that is no ``str``.
        ParameterError
            For a parameter out of range, or if no term is left.
        """
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: Iterable[str], y: Any = None, **fit_params: Any) -> sp.csr_matrix:
        """Fit, and return the features of the same texts.

        Returns
        -------
        csr_matrix of `dtype`, shape (n_texts, n_features)
        """
        self._check_parameters()
        texts = check_texts(X)
        if not texts and self.vocabulary is None:
            raise ParameterError("cannot learn a vocabulary from no texts at all")
        if self.vocabulary is not None:
            self._set_vocabulary(fixed_vocabulary(self.vocabulary))
            counts = self._count(texts)
            df = np.bincount(counts.indices, minlength=counts.shape[1])
        else:
            counts, df = self._learn(texts)
        self.n_features_out_ = counts.shape[1]
        if self.use_idf:
            smooth = int(self.smooth_idf)
            with np.errstate(divide="ignore"):
                ratio = (len(texts) + smooth) / (df.astype(np.float64) + smooth)
            self.idf_ = np.log(ratio) + 1.0
        elif hasattr(self, "idf_"):
            del self.idf_
        if self.norm == "expected":
            rows = Counts(counts.indices, counts.data, counts.indptr)
            self.norm_growth_ = fit_growth(rows, self.idf_ if self.use_idf else None)
        return self._weigh(counts)

    def _learn(self, texts: list[str]) -> tuple[sp.csr_matrix, npt.NDArray[np.int64]]:
        """Count every term by its hash, select, then name the selected ones."""
        reader = self._reader()
        hash_parts, row_parts = [], []
        for begin, end in batches(texts):
            hashes, rows = reader.hashed(texts[begin:end])
            hash_parts.append(hashes)
            row_parts.append(rows + begin)
        hashes = np.concatenate(hash_parts)
        rows = np.concatenate(row_parts)
        distinct, column = np.unique(hashes, return_inverse=True)
        del hashes, hash_parts
        matrix = sp.csr_matrix(
            (np.ones(len(rows), dtype=np.int64), (rows, column)),
            shape=(len(texts), len(distinct)),
        )
        matrix.sum_duplicates()
        df = np.bincount(matrix.indices, minlength=len(distinct))
        kept = self._select(df, np.asarray(matrix.sum(axis=0)).ravel(), len(texts))
        names = reader.names(texts, distinct[kept])
        if self.max_features is not None and len(kept) > self.max_features:
            total = np.asarray(matrix.sum(axis=0)).ravel()[kept]
            # Ties by the text of the term, so that the choice does not depend on hashes.
            ranking = sorted(range(len(kept)), key=lambda i: (-total[i], names[i]))
            chosen = np.array(sorted(ranking[: self.max_features]), dtype=np.intp)
            kept, names = kept[chosen], [names[i] for i in chosen]
        order = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.intp)
        self._set_vocabulary([names[i] for i in order])
        kept = kept[order]
        counts = matrix[:, kept]
        counts.sort_indices()
        return counts, df[kept]

    def _select(
        self, df: npt.NDArray[np.int64], total: npt.NDArray[np.int64], n_texts: int
    ) -> npt.NDArray[np.intp]:
        low = self.min_df if isinstance(self.min_df, Integral) else self.min_df * n_texts
        high = self.max_df if isinstance(self.max_df, Integral) else self.max_df * n_texts
        if high < low:
            raise ParameterError(
                f"max_df={self.max_df!r} keeps fewer documents than min_df={self.min_df!r}"
            )
        kept = np.flatnonzero((df >= low) & (df <= high))
        if not len(kept):
            raise ParameterError(
                "no term is left: the texts are too few, or hold no words, or min_df/max_df drop "
                "all of them"
            )
        if self.max_features is not None and len(kept) > self.max_features:
            # Name only what can still be chosen: all above or at the threshold count.
            threshold = np.partition(total[kept], -self.max_features)[-self.max_features]
            kept = kept[total[kept] >= threshold]
        return kept

    def _set_vocabulary(self, terms: list[str]) -> None:
        self.vocabulary_ = {term: i for i, term in enumerate(terms)}
        self._table: HashTable | None = None  # built when first needed
        self.n_features_out_ = len(terms)

    def transform(self, X: Iterable[str]) -> sp.csr_matrix:
        """Return the features of texts.

        Parameters
        ----------
        X : iterable of str, length n_texts

        Returns
        -------
        csr_matrix of `dtype`, shape (n_texts, n_features)

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        self._check_fitted()
        return self._weigh(self._count(check_texts(X)))

    def _count(self, texts: list[str]) -> sp.csr_matrix:
        reader, n_terms = self._reader(), len(self.vocabulary_)
        table = self._hash_table()
        parts: list[Counts] = []
        size = WINDOW if self.analyzer == "word" else 4 * WINDOW  # n-grams: once a batch and word
        for begin, end in batches(texts, size):
            parts.append(reader.counts(texts[begin:end], table))
        indptr = [np.zeros(1, dtype=np.intp)]
        for part in parts:
            indptr.append(part.splits[1:] + indptr[-1][-1])
        if not parts:
            return sp.csr_matrix((0, n_terms), dtype=np.int64)
        return sp.csr_matrix(
            (
                np.concatenate([part.counts for part in parts]),
                np.concatenate([part.ids for part in parts]),
                np.concatenate(indptr),
            ),
            shape=(len(texts), n_terms),
        )

    def _hash_table(self) -> HashTable:
        if self._table is None:
            terms = [term_bytes(term) for term in self.vocabulary_]
            self._table = HashTable.build(self._options().hash_terms(terms))
        return self._table

    def _weigh(self, counts: sp.csr_matrix) -> sp.csr_matrix:
        values = weigh(
            Counts(counts.indices, counts.data, counts.indptr),
            self.idf_ if self.use_idf else None,
            sublinear_tf=self.sublinear_tf,
            binary=self.binary,
            norm=self.norm,
            growth=getattr(self, "norm_growth_", 0.0),
        )
        return sp.csr_matrix(
            (values.astype(self.dtype), counts.indices, counts.indptr), shape=counts.shape
        )

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return the terms in the order of the columns.

        Returns
        -------
        ndarray of object (str), shape (n_features,)
        """
        self._check_fitted()
        return np.array(sorted(self.vocabulary_, key=self.vocabulary_.__getitem__), dtype=object)

    def _options(self) -> AnalyzerOptions:
        return AnalyzerOptions(
            self.analyzer,
            (self.ngram_range[0], self.ngram_range[1]),
            self.remove_boilerplate,
            self.join_affixes,
            self.max_tokens,
        )

    def _reader(self) -> TermReader:
        return TermReader(self._options(), self.tokenizer)

    def _check_fitted(self) -> None:
        if not hasattr(self, "vocabulary_"):
            raise NotFittedError("this PersianTfidfVectorizer is not fitted; call fit first")

    def _check_parameters(self) -> None:
        self._options()
        if self.norm not in NORMS:
            raise ParameterError(f"norm={self.norm!r}; choose one of {list(NORMS)}")
        if self.tokenizer is not None and self.analyzer != "word":
            raise ParameterError("a tokenizer can only be used with analyzer='word'")
        if np.dtype(self.dtype).kind != "f":
            raise ParameterError(f"dtype={self.dtype!r}; choose a floating-point type")
        for name, value in (("min_df", self.min_df), ("max_df", self.max_df)):
            whole = isinstance(value, Integral) and not isinstance(value, bool)
            if not (value >= 1 if whole else 0.0 <= value <= 1.0):
                raise ParameterError(f"{name}={value!r}; give an int >= 1 or a float in [0, 1]")
        if self.max_features is not None and self.max_features < 1:
            raise ParameterError(f"max_features={self.max_features!r}; give a positive int or None")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags
