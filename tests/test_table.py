from __future__ import annotations

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from fanews_classify.errors import ModelArrayError
from fanews_classify.features._table import HashTable
from fanews_classify.features._terms import word_runs
from fanews_classify.text._hashing import WINDOW, hash_bytes, hash_spans, hash_terms
from fanews_classify.text._tokens import tokenize_batch

hashes = hnp.arrays(np.uint64, st.integers(0, 300), elements=st.integers(0, 2**64 - 1), unique=True)


@given(hashes, hashes)
def test_finds_its_own_and_nothing_else(inside: np.ndarray, other: np.ndarray) -> None:
    table = HashTable.build(inside)
    assert np.array_equal(table.lookup(inside), np.arange(len(inside)))
    strangers = other[~np.isin(other, inside)]
    assert (table.lookup(strangers) == table.size).all()
    table.check()


def test_large_table_stays_half_full() -> None:
    values = np.random.default_rng(0).integers(0, 2**63, 70_000).astype(np.uint64)
    table = HashTable.build(values)
    assert np.array_equal(table.lookup(values), np.arange(len(values)))
    assert len(table.entries) <= 4 * len(values)


def test_a_term_twice_is_refused() -> None:
    with pytest.raises(ModelArrayError, match="twice"):
        HashTable.build(np.array([5, 7, 5], dtype=np.uint64))


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=30))
def test_spans_hash_like_single_terms(terms: list[bytes]) -> None:
    data = np.frombuffer(b"".join(terms), dtype=np.uint8)
    ends = np.cumsum([len(term) for term in terms])
    starts = ends - [len(term) for term in terms]
    found = hash_spans(data, starts, ends)
    assert found.tolist() == [hash_bytes(term) for term in terms]
    assert hash_terms(terms, runs=False).tolist() == found.tolist()


def test_runs_hash_by_their_words() -> None:
    single, pair, other, three = hash_terms([b"ab", b"ab c", b"a bc", b"ab c d"]).tolist()
    assert len({single, pair, other, three}) == 4
    assert single == hash_bytes(b"ab")
    table = HashTable.build(np.array([pair, three], dtype=np.uint64))
    found = word_runs(tokenize_batch(["ab c d", "ab", "c"]), (2, 3))
    assert table.lookup(found.ravel()).reshape(found.shape)[0].tolist() == [0, 1]


def test_a_full_window() -> None:
    data = np.full(WINDOW, 200, dtype=np.uint8)
    last = hash_spans(data, np.array([WINDOW - 3]), np.array([WINDOW]))
    assert last.tolist() == [hash_bytes(b"\xc8" * 3)]
