"""A lexicon of meaning: synonyms, opposites, rivals, cue words, verbs, numbers.

What tells «افزایش» from «کاهش» is not in the company that words keep: opposites keep
the same. It has to be written down. The file holds one entry a line, of three fields
parted by tabs, words parted by ``|``::

    syn     words that may stand for each other     words of the opposite meaning
    cat     name    members of which one excludes the others (countries, offices …)
    cue     name    words that deny, ask, report, hedge …
    verb    past stem       present stem, or nothing
    num     figure  words for it
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from fanews_classify.errors import CorpusError
from fanews_classify.text._codepage import decode
from fanews_classify.text._tokens import tokenize_batch

LONGEST_PHRASE: Final = 5  # words
Phrase = tuple[str, ...]
_KINDS: Final = ("syn", "cat", "cue", "verb", "num")
_SHARED: Final = 0.5  # of the smaller of two sets: then they are one


@dataclass
class Lexicon:
    """What a lexicon file says, folded as texts are.

    Attributes
    ----------
    synonyms : list of (list of Phrase, list of Phrase)
        Sets of one meaning, and of its opposite.
    categories : dict of str to list of Phrase
    cues : dict of str to list of Phrase
    verbs : list of (str, str)
        Past and present stem.
    numbers : dict of str to list of Phrase
    """

    synonyms: list[tuple[list[Phrase], list[Phrase]]] = field(default_factory=list)
    categories: dict[str, list[Phrase]] = field(default_factory=dict)
    cues: dict[str, list[Phrase]] = field(default_factory=dict)
    verbs: list[tuple[str, str]] = field(default_factory=list)
    numbers: dict[str, list[Phrase]] = field(default_factory=dict)


def read_lexicon(path: str | os.PathLike[str]) -> Lexicon:
    """Read a lexicon file; sets of several lines that mean the same are joined.

    Raises
    ------
    CorpusError
        If the file cannot be read, or a line is faulty.
    """
    lexicon = Lexicon()
    sets: list[tuple[list[Phrase], list[Phrase]]] = []
    for number, (kind, first, second) in enumerate(_lines(Path(path)), 1):
        if kind == "syn":
            sets.append((phrases(first), phrases(second)))
        elif kind == "verb":
            if not _one(first):
                raise CorpusError(f"{path}, line {number}: a verb without its past stem")
            lexicon.verbs.append((_one(first), _one(second)))
        elif kind in _KINDS:
            named = {"cat": lexicon.categories, "cue": lexicon.cues, "num": lexicon.numbers}[kind]
            named.setdefault(first, []).extend(phrases(second))
        else:
            raise CorpusError(f"{path}, line {number}: {kind!r} is none of {list(_KINDS)}")
    lexicon.synonyms = _joined(sets)
    return lexicon


def phrases(words: str) -> list[Phrase]:
    """Fold words parted by ``|`` as the tokenizer folds texts.

    Examples
    --------
    >>> phrases("می‌شود|جان باخت")
    [('میشود',), ('جان', 'باخت')]
    """
    parts = words.split("|")
    batch = tokenize_batch(parts, boilerplate=True)
    splits = batch.splits.tolist()
    found = [
        tuple(decode(batch.term(i)) for i in range(begin, end)) for begin, end in pairwise(splits)
    ]
    return [phrase for phrase in dict.fromkeys(found) if 0 < len(phrase) <= LONGEST_PHRASE]


def _one(word: str) -> str:
    return "".join(part for phrase in phrases(word) for part in phrase)


def _lines(path: Path) -> list[list[str]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"cannot read the lexicon {path}: {error}") from error
    entries = [line.split("\t") for line in lines]
    for number, entry in enumerate(entries, 1):
        if len(entry) != 3:
            raise CorpusError(f"{path}, line {number}: {len(entry)} fields, not 3 parted by tabs")
    return entries


def _joined(
    sets: list[tuple[list[Phrase], list[Phrase]]],
) -> list[tuple[list[Phrase], list[Phrase]]]:
    """Join sets that share half of their words: several writers wrote the same down."""
    made: list[tuple[dict[Phrase, None], dict[Phrase, None]]] = []
    where: dict[Phrase, list[int]] = {}
    for words, opposites in sets:
        meaning, against = dict.fromkeys(words), dict.fromkeys(opposites)
        if not meaning:
            continue
        shared: dict[int, int] = {}
        for phrase in meaning:
            for i in where.get(phrase, ()):
                shared[i] = shared.get(i, 0) + 1
        best, most = -1, 0.0
        for i, count in sorted(shared.items()):
            same, other = made[i]
            share = count / min(len(meaning), len(same))
            if (
                count >= 2
                and share >= _SHARED
                and share > most
                and other.keys().isdisjoint(meaning)
                and same.keys().isdisjoint(against)
            ):
                best, most = i, share
        if best < 0:
            best = len(made)
            made.append(({}, {}))
        made[best][0].update(meaning)
        made[best][1].update(against)
        for phrase in made[best][0]:
            listed = where.setdefault(phrase, [])
            if best not in listed:
                listed.append(best)
    return [(list(same), list(against)) for same, against in made]
