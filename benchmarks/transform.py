"""Compare PersianTfidfVectorizer.transform with scikit-learn's TfidfVectorizer.

    python benchmarks/transform.py [--corpora DIR] [--rounds 5] [--out docs/transform.json]

Ours reads the texts as they are. Scikit-learn gets the same words ready, folded and with
blanks between, so that both must give the same counts; that is checked before anything is
timed. Both transform the same texts in turn, round by round, in one process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from speed_texts import judged_texts

from fanews_classify import PersianTfidfVectorizer
from fanews_classify.text import normalize

KINDS: dict[str, dict[str, Any]] = {
    "words": {"ngram_range": (1, 1)},
    "words and pairs": {"ngram_range": (1, 2)},
    "character n-grams, 2 to 4": {"analyzer": "char_wb", "ngram_range": (2, 4)},
    "character n-grams, 3 to 5": {"analyzer": "char_wb", "ngram_range": (3, 5)},
}
_MOST = 1000  # texts


def seconds(call: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def compare(options: dict[str, Any], texts: list[str], rounds: int) -> dict[str, Any]:
    """Fit both, check that they count alike, and time their transforms."""
    ready = [normalize(text, remove_boilerplate=True) for text in texts]
    ours = PersianTfidfVectorizer(**options, dtype=np.float64).fit(texts)
    theirs = TfidfVectorizer(**options, token_pattern=r"\S+", lowercase=False).fit(ready)
    if ours.get_feature_names_out().tolist() != theirs.get_feature_names_out().tolist():
        raise SystemExit(f"the vocabularies differ: {options}")
    difference = abs(ours.transform(texts) - theirs.transform(ready))
    if difference.max() > 1e-9:
        raise SystemExit(f"the features differ by {difference.max()}: {options}")
    found = [
        (seconds(lambda: ours.transform(texts)), seconds(lambda: theirs.transform(ready)))
        for _ in range(rounds)
    ]
    words = sum(len(text.split()) for text in texts)
    ratios = [slow / fast for fast, slow in found]
    return {
        "terms": len(ours.vocabulary_),
        "ns_per_word": round(statistics.median(fast for fast, _ in found) / words * 1e9),
        "scikit_learn_ns_per_word": round(statistics.median(s for _, s in found) / words * 1e9),
        "ratio": {
            "median": round(statistics.median(ratios), 2),
            "low": round(min(ratios), 2),
            "high": round(max(ratios), 2),
        },
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", help="folder of real news; default: our own texts")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", help="also write the figures there, as JSON")
    options = parser.parse_args()
    texts = judged_texts(options.corpora)
    texts = texts[:: max(1, len(texts) // _MOST)]
    figures = {}
    for name, parameters in KINDS.items():
        figures[name] = row = compare(parameters, texts, options.rounds)
        ratio = "{median:.1f} ({low:.1f}-{high:.1f})".format(**row["ratio"])
        print(f"{name:28}{row['ns_per_word']:7,} ns/word, {ratio} times scikit-learn's speed")
    if options.out:
        Path(options.out).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
