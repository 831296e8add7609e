"""Rules on the tokens of a batch: joining of affixes, removal of boilerplate.

What may begin a rule is found for the whole batch at once, by the low bits of
the hashes; only from there on are the tokens around it looked at one by one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.text import _boilerplate as bp
from fanews_classify.text._hashing import POWERS, UInt64Array

if TYPE_CHECKING:
    from fanews_classify.text._tokens import TokenBatch

IntArray = npt.NDArray[np.intp]

LONGEST_TOKEN: Final = 64  # letters; longer runs are keys, base64, scripts without spaces
_INDEX_BITS: Final = 12
_NO_ENTRY: Final = 255
_RUN: Final = rb"[^\x00-\x02]*"  # up to a blank, a line end, the end of the text
_WINDOW_BEFORE, _WINDOW_AFTER = 2, 16
_AROUND: Final = np.arange(-_WINDOW_BEFORE, _WINDOW_AFTER)


def apply_rules(batch: TokenBatch, *, remove_boilerplate: bool, join_affixes: bool) -> None:
    """Join affixes, then remove boilerplate; both only where the lexicon says so."""
    index, keys, kinds = _lexicon()
    entries = index.take(_low_bits(batch.hashes))
    found = (entries != _NO_ENTRY).nonzero()[0]
    entries = entries[found]
    exact = keys[entries] == batch.hashes[found]
    found, kind = found[exact], kinds[entries[exact]]
    if not len(found):
        return
    alive = np.ones(len(batch.hashes), dtype=np.bool_)
    affix = kind <= bp.SUFFIX
    if join_affixes and np.count_nonzero(affix):
        before = batch.hashes[found]
        _join(batch, found[affix], kind[affix] == bp.PREFIX, alive)
        # A rule whose first token became part of another word is none.
        affix |= (batch.hashes[found] != before) | ~alive[found]
    rest = found[~affix]
    if remove_boilerplate and len(rest):
        kept = alive.nonzero()[0]
        removed = _boilerplate_tokens(batch, kept, rest, kind[~affix])
        alive[kept[removed]] = False
    if np.count_nonzero(alive) < len(alive):
        kept = alive.nonzero()[0]
        batch.splits = kept.searchsorted(batch.splits)
        batch.hashes, batch._kept = batch.hashes.take(kept), kept


def _boilerplate_tokens(
    batch: TokenBatch, kept: IntArray, found: IntArray, kind: npt.NDArray[np.int8]
) -> list[int]:
    """Return which of the tokens `kept` are boilerplate; rules may begin at those `found`."""
    rules = bp.rules()
    places = kept.searchsorted(found)
    before, after = (
        batch.hashes.take(kept.take(places + shift, mode="clip")).tolist() for shift in (-1, 1)
    )
    begins = [
        (at, what)
        for at, what, left, right in zip(places.tolist(), kind.tolist(), before, after, strict=True)
        if (what != bp.LEAD or left in rules.lead_before)  # «گزارش» alone is a word
        and (what != bp.PHRASE or right in rules.second)
    ]
    if not begins:
        return []
    around = np.add.outer([at for at, _ in begins], _AROUND)
    windows = batch.hashes.take(kept.take(around, mode="clip")).tolist()
    splits = kept.searchsorted(batch.splits).tolist()
    words = replace(batch, _kept=kept)
    removed: list[int] = []
    link_end = 0
    for (at, what), window in zip(begins, windows, strict=True):
        if at < link_end:  # inside a link that is removed already
            continue
        text = bisect_right(splits, at)
        first, text_end = at - _WINDOW_BEFORE, splits[text]
        if what == bp.LINK:
            link_end = _link_end(words, kept, at, text_end)
            removed.extend(range(at, link_end))
            continue
        begin = max(first, splits[text - 1])
        inside = window[begin - first : text_end - first]
        removed.extend(bp.removed_tokens(rules, at, what, inside, begin, words.is_number))
    return removed


def _link_end(words: TokenBatch, kept: IntArray, at: int, end: int) -> int:
    """One past the last token of a web address, which goes on to the next blank."""
    begin = int(words._raw_ends[kept[at]])
    run = re.compile(_RUN).match(words.data, begin)
    place = run.end() if run else begin
    if place == begin:  # «www» alone is a word
        return at
    stop = at + 1
    while stop < end and words._raw_starts[kept[stop]] < place:
        stop += 1
    return stop


def _join(
    batch: TokenBatch,
    affixes: IntArray,
    prefix: npt.NDArray[np.bool_],
    alive: npt.NDArray[np.bool_],
) -> None:
    """Join prefixes to the next token and suffixes to the one before, inside a text.

    The hash and the end of the whole word go to its first token; the others
    are no longer `alive`.
    """
    joins = np.zeros(len(alive) + 1, dtype=np.bool_)  # does a token continue the one before?
    joins[affixes + prefix] = True
    joins[batch.splits] = False
    tails = joins.nonzero()[0]
    tails = tails[~joins[tails - 1]]
    heads_ = tails - 1
    batch._raw_ends = ends = batch._raw_ends.copy()
    starts = batch._raw_starts
    lengths = ends[heads_] - starts[heads_]
    while len(tails):
        added = ends[tails] - starts[tails]
        fits = lengths + added <= LONGEST_TOKEN  # «ها ها ها …» is no word
        if np.count_nonzero(fits) < len(fits):
            heads_, tails, lengths, added = (a[fits] for a in (heads_, tails, lengths, added))
        batch.hashes[heads_] += batch.hashes[tails] * POWERS[lengths]
        ends[heads_] = ends[tails]
        alive[tails] = False
        on = joins[tails + 1]
        if not np.count_nonzero(on):
            break
        heads_, tails, lengths = heads_[on], tails[on] + 1, (lengths + added)[on]


@lru_cache(maxsize=1)
def _lexicon() -> tuple[npt.NDArray[np.uint8], UInt64Array, npt.NDArray[np.int8]]:
    """Lexicon as an index by low bits, the hashes it points to, and what each may begin."""
    first = bp.rules().first
    keys = np.array(sorted(first), dtype=np.uint64)
    kinds = np.array([first[key] for key in sorted(first)], dtype=np.int8)
    index = np.full(1 << _INDEX_BITS, _NO_ENTRY, dtype=np.uint8)
    index[_low_bits(keys)] = np.arange(len(keys))
    return index, keys, kinds


def _low_bits(hashes: UInt64Array) -> npt.NDArray[np.int64]:
    """Return the bits that the lexicon is indexed by; its entries all differ in them."""
    return (hashes & np.uint64((1 << _INDEX_BITS) - 1)).view(np.int64)
