from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fanews_classify as fc
from fanews_classify.cli.main import main
from fanews_classify.errors import (
    CorpusError,
    InputTypeError,
    LabelError,
    MissingExtraError,
    ParameterError,
)
from fanews_classify.labelling._duplicates import fingerprints
from fanews_classify.labelling.answers import Names, joined, parsed, read_answers
from fanews_classify.labelling.retrain import retrain
from fanews_classify.labelling.sheet import Sheet, read_sheet, rows_of
from fanews_classify.training.data import Dataset, Document, read_labelled
from fanews_classify.training.groups import near_duplicate_groups
from fanews_classify.training.recipe import Features, Learner, Recipe, load_recipe

# Words alone: trained in a fraction of the time that the recipe `custom` takes.
FAST = Recipe("fast", features=(Features(min_df=1),), learner=Learner(C=1.0))


@pytest.fixture(scope="module")
def texts(own_texts: list[dict[str, Any]]) -> list[str]:
    return [f"{text['title']}\n{text['body']}" for text in own_texts]


@pytest.fixture(scope="module")
def sections(own_texts: list[dict[str, Any]]) -> list[str]:
    return [text["section"] for text in own_texts]


# No run of four words is in two of these, so none is a near duplicate of another.
PLACES = "شیراز تبریز رشت اهواز قم یزد زاهدان ساری کرج سنندج".split()
PAIRS = list(pairwise(PLACES))
PATTERNS = (
    "تیم {} در بازی با {} گل زد",
    "بانک {} سود وام {} را بالا برد",
    "پزشک {} بیماران شهر {} را درمان کرد",
)
NAMES = ("sport", "economy", "health")


def documents(texts: list[str], labels: list[Any]) -> list[Document]:
    return [
        Document(text, label, "", 1.0, True, str(i))
        for i, (text, label) in enumerate(zip(texts, labels, strict=True))
    ]


# Which texts are suggested.


def test_the_least_certain_come_first(tiny: fc.NewsClassifier, texts: list[str]) -> None:
    pool = texts[:300]
    confidence = tiny.predict_proba(pool).max(axis=1)
    found = fc.suggest(tiny, pool, 10, diversity=0.0)
    assert [one.index for one in found] == np.argsort(confidence, kind="stable")[:10].tolist()
    for one in found:
        assert one.text == pool[one.index]
        assert one.label == tiny.predict(pool[one.index])
        assert one.second in tiny.labels
        assert one.second != one.label
        assert one.confidence == pytest.approx(confidence[one.index])
        assert one.uncertainty == pytest.approx(1.0 - one.confidence)


def test_diversity_spreads_the_suggestions(tiny: fc.NewsClassifier, texts: list[str]) -> None:
    vectors = fc.PersianTfidfVectorizer(sublinear_tf=True).fit_transform(texts)

    def likeness(diversity: float) -> float:
        chosen = [one.index for one in fc.suggest(tiny, texts, 20, diversity=diversity)]
        alike = (vectors[chosen] @ vectors[chosen].T).toarray()
        return float(alike[~np.eye(len(chosen), dtype=bool)].mean())

    assert likeness(1.0) < likeness(0.5) < likeness(0.0)


def test_copies_are_suggested_once_and_labelled_texts_never(
    tiny: fc.NewsClassifier, texts: list[str]
) -> None:
    pool = texts[:60]
    arabic = [text.replace("ی", "ي").replace("\u200c", "") for text in pool]
    longer = [text + " این خبر را همکاران ما پی می‌گیرند" for text in pool]
    originals = len(set(near_duplicate_groups(pool).tolist()))
    found = [one.index % 60 for one in fc.suggest(tiny, [*pool, *arabic, *longer], 180)]
    assert len(set(found)) == len(found) == originals
    rest = [one.index % 60 for one in fc.suggest(tiny, [*arabic, *longer], 180, labelled=pool[:30])]
    assert sorted(rest) == sorted(set(found) - set(range(30)))
    assert [one.index for one in fc.suggest(tiny, [pool[0], pool[1], pool[0]], 3)] in (
        [0, 1],
        [1, 0],
    )


def test_no_more_than_so_many_of_one_answer(tiny: fc.NewsClassifier, texts: list[str]) -> None:
    found = fc.suggest(tiny, texts, 40, per_label=3)
    counts = {label: [one.label for one in found].count(label) for label in tiny.labels}
    assert max(counts.values()) == 3
    assert sum(counts.values()) == len(found) == 3 * len(tiny.labels)


def test_topics_are_asked_about_near_their_thresholds(
    tiny_topic: fc.TopicClassifier, texts: list[str]
) -> None:
    pool = texts[:400]
    found = fc.suggest(tiny_topic, pool, 10, diversity=0.0)
    probabilities = tiny_topic.predict_proba(pool)
    thresholds = tiny_topic.thresholds
    room = np.where(probabilities >= thresholds, 1.0 - thresholds, thresholds)
    sure = (np.abs(probabilities - thresholds) / room).min(axis=1)
    assert [one.index for one in found] == np.argsort(sure, kind="stable")[:10].tolist()
    for one in found:
        assert set(one.label) == set(tiny_topic.predict(one.text))
        column = tiny_topic.labels.index(one.second)
        gap = abs(probabilities[one.index, column] - thresholds[column]) / room[one.index, column]
        assert one.uncertainty == pytest.approx(1.0 - gap)


def test_a_stance_needs_its_target(tiny_stance: fc.StanceClassifier, texts: list[str]) -> None:
    pool = texts[:100]
    found = fc.suggest(tiny_stance, pool, 5, target="housing", diversity=0.0)
    probabilities = tiny_stance.predict_proba(pool, "housing").max(axis=1)
    assert [one.index for one in found] == np.argsort(probabilities, kind="stable")[:5].tolist()
    with pytest.raises(ParameterError, match="needs a target, one of health_coverage"):
        fc.suggest(tiny_stance, pool, 5)
    with pytest.raises(LabelError, match="'weather' is no target"):
        fc.suggest(tiny_stance, pool, 5, target="weather")


def test_without_a_model_the_texts_stand_for_many() -> None:
    pool = [pattern.format(*pair) for pattern in PATTERNS for pair in PAIRS]
    for seed in range(5):
        found = fc.suggest(None, pool, 3, seed=seed)
        assert {one.index // len(PAIRS) for one in found} == {0, 1, 2}
        assert found == fc.suggest(None, pool, 3, seed=seed)
    assert {(one.label, one.second, one.confidence) for one in found} == {("", "", 0.0)}
    assert len(fc.suggest(None, pool[:2], 5)) == 2
    with pytest.raises(ParameterError, match="need a model"):
        fc.suggest(None, pool, 3, per_label=1)


HOSTILE = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="ابپ\u200c \ud800\udfff\x00\u202e12a", max_size=30),
    st.sampled_from(
        ["", " ", "گل فوتبال", "گل  فوتبال!", "بانک و بورس", "<b>تیم</b>", "\ud800تیم"]
    ),
)


@settings(max_examples=40, deadline=None)
@given(
    pool=st.lists(HOSTILE, max_size=12),
    labelled=st.lists(HOSTILE, max_size=4),
    n=st.integers(0, 15),
    diversity=st.floats(0.0, 1.0),
    per_label=st.one_of(st.none(), st.integers(1, 3)),
)
def test_whatever_is_in_the_pool(
    section: fc.NewsClassifier,
    pool: list[str],
    labelled: list[str],
    n: int,
    diversity: float,
    per_label: int | None,
) -> None:
    for model, most in ((section, per_label), (None, None)):
        arguments: Any = {"labelled": labelled, "diversity": diversity, "per_label": most}
        found = fc.suggest(model, pool, n, **arguments)
        assert found == fc.suggest(model, iter(pool), n, **arguments)
        assert len(found) <= n
        assert len({one.index for one in found}) == len(found)
        known = fingerprints([pool[one.index] for one in found])
        assert b"" not in known
        assert len(set(known)) == len(known)
        assert not set(known) & set(fingerprints(labelled))
        assert all(one.text == pool[one.index] for one in found)


def test_wrong_arguments(section: fc.NewsClassifier) -> None:
    with pytest.raises(InputTypeError, match=r"text 1 \(counted from 0\) is NoneType"):
        fc.suggest(section, ["خبر", None])  # type: ignore[list-item]
    with pytest.raises(InputTypeError, match="text 0"):
        fc.suggest(section, ["خبر"], labelled=[b"x"])  # type: ignore[list-item]
    with pytest.raises(InputTypeError, match="put it in a list"):
        fc.suggest(section, "خبر")
    for wrong in ({"n": -1}, {"diversity": 1.5}, {"per_label": 0}, {"target": "housing"}):
        with pytest.raises(ParameterError):
            fc.suggest(section, ["خبر"], **wrong)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="claim model"):
        fc.suggest(fc.load("claim_stance"), ["خبر"])
    with pytest.raises(InputTypeError, match=r"give load\('section'\)"):
        fc.suggest("section", ["خبر"])  # type: ignore[arg-type]
    assert fc.suggest(section, []) == []
    assert fc.suggest(section, ["hello", "", "!"]) == []


# Labels that may be wrong.


def flipped(labels: list[str], share: float) -> tuple[list[str], set[int]]:
    rng = np.random.default_rng(0)
    names = sorted(set(labels))
    wrong = set(np.flatnonzero(rng.random(len(labels)) < share).tolist())
    changed = [
        str(rng.choice([name for name in names if name != label])) if i in wrong else label
        for i, label in enumerate(labels)
    ]
    return changed, wrong


def test_labels_that_were_changed_are_found(
    texts: list[str], sections: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("cleanlab")
    chosen = [i for i, name in enumerate(sections) if name in ("sport", "world", "science")]
    inside, truth = [texts[i] for i in chosen], [sections[i] for i in chosen]
    labels, wrong = flipped(truth, 0.05)
    found = fc.label_errors(inside, labels, recipe=FAST)
    listed = {issue.index for issue in found}
    assert len(wrong) > 5
    assert len(listed & wrong) >= 0.7 * len(wrong)
    assert len(listed & wrong) >= 0.3 * len(listed)  # by chance one in twenty
    worst = [issue.index for issue in found[: len(wrong)]]
    assert len(wrong & set(worst)) >= 0.6 * len(wrong)
    assert [issue.quality for issue in found] == sorted(issue.quality for issue in found)
    for issue in found:
        assert issue.text == inside[issue.index]
        assert issue.label == labels[issue.index] != issue.suggested
        assert 0.0 <= issue.quality < 0.5
    mended = [issue for issue in found if issue.index in wrong]
    assert sum(one.suggested == truth[one.index] for one in mended) > 0.7 * len(mended)
    assert fc.label_errors(inside, labels, recipe=FAST) == found
    assert fc.label_errors(inside, labels, recipe=FAST, seed=1) != found
    output = capsys.readouterr()
    assert output.out == output.err == ""


def test_one_of_several_labels_may_be_wrong(
    own_texts: list[dict[str, Any]], texts: list[str]
) -> None:
    pytest.importorskip("cleanlab")
    kinds = ("housing", "wages_labour", "pension_reform")
    chosen = [i for i, t in enumerate(own_texts) if set(t["topics"]) & set(kinds)] + list(range(80))
    chosen = list(dict.fromkeys(chosen))
    truth = [tuple(sorted(set(own_texts[i]["topics"]) & set(kinds))) for i in chosen]
    changed = {0: ("housing",) if truth[0] != ("housing",) else (), 5: ("wages_labour",), 9: ()}
    labels = [changed.get(i, label) for i, label in enumerate(truth)]
    wrong = {i for i, label in changed.items() if label != truth[i]}
    inside = [texts[i] for i in chosen]
    found = {issue.index: issue for issue in fc.label_errors(inside, labels, recipe=FAST)}
    assert len(wrong) >= 2
    assert wrong <= set(found)
    assert len(found) < 0.2 * len(inside)
    assert sum(found[i].suggested == truth[i] for i in wrong) >= len(wrong) - 1


def test_a_model_can_be_asked_instead(section: fc.NewsClassifier) -> None:
    pytest.importorskip("cleanlab")
    texts = ["تیم والیبال بازی را برد", "بانک نرخ سود را اعلام کرد", "hello", ""] * 5
    labels = ["sport", "economy", "sport", "health"] * 5
    labels[4], labels[9] = "economy", "sport"
    found = fc.label_errors(texts, labels, model=section)
    assert {(issue.index, issue.suggested) for issue in found} == {(4, "sport"), (9, "economy")}
    with pytest.raises(LabelError, match=r"'weather' of text 0 is none of \['culture'"):
        fc.label_errors(texts[:1], ["weather"], model=section)
    with pytest.raises(ParameterError, match="claims"):
        fc.label_errors(texts, labels, model=fc.load("claim_stance"))


def test_a_label_of_a_single_text_is_not_judged() -> None:
    pytest.importorskip("cleanlab")
    texts = [pattern.format(*pair) for pattern in PATTERNS[:2] for pair in PAIRS]
    labels = ["sport"] * len(PAIRS) + ["economy"] * len(PAIRS)
    once = fc.label_errors([*texts, "هوا ابری است"], [*labels, "weather"], recipe=FAST)
    assert once == []
    more, told = [*texts, "", "تیم بم در بازی گل زد"], [*labels, "sport", "economy"]
    bad = fc.label_errors(more, told, recipe=FAST)
    assert [(issue.index, issue.suggested) for issue in bad] == [(19, "sport")]


def test_label_errors_refuses_what_it_cannot_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cleanlab")
    with pytest.raises(ParameterError, match="2 texts and 1 labels"):
        fc.label_errors(["الف", "ب"], ["x"])
    with pytest.raises(InputTypeError, match="text 1"):
        fc.label_errors(["الف", None], ["x", "y"])  # type: ignore[list-item]
    for label in (None, 3, b"x", [1]):
        with pytest.raises(LabelError, match=r"label 1 \(counted from 0\)"):
            fc.label_errors(["الف", "ب"], ["x", label])  # type: ignore[list-item]
    with pytest.raises(LabelError, match="one label is expected"):
        fc.label_errors(["الف", "ب"], ["x", ("y",)])  # type: ignore[list-item]
    with pytest.raises(CorpusError, match="at least two"):
        fc.label_errors(["الف", "ب"], ["x", "x"])
    with pytest.raises(CorpusError):
        fc.label_errors([], [])
    with pytest.raises(ParameterError, match="targets"):
        fc.label_errors(["الف", "ب"], ["critical", "neutral"], recipe="stance")
    monkeypatch.setitem(sys.modules, "cleanlab", None)
    monkeypatch.setitem(sys.modules, "cleanlab.filter", None)
    with pytest.raises(MissingExtraError, match=r"fanews-classify\[labels\]"):
        fc.label_errors(["الف", "ب"], ["x", "y"])


# Sheets and answers.


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(
        HOSTILE.filter(lambda text: text.strip() and "?" not in text), min_size=1, max_size=5
    ),
    kind=st.sampled_from(["csv", "jsonl"]),
)
def test_a_sheet_reads_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], kind: str
) -> None:
    path = tmp_path_factory.mktemp("sheet") / f"ask.{kind}"
    starts = ["", "=1+1 ", "- ", "'@", "+", "'", "\t"]
    rows = [[f"x:{i}", starts[i % 7] + text, "-"] for i, text in enumerate(texts)]
    rows_of(["id", "text", "label"], rows).write(path)
    found = read_sheet(path)
    for row, (name, text, label) in zip(found.rows, rows, strict=True):
        sound = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        assert row == {"id": name, "text": sound.replace("\0", "\ufffd"), "label": label}
    assert list(path.parent.iterdir()) == [path]


def test_a_csv_sheet_is_for_excel(tmp_path: Path) -> None:
    path = tmp_path / "ask.csv"
    rows_of(["text", "label"], [['=HYPERLINK("http://x")', ""], ["خبر " * 20_000, ""]]).write(path)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbftext,label\r\n\"'=HYPERLINK")
    assert len(read_sheet(path).rows[1]["text"]) == 32_000
    for name in ("ask.xlsx", "ask.parquet", "ask", "ask.csv.gz"):
        with pytest.raises((ParameterError, CorpusError)):
            rows_of(["text"], [["x"]]).write(tmp_path / name)
    with pytest.raises(CorpusError, match="cannot write"):
        rows_of(["text"], [["x"]]).write(tmp_path / "no" / "ask.csv")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("id;text;label\r\n1;خبر ورزشی؛ دو;sport\r\n;;\r\n", "utf-8-sig"),
        ("sep=;\r\nid;text;label\r\n1;خبر ورزشی؛ دو;sport\r\n", "utf-8"),
        ("id\ttext\tlabel\r\n1\tخبر ورزشی؛ دو\tsport\r\n", "utf-16"),
        ("id,text,label,,\r\n1,خبر ورزشي؛ دو,sport,,\r\n", "cp1256"),
    ],
)
def test_what_excel_makes_of_a_sheet(text: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "ask.csv"
    path.write_bytes(text.encode(encoding))
    if encoding in ("cp1256", "utf-16"):
        with pytest.raises(CorpusError, match=f"add --encoding {encoding}"):
            read_sheet(path)
        sheet = read_sheet(path, encoding)
    else:
        sheet = read_sheet(path)
    answers = read_answers([("ask.csv", sheet)], Names(["sport"]))
    assert [(d.text.replace("ي", "ی"), d.label, d.key) for d in answers.documents] == [
        ("خبر ورزشی؛ دو", "sport", "1")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,text,label\n1,??? ????? ?? ???,sport\n", "line 2: the text has question marks"),
        ("id,text,lable\n1,خبر,sport\n", "no column 'label'; did you mean 'lable'"),
        ("id,text,label\n1,خبر,sport,x\n", "line 2: wrong number of columns"),
        ("id,text,label\n1,,sport\n", "line 2: there is no text"),
        ("id,text,label\n", "holds no rows"),
        ("", "holds no rows"),
    ],
)
def test_a_damaged_sheet_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "ask.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((CorpusError, ParameterError), match=message):
        read_sheet(path)


def answered(labels: list[Any], texts: list[str] | None = None, **columns: str) -> Any:
    texts = texts or [f"خبر {place}" for place in PLACES[: len(labels)]]
    rows = [
        {"text": text, "label": label, **columns} for text, label in zip(texts, labels, strict=True)
    ]
    return [("ask.csv", Sheet(["text", "label", *columns], rows, list(range(2, len(rows) + 2))))]


def test_labels_are_known_however_they_are_written() -> None:
    names = Names(
        ["sport", "health_coverage", "كتاب", "C", "C++"], ["ورزش", "بیمه", "کتاب", "C", "C++"]
    )
    written = ["sport", " Sport ", "ورزش", "health coverage", "کتاب", "C++", "c", "", None, "  "]
    found = read_answers(answered(written), names)
    labels = [document.label for document in found.documents]
    assert labels == ["sport", "sport", "sport", "health_coverage", "كتاب", "C++", "C"]
    assert found.waiting == 3
    assert found.new_labels == []


def test_an_unknown_label_may_be_a_slip_of_the_pen() -> None:
    names = Names(["sport", "health"])
    with pytest.raises(LabelError) as caught:
        read_answers(answered(["sprot", "health", "weather"]), names)
    assert "ask.csv, line 2: 'sprot' is no label so far; did you mean 'sport'?" in str(caught.value)
    assert "ask.csv, line 4: 'weather' is no label so far\n" in str(caught.value)
    assert "--new-labels" in str(caught.value)
    found = read_answers(answered(["weather", "health", "weather"]), names, new_labels=True)
    assert [document.label for document in found.documents] == ["weather", "health", "weather"]
    assert found.new_labels == ["weather"]
    with pytest.raises(LabelError) as caught:
        read_answers(answered(["weather"]), names, new_labels=True, closed=True)
    assert "--new-labels" not in str(caught.value)
    assert read_answers(answered(["weather"]), Names(())).new_labels == ["weather"]


def test_several_labels_or_none() -> None:
    names = Names(["housing", "wages_labour"])
    written = [
        "housing; دستمزد و کارگران",
        "-",
        "None",
        "هیچ‌کدام",
        "wages_labour؛housing",
        "",
        ["housing"],
    ]
    found = read_answers(answered(written), names, several=True)
    both = ("housing", "wages_labour")
    assert [d.label for d in found.documents] == [both, (), (), (), both, ("housing",)]
    assert found.waiting == 1
    with pytest.raises(LabelError, match="did you mean 'housing'"):
        read_answers(answered(["wages_labour;housin"]), names, several=True)


def test_stances_have_targets() -> None:
    names = Names(["critical", "neutral"])
    asked: Any = {"targets": ["housing", "pension_reform"]}
    found = read_answers(answered(["critical"], target="housing"), names, **asked)
    assert [d.target for d in found.documents] == ["housing"]
    found = read_answers(answered(["critical"]), names, target="pension_reform", **asked)
    assert [d.target for d in found.documents] == ["pension_reform"]
    with pytest.raises(CorpusError, match="target is missing"):
        read_answers(answered(["critical"]), names, **asked)
    with pytest.raises(CorpusError, match="did you mean 'housing'"):
        read_answers(answered(["critical"], target="housin"), names, **asked)


def test_one_text_has_one_answer() -> None:
    names = Names(["sport", "health"])
    twice = ["كتاب‌ها", "کتاب ها"]
    found = read_answers(answered(["sport", "sport"], twice), names)
    assert len(found.documents) == 1
    with pytest.raises(CorpusError, match=r"line 3: the same text has another label in .* line 2"):
        read_answers(answered(["sport", "health"], twice), names)
    before = documents(["کتاب ها", "خبر"], ["health", "health"])
    after, replaced = joined(before, found.documents)
    assert [(d.text, d.label) for d in after] == [("خبر", "health"), ("كتاب‌ها", "sport")]
    assert replaced == 1


@given(st.one_of(st.text(max_size=20), st.none(), st.integers(), st.lists(st.text(max_size=5))))
def test_whatever_is_written_is_an_answer_or_none(written: Any) -> None:
    one, several = parsed(written, several=False), parsed(written, several=True)
    assert one is None or (isinstance(one, str) and one.strip())
    assert several is None or all(isinstance(label, str) for label in several)


def test_training_again_tells_what_it_was_worth() -> None:
    pool = [pattern.format(*pair) for pattern in PATTERNS for pair in PAIRS]
    labels = [name for name in NAMES for _ in PAIRS]
    old, new = [0, 1, 2, 9, 10, 11, 18, 19, 20], [3, 4, 12, 13, 21, 22]
    before = documents([pool[i] for i in old], [labels[i] for i in old])
    answers = documents([pool[i] for i in new], [labels[i] for i in new])
    found = retrain(FAST, Dataset(documents=before), answers)
    assert found.before is not None
    assert (found.before.evaluation.n, found.after.evaluation.n) == (9, 15)
    told = found.to_text().splitlines()
    assert told[1].startswith("before  ")
    assert told[2].startswith("after  ")
    assert told[3].startswith("  of them, labelled before        9  ")
    assert found.after.model.predict("تیم بم در بازی با ارومیه گل زد") == "sport"
    first = retrain(FAST, Dataset(), answers)
    assert first.before is None
    assert "before" not in first.to_text()
    with pytest.raises(CorpusError, match="at least two"):
        retrain(FAST, Dataset(), answers[:1])


# The commands.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        (pattern.format(*pair), name)
        for pattern, name in zip(PATTERNS, NAMES, strict=True)
        for pair in PAIRS
    ]
    pool = [{"text": text} for i, (text, _) in enumerate(rows) if i % 2]
    lines = "".join(json.dumps(row) + "\n" for row in pool)
    (tmp_path / "pool.jsonl").write_text(lines + "{broken\n", encoding="utf-8")
    mine = [f"{text},{name}" for i, (text, name) in enumerate(rows) if i % 2 == 0]
    (tmp_path / "mine.csv").write_text("\n".join(["text,label", *mine]), encoding="utf-8")
    return tmp_path


def fill(path: Path, leave: int = 0) -> None:
    sheet = read_sheet(path)
    for row in sheet.rows[leave:]:
        row["label"] = next(
            n for p, n in zip(PATTERNS, NAMES, strict=True) if row["text"].startswith(p.split()[0])
        )
    sheet.write(path)


def test_the_loop_on_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask, data, merged, model = (
        str(folder / name) for name in ("ask.csv", "mine.csv", "all.csv", "mine.fanews")
    )
    choose = [
        "suggest",
        "--pool",
        str(folder / "pool.jsonl"),
        "--data",
        data,
        "-n",
        "6",
        "--out",
        ask,
    ]
    assert main(choose) == 1  # a record of the pool is broken
    told = capsys.readouterr()
    assert "6 of 13 texts written" in told.out
    assert "economy, health, sport" in told.out
    assert f"fanews suggest --answers {ask} --data {data}" in told.out
    assert "1 records could not be read, first" in told.err
    assert read_sheet(ask).columns == ["id", "text", "suggestion", "confidence", "label"]
    assert {row["id"].split(":")[0] for row in read_sheet(ask).rows} == {str(folder / "pool.jsonl")}
    learn = ["suggest", "--answers", ask, "--data", data, "--merged", merged, "--save", model]
    assert main(learn) == 0
    assert "0 answered, 6 left for later" in capsys.readouterr().out
    assert not Path(merged).exists()
    fill(Path(ask), leave=2)
    assert main(choose) == 2
    assert "holds 4 answers" in capsys.readouterr().err
    assert main(learn) == 0
    told = capsys.readouterr()
    assert "4 answered, 2 left for later" in told.out
    assert "of them, labelled before" in told.out
    assert fc.load(model).predict("تیم بم در بازی با ارومیه گل زد") == "sport"
    assert len(read_sheet(merged).rows) == 14 + 4
    assert main(["train", "--data", merged, "--out", model]) == 0
    assert main(["suggest", "--answers", ask, "--data", merged, "--merged", merged]) == 0
    assert "18 labelled texts written" in capsys.readouterr().out


def test_a_first_sheet_and_questions(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = folder / "ask.jsonl"
    monkeypatch.setattr(sys, "stdin", io.StringIO("sport\n+sport\n1\n\n+health\nheath\nhealth\n"))
    pool = str(folder / "pool.jsonl")
    assert main(["suggest", "--pool", pool, "-n", "6", "--out", str(ask), "--interactive"]) == 1
    assert [row["label"] for row in read_sheet(ask).rows] == [
        "sport",
        "sport",
        "",
        "health",
        "health",
        "",
    ]
    told = capsys.readouterr().out
    assert "'heath' is no label so far; did you mean 'health'?" in told
    assert "stopped; the answers so far are saved" in told
    monkeypatch.setattr(sys, "stdin", io.StringIO("2\nq\n"))
    assert (
        main(
            ["suggest", "--answers", str(ask), "--interactive", "--data", str(folder / "mine.csv")]
        )
        == 0
    )
    assert "5 answered, 1 left for later" in capsys.readouterr().out
    assert [row["label"] for row in read_sheet(ask).rows].count("") == 1


def test_topics_and_stances_are_asked_about(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pool = folder / "pool.csv"
    rows = ["text", *(f"مستمری بازنشستگان {a} و اجاره خانه در {b} عقب افتاد" for a, b in PAIRS)]
    pool.write_text("\n".join(rows), encoding="utf-8")
    ask, merged = folder / "ask.csv", folder / "merged.csv"
    asked = ["suggest", "--pool", str(pool), "-n", "3", "--out", str(ask), "--model"]
    assert main([*asked, "topic"]) == 0
    sheet = read_sheet(ask)
    answers = ["housing; pension_payments", "-", ""]
    for row, label in zip(sheet.rows, answers, strict=True):
        row["label"] = label
    sheet.write(ask)
    learn = ["suggest", "--answers", str(ask), "--model", "topic", "--merged", str(merged)]
    assert main(learn) == 0
    assert [row["label"] for row in read_sheet(merged).rows] == ["housing;pension_payments", ""]
    recipe = replace(load_recipe("custom"), task="multi-label")
    assert [d.label for d in read_labelled(merged, recipe)] == [("housing", "pension_payments"), ()]
    ask.unlink()
    assert main([*asked, "stance"]) == 2
    assert "needs a target" in capsys.readouterr().err
    assert main([*asked, "stance", "--target", "housing"]) == 0
    assert {row["target"] for row in read_sheet(ask).rows} == {"housing"}


def test_label_errors_on_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("cleanlab")
    rows = [
        [pattern.format(*pair), name]
        for pattern, name in zip(PATTERNS, NAMES, strict=True)
        for pair in PAIRS
    ]
    rows[3][1] = "health"
    data, out, mended = folder / "all.csv", folder / "errors.csv", folder / "mended.csv"
    rows_of(["text", "label"], rows).write(data)
    assert main(["label-errors", "--data", str(data), "--out", str(out)]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.splitlines()[0] == "1 of 27 labels may be wrong"
    assert told.out.splitlines()[2].split()[1:3] == ["health", "sport"]
    (row,) = read_sheet(out).rows
    assert (row["given"], row["suggestion"], row["label"]) == ("health", "sport", "")
    fill(out)
    again = ["suggest", "--answers", str(out), "--data", str(data), "--merged", str(mended)]
    assert main(again) == 0
    assert "27 labelled texts written" in capsys.readouterr().out
    assert main(["label-errors", "--data", str(mended)]) == 0
    assert capsys.readouterr().out.startswith("0 of 27 labels may be wrong\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pool", "pool.jsonl"], "--pool needs --out"),
        (["--pool", "pool.jsonl", "--out", "ask.xlsx"], "a sheet is a .csv file"),
        (["--pool", "pool.jsonl", "--out", "no/ask.csv"], "there is no folder"),
        (["--pool", "pool.jsonl", "--out", "mine.csv"], "holds 14 answers"),
        (["--pool", "pool.jsonl", "--out", "a.csv", "--save", "m.fanews"], "--save goes with"),
        (["--pool", "pool.jsonl", "--out", "a.csv", "--model", "claim_stance"], "claim model"),
        (["--pool", "pol.jsonl", "--out", "a.csv"], "did you mean 'pool.jsonl'"),
        (["--answers", "ask.csv"], "no such file"),
        (["--answers", "mine.csv", "--out", "a.csv"], "--out goes with --pool"),
        (["--answers", "mine.csv", "--save", "no/m.fanews"], "there is no folder"),
        (["--answers", "mine.csv", "--model", "section", "--recipe", "topic"], "is multi-label"),
        (["--answers", "mine.csv", "--recipe", "claim_stance"], "cannot be labelled so"),
    ],
)
def test_wrong_commands(
    arguments: list[str],
    message: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    before = sorted(path.name for path in folder.iterdir())
    assert main(["suggest", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == before
