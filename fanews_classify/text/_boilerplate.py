"""News boilerplate: what tells the source of a text and not its subject.

The one place where it is removed. An agency's name, its lead («به گزارش
خبرنگار …»), its closing («انتهای پیام»), page furniture («شناسه», «لینک کوتاه»)
and links give the source away and through it the label, because each source in
a training set has its own mix of labels; a model that learns them is worse on
sources that it has not seen (measured in docs/pages/en/experiments.md).

Rules work on tokens. A token that can begin a rule is found for a whole batch
at once; only from there on are the few tokens around it looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from fanews_classify.text._codepage import encode, fold
from fanews_classify.text._hashing import hash_bytes

# Names that mean nothing but a news outlet. Dropped in leads and source lines only: as
# the one who speaks («تسنیم: …») they are part of the news, and so are foreign agencies
# anywhere; dropping them cost 0.8 points of macro-F1 (docs/pages/en/experiments.md).
OUTLETS: Final = """
ایسنا ایرنا ایلنا ایکنا ایمنا ایبنا ایپنا ایانا ایکانا اسکانیوز ایسکانیوز برنا پانا تسنیم
خبرآنلاین خبرفوری عصرایران تابناک مشرق‌نیوز جهان‌نیوز کردپرس شفقنا شبستان خبرنگاران صداوسیما
انتخاب‌نیوز همشهری‌آنلاین اقتصادآنلاین اقتصادنیوز رکنا جماران فارس‌نیوز مهرنیوز تسنیم‌نیوز
الونیوز آخرین‌خبر فرارو رویداد۲۴ دیده‌بان خبرگزاری خبرنگار
khabaronline isna irna ilna
tasnim farsna akhbarefori alonews mehrnews asriran khabarfoori khabarfori link photo
attachments fullscreen
""".split()
# Names that also mean something else.
AMBIGUOUS: Final = """
فارس مهر میزان ایران جوان دانشجو دانشجویان آنا موج مشرق انتخاب الف همشهری شرق اعتماد کیهان
اطلاعات عصر دنیای مرکزی جمهوری اسلامی سیما صدا صداو سیمای شبکه روزنامه آنلاین نیوز پرس
""".split()
_LEAD_FILLERS: Final = """
خبرنگار خبرگزاری خبرگزاریها گروه سرویس پایگاه خبری خبر اطلاع رسانی اطلاع‌رسانی حوزه باشگاه
واحد نقل از به ما روز امروز اعزامی دفتر سایت وب‌سایت وبسایت منطقه استان بین‌الملل بین‌المللی
""".split()
# Desk names inside a lead are kept: they tell the subject.
_LEAD_DESKS: Final = """
سیاسی اقتصادی اجتماعی فرهنگی فرهنگ هنر ورزشی علمی پزشکی سلامت دانشگاه استان‌ها استانها حقوقی
قضایی پارلمانی جامعه رسانه بهداشت درمان و فناوری شهری اندیشه دین سینما
""".split()
# A name of several words ends in one of these: «به گزارش جهان ورزش نیوز».
_OUTLET_ENDINGS: Final = "نیوز آنلاین پرس پلاس خبر".split()
_LONGEST_OUTLET: Final = 4
_LEAD_LENGTH: Final = 9
# Phrases dropped as they stand: (words, how many tokens after them go too, only at the text's end).
_PHRASES: Final = (
    ("انتهای پیام", 3, True),
    ("پایان پیام", 3, True),
    ("لینک کوتاه", 2, False),
    ("کپی لینک", 0, False),
    ("کپی شد", 0, True),
    ("اخبار برگزیده", 0, False),
    ("اخبار مرتبط", 0, False),
    ("کلیک کنید", 0, True),
    ("ادامه دارد", 0, True),
)  # fmt: skip
# Words dropped together with the numbers that follow: ids, codes, date lines.
_NUMBERED: Final = ("شناسه", "کد خبر", "کد مطلب", "شناسه خبر", "date", "تاریخ انتشار")
_LONGEST_NUMBERED: Final = 8
_LINK_WORDS: Final = ("http", "https", "www")

# What a rule's first token sets off.
PREFIX, SUFFIX, LEAD, PHRASE, NUMBERED, LINK, SOURCE = range(1, 8)

# Endings and beginnings that many write as words of their own. Joining them
# makes «می شود», «می‌شود» and «میشود» one word. No concatenation of words ends
# up as one of these, so that normalising twice changes nothing.
PREFIXES: Final = ["می", "نمی"]
SUFFIXES: Final = """
ها های هایی هایش هایم هایت هایشان هایمان هایتان تر ترین تری ای اند ام
""".split()


def folded_words(phrase: str) -> tuple[bytes, ...]:
    """Fold a phrase written in source code into its tokens."""
    data = fold(encode(phrase))
    words = "".join(chr(code) if code >= 16 else " " for code in data).split()
    return tuple(word.encode("latin-1") for word in words)


def _hashes(words: list[str]) -> frozenset[int]:
    return frozenset(hash_bytes(b"".join(folded_words(word))) for word in words)


@dataclass(frozen=True, eq=False)
class Rules:
    """The lexicon as hashes.

    `first` maps a token's hash to what it may begin; `second` holds the second
    words of phrases.
    """

    first: dict[int, int]
    lead_before: frozenset[int]
    lead_drop: frozenset[int]
    lead_keep: frozenset[int]
    outlet_endings: frozenset[int]
    source_drop: frozenset[int]
    phrases: dict[int, list[tuple[tuple[int, ...], int, bool]]]
    second: frozenset[int]
    numbered: dict[int, list[tuple[int, ...]]]


@lru_cache(maxsize=1)
def rules() -> Rules:
    """Hash the lexicon, once."""
    first: dict[int, int] = {}

    def register(words: list[str], kind: int) -> None:
        for value in _hashes(words):
            first.setdefault(value, kind)

    phrases: dict[int, list[tuple[tuple[int, ...], int, bool]]] = {}
    for phrase, after, at_end in _PHRASES:
        words = tuple(hash_bytes(word) for word in folded_words(phrase))
        phrases.setdefault(words[0], []).append((words, after, at_end))
        first.setdefault(words[0], PHRASE)
    numbered: dict[int, list[tuple[int, ...]]] = {}
    for phrase in _NUMBERED:
        words = tuple(hash_bytes(word) for word in folded_words(phrase))
        numbered.setdefault(words[0], []).append(words)
        first.setdefault(words[0], NUMBERED)
    register(PREFIXES, PREFIX)
    register(SUFFIXES, SUFFIX)
    register(["گزارش"], LEAD)
    register(["منبع"], SOURCE)
    register(list(_LINK_WORDS), LINK)
    return Rules(
        first=first,
        lead_before=_hashes(["به"]),
        lead_drop=_hashes(OUTLETS + AMBIGUOUS + _LEAD_FILLERS),
        lead_keep=_hashes(_LEAD_DESKS),
        outlet_endings=_hashes(_OUTLET_ENDINGS),
        source_drop=_hashes(OUTLETS + AMBIGUOUS + ["خبرگزاری"]),
        phrases=phrases,
        second=frozenset(rule[0][1] for found in phrases.values() for rule in found),
        numbered=numbered,
    )


def removed_tokens(
    rules: Rules,
    at: int,
    kind: int,
    hashes: list[int],
    begin: int,
    is_number: Callable[[int], bool],
) -> list[int]:
    """Return which tokens a rule removes.

    Parameters
    ----------
    rules : Rules
    at : int
        Index of the token that may begin a rule.
    kind : int
        What it may begin (`LEAD`, `PHRASE`, `NUMBERED` or `SOURCE`).
    hashes : list of int
        Hashes of the tokens around it; ``hashes[i - begin]`` is token ``i``.
    begin : int
        First token of that window, which never leaves the text.
    is_number : callable
        Tells whether a token is a number.

    Returns
    -------
    list of int
        Indices of the removed tokens.
    """
    here = at - begin
    if kind == LEAD:
        return [begin + i for i in _lead(rules, here, hashes)]
    if kind == SOURCE:
        names = [
            begin + i
            for i in range(here + 1, min(here + 3, len(hashes)))
            if hashes[i] in rules.source_drop
        ]
        return [at, *names] if names else []
    if kind == PHRASE:
        return [begin + i for i in _phrase(rules, here, hashes)]
    return [begin + i for i in _numbered(rules, here, hashes, lambda i: is_number(begin + i))]


def _lead(lexicon: Rules, here: int, hashes: list[int]) -> list[int]:
    """«به گزارش خبرنگار … خبرگزاری …»: all but the words that tell the desk."""
    if here == 0:  # what is before it is another text
        return []
    removed = [here - 1, here]
    for i in range(here + 2, min(here + 1 + _LONGEST_OUTLET, len(hashes))):
        if hashes[i] in lexicon.outlet_endings:
            return [*removed, *range(here + 1, i + 1)]
    for i in range(here + 1, min(here + 1 + _LEAD_LENGTH, len(hashes))):
        if hashes[i] in lexicon.lead_drop:
            removed.append(i)
        elif hashes[i] not in lexicon.lead_keep:
            break
    return removed


def _phrase(rules: Rules, here: int, hashes: list[int]) -> range:
    for words, after, at_end in rules.phrases[hashes[here]]:
        stop = here + len(words)
        if tuple(hashes[here:stop]) == words and not (at_end and len(hashes) - stop > after):
            return range(here, min(stop + after, len(hashes)))
    return range(0)


def _numbered(
    rules: Rules, here: int, hashes: list[int], is_number: Callable[[int], bool]
) -> range:
    for words in rules.numbered[hashes[here]]:
        stop = here + len(words)
        first = stop
        if tuple(hashes[here:stop]) == words:
            while stop < len(hashes) and stop - here < _LONGEST_NUMBERED and is_number(stop):
                stop += 1
        if stop > first:
            return range(here, stop)
    return range(0)
