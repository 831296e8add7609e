"""Terms of a batch of texts as hashes: words, runs of words, character n-grams."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fanews_classify.text._hashing import MULTIPLIER, POWERS, hash_runs, hash_spans
from fanews_classify.text._tokens import TokenBatch

UInt64Array = npt.NDArray[np.uint64]
IntArray = npt.NDArray[np.intp]


def word_runs(batch: TokenBatch, ngram_range: tuple[int, int]) -> UInt64Array:
    """Hash the runs of neighbouring words that begin at each token.

    Returns
    -------
    ndarray of uint64, shape (n_tokens, n_sizes)
        A column for each length of `ngram_range`. Runs that leave their text,
        see `leaving`, have a hash that means nothing.
    """
    low, high = ngram_range
    words = batch.hashes
    if high == 1:
        return words[:, None]
    runs = np.zeros((len(words), high - low + 1), dtype=np.uint64)
    run = words
    for n in range(1, high + 1):
        if n > 1:
            run = hash_runs(run[:-1], words[n - 1 :])
        if n >= low:
            runs[: len(run), n - low] = run
    return runs


def leaving(splits: IntArray, n: int) -> IntArray:
    """Tokens at which no run of `n` words of one text begins."""
    last = splits[1:]
    if n == 2:  # for an empty text the last token of the one before, which is listed anyway
        return last[last > 0] - 1
    listed = [(last - i)[last - i >= splits[:-1]] for i in range(1, n)]
    return np.concatenate(listed) if listed else last[:0]


def word_terms(batch: TokenBatch, ngram_range: tuple[int, int]) -> tuple[UInt64Array, IntArray]:
    """Words and runs of neighbouring words; runs never cross two texts.

    Returns
    -------
    hashes : ndarray of uint64, shape (n_terms,)
    tokens : ndarray of intp, shape (n_terms,)
        First token of each, ascending.
    """
    runs = word_runs(batch, ngram_range)
    inside = np.ones(runs.shape, dtype=np.bool_)
    for column, n in enumerate(range(ngram_range[0], ngram_range[1] + 1)):
        inside[leaving(batch.splits, n), column] = False
    return runs[inside], inside.nonzero()[0]


def distinct(hashes: UInt64Array) -> tuple[IntArray, IntArray]:
    """Tell equal tokens.

    Without sorting: each token writes its place into the slot of its hash, and
    reads whose place stands there. Only where two words want one slot are they
    sorted.

    Returns
    -------
    first : ndarray of intp, shape (n_words,)
        A token of each word.
    word : ndarray of intp, shape (n_tokens,)
        Which of them each token is.
    """
    n = len(hashes)
    bits = max(8, (2 * n).bit_length())
    slots = ((hashes * np.uint64(MULTIPLIER)) >> np.uint64(64 - bits)).view(np.int64)
    owner = np.empty(1 << bits, dtype=np.intp)
    owner[slots] = np.arange(n)
    same = owner[slots]
    lost = np.flatnonzero(hashes[same] != hashes)
    _, at, which = np.unique(hashes[lost], return_index=True, return_inverse=True)
    same[lost] = lost[at][which]
    chosen = np.zeros(n, dtype=np.bool_)
    chosen[same] = True
    return np.flatnonzero(chosen), (np.cumsum(chosen) - 1)[same]


@dataclass(slots=True, eq=False)
class CharTerms:
    """Character n-grams of distinct words: the n-grams of a word never change.

    Attributes
    ----------
    hashes : ndarray of uint64, shape (n_grams,)
    words : ndarray of intp, shape (n_grams,)
        Index into the distinct words.
    offsets, lengths : ndarray of intp, shape (n_grams,)
        Place in the word padded by one blank on each side.
    """

    hashes: UInt64Array
    words: IntArray
    offsets: IntArray
    lengths: IntArray


def char_terms(
    data: npt.NDArray[np.uint8], sizes: IntArray, ngram_range: tuple[int, int]
) -> CharTerms:
    """Character n-grams inside padded words, as scikit-learn's ``char_wb`` has them.

    A word shorter than n gives itself once, for the smallest such n only.

    Parameters
    ----------
    data : ndarray of uint8
        The words, a blank before and after each; see `TokenBatch.padded`.
    sizes : ndarray of intp, shape (n_words,)
        Their lengths, the blanks among them.
    ngram_range : (int, int)
    """
    low, high = ngram_range
    ends = np.cumsum(sizes)
    begin = ends - sizes
    room = np.repeat(ends, sizes) - np.arange(len(data))  # bytes to the word's end
    word = np.repeat(np.arange(len(sizes)), sizes)
    hashes, owners, offsets, lengths = [], [], [], []
    rolling = np.zeros(len(data), dtype=np.uint64)
    for n in range(1, high + 1):
        # Grow every window by one byte; those past the word's end are filtered below.
        grown = max(len(data) - (n - 1), 0)
        rolling[:grown] += data[n - 1 :] * POWERS[n - 1]
        if n < low:
            continue
        places = np.flatnonzero(room[:grown] >= n)
        hashes.append(rolling[places])
        owners.append(word[places])
        offsets.append(places - begin[word[places]])
        lengths.append(np.full(len(places), n, dtype=np.intp))
    short = np.flatnonzero(sizes < low)
    hashes.append(hash_spans(data, begin[short], ends[short]) if len(short) else rolling[:0])
    owners.append(short)
    offsets.append(np.zeros(len(short), dtype=np.intp))
    lengths.append(sizes[short])
    return CharTerms(*(np.concatenate(part) for part in (hashes, owners, offsets, lengths)))
