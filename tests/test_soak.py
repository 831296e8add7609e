"""Under mixed load nothing piles up and no answer changes; `benchmarks/soak.py` in small."""

from __future__ import annotations

import gc
import importlib
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fanews_classify as fc

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
# Each takes a tenth of a second and more, or starts processes; the benchmark has them.
LARGE = {"one text of 1 MB", "one text of 10 MB", "explain 100 kB", "a list", "a stream"}


@pytest.fixture(scope="module")
def parts() -> Any:
    """The load and its source of texts, in the small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        load = importlib.import_module("soak_load")
        texts = importlib.import_module("soak_texts")
        pytest.importorskip("pandas")
        models = {name: fc.load(name) for name in load.MODELS}
        invented = texts.invented()
        panel = load.Panel(models, invented, count=10)
        found = load.Load(models, panel, invented)
        return found, lambda seed: texts.Source(invented, seed)


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("soak_figures")


def kept(call: Callable[[int], object], calls: int) -> float:
    """Return the bytes that each of so many calls leaves behind, numpy's arrays among them."""
    tracemalloc.start()
    try:
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for number in range(calls):
            call(number)
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before) / calls
    finally:
        tracemalloc.stop()


def test_calls_leave_nothing_behind(parts: Any) -> None:
    load, source_of = parts
    source = source_of(1)
    tasks = [load.tasks[name].call for name in load.tasks if name not in LARGE]

    def one(number: int) -> None:
        tasks[number % len(tasks)](source)

    for number in range(6 * len(tasks)):  # fills what may be kept: patterns, rare letters
        one(number)
    assert kept(one, 10 * len(tasks)) < 700
    assert not load.faults


def test_what_a_call_would_leave_behind_is_seen() -> None:
    pile = []
    assert kept(lambda _: pile.append(bytes(1000)), 100) > 1000
    pile.clear()
    assert kept(lambda _: pile.append(np.zeros(125)), 100) > 1000


def test_many_threads_get_the_answers_that_one_gets(parts: Any) -> None:
    load, source_of = parts
    panel = load.panel
    different: list[int] = []

    def ask(seed: int) -> None:
        source = source_of(seed)
        for at in source.random.sample(range(len(panel.texts)), 12):
            if panel.digest(panel.texts[at]) != panel.first[at]:
                different.append(at)
            load.run("hostile texts", lambda: load.tasks["hostile texts"].call(source))

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not different
    assert not load.faults
    assert panel.different() == 0


def test_the_panel_notices_another_answer(parts: Any) -> None:
    load, _ = parts
    panel = load.panel
    right = panel.first[0]
    panel.first[0] = "another"
    assert panel.different() == 1
    panel.first[0] = right


def rows(megabytes: Callable[[float], float], blocks: Callable[[float], float]) -> Any:
    """Return samples of half an hour, and of its minutes."""
    noise = np.random.default_rng(0).exponential(20.0, 1800)
    samples = [
        {"seconds": float(t), "rss_mb": megabytes(t) + float(noise[t]), "blocks": blocks(t)}
        for t in range(1800)
    ]
    return samples, samples[::60]


def test_the_verdict_sees_growth_through_noise_and_takes_no_fright_at_a_peak(figures: Any) -> None:
    def flat(t: float) -> float:
        return 300.0

    def warm(t: float) -> float:
        return 350.0 - 50.0 * np.exp(-t / 100)

    assert figures.verdict(*rows(flat, flat))["passed"]
    assert figures.verdict(*rows(warm, flat))["passed"]
    samples, minutes = rows(flat, flat)
    samples[600]["rss_mb"] = 500.0  # a large text, early
    assert figures.verdict(samples, minutes)["passed"]
    leak = figures.verdict(*rows(lambda t: 300.0 + t / 30, flat))  # 2 MB a minute
    assert leak["slope_mb_per_hour"] == pytest.approx(120, rel=0.1)
    assert not leak["passed"]
    assert not figures.verdict(*rows(flat, lambda t: 300_000 + 2 * t))["passed"]


def test_the_slope_is_the_median_one(figures: Any) -> None:
    x = [float(i) for i in range(20)]
    y = [3.0 * i for i in x]
    y[4], y[15] = 1000.0, -1000.0
    assert figures.slope(x, y) == pytest.approx(3.0, abs=0.2)


def test_saved_samples_are_few_and_have_the_last(figures: Any) -> None:
    found = figures.thinned([{"seconds": float(i)} for i in range(1801)])
    assert len(found["seconds"]) <= figures.POINTS + 1
    assert (found["seconds"][0], found["seconds"][-1]) == (0.0, 1800.0)
