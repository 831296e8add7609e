"""Groups of near-duplicate texts: the same story in several outlets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from fanews_classify.features._terms import leaving
from fanews_classify.text._hashing import BLANK, MULTIPLIER, POWERS
from fanews_classify.text._tokens import TokenBatch, batches, tokenize_batch

_SHINGLE: Final = 4  # words
_WORDS: Final = 200  # of each text; a story's versions begin alike
_SKETCH: Final = 24  # smallest shingle hashes kept of each text
_SHARED: Final = 0.3  # of the smaller sketch: then two texts are one story
_COMMONPLACE: Final = 60  # a shingle of more texts than this is boilerplate
_MIX: Final = np.uint64(0x9FB21C651E98DF25)


def near_duplicate_groups(texts: Sequence[str]) -> npt.NDArray[np.intp]:
    """Give near duplicates the same number.

    Each text is sketched by the smallest hashes of its shingles of four words
    (bottom-k sketches: Broder, 1997); texts whose sketches share enough are
    joined. Time grows with the number of texts, not with its square.

    Parameters
    ----------
    texts : sequence of str

    Returns
    -------
    ndarray of intp, shape (n_texts,)
        The index of each group's first text.

    Examples
    --------
    >>> story = "بارش برف راه چند روستای کوهستانی شهرستان را از صبح امروز بست"
    >>> near_duplicate_groups([story, "خبری دیگر", story + " به گفته راهداری"]).tolist()
    [0, 1, 0]
    """
    hashes, owners, sizes = _sketches(texts)
    order = np.lexsort((owners, hashes))
    hashes, owners = hashes[order], owners[order]
    starts = np.flatnonzero(np.concatenate(([True], hashes[1:] != hashes[:-1])))
    run = np.diff(np.append(starts, len(hashes)))
    rare = np.repeat((run > 1) & (run <= _COMMONPLACE), run)
    hashes, owners = hashes[rare], owners[rare]
    # Each text is compared with the next and with the first of those that share a shingle.
    inside = hashes[1:] == hashes[:-1]
    first = np.repeat(owners[_starts(hashes)], np.diff(np.append(_starts(hashes), len(hashes))))
    pairs = np.concatenate(
        (
            np.stack([owners[:-1], owners[1:]], axis=1)[inside],
            np.stack([first, owners], axis=1)[first != owners],
        )
    )
    parent = np.arange(len(texts))
    if len(pairs):
        pairs, shared = np.unique(pairs, axis=0, return_counts=True)
        smaller = np.minimum(sizes[pairs[:, 0]], sizes[pairs[:, 1]])
        for a, b in pairs[shared >= np.maximum(2, _SHARED * smaller)].tolist():
            roots = _root(parent, a), _root(parent, b)
            parent[max(roots)] = min(roots)
    return np.array([_root(parent, i) for i in range(len(texts))], dtype=np.intp)


def _starts(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
    if not len(values):
        return np.zeros(0, dtype=np.intp)
    return np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))


def _root(parent: npt.NDArray[np.intp], i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = int(parent[i])
    return i


def _sketches(
    texts: Sequence[str],
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    all_hashes, all_owners = [np.zeros(0, np.uint64)], [np.zeros(0, np.intp)]
    sizes = np.zeros(len(texts), dtype=np.intp)
    for begin, end in batches(texts):
        batch = tokenize_batch(texts[begin:end]).head(_WORDS)
        shingles, tokens = _shingles(batch)
        owner = np.searchsorted(batch.splits, tokens, side="right") - 1
        mixed = (shingles ^ (shingles >> np.uint64(29))) * _MIX
        keys = np.unique(np.stack([owner.astype(np.uint64), mixed], axis=1), axis=0)
        row = keys[:, 0].astype(np.intp)
        rank = np.arange(len(row)) - np.searchsorted(row, row)
        kept = rank < _SKETCH
        all_hashes.append(keys[kept, 1])
        all_owners.append(row[kept] + begin)
        sizes[begin:end] = np.bincount(row[kept], minlength=end - begin)
    return np.concatenate(all_hashes), np.concatenate(all_owners), sizes


def _shingles(batch: TokenBatch) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.intp]]:
    """Hash the shingles of a batch; return also the first token of each.

    The hash is that of their text, words with a blank between, and has nothing
    to do with how features are hashed: groups, and with them folds and scores,
    must not change with those.
    """
    letters = batch.padded(np.arange(len(batch)))[1] - 2
    run, length = batch.hashes, letters
    for n in range(1, _SHINGLE):
        joined = batch.hashes[n:] * np.uint64(MULTIPLIER) + np.uint64(ord(BLANK))
        run = run[:-1] + POWERS[length[:-1]] * joined
        length = length[:-1] + 1 + letters[n:]
    inside = np.ones(len(batch), dtype=np.bool_)
    inside[len(run) :] = False
    inside[leaving(batch.splits, _SHINGLE)] = False
    first = inside.nonzero()[0]
    return run[first], first
