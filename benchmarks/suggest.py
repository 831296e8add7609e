"""Labels that `fc.suggest` asks for, against as many of texts at random.

    python benchmarks/suggest.py [--corpora DIR] [--seeds 8] [--jobs 1] [--out docs/suggest.json]
    python benchmarks/suggest.py --table      only print the saved figures again

The loop is played with labels that are known: 50 labels at random, then six times 25
more, chosen by `fc.suggest` or at random, a model of the recipe `custom` each time,
scored on documents of other near-duplicate groups. Each seed has its own documents to
score on and its own first 50; the differences are between runs of the same seed.
`diversity` was chosen on the sections of our own texts; the other data are to tell
whether that holds elsewhere.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.metrics import f1_score

import fanews_classify as fc
from fanews_classify.training.data import Dataset, Document, collect
from fanews_classify.training.folds import groups_of
from fanews_classify.training.judgement import indicator
from fanews_classify.training.recipe import Recipe, Source, load_recipe
from fanews_classify.training.train import train_on

ROOT = Path(__file__).resolve().parent.parent
SAVED = ROOT / "docs" / "suggest.json"
FIRST, STEP, ROUNDS, DOCUMENTS, HELD_OUT = 50, 25, 6, 2200, 0.3
RANDOM, CLUSTERS = "at random", "first by clusters"
DIVERSITIES = (0.0, 0.25, 0.5, 0.75)


def own(label: str, task: str) -> list[Document]:
    """Return the project's own texts with one kind of their labels."""
    sources = (Source(path="own_texts.jsonl", label=label, source="voice"),)
    recipe = Recipe(label, task=task, sources=sources)
    return collect(recipe, data=ROOT / "data", corpora=None).documents


def readers(name: str, corpora: str) -> list[Document]:
    """Return the documents of the corpora that the first readers have labelled."""
    recipe = replace(load_recipe(name), sources=(), unlabelled=())
    recipe = replace(recipe, annotations=recipe.annotations[:1])
    return collect(recipe, data=ROOT / "data", corpora=Path(corpora)).documents


def play(documents: Sequence[Document], way: str, seed: int) -> list[float]:
    """Play the loop once; return macro-F1 after each round."""
    rng = np.random.default_rng(1000 + seed)
    chosen = [documents[i] for i in rng.permutation(len(documents))[:DOCUMENTS]]
    groups = groups_of(chosen)
    drawn = rng.permutation(np.unique(groups))
    test = np.isin(groups, drawn[: int(HELD_OUT * len(drawn))])
    scored = [chosen[i] for i in np.flatnonzero(test)]
    order = rng.permutation(np.flatnonzero(~test)).tolist()
    pool = [chosen[i] for i in order]
    several = isinstance(documents[0].label, tuple)
    recipe = replace(load_recipe("custom"), task="multi-label" if several else "single-label")
    first = [one.text for one in pool]
    picked = list(range(FIRST))
    if way == CLUSTERS:
        picked = [one.index for one in fc.suggest(None, first, FIRST, seed=seed)]
    labelled = [pool[i] for i in picked]
    found = []
    for turn in range(ROUNDS + 1):
        dataset = Dataset(documents=list(labelled))
        model = train_on(recipe, dataset, lambda *_: None).model
        found.append(macro_f1(model, scored))
        if turn == ROUNDS:
            break
        taken = {id(one) for one in labelled}
        left = [one for one in pool if id(one) not in taken]
        if way == RANDOM:
            labelled += left[:STEP]
            continue
        asked = fc.suggest(
            model,
            [one.text for one in left],
            STEP,
            labelled=[one.text for one in labelled],
            diversity=0.25 if way == CLUSTERS else float(way.removeprefix("diversity")),
        )
        labelled += [left[one.index] for one in asked]
    return found


def macro_f1(model: Any, documents: Sequence[Document]) -> float:
    """Score a model; a label that it has not met yet counts as never given."""
    answers = model.predict([document.text for document in documents])
    if not isinstance(documents[0].label, tuple):
        truth = [document.label for document in documents]
        return float(f1_score(truth, answers, average="macro", labels=sorted(set(truth))))
    labels = sorted({label for document in documents for label in document.label})
    given = np.array([[label in answer for label in labels] for answer in answers])
    truth = indicator(documents, labels)
    return float(f1_score(truth, given, average="macro", zero_division=0.0))


def measure(documents: Sequence[Document], ways: Sequence[str], options: Any) -> dict[str, Any]:
    """Play the loop in all ways with all seeds."""
    runs = joblib.Parallel(n_jobs=options.jobs)(
        joblib.delayed(play)(documents, way, seed) for way in ways for seed in range(options.seeds)
    )
    scores = np.round(np.array(runs).reshape(len(ways), options.seeds, ROUNDS + 1), 4)
    labels = [FIRST + STEP * turn for turn in range(ROUNDS + 1)]
    return {
        "labels": labels,
        "seeds": options.seeds,
        "macro_f1": {way: part.tolist() for way, part in zip(ways, scores, strict=True)},
    }


def table(name: str, found: dict[str, Any]) -> str:
    """Return means over the seeds, and the mean difference to labels at random."""
    counts = "".join(f"{n:>7}" for n in found["labels"])
    lines = [f"{name}, macro-F1 with so many labels ({found['seeds']} seeds)"]
    lines.append(f"{'':<18}{counts}   mean difference  better  like random's last with")
    base = np.array(found["macro_f1"][RANDOM])
    for way, values in found["macro_f1"].items():
        scores = np.array(values)
        line = f"{way:<18}" + "".join(f"{value:7.3f}" for value in scores.mean(axis=0))
        if way != RANDOM:
            gain = (scores - base)[:, 0 if way == CLUSTERS else 1 :].mean(axis=1)
            error = gain.std(ddof=1) / np.sqrt(len(gain))
            reached = np.flatnonzero(scores.mean(axis=0) >= base.mean(axis=0)[-1])
            when = f"{found['labels'][reached[0]]} labels" if len(reached) else "-"
            line += f"   {gain.mean():+.3f} ± {error:.3f}  {int((gain > 0).sum())}/{len(gain)}"
            line += f"    {when}"
        lines.append(line)
    return "\n".join(lines)


def main() -> None:
    """Measure, save and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", help="one data set, by the beginning of its name")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--out", default=str(SAVED))
    options = parser.parse_args()
    out = Path(options.out)
    saved: dict[str, Any] = json.loads(out.read_text("utf-8")) if out.is_file() else {}
    ways = [RANDOM, *(f"diversity {share}" for share in DIVERSITIES), CLUSTERS]
    fewer = [RANDOM, "diversity 0.0", "diversity 0.25", CLUSTERS]
    sets: dict[str, Any] = {
        "own texts, section": (lambda: own("section", "single-label"), ways),
        "own texts, topics": (lambda: own("topics", "multi-label"), fewer),
    }
    if options.corpora:
        sets["real news, section"] = (lambda: readers("section", options.corpora), ways)
        sets["real news, topics"] = (lambda: readers("topic", options.corpora), fewer)
    for name, (read, tried) in sets.items():
        if options.table or (options.only and not name.startswith(options.only)):
            continue
        saved[name] = measure(read(), tried, options)
        out.write_text(json.dumps(saved, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, found in saved.items():
        print(table(name, found), end="\n\n")


if __name__ == "__main__":
    main()
