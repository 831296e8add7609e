from __future__ import annotations

import csv
import datetime
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fanews_classify as fc
from fanews_classify.cli.main import main
from fanews_classify.errors import EvaluationError, MissingExtraError, ParameterError
from fanews_classify.evaluation._months import UNKNOWN_DATE, month
from fanews_classify.evaluation.multilabel import evaluate_answers
from fanews_classify.evaluation.report import Evaluation, evaluate_probabilities

pytest.importorskip("matplotlib")

VOID = {"meta", "br", "hr", "img", "wbr", "link", "input"}
HOSTILE = '</script><img src=x onerror="alert(1)">'
TEXTS = [
    "تیم والیبال دانشگاه در فینال جام شهر پیروز شد",
    "بانک نرخ سود سپرده‌ها را بالا برد و بورس افت کرد",
    "داروخانه‌ها از بدهی بیمه‌ها و پرداخت نشدن مطالبات گلایه کردند",
    f"{HOSTILE} فیلم تازه در سینما \ud800 \x00 \u202e اکران شد",
    "بازنشستگان از پایین بودن مستمری خود گلایه کردند",
    "",
]
SECTIONS = ["sport", "economy", "health", "sport", "society", "world"]
DATES = ["2024-10-20", datetime.date(2024, 10, 1), "۱۴۰۳/۰۵/۱۲", None, "2024-11-02", "هیچ"]
SOURCES = ["ایسنا", "ایرنا", "ایسنا", "<i>BBC</i>", "ایرنا", "ایسنا"]


class Page(HTMLParser):
    """A page as a browser reads it: its tags must be balanced."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute twice: {attrs}"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> Iterator[dict[str, str | None]]:
        return (attributes for name, attributes in self.tags if name == tag)


def check(page: str) -> Page:
    """Check what holds of every page; return it read."""
    read = Page(page)
    tags = {tag for tag, _ in read.tags}
    assert not tags & {"script", "img", "iframe", "link", "object", "base", "form"}
    for _, attributes in read.tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in ("src", "srcset", "action", "xlink:href")
            if name == "href":
                assert (value or "").startswith("#")
            assert (value or "").count("url(") == (value or "").count("url(#")
    style = page[page.index("<style>") : page.index("</style>")]
    assert not any(word in style for word in ("http", "url(", "@import", "//"))
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    linked = {(a["href"] or "")[1:] for _, a in read.tags if "href" in a}
    assert linked <= set(ids)
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in read.all(
        "meta"
    )
    page.encode("utf-8")  # no lone surrogate
    assert "\x00" not in page
    for picture in read.all("svg"):
        assert picture["role"] == "img"
        assert picture["aria-label"]
    return read


@cache
def section_scores() -> Evaluation:
    return fc.evaluate(
        fc.load("section"), TEXTS, SECTIONS, sources=SOURCES, dates=DATES, noise=True
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "report.html"
    assert section_scores().to_html(path) == path
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]  # nothing left behind
    return path.read_text(encoding="utf-8")


def test_the_page_of_a_model(page: str) -> None:
    read = check(page)
    ids = {attributes.get("id") for attributes in read.all("section")}
    assert ids == {"scores", "labels", "confusion", "confidence", "parts", "mistakes", "card"}
    scores = section_scores()
    assert f"macro-F1 {scores.macro_f1.value:.3f}" in read.text
    for label, row in scores.per_class.items():
        told = f"{row['precision']:.3f}" if row["support"] else "– – – – 0"
        assert f"{fc.persian_name(label)} {label} {told}" in read.text
    assert "Labels without documents (–) do not count in macro-F1" in read.text
    for kind in ("source", "month", "length", "noise"):
        assert f"By {kind}" in read.text
    model = fc.load("section")
    assert model.info["card"]["question"] in read.text
    assert model.info["training"]["data_sha256"] in read.text
    assert next(iter(read.all("html"))) == {"lang": "en", "dir": "ltr"}
    persian = [a for a in read.all("bdi") if a.get("lang") == "fa"]
    assert persian
    assert all(a["dir"] == "rtl" for a in persian)


def test_whatever_a_text_holds_is_only_shown(page: str) -> None:
    read = check(page)
    assert HOSTILE in read.text
    assert "<i>BBC</i>" in read.text
    assert "\u202e" not in read.text  # would turn around what follows


def test_the_words_of_a_mistake_are_marked() -> None:
    from fanews_classify.report._mistakes import worst_mistakes

    scores = section_scores()
    found, total = worst_mistakes(scores, 10)
    assert total == len(found)
    assert [one.confidence for one in found] == sorted((m.confidence for m in found), reverse=True)
    given = fc.load("section").predict(TEXTS)
    wrong = {
        i
        for i, (answer, truth) in enumerate(zip(given, SECTIONS, strict=True))
        if answer not in (truth, "unknown")
    }
    assert wrong  # the fourth text at least is no sport
    assert {one.position for one in found} == wrong
    for one in found:
        assert one.text == TEXTS[one.position]
        assert one.source == SOURCES[one.position]
        assert one.answer == (given[one.position],)
        assert one.marks
        best = fc.load("section").explain(one.text, label=one.about)[0]
        assert (one.marks[0].start, one.marks[0].end) == (best.start, best.end)
    assert len(worst_mistakes(scores, 1)[0]) == 1
    assert worst_mistakes(scores, 0) == ([], total)


def test_the_same_evaluation_gives_the_same_bytes(page: str, tmp_path: Path) -> None:
    import matplotlib as mpl

    fresh = fc.evaluate(
        fc.load("section"), TEXTS, SECTIONS, sources=SOURCES, dates=DATES, noise=True
    )
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "none"}):
        before = dict(mpl.rcParams)
        path = fresh.to_html(str(tmp_path / "again.html"))
        assert dict(mpl.rcParams) == before
    assert path.read_text(encoding="utf-8") == page


def test_the_page_of_topics(tmp_path: Path) -> None:
    model = fc.load("topic")
    labels = [(), (), ("housing",), (), ("pension_payments",), ("housing", "wages_labour")]
    scores = fc.evaluate(model, TEXTS, labels, sources=SOURCES)
    read = check(scores.to_html(tmp_path / "x.html").read_text(encoding="utf-8"))
    assert "micro-F1" in read.text
    assert "given instead" in read.text
    assert "no label" in read.text
    assert "that مسکن و اجاره housing does not apply" in read.text


def test_the_page_of_stances(tmp_path: Path) -> None:
    model = fc.load("stance")
    targets = ["pension_payments", "housing"] * 3
    labels = ["supportive", "neutral", "critical"] * 2
    scores = fc.evaluate(model, TEXTS, labels, targets=targets)
    read = check(scores.to_html(tmp_path / "x.html").read_text(encoding="utf-8"))
    assert "By target" in read.text
    assert "asked about" in read.text
    assert "مسکن و اجاره housing" in read.text


def test_the_page_of_claims(tmp_path: Path) -> None:
    model = fc.load("claim_stance")
    claims = ["مستمری بازنشستگان کم است <b>", *TEXTS[1:]]
    scores = fc.evaluate(model, TEXTS, ["agree"] * 3 + ["disagree"] * 3, claims=claims)
    read = check(scores.to_html(tmp_path / "x.html").read_text(encoding="utf-8"))
    assert "مخالف disagree" in read.text
    assert "asked about مستمری بازنشستگان کم است <b>" in read.text
    assert "sentences that a reader may point at" in read.text
    assert "spoke for the wrong answer" not in read.text


def made_up(labels: list[str], n: int = 400, **slices: Any) -> Evaluation:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, len(labels), n)
    probabilities = rng.dirichlet(np.full(len(labels), 0.2), n)
    probabilities[np.arange(n), truth] += rng.random(n)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    names = [labels[i] for i in truth]
    return evaluate_probabilities(labels, names, probabilities, np.ones(n), slices=slices)


def test_any_labels_and_any_number(tmp_path: Path) -> None:
    labels = [f"برچسب {i}" for i in range(94)]
    labels += [HOSTILE, "بلند " * 3000, "x" * 100_000, "\ud800\x00\x1b[0m", "$x^2$ \\frac", "none"]
    sources = [f"منبع {i % 150}" for i in range(400)]
    scores = made_up(labels, source=sources)
    read = check(
        scores.to_html(tmp_path / "x.html", title=f"</title>{HOSTILE}").read_text(encoding="utf-8")
    )
    assert HOSTILE in read.text
    assert "60 labels with fewer mistakes are left out" in read.text
    assert "90 smaller ones are left out" in read.text
    assert (tmp_path / "x.html").stat().st_size < 2_000_000


def test_a_large_confusion_leaves_out_the_labels_with_the_fewest_mistakes() -> None:
    from fanews_classify.report._numbers import confusion

    labels = [f"l{i:02}" for i in range(50)]
    truth = [label for label in labels for _ in range(4)]
    probabilities = np.repeat(np.eye(50), 4, axis=0)
    known = np.ones(200)
    known[-4:] = 0.0  # nothing was answered to the documents of the last label
    probabilities[:1] = np.eye(50)[48]
    found = confusion(evaluate_probabilities(labels, truth, probabilities, known))
    assert found is not None
    assert {"l00", "l48", "l49"} <= set(found.rows)
    assert found.left_out == 10
    # Shares are of all documents of a label, also of those whose answers are left out.
    few = confusion(evaluate_probabilities(labels, truth, probabilities, known), most=1)
    assert few is not None
    assert (few.rows, few.counts.tolist(), few.totals.tolist()) == (("l49",), [[0, 4]], [4])
    none = confusion(evaluate_probabilities(labels, truth, probabilities, known * 0 + 1), most=1)
    assert none is not None
    assert (none.rows, none.counts.tolist(), none.totals.tolist()) == (("l00",), [[3]], [4])


def test_out_of_fold_scores_have_no_mistakes_to_show(tmp_path: Path) -> None:
    scores = made_up(["آ", "ب"])
    for bare in (scores, replace(scores, documents=None)):
        read = check(bare.to_html(tmp_path / "x.html").read_text(encoding="utf-8"))
        assert "does not hold its documents" in read.text
        assert "out of fold" in read.text
    texts = scores._of([f"متن {i}" for i in range(400)], sources=["ایسنا"] * 400)
    read = check(texts.to_html(tmp_path / "x.html", mistakes=2).read_text(encoding="utf-8"))
    assert "no words are marked" in read.text
    assert len(list(read.all("article"))) == 2


def test_nothing_wrong_and_everything_wrong(tmp_path: Path) -> None:
    model = fc.load("section")
    texts = TEXTS[:2]
    right = fc.evaluate(model, texts, model.predict(texts))
    read = check(right.to_html(tmp_path / "x.html").read_text(encoding="utf-8"))
    assert "No answer was wrong" in read.text
    assert "None was wrong" in read.text
    silent = fc.evaluate(model, texts, ["world", "world"], abstain_below=1.0)
    read = check(silent.to_html(tmp_path / "x.html").read_text(encoding="utf-8"))
    assert "No answer was wrong" in read.text  # all were withheld
    flags = np.zeros((3, 2), dtype=np.bool_)
    none = evaluate_answers(["آ", "ب"], flags, flags, flags * 0.0, np.ones(3))
    assert "calibration" not in none.figures()
    check(none.to_html(tmp_path / "x.html").read_text(encoding="utf-8"))


def test_what_is_withheld_is_named(tmp_path: Path) -> None:
    silent = fc.evaluate(fc.load("section"), TEXTS, SECTIONS, abstain_below=1.0)
    read = check(silent.to_html(tmp_path / "x.html").read_text(encoding="utf-8"))
    assert "the most probable label of each document, also of those left without an" in read.text


def test_figures_refer_only_to_what_is_there(page: str) -> None:
    read = Page(page)
    ids = {attributes["id"] for _, attributes in read.tags if "id" in attributes}
    used = {
        part.split(")")[0]
        for _, attributes in read.tags
        for value in attributes.values()
        for part in (value or "").split("url(#")[1:]
    }
    assert used
    assert used <= ids


def test_no_figure_is_wider_than_its_half_of_the_page(page: str) -> None:
    assert section_scores().confusion[:, -1].any()  # one column more, of «unknown»
    # The broadest page, without its margins and the gap, halved; in pixels of 16 to the rem.
    assert "padding: 1rem; max-width: 68rem" in page
    assert "gap: 0 2rem" in page
    half = 16 * (68 - 2 - 2) / 2
    beside = re.findall(r'<div class="pair"><div><figure[^>]*>.*?<svg [^>]*width="(\d+)"', page)
    assert beside
    assert max(map(int, beside)) <= half


def test_boxes_that_scroll_are_no_landmarks(page: str) -> None:
    boxes = [a for a in Page(page).all("div") if a.get("tabindex") == "0"]
    assert boxes
    assert {(box["role"], bool(box["aria-label"])) for box in boxes} == {("group", True)}


def test_figures_can_be_saved(tmp_path: Path) -> None:
    figures = section_scores().figures()
    assert list(figures) == [
        "labels", "confusion", "calibration", "coverage", "by source", "by month", "by length",
        "by noise",
    ]  # fmt: skip
    for name, figure in figures.items():
        path = tmp_path / f"{name}.png"
        figure.savefig(path, dpi=50)
        assert path.read_bytes().startswith(b"\x89PNG")


def ink(text: str) -> np.ndarray:
    """Draw a text; return its columns of pixels, from the first with ink to the last."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from fanews_classify.report import _drawing as draw

    with draw.our_style():
        figure = draw.new_figure(4, 1)
        canvas = FigureCanvasAgg(figure)
        figure.text(0.1, 0.4, draw.drawn(text), fontsize=30)
        canvas.draw()
    dark = np.asarray(canvas.buffer_rgba())[:, :, 0] < 128
    columns = np.flatnonzero(dark.any(axis=0))
    return dark[:, columns[0] : columns[-1] + 1]


def pieces(text: str) -> int:
    """Return how many pieces of ink stand beside each other."""
    filled = ink(text).any(axis=0)
    return int(filled[0]) + int((filled[1:] & ~filled[:-1]).sum())


def test_persian_letters_are_joined_and_right_to_left() -> None:
    # Sin, lam and alef are joined, mim and te too; nothing joins to an alef's left.
    assert pieces("سلامت") == 2
    assert pieces("س ل ا م ت") == 5
    # The half-space parts what would be joined, and is no box itself.
    assert pieces("می\u200cشود") == pieces("میشود") + 1
    # The first letter stands at the right: an alef is narrower than what follows.
    shape = ink("اسس")
    half = shape.shape[1] // 2
    assert shape[: shape.shape[0] // 2, half:].sum() > shape[: shape.shape[0] // 2, :half].sum()
    boxes = {ink(letter).tobytes() for letter in "پچژگکی"}
    assert len(boxes) == 6  # a letter that the font lacks is the same box as any other


def test_labels_for_figures_are_safe() -> None:
    from fanews_classify.report._drawing import drawn

    assert drawn("a$b$c") == r"a\$b\$c"
    assert drawn("x" * 10_000_000) == "x" * 33 + "…"
    assert drawn("a\x00b\u202ec\ud800\nd") == "ab\ufffdc\ufffd d"


def test_older_matplotlib_needs_a_shaper(monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib as mpl

    from fanews_classify.report._drawing import drawn

    monkeypatch.setattr(mpl, "__version_info__", (3, 10, 0))
    assert drawn("سلامت") == "\ufe96\ufee3\ufefc\ufeb3"  # joined forms, the last letter first
    assert drawn("می\u200cشود (۱۲)") == "(۱۲) \ufea9\ufeee\ufeb7\ufbfd\ufee3"
    monkeypatch.setitem(sys.modules, "arabic_reshaper", None)
    assert drawn("health") == "health"
    with pytest.raises(MissingExtraError, match=r"arabic-reshaper.*\[report\]"):
        drawn("سلامت")


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    scores = section_scores()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"matplotlib.*\[report\]"):
        scores.to_html(tmp_path / "x.html")
    with pytest.raises(MissingExtraError):
        scores.figures()
    with pytest.raises(MissingExtraError):
        scores.compare(scores, replicates=5).to_html(tmp_path / "x.html")
    assert not list(tmp_path.iterdir())


def test_pages_that_cannot_be_written(tmp_path: Path) -> None:
    scores = section_scores()
    with pytest.raises(ParameterError, match="mistakes"):
        scores.to_html(tmp_path / "x.html", mistakes=-1)
    with pytest.raises(EvaluationError, match="cannot write"):
        scores.to_html(tmp_path / "no" / "x.html")
    with pytest.raises(EvaluationError, match="cannot write"):
        scores.to_html(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("date", "wanted"),
    [
        ("2024-10-20", "2024-10"),
        ("2024-10-20T08:30:00+03:30", "2024-10"),
        ("۱۴۰۳/۰۵/۱۲", "1403-05"),
        ("\u200f١٤٠٣/٥/١٢ ساعت ۱۰", "1403-05"),
        ("1403.5.12", "1403-05"),
        (20241020, "2024-10"),
        ("2024-10", "2024-10"),
        (datetime.datetime(2024, 1, 2, 3), "2024-01"),
        (np.datetime64("2024-02-03"), "2024-02"),
        (np.datetime64("NaT"), UNKNOWN_DATE),
        ("2024-13-01", UNKNOWN_DATE),
        ("3024-12-01", UNKNOWN_DATE),
        ("20 October", UNKNOWN_DATE),
        ("1722470400", UNKNOWN_DATE),
        (b"2024-10-20", UNKNOWN_DATE),
        (float("nan"), UNKNOWN_DATE),
        (None, UNKNOWN_DATE),
        ("\ud800", UNKNOWN_DATE),
        ("", UNKNOWN_DATE),
    ],
)
def test_months(date: object, wanted: str) -> None:
    assert month(date) == wanted


def test_scores_by_month() -> None:
    parts = section_scores().slices["month"]
    assert {name: part.n for name, part in parts.items()} == {
        "1403-05": 1, "2024-10": 2, "2024-11": 1, UNKNOWN_DATE: 2,
    }  # fmt: skip
    with pytest.raises(EvaluationError, match="6 texts and 1 dates"):
        fc.evaluate(fc.load("section"), TEXTS, SECTIONS, dates=["2024-10-20"])
    with pytest.raises(EvaluationError, match="one str"):
        fc.evaluate(fc.load("section"), TEXTS, SECTIONS, dates="2024-10-20")


def write(path: Path, rows: list[tuple[str, ...]]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return str(path)


def some_rows() -> list[tuple[str, ...]]:
    safe = [text.replace("\ud800", "").replace("\x00", "") for text in TEXTS[:5]]
    dates = [str(date or "") for date in DATES]
    return list(zip(safe, SECTIONS, SOURCES, dates, strict=False))


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write(tmp_path / "data.csv", [("text", "label", "source", "date"), *some_rows()])
    out = tmp_path / "report.html"
    arguments = ["evaluate", "--data", data, "--html", str(out), "--compare-with", "section"]
    assert main([*arguments, "--title", "گزارش <من>", "--mistakes", "1"]) == 0
    told = capsys.readouterr()
    assert f"wrote {out}" in told.err
    assert "by month:" in told.out
    assert "compared with section:" in told.out
    read = check(out.read_text(encoding="utf-8"))
    assert "گزارش <من>" in read.text
    assert "Comparison of two models" in read.text
    assert len(list(read.all("article"))) == 1
    assert main([*arguments, "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["n"] == 5
    assert values["comparison"]["scores"]["macro_f1"]["p_value"] == 1.0


def test_the_command_with_claims(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("claim", "text", "label", "source", "date")]
    rows += [(text, text, "agree", "ایرنا", "1403/1/1") for text in TEXTS[:3]]
    data = write(tmp_path / "pairs.csv", rows)
    out = tmp_path / "x.html"
    arguments = ["evaluate", "--data", data, "--model", "claim_stance", "--html", str(out)]
    assert main(arguments) == 0
    assert "by month:\n  1403-01" in capsys.readouterr().out
    check(out.read_text(encoding="utf-8"))
    assert main([*arguments, "--learning-curve", data]) == 2


def test_wrong_arguments_are_told_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write(tmp_path / "data.csv", [("text", "label", "source", "date"), *some_rows()])
    arguments = ["evaluate", "--data", data]
    assert main([*arguments, "--html", str(tmp_path / "no" / "x.html")]) == 2
    assert "there is no folder" in capsys.readouterr().err
    assert main([*arguments, "--html", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err
    assert main([*arguments, "--html", str(tmp_path / "x.html"), "--mistakes", "-1"]) == 2
    assert main([*arguments, "--compare-with", "topic"]) == 2
    assert "different questions" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main([*arguments, "--html", str(tmp_path / "x.html")]) == 2
    assert "fanews-classify[report]" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    scores = fc.evaluate(fc.load("section"), TEXTS[:2], SECTIONS[:2])
    with pytest.raises(EvaluationError, match=r"x\.html: there is no folder .*nowhere$"):
        scores.to_html(tmp_path / "nowhere" / "x.html")
