"""How well readers agree on the section: python benchmarks/agreement.py.

Reads data/annotations/second_readings.jsonl: documents that two readers of this
release labelled unknown to each other, and hidden documents of the first
readers (those on which they had been sure). ``null`` is "no news at all".
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from sklearn.metrics import cohen_kappa_score

PATH = Path(__file__).resolve().parent.parent / "data" / "annotations" / "second_readings.jsonl"


def main() -> None:
    """Print the agreement and Cohen's kappa of each kind of pair."""
    pairs = defaultdict(list)
    for line in PATH.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        pairs[record["readers"]].append((str(record["first"]), str(record["second"])))
    for readers, found in pairs.items():
        first, second = zip(*found, strict=True)
        same = sum(a == b for a, b in found) / len(found)
        kappa = cohen_kappa_score(first, second)
        print(f"{readers}: {len(found)} documents, agreement {same:.3f}, kappa {kappa:.3f}")


if __name__ == "__main__":
    main()
