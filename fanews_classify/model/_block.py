"""What every block of features and weights is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ModelArrayError
from fanews_classify.features._extractor import AnalyzerOptions
from fanews_classify.features._table import HashTable
from fanews_classify.text._codepage import decode
from fanews_classify.text._tokens import TokenBatch

FloatArray = npt.NDArray[np.float64]
Tokenization = tuple[bool, bool]
ByteSpan = tuple[int, int]
"""First and last folded byte of a term."""


@dataclass(frozen=True, eq=False)
class Block:
    """Terms and their weights.

    Attributes
    ----------
    options : AnalyzerOptions
    table : HashTable
        From hashes of terms to their ids.
    terms_blob : ndarray of uint8
        Terms in folded bytes, one a line, in the order of their ids; decoded
        when names are asked for.
    """

    options: AnalyzerOptions
    table: HashTable
    terms_blob: npt.NDArray[np.uint8] = field(repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was made for speed: other processes make it where they need it."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    @property
    def tokenization(self) -> Tokenization:
        """What of the options changes the tokens."""
        return self.options.remove_boilerplate, self.options.join_affixes

    @property
    def n_columns(self) -> int:
        """How many labels there are weights for."""
        raise NotImplementedError

    @property
    def weights(self) -> npt.NDArray[np.float32]:
        """Weights of the terms at a TF-IDF value of 1, shape (n_terms, n_columns)."""
        raise NotImplementedError

    @cached_property
    def terms(self) -> list[str]:
        """Terms as text, in the order of their ids."""
        return [decode(term) for term in self.term_bytes()]

    def term_bytes(self) -> list[bytes]:
        """Return the terms in folded bytes, in the order of their ids."""
        return self.terms_blob.tobytes().split(b"\n") if len(self.terms_blob) else []

    def score(self, batch: TokenBatch) -> tuple[FloatArray, FloatArray]:
        """Score tokenized texts.

        Returns
        -------
        scores : ndarray of float64, shape (n_texts, n_columns)
        known : ndarray of float64, shape (n_texts,)
            How much of each text the block knows; 0 for nothing.
        """
        raise NotImplementedError

    def contributions(self, batch: TokenBatch, column: int) -> Iterator[tuple[ByteSpan, float]]:
        """Yield what every occurrence of a known term adds to the score of one text."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise ModelArrayError if the arrays do not fit together."""
        self.table.check()
        n_terms = np.count_nonzero(self.terms_blob == ord("\n")) + (len(self.terms_blob) > 0)
        if n_terms != self.table.size:
            raise ModelArrayError("the model's list of terms and its hash table differ in length")
