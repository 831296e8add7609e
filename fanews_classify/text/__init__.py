"""Persian text to tokens.

Everything here is the standard library and numpy. The steps, in order:
``_rewrite`` (entities, rare characters), ``_codepage`` (one byte for one
character, folding), ``_markup`` (tags, handles), ``_tokens`` with ``_hashing``
(token hashes of a batch), ``_rules`` with ``_boilerplate`` (affixes, what tells
the source).
"""

from __future__ import annotations

from typing import NamedTuple

from fanews_classify.text._codepage import decode
from fanews_classify.text._input import check_text
from fanews_classify.text._tokens import token_spans, tokenize_batch

__all__ = ["Token", "normalize", "tokenize"]

TEXT_PIPELINE_VERSION = 1
"""Raised whenever the tokens of any text change; stored in every model."""


class Token(NamedTuple):
    """One word of a text.

    Attributes
    ----------
    term : str
        The folded word, as it stands in vocabularies.
    start, end : int
        ``text[start:end]`` is the word as the user wrote it. Words do not
        overlap, but for the few characters that stand for several words
        («ﷺ», «ﷻ», «℅»): these words share the place of that character.
    """

    term: str
    start: int
    end: int


def tokenize(
    text: str, *, remove_boilerplate: bool = True, join_affixes: bool = True
) -> list[Token]:
    """Split a text into folded words with their places.

    Parameters
    ----------
    text : str
        Any string: also empty, with control or bidi characters, with lone
        surrogates. Other scripts than Persian, Arabic, Latin and digits give
        no words.
    remove_boilerplate : bool, default=True
        Leave out agency leads, signatures, links and page furniture.
    join_affixes : bool, default=True
        Join «می», «ها» and the like to their word.

    Returns
    -------
    list of Token
        In the order of the text: no `start` or `end` is before that of the
        token before.

    Raises
    ------
    InputTypeError
        If `text` is not a ``str``.

    Examples
    --------
    >>> [token.term for token in tokenize("كتاب‌هاي ۱۲ ناشر را مي خوانند.")]
    ['کتابهای', '12', 'ناشر', 'را', 'میخوانند']
    >>> tokenize("خبر خوب")[1]
    Token(term='خوب', start=4, end=7)
    """
    batch = tokenize_batch(
        [check_text(text)], boilerplate=not remove_boilerplate, join_affixes=join_affixes
    )
    return [
        Token(decode(batch.term(i)), start, end)
        for i, (start, end) in enumerate(token_spans(batch, text))
    ]


def normalize(text: str, *, remove_boilerplate: bool = False, join_affixes: bool = True) -> str:
    """Return the folded words of a text, joined by single blanks.

    Normalising twice changes nothing (as long as boilerplate is kept).

    Parameters
    ----------
    text : str
    remove_boilerplate : bool, default=False
    join_affixes : bool, default=True

    Returns
    -------
    str

    Raises
    ------
    InputTypeError
        If `text` is not a ``str``.

    Examples
    --------
    >>> normalize("«نمي‌شود»، گُفت: ٣٫٥ درصد!")
    'نمیشود گفت 3 5 درصد'
    """
    batch = tokenize_batch(
        [check_text(text)], boilerplate=not remove_boilerplate, join_affixes=join_affixes
    )
    return " ".join(decode(batch.term(i)) for i in range(len(batch.hashes)))
