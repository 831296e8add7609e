"""Score against number of labels, for each topic and for stance.

    python benchmarks/learning_curve.py --corpora DIR [--out docs/learning_curve.json]
    python benchmarks/learning_curve.py --plot          only draw the saved figures again

Plain features (words and pairs, headline and lead), so that it takes minutes: the
bundled models are some points better, the shape is what counts. Cross-validated by
outlet on all judged documents; a share of the training documents is left out, whole
near-duplicate groups at a time.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from fanews_classify.training.data import Dataset, Document, collect
from fanews_classify.training.folds import groups_of, out_of_fold
from fanews_classify.training.judgement import judge
from fanews_classify.training.recipe import Features, Recipe, Validation, load_recipe

ROOT = Path(__file__).resolve().parent.parent
SAVED = ROOT / "docs" / "learning_curve.json"
PLOT = ROOT / "docs" / "pages" / "assets" / "learning_curve.svg"
SHARES = (0.25, 0.5, 1.0)


def plain(name: str) -> Recipe:
    """Return the bundled recipe with fast features and few folds."""
    features: tuple[Features, ...] = (Features(min_df=3), Features(max_tokens=40, factor=0.7))
    return replace(
        load_recipe(name),
        features=features,
        unlabelled=(),
        passage_share=0.0,
        validation=Validation(by="source", min_source=400 if name == "topic" else 100),
    )


def kinds(name: str) -> dict[str, Callable[[Document], bool]]:
    """Return what is thinned out in each curve."""
    own: Callable[[Document], bool] = lambda d: d.key.startswith("own_texts/")  # noqa: E731
    if name == "topic":
        return {"real documents": lambda d: not own(d), "our own texts": own}
    return {
        "real documents with a topic": lambda d: bool(d.target) and not own(d),
        "our own texts": own,
        "stances on other policy, and of sentences": lambda d: not d.target,
    }


def score(recipe: Recipe, dataset: Dataset, share: float, thin: Callable[[Document], bool]) -> Any:
    """Score the recipe with a share of the training documents that `thin` chooses."""
    documents = dataset.documents
    groups = groups_of(documents)
    drawn = np.random.default_rng(0).random(int(groups.max()) + 1)
    left_out = np.array(
        [thin(d) and drawn[g] >= share for d, g in zip(documents, groups, strict=True)]
    )
    labels = sorted(recipe.labels)
    found = out_of_fold(
        recipe, recipe.learner, documents, labels, groups, lambda *_: None, left_out=left_out
    )
    return judge(recipe, documents, labels, found).evaluation, int((~left_out).sum())


def measure(corpora: str) -> dict[str, Any]:
    """Measure all curves."""
    curves: dict[str, Any] = {}
    for name in ("topic", "stance"):
        recipe = plain(name)
        dataset = collect(recipe, data=ROOT / "data", corpora=Path(corpora))
        for kind, thin in kinds(name).items():
            rows = []
            for share in SHARES:
                found, n = score(recipe, dataset, share, thin)
                row = {"share": share, "documents": n, "macro_f1": found.macro_f1.to_dict()}
                row["labels"] = {k: round(v["f1"], 4) for k, v in found.per_class.items()}
                rows.append(row)
                print(name, kind, share, n, found.macro_f1, flush=True)
            curves[f"{name}: {kind}"] = rows
    return curves


def plot(curves: dict[str, Any]) -> None:
    """Draw one panel for each curve."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "fanews"  # the same bytes every time
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 3, figsize=(15, 9), sharey=True)
    for axis, (name, rows) in zip(axes.ravel(), curves.items(), strict=False):
        counts = [100 * row["share"] for row in rows]
        for label in rows[-1]["labels"]:
            axis.plot(counts, [row["labels"][label] for row in rows], marker=".", label=label)
        axis.plot(counts, [row["macro_f1"]["value"] for row in rows], "k", lw=3, label="macro-F1")
        axis.set(title=name, xlabel="percent of them", xlim=(0, 105), ylim=(0, 1))
        axis.grid(alpha=0.3)
    for axis in axes.ravel()[len(curves) :]:
        axis.axis("off")
    axes[0, 0].set_ylabel("F1, outlet held out")
    for axis, anchor in ((axes[0, 0], axes[1, 2]), (axes[1, 1], axes[1, 2])):
        handles, names = axis.get_legend_handles_labels()
        where = "center left" if axis is axes[0, 0] else "center right"
        anchor.add_artist(anchor.legend(handles, names, loc=where, fontsize=8))
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None})


def main() -> None:
    """Measure, save and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--plot", action="store_true")
    parser.add_argument("--out", default=str(SAVED))
    options = parser.parse_args()
    if not options.plot:
        if not options.corpora:
            parser.error("give --corpora, or --plot")
        with joblib.parallel_config(n_jobs=options.jobs):
            curves = measure(options.corpora)
        Path(options.out).write_text(json.dumps(curves, indent=1) + "\n", encoding="utf-8")
    plot(json.loads(Path(options.out).read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
