"""Terms of a batch of texts as hashes: words, runs of words, character n-grams."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fanews_classify.text._hashing import JOINER, POWERS, hash_bytes, join_hashes
from fanews_classify.text._tokens import TokenBatch

UInt64Array = npt.NDArray[np.uint64]
IntArray = npt.NDArray[np.intp]


@dataclass(slots=True)
class Terms:
    """Terms of a batch, in no particular order.

    Attributes
    ----------
    hashes : ndarray of uint64, shape (n_terms,)
    tokens : ndarray of intp, shape (n_terms,)
        First token of each term; a run of n words also covers the n - 1 next.
    sizes : list of (int, int)
        ``(n, count)``: the first `count` terms are of n words, and so on.
    """

    hashes: UInt64Array
    tokens: IntArray
    sizes: list[tuple[int, int]]


def word_terms(batch: TokenBatch, ngram_range: tuple[int, int]) -> Terms:
    """Words and runs of neighbouring words; runs never cross two texts."""
    low, high = ngram_range
    hashes: list[UInt64Array] = []
    tokens: list[IntArray] = []
    sizes: list[tuple[int, int]] = []
    run, length = batch.hashes, batch.lengths
    first = np.arange(len(run))
    last_of_text = np.zeros(len(run) + 1, dtype=np.bool_)
    last_of_text[batch.splits[1:] - 1] = True  # -1 for empty texts falls on the spare end
    for n in range(1, high + 1):
        if n > 1:
            # A run of n - 1 words can grow if it does not end its text.
            grows = ~last_of_text[first + (n - 2)]
            first = first[grows]
            grown = join_hashes(run[grows], length[grows], batch.hashes[first + (n - 1)])
            length = length[grows] + 1 + batch.lengths[first + (n - 1)]
            run = grown
        if n >= low:
            hashes.append(run)
            tokens.append(first)
            sizes.append((n, len(run)))
    if len(hashes) == 1:
        return Terms(hashes[0], tokens[0], sizes)
    return Terms(np.concatenate(hashes), np.concatenate(tokens), sizes)


@dataclass(slots=True)
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


def char_terms(words: list[bytes], ngram_range: tuple[int, int]) -> CharTerms:
    """Character n-grams inside padded words, as scikit-learn's ``char_wb`` has them.

    A word shorter than n gives itself once, for the smallest such n only.
    """
    low, high = ngram_range
    blank = bytes([JOINER])
    data = np.frombuffer(b"".join(blank + word + blank for word in words), dtype=np.uint8)
    size = np.array([len(word) + 2 for word in words], dtype=np.intp)
    begin = np.cumsum(size) - size
    room = np.repeat(begin + size, size) - np.arange(len(data))  # bytes to the word's end
    word = np.repeat(np.arange(len(words)), size)
    hashes, owners, offsets, lengths = [], [], [], []
    rolling = np.zeros(len(data), dtype=np.uint64)
    for n in range(1, high + 1):
        # Grow every window by one byte; those past the word's end are filtered below.
        grown = len(data) - (n - 1)
        rolling[:grown] += data[n - 1 :] * POWERS[n - 1]
        if n < low:
            continue
        places = np.flatnonzero(room[:grown] >= n)
        if n == low:
            short = size < n
        hashes.append(rolling[places])
        owners.append(word[places])
        offsets.append(places - begin[word[places]])
        lengths.append(np.full(len(places), n, dtype=np.intp))
    if len(words) and short.any():
        few = np.flatnonzero(short)
        hashes.append(
            np.array([hash_bytes(blank + words[i] + blank) for i in few], dtype=np.uint64)
        )
        owners.append(few)
        offsets.append(np.zeros(len(few), dtype=np.intp))
        lengths.append(size[few])
    return CharTerms(*(np.concatenate(part) for part in (hashes, owners, offsets, lengths)))
