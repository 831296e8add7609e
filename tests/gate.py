"""Scores that must not fall: measured here, compared in test_gate.py.

    python tests/gate.py            print the scores beside their floors
    python tests/gate.py --update   raise the floors; a lower score is refused

What is measured: out-of-fold scores stored in the bundled models; the section
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
from fanews_classify.training.claim_recipe import Pairs
from fanews_classify.training.data import document_text
from fanews_classify.training.groups import near_duplicate_groups
from fanews_classify.training.pairs import read_pairs
from fanews_classify.training.recipe import (
    Features,
    Learner,
    Recipe,
    Source,
    Validation,
    load_recipe,
)

ROOT = Path(__file__).resolve().parent.parent
TOLERANCE = 0.005  # far inside the intervals: library versions, a few documents
SLACK = {
    "policy noise agreement": TOLERANCE,
    "offline models": 2 * TOLERANCE,
    "noise agreement": TOLERANCE,
    "claim noise agreement": TOLERANCE,
    "small model": 2 * TOLERANCE,
    "unseen documents": TOLERANCE,
}
FLOORS = Path(__file__).with_name("floors.json")

_GENERAL = ("own-a-", "own-b-", "own-c-", "own-d-")

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


def annotated(model: str = "section") -> set[tuple[str, str]]:
    """Return corpus and id of every document that a model was trained on."""
    found = set()
    for kind in load_recipe(model).annotations:
        path = ROOT / "data" / kind.path
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            found.add((record["corpus"], record["id"]))
    return found


def own_texts() -> list[dict[str, Any]]:
    """Return the texts of our own writing."""
    files = sorted((ROOT / "data").glob("own_texts*.jsonl"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines]


def stored_topic_scores() -> dict[str, float]:
    """Out-of-fold scores of the topic model, also of each topic and source."""
    scores = fc.load("topic").info["scores"]
    found = {
        "micro_f1": scores["micro_f1"]["value"],
        "macro_f1": scores["macro_f1"]["value"],
        "exact match": scores["exact_match"]["value"],
        "1 - calibration error": round(1 - scores["calibration_error"], 4),
    }
    found |= {label: row["f1"] for label, row in scores["per_class"].items()}
    parts = scores["slices"]["fold"]
    return found | {f"source {name}": part["micro_f1"] for name, part in parts.items()}


def stored_stance_scores() -> dict[str, float]:
    """Out-of-fold scores of the stance model, also of each stance, source and target."""
    scores = fc.load("stance").info["scores"]
    found = {
        "macro_f1": scores["macro_f1"]["value"],
        "accuracy": scores["accuracy"]["value"],
        "1 - calibration error": round(1 - scores["calibration_error"], 4),
    }
    found |= {label: row["f1"] for label, row in scores["per_class"].items()}
    for kind in ("fold", "target"):
        parts = scores["slices"][kind]
        found |= {f"{kind} {name}": part["accuracy"] for name, part in parts.items()}
    return found


def stored_claim_scores() -> dict[str, float]:
    """Out-of-fold scores of the claim-stance model on headlines and articles, and of evidence."""
    info = fc.load("claim_stance").info
    found = {f"evidence {name}": info["evidence"][name] for name in ("token_f1", "rouge_l")}
    for part, scores in info["parts"].items():
        found[f"{part} macro_f1"] = scores["macro_f1"]["value"]
        found[f"{part} accuracy"] = scores["accuracy"]["value"]
        found[f"{part} 1 - calibration error"] = round(1 - scores["calibration_error"], 4)
        found |= {f"{part} {label}": row["f1"] for label, row in scores["per_class"].items()}
    return found


def stored_scores() -> dict[str, float]:
    """Out-of-fold scores of the section model, and 1 - its calibration error."""
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
    # The texts on which the floors were set; those on policy alone came later.
    texts = [document_text(r) for r in own_texts() if r["id"].startswith(_GENERAL)]
    before = model.predict(texts)
    shares = {}
    for name, change in NOISE.items():
        after = model.predict([change(text) for text in texts])
        same = sum(a == b for a, b in zip(before, after, strict=True))
        shares[name] = round(same / len(texts), 4)
    return shares


def policy_noise_agreement() -> dict[str, float]:
    """Share of topics and stances on our own texts that a disturbance leaves as they were.

    Of topics the F1 of the answers before and after.
    """
    topic, stance = fc.load("topic"), fc.load("stance")
    texts = [document_text(record) for record in own_texts()]
    pairs = [(i, target) for i, record in enumerate(own_texts()) for target in record["topics"]]
    targets = [target for _, target in pairs]
    before = topic.predict(texts)
    judged = stance.predict([texts[i] for i, _ in pairs], targets)
    shares = {}
    for name, change in NOISE.items():
        changed = [change(text) for text in texts]
        after = topic.predict(changed)
        both = sum(len(set(a) & set(b)) for a, b in zip(before, after, strict=True))
        total = sum(map(len, before)) + sum(map(len, after))
        shares[f"topic, {name}"] = round(2 * both / total, 4)
        again = stance.predict([changed[i] for i, _ in pairs], targets)
        same = sum(a == b for a, b in zip(judged, again, strict=True))
        shares[f"stance, {name}"] = round(same / len(pairs), 4)
    return shares


def own_claims() -> list[tuple[str, str]]:
    """Return claims and texts of our own writing, every third pair."""
    pairs = read_pairs(ROOT / "data" / "own_claims.jsonl", Pairs("own_claims.jsonl"))
    return [(pair.claim, pair.text) for pair in pairs][::3]


def claim_noise_agreement() -> dict[str, float]:
    """Share of answers on our own pairs that a disturbance of the text leaves as they were."""
    model = fc.load("claim_stance")
    claims, texts = map(list, zip(*own_claims(), strict=True))
    before = model.predict(texts, claims)
    shares = {}
    for name, change in NOISE.items():
        after = model.predict([change(text) for text in texts], claims)
        same = sum(a == b for a, b in zip(before, after, strict=True))
        shares[name] = round(same / len(texts), 4)
    return shares


def offline_models() -> dict[str, float]:
    """Score what the recipes give without the corpora, cross-validated on our own texts."""
    found = {}
    for name in ("topic", "stance"):
        evaluation = fc.train(name, data=ROOT / "data").evaluation
        found[f"{name} macro_f1"] = round(evaluation.macro_f1.value, 4)
    return found


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
        "stored topic": stored_topic_scores(),
        "stored stance": stored_stance_scores(),
        "stored claim stance": stored_claim_scores(),
        "policy noise agreement": policy_noise_agreement(),
        "offline models": offline_models(),
        "noise agreement": noise_agreement(),
        "claim noise agreement": claim_noise_agreement(),
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
        slack = SLACK.get(kind, 0.0)
        for name, score in scores.items():
            floor = floors.get(kind, {}).get(name)
            print(f"{kind:18} {name:30} {score}  floor {floor}")
            if isinstance(score, float) and floor is not None and score < floor - slack:
                fallen.append(f"{kind}, {name}: {score} < {floor}")
    if fallen:
        print("FALLEN:", *fallen, sep="\n  ")
        return 1
    if "--update" in sys.argv:
        for kind, scores in measured.items():
            before = floors.get(kind, {})
            floors[kind] = {
                name: max(score, before.get(name, score)) for name, score in scores.items()
            }
        FLOORS.write_text(json.dumps(floors, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
