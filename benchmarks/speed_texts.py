"""The texts that speed.py measures on, written to a temporary folder.

    python benchmarks/speed_texts.py FOLDER [--corpora DIR] [--limit N]

speed.py runs this in a scratch environment, since reading the documents needs the
library. `training.json` holds what is trained on; `test.json` the judged documents of
held-out outlets ("articles") and the same words again in pieces of equal length.
"""

from __future__ import annotations

import argparse
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from speed_worker import spread

from fanews_classify.training.data import Dataset, Document, collect, find_corpora
from fanews_classify.training.folds import groups_of
from fanews_classify.training.recipe import load_recipe

ROOT = Path(__file__).resolve().parent.parent
PIECES = {20: 2000, 200: 600, 2000: 100}  # words of a piece: pieces at most
# Of the real news 3 holds out nine outlets, among them an agency and a Telegram channel:
# 821 documents of 3,507, with all labels. 4 would hold out 1,561 and train on 16,000
# instead of 22,000.
_MODULUS = 3


def split(documents: list[Document]) -> tuple[list[Document], list[Document], set[str]]:
    """Hold out whole outlets.

    Returns
    -------
    training : list of Document
        Of other outlets, without near duplicates of a test document.
    test : list of Document
        Judged documents of the held-out outlets.
    held_out : set of str
        Those outlets.
    """
    chosen = [d.judged and zlib.crc32(d.source.encode()) % _MODULUS == 0 for d in documents]
    test = [d for d, c in zip(documents, chosen, strict=True) if c]
    held_out = {d.source for d in test}
    groups = groups_of(documents).tolist()
    seen = {group for group, c in zip(groups, chosen, strict=True) if c}
    training = [
        d
        for d, group in zip(documents, groups, strict=True)
        if d.source not in held_out and group not in seen
    ]
    return training, test, held_out


def judged_texts(corpora: str | Path | None) -> list[str]:
    """Return the judged documents; without corpora our own texts."""
    recipe = load_recipe("section")
    judged = tuple(kind for kind in recipe.annotations if kind.judged)
    dataset = collect(
        replace(recipe, annotations=judged, unlabelled=()),
        data=ROOT / "data",
        corpora=find_corpora(corpora) if corpora else None,
    )
    return [_encodable(d.text) for d in dataset.documents if d.judged]


def pieces(texts: list[str], length: int) -> list[str]:
    """Join the texts in order and cut them into pieces of `length` words."""
    words = [word for text in texts for word in text.split()]
    ends = range(length, len(words) + 1, length)
    return [" ".join(words[end - length : end]) for end in ends]


def make(dataset: Dataset, limit: int | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what training.json and test.json hold."""
    training, test, held_out = split(dataset.documents)
    unlabelled = [text for text in dataset.unlabelled if text[1] not in held_out]
    if limit is not None:
        training, test = spread(training, limit), spread(test, max(limit // 4, 1))
        unlabelled = spread(unlabelled, limit)
    labels = {d.label for d in training}
    missing = labels ^ {d.label for d in test}
    if missing and limit is None:
        raise SystemExit(f"the split is of no use: {sorted(map(str, missing))} stand on one side")
    articles = [_encodable(d.text) for d in test]
    cut = {f"{n} words": spread(pieces(articles, n), most) for n, most in PIECES.items()}
    return (
        {
            "texts": [_encodable(d.text) for d in training],
            "labels": [d.label for d in training],
            "weights": [d.weight for d in training],
            "unlabelled": unlabelled,
        },
        {"labels": [d.label for d in test], "sets": {"articles": articles, **cut}},
    )


def _encodable(text: str) -> str:
    """Replace lone surrogates, which fastText refuses."""
    return text.encode("utf-8", "replace").decode()


def main() -> None:
    """Read the documents, write the two files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    dataset = collect(load_recipe("section"), data=ROOT / "data", corpora=options.corpora)
    for name, content in zip(("training", "test"), make(dataset, options.limit), strict=True):
        (options.folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    main()
