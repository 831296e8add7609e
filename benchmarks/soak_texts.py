"""Texts that soak.py asks for: invented, endless, each one another.

Words come from the project's own texts and from a generator of words that no model
knows. What a `Source` gives depends on its seed only.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

DATA = Path(__file__).resolve().parent.parent / "data"
_LETTERS: Final = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
_ENDS: Final = (" ", " ", " ", " ", " ", " ", " ", "، ", ". ", ".\n", "؛ ", "\u200c")
_OTHER_SCRIPTS: Final = "中文新闻 новости ニュース ειδήσεις ข่าว समाचार 𝐛𝐨𝐥𝐝 ﻻ ７ é 🙂🇮🇷 "
_ODD: Final = (
    "\ud800 \udfff \x00 \x07 \x1b[31m \u202e \u2066 \ufdd0 \ufffe \ufeff \u200c \x85 \u2028 "
)
_PAGE: Final = (
    '<p class="x">', "</p>", "<script>alert(1)</script>", "&zwnj;", "&#1740;", "&amp;", "<!--",
    '"><img src=x onerror=alert(1)>', "@kanal_khabar", "http://example.org/a?b=c", "]]>", "&#x41;",
)  # fmt: skip
_LONGEST: Final = 400_000  # words
_LETTERS_A_WORD: Final = 6.0  # with what stands between two
_PIECE: Final = 400  # letters from one place, then a new word
KINDS: Final = ("empty", "scripts", "odd", "page", "one letter", "blanks", "marks", "unknown")
"""Of hostile texts."""


def invented(seed: int = 0) -> str:
    """Return a very long text: the words of the project's own texts in another order."""
    lines = (DATA / "own_texts.jsonl").read_text(encoding="utf-8").splitlines()
    words = [word for line in lines for word in json.loads(line)["body"].split()]
    choose = random.Random(seed)
    chosen = choose.choices(words, k=_LONGEST)
    ends = choose.choices(_ENDS, k=_LONGEST)
    return "".join([part for pair in zip(chosen, ends, strict=True) for part in pair])


class Source:
    """Texts at random.

    Parameters
    ----------
    invented : str
        What `invented` returns: texts are cut out of it, since making them word by word
        would take longer than answering them.
    seed : int
    """

    def __init__(self, invented: str, seed: int) -> None:
        self.invented = invented
        self.random = random.Random(seed)

    def new_word(self) -> str:
        """Return a word that hardly anybody has seen."""
        return "".join(self.random.choices(_LETTERS, k=self.random.randint(3, 12)))

    def text(self, n_words: int) -> str:
        """Return a text of known words in one order of very many, and a few new ones."""
        length = int(n_words * _LETTERS_A_WORD)
        parts = []
        while length > 0:
            size = min(length, _PIECE)
            at = self.random.randrange(len(self.invented) - size)
            parts += (self.invented[at : at + size], self.new_word())
            length -= size
        return " ".join(parts)

    def short(self) -> str:
        """Return a headline or a post."""
        return self.text(self.random.randint(3, 40))

    def article(self) -> str:
        """Return an article; lengths are skewed, as those of news are."""
        return self.text(min(int(self.random.lognormvariate(5.3, 0.8)) + 1, 5000))

    def of_bytes(self, size: int) -> str:
        """Return a text of about so many bytes in UTF-8."""
        return self.text(int(size / _LETTERS_A_WORD / 1.8))

    def hostile(self, kind: str = "") -> str:
        """Return a text of a kind of `KINDS`, by default of any."""
        kind = kind or self.random.choice(KINDS)
        makers: dict[str, Callable[[], str]] = {
            "empty": lambda: "",
            "scripts": lambda: self._mixed(_OTHER_SCRIPTS.split(" ")),
            "odd": lambda: self._mixed(_ODD.split(" ")),
            "page": lambda: self._mixed(list(_PAGE)),
            "one letter": lambda: self.random.choice(_LETTERS) * self.random.randint(1, 100_000),
            "blanks": lambda: "\u200c \n" * self.random.randint(1, 5000),
            "marks": lambda: "".join(self.random.choices("<>@&;.!#؟«»", k=3000)),
            "unknown": lambda: " ".join(self.new_word() for _ in range(50)),
        }
        return makers[kind]()

    def _mixed(self, strange: list[str]) -> str:
        words = self.text(self.random.randint(1, 60)).split(" ")
        for _ in range(self.random.randint(1, 30)):
            words.insert(self.random.randrange(len(words) + 1), self.random.choice(strange))
        return " ".join(words)

    def batch(self, count: int) -> list[str]:
        """Return so many texts of mixed kinds."""
        return list(islice(self.mixed(), count))

    def mixed(self) -> Iterator[str]:
        """Yield texts without end: mostly articles, some short, a few hostile."""
        while True:
            drawn = self.random.random()
            yield (
                self.article() if drawn < 0.6 else self.short() if drawn < 0.95 else self.hostile()
            )
