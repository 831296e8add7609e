"""What each part of the section recipe is worth: cross-validated by outlet.

    python benchmarks/ablation.py --corpora DIR [--only NAME ...] [--out FILE]

Every variant is trained and scored like the bundled model: one outlet held out
at a time, near duplicates of held-out texts never trained on. Some minutes each.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import fanews_classify as fc
from fanews_classify.training.recipe import Features, Recipe, load_recipe

ROOT = Path(__file__).resolve().parent.parent


def blocks(recipe: Recipe, **changes: object) -> Recipe:
    """Change a parameter of every block of features."""
    return replace(
        recipe,
        features=tuple(replace(block, **changes) for block in recipe.features),  # type: ignore[arg-type]
    )


def plain(recipe: Recipe) -> Recipe:
    """Words and pairs of the whole text: what is usually done."""
    return replace(recipe, features=(Features(ngram_range=(1, 2), min_df=2),), unlabelled=())


VARIANTS: dict[str, Callable[[Recipe], Recipe]] = {
    "as bundled": lambda r: r,
    "boilerplate kept": lambda r: blocks(r, remove_boilerplate=False),
    "affixes not joined": lambda r: blocks(r, join_affixes=False),
    "no word vectors": lambda r: blocks(r, vectors=0.0),
    "no shared subwords": lambda r: blocks(r, subwords=0.0),
    "no headline and lead": lambda r: replace(r, features=r.features[:1]),
    "first readers' labels only": lambda r: replace(r, annotations=r.annotations[:1], sources=()),
    "plain, all labels": plain,
    "plain, first readers' labels only": lambda r: replace(
        plain(r), annotations=r.annotations[:1], sources=()
    ),
}


def main() -> None:
    """Train the variants and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", required=True)
    parser.add_argument("--only", nargs="*", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--out", help="add the scores to this JSON file")
    options = parser.parse_args()
    recipe = load_recipe("section")
    for name in options.only:
        variant = VARIANTS[name](recipe)
        scores = fc.train(variant, data=ROOT / "data", corpora=options.corpora).evaluation
        sure = scores.slices["reader"]["sure"].macro_f1
        print(
            f"{name:36} macro-F1 {scores.macro_f1}  where readers were sure {sure:.3f}", flush=True
        )
        if options.out:
            path = Path(options.out)
            rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            value = scores.macro_f1
            rows[name] = [round(x, 4) for x in (value.value, value.low, value.high, sure)]
            path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
