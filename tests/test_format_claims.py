"""Files of claim models; the rest is in test_format.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from claim_fixtures import small_file
from test_format import forge

import fanews_classify as fc
from fanews_classify import errors
from fanews_classify.model._format import read_container


@pytest.fixture
def claim_file(tmp_path: Path) -> Path:
    path = tmp_path / "claims.fanews"
    path.write_bytes(small_file())
    return path


def names_of_arrays(path: Path) -> list[str]:
    return sorted(read_container(path)[1])


def test_a_forged_file_without_a_change_is_good(claim_file: Path) -> None:
    forge(claim_file, lambda *_: None)
    model = fc.verify(claim_file)
    assert isinstance(model, fc.ClaimStanceClassifier)
    assert model.predict("نان گران شد", "نان گران شد") in model.labels


def test_truncations_and_changed_bytes_are_found(claim_file: Path) -> None:
    data = claim_file.read_bytes()
    for size in (7, 48, 500, len(data) // 2, len(data) - 1):
        claim_file.write_bytes(data[:size])
        with pytest.raises(errors.ModelTruncatedError):
            fc.load(claim_file)
    broken = bytearray(data)
    broken[len(data) - 40] ^= 0x10
    claim_file.write_bytes(broken)
    with pytest.raises(errors.ModelFileError):
        fc.load(claim_file)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("words"),
        lambda m: m.update(words=None),
        lambda m: m.update(words=[]),
        lambda m: m.update(words={}),
        lambda m: m["words"].pop("words"),
        lambda m: m["words"].pop("phrases"),
        lambda m: m["words"]["words"].pop("multiplier"),
        lambda m: m["words"]["words"].pop("size"),
        lambda m: m["words"]["words"].update(multiplier=5),
        lambda m: m["words"]["words"].update(multiplier="no number"),
        lambda m: m["words"]["words"].update(multiplier="0"),
        lambda m: m["words"]["words"].update(multiplier="-1"),
        lambda m: m["words"]["words"].update(multiplier="f" * 400),
        lambda m: m["words"]["words"].update(size=-1),
        lambda m: m["words"]["words"].update(size=10**400),
        lambda m: m["words"]["words"].update(size=m["words"]["words"]["size"] - 1),
        lambda m: m["words"]["phrases"].update(size=0),
        lambda m: m["words"]["phrases"].update(size=None),
        lambda m: m["words"]["phrases"].update(multiplier=None),
        lambda m: m.pop("labels"),
        lambda m: m.update(labels=m["labels"][:-1]),
        lambda m: m.update(labels=m["labels"][:-1], labels_fa=m["labels_fa"][:-1]),
        lambda m: m.update(labels=[*m["labels"], "x"], labels_fa=[*m["labels_fa"], "x"]),
        lambda m: m.update(labels=["agree"] * 4),
        lambda m: m.update(labels=[]),
        lambda m: m.update(labels=7),
        lambda m: m.pop("labels_fa"),
        lambda m: m.update(labels_fa=5),
        lambda m: m.pop("name"),
        lambda m: m.pop("abstain_below"),
        lambda m: m.update(abstain_below=1.5),
        lambda m: m.update(abstain_below=float("nan")),
        lambda m: m.update(abstain_below="x"),
        lambda m: m.update(abstain_below=None),
        lambda m: m.pop("info"),
        lambda m: m.update(info=5),
        lambda m: m.update(kind="stance"),
        lambda m: m.update(kind="single-label"),
        lambda m: m.update(kind=None),
        lambda m: m.update(text_pipeline=99),
    ],
)
def test_manifests_that_make_no_sense(claim_file: Path, change: Any) -> None:
    forge(claim_file, lambda manifest, _: change(manifest))
    with pytest.raises(errors.FanewsError):
        fc.load(claim_file)


@pytest.mark.parametrize("change", ["drop", "type", "cut", "double", "empty", "turn", "nan", "inf"])
def test_every_array_is_checked(claim_file: Path, change: str) -> None:
    data = claim_file.read_bytes()
    for name in names_of_arrays(claim_file):

        def damage(_: Any, arrays: dict[str, Any], name: str = name) -> None:
            array = arrays[name]
            if change == "drop":
                del arrays[name]
            elif change == "type":
                other = np.float64 if array.dtype == np.float32 else np.float32
                arrays[name] = array.astype(other)
            elif change == "cut":
                arrays[name] = array[:-1]
            elif change == "double":
                arrays[name] = np.concatenate([array, array])
            elif change == "empty":
                arrays[name] = array[:0]
            elif change == "turn":
                arrays[name] = array.ravel() if array.ndim == 2 else array[:, None]
            elif array.dtype.kind == "f":
                array.flat[len(array) // 2] = np.nan if change == "nan" else np.inf

        if change in ("nan", "inf") and read_container(claim_file)[1][name].dtype.kind != "f":
            continue
        forge(claim_file, damage)
        with pytest.raises(errors.FanewsError):
            fc.load(claim_file)
        claim_file.write_bytes(data)


def put(name: str, place: Any, value: Any) -> Any:
    def change(arrays: dict[str, Any]) -> None:
        arrays[name][place] = value

    return change


def double_entry(arrays: dict[str, Any]) -> None:
    entries = arrays["words_entries"]
    used = (entries != entries.max()).nonzero()[0]
    entries[used[1]] = entries[used[0]]


@pytest.mark.parametrize(
    "change",
    [
        put("tree_features", 0, 9999),
        put("tree_features", -1, -1),
        put("tree_starts", 0, 1),
        put("tree_starts", 0, -1),
        put("tree_starts", 1, 0),
        put("tree_starts", -1, 10**8),
        put("linear_scale", 0, 0.0),
        put("linear_scale", -1, -1.0),
        put("words_entries", 0, 1 << 20),
        put("words_displacements", 0, 1 << 30),
        double_entry,
        lambda a: a.update(tree_starts=a["tree_starts"][::-1].copy()),
        lambda a: a.update(
            tree_starts=a["tree_starts"][:-1], tree_leaves=a["tree_leaves"][:-1]
        ),  # no longer as many trees of each label
        lambda a: a.update(tree_thresholds=a["tree_thresholds"][:-9]),
        lambda a: a.update(tree_leaves=a["tree_leaves"][:, :8]),
        lambda a: a.update(tree_baseline=a["tree_baseline"][:2]),
        lambda a: a.update(linear_coef=a["linear_coef"].T.copy()),
        lambda a: a.update(linear_coef=a["linear_coef"][:, :-1]),
        put("pair_decision", (0, 0), 0.0),
        put("pair_decision", (1, 1), -1.0),
        lambda a: a.update(pair_bias=a["pair_bias"][:, 1:]),
        lambda a: a.update(pair_decision=a["pair_decision"].T.copy()),
        lambda a: a.update(ranker_coef=np.tile(a["ranker_coef"], 2)),
        lambda a: a.update(word_senses=np.tile(a["word_senses"], 2)),
        lambda a: a.update(word_phrase_senses=a["word_phrase_senses"][:, :1]),
    ],
)
def test_arrays_that_make_no_sense(claim_file: Path, change: Any) -> None:
    forge(claim_file, lambda _, arrays: change(arrays))
    with pytest.raises(errors.FanewsError):
        fc.load(claim_file)
