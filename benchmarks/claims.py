"""Measure the claim-stance model: baselines, the dev events, another corpus, evidence, speed.

    python benchmarks/claims.py --corpora DIR       writes docs/claims.json (5 minutes)

Out-of-fold scores stand in the bundled model. What is added here: what a claim
alone and a text alone tell (the priors of annotation), a model that saw the
training events only on the development events, the bundled model on
persian_stance_2019, which nothing is trained on, sentences chosen without
learning, and what an answer costs. Ten examples of our own writing are answered
for docs/pages/en/claim-stance.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score

import fanews_classify as fc
from fanews_classify.evaluation.evidence import score_evidence
from fanews_classify.features._segments import choose_segments
from fanews_classify.features.claims import segment_scores, segment_signals
from fanews_classify.training.claim_train import fit_claims
from fanews_classify.training.pairs import ClaimPair, collect_pairs, event_folds
from fanews_classify.training.recipe import load_recipe

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "claims.json"
HEADLINES, ARTICLES = "farexstance_h2c", "farexstance_b2c"
ROUNDS = 7

EXAMPLES = [
    ("بیمه‌ها بدهی خود به دانشگاه‌های علوم پزشکی را پرداخت کردند.",
     "تسویه کامل مطالبات بیمارستان‌های دانشگاهی از سوی سازمان‌های بیمه‌گر"),
    ("بیمه‌ها بدهی خود به دانشگاه‌های علوم پزشکی را پرداخت کردند.",
     "رئیس دانشگاه: هنوز ریالی از مطالبات ما از بیمه‌ها پرداخت نشده است"),
    ("سن بازنشستگی زنان به ۶۰ سال افزایش یافت.",
     "افزایش سن بازنشستگی زنان تکذیب شد/ سخنگوی صندوق: چنین مصوبه‌ای نداریم"),
    ("سن بازنشستگی زنان به ۶۰ سال افزایش یافت.",
     "آیا سن بازنشستگی زنان تغییر می‌کند؟"),
    ("حقوق بازنشستگان از فروردین ۳۰ درصد بالا می‌رود.",
     "مستمری بازنشستگان از ابتدای سال ۲۰ درصد افزایش می‌یابد"),
    ("پرستاران بیمارستان به کم بودن کارانه اعتراض کردند.",
     "تجمع اعتراضی کادر پرستاری در پی پایین بودن کارانه"),
    ("قیمت دارو در داروخانه‌ها کاهش یافت!",
     "دارو گران شد؛ گلایه بیماران از افزایش قیمت‌ها"),
    ("وزیر رفاه از مجلس رأی اعتماد گرفت.",
     "تیم ملی والیبال با شکست حریف به نیمه‌نهایی رسید"),
    ("به گفته‌ی مدیرعامل صندوق، همسان‌سازی حقوق بازنشستگان متوقف شده است.",
     "به گزارش خبرنگار ما، نشست بررسی مسائل بازنشستگان دیروز برگزار شد. مدیرعامل صندوق در این "
     "نشست گفت: همسان‌سازی حقوق بازنشستگان ادامه دارد و مرحله‌ی سوم آن مهرماه اجرا می‌شود. وی "
     "افزود: منابع این طرح در بودجه دیده شده است. در ادامه نمایندگان کانون‌ها از گرانی درمان "
     "گلایه کردند. این نشست دو ساعت طول کشید."),
    ("ریزش ساختمان در مرکز شهر دو کشته داشت.",
     "سخنگوی آتش‌نشانی از فروریختن یک ساختمان قدیمی در مرکز شهر خبر داد. به گفته‌ی او این "
     "حادثه ساعت هفت صبح رخ داد. متأسفانه دو نفر از ساکنان جان باختند و چهار نفر به بیمارستان "
     "منتقل شدند. علت حادثه در دست بررسی است. رفت‌وآمد در خیابان تا ظهر عادی شد."),
]  # fmt: skip


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", required=True, type=Path)
    corpora = parser.parse_args().corpora
    model = fc.load("claim_stance")
    recipe = load_recipe("claim_stance")
    found = collect_pairs(recipe, data=ROOT / "data", corpora=corpora)
    kinds = {name: [p for p in found.pairs if p.part == name] for name in (HEADLINES, ARTICLES)}
    measured: dict[str, Any] = {
        "baselines": {name: baselines(pairs) for name, pairs in kinds.items()},
        "dev": dev_events(recipe, found, corpora),
        "persian_stance_2019": other_corpus(model, corpora),
        "evidence": sentences(model, kinds[ARTICLES]),
        "speed": speed(model, kinds),
        "examples": examples(model),
    }
    OUT.write_text(json.dumps(measured, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(measured, ensure_ascii=False, indent=1))
    return 0


def scored(truth: Sequence[str], answers: Sequence[str]) -> dict[str, float]:
    """Macro-F1, weighted F1, accuracy."""
    return {
        "macro_f1": round(f1_score(truth, answers, average="macro"), 4),
        "weighted_f1": round(f1_score(truth, answers, average="weighted"), 4),
        "accuracy": round(accuracy_score(truth, answers), 4),
    }


def baselines(pairs: list[ClaimPair]) -> dict[str, dict[str, float]]:
    """Score what one side alone tells, cross-validated by event as the model is."""
    truth = np.array([pair.label for pair in pairs])
    views: dict[str, Callable[[ClaimPair], str]] = {
        "claim alone": lambda pair: pair.claim,
        "text alone": lambda pair: pair.text,
    }
    answers = {name: truth.copy() for name in ("most frequent label", *views)}
    for held in event_folds(pairs, 5):
        labels, counts = np.unique(truth[~held], return_counts=True)
        answers["most frequent label"][held] = labels[counts.argmax()]
        for name, view in views.items():
            vectorizer = fc.PersianTfidfVectorizer(ngram_range=(1, 2), min_df=2)
            X = vectorizer.fit_transform(
                [view(p) for p, out in zip(pairs, held, strict=True) if not out]
            )
            learner = LogisticRegression(class_weight="balanced", max_iter=1000)
            learner.fit(X, truth[~held])
            seen = vectorizer.transform(
                [view(p) for p, out in zip(pairs, held, strict=True) if out]
            )
            answers[name][held] = learner.predict(seen)
    return {name: scored(truth, given) for name, given in answers.items()}


def dev_events(recipe: Any, found: Any, corpora: Path) -> dict[str, Any]:
    """Train without the development events, calibrated on the rest; score them."""
    with gzip.open(corpora / f"{HEADLINES}.jsonl.gz", "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    dev = {str(record["event"]) for record in records if record["split"] == "dev"}
    known = {str(record["event"]) for record in records}
    kept = [pair for pair in found.pairs if pair.event not in dev]
    subset = replace(found, pairs=kept)
    training = fit_claims(recipe, subset, data=ROOT / "data", progress=lambda *_: None).model
    held = [p for p in found.pairs if p.event in dev and p.event in known and p.judged]
    answers = training.predict([p.text for p in held], [p.claim for p in held])
    scores = {}
    for name in (HEADLINES, ARTICLES):
        part = [(p.label, a) for p, a in zip(held, answers, strict=True) if p.part == name]
        truth, given = [label for label, _ in part], [answer for _, answer in part]
        per_label = f1_score(truth, given, average=None, labels=list(recipe.labels))
        scores[name] = {
            "n": len(part),
            **scored(truth, given),
            **{
                label: round(f1, 4)
                for label, f1 in zip(recipe.labels, per_label.tolist(), strict=True)
            },
        }
    return scores


def other_corpus(model: Any, corpora: Path) -> dict[str, Any]:
    """Score the bundled model on rumours and headlines of 2019; claims weigh alike too."""
    with gzip.open(corpora / "persian_stance_2019.jsonl.gz", "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    truth = [record["label"] for record in records]
    claims = [record["claim"] for record in records]
    answers = model.predict([record["headline"] for record in records], claims)
    _, claim, count = np.unique(claims, return_inverse=True, return_counts=True)
    weight = 1.0 / count[claim]
    draws = np.random.default_rng(0).integers(0, len(count), (1000, len(count)))
    of_claim = [np.flatnonzero(claim == i) for i in range(len(count))]
    spread = []
    for draw in draws[:300]:
        rows = np.concatenate([of_claim[i] for i in draw])
        spread.append(
            f1_score([truth[i] for i in rows], [answers[i] for i in rows], average="macro")
        )
    low, high = np.quantile(spread, [0.025, 0.975])
    return {
        "n": len(records),
        "claims": len(count),
        **scored(truth, answers),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
        "macro_f1, claims alike": round(
            f1_score(truth, answers, average="macro", sample_weight=weight), 4
        ),
    }


def sentences(model: Any, pairs: list[ClaimPair]) -> dict[str, Any]:
    """Score sentences chosen without learning."""
    told = [pair for pair in pairs if pair.evidence]
    picks: dict[str, list[str]] = {"first two": [], "first, and two by overlap": []}
    for pair in told:
        segments = choose_segments(model.words, [pair.claim], [pair.text], every=True)
        scores = segment_scores(*segment_signals(segments))
        first = np.searchsorted(segments.sentence, np.arange(len(segments.spans)))
        best = np.argsort(-np.maximum.reduceat(scores, first), kind="stable")[:2].tolist()
        chosen = {"first two": {0, 1}, "first, and two by overlap": {0, *best}}
        for name, places in chosen.items():
            spans = [segments.spans[i] for i in sorted(places) if i < len(segments.spans)]
            picks[name].append(" ".join(pair.text[slice(*span)] for span in spans))
    wanted = [pair.evidence for pair in told]
    return {name: score_evidence(given, wanted).to_dict() for name, given in picks.items()}


def speed(model: Any, kinds: dict[str, list[ClaimPair]]) -> dict[str, Any]:
    """Time pairs in lists and one by one; memory of a fresh process."""
    taken: dict[str, Any] = {}
    for name, every in kinds.items():
        pairs = every[:: max(1, len(every) // 1000)]
        texts, claims = [p.text for p in pairs], [p.claim for p in pairs]
        ways = {
            "lists": lambda texts=texts, claims=claims: model.predict_proba(texts, claims),
            "one by one": lambda texts=texts, claims=claims: [
                model.predict_proba(text, claim)
                for text, claim in zip(texts[:200], claims[:200], strict=True)
            ],
            "evidence": lambda texts=texts, claims=claims: [
                model.evidence(text, claim)
                for text, claim in zip(texts[:200], claims[:200], strict=True)
            ],
        }
        for way, run in ways.items():
            n = len(texts) if way == "lists" else min(200, len(texts))
            rounds = []
            for _ in range(ROUNDS):
                begin = time.perf_counter()
                run()
                rounds.append((time.perf_counter() - begin) / n * 1e3)
            taken[f"{name}, {way}, ms a pair"] = {
                "median": round(float(np.median(rounds)), 4),
                "low": round(min(rounds), 4),
                "high": round(max(rounds), 4),
            }
        taken[f"{name}, words a text"] = round(
            float(np.mean([len(fc.tokenize(text)) for text in texts])), 1
        )
    program = (
        "import fanews_classify as fc\n"
        "model = fc.load('claim_stance')\n"
        "model.predict(['قیمت نان بالا رفت'] * 1000, 'نان گران شد')\n"
        # Not ru_maxrss: that is at least what the process was that started this one.
        "status = dict(line.split(':') for line in open('/proc/self/status'))\n"
        "print(int(status['VmHWM'].split()[0]) // 1024)"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    taken["peak memory, MB"] = int(out.stdout)
    begin = time.perf_counter()
    fc.load("claim_stance")
    taken["load, ms"] = round((time.perf_counter() - begin) * 1e3, 1)
    taken["model, MB"] = round(fc.models()["claim_stance"]["size"] / 1e6, 2)
    return taken


def examples(model: Any) -> list[dict[str, Any]]:
    """Answer ten pairs of our own writing."""
    return [
        {
            "claim": claim,
            "text": text,
            "label": model.predict(text, claim),
            "confidence": round(float(model.predict_proba(text, claim).max()), 2),
            "evidence": [[item.start, item.end] for item in model.evidence(text, claim)],
        }
        for claim, text in EXAMPLES
    ]


if __name__ == "__main__":
    sys.exit(main())
