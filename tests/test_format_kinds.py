"""Files of models with several labels and of stance models; the rest is in test_format.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_format import forge

import fanews_classify as fc
from fanews_classify import errors


@pytest.fixture
def topic_file(tiny_topic: fc.TopicClassifier, tmp_path: Path) -> Path:
    path = tmp_path / "topic.fanews"
    fc.save(tiny_topic, path)
    return path


@pytest.fixture
def stance_file(tiny_stance: fc.StanceClassifier, tmp_path: Path) -> Path:
    path = tmp_path / "stance.fanews"
    fc.save(tiny_stance, path)
    return path


def test_round_trips_change_no_score_and_no_byte(
    topic_file: Path,
    stance_file: Path,
    tiny_topic: fc.TopicClassifier,
    tiny_stance: fc.StanceClassifier,
    own_texts: list[dict[str, Any]],
    tmp_path: Path,
) -> None:
    texts = [text["body"] for text in own_texts[:200]]
    topic, stance = fc.verify(topic_file), fc.verify(stance_file)
    assert isinstance(topic, fc.TopicClassifier)
    assert isinstance(stance, fc.StanceClassifier)
    assert np.array_equal(topic.predict_proba(texts), tiny_topic.predict_proba(texts))
    assert np.array_equal(
        stance.predict_proba(texts, "housing"), tiny_stance.predict_proba(texts, "housing")
    )
    for model, path in ((topic, topic_file), (stance, stance_file)):
        fc.save(model, tmp_path / "again")
        assert (tmp_path / "again").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        lambda m, _: m.update(thresholds=m["thresholds"][1:]),
        lambda m, _: m["thresholds"].__setitem__(0, 1.5),
        lambda m, _: m["thresholds"].__setitem__(0, float("nan")),
        lambda m, _: m["thresholds"].__setitem__(0, "x"),
        lambda m, _: m.pop("thresholds"),
        lambda m, _: m.update(passage_share=-1),
        lambda m, _: m.pop("passage_share"),
        lambda m, _: m["calibration"].update(half=-1),
        lambda m, _: m["calibration"]["prior"].__setitem__(0, 0.0),
        lambda m, _: m["calibration"].update(slope=[1.0]),
        lambda m, _: m.update(calibration=[]),
        lambda m, _: m.update(kind="single-label"),
        lambda m, _: m.update(kind="stance"),
    ],
)
def test_topic_files_that_make_no_sense(topic_file: Path, change: Any) -> None:
    forge(topic_file, change)
    with pytest.raises(errors.FanewsError):
        fc.load(topic_file)


@pytest.mark.parametrize(
    "change",
    [
        lambda m, _: m.update(targets=m["targets"][1:]),
        lambda m, _: m.update(targets=[]),
        lambda m, _: m.pop("targets"),
        lambda _, a: a.pop("bias"),
        lambda _, a: a.update(bias=a["bias"].astype(np.float32)),
        lambda _, a: a.update(bias=a["bias"] * np.nan),
        lambda _, a: a.update(bias=a["bias"][1:]),
        lambda m, _: [entry.update(role="text") for entry in m["blocks"]],
        lambda m, _: [entry.update(role="focus") for entry in m["blocks"]],
        lambda m, _: m.update(blocks=m["blocks"][2:]),
    ],
)
def test_stance_files_that_make_no_sense(stance_file: Path, change: Any) -> None:
    forge(stance_file, change)
    with pytest.raises(errors.FanewsError):
        fc.load(stance_file)
