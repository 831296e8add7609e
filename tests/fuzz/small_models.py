"""A small model of every kind, put together by hand in a moment: nothing is trained."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from fanews_classify.features._extractor import AnalyzerOptions
from fanews_classify.features._lexicon import Lexicon
from fanews_classify.features._ranking import N_FEATURES
from fanews_classify.features._table import HashTable
from fanews_classify.features._words import build_words
from fanews_classify.features.claims import feature_names
from fanews_classify.model._calibration import Calibration
from fanews_classify.model._counted import CountedBlock, Weighting
from fanews_classify.model._evidence import EvidenceRanker
from fanews_classify.model._focus import Focus
from fanews_classify.model._linear import LinearScorer
from fanews_classify.model._pair_scorer import Linear, PairScorer
from fanews_classify.model._passages import PassageScorer
from fanews_classify.model._sigmoid import SigmoidCalibration
from fanews_classify.model._store import to_bytes
from fanews_classify.model._summed import Reading, SummedBlock
from fanews_classify.model._trees import MOST_LEAVES, Trees
from fanews_classify.model.claims import ClaimStanceClassifier, PairCalibration
from fanews_classify.model.classifier import NewsClassifier
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.model.topics import TopicClassifier
from fanews_classify.text._codepage import term_bytes

WORDS = "بیمه دارو مسکن فوتبال گل فیلم وزیر گفت تکذیب شد کتاب تهران".split()
PAIRS = ["بیمه دارو", "وزیر گفت", "تکذیب شد"]
GRAMS = [" ب", "یم", "ار ", "تهر", "فو"]
LABELS = ("one", "two", "three")
PERSIAN = ("یک", "دو", "سه")


@cache
def files() -> dict[str, bytes]:
    """Return the bytes of a model file of every kind."""
    return {name: to_bytes(make()) for name, make in _MAKERS.items()}


def _weights(n: int, columns: int, seed: int) -> Any:
    return np.random.default_rng(seed).normal(size=(n, columns))


def _table(options: AnalyzerOptions, terms: list[str]) -> tuple[HashTable, Any]:
    folded = [term_bytes(term) if options.analyzer == "word" else _gram(term) for term in terms]
    return (
        HashTable.build(options.hash_terms(folded)),
        np.frombuffer(b"\n".join(folded), dtype=np.uint8),
    )


def _gram(term: str) -> bytes:
    return b"".join(b" " if char == " " else term_bytes(char) for char in term)


def _summed(columns: int) -> SummedBlock:
    options = AnalyzerOptions(ngram_range=(1, 2))
    table, blob = _table(options, [*WORDS, *PAIRS])
    idf = np.linspace(1.0, 3.0, table.size)
    lead = np.where(np.arange(table.size) < 8, idf, 0.0)
    readings = (
        Reading.make(None, _weights(table.size, columns, 1), idf, 0.01),
        Reading.make(6, _weights(table.size, columns, 2), lead, 0.02),
    )
    return SummedBlock(options, table, blob, readings)


def _counted(columns: int, *, grams: bool = False, norm: str | None = "l2") -> CountedBlock:
    options = (
        AnalyzerOptions(analyzer="char_wb", ngram_range=(2, 3), max_tokens=20)
        if grams
        else AnalyzerOptions(ngram_range=(1, 2))
    )
    table, blob = _table(options, GRAMS if grams else [*WORDS, *PAIRS])
    return CountedBlock(
        options,
        table,
        blob,
        weighting=Weighting(norm=norm),
        idf=None if grams else np.linspace(1, 2, table.size).astype(np.float32),
        coef=_weights(table.size, columns, 3).astype(np.float16 if grams else np.float32),
    )


def _section() -> NewsClassifier:
    return NewsClassifier(
        name="small",
        labels=LABELS,
        labels_fa=PERSIAN,
        scorer=LinearScorer((_summed(3), _counted(3, grams=True)), np.array([0.1, 0.0, -0.1])),
        calibration=Calibration(0.1, 2.0, 0.02, 0.1),
        info={"note": "made by hand", "scores": {"n": 3}},
    )


def _topic() -> TopicClassifier:
    return TopicClassifier(
        name="small_topics",
        labels=LABELS,
        labels_fa=PERSIAN,
        scorer=PassageScorer((_counted(3), _counted(3, norm="expected")), np.zeros(3), 0.3),
        calibration=SigmoidCalibration(np.ones(3), np.zeros(3), np.full(3, 0.2), 2.0),
        thresholds=np.array([0.3, 0.5, 0.7]),
    )


def _stance() -> StanceClassifier:
    targets = ("housing", "wages")
    return StanceClassifier(
        name="small_stance",
        labels=LABELS,
        labels_fa=PERSIAN,
        scorer=LinearScorer((_counted(3),), np.zeros(3)),
        calibration=Calibration(),
        targets=targets,
        focus=Focus(LinearScorer((_counted(2, norm=None),), np.zeros(2)), targets),
        focus_scorer=LinearScorer((_counted(3, norm="l1"),), np.zeros(3)),
        bias=np.array([[0.1, 0.0, -0.1], [0.0, 0.2, 0.0]]),
    )


def _claims() -> ClaimStanceClassifier:
    phrase: Any = ("خبر", "نادرست")
    lexicon = Lexicon(
        synonyms=[([("دارو",), ("درمان",)], [("بیماری",), phrase])],
        categories={"place": [("تهران",), ("شیراز",)]},
        cues={"refute": [("تکذیب",)]},
    )
    vectors = _weights(len(WORDS), 4, 5).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    words = build_words(WORDS, np.arange(1, len(WORDS) + 1), 20, vectors, lexicon)
    n = len(feature_names(words))
    rng = np.random.default_rng(6)
    n_trees = 6
    trees = Trees(
        rng.integers(0, n, 2 * n_trees).astype(np.int32),
        rng.normal(size=2 * n_trees).astype(np.float32),
        rng.integers(1, 1 << 16, 2 * n_trees).astype(np.uint16),
        np.arange(0, 2 * n_trees, 2, dtype=np.int32),
        rng.normal(size=(n_trees, MOST_LEAVES)).astype(np.float32),
        np.zeros(3),
    )
    ranker = Linear(
        np.zeros(N_FEATURES), np.ones(N_FEATURES), _weights(N_FEATURES, 1, 7), np.ones(1)
    )
    return ClaimStanceClassifier(
        name="small_claims",
        labels=LABELS,
        labels_fa=PERSIAN,
        words=words,
        scorer=PairScorer(trees, Linear(np.zeros(n), np.ones(n), _weights(n, 3, 8), np.zeros(3))),
        calibration=PairCalibration(np.ones(2), np.zeros((2, 3)), np.ones((2, 3))),
        ranker=EvidenceRanker.of(ranker),
    )


_MAKERS = {"section": _section, "topic": _topic, "stance": _stance, "claims": _claims}
