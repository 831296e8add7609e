"""What a recipe of a claim-stance model says of its pairs and its learner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Pairs:
    """A file of pairs of a claim and a text, with their labels.

    Either a pair a line, or an event a line with ``claims``, ``texts`` and the
    labels of each text on each claim, as ``data/own_claims.jsonl`` has it.

    Attributes
    ----------
    path : str
        JSON lines (also gzipped), relative to the data folder, or to the
        corpora folder if `corpus` is true.
    claim, text, label : str
        Names of the fields. Several text fields are joined: ``"title+body"``.
    event : str
        Field of what claims are about: an event is never in two folds.
    evidence : str
        Field with the passages that decide, or ``""``.
    nothing : str
        The label of texts whose evidence says only that there is none.
    labels : mapping
        From the file's labels to the model's; others are left out. Empty: as
        they are.
    weight : float
        Mean weight of its pairs in training.
    judged : bool
        Whether scores are computed on them.
    """

    path: str
    claim: str = "claim"
    text: str = "text"
    label: str = "label"
    event: str = ""
    evidence: str = ""
    nothing: str = "unrelated"
    labels: Mapping[str, str] = field(default_factory=dict)
    corpus: bool = False
    weight: float = 1.0
    judged: bool = True


@dataclass(frozen=True)
class PairLearner:
    """Trees and a linear model on features of pairs, averaged.

    Attributes
    ----------
    max_words, min_df, dimensions
        See `ClaimPairFeatures`.
    iterations, learning_rate, leaves, min_samples_leaf, l2, max_features
        Of the trees; no more than sixteen leaves.
    C : float
        Of the linear model: the inverse of its regularisation.
    event_power : float
        A pair of an event with n pairs weighs ``n ** -event_power``: a few
        events have a thousand.
    label_power : float
        A label weighs its frequency to minus this.
    """

    max_words: int = 40_000
    min_df: int = 3
    dimensions: int = 64
    iterations: int = 100
    learning_rate: float = 0.1
    leaves: int = 12
    min_samples_leaf: int = 20
    l2: float = 3.0
    max_features: float = 0.3
    C: float = 0.1
    event_power: float = 0.5
    label_power: float = 0.3
    seed: int = 0
