"""hazm's tokens for PersianTfidfVectorizer, where the extra ``hazm`` is installed."""

from __future__ import annotations

from typing import Any, Literal

from fanews_classify.errors import ParameterError


class HazmTokenizer:
    """Split texts with hazm's normaliser, tokenizer and stemmer or lemmatizer.

    hazm is slow and its stemmer ruins words (سلامت becomes سلام), but who wants
    its tokens can have them. Needs ``pip install fanews-classify[hazm]``,
    which pins numpy and works on Python 3.11 only.

    Parameters
    ----------
    normalize : bool, default=True
        Apply hazm's Normalizer first.
    reduce : {"stem", "lemma"} or None, default=None

    Examples
    --------
    >>> from fanews_classify import PersianTfidfVectorizer
    >>> vectorizer = PersianTfidfVectorizer(tokenizer=HazmTokenizer())
    """

    def __init__(
        self, *, normalize: bool = True, reduce: Literal["stem", "lemma"] | None = None
    ) -> None:
        if reduce not in (None, "stem", "lemma"):
            raise ParameterError(f"reduce={reduce!r}; choose 'stem', 'lemma' or None")
        self.normalize = normalize
        self.reduce = reduce
        self._parts: tuple[Any, Any, Any] | None = None

    def __call__(self, text: str) -> list[str]:
        """Return the words of a text."""
        normalizer, tokenizer, reducer = self._load()
        words = tokenizer.tokenize(normalizer.normalize(text) if normalizer else text)
        return [reducer(word) for word in words] if reducer else list(words)

    def _load(self) -> tuple[Any, Any, Any]:
        if self._parts is None:
            try:
                import hazm
            except ImportError as error:
                raise ParameterError(
                    "hazm is not installed; pip install 'fanews-classify[hazm]' (Python 3.11)"
                ) from error
            reducer = None
            if self.reduce == "stem":
                reducer = hazm.Stemmer().stem
            elif self.reduce == "lemma":
                reducer = hazm.Lemmatizer().lemmatize
            self._parts = (
                hazm.Normalizer() if self.normalize else None,
                hazm.WordTokenizer(),
                reducer,
            )
        return self._parts

    def __getstate__(self) -> dict[str, Any]:
        """Leave hazm's objects out of a pickle: they are made again."""
        return {"normalize": self.normalize, "reduce": self.reduce, "_parts": None}
