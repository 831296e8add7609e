"""Between classifiers and the manifest and arrays of a model file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fanews_classify.errors import ModelArrayError, ModelCorruptError
from fanews_classify.features._extractor import AnalyzerOptions
from fanews_classify.features._table import HashTable
from fanews_classify.model._calibration import Calibration
from fanews_classify.model._focus import Focus
from fanews_classify.model._linear import Block, LinearScorer, Weighting
from fanews_classify.model._passages import PassageScorer
from fanews_classify.model._sigmoid import SigmoidCalibration
from fanews_classify.model.classifier import NewsClassifier
from fanews_classify.model.stance import StanceClassifier
from fanews_classify.model.topics import TopicClassifier

Model = NewsClassifier | TopicClassifier | StanceClassifier
Arrays = Mapping[str, npt.NDArray[Any]]

KINDS: Final = ("single-label", "multi-label", "stance")
TEXT, FOCUS, RELEVANCE = "text", "focus", "relevance"


def disassemble(model: Model) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Return the manifest and the arrays that `assemble` makes the model of."""
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


def all_blocks(model: Model) -> list[Block]:
    """Return every block of a model, whatever it is for."""
    blocks = list(model.scorer.blocks)
    if isinstance(model, StanceClassifier):
        blocks += [*model.focus_scorer.blocks, *model.focus.relevance.blocks]
    return blocks


def assemble(manifest: Mapping[str, Any], arrays: Arrays) -> Model:
    """Make a model of a checked manifest and its arrays.

    Raises
    ------
    ModelCorruptError, ModelArrayError
        If they do not fit together.
    KeyError, TypeError, ValueError
        If the manifest lacks something or has it in a wrong form.
    """
    parts = _Parts(manifest, arrays)
    labels = parts.names("labels")
    if len(manifest["labels_fa"]) != len(labels):
        raise ModelCorruptError("the labels lack Persian names")
    intercept = arrays["intercept"]
    if intercept.dtype != np.float64 or intercept.shape != (len(labels),):
        raise ModelArrayError("the intercept does not fit the labels")
    blocks = parts.blocks(TEXT, len(labels))
    if not blocks:
        raise ModelArrayError("the model has no weights")
    common: dict[str, Any] = {
        "name": str(manifest["name"]),
        "labels": labels,
        "labels_fa": tuple(manifest["labels_fa"]),
        "scorer": LinearScorer(blocks, intercept),
        "abstain_below": parts.share("abstain_below", manifest["abstain_below"]),
        "info": dict(manifest["info"]),
    }
    if manifest["kind"] == KINDS[1]:
        thresholds = [parts.share("a threshold", value) for value in manifest["thresholds"]]
        if len(thresholds) != len(labels):
            raise ModelCorruptError("the thresholds do not fit the labels")
        calibration = SigmoidCalibration.from_json(manifest["calibration"], len(labels))
        share = parts.share("passage_share", manifest["passage_share"])
        common["scorer"] = PassageScorer(common["scorer"], share)
        return TopicClassifier(**common, calibration=calibration, thresholds=np.array(thresholds))
    common["calibration"] = Calibration.from_json(manifest["calibration"])
    if manifest["kind"] == KINDS[0]:
        return NewsClassifier(**common)
    targets = parts.names("targets")
    bias = arrays["bias"]
    if bias.dtype != np.float64 or bias.shape != (len(targets), len(labels)):
        raise ModelArrayError("the bias does not fit the targets and labels")
    relevance = LinearScorer(parts.blocks(RELEVANCE, len(targets)), np.zeros(len(targets)))
    return StanceClassifier(
        **common,
        targets=targets,
        focus=Focus(relevance, targets),
        focus_scorer=LinearScorer(parts.blocks(FOCUS, len(labels)), np.zeros(len(labels))),
        bias=bias,
    )


@dataclass(frozen=True)
class _Parts:
    manifest: Mapping[str, Any]
    arrays: Arrays

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of names that are there and different."""
        names = tuple(str(name) for name in self.manifest[key])
        if not names or len(set(names)) != len(names):
            raise ModelCorruptError(f"the {key} are empty or repeated")
        return names

    def share(self, what: str, value: Any) -> float:
        """Return a number from 0 to 1."""
        number = float(value)
        if not 0.0 <= number <= 1.0:
            raise ModelCorruptError(f"{what} is {number}, not between 0 and 1")
        return number

    def blocks(self, role: str, n_columns: int) -> tuple[Block, ...]:
        """Return the checked blocks of one role."""
        made = []
        for i, entry in enumerate(self.manifest["blocks"]):
            if not isinstance(entry, Mapping):
                raise ModelCorruptError(f"block {i} is {type(entry).__name__}, not an object")
            if entry.get("role", TEXT) != role:
                continue
            block = _block(entry, self.arrays, i)
            block.check()
            if block.coef.shape[1] != n_columns:
                raise ModelArrayError(f"the weights of block {i} do not fit")
            made.append(block)
        return tuple(made)


def _block_entry(arrays: dict[str, npt.NDArray[Any]], i: int, block: Block) -> dict[str, Any]:
    """Put a block's arrays beside the others; return its entry in the manifest."""
    arrays[f"fingerprints.{i}"] = block.table.fingerprints
    arrays[f"ids.{i}"] = block.table.ids
    arrays[f"coef.{i}"] = block.coef
    arrays[f"terms.{i}"] = np.frombuffer(block.terms_blob, dtype=np.uint8)
    if block.idf is not None:
        arrays[f"idf.{i}"] = block.idf
    weighting = block.weighting
    return {
        "analyzer": block.options.to_json(),
        "sublinear_tf": weighting.sublinear_tf,
        "binary": weighting.binary,
        "norm": weighting.norm,
        "use_idf": block.idf is not None,
    }


def _block(entry: Mapping[str, Any], arrays: Arrays, i: int) -> Block:
    fingerprints, ids = arrays[f"fingerprints.{i}"], arrays[f"ids.{i}"]
    coef = arrays[f"coef.{i}"]
    if fingerprints.dtype != np.uint32 or ids.dtype != np.int32 or coef.dtype.kind != "f":
        raise ModelArrayError("the arrays of a block have unexpected types")
    return Block(
        options=AnalyzerOptions.from_json(entry["analyzer"]),
        weighting=Weighting(entry["sublinear_tf"], entry["binary"], entry["norm"]),
        table=HashTable(fingerprints, ids),
        idf=arrays[f"idf.{i}"] if entry["use_idf"] else None,
        coef=coef,
        terms_blob=arrays[f"terms.{i}"].tobytes(),
    )
