"""A small claim model, trained once for all files of tests."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import fanews_classify as fc
from fanews_classify.training.recipe import PairLearner, Pairs, Recipe, Validation

if TYPE_CHECKING:
    from fanews_classify.training.claim_train import ClaimTraining

DATA = Path(__file__).resolve().parent.parent / "data"
LABELS = ("agree", "disagree", "discuss", "unrelated")
SMALL = Recipe(
    "small_claims",
    task="claim-stance",
    labels=LABELS,
    pairs=(Pairs("own_claims.jsonl"),),
    lexicon="lexicon.tsv",
    pair_learner=PairLearner(iterations=8, dimensions=8, max_words=4000),
    validation=Validation(folds=2),
)


def own_events() -> list[dict[str, Any]]:
    lines = (DATA / "own_claims.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def lay_out(folder: Path) -> Path:
    """Put thirty events and the lexicon into a folder."""
    lines = (DATA / "own_claims.jsonl").read_text(encoding="utf-8").splitlines()[:30]
    (folder / "own_claims.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "lexicon.tsv").write_bytes((DATA / "lexicon.tsv").read_bytes())
    return folder


@cache
def small_training() -> ClaimTraining:
    with TemporaryDirectory() as folder:
        made: Any = fc.train(SMALL, data=lay_out(Path(folder)))
    return made  # type: ignore[no-any-return]


@cache
def small_file() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "small.fanews"
        fc.save(small_training().model, path)
        return path.read_bytes()
