"""An immutable hash table made of plain arrays, probed for a whole batch.

Hash and displace (Pagh, 1999; Belazzougui, Botelho and Dietzfelbinger, 2009):
keys are parted into small buckets, and for each bucket a displacement is
stored that sends its keys to slots of their own. So a look-up is one probe
whatever the key, without a branch; nothing is built when a model is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ModelArrayError

UInt64Array = npt.NDArray[np.uint64]
IdArray = npt.NDArray[np.int64]

ID_BITS: Final = 24
MOST_TERMS: Final = (1 << ID_BITS) - 1
_ID_MASK: Final = np.uint64(MOST_TERMS)
_EMPTY: Final = np.uint64(MOST_TERMS)  # no id is that large: an empty slot is an unknown term
_FINGERPRINT_SHIFT: Final = np.uint64(ID_BITS)
_BUCKET_SHIFT: Final = np.uint64(8)
_BUCKET_BITS: Final = 2  # so many bits fewer than for the slots
_MULTIPLIER: Final = 0xD6E8FEB86659FD93
_STEP: Final = 0xA0761D6478BD642E  # even: multipliers stay odd
_SCRAMBLE: Final = 0x9E3779B1
_MULTIPLIERS: Final = 32
_MAX_ROUNDS: Final = 1024


@dataclass(frozen=True, slots=True, eq=False)
class HashTable:
    """Look-up from 64-bit hashes to ids.

    Attributes
    ----------
    entries : ndarray of uint64, shape (2**k,)
        In each slot the low bits of the mixed hash, and below them the id.
    displacements : ndarray of uint32, shape (2**(k - 2),)
        For each bucket what its slots are combined with (exclusive or).
    multiplier : int
        Mixes the hashes.
    size : int
        How many terms there are; their ids are ``0 … size - 1``.
    """

    entries: UInt64Array
    displacements: npt.NDArray[np.uint32]
    multiplier: int
    size: int

    @classmethod
    def build(cls, hashes: UInt64Array) -> HashTable:
        """Build a table in which ``hashes[i]`` has id ``i``.

        Raises
        ------
        ModelArrayError
            If two hashes are equal, or there are too many.
        """
        if len(hashes) > MOST_TERMS:
            raise ModelArrayError(
                f"the vocabulary has {len(hashes)} terms; at most {MOST_TERMS} fit, so set "
                "max_features or a higher min_df"
            )
        if len(np.unique(hashes)) != len(hashes):
            raise ModelArrayError("the vocabulary holds a term twice; every term must be unique")
        bits = max(4, int(np.ceil(np.log2(max(1, len(hashes)) * 1.6))))
        for attempt in range(_MULTIPLIERS):
            multiplier = (_MULTIPLIER + attempt * _STEP) % (1 << 64)
            made = _place(hashes * np.uint64(multiplier), bits + attempt // 8)
            if made is not None:
                return cls(*made, multiplier, len(hashes))
        raise ModelArrayError("the vocabulary's hashes collide; drop one of the equal terms")

    def lookup(self, hashes: UInt64Array) -> IdArray:
        """Return the id of each hash, `size` for those not in the table."""
        mixed = hashes * np.uint64(self.multiplier)
        buckets = mixed >> _BUCKET_SHIFT
        buckets &= np.uint64(len(self.displacements) - 1)
        slots = mixed >> np.uint64(65 - len(self.entries).bit_length())
        slots ^= self.displacements.take(_index(buckets))
        found = self.entries.take(_index(slots))
        mixed <<= _FINGERPRINT_SHIFT
        found ^= mixed  # equal fingerprints leave the id alone
        return _index(np.minimum(found, np.uint64(self.size), out=found))

    def check(self) -> None:
        """Raise ModelArrayError if the arrays cannot be such a table."""
        if self.entries.ndim != 1 or self.displacements.ndim != 1:
            raise ModelArrayError("the model's hash table has rows and columns")
        n_slots, n_buckets = len(self.entries), len(self.displacements)
        if n_slots < 16 or n_slots & (n_slots - 1) or n_buckets != n_slots >> _BUCKET_BITS:
            raise ModelArrayError("the model's hash table does not have a power of two of slots")
        if not 0 < self.multiplier < 1 << 64 or (n_buckets and self.displacements.max() >= n_slots):
            raise ModelArrayError("the model's hash table points outside itself")
        ids = _index(self.entries & _ID_MASK)
        empty = np.count_nonzero(ids == MOST_TERMS)
        if not 0 <= self.size == n_slots - empty:
            raise ModelArrayError("the model's hash table does not hold each of its terms once")
        times = np.bincount(np.minimum(ids, self.size, out=ids), minlength=self.size + 1)
        if times[-1] != empty or (times[:-1] != 1).any():
            raise ModelArrayError("the model's hash table does not hold each of its terms once")


def _index(values: UInt64Array) -> IdArray:
    """View as signed: numpy copies an array of unsigned indices before using it."""
    return values.view(np.int64)


def _place(mixed: UInt64Array, bits: int) -> tuple[UInt64Array, npt.NDArray[np.uint32]] | None:
    """Find displacements that give every key a slot of its own; None if there are none.

    All buckets without a place try the same displacement at once. Where two
    want a slot, the larger bucket has it, for it has fewer chances.
    """
    n_buckets, mask = 1 << (bits - _BUCKET_BITS), (1 << bits) - 1
    bucket = _index((mixed >> _BUCKET_SHIFT) & np.uint64(n_buckets - 1))
    base = _index(mixed >> np.uint64(64 - bits))
    if len(np.unique(bucket << bits | base)) != len(mixed):
        return None  # of one bucket, and wanting one slot whatever the displacement
    size = np.bincount(bucket, minlength=n_buckets)
    pending = np.lexsort((np.arange(len(mixed)), size[bucket]))
    displacements = np.zeros(n_buckets, dtype=np.uint32)
    owner = np.full(1 << bits, -1, dtype=np.int64)
    claim = np.empty(1 << bits, dtype=np.int64)
    for round_ in range(_MAX_ROUNDS):
        if not len(pending):
            break
        displacement = round_ * _SCRAMBLE & mask
        slots = base[pending] ^ displacement
        claim[slots] = pending  # of equal slots the last one, of the largest bucket, stays
        lost = (owner[slots] >= 0) | (claim[slots] != pending)
        lost_bucket = np.zeros(n_buckets, dtype=np.bool_)
        lost_bucket[bucket[pending[lost]]] = True
        won = ~lost_bucket[bucket[pending]]
        owner[slots[won]] = pending[won]
        displacements[bucket[pending[won]]] = displacement
        pending = pending[~won]
    if len(pending):
        return None
    entries = np.full(1 << bits, _EMPTY, dtype=np.uint64)
    filled = np.flatnonzero(owner >= 0)
    ids = owner[filled].astype(np.uint64)
    entries[filled] = (mixed[owner[filled]] << _FINGERPRINT_SHIFT) | ids
    return entries, displacements
