"""Nothing takes more than linear time: regular expressions, and what is made of whole texts.

Times are compared only with each other, of the same function on an input four times as
long: linear is 4, quadratic 16. A measurement that looks bad is repeated before it counts.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import pkgutil
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import fanews_classify as fc
from fanews_classify.text._sentences import sentence_spans

PACKAGE = Path(fc.__file__).resolve().parent
MOST = 9.0  # of times for four times the length
FLOOR = 0.004  # seconds: less is noise
# Patterns that are built when they are first needed, and how to get at them.
LATE = {
    "text/_rewrite.py": 2, "text/_markup.py": 1, "text/_rules.py": 1, "model/_store.py": 1,
    "records/tables.py": 1, "report/_drawing.py": 1, "model/_atomic.py": 1,
    "cli/_parser.py": 3, "cli/_inputs.py": 1,
}  # fmt: skip
# Where they are only asked at one place of a text, not searched for.
ANCHORED = {"fanews_classify.labelling.sheet._FORMULA"}
# Searched for in a window of 64 letters (see «handles» in PIECES), or in what the user of
# the command line typed, as argparse repeats it.
BOUNDED = {"markup _BEFORE_AT", "arguments", "choice"}
# Patterns of the user's own recipe, run in training on the user's own texts.
FROM_USERS = {"training/data.py": 1, "training/recipe.py": 1}


def ratio(run: Callable[[Any], object], make: Callable[[int], Any], n: int) -> float:
    """Return how much longer four times as much takes; 0 if it takes no time at all."""

    def least(value: Any) -> float:
        times = []
        for _ in range(3):
            begin = time.process_time()
            run(value)
            times.append(time.process_time() - begin)
        return min(times)

    short, long = make(n), make(4 * n)
    found = []
    for _ in range(3):
        much = least(long)
        if much < FLOOR:
            return 0.0
        found.append(much / max(least(short), FLOOR / 4))
        if found[-1] < MOST:
            break
    return min(found)


# Regular expressions


def _imported() -> list[Any]:
    names = [m.name for m in pkgutil.walk_packages(fc.__path__, "fanews_classify.")]
    modules = []
    for name in names:
        try:
            modules.append(importlib.import_module(name))
        except ImportError:  # an optional package is not here
            continue
    return modules


def patterns() -> dict[str, re.Pattern[Any]]:
    """Return every pattern of the package by where it is."""
    from fanews_classify.text import _markup, _rewrite, _rules

    found: dict[str, re.Pattern[Any]] = {}
    for module in _imported():
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                found[f"{module.__name__}.{name}"] = value
    found["rewrite entity"] = re.compile(_rewrite._ENTITY)
    found["rewrite rare"] = _rewrite._rare()
    for name in ("_TAG", "_SCRIPT", "_BEFORE_AT", "_AFTER_AT"):
        found[f"markup {name}"] = re.compile(getattr(_markup, name))
    found["link"] = re.compile(_rules._RUN)
    found["name of a model"] = re.compile(r"[A-Za-z0-9_-]+")
    found["temporary name"] = re.compile(r"\.model\.fanews\.[0-9a-f]{12}\.tmp")
    found["sep="] = re.compile(r"sep=(.)")
    found["extension"] = re.compile(r"\.\w{1,8}$")
    found["arguments"] = re.compile(r"unrecognized arguments: .*?(--[\w-]+)")
    found["choice"] = re.compile(r"invalid choice: '(.*?)' \(choose from (.*)\)")
    found["names"] = re.compile(r"[\w-]+")
    return found


# What repeats may run over, and what makes an end fail.
UNITS = (
    "a", "ا", "1", " ", "\t", "\n", "\r", ".", "؟", "!", "-", "_", "'", '"', "»", ")", "]", "&",
    "&#", "&#x", "&a", "<", "<a", "<a ", "<script", "@", "a@", "a.", ".a", "/", ":", "[", "[:",
    "\u200c", "\u202e", "\ud800", "é", "=", "+", "'=", "url(#", "sep=", "--a", "invalid choice: '",
    "unrecognized arguments: ", "(choose from ", ". ", "...", "\x00", "\x03", "\x04", "\x06a",
    "\x06\x03", "\x05", "\x06script", "12/", "1404-", "۱۲", "date ",
)  # fmt: skip
ENDS = ("", "!", "\x00", "ا", "\u2028")


def _subject(pattern: re.Pattern[Any], unit: str, end: str) -> Callable[[int], Any]:
    def make(n: int) -> Any:
        text = unit * (n // len(unit)) + end
        if isinstance(pattern.pattern, bytes):
            return text.encode("latin-1", "replace")
        return text

    return make


def _all_of_it(pattern: re.Pattern[Any], anchored: bool = False) -> Callable[[Any], object]:
    def run(text: Any) -> object:
        pattern.match(text)
        pattern.fullmatch(text)
        return anchored or sum(1 for _ in pattern.finditer(text))

    return run


def _slow(
    pattern: re.Pattern[Any],
    n: int,
    anchored: bool = False,
    units: tuple[str, ...] = UNITS,
) -> list[tuple[str, str, float]]:
    """Return the inputs on which a pattern takes more than linear time."""
    found = []
    use = _all_of_it(pattern, anchored)
    for unit, end in itertools.product(units, ENDS):
        make = _subject(pattern, unit, end)
        begin = time.process_time()
        use(make(4 * n))
        if time.process_time() - begin > FLOOR:  # most take far less
            grown = ratio(use, make, n)
            if grown > MOST:
                found.append((unit, end, grown))
    return found


def test_every_pattern_is_tested() -> None:
    """All calls of `re` in the source are at the level of a module, or counted above."""
    late: dict[str, int] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inside = [
            node
            for top in tree.body
            if not isinstance(top, ast.Assign | ast.AnnAssign)
            for node in ast.walk(top)
        ]
        # `re.compile` handed on, as in `lru_cache(re.compile)`, is one as well.
        uses = [
            node
            for node in [*inside, *(n for n in ast.walk(tree) if n not in inside)]
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "re"
            and node.attr
            in ("compile", "sub", "subn", "split", "match", "search", "findall", "finditer",
                "fullmatch")
        ]  # fmt: skip
        direct = {
            id(top.value.func)
            for top in tree.body
            if isinstance(top, ast.Assign | ast.AnnAssign) and isinstance(top.value, ast.Call)
        }
        count = sum(id(node) not in direct for node in uses)
        if count:
            late[path.relative_to(PACKAGE).as_posix()] = count
    assert late == LATE | FROM_USERS, "a pattern that is not tested here"


def test_the_search_finds_a_slow_pattern() -> None:
    units, n = (" ", "a"), 2000  # of a thousand the shorter time is near the FLOOR: noise decides
    assert _slow(re.compile(r"\s+\u2603"), n, units=units)
    assert _slow(re.compile(rb"[a-z]+\x07"), n, units=units)
    assert not _slow(re.compile(r"[a-z]{1,8}\u2603"), n, units=units)


def test_patterns_take_linear_time() -> None:
    found = patterns()
    assert len(found) > 20
    assert found.keys() >= ANCHORED | BOUNDED
    slow = {
        name: _slow(pattern, 1500, name in ANCHORED)
        for name, pattern in found.items()
        if name not in BOUNDED
    }
    assert not {name: inputs for name, inputs in slow.items() if inputs}


# Whole texts

PIECES = {
    "letters": "ا", "words": "کتاب تهران ", "prefixes": "می ", "suffixes": "ها ",
    "leads": "به گزارش ", "stops": "...", "sentences": "دارو نیست. ", "tags open": "<a ",
    "tags": "<a>", "entities": "&amp;", "entities open": "&#", "handles": "a@", "at": "@",
    "before at": "a.", "links": "http://", "blanks": " ", "lines": "\n", "returns": "\r",
    "half-spaces": "\u200c", "strangers": "é", "surrogates": "\ud800", "numbers": "شناسه 12 ",
    "phrases": "انتهای پیام ", "sources": "منبع ایسنا ", "quotes": "؟»", "escapes": "\x1b[",
}  # fmt: skip


def _texts(n: int) -> dict[str, str]:
    made = {name: (piece * n)[:n] for name, piece in PIECES.items()}
    # An end tag in another sentence, and in another text: each `<script` looked for it.
    made["scripts"] = "<script " * (n // 8)
    made["scripts and an end"] = f"{made['scripts']} .\n</script>"
    made["different words"] = " ".join(f"w{i}x" for i in range(n // 6))
    return made


def _functions() -> dict[str, Callable[[str], object]]:
    section, topic, stance = fc.load("section"), fc.load("topic"), fc.load("stance")
    claims, claim = fc.load("claim_stance"), "مدارس تهران فردا تعطیل است"
    return {
        "normalize": fc.normalize,
        "tokenize": fc.tokenize,
        "sentences": sentence_spans,
        "many texts": lambda text: section.predict([text[:60_000], text[-60_000:], "</script>"]),
        "section": section.predict,
        "topic": topic.predict,
        "stance": lambda text: stance.predict(text, "housing"),
        "claim stance": lambda text: claims.predict(text, claim),
        "a long claim": lambda text: claims.predict("تهران", text),
        "evidence": lambda text: claims.evidence(text, claim),
        "explain section": section.explain,
        "explain topic": topic.explain,
        "explain stance": lambda text: stance.explain(text, "housing"),
        "html": lambda text: section.explain(text).to_html(),
        "terminal": lambda text: section.explain(text).to_text(colour=True, width=80),
        "analyze": lambda text: fc.analyze(text).to_html(),
    }


def _grown(n: int) -> list[tuple[str, str, float]]:
    found = []
    short, long = _texts(n), _texts(4 * n)
    for name, run in _functions().items():
        run("خبر")
        for kind in short:
            begin = time.process_time()
            run(long[kind])
            seconds = time.process_time() - begin
            begin = time.process_time()
            run(short[kind])
            if seconds > 2 * FLOOR and seconds > 0.8 * MOST * (time.process_time() - begin):

                def make(size: int, kind: str = kind) -> str:
                    return _texts(size)[kind]

                # What is quadratic is still worse with more; tables that fill a cache are not.
                grown = ratio(run, make, n)
                if grown > MOST and (grown := ratio(run, make, 4 * n)) > MOST:
                    found.append((name, kind, grown))
    return found


def test_texts_take_linear_time() -> None:
    assert not _grown(2_000)


@pytest.mark.slow
@pytest.mark.parametrize("n", [25_000, 250_000])
def test_long_texts_take_linear_time(n: int) -> None:
    assert not _grown(n)


def test_an_end_tag_in_another_text_is_not_looked_for() -> None:
    """Each of many `<script` looked for it to the end of the batch, and copied what it passed."""
    from fanews_classify.text._markup import blank_markup
    from fanews_classify.text._tokens import _folded

    def seconds(last: str) -> float:
        data, times = _folded(["<script " * 8000, last]), []
        for _ in range(3):
            begin = time.process_time()
            blank_markup(data)
            times.append(time.process_time() - begin)
        return min(times)

    assert seconds("</script>") < 8 * seconds("<script>")
