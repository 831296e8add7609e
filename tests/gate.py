"""Scores that must not fall: measured here, compared in test_gate.py.

    python tests/gate.py            print the scores beside their floors
    python tests/gate.py --update   raise the floors; a lower score is refused

What is measured: out-of-fold scores stored in the bundled model; the bundled
model on documents of the real corpora that it was not trained on (with the
outlets' own labels, which follow other definitions: a floor, not a promise);
how many answers stay the same when texts are disturbed; and a small model
cross-validated on our own texts, which needs no corpora.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import fanews_classify as fc
from fanews_classify.evaluation.noise import NOISE
from fanews_classify.training.data import document_text
from fanews_classify.training.groups import near_duplicate_groups
from fanews_classify.training.recipe import (
    Features,
    Learner,
    Recipe,
    Source,
    Validation,
)

ROOT = Path(__file__).resolve().parent.parent
FLOORS = Path(__file__).with_name("floors.json")

# Labels of the outlets that mean much the same as ours.
UNSEEN = {
    "isna_2019_5cat": {
        "cinema": "culture", "economics": "economy", "sport": "sport", "tech": "science",
    },
    "isna_2020_ir01_4k": {
        "sport": "sport", "culture": "culture", "economy": "economy", "health": "health",
    },
    "hamshahri_rss_2020": {
        "ورزش": "sport", "اقتصاد": "economy", "سینما": "culture", "فرهنگ": "culture",
        "جهان": "world", "سیاسی": "politics",
    },
    "agencies_2024": {
        "politics": "politics", "economy": "economy", "culture": "culture", "sport": "sport",
    },
}  # fmt: skip


def annotated() -> set[tuple[str, str]]:
    """Return corpus and id of every document that the model was trained on."""
    found = set()
    for path in sorted((ROOT / "data" / "annotations").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            found.add((record["corpus"], record["id"]))
    return found


def own_texts() -> list[dict[str, Any]]:
    """Return the texts of our own writing."""
    lines = (ROOT / "data" / "own_texts.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def stored_scores() -> dict[str, float]:
    """Out-of-fold scores in the bundled model, and 1 - its calibration error."""
    scores = fc.load("section").info["scores"]
    readers = scores["slices"]["reader"]
    return {
        "macro_f1": scores["macro_f1"]["value"],
        "macro_f1, sure": readers["sure"]["macro_f1"],
        "1 - calibration error": round(1 - scores["calibration_error"], 4),
    }


def noise_agreement() -> dict[str, float]:
    """Share of answers on our own texts that a disturbance leaves as they were."""
    model = fc.load("section")
    texts = [document_text(record) for record in own_texts()]
    before = model.predict(texts)
    shares = {}
    for name, change in NOISE.items():
        after = model.predict([change(text) for text in texts])
        same = sum(a == b for a, b in zip(before, after, strict=True))
        shares[name] = round(same / len(texts), 4)
    return shares


def small_model() -> dict[str, float]:
    """Score a small model on our own texts, cross-validated by voice."""
    recipe = Recipe(
        "small",
        sources=(Source("own_texts.jsonl", label="section", source="voice"),),
        features=(Features(min_df=1, subwords=1.0), Features(min_df=1, max_tokens=20, factor=0.5)),
        learner=Learner(C=1.0),
        validation=Validation(by="source", min_source=10),
    )
    return {"macro_f1": round(fc.train(recipe, data=ROOT / "data").evaluation.macro_f1.value, 4)}


def unseen_documents(corpora: Path) -> dict[str, float]:
    """Accuracy of the bundled model on documents that it has not seen, also disturbed."""
    model = fc.load("section")
    trained = annotated()
    scores: dict[str, float] = {}
    every: list[tuple[str, str]] = []
    for corpus, labels in UNSEEN.items():
        texts, wanted, seen = [], [], []
        with gzip.open(corpora / f"{corpus}.jsonl.gz", "rt", encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                texts.append(document_text(record))
                seen.append((corpus, record["id"]) in trained)
                wanted.append(labels.get(str(record.get("category"))))
        groups = near_duplicate_groups(texts)
        known = {groups[i] for i, was in enumerate(seen) if was}
        chosen = [
            (texts[i], label) for i, label in enumerate(wanted) if label and groups[i] not in known
        ]
        scores[f"{corpus} ({len(chosen)})"] = accuracy(model, chosen)
        every += chosen
    for name, change in NOISE.items():
        disturbed = [(change(text), label) for text, label in every[::4]]
        scores[f"a quarter of all, {name}"] = accuracy(model, disturbed)
    return scores


def accuracy(model: fc.NewsClassifier, labelled: list[tuple[str, str]]) -> float:
    """Share of right answers."""
    answers = model.predict([text for text, _ in labelled])
    right = sum(answer == label for answer, (_, label) in zip(answers, labelled, strict=True))
    return round(right / len(labelled), 4)


def corpus_digests(corpora: Path) -> dict[str, str]:
    """SHA-256 of the corpora that the floors were measured on."""
    return {
        corpus: hashlib.sha256((corpora / f"{corpus}.jsonl.gz").read_bytes()).hexdigest()
        for corpus in UNSEEN
    }


def main() -> int:
    """Print the scores; raise the floors if asked to."""
    from conftest import corpora_folder

    corpora = corpora_folder()
    measured: dict[str, Any] = {
        "stored": stored_scores(),
        "noise agreement": noise_agreement(),
        "small model": small_model(),
    }
    if corpora is not None:
        measured["unseen documents"] = unseen_documents(corpora)
        measured["digests"] = corpus_digests(corpora)
    measured["seeds"] = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((ROOT / "seeds").iterdir())
    }
    floors = json.loads(FLOORS.read_text(encoding="utf-8")) if FLOORS.exists() else {}
    fallen = []
    for kind, scores in measured.items():
        for name, score in scores.items():
            floor = floors.get(kind, {}).get(name)
            print(f"{kind:18} {name:30} {score}  floor {floor}")
            if isinstance(score, float) and floor is not None and score < floor:
                fallen.append(f"{kind}, {name}: {score} < {floor}")
    if fallen:
        print("FALLEN:", *fallen, sep="\n  ")
        return 1
    if "--update" in sys.argv:
        floors = {**floors, **measured}
        FLOORS.write_text(json.dumps(floors, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
