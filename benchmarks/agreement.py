"""How well readers agree: python benchmarks/agreement.py.

Reads data/annotations/second_readings.jsonl (sections; ``null`` is "no news at
all") and second_readings_topics.jsonl (topics and stances): documents that two
readers labelled unknown to each other.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from sklearn.metrics import cohen_kappa_score

FOLDER = Path(__file__).resolve().parent.parent / "data" / "annotations"
TOPICS = FOLDER.parent / "labels.json"


def records(name: str) -> dict[str, list[tuple[Any, Any]]]:
    """Return (first, second) of each kind of pair of readers."""
    pairs = defaultdict(list)
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        pairs[record["readers"]].append((record["first"], record["second"]))
    return pairs


def show(what: str, pairs: list[tuple[Any, Any]]) -> None:
    """Print agreement and Cohen's kappa."""
    first, second = zip(*((str(a), str(b)) for a, b in pairs), strict=True)
    same = sum(a == b for a, b in zip(first, second, strict=True)) / len(pairs)
    kappa = cohen_kappa_score(first, second)
    print(f"  {what}: {len(pairs)}, agreement {same:.3f}, kappa {kappa:.3f}")


def main() -> None:
    """Print the agreement of each kind of pair."""
    for readers, pairs in records("second_readings.jsonl").items():
        print(f"section, {readers}")
        show("documents", pairs)
    topics = list(json.loads(TOPICS.read_text(encoding="utf-8"))["topic"])
    for readers, pairs in records("second_readings_topics.jsonl").items():
        print(f"topics and stances, {readers}")
        show("documents, all topics the same", [(sorted(a), sorted(b)) for a, b in pairs])
        show("pairs of document and topic", [(t in a, t in b) for a, b in pairs for t in topics])
        show(
            "stances of topics that both gave",
            [(a[t], b[t]) for a, b in pairs for t in a if t in b],
        )


if __name__ == "__main__":
    main()
