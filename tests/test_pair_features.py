from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
import pytest
from claim_fixtures import DATA
from hypothesis import given, settings

import fanews_classify as fc
from fanews_classify.errors import (
    CorpusError,
    InputTypeError,
    ModelArrayError,
    NotFittedError,
    ParameterError,
)
from fanews_classify.features._alignment import LONGEST_SEGMENT, Alignment
from fanews_classify.features._lexicon import Lexicon, phrases, read_lexicon
from fanews_classify.features._morphology import stems, verb_forms
from fanews_classify.features._ranking import N_FEATURES, ranking_features
from fanews_classify.features._segments import CHOSEN, choose_segments
from fanews_classify.features._words import Words, WordTable, build_words, cue_bit
from fanews_classify.features.claims import feature_names, pair_features, segment_signals
from fanews_classify.text._tokens import tokenize_batch

LEXICON = """\
syn\tگران|پرهزینه|بالا رفت\tارزان|کم‌هزینه
syn\tگران|پرهزینه|گزاف\t
syn\tبرد|پیروزی\tباخت|شکست
syn\tبالا\t
cat\tcity\tکوهسار|دشتستان|رودبار
cue\tneg\tهیچ|بدون
cue\trefute\tتکذیب
verb\tرفت\tرو
verb\tآمد\tآی
num\t5\tپنج
"""
WORDS = "نان گران ارزان برد باخت کوهسار دشتستان تکذیب رفت نرفت پنج کتاب کتابها بالا".split()
PAIRS = [
    ("قیمت نان بالا رفت", "نان در کوهسار گران شد"),
    ("قیمت نان بالا رفت", "قیمت نان پایین آمد"),
    ("تیم ما بازی را برد", "تیم ما باخت"),
    ("تیم ما بازی را برد", "برف راه‌ها را بست"),
]


def table_of(lexicon: Lexicon, words: Sequence[str] = WORDS) -> WordTable:
    counts = np.arange(1, len(words) + 1, dtype=np.int64)
    vectors = np.zeros((len(words), 1), dtype=np.float32)
    return build_words(words, counts, 100, vectors, lexicon)


def read(table: WordTable, text: str) -> Words:
    return table.read(tokenize_batch([text]))


def align(table: WordTable, claim: str, text: str) -> Alignment:
    return choose_segments(table, [claim], [text]).align(np.array([0]))


@pytest.fixture
def lexicon(tmp_path: Path) -> Lexicon:
    path = tmp_path / "lexicon.tsv"
    path.write_text(LEXICON, encoding="utf-8")
    return read_lexicon(path)


@pytest.fixture
def table(lexicon: Lexicon) -> WordTable:
    return table_of(lexicon)


@cache
def bundled_words() -> WordTable:
    return fc.load("claim_stance").words


@pytest.fixture
def bundled() -> WordTable:
    return bundled_words()


# The lexicon


def test_lexicon_is_folded_as_texts_are() -> None:
    assert phrases("كتاب‌هاي|کتاب‌های") == [("کتابهای",)]
    assert phrases("جان باخت|۵") == [("جان", "باخت"), ("5",)]
    assert phrases(" | ") == []
    assert phrases("یکی دوم سوم چهارم پنجم ششم") == []  # longer than any phrase looked up


def test_equal_sets_are_joined_and_others_stay_apart(lexicon: Lexicon) -> None:
    dear, won, up = lexicon.synonyms
    assert {("گران",), ("پرهزینه",), ("گزاف",), ("بالا", "رفت")} == set(dear[0])
    assert set(dear[1]) == {("ارزان",), ("کمهزینه",)}
    assert set(won[0]) == {("برد",), ("پیروزی",)}
    assert up == ([("بالا",)], [])
    assert lexicon.numbers == {"5": [("پنج",)]}
    assert lexicon.verbs == [("رفت", "رو"), ("امد", "ای")]


def test_opposite_sets_are_never_joined(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.tsv"
    path.write_text("syn\tبرد|پیروزی\tباخت|شکست\nsyn\tباخت|شکست\tبرد|پیروزی\n", encoding="utf-8")
    assert len(read_lexicon(path).synonyms) == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("syn\tگران", "2 fields"),
        ("", "1 fields"),
        ("syn\ta\tb\tc", "4 fields"),
        ("synonym\tگران\tارزان", "'synonym' is none of"),
    ],
)
def test_faulty_lines_are_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "lexicon.tsv"
    path.write_text(f"{LEXICON}{line}\nverb\tکرد\tکن\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=f"line 11: {message}"):
        read_lexicon(path)


def test_lexicons_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "arabic.tsv").write_bytes("syn\tنان\t".encode("cp1256"))
    for name in ("nothing.tsv", "arabic.tsv", "."):
        with pytest.raises(CorpusError, match="cannot read the lexicon"):
            read_lexicon(tmp_path / name)


def test_the_lexicon_of_the_repository() -> None:
    found = read_lexicon(DATA / "lexicon.tsv")
    assert len(found.synonyms) > 1000
    assert sum(bool(against) for _, against in found.synonyms) > 100
    assert {"neg", "refute", "attr", "quest", "doubt"} <= found.cues.keys()
    assert all(past for past, _ in found.verbs)


# Verbs and stems


def test_verb_forms_and_their_negatives() -> None:
    positive, negative = verb_forms([("کرد", "کن"), ("امد", "ای")])
    for form in ("کرد", "کردند", "کردهاند", "میکرد", "میکند", "بکنند"):
        assert positive[form] == "کرد"
    for form in ("نکرد", "نکردهاند", "نمیکرد", "نمیکند", "نکنند"):
        assert negative[form] == "کرد"
    assert negative["نیامد"] == negative["نمیامد"] == "امد"
    assert (positive["است"], negative["نیست"], negative["ندارد"]) == ("بود", "بود", "داشت")
    assert positive.keys().isdisjoint({"نکرد", "نمیکند", "نیامد", "نیست"})
    assert verb_forms([]) == ({}, {})


def test_stems(lexicon: Lexicon) -> None:
    words = "کتاب کتابها کتابهایشان میرود رفتند نمیرود نرفته نامه پنج خانه خانم".split()
    stem, verbs, negatives = stems(words, lexicon)
    assert stem["کتابهایشان"] == stem["کتابها"] == stem["کتاب"] == "کتاب"
    assert len({stem[word] for word in ("میرود", "رفتند", "نمیرود", "نرفته")}) == 1
    assert verbs == {"میرود", "رفتند"}
    assert negatives == {"نمیرود", "نرفته"}
    assert stem["پنج"] == "5"
    assert stem["خانم"] != stem["خانه"]  # no suffix is cut that leaves no word


# The table of words


def test_words_of_one_stem_share_it_and_their_senses(table: WordTable) -> None:
    words = read(table, "کتاب کتاب‌ها گران ارزان نان")
    assert words.stems[0] == words.stems[1] != words.stems[4]
    assert set(words.opposites[2].tolist()) - {0} <= set(words.senses[3].tolist())
    assert not words.senses[4].any()
    assert words.idf.min() >= 0
    assert words.idf.max() <= 1


def test_numbers_and_cues(table: WordTable) -> None:
    words = read(table, "پنج ۵ ۱۲۰ نان تکذیب نرفت رفت")
    assert words.number.tolist() == [True, True, True, False, False, False, False]
    assert (words.cues & cue_bit("refute") > 0).nonzero()[0].tolist() == [4]
    assert (words.cues & cue_bit("verbneg") > 0).nonzero()[0].tolist() == [5]
    assert (words.cues & cue_bit("verb") > 0).nonzero()[0].tolist() == [6]
    assert words.stems[5] == words.stems[6]


def test_a_phrase_overrides_its_words(table: WordTable) -> None:
    alone, phrase = read(table, "بالا"), read(table, "بالا رفت")
    dear = read(table, "گران").senses[0]
    assert alone.senses[0].any()
    assert not set(alone.senses[0].tolist()) & set(dear.tolist()) - {0}
    assert phrase.senses[0].tolist() == phrase.senses[1].tolist()
    assert set(phrase.senses[0].tolist()) & set(dear.tolist()) - {0}
    across = table.read(tokenize_batch(["نان بالا", "رفت"]))  # no phrase goes over two texts
    assert across.senses[1].tolist() == alone.senses[0].tolist()


def test_unknown_words_have_the_stem_of_their_first_letters(table: WordTable) -> None:
    words = read(table, "دانشگاهیان دانشگاهی داوری نان")
    assert words.stems[0] == words.stems[1] != words.stems[2]
    assert (words.stems[:3] >= 1 << 40).all()
    assert words.stems[3] < 1 << 40
    assert words.ids.tolist()[:3] == [len(table)] * 3
    assert words.idf[0] == table.arrays["idf"][-1] > 0


def test_a_table_survives_its_arrays(table: WordTable) -> None:
    again = WordTable.from_arrays(table.to_json(), table.to_arrays())
    text = "نان در کوهسار بالا رفت، پنج کتاب ناشناخته"
    before, after = read(table, text), read(again, text)
    for name in Words.__slots__:
        assert np.array_equal(getattr(before, name), getattr(after, name)), name


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("word_idf", lambda a: a[:-1]),
        ("word_idf", lambda a: a.astype(np.float64)),
        ("word_stems", lambda a: a.astype(np.int64)),
        ("word_senses", lambda a: a[:, :-1]),
        ("word_senses", lambda a: a.ravel()),
        ("word_categories", lambda a: np.concatenate([a, a])),
        ("word_cues", lambda a: a[:, None]),
        ("word_vectors", lambda a: a.ravel()),
        ("word_phrase_senses", lambda a: a[:-1]),
        ("words_entries", lambda a: a[:-1]),
        ("words_entries", lambda a: a.astype(np.int64)),
        ("words_entries", lambda a: a | np.uint64(1 << 20)),
        ("words_displacements", lambda a: a[:0]),
        ("phrases_displacements", lambda a: a + np.uint32(1 << 30)),
    ],
)
def test_damaged_arrays_are_refused(table: WordTable, name: str, change: Any) -> None:
    arrays = table.to_arrays()
    arrays[name] = change(arrays[name])
    with pytest.raises(ModelArrayError):
        WordTable.from_arrays(table.to_json(), arrays)


# Alignment and segments


def test_synonyms_opposites_and_rivals(table: WordTable) -> None:
    found = align(table, "نان گران کوهسار", "نان پرهزینه ارزان دشتستان کوهسار")
    assert found.stem[0].nonzero()[0].tolist() == [0, 2]
    assert found.stem[0].nonzero()[1].tolist() == [0, 4]
    assert found.synonym[0, 1].tolist() == [False, True, False, False, False]
    assert found.opposite[0, 1].tolist() == [False, False, True, False, False]
    assert found.rival[0, 2].tolist() == [False, False, False, True, False]
    assert found.claim_best[0].tolist() == pytest.approx([0.95, 0.85, 0.95])
    assert found.claim_alone[0].tolist() == [False] * 3
    assert found.text_over[0].tolist() == [False, True, True, True, False]


def test_nothing_meets_what_is_empty(table: WordTable) -> None:
    for claim, text in (("", "نان"), ("نان", ""), ("", "")):
        found = align(table, claim, text)
        assert not found.stem.any()
        assert not found.synonym.any()
        assert not found.opposite.any()
        assert not found.rival.any()


def test_of_a_long_text_the_lead_and_the_nearest_segments_are_chosen(table: WordTable) -> None:
    fillers = [f"برف {i} بارید." for i in range(20)]
    text = " ".join([*fillers[:10], "نان در کوهسار گران شد.", *fillers[10:]])
    found = choose_segments(table, ["نان گران"], [text])
    assert found.n_segments.tolist() == [21]
    assert found.rank[0] == 0
    assert 10 in found.rank
    assert len(found) <= CHOSEN + 1
    assert 0 < found.cover[0] <= 1
    every = choose_segments(table, ["نان گران"], [text], every=True)
    assert every.rank.tolist() == list(range(21))
    assert every.cover.tolist() == [-1.0]
    assert [text[slice(*every.spans[i])] for i in every.sentence][10] == "نان در کوهسار گران شد."
    rows, names = segment_signals(every)
    ranked = ranking_features(every, rows, names)
    assert ranked.shape == (21, N_FEATURES)
    assert ranked[:, 0].argmax() == 10


def test_pairs_keep_apart(table: WordTable) -> None:
    long = "نان گران شد. " * 30
    found = choose_segments(table, ["نان", "برد", "نان", ""], [long, "باخت", "", "کوهسار"])
    assert found.splits.tolist()[0] == 0
    assert np.diff(found.splits).tolist()[1:] == [1, 1, 1]
    assert found.n_segments.tolist() == [30, 1, 1, 1]
    assert found.known.tolist() == [True, True, False, False]


@pytest.mark.parametrize("unit", ["نان گران شد. ", "نان گران ", "نان", ".", "\n", "\ud800 "])
def test_two_hundred_thousand_characters(table: WordTable, unit: str) -> None:
    text = unit * (200_000 // len(unit))
    found = choose_segments(table, ["نان در کوهسار گران شد"], [text])
    assert 1 <= len(found) <= CHOSEN + 1
    assert found.rank[0] == 0
    assert found.sizes.max() <= LONGEST_SEGMENT


def test_a_claim_is_read_up_to_its_fortieth_word(bundled: WordTable) -> None:
    claim = "قیمت نان در استان بالا رفت " * 20
    words = claim.split()
    text = "نان گران شد"
    short = pair_features(bundled, [" ".join(words[:40])], [text])[0][0]
    long = pair_features(bundled, [claim], [text])[0][0]
    names = feature_names(bundled)
    differs = {names[i] for i in (~np.isclose(short, long, atol=1e-6)).nonzero()[0]}
    assert differs == {"c_length"}


# Features of pairs

SOME = st.sampled_from(
    "قیمت نان بنزین بالا پایین رفت نرفت آمد تکذیب شد نشد تهران شیراز ۵ پنج ۱۲۰ گفت آیا ؟ . "
    "گرمسیرانه دولت مجلس برد باخت مدارس تعطیل است نیست\n".split(" ")
)
TEXTS = st.lists(SOME, max_size=30).map(" ".join)
LONG = st.lists(TEXTS, min_size=2, max_size=9).map(". ".join)


@given(
    pairs=st.lists(st.tuples(TEXTS, TEXTS | LONG | st.text(max_size=30)), min_size=2, max_size=5)
)
@settings(max_examples=60, deadline=None)
def test_features_of_a_pair_do_not_depend_on_the_others(pairs: list[tuple[str, str]]) -> None:
    words = bundled_words()
    claims, texts = map(list, zip(*pairs, strict=True))
    together, known, long = pair_features(words, claims, texts)
    for i, (claim, text) in enumerate(pairs):
        alone = pair_features(words, [claim], [text])
        # They are rounded to four decimals, which the last bit may turn either way.
        np.testing.assert_allclose(together[i], alone[0][0], rtol=0, atol=1.01e-4)
        assert (known[i], long[i]) == (alone[1][0], alone[2][0])


@given(claim=st.text(max_size=60) | TEXTS, text=st.text(max_size=60) | LONG)
@settings(max_examples=80, deadline=None)
def test_features_of_any_text_are_finite(claim: str, text: str) -> None:
    words = bundled_words()
    assert np.isfinite(pair_features(words, [claim], [text])[0]).all()


@pytest.mark.parametrize(
    "text", ["", " ", "\ud800", "\udfff\u202e", "<p>&nbsp;", "\x00", "🔹", "،" * 300, "\u200c"]
)
def test_odd_texts_have_finite_features(bundled: WordTable, text: str) -> None:
    found, known, _ = pair_features(bundled, [text, "نان", text], ["نان", text, text])
    assert np.isfinite(found).all()
    assert not known.any()


def test_no_pair_has_no_row(bundled: WordTable) -> None:
    found, known, long = pair_features(bundled, [], [])
    assert found.shape == (0, len(feature_names(bundled)))
    assert len(known) == len(long) == 0


def row(table: WordTable, claim: str, text: str) -> dict[str, float]:
    values = pair_features(table, [claim], [text])[0][0].tolist()
    return dict(zip(feature_names(table), values, strict=True))


def test_a_paraphrase_covers_more_than_another_subject(bundled: WordTable) -> None:
    claim = "قیمت نان در استان افزایش یافت"
    same, near, far = (
        row(bundled, claim, text)
        for text in (claim, "نان در استان گران شد", "تیم کشتی نوجوانان به اردو رفت")
    )
    for name in ("c_cover_best", "c_cover_stem", "latent"):
        assert same[name] > near[name] > far[name]
    assert same["c_cover_stem"] == pytest.approx(1.0, abs=1e-4)


def test_another_number_is_a_conflict(bundled: WordTable) -> None:
    claim = "حقوق کارگران ۲۰ درصد افزایش یافت"
    assert row(bundled, claim, claim)["number_conflict"] == 0
    assert row(bundled, claim, claim.replace("۲۰", "بیست"))["number_conflict"] == 0
    assert row(bundled, claim, claim.replace("۲۰", "۳۵"))["number_conflict"] == 1
    assert row(bundled, claim, claim.replace("۲۰ درصد", ""))["number_conflict"] == 0


def test_a_negated_verb_differs(bundled: WordTable) -> None:
    claim = "مدارس استان فردا تعطیل می‌شود"
    denied = claim.replace("می‌شود", "نمی‌شود")
    assert row(bundled, claim, claim)["negation_differs"] == 0
    assert row(bundled, claim, denied)["negation_differs"] == 1
    assert row(bundled, denied, denied)["negation_differs"] == 0
    assert row(bundled, denied, claim)["negation_surplus"] == 1
    assert row(bundled, claim, denied)["c_cover_stem"] == pytest.approx(1.0, abs=1e-4)


def test_opposites_and_refutations_count(bundled: WordTable) -> None:
    claim = "صادرات فرش افزایش یافت"
    assert row(bundled, claim, claim)["opposites_alone"] == 0
    assert row(bundled, claim, "صادرات فرش کاهش یافت")["opposites_alone"] >= 1
    assert row(bundled, claim, "خبر افزایش صادرات فرش تکذیب شد")["t_refute"] >= 1
    assert row(bundled, "جلسه در شیراز بود", "جلسه در تبریز بود")["rivals"] >= 1


def test_a_lexicon_tells_opposites_apart() -> None:
    pair = [("صادرات فرش افزایش یافت", "صادرات فرش کاهش یافت")]
    found = []
    for lexicon in (None, DATA / "lexicon.tsv"):
        features = fc.ClaimPairFeatures(lexicon, min_df=1, dimensions=0).fit([*PAIRS, *pair])
        names = features.get_feature_names_out().tolist()
        found.append(features.transform(pair)[0, names.index("opposites_alone")])
    assert found[0] == 0
    assert found[1] >= 1


# The transformer


def fitted(**parameters: Any) -> fc.ClaimPairFeatures:
    return fc.ClaimPairFeatures(min_df=1, **parameters).fit(PAIRS)


def test_it_is_a_scikit_learn_transformer() -> None:
    from sklearn.base import clone
    from sklearn.utils.validation import check_is_fitted

    features = fitted(dimensions=4)
    check_is_fitted(features)
    copy = clone(features)
    assert copy.get_params() == features.get_params()
    assert not hasattr(copy, "words_")
    assert copy.set_params(dimensions=0, max_words=5) is copy
    assert (copy.dimensions, copy.max_words) == (0, 5)
    with pytest.raises(ParameterError, match="'depth'"):
        copy.set_params(depth=3)
    X = features.transform(iter(PAIRS))
    assert X.dtype == np.float32
    assert X.shape == (len(PAIRS), len(features.get_feature_names_out()))
    assert len(set(features.get_feature_names_out())) == X.shape[1]
    assert np.array_equal(X, clone(features).fit_transform(PAIRS))
    assert features.transform([]).shape == (0, X.shape[1])


def test_in_a_pipeline() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipeline = make_pipeline(
        fc.ClaimPairFeatures(DATA / "lexicon.tsv", min_df=1, dimensions=2),
        StandardScaler(),
        LogisticRegression(),
    )
    truth = ["agree", "disagree", "disagree", "unrelated"]
    assert pipeline.fit(PAIRS, truth).predict(PAIRS).tolist() == truth
    names: npt.NDArray[Any] = pipeline[:-1].get_feature_names_out()
    assert names.shape == (pipeline[-1].coef_.shape[1],)


def test_unlabelled_texts_lend_their_words() -> None:
    features = fc.ClaimPairFeatures(min_df=1, dimensions=0)
    alone = len(features.fit(PAIRS).words_)
    assert len(features.fit(PAIRS, unlabelled=["رودخانه طغیان کرد"]).words_) == alone + 3
    assert len(features.set_params(max_words=4).fit(PAIRS).words_) == 4


def test_what_is_not_fitted_or_no_pair_is_refused() -> None:
    with pytest.raises(NotFittedError):
        fc.ClaimPairFeatures().transform(PAIRS)
    with pytest.raises(NotFittedError):
        fc.ClaimPairFeatures().get_feature_names_out()
    features = fitted(dimensions=0)
    wrong: list[list[Any]] = [
        ["نان"], [("نان",)], [("نان", None)], [(b"x", "نان")], [PAIRS[0], 3],
        [("نان", float("nan"))], [None],
    ]  # fmt: skip
    for pairs in wrong:
        with pytest.raises(InputTypeError):
            features.transform(pairs)
        with pytest.raises(InputTypeError):
            fc.ClaimPairFeatures().fit(pairs)
    with pytest.raises(InputTypeError, match="pair 1"):
        features.transform([PAIRS[0], 3])  # type: ignore[list-item]
    for parameters in ({"max_words": 0}, {"min_df": 0}, {"dimensions": -1}):
        with pytest.raises(ParameterError):
            fc.ClaimPairFeatures(**parameters).fit(PAIRS)  # type: ignore[arg-type]
    with pytest.raises(ParameterError):
        fc.ClaimPairFeatures().fit([])
    with pytest.raises(CorpusError):
        fc.ClaimPairFeatures("nothing.tsv", min_df=1).fit(PAIRS)
