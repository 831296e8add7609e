"""Texts that are the same, or nearly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from fanews_classify.text._tokens import batches, tokenize_batch
from fanews_classify.training.groups import near_duplicate_groups

_BYTES: Final = 16


def fingerprints(texts: Sequence[str]) -> list[bytes]:
    """Return a digest of each text's words; ``b""`` for a text without a word.

    Texts that differ in Arabic letters, half-spaces, punctuation or an agency's
    signature only have the same.

    Examples
    --------
    >>> first, second, none = fingerprints(["كتاب‌ها را خواند.", "کتاب ها را خواند", "!"])
    >>> first == second, none
    (True, b'')
    """
    found: list[bytes] = []
    for begin, end in batches(texts):
        batch = tokenize_batch(texts[begin:end])
        cuts = batch.splits.tolist()
        for i in range(end - begin):
            words = batch.hashes[cuts[i] : cuts[i + 1]].tobytes()
            found.append(hashlib.blake2b(words, digest_size=_BYTES).digest() if words else b"")
    return found


class Seen:
    """Tells the texts that are not like any earlier one.

    Parameters
    ----------
    labelled : sequence of str
        Texts that count as seen from the beginning.
    """

    def __init__(self, labelled: Sequence[str]) -> None:
        self._texts = list(labelled)
        self._digests = set(fingerprints(self._texts))

    def new(self, texts: Sequence[str]) -> Iterator[int]:
        """Yield the indices of texts that have words and are like none before; they are seen now.

        Parameters
        ----------
        texts : sequence of str
        """
        different: list[int] = []
        for i, digest in enumerate(fingerprints(texts)):
            if digest and digest not in self._digests:
                self._digests.add(digest)
                different.append(i)
        before = len(self._texts)
        groups = near_duplicate_groups([*self._texts, *(texts[i] for i in different)])
        for position, i in enumerate(different, before):
            if groups[position] == position:  # a group has the number of its first text
                self._texts.append(texts[i])
                yield i
