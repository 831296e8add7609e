"""The measurements of growth.py, each in a process of its own.

    python benchmarks/growth_worker.py NAME ARGUMENTS

ARGUMENTS is a JSON list. Prints one JSON object; Linux only. A megabyte is a million
bytes. Before the clock starts a model has answered once, so that nothing is left to be
imported or built.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
import time
import tracemalloc
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, cycle, islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

import fanews_classify as fc

Row = dict[str, float]
T = TypeVar("T")

WORDS = 60  # of a short news text
_LEAST_SECONDS = 0.5  # of the repetitions of a measurement,
_LEAST_CALLS = 3  # and how many there are of it at least
_BATCH = 10_000  # texts that vocabularies are compared on
_EXAMPLE = "بانک مرکزی نرخ سود را اعلام کرد"


# -- what is measured on -------------------------------------------------------


def prepare(
    folder: str, corpora: str | None, lengths: list[int], vocabularies: list[int]
) -> dict[str, Any]:
    """Write texts and models to the folder.

    Returns
    -------
    dict
        For each size of a vocabulary the model's path, and the share of the texts'
        words and pairs that are in it.
    """
    from speed_texts import judged_texts, pieces

    short = pieces(judged_texts(corpora), WORDS)
    _news_file(folder).write_text("".join(f"{text}\n" for text in short), encoding="utf-8")
    for n in lengths:
        words = islice(chain.from_iterable(map(str.split, cycle(short))), n)
        _long_file(folder, n).write_text(" ".join(words), encoding="utf-8")
    seen = count_terms(short)
    made = {}
    for n in vocabularies:
        terms = choose_terms(seen, n)
        path = str(Path(folder) / f"{n}.fanews")
        fc.save(random_model(terms), path)
        made[str(n)] = path, sum(seen[term] for term in terms) / seen.total()
    return made


def _news_file(folder: str) -> Path:
    return Path(folder) / "news.txt"


def _long_file(folder: str, n_words: int) -> Path:
    return Path(folder) / f"{n_words}.txt"


def news(folder: str, count: int) -> Iterator[str]:
    """Yield so many short texts, over and over those of the file; none is kept."""

    def lines() -> Iterator[str]:
        while True:
            with open(_news_file(folder), encoding="utf-8") as file:
                for line in file:
                    yield line[:-1]

    return islice(lines(), count)


def count_terms(texts: Iterable[str]) -> Counter[str]:
    """Count words and pairs of words."""
    seen: Counter[str] = Counter()
    for text in texts:
        words = [token.term for token in fc.tokenize(text)]
        seen.update(words)
        seen.update(map(" ".join, pairwise(words)))
    return seen


def choose_terms(seen: Counter[str], count: int) -> list[str]:
    """Choose the most frequent terms; where there are too few, pair words at random."""
    chosen = dict.fromkeys(term for term, _ in seen.most_common(count))
    words = [term for term in seen if " " not in term]
    rng = np.random.default_rng(0)
    while len(chosen) < count:
        drawn = rng.integers(len(words), size=(count - len(chosen), 2)).tolist()
        chosen.update(dict.fromkeys(f"{words[left]} {words[right]}" for left, right in drawn))
    # In the order of their text, as a fitted vectorizer has them: the frequent ones are
    # scattered over the arrays.
    return sorted(chosen)


def random_model(terms: list[str]) -> fc.NewsClassifier:
    """Make a model of words and pairs with random weights."""
    from fanews_classify.features._extractor import AnalyzerOptions
    from fanews_classify.features._table import HashTable
    from fanews_classify.model._calibration import Calibration
    from fanews_classify.model._linear import LinearScorer
    from fanews_classify.model._summed import Reading, SummedBlock
    from fanews_classify.text._codepage import term_bytes

    rng = np.random.default_rng(0)
    weights = rng.normal(size=(len(terms), len(fc.SECTIONS)))
    reading = Reading.make(None, weights, rng.uniform(1.0, 10.0, size=len(terms)), growth=0.001)
    options = AnalyzerOptions(ngram_range=(1, 2))
    folded = [term_bytes(term) for term in terms]
    table = HashTable.build(options.hash_terms(folded))
    lines = np.frombuffer(b"\n".join(folded), dtype=np.uint8)
    block = SummedBlock(options, table, lines, (reading,))
    return fc.NewsClassifier(
        name="random",
        labels=tuple(fc.SECTIONS),
        labels_fa=tuple(fc.SECTIONS.values()),
        scorer=LinearScorer((block,), np.zeros(len(fc.SECTIONS))),
        calibration=Calibration(),
    )


# -- time and memory -----------------------------------------------------------


def memory(name: str) -> float:
    """Return megabytes of this process, as /proc/self/status has them."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024 / 1e6


def peak() -> float:
    """Return the most that was resident; unlike getrusage's it is this process's own."""
    return memory("VmHWM:")


def forget_peak() -> None:
    """Let `peak` begin anew: while a model is loaded there are two copies of its file."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")


def loaded(model: str) -> Any:
    """Load a model and let it answer once."""
    found = fc.load(model)
    found.predict(_EXAMPLE)
    return found


def seconds_of(call: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def best_of(make: Callable[[], T], call: Callable[[T], object]) -> float:
    """Return the least seconds of several calls.

    Texts are made anew for each: Python keeps things it has found out about a string
    with the string.
    """
    found: list[float] = []
    while sum(found) < _LEAST_SECONDS or len(found) < _LEAST_CALLS:
        texts = make()
        start = time.perf_counter()
        call(texts)
        found.append(time.perf_counter() - start)
    return min(found)


# -- measurements --------------------------------------------------------------


def stream(model: str, folder: str, count: int) -> Row:
    """Answer a stream of texts of which none is kept."""
    classifier = loaded(model)
    reading = seconds_of(lambda: deque(news(folder, count), maxlen=0))
    forget_peak()
    seconds = seconds_of(lambda: deque(classifier.stream(news(folder, count)), maxlen=0))
    return {
        "seconds": seconds,
        "reading_seconds": reading,
        "ns_per_word": 1e9 * seconds / (count * WORDS),
        "peak_mb": peak(),
    }


def predict(model: str, folder: str, count: int) -> Row:
    """Answer a list of texts in one call."""
    classifier = loaded(model)
    texts = list(news(folder, count))
    size = sys.getsizeof(texts) + sum(map(sys.getsizeof, texts))
    forget_peak()
    seconds = seconds_of(lambda: classifier.predict(texts))
    return {
        "seconds": seconds,
        "ns_per_word": 1e9 * seconds / (count * WORDS),
        "peak_mb": peak(),
        "list_mb": size / 1e6,
    }


def length(model: str, folder: str, n_words: int) -> Row:
    """Answer one text, which may be long."""
    classifier = loaded(model)
    file = _long_file(folder, n_words)

    def read() -> str:
        return file.read_text(encoding="utf-8")

    text = read()
    forget_peak()
    classifier.predict(text)
    peak_mb = peak()
    # Traced, for the kernel does not see what is taken from memory that was freed before.
    tracemalloc.start()
    classifier.predict(text)
    added = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    seconds = best_of(read, classifier.predict)
    return {
        "seconds": seconds,
        "ns_per_word": 1e9 * seconds / n_words,
        "peak_mb": peak_mb,
        "added_mb": added / 1e6,
        "text_mb": sys.getsizeof(text) / 1e6,
    }


def vocabulary(model: str, folder: str) -> Row:
    """Load a model and answer texts, more words than fit into the processor's cache."""
    start = time.perf_counter()
    classifier = fc.load(model)
    load_seconds = time.perf_counter() - start
    classifier.predict(_EXAMPLE)
    peak_mb, resident_mb = peak(), memory("VmRSS:")
    words = sum(len(text.split()) for text in news(folder, _BATCH))
    seconds = best_of(lambda: list(news(folder, _BATCH)), classifier.predict)
    return {
        "load_seconds": load_seconds,
        "file_mb": Path(model).stat().st_size / 1e6,
        "peak_mb": peak_mb,
        "resident_mb": resident_mb,
        "ns_per_word": 1e9 * seconds / words,
    }


class Place(NamedTuple):
    """Megabytes of a model, of those what is mapped from files, and what a process has alone."""

    process: int
    model_mb: float
    mapped_mb: float
    own_mb: float


class Probe:
    """A method of a model that tells, instead of answers, where the model is in memory."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def __call__(self, texts: list[str]) -> list[Place]:
        """Answer the texts, then look; the same for each text."""
        from fanews_classify.model._assembly import disassemble

        self.model.predict(texts)
        arrays = disassemble(self.model)[1].values()
        # Anonymous memory is never a file's. What the kernel calls private would be, where
        # no other process has the file mapped at the time.
        place = Place(
            process=os.getpid(),
            model_mb=sum(array.nbytes for array in arrays) / 1e6,
            mapped_mb=sum(array.nbytes for array in arrays if is_mapped(array)) / 1e6,
            own_mb=memory("RssAnon:"),
        )
        return [place] * len(texts)


def is_mapped(array: npt.NDArray[Any]) -> bool:
    """Tell whether an array's memory is a file's."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, mmap.mmap)


def processes(model: str, folder: str, n_jobs: int, count: int) -> Row:
    """Answer texts in several processes; look where those have the model."""
    classifier = loaded(model)
    texts = list(news(folder, count))

    def run(method: Callable[[list[str]], Iterable[T]]) -> list[T]:
        return list(fc.in_processes(method, texts, n_jobs=n_jobs))

    run(classifier.predict)  # starts the processes
    seconds = seconds_of(lambda: run(classifier.predict))
    places = set(run(Probe(classifier)))
    return {
        "texts_per_second": count / seconds,
        "workers": len({place.process for place in places}),
        "model_mb": max(place.model_mb for place in places),
        "mapped_mb": min(place.mapped_mb for place in places),
        "own_mb": max(place.own_mb for place in places),
    }


MEASUREMENTS: dict[str, Callable[..., dict[str, Any]]] = {
    function.__name__: function
    for function in (prepare, stream, predict, length, vocabulary, processes)
}


def main() -> None:
    """Measure and print."""
    print(json.dumps(MEASUREMENTS[sys.argv[1]](*json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
