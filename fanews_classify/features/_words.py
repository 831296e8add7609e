"""What is known of each word when a claim is compared with a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ModelArrayError
from fanews_classify.features._lexicon import LONGEST_PHRASE, Lexicon, Phrase
from fanews_classify.features._morphology import stems
from fanews_classify.features._table import HashTable
from fanews_classify.text._codepage import term_bytes
from fanews_classify.text._hashing import hash_runs, hash_spans, hash_terms
from fanews_classify.text._tokens import TokenBatch

IntArray = npt.NDArray[np.intp]
Int16Array = npt.NDArray[np.int16]

CUES: Final = (
    "neg", "refute", "confirm", "attr", "quest", "doubt", "only", "future", "vague", "silent",
    "verb", "verbneg", "num",
)  # fmt: skip
_SENSES: Final = 4  # of a word, at most
_CATEGORIES: Final = 2
_PREFIX: Final = 5  # letters that stand for the stem of an unknown word
_FIRST_UNKNOWN: Final = 1 << 40  # their stems begin here
# Of the largest weight: names that no text had weigh no more than rare words, or they
# alone would decide what a text has of a claim.
_HEAVIEST: Final = 0.6
_LIGHTEST: Final = 0.01
_LOWEST_DIGIT, _HIGHEST_DIGIT = ord("0"), ord("9")
_QUANTUM: Final = 127.0
_MOST_DIMENSIONS: Final = 1024
_ARRAYS: Final = (
    "idf", "stems", "senses", "opposites", "categories", "cues", "vectors",
    "phrase_senses", "phrase_opposites", "phrase_categories",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The words of a batch of texts, as parallel arrays of shape (n_tokens, …).

    Attributes
    ----------
    ids : ndarray of intp
        Row of each word in the table; the last row is of unknown words.
    stems : ndarray of int64
    idf : ndarray of float32
        From 0.01 to 0.6.
    senses, opposites, categories : ndarray of int16
        Sets of the lexicon that a word is in, or opposed to; 0 for none.
    cues : ndarray of uint16
        A bit for each of `CUES`.
    number : ndarray of bool
    """

    ids: IntArray
    stems: npt.NDArray[np.int64]
    idf: npt.NDArray[np.float32]
    senses: Int16Array
    opposites: Int16Array
    categories: Int16Array
    cues: npt.NDArray[np.uint16]
    number: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class WordTable:
    """Words with their weight, stem, senses and vector; arrays, and two look-ups.

    Attributes
    ----------
    words, phrases : HashTable
        From the hash of a word, or of a run of words, to its row. Each array
        has one row more: for what is unknown.
    arrays : mapping of str to ndarray
        ``idf`` (float32), ``stems`` (int32), ``senses``, ``opposites``,
        ``categories`` (int16), ``cues`` (uint16), ``vectors`` (int8), and the
        first of them for phrases.
    """

    words: HashTable
    phrases: HashTable
    arrays: Mapping[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        return self.words.size

    def read(self, batch: TokenBatch) -> Words:
        """Look up the words of a batch."""
        arrays, hashes = self.arrays, batch.hashes
        ids = self.words.lookup(hashes)
        data = np.frombuffer(batch.data, dtype=np.uint8)
        starts = batch.starts
        stem = arrays["stems"].take(ids).astype(np.int64)
        unknown = (ids == self.words.size).nonzero()[0]
        if len(unknown):
            begins = starts[unknown]
            prefixes = hash_spans(data, begins, np.minimum(batch.ends[unknown], begins + _PREFIX))
            stem[unknown] = (prefixes >> np.uint64(2)).astype(np.int64) | _FIRST_UNKNOWN
        meaning = [arrays[name].take(ids, axis=0) for name in ("senses", "opposites", "categories")]
        self._read_phrases(batch, meaning)
        cues = arrays["cues"].take(ids)
        digits = (data[starts] >= _LOWEST_DIGIT) & (data[starts] <= _HIGHEST_DIGIT)
        number = digits | ((cues & cue_bit("num")) > 0)
        senses, opposites, categories = meaning
        idf = arrays["idf"].take(ids)
        return Words(ids, stem, idf, senses, opposites, categories, cues, number)

    def vectors(self, ids: IntArray) -> npt.NDArray[np.float32]:
        """Return vectors of unit length, or zeros, shape (*ids.shape, dimensions)."""
        found: npt.NDArray[np.float32] = self.arrays["vectors"].take(ids, axis=0).astype(np.float32)
        found *= np.float32(1.0 / _QUANTUM)
        return found

    def _read_phrases(self, batch: TokenBatch, meaning: list[npt.NDArray[Any]]) -> None:
        """Give the words of a phrase the senses of the phrase; the longest one counts."""
        if not self.phrases.size:
            return
        run = hashes = batch.hashes
        text = np.repeat(np.arange(len(batch.splits) - 1), np.diff(batch.splits))
        for n in range(2, LONGEST_PHRASE + 1):
            if len(hashes) < n:
                return
            run = hash_runs(run[:-1], hashes[n - 1 :])
            ids = self.phrases.lookup(run)
            found = ids < self.phrases.size
            found &= text[n - 1 :] == text[: len(text) - n + 1]
            at = found.nonzero()[0]
            for name, array in zip(("senses", "opposites", "categories"), meaning, strict=True):
                rows = self.arrays[f"phrase_{name}"].take(ids[at], axis=0)
                for shift in range(n):
                    array[at + shift] = rows

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return all arrays, for a model file."""
        made = {f"word_{name}": self.arrays[name] for name in _ARRAYS}
        for name, table in (("words", self.words), ("phrases", self.phrases)):
            made[f"{name}_entries"] = table.entries
            made[f"{name}_displacements"] = table.displacements
        return made

    def to_json(self) -> dict[str, Any]:
        """Return what of the tables is no array."""
        return {
            name: {"multiplier": f"{table.multiplier:016x}", "size": table.size}
            for name, table in (("words", self.words), ("phrases", self.phrases))
        }

    @classmethod
    def from_arrays(
        cls, values: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
    ) -> WordTable:
        """Read back what `to_json` and `to_arrays` gave.

        Raises
        ------
        ModelArrayError
            If the arrays do not fit together.
        """
        tables = [
            HashTable(
                arrays[f"{name}_entries"],
                arrays[f"{name}_displacements"],
                int(values[name]["multiplier"], 16),
                int(values[name]["size"]),
            )
            for name in ("words", "phrases")
        ]
        for name, table in zip(("words", "phrases"), tables, strict=True):
            if table.entries.dtype != np.uint64 or table.displacements.dtype != np.uint32:
                raise ModelArrayError(f"the table of {name} has an unexpected type")
            table.check()
        made = cls(tables[0], tables[1], {name: arrays[f"word_{name}"] for name in _ARRAYS})
        made._check()
        return made

    def _check(self) -> None:
        types = {"idf": "f4", "stems": "i4", "cues": "u2", "vectors": "i1"}
        columns = {"senses": _SENSES, "opposites": _SENSES, "categories": _CATEGORIES}
        for name, array in self.arrays.items():
            rows = self.phrases.size if name.startswith("phrase_") else self.words.size
            kind = types.get(name, "i2")
            if array.dtype != np.dtype(kind) or len(array) != rows + 1:
                raise ModelArrayError(f"the array {name} does not fit the words")
            if name == "idf" and not ((array > 0) & (array <= 1)).all():
                raise ModelArrayError("a word has no weight, or one above 1")
            wanted = columns.get(name.removeprefix("phrase_"))
            if array.ndim != 1 + (name == "vectors" or wanted is not None):
                raise ModelArrayError(f"the array {name} has {array.ndim} dimensions")
            if wanted is not None and array.shape[1] != wanted:
                raise ModelArrayError(f"the array {name} has {array.shape[1]} columns")
        if not 1 <= self.arrays["vectors"].shape[1] <= _MOST_DIMENSIONS:
            raise ModelArrayError(f"word vectors have 1 to {_MOST_DIMENSIONS} dimensions")


def cue_bit(name: str) -> np.uint16:
    """Return the bit of a cue."""
    return np.uint16(1 << CUES.index(name))


def build_words(
    words: Sequence[str],
    counts: npt.NDArray[np.int64],
    n_texts: int,
    vectors: npt.NDArray[np.float32],
    lexicon: Lexicon,
) -> WordTable:
    """Make the table of the words of a corpus and of a lexicon.

    Parameters
    ----------
    words : sequence of str
        Folded, different.
    counts : ndarray of int64, shape (n_words,)
        In how many texts each stands.
    n_texts : int
    vectors : ndarray of float32, shape (n_words, dimensions)
        Of unit length, or zeros.
    lexicon : Lexicon
    """
    meaning = _Meaning.of(lexicon)
    singles = [phrase[0] for phrase in meaning.sets if len(phrase) == 1]
    known = set(words)
    every = [*words, *dict.fromkeys(word for word in singles if word not in known)]
    added = len(every) - len(words)
    stem, verbs, negatives = stems(every, lexicon)
    rarity = np.log((n_texts + 1) / (np.append(counts, np.full(added + 1, 2)) + 1.0))
    number = {name: i for i, name in enumerate(dict.fromkeys(stem.values()))}
    of_stem = meaning.by_stem(stem)
    rows = [meaning.rows(word, of_stem.get(stem[word])) for word in every]
    cues = _cues(every, lexicon, verbs, negatives)
    runs = [phrase for phrase in meaning.sets if len(phrase) > 1]
    phrase_rows = [meaning.rows(phrase, None) for phrase in runs]
    quantized = np.rint(vectors * _QUANTUM).astype(np.int8)
    arrays: dict[str, npt.NDArray[Any]] = {
        "idf": _weights(rarity),
        "stems": np.array([number[stem[word]] for word in every] + [-1], dtype=np.int32),
        "cues": np.array([*cues, 0], dtype=np.uint16),
        "vectors": np.concatenate(
            [quantized, np.zeros((added + 1, vectors.shape[1]), dtype=np.int8)]
        ),
    }
    for prefix, listed in (("", rows), ("phrase_", phrase_rows)):
        for column, (name, width) in enumerate(_Meaning.COLUMNS):
            array = np.zeros((len(listed) + 1, width), dtype=np.int16)
            for i, row in enumerate(listed):
                array[i, : len(row[column])] = row[column][:width]
            arrays[prefix + name] = array
    return WordTable(
        HashTable.build(hash_terms([term_bytes(word) for word in every])),
        HashTable.build(hash_terms([term_bytes(" ".join(run)) for run in runs])),
        arrays,
    )


def _weights(rarity: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Scale to at most _HEAVIEST; never 0, which would leave a claim without any weight."""
    share = rarity / max(float(rarity.max()), 1e-9)
    return np.clip(share, _LIGHTEST, _HEAVIEST).astype(np.float32)


@dataclass(frozen=True)
class _Meaning:
    """Numbers of the sets that each word or phrase is in."""

    sets: dict[Phrase, tuple[list[int], list[int], list[int]]]

    COLUMNS = (("senses", _SENSES), ("opposites", _SENSES), ("categories", _CATEGORIES))

    @classmethod
    def of(cls, lexicon: Lexicon) -> _Meaning:
        sets: dict[Phrase, tuple[list[int], list[int], list[int]]] = {}
        count = 0

        def entry(phrase: Phrase) -> tuple[list[int], list[int], list[int]]:
            return sets.setdefault(phrase, ([], [], []))

        for same, against in lexicon.synonyms:
            count += 1
            meaning = count
            count += bool(against)
            for phrase in same:
                entry(phrase)[0].append(meaning)
                if against:
                    entry(phrase)[1].append(count)
            for phrase in against:
                entry(phrase)[0].append(count)
                entry(phrase)[1].append(meaning)
        for number, name in enumerate(sorted(lexicon.categories), 1):
            for phrase in dict.fromkeys(lexicon.categories[name]):
                entry(phrase)[2].append(number)
        return cls(sets)

    def by_stem(self, stem: Mapping[str, str]) -> dict[str, tuple[list[int], ...]]:
        """Join the sets of the words of one stem."""
        found: dict[str, tuple[list[int], ...]] = {}
        for phrase, listed in self.sets.items():
            if len(phrase) == 1:
                joined = found.setdefault(stem[phrase[0]], ([], [], []))
                for all_of_stem, own in zip(joined, listed, strict=True):
                    all_of_stem += [number for number in own if number not in all_of_stem]
        return found

    def rows(
        self, words: str | Phrase, of_stem: tuple[list[int], ...] | None
    ) -> tuple[list[int], ...]:
        """Return the sets of a word: its own first, then those of its stem."""
        phrase = (words,) if isinstance(words, str) else words
        own = self.sets.get(phrase, ([], [], []))
        rest: tuple[list[int], ...] = of_stem or ([], [], [])
        return tuple(list(dict.fromkeys(a + b)) for a, b in zip(own, rest, strict=True))


def _cues(
    words: Sequence[str], lexicon: Lexicon, verbs: set[str], negatives: set[str]
) -> list[int]:
    figures = {name[0] for names in lexicon.numbers.values() for name in names if len(name) == 1}
    listed = {
        name: {phrase[0] for phrase in lexicon.cues.get(name, ()) if len(phrase) == 1}
        for name in CUES
    }
    listed["verb"], listed["verbneg"] = verbs, negatives
    found = []
    for word in words:
        bits = sum(1 << i for i, name in enumerate(CUES) if word in listed[name])
        if word.isdigit() or word in figures:
            bits |= int(cue_bit("num"))
        found.append(bits)
    return found
