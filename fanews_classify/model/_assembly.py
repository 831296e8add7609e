"""Between classifiers and the manifest and arrays of a model file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Union

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ModelArrayError, ModelCorruptError
from fanews_classify.features._extractor import AnalyzerOptions
from fanews_classify.features._table import MOST_TERMS, HashTable
from fanews_classify.model import _limits as limits
from fanews_classify.model._block import Block
from fanews_classify.model._calibration import Calibration
from fanews_classify.model._linear import LinearScorer
from fanews_classify.model._summed import Reading, SummedBlock
from fanews_classify.model.classifier import NewsClassifier

if TYPE_CHECKING:
    from fanews_classify.model.claims import ClaimStanceClassifier
    from fanews_classify.model.stance import StanceClassifier
    from fanews_classify.model.topics import TopicClassifier

# Modules of other kinds of models than the first are imported when one is there.
Model = Union[NewsClassifier, "TopicClassifier", "StanceClassifier"]
AnyModel = Union[Model, "ClaimStanceClassifier"]
Arrays = Mapping[str, npt.NDArray[Any]]

KINDS: Final = ("single-label", "multi-label", "stance", "claim-stance")
TEXT, FOCUS, RELEVANCE = "text", "focus", "relevance"


def disassemble(model: AnyModel) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Return the manifest and the arrays that `assemble` makes the model of."""
    from fanews_classify.model.claims import ClaimStanceClassifier
    from fanews_classify.model.stance import StanceClassifier
    from fanews_classify.model.topics import TopicClassifier

    if isinstance(model, ClaimStanceClassifier):
        return _disassemble_claims(model)
    arrays: dict[str, npt.NDArray[Any]] = {"intercept": model.scorer.intercept}
    blocks = [_block_entry(arrays, i, block) for i, block in enumerate(model.scorer.blocks)]
    manifest: dict[str, Any] = {
        "kind": KINDS[0],
        "name": model.name,
        "labels": list(model.labels),
        "labels_fa": list(model.labels_fa),
        "calibration": model.calibration.to_json(),
        "abstain_below": model.abstain_below,
        "blocks": blocks,
        "info": dict(model.info),
    }
    if isinstance(model, TopicClassifier):
        manifest |= {
            "kind": KINDS[1],
            "thresholds": model.thresholds.tolist(),
            "passage_share": model.scorer.share,
        }
    elif isinstance(model, StanceClassifier):
        manifest |= {"kind": KINDS[2], "targets": list(model.targets)}
        arrays["bias"] = model.bias
        for role, scorer in ((FOCUS, model.focus_scorer), (RELEVANCE, model.focus.relevance)):
            for block in scorer.blocks:
                blocks.append({"role": role, **_block_entry(arrays, len(blocks), block)})
    return manifest, arrays


def _disassemble_claims(
    model: ClaimStanceClassifier,
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    manifest = {
        "kind": KINDS[3],
        "name": model.name,
        "labels": list(model.labels),
        "labels_fa": list(model.labels_fa),
        "abstain_below": model.abstain_below,
        "words": model.words.to_json(),
        "info": dict(model.info),
    }
    ranker = {f"ranker_{name}": value for name, value in vars(model.ranker.linear).items()}
    parts = (model.words, model.scorer, model.calibration)
    arrays = {name: array for part in parts for name, array in part.to_arrays().items()}
    return manifest, {**arrays, **ranker}


def all_blocks(model: AnyModel) -> list[Block]:
    """Return every block of a model, whatever it is for."""
    from fanews_classify.model.claims import ClaimStanceClassifier
    from fanews_classify.model.stance import StanceClassifier

    if isinstance(model, ClaimStanceClassifier):
        return []
    blocks = list(model.scorer.blocks)
    if isinstance(model, StanceClassifier):
        blocks += [*model.focus_scorer.blocks, *model.focus.relevance.blocks]
    return blocks


def assemble(manifest: Mapping[str, Any], arrays: Arrays) -> AnyModel:
    """Make a model of a checked manifest and its arrays.

    Raises
    ------
    ModelCorruptError, ModelArrayError
        If they do not fit together.
    KeyError, TypeError, ValueError
        If the manifest lacks something or has it in a wrong form.
    """
    parts = _Parts(manifest, arrays)
    limits.check_numbers(arrays)
    labels = limits.checked_names(manifest["labels"], "labels")
    labels_fa = limits.checked_names(manifest["labels_fa"], "Persian labels", different=False)
    if len(labels_fa) != len(labels):
        raise ModelCorruptError("the labels lack Persian names")
    if not isinstance(manifest["name"], str) or not isinstance(manifest["info"], dict):
        raise ModelCorruptError("the model has no name, or no information about itself")
    if manifest["kind"] == KINDS[3]:
        return _claims(manifest, parts, labels, labels_fa)
    intercept = arrays["intercept"]
    if intercept.dtype != np.float64 or intercept.shape != (len(labels),):
        raise ModelArrayError("the intercept does not fit the labels")
    blocks = parts.blocks(TEXT, len(labels))
    if not blocks:
        raise ModelArrayError("the model has no weights")
    common: dict[str, Any] = {
        "name": manifest["name"],
        "labels": labels,
        "labels_fa": labels_fa,
        "scorer": LinearScorer(blocks, intercept),
        "abstain_below": parts.share("abstain_below", manifest["abstain_below"]),
        "info": dict(manifest["info"]),
    }
    if manifest["kind"] == KINDS[0]:
        return NewsClassifier(**common, calibration=Calibration.from_json(manifest["calibration"]))
    if manifest["kind"] == KINDS[1]:
        return _topics(manifest, parts, common)
    return _stance(manifest, parts, common)


def _claims(
    manifest: Mapping[str, Any],
    parts: _Parts,
    labels: tuple[str, ...],
    labels_fa: tuple[str, ...],
) -> ClaimStanceClassifier:
    from fanews_classify.features._words import WordTable
    from fanews_classify.features.claims import feature_names
    from fanews_classify.model._evidence import EvidenceRanker
    from fanews_classify.model._pair_scorer import Linear, PairScorer
    from fanews_classify.model.claims import ClaimStanceClassifier, PairCalibration

    words = WordTable.from_arrays(manifest["words"], parts.arrays)
    n_features = len(feature_names(words))
    linear = Linear(*(parts.array(f"ranker_{n}", "f8") for n in Linear.__dataclass_fields__))
    return ClaimStanceClassifier(
        name=manifest["name"],
        labels=labels,
        labels_fa=labels_fa,
        abstain_below=parts.share("abstain_below", manifest["abstain_below"]),
        info=dict(manifest["info"]),
        words=words,
        scorer=PairScorer.from_arrays(parts.arrays, n_features, len(labels)),
        calibration=PairCalibration.from_arrays(parts.arrays, len(labels)),
        ranker=EvidenceRanker.of(linear),
    )


def _topics(manifest: Mapping[str, Any], parts: _Parts, common: dict[str, Any]) -> TopicClassifier:
    from fanews_classify.model._passages import PassageScorer
    from fanews_classify.model._sigmoid import SigmoidCalibration
    from fanews_classify.model.topics import TopicClassifier

    n_labels = len(common["labels"])
    thresholds = [parts.share("a threshold", value) for value in manifest["thresholds"]]
    if len(thresholds) != n_labels:
        raise ModelCorruptError("the thresholds do not fit the labels")
    share = parts.share("passage_share", manifest["passage_share"])
    whole = common["scorer"]
    common["scorer"] = PassageScorer(whole.blocks, whole.intercept, share)
    return TopicClassifier(
        **common,
        calibration=SigmoidCalibration.from_json(manifest["calibration"], n_labels),
        thresholds=np.array(thresholds),
    )


def _stance(manifest: Mapping[str, Any], parts: _Parts, common: dict[str, Any]) -> StanceClassifier:
    from fanews_classify.model._focus import Focus
    from fanews_classify.model.stance import StanceClassifier

    n_labels = len(common["labels"])
    targets = limits.checked_names(manifest["targets"], "targets")
    bias = parts.arrays["bias"]
    if bias.dtype != np.float64 or bias.shape != (len(targets), n_labels):
        raise ModelArrayError("the bias does not fit the targets and labels")
    relevance = LinearScorer(parts.blocks(RELEVANCE, len(targets)), np.zeros(len(targets)))
    return StanceClassifier(
        **common,
        calibration=Calibration.from_json(manifest["calibration"]),
        targets=targets,
        focus=Focus(relevance, targets),
        focus_scorer=LinearScorer(parts.blocks(FOCUS, n_labels), np.zeros(n_labels)),
        bias=bias,
    )


@dataclass(frozen=True, eq=False)
class _Parts:
    manifest: Mapping[str, Any]
    arrays: Arrays

    def share(self, what: str, value: Any) -> float:
        """Return a number from 0 to 1."""
        if isinstance(value, bool | str) or not 0.0 <= float(value) <= 1.0:
            raise ModelCorruptError(f"{what} is {value!r:.40}, not between 0 and 1")
        return float(value)

    def blocks(self, role: str, n_columns: int) -> tuple[Block, ...]:
        """Return the checked blocks of one role."""
        made = []
        entries = self.manifest["blocks"]
        if not isinstance(entries, list) or len(entries) > limits.MOST_BLOCKS:
            raise ModelCorruptError(f"there is no list of at most {limits.MOST_BLOCKS} blocks")
        for i, entry in enumerate(entries):
            if not isinstance(entry, Mapping):
                raise ModelCorruptError(f"block {i} is {type(entry).__name__}, not an object")
            if entry.get("role", TEXT) != role:
                continue
            block = self.block(entry, i)
            block.check()
            if block.n_columns != n_columns:
                raise ModelArrayError(f"the weights of block {i} do not fit")
            made.append(block)
        return tuple(made)

    def block(self, entry: Mapping[str, Any], i: int) -> Block:
        """Return one block, unchecked but for the types of its arrays."""
        terms = self.array(f"terms.{i}", "u1")
        table = HashTable(
            self.array(f"entries.{i}", "u8"),
            self.array(f"displacements.{i}", "u4"),
            int(entry["multiplier"], 16),
            limits.whole(entry["terms"], "the number of terms", 0, MOST_TERMS),
        )
        options = _analyzer(entry["analyzer"])
        if "readings" in entry:
            if len(entry["readings"]) > limits.MOST_BLOCKS:
                raise ModelCorruptError(f"block {i} has over {limits.MOST_BLOCKS} readings")
            readings = [
                Reading(
                    _max_tokens(reading["max_tokens"]),
                    self.array(f"words_{j}.{i}", "i8"),
                    self.array(f"scales_{j}.{i}", "f8"),
                    self.share("growth", reading["growth"]),
                )
                for j, reading in enumerate(entry["readings"])
            ]
            if not readings:
                raise ModelCorruptError(f"block {i} has no readings")
            return SummedBlock(options, table, terms, tuple(readings))
        from fanews_classify.model._counted import CountedBlock, Weighting

        return CountedBlock(
            options,
            table,
            terms,
            weighting=Weighting(
                limits.truth(entry["sublinear_tf"], "sublinear_tf"),
                limits.truth(entry["binary"], "binary"),
                entry["norm"],
            ),
            idf=self.array(f"idf.{i}", "f4") if limits.truth(entry["use_idf"], "use_idf") else None,
            coef=self.array(f"coef.{i}", "f2", "f4"),
        )

    def array(self, name: str, *dtypes: str) -> npt.NDArray[Any]:
        """Return an array of one of the given types."""
        array = self.arrays[name]
        if array.dtype not in [np.dtype(dtype) for dtype in dtypes]:
            raise ModelArrayError(f"the array {name} has the unexpected type {array.dtype}")
        return array


def _analyzer(values: Any) -> AnalyzerOptions:
    """Return checked options: what is no number here would fail only in predicting."""
    low, high = values["ngram_range"]
    most = 1 << 10  # AnalyzerOptions knows better, for whole numbers
    return AnalyzerOptions.from_json(
        {
            **values,
            "ngram_range": [limits.whole(n, "a length of n-grams", 1, most) for n in (low, high)],
            "max_tokens": _max_tokens(values["max_tokens"]),
            "remove_boilerplate": limits.truth(values["remove_boilerplate"], "remove_boilerplate"),
            "join_affixes": limits.truth(values["join_affixes"], "join_affixes"),
        }
    )


def _max_tokens(value: Any) -> int | None:
    return None if value is None else limits.whole(value, "max_tokens", 1, limits.MOST_TOKENS)


def _block_entry(arrays: dict[str, npt.NDArray[Any]], i: int, block: Block) -> dict[str, Any]:
    """Put a block's arrays beside the others; return its entry in the manifest."""
    from fanews_classify.model._counted import CountedBlock

    arrays[f"entries.{i}"] = block.table.entries
    arrays[f"displacements.{i}"] = block.table.displacements
    arrays[f"terms.{i}"] = block.terms_blob
    entry = {
        "analyzer": block.options.to_json(),
        "multiplier": f"{block.table.multiplier:016x}",
        "terms": block.table.size,
    }
    if isinstance(block, SummedBlock):
        for j, reading in enumerate(block.readings):
            arrays[f"words_{j}.{i}"] = reading.words
            arrays[f"scales_{j}.{i}"] = reading.scales
        readings = [{"max_tokens": r.max_tokens, "growth": r.growth} for r in block.readings]
        return {**entry, "readings": readings}
    if not isinstance(block, CountedBlock):
        raise TypeError(f"cannot store a {type(block).__name__}")
    arrays[f"coef.{i}"] = block.coef
    if block.idf is not None:
        arrays[f"idf.{i}"] = block.idf
    return {**entry, **asdict(block.weighting), "use_idf": block.idf is not None}
