from __future__ import annotations

import csv
import gzip
import json
import types
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fanews_classify as fc
from fanews_classify.errors import CorpusError, InputTypeError, ParameterError, RecipeError
from fanews_classify.features._vectors import word_vectors
from fanews_classify.text import normalize
from fanews_classify.training.blocks import FeatureBlocks
from fanews_classify.training.data import Document, collect
from fanews_classify.training.fit import candidates
from fanews_classify.training.folds import folds
from fanews_classify.training.groups import near_duplicate_groups
from fanews_classify.training.learners import fit_linear
from fanews_classify.training.recipe import (
    Annotations,
    Features,
    Learner,
    Recipe,
    Source,
    Validation,
    bundled_recipes,
    load_recipe,
)
from fanews_classify.training.unlabelled import Unlabelled

ROOT = Path(__file__).resolve().parent.parent


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".csv":
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        data = lines.encode()
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.fixture
def rows(own_texts: list[dict[str, str]]) -> list[dict[str, Any]]:
    chosen = [text for text in own_texts if text["section"] in ("sport", "health", "world")]
    return [{"text": t["body"], "label": t["section"]} for t in chosen]


@pytest.mark.parametrize("name", ["mine.csv", "mine.jsonl", "mine.jsonl.gz"])
def test_two_columns_train_a_model(name: str, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    file = write_rows(tmp_path / name, rows)
    training = fc.train(files=[file], out=tmp_path / "mine.fanews")
    model = fc.load(tmp_path / "mine.fanews")
    assert model.labels == ("health", "sport", "world")
    assert model.predict("تیم والیبال در لیگ بازی را برد") == "sport"
    assert training.evaluation.macro_f1.value > 0.7
    assert training.evaluation.n == len(rows)
    report = training.report()
    assert "held out by group" in report
    assert "terms that speak most" in report


def test_columns_are_found_by_name_or_number(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    other = [{"id": i, "متن": row["text"], "برچسب": row["label"]} for i, row in enumerate(rows)]
    write_rows(tmp_path / "fa.csv", other)
    write_rows(tmp_path / "two.csv", [{"x": r["text"], "y": r["label"]} for r in rows])
    for name in ("fa.csv", "two.csv"):
        assert len(fc.train(files=[tmp_path / name]).model.labels) == 3
    write_rows(tmp_path / "three.csv", [{"x": 1, "y": 2, "z": 3}])
    with pytest.raises(CorpusError, match="name two of them"):
        fc.train(files=[tmp_path / "three.csv"])


def test_two_labels_and_logistic_regression(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    two = [row for row in rows if row["label"] != "world"]
    file = write_rows(tmp_path / "two.csv", two)
    for learner in (
        Learner("linear_svc"),
        Learner("logistic_regression", solver="liblinear", C=10),
        Learner("logistic_regression", solver="lbfgs", C=10),
        Learner("logistic_regression", solver="saga", C=10),
    ):
        model = fc.train(Recipe("two", learner=learner), files=[file]).model
        assert model.predict(["جراحی بیمار در بیمارستان", "گل در فوتبال"]) == ["health", "sport"]
        pipeline = fc.to_pipeline(model)
        texts = [row["text"] for row in two]
        assert pipeline.predict(texts).tolist() == model.predict(texts)


def test_training_twice_gives_the_same_bytes(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    file = write_rows(tmp_path / "mine.csv", rows)
    recipe = Recipe("again", features=(Features(max_words=500, max_runs=200, subwords=1.0),))
    for name in ("a", "b"):
        fc.train(recipe, files=[file], out=tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    block = fc.load(tmp_path / "a.".rstrip(".")).scorer.blocks[0]
    assert sum(" " not in term for term in block.terms) == 500
    assert sum(" " in term for term in block.terms) <= 200


def test_shared_subwords_are_folded_exactly(rows: list[dict[str, Any]]) -> None:
    texts = [row["text"] for row in rows]
    labels = [row["label"] for row in rows]
    features = (Features(min_df=1, subwords=1.0, max_words=9000),)
    recipe = Recipe("x", features=features)
    lent = [("فوتبالیست‌هایمان در تیم ملی فوتبال بازی کردند", outlet) for outlet in "aabb"]
    unlabelled = Unlabelled.read(lent, features[0])
    linear = fit_linear(recipe, Learner(), texts, labels, np.ones(len(texts)), unlabelled)
    blocks = FeatureBlocks(features)
    fitted = linear.design.blocks.vectorizers[0]
    matrix = blocks.refit({"text": texts}, [fitted.get_feature_names_out().tolist()])
    assert linear.coef.shape == (3, matrix.shape[1])
    # A word that no labelled text holds has learnt from its character n-grams.
    column = fitted.vocabulary_["فوتبالیستهایمان"]
    assert linear.coef[:, column].argmax() == linear.classes.index("sport")
    plain = fit_linear(Recipe("x", features=(Features(min_df=1),)), Learner(), texts, labels,
                       np.ones(len(texts)))  # fmt: skip
    assert "فوتبالیستهایمان" not in plain.design.blocks.vectorizers[0].vocabulary_


def test_word_vectors_bring_neighbours_together() -> None:
    teams, goods = "آبی سرخ سبز".split(), "دلار طلا سکه".split()
    texts = [f"تیم {a} در لیگ {b} بازی کرد و گل زد" for a in teams for b in ("برتر", "یک")]
    texts += [f"نرخ {a} در بازار {b} بالا رفت" for a in goods for b in ("تهران", "آزاد")]
    words = [normalize(word) for word in (*teams[:2], *goods[:2], "ناشناس")]
    words += ["تیم", "لیگ", "گل", "نرخ", "بازار", "بالا"]
    vectors = word_vectors(texts, words, 4)
    assert vectors.shape == (11, 4)
    alike = vectors @ vectors.T
    assert min(alike[0, 1], alike[2, 3]) > 0.8
    assert alike[0, 2] < 0.3
    assert not vectors[4].any()
    assert np.array_equal(vectors, word_vectors(texts, words, 4))


def test_unlabelled_texts_of_an_outlet_can_be_left_out() -> None:
    texts = [("گربه سیاه", "a"), ("گربه سفید", "a"), ("سگ سیاه", "b"), ("سگ سفید", "b")]
    unlabelled = Unlabelled.read(texts, Features())
    assert unlabelled is not None
    assert set(unlabelled.most_frequent(9, 1)) == {"گربه", "سگ", "سیاه", "سفید"}
    assert set(unlabelled.most_frequent(9, 1, {"a"})) == {"سگ", "سیاه", "سفید"}
    assert unlabelled.most_frequent(9, 2, {"a"}) == ["سگ"]
    assert unlabelled.texts_without({"a"}) == ["سگ سیاه", "سگ سفید"]
    assert Unlabelled.read([], Features()) is None


def test_near_duplicates() -> None:
    story = (
        "رئیس اداره راهداری شهرستان گفت بارش سنگین برف از شب گذشته راه چهل روستای "
        "کوهستانی را بسته است و ده دستگاه ماشین برف‌روب برای بازگشایی آنها در تلاشند"
    )
    other = (
        "نمایشگاه کتاب استان با حضور دویست ناشر در محل دائمی خود گشایش یافت و تا پایان هفته "
        "از ساعت نه صبح تا هشت شب پذیرای بازدیدکنندگان خواهد بود"
    )
    copies = [
        story,
        other,
        "به گزارش ایسنا، " + story + " انتهای پیام",
        story.replace("ی", "ي").replace("\u200c", "") + " @channel",
        "🔹 " + story[:120],
        other + " این نمایشگاه سالانه است",
        "",
        "کوتاه",
        "کوتاه",
    ]
    groups = near_duplicate_groups(copies).tolist()
    assert groups[:6] == [0, 1, 0, 0, 0, 1]
    assert groups[6:8] == [6, 7]
    assert near_duplicate_groups([]).tolist() == []


def documents(n: int) -> list[Document]:
    return [
        Document(f"متن {i}", "ab"[i % 2], "xyz"[i % 3], 1.0, i % 5 > 0, str(i)) for i in range(n)
    ]


@pytest.mark.parametrize("by", ["source", "group"])
def test_folds_leak_nothing(by: str) -> None:
    docs = documents(60)
    groups = np.arange(60)
    groups[30:40] = groups[0:10]  # near duplicates across sources
    recipe = Recipe("x", validation=Validation(by=by, folds=4, min_source=3))
    judged = set()
    for _, training, held_out in folds(recipe, docs, groups):
        assert not set(groups[training]) & set(groups[held_out])
        assert all(docs[i].judged for i in held_out)
        if by == "source":
            sources = {docs[i].source for i in held_out}
            assert not sources & {docs[i].source for i in training}
        judged |= set(held_out.tolist())
    assert judged == {i for i in range(60) if docs[i].judged}


def test_search_space() -> None:
    recipe = Recipe("x", search={"C": [0.1, 1.0], "class_weight": ["balanced"]})
    assert [learner.C for learner in candidates(recipe)] == [0.1, 1.0]
    assert [learner.C for learner in candidates(Recipe("x"))] == [1.0]


def test_search_takes_the_best(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    file = write_rows(tmp_path / "mine.csv", rows)
    training = fc.train(Recipe("x", search={"C": [1e-6, 1.0]}), files=[file])
    assert (
        training.model.info["learner"]["C"]
        == max(training.tried, key=lambda candidate: candidate["macro_f1"])["C"]
    )
    assert len(training.tried) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = 1 =", "not valid TOML"),
        ("", "name"),
        ("name = 'x'\nspeed = 3", "unknown key 'speed'"),
        ("name = 'x'\n[learner]\nkind = 'magic'", "learner.kind"),
        ("name = 'x'\n[learner]\nsolver = 'magic'", "learner.solver"),
        ("name = 'x'\n[learner]\nfoo = 1", "foo"),
        ("name = 'x'\n[validation]\nby = 'luck'", "validation.by"),
        ("name = 'x'\n[validation]\nfolds = 1", "folds"),
        ("name = 'x'\n[search]\nC = 3", "search.C"),
        ("name = 'x'\n[search]\nfoo = [3]", "search.foo"),
        ("name = 'x'\nfeatures = []", "features"),
        ("name = 'x'\nsources = 3", "sources"),
        ("name = 'x'\n[[features]]\nanalyzer = 'char_wb'\nsubwords = 1.0", "subwords"),
        ("name = 'x'\nweight_dtype = 'int3'", "weight_dtype"),
    ],
)
def test_faulty_recipes_say_what_is_wrong(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "faulty.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=message):
        load_recipe(path)


def test_missing_recipes(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="section"):
        load_recipe("secton")
    with pytest.raises(RecipeError, match="cannot read"):
        load_recipe(tmp_path / "nothing.toml")
    assert {"custom", "section"} <= set(bundled_recipes())
    for name in bundled_recipes():
        assert load_recipe(name).name == name


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"text": "a", "label": "b"}\n{broken\n', "line 2: not JSON"),
        ("a.jsonl", "[1]\n", "line 1: not a JSON object"),
        ("a.jsonl", '{"text": null, "label": "b"}\n', "line 1: text or label"),
        ("a.jsonl", '{"text": "a", "label": ""}\n', "line 1: text or label"),
        ("a.csv", "text,label\na,b,c\n", "line 2: wrong number of columns"),
        ("a.csv", "text,label\n", "no record"),
        ("a.pdf", "x", "only .csv"),
        ("a.jsonl", '{"text": "a", "label": "b"}\n', "at least two"),
    ],
)
def test_faulty_files_name_the_line(name: str, content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match=message):
        fc.train(files=[tmp_path / name])


def test_files_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("متن,برچسب".encode("cp1256"))
    with pytest.raises(CorpusError, match="UTF-8"):
        fc.train(files=[tmp_path / "a.csv"])
    (tmp_path / "a.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(CorpusError, match="cannot read"):
        fc.train(files=[tmp_path / "a.jsonl.gz"])
    with pytest.raises(CorpusError, match="cannot read"):
        fc.train(files=[tmp_path / "missing.csv"])
    with pytest.raises(CorpusError, match="no labelled document"):
        fc.train()


@pytest.fixture
def annotated(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of data with annotations and a folder with their corpus."""
    (tmp_path / "corpora").mkdir()
    write_rows(
        tmp_path / "corpora" / "news.jsonl.gz",
        [
            {"id": "1", "title": "عنوان", "body": "متن یک", "source": "isna.ir", "date": "2020"},
            {"id": "2", "body": "متن دو , category : ورزش", "source": "IRNA"},
            {"id": "3", "headline": "تیتر"},
        ],
    )
    write_rows(
        tmp_path / "labels.jsonl",
        [
            {"corpus": "news", "id": "1", "section": "a", "unsure": True, "chosen_by": "random"},
            {"corpus": "news", "id": "2", "section": "b"},
            {"corpus": "news", "id": "3", "section": "b"},
        ],
    )
    return tmp_path, tmp_path / "corpora"


def annotated_recipe(**more: Any) -> Recipe:
    return Recipe(
        "x",
        annotations=(Annotations("labels.jsonl", unsure_weight=0.5),),
        cleaning={"news": ", category :.*"},
        outlets={"isna": "ISNA"},
        **more,
    )


def test_annotations_join_their_corpus(annotated: tuple[Path, Path]) -> None:
    data, corpora = annotated
    found = collect(annotated_recipe(unlabelled=("news",)), data=data, corpora=corpora)
    first, second, third = found.documents
    assert (first.text, first.label, first.source) == ("عنوان\nمتن یک", "a", "ISNA")
    assert (first.weight, first.year, first.unsure) == (0.5, "2020", True)
    assert (second.text, second.source, second.weight) == ("متن دو", "IRNA", 1.0)
    assert (third.text, third.source) == ("تیتر", "news")
    assert set(found.digests) == {"labels.jsonl", "news.jsonl.gz"}
    assert len(found.unlabelled) == 2
    without = collect(
        annotated_recipe(sources=(Source("labels.jsonl", "corpus", "section"),)),
        data=data,
        corpora=None,
    )
    assert without.missing == ["news"]
    assert len(without.documents) == 3


def test_faulty_annotations_name_the_line(annotated: tuple[Path, Path]) -> None:
    data, corpora = annotated
    path = data / "labels.jsonl"
    good = path.read_text(encoding="utf-8")
    for line, message in (
        ('{"corpus": "news", "id": "1", "section": "b"}', "line 4: news/1 has labels already"),
        ('{"corpus": "news", "id": "1"}', "line 4: 'section' is missing"),
        ('{"corpus": "news", "id": "99", "section": "b"}', "lacks 1 annotated.*'99'.*line 4"),
        ('{"corpus": "news", "id": "2", "section": "b"}', "line 4: news/2 has labels already"),
    ):
        path.write_text(good + line + "\n", encoding="utf-8")
        with pytest.raises(CorpusError, match=message):
            collect(annotated_recipe(), data=data, corpora=corpora)
    path.write_text(good, encoding="utf-8")
    with pytest.raises(CorpusError, match="line 1: the label 'a' is none of"):
        collect(annotated_recipe(labels=("b",)), data=data, corpora=corpora)


@pytest.mark.parametrize("task", ["multi-label", "stance"])
def test_faulty_topics_name_the_line(task: str, annotated: tuple[Path, Path]) -> None:
    data, corpora = annotated
    recipe = Recipe(
        "x",
        task=task,
        labels=("housing",) if task == "multi-label" else ("critical", "neutral"),
        targets=("housing",),
        annotations=(Annotations("a.jsonl", label="topics"), Annotations("b.jsonl", "topics")),
    )

    def written(a: Any, b: Any = None) -> list[Document]:
        for name, topics in (("a", a), ("b", b)):
            record = {"corpus": "news", "id": "1", "topics": topics}
            line = json.dumps(record) + "\n" if topics is not None else ""
            (data / f"{name}.jsonl").write_text(line, encoding="utf-8")
        return collect(recipe, data=data, corpora=corpora).documents

    (document,) = written({"housing": "critical"}, {"housing": "critical"})
    if task == "multi-label":
        assert (document.label, document.target) == (("housing",), "")
        assert written(["housing"])[0].label == written("housing; ")[0].label == ("housing",)
        assert written({})[0].label == ()
        with pytest.raises(CorpusError, match=r"b.jsonl, line 1: news/1 has two labels"):
            written({"housing": "critical"}, {})
    else:
        assert (document.label, document.target) == ("critical", "housing")
        with pytest.raises(CorpusError, match=r"b.jsonl, line 1: .*'neutral' .*a.jsonl, line 1"):
            written({"housing": "critical"}, {"housing": "neutral"})
        with pytest.raises(CorpusError, match="line 1: the label 'angry' is none of"):
            written({"housing": "angry"})
    with pytest.raises(CorpusError, match=r"line 1: the (label|target) 'weather' is none of"):
        written({"weather": "critical"})


def test_own_files_with_several_labels_and_with_targets(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("text,label,target\nیک,a; b,x\nدو,,x\nسه,a,y\n" * 3, encoding="utf-8")
    recipe = Recipe("x", task="multi-label", features=(Features(min_df=1),))
    found = collect(recipe, data=tmp_path, corpora=None, files=[path]).documents
    assert [document.label for document in found[:3]] == [("a", "b"), (), ("a",)]
    stances = Recipe("x", task="stance", labels=("a", "b"), targets=("x",))
    path.write_text("text,label,target\nیک,a,x\nدو,b,\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="line 3: 'target' is missing"):
        collect(stances, data=tmp_path, corpora=None, files=[path])


def test_the_bundled_recipe_trains_without_the_corpora() -> None:
    recipe = load_recipe("section")
    dataset = collect(recipe, data=ROOT / "data", corpora=None)
    assert len(dataset.documents) >= 300
    assert set(dataset.missing) >= set(recipe.unlabelled)


def test_every_label_is_defined() -> None:
    defined = json.loads((ROOT / "data" / "labels.json").read_text(encoding="utf-8"))
    kinds = {
        "section": fc.SECTIONS,
        "topic": fc.TOPICS,
        "stance": fc.STANCES,
        "claim_stance": fc.CLAIM_STANCES,
    }
    for kind, names in kinds.items():
        assert {label: entry["fa"] for label, entry in defined[kind].items()} == dict(names)


@pytest.mark.parametrize("name", ["readers_1", "readers_2", "readers_3", "desks"])
def test_annotations_have_valid_labels(name: str) -> None:
    path = ROOT / "data" / "annotations" / f"{name}.jsonl"
    seen = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        assert record["section"] in fc.SECTIONS
        assert set(record.get("topics", {})) <= set(fc.TOPICS)
        assert set(record.get("topics", {}).values()) <= set(fc.STANCES)
        assert not {"text", "title", "body"} & set(record)
        seen.add((record["corpus"], record["id"]))
    assert len(seen) == len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("name", ["voices", "sentences"])
def test_stances_without_a_target_are_valid(name: str) -> None:
    path = ROOT / "data" / "annotations" / f"{name}.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        assert set(record) - {"start", "end"} == {"corpus", "id", "stance", "unsure"}
        assert record["stance"] in fc.STANCES
        assert record.get("start", 0) < record.get("end", 1)


def test_our_own_texts_cover_every_topic_and_stance(own_texts: list[dict[str, Any]]) -> None:
    assert len(own_texts) >= 800
    assert len({text["id"] for text in own_texts}) == len(own_texts)
    count = Counter(pair for text in own_texts for pair in text["topics"].items())
    for topic in fc.TOPICS:
        for stance in fc.STANCES:
            assert count[topic, stance] >= 10, (topic, stance)
    assert sum(not text["topics"] for text in own_texts) > 300
    assert sum(len(set(text["topics"].values())) > 1 for text in own_texts) >= 20
    bodies = [text["body"] for text in own_texts]
    assert len(set(near_duplicate_groups(bodies).tolist())) >= 0.99 * len(bodies)


def test_a_stance_model_needs_no_block_about_the_target(tmp_path: Path) -> None:
    recipe = Recipe(
        "x",
        task="stance",
        labels=("critical", "supportive"),
        targets=("housing", "wages_labour"),
        features=(Features(min_df=1),),
        sources=(Source("own_texts.jsonl", label="topics", labels={}),),
    )
    lines = [
        {"id": str(i), "body": f"{word} {i}", "topics": {"housing": stance}}
        for i, (word, stance) in enumerate(
            [("گلایه از گرانی خانه", "critical"), ("افتتاح خانه تازه", "supportive")] * 6
        )
    ]
    rows = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "own_texts.jsonl").write_text(rows, encoding="utf-8")
    out = tmp_path / "x.fanews"
    fc.train(recipe, data=tmp_path, out=out)
    text = "افتتاح خانه تازه. دو. سه. چهار."
    assert fc.load(out).predict(text, ["housing", "wages_labour"]) == ["supportive"] * 2


def test_what_is_no_file_and_no_recipe_is_told(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    file = write_rows(tmp_path / "mine.csv", rows)
    assert len(collect(Recipe("x"), data=tmp_path, corpora=None, files=file).documents) == len(rows)
    table = types.SimpleNamespace(columns=["text", "label"])  # as a DataFrame
    for files in (table, [table], [("متن", "برچسب")], 3):
        for call in (lambda files=files: fc.train(files=files), partial(fc.learning_curve, files)):
            with pytest.raises(InputTypeError, match=r"a file is expected, got .*; write texts"):
                call()
    for recipe, told in ((table, "a recipe is expected"), (str(file), "mine.csv is no recipe")):
        with pytest.raises(RecipeError, match=told):
            fc.train(recipe)


def test_too_few_texts_are_called_too_few(tmp_path: Path) -> None:
    rows = [{"text": f"خبر {word}", "label": word} for word in ("یک", "دو", "سه", "چهار")]
    file = write_rows(tmp_path / "few.csv", [*rows, *({**r, "text": r["label"]} for r in rows)])
    with pytest.raises(ParameterError, match="the texts are too few"):
        fc.train(files=[file])
