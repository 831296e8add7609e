"""From texts to token hashes, a batch at a time and no object for a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

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
from fanews_classify.text._hashing import BLANK, WINDOW, UInt64Array, hash_spans
from fanews_classify.text._markup import blank_markup
from fanews_classify.text._rewrite import needs_rewrite, rewrite
from fanews_classify.text._rules import LONGEST_TOKEN, apply_rules

IntArray = npt.NDArray[np.intp]

_SEPARATORS: Final = bytes(range(FIRST_LETTER))
_BOUNDARY_CODE: Final = encode(BOUNDARY_CHAR)


@dataclass(slots=True, eq=False)
class TokenBatch:
    """Tokens of a batch of texts, as parallel arrays.

    Attributes
    ----------
    hashes : ndarray of uint64, shape (n_tokens,)
    splits : ndarray of intp, shape (n_texts + 1,)
        Tokens ``splits[i]:splits[i + 1]`` are those of text ``i``.
    data : bytes
        The folded bytes.
    """

    hashes: UInt64Array
    splits: IntArray
    data: bytes
    _raw_starts: IntArray
    _raw_ends: IntArray
    _kept: IntArray | slice

    @property
    def starts(self) -> IntArray:
        """Places in `data` where tokens begin, shape (n_tokens,)."""
        return self._raw_starts[self._kept]

    @property
    def ends(self) -> IntArray:
        """Where they end; a joined token («می شود») holds a separator."""
        return self._raw_ends[self._kept]

    def __len__(self) -> int:
        return len(self.hashes)

    def head(self, count: int) -> TokenBatch:
        """Return the first `count` tokens of each text."""
        index, splits = heads(self.splits, count)
        return self if index is None else self._part(index, splits)

    def between(self, begin: int, end: int) -> TokenBatch:
        """Return tokens `begin` to `end` as a batch of one text."""
        return self._part(np.arange(begin, end), np.array([0, end - begin], dtype=np.intp))

    def recut(self, splits: IntArray) -> TokenBatch:
        """Return the same tokens, cut into other texts."""
        return replace(self, splits=splits)

    def is_number(self, token: int) -> bool:
        """Tell whether a token is made of digits."""
        return self.term(token).isdigit()

    def term(self, token: int) -> bytes:
        """Return one token's folded bytes."""
        at = token if isinstance(self._kept, slice) else int(self._kept[token])
        return self.data[self._raw_starts[at] : self._raw_ends[at]].translate(None, _SEPARATORS)

    def padded(self, tokens: IntArray) -> tuple[npt.NDArray[np.uint8], IntArray]:
        """Return the letters of tokens, a blank before and after each, and their lengths."""
        lengths = self.ends[tokens] - self.starts[tokens]
        begins = np.cumsum(lengths) - lengths
        places = np.arange(lengths.sum()) + np.repeat(self.starts[tokens] - begins, lengths)
        letters = np.frombuffer(self.data, dtype=np.uint8)[places]
        inside = letters >= FIRST_LETTER  # joined tokens hold separators
        if not inside.all():
            lengths = np.add.reduceat(inside, begins, dtype=np.intp)
            letters = letters[inside]
        sizes = lengths + 2
        data = np.full(sizes.sum(), ord(BLANK), dtype=np.uint8)
        data[np.arange(len(letters)) + np.repeat(2 * np.arange(len(sizes)) + 1, lengths)] = letters
        return data, sizes

    def _part(self, index: IntArray | slice, splits: IntArray) -> TokenBatch:
        kept = index if isinstance(self._kept, slice) else self._kept[index]
        return TokenBatch(
            self.hashes[index], splits, self.data, self._raw_starts, self._raw_ends, kept
        )


def heads(splits: IntArray, count: int) -> tuple[IntArray | slice | None, IntArray]:
    """Select the first `count` tokens of each text.

    Returns
    -------
    index : ndarray of intp, slice or None
        Which tokens; None for all of them.
    splits : ndarray of intp, shape (n_texts + 1,)
        Where the texts begin among the selected.
    """
    if len(splits) == 2:
        return (None, splits) if splits[1] <= count else (slice(count), np.array([0, count]))
    size = splits[1:] - splits[:-1]
    if not len(size) or size.max() <= count:
        return None, splits
    kept = np.minimum(size, count)
    selected = np.concatenate((np.zeros(1, dtype=np.intp), np.cumsum(kept)))
    return np.arange(selected[-1]) + np.repeat(splits[:-1] - selected[:-1], kept), selected


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
    starts, ends = find_tokens(codes)
    if len(texts) == 1:
        splits = np.array([0, len(starts)])
    else:
        splits = starts.searchsorted((codes == BOUNDARY).nonzero()[0])
    lengths = ends - starts
    if len(lengths) and np.maximum.reduce(lengths) > LONGEST_TOKEN:
        short = lengths <= LONGEST_TOKEN
        splits = np.concatenate(([0], short.cumsum()))[splits]
        starts, ends = starts[short], ends[short]
    hashes = hash_spans(codes, starts, ends)
    batch = TokenBatch(hashes, splits, data, starts, ends, slice(None))
    apply_rules(batch, remove_boilerplate=not boilerplate, join_affixes=join_affixes)
    return batch


def find_tokens(codes: npt.NDArray[np.uint8]) -> tuple[IntArray, IntArray]:
    """Return where the runs of letters begin and end; separators stand at both ends of `codes`."""
    is_letter = codes >= FIRST_LETTER
    edges = (is_letter[1:] != is_letter[:-1]).nonzero()[0]
    edges += 1
    return edges[0::2], edges[1::2]


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
        character, or a whole entity. Several bytes may come from the same.
    """
    origin: IntArray | None = None
    if needs_rewrite(text, [c for c in set(text) if c not in IN_PAGE]):
        text, origin = rewrite(text)
    raw = np.frombuffer(encode(text), dtype=np.uint8)
    kept = np.flatnonzero(~np.isin(raw, np.frombuffer(DELETED, dtype=np.uint8)))
    if origin is None:
        return kept, kept + 1
    begins = origin[kept]
    return begins, origin[origin.searchsorted(begins, side="right")]


def token_spans(batch: TokenBatch, text: str) -> list[tuple[int, int]]:
    """Places in `text` of the tokens of a batch made of this one text."""
    begins, stops = character_origins(text)
    # Folded bytes begin with one BOUNDARY, hence -1; ends are exclusive, hence -2.
    return list(zip(begins[batch.starts - 1].tolist(), stops[batch.ends - 2].tolist(), strict=True))
