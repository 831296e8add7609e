from __future__ import annotations

import difflib
import html
import json
import unicodedata

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings
from token_places import SEVERAL, check_places

from fanews_classify.errors import InputTypeError
from fanews_classify.text import normalize, tokenize
from fanews_classify.text._codepage import IN_PAGE, encode, fold, term_bytes
from fanews_classify.text._hashing import hash_bytes
from fanews_classify.text._rules import LONGEST_TOKEN
from fanews_classify.text._tokens import tokenize_batch

PERSIAN = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیيكةأآؤئىء"
NOISE = "\u200c\u200f\u202b\u0640\u064e\u0651 \n.،؟!<>&;@#/:1۲٣abZ🔹\ud800\x00\ufdd0ﷲﻻ٪"
AFFIXES = ["می", "نمی", "ها", "های", "ای", "تر", "ترین", "ام", "اند", "به", "گزارش", "ایسنا"]
anything = st.one_of(
    st.text(),
    st.text(alphabet=PERSIAN + NOISE),
    st.lists(st.sampled_from([*AFFIXES, "کتاب", "رفت", "http://x.ir", "&zwnj;", "<b>"])).map(
        " ".join
    ),
    st.text(alphabet=st.characters()),
)


def terms(text: str, **options: bool) -> list[str]:
    return [token.term for token in tokenize(text, **options)]


@given(anything)
@example("هایی شان ها")
@example("ها ها می می")
@example("م ی شود")
def test_normalizing_twice_changes_nothing(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once


@given(anything)
@example("پیامبر (ﷺ) و خدای ﷻ")
@example("اﷺا&#65018;℅")
def test_every_string_has_tokens_in_order_and_in_place(text: str) -> None:
    tokens = tokenize(text)
    check_places(text, tokens)
    for token in tokens:
        # The place holds the token and nothing else: folded alone it is the same word.
        place = text[token.start : token.end]
        alone = normalize(place).replace(" ", "")
        if SEVERAL.isdisjoint(html.unescape(place)):
            assert alone == token.term
        else:
            assert token.term in alone


def test_every_character_of_unicode_has_its_words_in_place() -> None:
    several = set()
    for begin in (*range(0, 0x30000, 0x1000), 0xE0000):  # the rest is private or unassigned
        characters = [chr(i) for i in range(begin, begin + 0x1000)]
        text = " ".join(f"{c} ا{c}ب" for c in characters)
        several |= check_places(text, tokenize(text, remove_boilerplate=False))
        assert normalize(normalize(text)) == normalize(text)
    assert several == SEVERAL


def test_words_of_one_character_are_all_of_its_place() -> None:
    for written in ("ﷺ", "&#65018;"):
        text = f"پیامبر {written} گفت"
        words = tokenize(text)[1:-1]
        assert [word.term for word in words] == ["صلی", "الله", "علیه", "وسلم"]
        assert {text[word.start : word.end] for word in words} == {written}


@given(st.lists(anything, max_size=6))
def test_a_batch_gives_what_each_text_gives_alone(texts: list[str]) -> None:
    batch = tokenize_batch(texts)
    for i, text in enumerate(texts):
        inside = range(batch.splits[i], batch.splits[i + 1])
        alone = tokenize_batch([text])
        assert [batch.term(j) for j in inside] == [alone.term(j) for j in range(len(alone.hashes))]


@given(anything)
def test_hashes_are_those_of_the_terms(text: str) -> None:
    batch = tokenize_batch([text])
    for i, value in enumerate(batch.hashes.tolist()):
        assert value == hash_bytes(batch.term(i))
        assert len(batch.term(i)) <= LONGEST_TOKEN


@given(st.text(alphabet=PERSIAN, min_size=1), st.text(alphabet=PERSIAN, min_size=1))
def test_half_space_and_nothing_are_the_same(left: str, right: str) -> None:
    assert normalize(f"{left}\u200c{right}") == normalize(left + right)


@given(st.text(alphabet=PERSIAN + " "))
def test_arabic_letters_diacritics_and_kashida_change_nothing(text: str) -> None:
    arabic = text.replace("ی", "ي").replace("ک", "ك")
    marked = "".join(char + "\u064e" if char.isalpha() else char for char in text)
    stretched = "".join(char + "\u0640" if char.isalpha() else char for char in text)
    assert normalize(text) == normalize(arabic) == normalize(marked) == normalize(stretched)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("به‌موقع", "بهموقع"),
        ("بین‌دستگاهی", "بیندستگاهی"),
        ("می‌شود", "می شود"),
        ("نمی‌توان", "نمی توان"),
        ("کتاب‌های", "کتاب های"),
        ("بزرگ‌ترین", "بزرگ ترین"),
        ("خانه‌ای", "خانه ای"),
        ("مسئول", "مسؤول".replace("ؤ", "ئ")),
        ("ارتقاء", "ارتقا"),
        ("تأمین", "تامین"),
        ("۱۲۳", "١٢٣"),
        ("۱۲۳", "123"),
        ("ISNA-X", "isna x"),
        ("خانۀ", "خانه"),
        ("ﻻله", "لاله"),
        ("می&zwnj;شود", "می‌شود"),
        ("آب&nbsp;گرم", "آب گرم"),
        ("<p>متن</p>", "متن"),
        ("\u202bمتن\u202c", "متن"),
    ],
)
def test_ways_of_writing_one_thing(first: str, second: str) -> None:
    assert normalize(first) == normalize(second) != ""


def test_golden_texts(request: pytest.FixtureRequest) -> None:
    golden = request.path.parent / "golden" / "tokens.txt"
    cases = golden.read_text(encoding="utf-8").strip().split("\n\n")
    assert len(cases) > 20
    for case in cases:
        text, wanted = case.split("\n")
        assert " ".join(terms(text.replace("␤", "\n"))) == wanted, text


def test_hazm_reads_the_same_letters(
    request: pytest.FixtureRequest, own_texts: list[dict[str, str]]
) -> None:
    """hazm's frozen normalisation differs from ours only in where words are parted."""
    frozen = request.path.parent / "golden" / "hazm_normalizer.jsonl"
    bodies = {text["id"]: text["body"] for text in own_texts}
    equal = total = 0
    for line in frozen.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        ours = normalize(bodies[record["id"]]).split()
        theirs = normalize(record["normalized"]).split()
        assert "".join(ours) == "".join(theirs)
        matcher = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
        equal += sum(block.size for block in matcher.get_matching_blocks())
        total += max(len(ours), len(theirs))
    assert equal / total > 0.98


def test_places_in_the_original_text() -> None:
    text = "🔹 كِتاب‌هاي ما می خوانند&nbsp;ﻻله"
    assert [(token.term, text[token.start : token.end]) for token in tokenize(text)] == [
        ("کتابهای", "كِتاب‌هاي"),
        ("ما", "ما"),
        ("میخوانند", "می خوانند"),
        ("لاله", "ﻻله"),
    ]


@pytest.mark.parametrize("bad", [None, b"text", 3, float("nan"), ["a"]])
def test_what_is_no_str_is_refused(bad: object) -> None:
    with pytest.raises(InputTypeError, match=type(bad).__name__):
        normalize(bad)  # type: ignore[arg-type]


def test_junk_without_blanks_gives_no_token() -> None:
    assert terms("x" * (LONGEST_TOKEN + 1)) == []
    assert terms("ا" * LONGEST_TOKEN) == ["ا" * LONGEST_TOKEN]
    assert terms("中文新闻 🔹🔹 ___ ٪ ...") == []


@settings(max_examples=20)
@given(st.integers(0, 70000))
def test_long_texts_are_cut_where_it_does_not_show(shift: int) -> None:
    text = "م" * (shift % 50) + " " + "سلام دنیا می شود " * 8000
    assert terms(text)[-3:] == ["سلام", "دنیا", "میشود"]
    batch = tokenize_batch([text])
    assert len(set(batch.hashes[-3000:].tolist())) == 3


def test_the_code_page_holds_every_persian_letter_once() -> None:
    for char in PERSIAN:
        assert char in IN_PAGE
    for name in ("PEH", "TCHEH", "JEH", "KEHEH", "GAF", "FARSI YEH"):
        letter = unicodedata.lookup(f"ARABIC LETTER {name}")
        assert fold(encode(letter)) == term_bytes(letter) != b" "
    assert len(encode("🔹" * 5 + "\ud800")) == 6


@given(
    st.text(), st.sampled_from(["", "\ud83d", "\ude00", "\U0001f600", "\ufffe", "\ufdd0", "a?é"])
)
def test_long_texts_are_encoded_like_short_ones(text: str, odd: str) -> None:
    short = text + odd
    long = short + "کتاب " * 1000
    assert encode(long)[: len(short)] == encode(short)
    assert len(encode(long)) == len(long)
