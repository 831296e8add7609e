"""How many labels that were changed on purpose `fc.label_errors` finds.

    python benchmarks/label_errors.py [--share 0.05] [--out docs/label_errors.json]

In our own texts one label in twenty is changed to another one at random; with several
labels a text, one is taken away or put in. All of cleanlab's ways to choose what is
listed are compared: the one with the fewest needless texts among those that find nine
in ten is what the package uses. Needless are also labels that were doubtful before, so
the true precision is higher.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fanews_classify.labelling.label_errors import asked_others, issues
from fanews_classify.training.data import Document, collect
from fanews_classify.training.recipe import Recipe, Source, load_recipe

ROOT = Path(__file__).resolve().parent.parent
SAVED = ROOT / "docs" / "label_errors.json"
FILTERS = (
    "low_self_confidence",
    "low_normalized_margin",
    "confident_learning",
    "both",
    "prune_by_class",
    "prune_by_noise_rate",
)


def own(label: str, task: str) -> list[Document]:
    """Return the project's own texts with one kind of their labels."""
    sources = (Source(path="own_texts.jsonl", label=label, source="voice"),)
    recipe = Recipe(label, task=task, sources=sources)
    return collect(recipe, data=ROOT / "data", corpora=None).documents


def changed(documents: list[Document], share: float) -> tuple[list[Document], set[int]]:
    """Change labels; return also which."""
    rng = np.random.default_rng(0)
    wrong = set(np.flatnonzero(rng.random(len(documents)) < share).tolist())
    several = isinstance(documents[0].label, tuple)
    labels = sorted({one for d in documents for one in (d.label if several else (d.label,))})
    made = list(documents)
    for i in sorted(wrong):
        label = documents[i].label
        if isinstance(label, tuple):
            drawn = str(rng.choice(label if label and rng.random() < 0.5 else labels))
            new: Any = tuple(sorted(set(label) ^ {drawn}))
        else:
            new = str(rng.choice([one for one in labels if one != label]))
        made[i] = replace(documents[i], label=new)
    return made, wrong


def measure(documents: list[Document], share: float) -> dict[str, Any]:
    """Look for the changed labels in all ways."""
    made, wrong = changed(documents, share)
    task = "multi-label" if isinstance(documents[0].label, tuple) else "single-label"
    answers = asked_others(replace(load_recipe("custom"), task=task), made)
    ways = {}
    for way in FILTERS:
        listed = [issue.index for issue in issues(made, *answers, way=way)]
        hits = len(wrong & set(listed))
        first = len(wrong & set(listed[: len(wrong)]))
        ways[way] = {
            "listed": len(listed),
            "precision": round(hits / max(len(listed), 1), 3),
            "recall": round(hits / len(wrong), 3),
            "precision_first": round(first / len(wrong), 3),
        }
    return {"texts": len(made), "changed": len(wrong), "ways": ways}


def table(name: str, found: dict[str, Any]) -> str:
    """Return the measures as lines."""
    lines = [
        f"{name}: {found['changed']} labels of {found['texts']} changed",
        f"{'':<22}  listed  precision  recall  precision of the first {found['changed']}",
    ]
    lines += [
        f"{way:<22}  {row['listed']:6d}  {row['precision']:9.2f}  {row['recall']:6.2f}  "
        f"{row['precision_first']:8.2f}"
        for way, row in found["ways"].items()
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, save and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--out", default=str(SAVED))
    options = parser.parse_args()
    saved = {
        "own texts, section": measure(own("section", "single-label"), options.share),
        "own texts, topics": measure(own("topics", "multi-label"), options.share),
    }
    text = json.dumps(saved, ensure_ascii=False, indent=1) + "\n"
    Path(options.out).write_text(text, encoding="utf-8")
    for name, found in saved.items():
        print(table(name, found), end="\n\n")


if __name__ == "__main__":
    main()
