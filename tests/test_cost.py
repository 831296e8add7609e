"""What an answer costs, counted and not timed, so that it cannot grow unseen."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fanews_classify as fc
from fanews_classify.model._packing import LARGEST, MOST, pack, quantize, sum_segments, unpack
from fanews_classify.model._store import BUNDLED
from fanews_classify.model._summed import SummedBlock
from fanews_classify.scale.processes import in_processes

SENTENCE = (
    "نماینده مجلس گفت بودجه درمان در سال آینده ده درصد افزایش می یابد و بیمه‌ها طلب را می‌پردازند. "
)


def calls(function: Callable[[], object]) -> int:
    """Count the calls of Python and C functions."""
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def peak(function: Callable[[], object]) -> int:
    """Return the most bytes that were allocated at once, numpy's arrays among them."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_one_answer_takes_few_calls_however_long_the_text(section: fc.NewsClassifier) -> None:
    section.predict(SENTENCE)  # what is made once is not counted
    short, long = (calls(lambda n=n: section.predict(SENTENCE * n)) for n in (1, 100))
    assert short <= 160
    # No call for a word: 100 times as many words take the calls that find the lead, no more.
    assert long <= short + 40


def test_a_batch_takes_few_calls_for_each_text(section: fc.NewsClassifier) -> None:
    few, many = (calls(lambda n=n: section.predict([SENTENCE] * n)) for n in (100, 200))
    assert many - few <= 8 * 100


def test_memory_is_that_of_one_window(section: fc.NewsClassifier) -> None:
    texts = [SENTENCE * 20] * 2000
    section.predict(texts[:50])
    assert peak(lambda: section.predict(texts)) < 8 * 2**20


def test_a_stream_holds_no_more_than_one_batch(section: fc.NewsClassifier) -> None:
    def consume(count: int) -> None:
        for _ in section.stream(SENTENCE + str(i) for i in range(count)):
            pass

    consume(2000)
    few, many = peak(lambda: consume(3000)), peak(lambda: consume(30_000))
    assert many < 1.3 * few


def test_loading_allocates_little_more_than_the_file() -> None:
    size = (BUNDLED / "section.fanews").stat().st_size
    assert peak(lambda: fc.load("section")) < 2.5 * size


@pytest.mark.parametrize("name", ["section", "topic", "stance", "claim_stance"])
def test_bundled_models_stay_small(name: str) -> None:
    assert (BUNDLED / f"{name}.fanews").stat().st_size < 5 * 10**6


def test_one_model_imports_no_more_than_it_needs() -> None:
    code = """
import sys
import numpy
before = set(sys.modules)
import fanews_classify as fc
fc.load("section").predict("تیم ملی فوتبال")
new = set(sys.modules) - before
ours = {name for name in new if name.startswith("fanews_classify")}
print(*sorted(ours))
print(*sorted({name.split(".")[0] for name in new - ours}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours, others = (set(line.split()) for line in done.stdout.splitlines())
    other_kinds = {"topics", "stance", "_focus", "_passages", "_counted", "_sigmoid", "_export"}
    other_kinds |= {"claims", "_pair_scorer", "_trees", "_evidence"}
    assert not {f"fanews_classify.model.{name}" for name in other_kinds} & ours
    assert not {name for name in ours if name.split(".")[1:2] in (["training"], ["evaluation"])}
    cheap = {
        "numpy",
        "typing",
        "_typing",
        "bisect",
        "_bisect",
        "copy",
        "dataclasses",
        "json",
        "_json",
    }
    assert others <= {*cheap, "hashlib", "_hashlib", "_blake2"}


def test_the_bundled_section_model_takes_the_fast_way(section: fc.NewsClassifier) -> None:
    (block,) = section.scorer.blocks
    assert isinstance(block, SummedBlock)
    assert [reading.max_tokens for reading in block.readings] == [None, 40]


def test_sums_of_words_are_words_of_sums() -> None:
    rng = np.random.default_rng(0)
    assert unpack(pack(np.zeros((4, 0), dtype=np.int64))).shape == (6, 0)
    for n_fields in (1, 3, 4, 9):
        fields = rng.integers(-LARGEST, LARGEST + 1, (n_fields, 50))
        fields[:, :2] = -LARGEST, LARGEST
        words = pack(fields)
        assert np.array_equal(unpack(words)[:n_fields], fields)
        # The same extreme word as often as it may be added, and more often in pieces.
        for column, count in ((0, MOST), (1, MOST), (0, 3 * MOST + 1), (7, 10)):
            rows = np.full(count + 2, column)
            splits = np.array([0, 1, count + 1, count + 2])
            found = sum_segments([(words, rows, splits)] * 2, count)[:, :n_fields]
            assert np.array_equal(found[0], fields[:, [column]] * [1, count, 1])
            assert np.array_equal(found[1], found[0])


def test_rounding_keeps_a_column_of_zeros_and_the_largest() -> None:
    values = np.array([[0.0, 0.0], [-3.0, 1.5]])
    whole, scales = quantize(values)
    assert whole.tolist() == [[0, 0], [-LARGEST, round(LARGEST / 2)]]
    assert whole * scales[:, None] == pytest.approx(values, abs=0.005)


class Probe:
    """Tells from inside a worker whether the model's weights are mapped from a file."""

    def __init__(self, model: fc.NewsClassifier) -> None:
        self.model = model

    def __call__(self, texts: list[str]) -> list[tuple[str, bool]]:
        """Answer each text."""
        base: Any = self.model.scorer.blocks[0].readings[0].words  # type: ignore[attr-defined]
        while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
            base = base.base
        return [(label, isinstance(base, np.memmap)) for label in self.model.predict(texts)]


def test_processes_give_the_same_answers_and_map_the_model(section: fc.NewsClassifier) -> None:
    texts = [SENTENCE + word for word in ("تیم", "بانک", "فیلم", "")] * 30_000
    found = list(in_processes(Probe(section), iter(texts), n_jobs=2))
    assert [label for label, _ in found] == section.predict(texts)
    assert all(mapped for _, mapped in found)


def test_what_was_made_for_speed_is_not_sent_to_processes(topic: fc.TopicClassifier) -> None:
    model = pickle.loads(pickle.dumps(topic))
    before = len(pickle.dumps(model))
    assert model.predict(SENTENCE) == topic.predict(SENTENCE)
    assert model.scorer.blocks[0].terms
    assert len(pickle.dumps(model)) == before


def test_processes_refuse_what_predict_refuses(section: fc.NewsClassifier) -> None:
    with pytest.raises(fc.FanewsError, match="put it in a list"):
        in_processes(section.predict, "متن")
    with pytest.raises(fc.FanewsError, match="text 1"):
        list(in_processes(section.predict, ["متن", None]))  # type: ignore[list-item]
    with pytest.raises(fc.FanewsError, match="n_jobs"):
        in_processes(section.predict, ["متن"], n_jobs=0)
    assert list(in_processes(section.predict, [])) == []


def test_the_steps_that_the_benchmark_measures_are_those_of_a_prediction(
    section: fc.NewsClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).resolve().parent.parent / "benchmarks")
    steps = importlib.import_module("steps")
    found = steps.measure(steps.steps_of(section, [SENTENCE * 20] * 200), rounds=2)
    assert set(steps.FLOOR) < set(found)
    assert all(seconds >= 0.0 for seconds in found.values())
    assert found["predict"] > 0.0
