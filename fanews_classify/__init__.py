"""Persian news classification on an ordinary CPU.

>>> import fanews_classify as fc
>>> fc.load("section").predict("بورس تهران هفته را با رشد شاخص کل آغاز کرد")
'economy'

How a text flows: ``text`` (code page, tokens) → ``features`` (terms, TF-IDF) →
``model`` (scores, probabilities, explanations, files) → ``analysis``. Beside it stand
``training``, ``evaluation``, ``labelling`` and ``scale``; for people ``display``,
``report``, ``serve`` and ``cli``; ``interop`` with scikit-learn; ``records`` reads files.
Importing this package loads numpy only; everything else comes in where it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fanews_classify.errors import FanewsError
from fanews_classify.labels import CLAIM_STANCES, SECTIONS, STANCES, TOPICS, persian_name
from fanews_classify.model._explain import Evidence, Explanation
from fanews_classify.model._store import load, models, save, verify
from fanews_classify.model.classifier import NewsClassifier, Prediction
from fanews_classify.text import normalize, tokenize

if TYPE_CHECKING:
    from fanews_classify.analysis.analyze import Analysis, Finding, analyze
    from fanews_classify.evaluation.comparison import Comparison
    from fanews_classify.evaluation.curve import LearningCurve
    from fanews_classify.evaluation.judge import evaluate
    from fanews_classify.evaluation.multilabel import MultiLabelEvaluation
    from fanews_classify.evaluation.report import Evaluation
    from fanews_classify.features.claims import ClaimPairFeatures
    from fanews_classify.features.vectorizer import PersianTfidfVectorizer
    from fanews_classify.interop.estimator import PretrainedClassifier
    from fanews_classify.labelling.label_errors import LabelIssue, label_errors
    from fanews_classify.labelling.suggest import Suggestion, suggest
    from fanews_classify.model._export import export_joblib, to_pipeline
    from fanews_classify.model.claims import ClaimPrediction, ClaimStanceClassifier
    from fanews_classify.model.stance import StanceClassifier, StancePrediction
    from fanews_classify.model.topics import TopicClassifier, TopicPrediction
    from fanews_classify.scale.processes import in_processes
    from fanews_classify.training.curve import learning_curve
    from fanews_classify.training.train import train

__version__ = "0.1.0"

__all__ = [
    "CLAIM_STANCES",
    "SECTIONS",
    "STANCES",
    "TOPICS",
    "Analysis",
    "ClaimPairFeatures",
    "ClaimPrediction",
    "ClaimStanceClassifier",
    "Comparison",
    "Evaluation",
    "Evidence",
    "Explanation",
    "FanewsError",
    "Finding",
    "LabelIssue",
    "LearningCurve",
    "MultiLabelEvaluation",
    "NewsClassifier",
    "PersianTfidfVectorizer",
    "Prediction",
    "PretrainedClassifier",
    "StanceClassifier",
    "StancePrediction",
    "Suggestion",
    "TopicClassifier",
    "TopicPrediction",
    "analyze",
    "evaluate",
    "export_joblib",
    "in_processes",
    "label_errors",
    "learning_curve",
    "load",
    "models",
    "normalize",
    "persian_name",
    "save",
    "suggest",
    "to_pipeline",
    "tokenize",
    "train",
    "verify",
]

# Imported when first asked for: what needs scikit-learn, scipy or joblib, and what a
# program that loads one model does without.
_LAZY = {
    "ClaimPairFeatures": "fanews_classify.features.claims",
    "ClaimPrediction": "fanews_classify.model.claims",
    "ClaimStanceClassifier": "fanews_classify.model.claims",
    "StanceClassifier": "fanews_classify.model.stance",
    "StancePrediction": "fanews_classify.model.stance",
    "TopicClassifier": "fanews_classify.model.topics",
    "TopicPrediction": "fanews_classify.model.topics",
    "Analysis": "fanews_classify.analysis.analyze",
    "Finding": "fanews_classify.analysis.analyze",
    "MultiLabelEvaluation": "fanews_classify.evaluation.multilabel",
    "analyze": "fanews_classify.analysis.analyze",
    "Comparison": "fanews_classify.evaluation.comparison",
    "Evaluation": "fanews_classify.evaluation.report",
    "PersianTfidfVectorizer": "fanews_classify.features.vectorizer",
    "PretrainedClassifier": "fanews_classify.interop.estimator",
    "evaluate": "fanews_classify.evaluation.judge",
    "export_joblib": "fanews_classify.model._export",
    "LabelIssue": "fanews_classify.labelling.label_errors",
    "Suggestion": "fanews_classify.labelling.suggest",
    "label_errors": "fanews_classify.labelling.label_errors",
    "suggest": "fanews_classify.labelling.suggest",
    "LearningCurve": "fanews_classify.evaluation.curve",
    "in_processes": "fanews_classify.scale.processes",
    "learning_curve": "fanews_classify.training.curve",
    "to_pipeline": "fanews_classify.model._export",
    "train": "fanews_classify.training",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
