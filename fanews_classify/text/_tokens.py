"""From texts to token hashes, a batch at a time and no object for a word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from fanews_classify.text import _boilerplate as bp
from fanews_classify.text._codepage import (
    BOUNDARY,
    BOUNDARY_CHAR,
    DELETED,
    FIRST_LETTER,
    IN_PAGE,
    UNMAPPED,
    encode,
    fold,
)
from fanews_classify.text._hashing import POWERS, WINDOW, UInt64Array, hash_spans
from fanews_classify.text._markup import blank_markup
from fanews_classify.text._rewrite import needs_rewrite, rewrite

IntArray = npt.NDArray[np.intp]

LONGEST_TOKEN: Final = 64  # letters; longer runs are keys, base64, scripts without spaces
_FILTER_BITS: Final = 12
_FILTER_SHIFT: Final = np.uint64(64 - _FILTER_BITS)
_SEPARATORS: Final = bytes(range(FIRST_LETTER))
_BOUNDARY_CODE: Final = encode(BOUNDARY_CHAR)
_RUN: Final = re.compile(rb"[^\x00-\x02]*")  # up to a blank, a line end, the end of the text
_WINDOW_BEFORE, _WINDOW_AFTER = 2, 16


@dataclass(slots=True)
class TokenBatch:
    """Tokens of a batch of texts, as parallel arrays.

    Attributes
    ----------
    hashes : ndarray of uint64, shape (n_tokens,)
    starts, ends : ndarray of intp, shape (n_tokens,)
        Places of the tokens in `data`; a joined token («می شود») holds a separator.
    lengths : ndarray of intp, shape (n_tokens,)
        Letters of each token, separators not counted.
    splits : ndarray of intp, shape (n_texts + 1,)
        Tokens ``splits[i]:splits[i + 1]`` are those of text ``i``.
    data : bytes
        The folded bytes.
    """

    hashes: UInt64Array
    starts: IntArray
    ends: IntArray
    lengths: IntArray
    splits: IntArray
    data: bytes

    def head(self, count: int) -> TokenBatch:
        """Return the first `count` tokens of each text."""
        size = np.diff(self.splits)
        if not len(size) or size.max() <= count:
            return self
        kept = np.minimum(size, count)
        splits = np.concatenate((np.zeros(1, dtype=np.intp), np.cumsum(kept)))
        index = np.arange(splits[-1]) + np.repeat(self.splits[:-1] - splits[:-1], kept)
        return TokenBatch(
            self.hashes[index],
            self.starts[index],
            self.ends[index],
            self.lengths[index],
            splits,
            self.data,
        )

    def between(self, begin: int, end: int) -> TokenBatch:
        """Return tokens `begin` to `end` as a batch of one text."""
        splits = np.array([0, end - begin], dtype=np.intp)
        part = slice(begin, end)
        return TokenBatch(
            self.hashes[part], self.starts[part], self.ends[part], self.lengths[part], splits,
            self.data,
        )  # fmt: skip

    def recut(self, splits: IntArray) -> TokenBatch:
        """Return the same tokens, cut into other texts."""
        return TokenBatch(self.hashes, self.starts, self.ends, self.lengths, splits, self.data)

    def is_number(self, token: int) -> bool:
        """Tell whether a token is made of digits."""
        return self.term(token).isdigit()

    def term(self, token: int) -> bytes:
        """Return one token's folded bytes."""
        return self.data[self.starts[token] : self.ends[token]].translate(None, _SEPARATORS)


def tokenize_batch(
    texts: Sequence[str], *, boilerplate: bool = False, join_affixes: bool = True
) -> TokenBatch:
    """Tokenize texts.

    Parameters
    ----------
    texts : sequence of str
        Any strings. Time and memory are linear in their total length.
    boilerplate : bool, default=False
        Keep agency leads, signatures and links instead of removing them.
    join_affixes : bool, default=True
        Join «می», «ها» and the like to the word they belong to.

    Returns
    -------
    TokenBatch
    """
    data = blank_markup(_folded(texts))
    codes = np.frombuffer(data, dtype=np.uint8)
    is_letter = codes >= FIRST_LETTER
    edges = np.flatnonzero(is_letter[1:] != is_letter[:-1])
    edges += 1
    starts, ends = edges[0::2], edges[1::2]
    hashes = _hash_windows(codes, starts, ends)
    lengths = ends - starts
    splits = np.searchsorted(starts, np.flatnonzero(codes == BOUNDARY))
    batch = TokenBatch(hashes, starts, ends, lengths, splits, data)
    if len(lengths) and lengths.max() > LONGEST_TOKEN:
        _keep(batch, lengths <= LONGEST_TOKEN)
    _apply_rules(batch, boilerplate, join_affixes)
    return batch


def batches(texts: Sequence[str], size: int = WINDOW) -> Iterator[tuple[int, int]]:
    """Cut a sequence of texts into runs of about `size` characters."""
    begin = total = 0
    for i, text in enumerate(texts):
        if total and total + len(text) > size:
            yield begin, i
            begin, total = i, 0
        total += len(text) + 1
    if begin < len(texts):
        yield begin, len(texts)


def _folded(texts: Sequence[str]) -> bytes:
    """Fold texts into one byte string: BOUNDARY before, between and after them."""
    joined = BOUNDARY_CHAR.join(("", *texts, ""))
    raw = encode(joined)
    strangers: list[str] = []
    if UNMAPPED in raw:
        places = np.flatnonzero(np.frombuffer(raw, dtype=np.uint8) == UNMAPPED).tolist()
        strangers = [c for c in {joined[i] for i in places} if needs_rewrite("", [c])]
    if strangers or b"&" in raw or raw.count(_BOUNDARY_CODE) != len(texts) + 1:
        chosen = [
            rewrite(text)[0]
            if needs_rewrite(text, [c for c in strangers if c in text])
            else text
            for text in texts
        ]  # fmt: skip
        raw = encode(BOUNDARY_CHAR.join(("", *chosen, "")))
    return fold(raw)


def character_origins(text: str) -> tuple[IntArray, IntArray]:
    """Map folded bytes of a text back to the text.

    Returns
    -------
    begins, stops : ndarray of intp, shape (n_folded,)
        Folded byte ``i`` comes from ``text[begins[i]:stops[i]]``: one
        character, or a whole entity.
    """
    origin: IntArray | None = None
    if needs_rewrite(text, [c for c in set(text) if c not in IN_PAGE]):
        text, origin = rewrite(text)
    raw = np.frombuffer(encode(text), dtype=np.uint8)
    kept = np.flatnonzero(~np.isin(raw, np.frombuffer(DELETED, dtype=np.uint8)))
    if origin is None:
        return kept, kept + 1
    return origin[kept], np.maximum(origin[kept + 1], origin[kept] + 1)


def _hash_windows(codes: npt.NDArray[np.uint8], starts: IntArray, ends: IntArray) -> UInt64Array:
    """Hash all tokens, no more than WINDOW bytes at a time."""
    if len(codes) <= WINDOW:
        return hash_spans(codes, starts, ends)
    hashes = np.zeros(len(starts), dtype=np.uint64)
    first = 0
    while first < len(starts):
        base = int(starts[first])
        last = int(np.searchsorted(ends, base + WINDOW, side="right"))
        if last == first:  # one token longer than the window: dropped later
            first += 1
            continue
        window = codes[base : int(ends[last - 1])]
        hashes[first:last] = hash_spans(window, starts[first:last] - base, ends[first:last] - base)
        first = last
    return hashes


def _keep(batch: TokenBatch, mask: npt.NDArray[np.bool_]) -> None:
    kept_before = np.concatenate(([0], np.cumsum(mask)))
    batch.splits = kept_before[batch.splits]
    batch.hashes, batch.lengths = batch.hashes[mask], batch.lengths[mask]
    batch.starts, batch.ends = batch.starts[mask], batch.ends[mask]


@lru_cache(maxsize=1)
def _lexicon() -> tuple[npt.NDArray[np.bool_], UInt64Array, npt.NDArray[np.int8]]:
    """Lexicon as a first-bits filter, sorted hashes, and what each may begin."""
    first = bp.rules().first
    keys = np.array(sorted(first), dtype=np.uint64)
    kinds = np.array([first[int(key)] for key in keys], dtype=np.int8)
    table = np.zeros(1 << _FILTER_BITS, dtype=np.bool_)
    table[keys >> _FILTER_SHIFT] = True
    return table, keys, kinds


def _apply_rules(batch: TokenBatch, boilerplate: bool, join_affixes: bool) -> None:
    """Join affixes, then remove boilerplate; both only where the lexicon says so."""
    table, keys, kinds = _lexicon()
    found = np.flatnonzero(table[(batch.hashes >> _FILTER_SHIFT).view(np.int64)])
    if not len(found):
        return
    values = batch.hashes[found]
    places = np.minimum(np.searchsorted(keys, values), len(keys) - 1)
    exact = keys[places] == values
    found, kind = found[exact], kinds[places[exact]]
    attach = kind <= bp.SUFFIX
    affixes, rest = found[attach], found[~attach]
    if join_affixes and len(affixes):
        glued = _join(batch, affixes, kind[attach] == bp.PREFIX)
        # Places after the join; a rule whose first token became another word is none.
        rest = rest - np.searchsorted(glued, rest, side="right")
        same = batch.hashes[rest] == values[exact][~attach]
        rest, kind = rest[same], kind[~attach][same]
    else:
        kind = kind[~attach]
    if not boilerplate and len(rest):
        removed = _boilerplate_tokens(batch, rest, kind)
        if len(removed):
            mask = np.ones(len(batch.hashes), dtype=np.bool_)
            mask[removed] = False
            _keep(batch, mask)


def _boilerplate_tokens(batch: TokenBatch, found: IntArray, kind: npt.NDArray[np.int8]) -> IntArray:
    removed: list[int] = []
    texts = np.searchsorted(batch.splits, found, side="right") - 1
    link_end = 0
    for at, what, text in zip(found.tolist(), kind.tolist(), texts, strict=True):
        begin = max(at - _WINDOW_BEFORE, int(batch.splits[text]))
        end = min(at + _WINDOW_AFTER, int(batch.splits[text + 1]))
        if at < link_end:  # inside a link that is removed already
            continue
        if what == bp.LINK:
            link_end = _link_end(batch, at, int(batch.splits[text + 1]))
            removed.extend(range(at, link_end))
            continue
        window = batch.hashes[begin:end].tolist()
        removed.extend(bp.removed_tokens(at, what, window, begin, batch.is_number))
    return np.array(removed, dtype=np.intp)


def _link_end(batch: TokenBatch, at: int, end: int) -> int:
    """One past the last token of a web address, which goes on to the next blank."""
    begin = int(batch.ends[at])
    run = _RUN.match(batch.data, begin)
    place = run.end() if run else begin
    if place == begin:  # «www» alone is a word
        return at
    return min(end, int(np.searchsorted(batch.starts, place)))


def _join(batch: TokenBatch, affixes: IntArray, prefix: npt.NDArray[np.bool_]) -> IntArray:
    """Join prefixes to the next token and suffixes to the one before, inside a text.

    Returns the indices of the tokens that went into the one before them.
    """
    # `glued[j]` says that token j continues the word of token j - 1.
    glued: IntArray = np.unique(np.where(prefix, affixes + 1, affixes))
    firsts = batch.splits[:-1]
    at_start = np.minimum(np.searchsorted(firsts, glued), len(firsts) - 1)
    glued = glued[(firsts[at_start] != glued) & (glued < len(batch.hashes))]
    if not len(glued):
        return glued
    first = np.flatnonzero(np.diff(glued, prepend=-2) != 1)  # where a run of them begins
    return _join_runs(batch, glued[first] - 1, np.diff(first, append=len(glued)) + 1)


def _join_runs(batch: TokenBatch, heads: IntArray, sizes: IntArray) -> IntArray:
    """Make one token of each run of `sizes` tokens that begins at `heads`."""
    if not len(heads):
        return heads
    run_starts = np.cumsum(sizes) - sizes
    members = np.repeat(heads - run_starts, sizes) + np.arange(sizes.sum())
    lengths = batch.lengths[members]
    whole = np.add.reduceat(lengths, run_starts)
    if whole.max() > LONGEST_TOKEN:  # «ها ها ها …»: no word, leave it as it is
        short = whole <= LONGEST_TOKEN
        return _join_runs(batch, heads[short], sizes[short])
    before = np.cumsum(lengths) - lengths
    before -= np.repeat(before[run_starts], sizes)
    batch.hashes[heads] = np.add.reduceat(batch.hashes[members] * POWERS[before], run_starts)
    batch.lengths[heads] = whole
    batch.ends = batch.ends.copy()
    batch.ends[heads] = batch.ends[heads + sizes - 1]
    mask = np.ones(len(batch.hashes), dtype=np.bool_)
    mask[members] = False
    mask[heads] = True
    _keep(batch, mask)
    glued: IntArray = np.flatnonzero(~mask)
    return glued


def token_spans(batch: TokenBatch, text: str) -> list[tuple[int, int]]:
    """Places in `text` of the tokens of a batch made of this one text."""
    begins, stops = character_origins(text)
    # Folded bytes begin with one BOUNDARY, hence -1; ends are exclusive, hence -2.
    return list(zip(begins[batch.starts - 1].tolist(), stops[batch.ends - 2].tolist(), strict=True))
