from __future__ import annotations

import copy
import io
import json
import pickle
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import fanews_classify as fc
from fanews_classify.cli.main import main
from fanews_classify.display import (
    Answer,
    Mark,
    analysis_html,
    analysis_text,
    clean,
    explanation_html,
    explanation_text,
    marked_html,
)
from fanews_classify.display._colours import AGAINST, ANSWERS, FOR, OPAQUE
from fanews_classify.display._runs import pieces
from fanews_classify.display._terminal import BASIC, PLAIN, SHADES, TRUE, Style, depth, wrapped
from fanews_classify.display._text import coloured

DEBTS = (
    "داروخانه‌داران از پرداخت نشدن طلب خود از بیمه‌ها انتقاد کردند.\n"
    "بازنشستگان در اعتراض به پایین بودن مستمری تجمع کردند."
)
CLAIM = "بیمه‌ها طلب داروخانه‌ها را نپرداختند"
SEED = str(min((Path(__file__).resolve().parent.parent / "seeds").iterdir()))
CODES = re.compile("\x1b\\[[0-9;]*m")
VOID = {"br", "img", "input", "meta", "link", "hr"}
HOSTILE = "<script>alert(1)</script>\"'&amp;\x1b[2J\x9b5m\x00\r\n\u202eabc\u2066\ud800</div>"

texts = st.text(st.characters(exclude_categories=()) | st.sampled_from(HOSTILE), max_size=120)
numbers = st.integers(-5, 130) | st.integers()
marks = st.lists(
    st.builds(
        Mark, numbers, numbers, st.floats() | st.floats(-3, 3), st.sampled_from(["الف", HOSTILE])
    ),
    max_size=12,
)


class Page(HTMLParser):
    """Checks that tags are balanced; keeps the text and the tags."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def checked(page: str) -> Page:
    """Parse a page of ours; assert that it keeps to itself."""
    page.encode("utf-8")
    found = Page(page)
    allowed = {"div", "mark", "bdi", "b", "code", "span", "table", "thead", "tbody", "tr", "th"}
    allowed |= {"td", "details", "summary", "ul", "li", "br"}
    assert {tag for tag, _ in found.seen} <= allowed
    names = {name for _, attributes in found.seen for name in attributes}
    assert names <= {"dir", "style", "title", "role", "aria-label"}  # no id: outputs do not collide
    for _, attributes in found.seen:
        assert "url" not in (attributes.get("style") or "")
    return found


@settings(max_examples=100, deadline=None)
@given(text=texts, marks=marks)
def test_any_marks_of_any_text(text: str, marks: list[Mark]) -> None:
    page = checked(marked_html(text, marks))
    assert page.text == clean(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\ud800-\udfff]", page.text)
    shown = pieces(text, marks, 20_000)
    style = Style(FOR, 1.0)
    for colours in (BASIC, SHADES, TRUE):
        painted = coloured(text, shown, lambda _: style, colours)
        assert CODES.sub("", painted) == clean(text)
    narrow = CODES.sub("", coloured(text, shown, lambda _: style, TRUE, 7))
    assert "".join(narrow.split()) == "".join(clean(text).split())


@settings(max_examples=100, deadline=None)
@given(text=texts, marks=marks, question=texts)
def test_any_answer_is_shown(text: str, marks: list[Mark], question: str) -> None:
    inner = Answer("stance", "موضع", question, HOSTILE, -1.0, marks, marks)
    answer = Answer(question, HOSTILE, HOSTILE, question, float("nan"), marks, marks, inner)
    checked(analysis_html(text, [answer, answer]))
    checked(explanation_html(text, answer, ("for", "به سود")))
    for told in (
        analysis_text(text, [answer, answer], TRUE, 40),
        explanation_text(text, answer, ("for", "به سود"), TRUE, 40, 5),
    ):
        assert re.fullmatch("[^\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]*", CODES.sub("", told))
        told.encode("utf-8")
    plain = analysis_text(text, [answer, answer])
    assert "\x1b" not in plain
    assert CODES.sub("", analysis_text(text, [answer, answer], SHADES)).startswith(plain)


def test_weights_are_shared_out_and_summed_up() -> None:
    text = "یک دو سه چهار"
    found = [Mark(0, 5, 1.0, "a"), Mark(3, 8, -0.5, "a"), Mark(0, 13, 2.0, "b")]
    (runs,) = pieces(text, found, 100)
    assert "".join(text[run.start : run.end] for run in runs) == text
    assert sum(run.weight for run in runs) == pytest.approx(2.5)
    one = next(run for run in runs if text[run.start : run.end].strip() == "یک")
    assert dict(one.weights) == pytest.approx({"a": 0.5, "b": 2.0 * 2 / 10})
    (runs,) = pieces("ab", [Mark(-5, 99, 1.0, "a"), Mark(1, 1, 9.0, "b"), Mark(2, 5, 9.0, "c")], 9)
    assert [(run.start, run.end, run.weight) for run in runs] == [(0, 2, 1.0)]
    (runs,) = pieces("ab", [Mark(0, 1, float("nan"), "a"), Mark(1, 2, float("inf"), "b")], 9)
    assert [run.weight for run in runs] == [0.0, 0.0]


def test_sign_and_strength_are_seen() -> None:
    page = checked(marked_html("به سود، به زیان", [Mark(0, 6, 2.0, "x"), Mark(8, 15, -1.0, "y")]))
    (_, good), (_, bad) = (one for one in page.seen if one[0] == "mark")
    assert good == {
        "style": f"background:{FOR.css(OPAQUE)};color:inherit", "title": "x +2.00",
    }  # fmt: skip
    assert AGAINST.css(OPAQUE / 2) in str(bad["style"])
    assert "dotted" in str(bad["style"])
    assert bad["title"] == "y -1.00"
    half = marked_html("به سود", [Mark(0, 6, 0.5, "x")], most=1.0)
    assert FOR.css(OPAQUE / 2) in half


def test_letters_stay_readable_on_every_colour() -> None:
    def light(colour: Any) -> float:
        parts = np.array(colour[:3]) / 255
        parts = np.where(parts <= 0.04, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(parts @ [0.2126, 0.7152, 0.0722])

    def contrast(one: Any, other: Any) -> float:
        low, high = sorted((light(one), light(other)))
        return (high + 0.05) / (low + 0.05)

    pages = [((255,) * 3, (0x21,) * 3), ((0x11,) * 3, (0xE0,) * 3), ((0x1E,) * 3, (0xCC,) * 3)]
    for colour in (FOR, AGAINST, *ANSWERS):
        for ground, letters in pages:
            mixed = OPAQUE * np.array(colour[:3]) + (1 - OPAQUE) * np.array(ground)
            assert contrast(mixed, letters) >= 4.5
        assert contrast(colour, (255,) * 3 if colour.dark else (0,) * 3) >= 4.5
        assert min(contrast(colour, (0,) * 3), contrast(colour, (255,) * 3)) >= 3


def test_a_long_text_is_shortened_around_its_marks() -> None:
    words = "کلمه " * 40_000
    text = f"{words}قهرمان {words}"
    at = text.index("قهرمان")
    page = checked(marked_html(text, [Mark(at, at + 6, 1.0, "sport")], longest=1000))
    assert "قهرمان" in page.text
    assert page.text.startswith("… ")
    assert page.text.endswith(" …")
    assert 900 <= len(page.text) <= 1200
    for part in page.text.split(" … "):
        assert part.strip("… ") in text
        assert set(part.split()) <= {"کلمه", "قهرمان", "…"}  # no word is cut
    ends = [Mark(0, 4, 1.0, "a"), Mark(len(text) - 5, len(text) - 1, 1.0, "a")]
    page = checked(marked_html(text, ends, longest=400))
    assert page.text.count("…") == 1
    assert checked(marked_html(text, [], longest=1000)).text.startswith("کلمه کلمه")
    assert len(marked_html("ا" * 100_000, [], longest=1000)) < 3000
    assert checked(marked_html("", [Mark(0, 3, 1.0, "a")])).text == ""


def explanations() -> list[fc.Explanation]:
    return [
        fc.load("section").explain(DEBTS),
        fc.load("topic").explain(DEBTS),
        fc.load("stance").explain(DEBTS, "pension_payments"),
        fc.load("claim_stance").evidence(DEBTS, CLAIM),
    ]


def test_what_explains_an_answer_knows_it() -> None:
    section, topic, stance, claim = explanations()
    model = fc.load("section")
    assert section.label == model.predict(DEBTS)
    probabilities = model.predict_proba(DEBTS)
    assert section.confidence == probabilities.max()
    assert section.label_fa == fc.persian_name(section.label)
    assert section.question is None
    sport = model.explain(DEBTS, label="sport")
    assert sport.confidence == probabilities[model.labels.index("sport")]
    assert sport.label_fa == "ورزش"
    topics = fc.load("topic")
    assert topic.label in topics.predict(DEBTS)
    assert topic.confidence == topics.predict_proba(DEBTS)[topics.labels.index(topic.label)]
    stances = fc.load("stance")
    assert stance.label == stances.predict(DEBTS, "pension_payments")
    assert stance.confidence == stances.predict_proba(DEBTS, "pension_payments").max()
    assert stance.question == "pension_payments"
    assert claim.label == fc.load("claim_stance").predict(DEBTS, CLAIM)
    assert claim.question == CLAIM
    assert [one.sentences for one in (section, topic, stance, claim)] == [False] * 3 + [True]
    for found in (section, topic, stance, claim):
        assert found.text == DEBTS
        assert found
        for item in found:
            assert item.label == found.label
            assert found.text[item.start : item.end] == item.text


def test_all_words_still_sum_up_to_the_score() -> None:
    for name, asked in (("section", ()), ("topic", ()), ("stance", ("pension_payments",))):
        model = fc.load(name)
        empty, scores = (model.decision_function(text, *asked) for text in ("", DEBTS))
        for column, label in enumerate(model.labels):
            found = model.explain(DEBTS, *asked, label=label)
            total = sum(item.weight for item in found)
            shown = [Mark(item.start, item.end, item.weight, "") for item in found]
            (runs,) = pieces(DEBTS, shown, 10_000)
            assert sum(run.weight for run in runs) == pytest.approx(total, abs=1e-9)
            if name == "section":
                assert total == pytest.approx(scores[column] - empty[column], abs=1e-4)


def test_an_explanation_is_a_list() -> None:
    for found in explanations():
        plain = list(found)
        assert isinstance(found, list)
        assert found == plain
        assert plain == found
        assert found[0] == plain[0]
        assert isinstance(found[:2], fc.Explanation)
        assert found[:2] == plain[:2]
        assert vars(found[::-1]) == vars(found)
        assert found + [] == plain  # noqa: RUF005
        assert json.loads(json.dumps(found)) == [list(item) for item in plain]
        for other in (pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)):
            assert type(other) is fc.Explanation
            assert other == found
            assert vars(other) == vars(found)
        assert repr(found[:1]) == repr(plain[:1])
        assert len(repr(found)) < 2000
    assert repr(explanations()[0]).endswith(" more]")
    empty = fc.load("section").explain("")
    assert repr(empty) == "[]"
    assert not empty
    assert "known" not in empty.to_html()
    assert "nothing in the text that the model knows" in empty.to_html()
    assert "nothing in the text that the model knows" in str(empty)
    assert fc.Explanation() == []
    checked(fc.Explanation().to_html())


def test_letters_that_only_come_later_in_unicode_are_not_persian() -> None:
    for text in ("𝐇𝐞𝐥𝐥𝐨", "\uff28\uff45\uff4c", "𠀀𠀁"):
        assert '<div dir="auto"' in marked_html(text, [])
    for text in ("\ufe8d\ufedf", "\ufb7c", "ݐ"):  # joined forms, too
        assert '<div dir="rtl"' in marked_html(text, [])


def test_the_notebook_view() -> None:
    for found in (*explanations(), fc.analyze(DEBTS), fc.load("section").explain(HOSTILE * 2)):
        page = checked(found._repr_html_())
        assert found._repr_html_() == found.to_html()
        assert page.seen[0][1]["dir"] == "rtl"
        assert clean(found.text) in page.text
        if found.text == DEBTS:
            assert any(tag == "mark" for tag, _ in page.seen)
            texts = [a for tag, a in page.seen if "pre-wrap" in str(a.get("style"))]
            assert [one["dir"] for one in texts] == ["rtl"]
    english = checked(marked_html("It rained in the north all day", []))
    assert english.seen[0][1]["dir"] == "auto"


def test_each_answer_has_its_colour_and_words() -> None:
    found = fc.analyze(DEBTS)
    page = found.to_html()
    told = checked(page).text
    answers = [found.section, *found.topics]
    assert len(answers) >= 2
    for answer, colour in zip(answers, ANSWERS, strict=False):
        assert answer.label in told
        assert answer.label_fa in told
        assert f"rgba({colour.red},{colour.green},{colour.blue}," in page
        assert f"{answer.label} +" in page  # in a tooltip
        if answer.stance:
            assert answer.stance.label_fa in told
            assert f"{answer.label}: {answer.stance.label} +" in page


def test_bounded_output_for_ten_million_letters() -> None:
    text = "الف " * 2_499_990 + DEBTS
    at = len(text) - len(DEBTS)
    words = [fc.Evidence(at, at + 10, text[at : at + 10], "health", 1.0)]
    found = fc.Explanation(words, text=text, label="health", label_fa="سلامت", confidence=0.5)
    whole = fc.Evidence(0, len(text), text, "health", 1.0)
    for one in (found, fc.Explanation([whole], **vars(found))):
        assert len(one.to_html()) < 50_000
        assert len(one.to_text(colour=True)) < 20_000
        assert len(one.to_text(colour=False)) < 1000
    assert DEBTS[:10] in found.to_html()


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "WT_SESSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return monkeypatch


@pytest.mark.parametrize(
    ("variables", "on_screen", "in_file"),
    [
        ({}, BASIC, PLAIN),
        ({"TERM": "xterm-256color"}, SHADES, PLAIN),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, TRUE, PLAIN),
        ({"COLORTERM": "24bit"}, TRUE, PLAIN),
        ({"TERM": "dumb"}, PLAIN, PLAIN),
        ({"NO_COLOR": "1"}, PLAIN, PLAIN),
        ({"NO_COLOR": ""}, BASIC, PLAIN),
        ({"FORCE_COLOR": "1"}, BASIC, BASIC),
        ({"FORCE_COLOR": "0"}, BASIC, PLAIN),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, BASIC, BASIC),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, PLAIN, PLAIN),
    ],
)
def test_where_colour_is_written(
    terminal: pytest.MonkeyPatch, variables: dict[str, str], on_screen: int, in_file: int
) -> None:
    for name, value in variables.items():
        terminal.setenv(name, value)
    assert depth(None, Screen()) == on_screen
    assert depth(None, io.StringIO()) == in_file
    assert depth(colour=False, stream=Screen()) == PLAIN
    assert depth(colour=True, stream=io.StringIO()) > PLAIN


def test_a_missing_or_closed_output_takes_no_colour(terminal: pytest.MonkeyPatch) -> None:
    terminal.setattr(sys, "stdout", None)
    assert depth() == PLAIN
    shut = io.StringIO()
    shut.close()
    assert depth(None, shut) == PLAIN


def test_print_on_a_terminal_and_elsewhere(terminal: pytest.MonkeyPatch) -> None:
    terminal.setenv("COLUMNS", "60")
    for found in (fc.analyze(DEBTS), *explanations()):
        plain = str(found)
        assert "\x1b" not in plain
        assert plain == found.to_text(colour=False)
        screen = Screen()
        with terminal.context() as on_screen:
            on_screen.setattr(sys, "stdout", screen)
            print(found)
            assert f"{found}" == plain  # for files and messages
        shown = screen.getvalue()
        assert "\x1b[" in shown
        assert "".join(DEBTS.split()) in "".join(CODES.sub("", shown).split())
        coloured = CODES.sub("", found.to_text(colour=True))
        for line in plain.splitlines():
            assert line in coloured.splitlines()
    assert str(fc.analyze(DEBTS)).startswith("section: ")


def test_codes_in_the_text_do_not_reach_the_terminal() -> None:
    text = f"{DEBTS} \x1b[2J\x9b31m\x07\x7f پرداخت\x1b]0;title\x07"
    for found in (fc.analyze(text), fc.load("section").explain(text)):
        for told in (found.to_text(colour=True), found.to_text(colour=False)):
            assert re.fullmatch("[^\x00-\x08\x0b-\x1f\x7f-\x9f]*", CODES.sub("", told))
        assert "␛[2J" in found.to_text(colour=True)


def test_lines_are_wrapped_between_words() -> None:
    text = "یک دوسه چهار\n\nمی‌روند 中文字 abcdefgh"
    cut = [text[start:end] for start, end in wrapped(text, 8)]
    assert cut == ["یک دوسه", "چهار", "", "می‌روند", "中文字", "abcdefgh"]
    long = "abcdefgh ij"
    assert [long[a:b] for a, b in wrapped(long, 3)] == ["abc", "def", "gh", "ij"]
    assert wrapped("", 3) == [(0, 0)]
    assert wrapped("یک دو", None) == [(0, 5)]
    joined = "\u064b" * 50
    assert wrapped("ا" + joined, 2) == [(0, 51)]


def test_rich_shows_it_in_colour() -> None:
    console = pytest.importorskip("rich.console")
    for found in (fc.analyze(DEBTS), *explanations()):
        written = io.StringIO()
        wide = console.Console(
            file=written, force_terminal=True, color_system="truecolor", width=40, no_color=False
        )
        wide.print(found)
        assert "\x1b[" in written.getvalue()
        told = CODES.sub("", written.getvalue())
        assert "".join(DEBTS.split()) in "".join(told.split())
        assert max(len(line) for line in told.splitlines()) <= 40 + DEBTS.count("\u200c")


def test_the_command_in_colour(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for verb in (["analyze"], ["explain", "--top", "3"], ["explain", "--label", "sport"]):
        outputs = {}
        for spelled in ("--colour", "--color"):
            for choice in ("auto", "always", "never"):
                assert main([*verb, SEED, spelled, choice]) == 0
                outputs[spelled, choice] = capsys.readouterr().out
        assert main([*verb, SEED]) == 0
        auto = capsys.readouterr().out
        assert "\x1b" not in auto
        assert {outputs[spelled, "auto"] for spelled in ("--colour", "--color")} == {auto}
        assert outputs["--colour", "never"] == auto
        assert "\x1b[" in outputs["--colour", "always"]
        assert outputs["--colour", "always"] == outputs["--color", "always"]
        terminal.setenv("FORCE_COLOR", "1")
        assert main([*verb, SEED]) == 0
        assert capsys.readouterr().out == outputs["--colour", "always"]
        terminal.delenv("FORCE_COLOR")
    with pytest.raises(SystemExit):
        main(["analyze", SEED, "--colour", "red"])


def test_rich_is_not_needed_and_not_loaded() -> None:
    code = """
import sys
import fanews_classify as fc
found = fc.load("section").explain("تیم فوتبال قهرمان شد")
str(found), found.to_html(), found.to_text(colour=True), str(fc.analyze("تیم")), fc.Explanation
print(sorted({"rich", "pandas", "IPython", "sklearn"} & set(sys.modules)))
sys.modules["rich.text"] = None
try:
    found.__rich__()
except fc.FanewsError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded, message = done.stdout.splitlines()
    assert loaded == "[]"
    assert "[cli]" in message
