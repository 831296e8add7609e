from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import fanews_classify as fc
from fanews_classify.cli.main import main
from fanews_classify.errors import EvaluationError, ParameterError
from fanews_classify.training.recipe import Features, Recipe, Validation, load_recipe

WORDS = {
    "ورزش": "تیم بازی گل مربی داور لیگ قهرمان بازیکن مسابقه ورزشگاه".split(),
    "اقتصاد": "قیمت بازار بورس سهام ارز تورم بانک سود صادرات نرخ".split(),
}
SMALL = Recipe("small", features=(Features(ngram_range=(1, 1), min_df=1),),
               validation=Validation(folds=2))  # fmt: skip


def filling(i: int) -> str:
    """Return words that no other text has, so that none is a near duplicate of another."""
    letters = "".join("ابپتسجدرزک"[int(digit)] for digit in f"{i:03d}")
    return " ".join(f"{letters}{ending}" for ending in ("ان", "یم", "وش", "گر", "ول"))


def write(path: Path, start: int, count: int, duplicates: Sequence[str] = ()) -> Path:
    """Write texts of three words that tell the label, and others that do not."""
    rows = [{"text": text, "label": "ورزش"} for text in duplicates]
    for i in range(start, start + count):
        for j, (label, words) in enumerate(WORDS.items()):
            told = " ".join(words[(i * step) % len(words)] for step in (1, 3, 7))
            rows.append({"text": f"{told} {filling(2 * i + j)}", "label": label})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_curve_out_of_fold(tmp_path: Path) -> None:
    data = write(tmp_path / "train.jsonl", 0, 24)
    curve = fc.learning_curve(str(data), recipe=SMALL, shares=(1.0, 0.25, 0.5))
    assert [point.share for point in curve.points] == [0.25, 0.5, 1.0]
    assert [point.n for point in curve.points] == [12, 24, 48]
    assert (curve.scored_on, curve.n_scored) == ("out of fold", 48)
    for point in curve.points:
        assert 0 <= point.score.low <= point.score.value <= point.score.high <= 1
    assert curve.points[-1].score.value > 0.8
    # All documents: the scores that training reports.
    trained = fc.train(SMALL, files=[data]).evaluation
    assert curve.points[-1].score == trained.macro_f1
    again = fc.learning_curve([data], recipe=SMALL, shares=(0.25, 0.5, 1.0))
    assert again == curve
    other = fc.learning_curve(data, recipe=SMALL, shares=(0.25, 0.5, 1.0), seed=1)
    assert [point.n for point in other.points] == [12, 24, 48]
    assert other.points[-1] == curve.points[-1]


def test_the_curve_on_test_files(tmp_path: Path) -> None:
    test = write(tmp_path / "test.jsonl", 100, 8)
    story = json.loads(test.read_text(encoding="utf-8").splitlines()[0])["text"]
    data = write(tmp_path / "train.jsonl", 0, 12, duplicates=[story])
    curve = fc.learning_curve(data, test=[test], recipe=SMALL, shares=(0.5, 1.0))
    assert [point.n for point in curve.points] == [12, 24]  # the known story is left out
    assert (curve.scored_on, curve.n_scored) == ("test files", 16)
    model = fc.train(SMALL, files=[write(tmp_path / "same.jsonl", 0, 12)]).model
    rows = [json.loads(line) for line in test.read_text(encoding="utf-8").splitlines()]
    scores = fc.evaluate(model, [row["text"] for row in rows], [row["label"] for row in rows])
    assert curve.points[-1].score.value == pytest.approx(scores.macro_f1.value)
    with pytest.raises(EvaluationError, match="near duplicate"):
        fc.learning_curve(test, test=test, recipe=SMALL)


def test_several_labels_and_labels_that_a_share_lacks(tmp_path: Path) -> None:
    rows = []
    for i in range(60):
        sport, economy = WORDS["ورزش"], WORDS["اقتصاد"]
        told = {"ورزش": sport[i % 10], "اقتصاد": economy[i % 10]}
        chosen = [label for j, label in enumerate(told) if (i >> j) & 1]
        text = f"{' '.join(told[label] for label in chosen)} {filling(i)}"
        rows.append({"text": text, "label": chosen})
    data, test = tmp_path / "train.jsonl", tmp_path / "test.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows[:50]), encoding="utf-8")
    rows[-1]["label"] = ["هوا"]
    test.write_text("".join(json.dumps(row) + "\n" for row in rows[50:]), encoding="utf-8")
    recipe = replace(SMALL, task="multi-label")
    found = fc.learning_curve(data, test=test, recipe=recipe, shares=(1.0,)).points[0]
    assert found.n == 50
    assert 0 < found.score.value < 0.7  # of three labels one is never found
    found = fc.learning_curve(data, recipe=recipe, shares=(1.0,)).points[0]
    assert found.n == 50
    assert found.score.value > 0.7


def test_shares_that_are_too_small(tmp_path: Path) -> None:
    data = write(tmp_path / "train.jsonl", 0, 6)
    curve = fc.learning_curve(data, recipe=replace(SMALL, validation=Validation(folds=5)),
                              shares=(0.01, 1.0))  # fmt: skip
    assert curve.skipped == (0.01,)
    assert "too few to train on" in curve.to_text()
    wrong: list[Any] = [(0.0, 1.0), (1.5,), (float("nan"),), (), 0.5, ("half",), (None,), "1"]
    for shares in wrong:
        with pytest.raises(ParameterError, match="share"):
            fc.learning_curve(data, shares=shares)
    with pytest.raises(ParameterError, match="claim"):
        fc.learning_curve(data, recipe="claim_stance")
    few = write(tmp_path / "few.jsonl", 0, 1)
    with pytest.raises(EvaluationError, match="too few"):
        fc.learning_curve(few, recipe=SMALL)


def test_a_curve_as_values_and_on_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    data, test = write(tmp_path / "train.jsonl", 0, 10), write(tmp_path / "test.jsonl", 50, 4)
    curve = fc.learning_curve(data, test=test, recipe=SMALL, shares=(0.5, 1.0))
    values = json.loads(curve.to_json())
    assert fc.LearningCurve.from_dict(values).to_dict() == curve.to_dict() == values
    assert str(curve) == curve.to_text()
    out = tmp_path / "mine.fanews"
    model = fc.train(load_recipe("custom"), files=[data], out=out).model
    told = replace(model, info={**model.info, "learning_curve": values})
    texts = ["تیم گل زد", "بورس افت کرد"]
    scores = fc.evaluate(told, texts, ["ورزش", "اقتصاد"])
    page = scores.to_html(tmp_path / "x.html").read_text(encoding="utf-8")
    assert '<section id="learning-curve">' in page
    given = fc.LearningCurve.from_dict(values)
    assert page == scores.to_html(tmp_path / "y.html", learning_curve=given).read_text("utf-8")
    odd = {**values["points"][0], "share": "half"}
    for wrong in ({"points": 3}, [], {**values, "points": [odd]}, {**values, "points": [{}]}):
        broken = replace(model, info={"learning_curve": wrong})
        path = fc.evaluate(broken, texts, ["ورزش", "اقتصاد"]).to_html(tmp_path / "x.html")
        assert '<section id="learning-curve">' not in path.read_text(encoding="utf-8")
    arguments = ["evaluate", "--data", str(test), "--model", str(out)]
    page_arguments = ["--html", str(tmp_path / "y.html"), "--learning-curve", str(data)]
    assert main([*arguments, *page_arguments]) == 0
    assert "macro-F1 on 8 documents, test files" in capsys.readouterr().out
    assert '<section id="learning-curve">' in (tmp_path / "y.html").read_text(encoding="utf-8")
