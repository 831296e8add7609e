"""Stems of Persian words, and which verb forms are negative."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from fanews_classify.features._lexicon import Lexicon

# Longest first; folded, as all words here.
_SUFFIXES: Final = "هایشان هایمان هایش هایی های ها ترین تر شان مان یش اش یی ات ان ی ش م".split()
_SHORTEST_STEM: Final = 3  # letters
_PAST: Final = ("", "م", "ی", "یم", "ید", "ند")
_PRESENT: Final = ("م", "ی", "د", "یم", "ید", "ند")
_PARTICIPLES: Final = ("ه", "هاند", "هام", "هایم", "هبود", "هشد", "هشدند", "هاست", "ن")
# Nouns that look like a negative verb.
_NO_VERBS: Final = frozenset("نه نامه نهاد نماد ناز نما نرو نشان نرم نور نیم نگر نشست".split())
# Forms that no rule makes: of «داشتن», «بودن», «خواستن».
_IRREGULAR: Final = (
    ("داشت", "دارد دارند دارم دارید داریم", "ندارد ندارند ندارم ندارید نداریم"),
    (
        "بود",
        "است هست هستند هستیم باشد باشند میباشد میباشند",
        "نیست نیستند نیستیم نباشد نباشند نمیباشد",
    ),
    ("خواست", "خواهد خواهند خواهیم خواهم", "نخواهد نخواهند نخواهیم نخواهم"),
    ("توانست", "میتوان", "نمیتوان نتوان"),
)
_MARK: Final = "+"  # before the stem of a verb: no word begins with it


def verb_forms(verbs: Sequence[tuple[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
    """Make the forms of verbs as they stand in news.

    Parameters
    ----------
    verbs : sequence of (str, str)
        Past and present stem, folded; the latter may be empty.

    Returns
    -------
    positive, negative : dict of str to str
        From forms to past stems.

    Examples
    --------
    >>> positive, negative = verb_forms([("کرد", "کن")])
    >>> positive["میکنند"], negative["نکرده"], "نکرد" in positive
    ('کرد', 'کرد', False)
    """
    positive: dict[str, str] = {}
    negative: dict[str, str] = {}
    for past, present in verbs:
        forms = [past + end for end in _PAST] + [past + end for end in _PARTICIPLES]
        for form in forms:
            positive.setdefault(form, past)
            positive.setdefault("می" + form, past)
            negative.setdefault("ن" + form, past)
            negative.setdefault("نمی" + form, past)
        if past.startswith("ا"):
            for form in forms:
                negative.setdefault("نی" + form[1:], past)
                negative.setdefault("نی" + form, past)
        for end in _PRESENT if present else ():
            form = present + end
            for prefix in ("می", "ب"):
                positive.setdefault(prefix + form, past)
            if len(present) > 2:
                positive.setdefault(form, past)
            for prefix in ("نمی", "ن"):
                negative.setdefault(prefix + form, past)
    for past, forms_of_it, against in _IRREGULAR if verbs else ():
        positive.update(dict.fromkeys(forms_of_it.split(), past))
        negative.update(dict.fromkeys(against.split(), past))
    return positive, negative


def stems(words: Sequence[str], lexicon: Lexicon) -> tuple[dict[str, str], set[str], set[str]]:
    """Stem words.

    A verb form has the stem of its verb; a word loses suffixes as long as what
    is left is a word too; a number word has its figure.

    Returns
    -------
    stem : dict of str to str
    verbs, negatives : set of str
        Which words are forms of verbs, and which of them negative.
    """
    positive, negative = verb_forms(lexicon.verbs)
    known = set(words)
    stem: dict[str, str] = {}
    verbs: set[str] = set()
    negatives: set[str] = set()
    for word in words:
        if word in negative and word not in _NO_VERBS:
            stem[word] = _MARK + negative[word]
            negatives.add(word)
        elif word in positive:
            stem[word] = _MARK + positive[word]
            verbs.add(word)
        else:
            stem[word] = _without_suffix(word, known)
    for word, base in list(stem.items()):  # «کتابهایشان» → «کتابها» → «کتاب»
        if not base.startswith(_MARK):
            stem[word] = stem.get(base, base)
    for figure, names in lexicon.numbers.items():
        for name in names:
            if len(name) == 1 and name[0] in stem:
                stem[name[0]] = figure
    return stem, verbs, negatives


def _without_suffix(word: str, known: Collection[str]) -> str:
    for suffix in _SUFFIXES:
        base = word.removesuffix(suffix)
        if base != word and len(base) >= _SHORTEST_STEM and base in known:
            return base
    return word
