"""An immutable hash table made of plain arrays, probed for a whole batch.

Cuckoo hashing (Pagh and Rodler, 2004): a key lies in one of two places, so a
look-up is two gathers whatever the load, nothing is built when a model is
loaded, and the arrays may be mapped from the model file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ModelArrayError

UInt64Array = npt.NDArray[np.uint64]
IntArray = npt.NDArray[np.intp]

_MIX_FIRST: Final = np.uint64(0xD6E8FEB86659FD93)
_MIX_SECOND: Final = np.uint64(0xA0761D6478BD642F)
_HALF: Final = np.uint64(32)
_MAX_ROUNDS: Final = 400


@dataclass(frozen=True, slots=True)
class HashTable:
    """Look-up from 64-bit hashes to ids.

    Attributes
    ----------
    fingerprints : ndarray of uint32, shape (2**k,)
        Low bits of the mixed hash; 0 where the slot is empty.
    ids : ndarray of int32, shape (2**k,)
        The id stored in each slot; -1 where it is empty.
    """

    fingerprints: npt.NDArray[np.uint32]
    ids: npt.NDArray[np.int32]

    @classmethod
    def build(cls, hashes: UInt64Array) -> HashTable:
        """Build a table in which ``hashes[i]`` has id ``i``.

        Raises
        ------
        ModelArrayError
            If two hashes are equal, or cannot be told apart by the table.
        """
        bits = max(4, int(np.ceil(np.log2(max(1, len(hashes)) * 2.1))))
        if len(np.unique(hashes)) != len(hashes):
            raise ModelArrayError("the vocabulary holds a term twice; every term must be unique")
        for extra in range(3):
            owner = _place(hashes, bits + extra)
            if owner is not None:
                break
        else:
            raise ModelArrayError("the vocabulary's hashes collide; drop one of the equal terms")
        filled = owner >= 0
        fingerprints = np.zeros(len(owner), dtype=np.uint32)
        fingerprints[filled] = _mix(hashes[owner[filled]])[1]
        return cls(fingerprints, owner.astype(np.int32))

    def find(self, hashes: UInt64Array) -> tuple[IntArray, npt.NDArray[np.int32]]:
        """Find the hashes that are in the table.

        Returns
        -------
        places : ndarray of intp
            Where in `hashes` they stand, in no particular order.
        ids : ndarray of int32
            Their ids.
        """
        shift = np.uint64(64 - (len(self.ids) - 1).bit_length())
        mixed, wanted = _mix(hashes)
        slots = _index(mixed >> shift)
        hit = self.fingerprints[slots] == wanted
        first, rest = np.flatnonzero(hit), np.flatnonzero(~hit)
        if not len(rest):
            return first, self.ids[slots]
        other = _index(_second(mixed[rest]) >> shift)
        again = np.flatnonzero(self.fingerprints[other] == wanted[rest])
        return (
            np.concatenate((first, rest[again])),
            np.concatenate((self.ids[slots[first]], self.ids[other[again]])),
        )

    def lookup(self, hashes: UInt64Array) -> npt.NDArray[np.int32]:
        """Return the id of each hash, -1 for those not in the table."""
        found: npt.NDArray[np.int32] = np.full(len(hashes), -1, dtype=np.int32)
        places, ids = self.find(hashes)
        found[places] = ids
        return found


def _index(slots: UInt64Array) -> npt.NDArray[np.int64]:
    """View as signed: numpy copies an array of unsigned indices before using it."""
    return slots.view(np.int64)


def _mix(hashes: UInt64Array) -> tuple[UInt64Array, npt.NDArray[np.uint32]]:
    mixed: UInt64Array = hashes >> _HALF
    mixed ^= hashes
    mixed *= _MIX_FIRST
    wanted = mixed.astype(np.uint32)
    np.maximum(wanted, np.uint32(1), out=wanted)  # 0 marks an empty slot
    return mixed, wanted


def _second(mixed: UInt64Array) -> UInt64Array:
    other: UInt64Array = mixed ^ (mixed >> _HALF)
    other *= _MIX_SECOND
    return other


def _place(hashes: UInt64Array, bits: int) -> npt.NDArray[np.int64] | None:
    """Find a slot for every hash, all at once; None if they do not fit."""
    shift = np.uint64(64 - bits)
    mixed, wanted = _mix(hashes)
    slots = np.stack([mixed >> shift, _second(mixed) >> shift]).astype(np.int64)
    same = np.stack([slots.min(axis=0), slots.max(axis=0), wanted.astype(np.int64)])
    if np.unique(same, axis=1).shape[1] != len(hashes):
        return None  # same slots and fingerprint: a larger table may part them
    owner = np.full(1 << bits, -1, dtype=np.int64)
    choice = np.zeros(len(hashes), dtype=np.int64)
    pending = np.arange(len(hashes))
    for _ in range(_MAX_ROUNDS):
        if not len(pending):
            return owner
        wish = slots[choice[pending], pending]
        before = owner[wish]
        owner[wish] = pending
        won = owner[wish] == pending
        evicted = before[won]
        pending = np.concatenate((pending[~won], evicted[evicted >= 0]))
        choice[pending] ^= 1
    return None
