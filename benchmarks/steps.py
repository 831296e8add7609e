"""Where the time goes: nanoseconds a word for each step of a prediction.

    python benchmarks/steps.py [--corpora DIR] [--rounds 15] [--out docs/steps.json]

Runs each step of `NewsClassifier.predict` by itself on the same batches, the
steps in turn, round by round, and takes the fastest round of each. The floor is
what no path can do without that reads every word and looks it up: encoding,
folding, hashing, look-up of single words.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from speed_texts import judged_texts

import fanews_classify as fc
from fanews_classify.features._extractor import find_runs
from fanews_classify.model._summed import SummedBlock
from fanews_classify.text._codepage import BOUNDARY_CHAR, encode, fold
from fanews_classify.text._hashing import hash_spans
from fanews_classify.text._markup import blank_markup
from fanews_classify.text._tokens import batches, find_tokens, tokenize_batch

FLOOR = ("encode", "fold", "hash", "look up words")


@dataclass
class Step:
    """One step: its name, what it is, and a call that runs it on all batches."""

    name: str
    what: str
    run: Callable[[], Any]
    within: tuple[str, ...] = ()  # steps whose time is part of this call's


def steps_of(model: fc.NewsClassifier, texts: list[str]) -> list[Step]:
    """Return the steps of a prediction, in their order; each has its inputs ready."""
    block = model.scorer.blocks[0]
    if len(model.scorer.blocks) != 1 or not isinstance(block, SummedBlock):
        raise SystemExit("the steps are those of a model of one summed block, such as section")
    parts = [texts[begin:end] for begin, end in batches(texts)]
    joined = [BOUNDARY_CHAR.join(("", *part, "")) for part in parts]
    raw = [encode(text) for text in joined]
    data = [blank_markup(fold(part)) for part in raw]
    codes = [np.frombuffer(part, dtype=np.uint8) for part in data]

    spans = [(part, *find_tokens(part)) for part in codes]
    tokens = [tokenize_batch(part) for part in parts]
    low, high = block.options.ngram_range
    scores, mass = model.scorer.score(texts)
    calibrated = model.calibration.probabilities
    return [
        Step("encode", "one byte a character", lambda: [encode(text) for text in joined]),
        Step("fold", "letters, digits, marks", lambda: [fold(part) for part in raw]),
        Step(
            "find tokens",
            "where words begin and end",
            lambda: [find_tokens(part) for part in codes],
        ),
        Step("hash", "64 bits a word", lambda: [hash_spans(*span) for span in spans]),
        Step(
            "rules",
            "joining, stray characters, markup, affixes, boilerplate",
            lambda: [tokenize_batch(part) for part in parts],
            ("encode", "fold", "find tokens", "hash"),
        ),
        Step(
            "look up words",
            "hash to id",
            lambda: [block.table.lookup(batch.hashes) for batch in tokens],
        ),
        Step(
            "look up runs",
            "pairs of words",
            lambda: [find_runs(batch, (low, high), block.table) for batch in tokens],
            ("look up words",),
        ),
        Step(
            "add up",
            "weights and norm, of the text and of its lead",
            lambda: [block.score(batch) for batch in tokens],
            ("look up words", "look up runs"),
        ),
        Step("calibrate", "probabilities", lambda: calibrated(scores, mass)),
        Step("predict", "everything", lambda: model.predict(texts)),
    ]


def measure(steps: list[Step], rounds: int) -> dict[str, float]:
    """Return the seconds of each step's fastest round, without what is part of it."""
    fastest = {step.name: float("inf") for step in steps}
    for _ in range(rounds):
        for step in steps:
            start = time.perf_counter()
            step.run()
            fastest[step.name] = min(fastest[step.name], time.perf_counter() - start)
    own: dict[str, float] = {}
    for step in steps:
        own[step.name] = max(fastest[step.name] - sum(own[part] for part in step.within), 0.0)
    return own


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", help="folder of real news; default: our own texts")
    parser.add_argument("--model", default="section", help="name or path of a model")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", help="also write the figures there, as JSON")
    options = parser.parse_args()
    texts = judged_texts(options.corpora)
    words = sum(len(text.split()) for text in texts)
    steps = steps_of(fc.load(options.model), texts)
    seconds = measure(steps, options.rounds)
    nanoseconds = {name: round(value / words * 1e9, 1) for name, value in seconds.items()}
    parts = [step for step in steps if step.name != "predict"]
    print(f"{len(texts)} texts, {words / len(texts):.0f} words each; nanoseconds a word")
    for step in parts:
        print(f"{step.name:15}{nanoseconds[step.name]:8.1f}  {step.what}")
    figures = {
        "texts": len(texts),
        "words": words,
        "steps": {step.name: [nanoseconds[step.name], step.what] for step in parts},
        "floor": round(sum(nanoseconds[name] for name in FLOOR), 1),
        "predict": nanoseconds["predict"],
    }
    print(f"{'floor':15}{figures['floor']:8.1f}  {', '.join(FLOOR)}")
    print(f"{'predict':15}{figures['predict']:8.1f}  everything, in one call")
    if options.out:
        Path(options.out).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
