"""The Persian code page: one byte for one character, in C.

Persian news is written with some 250 characters. A table of them is a
single-byte character set, so the standard library's charmap codec turns a
text into one byte per character at several hundred megabytes a second, and
``bytes.translate`` folds what is written in several ways (Arabic and Persian
letters, three sets of digits, case) and deletes what does not distinguish
words (half-space, diacritics, kashida, bidi marks). Because one byte stands
for one character, places in the user's text stay known.

Folding follows the common ground of Persian normalisers: Unicode TR 53 for
what is a mark, the Persian Academy's and hazm's letter maps for ``ي ك ة``.
The half-space is deleted rather than kept or widened, so that a compound is
the same word with it and without it.
"""

from __future__ import annotations

import codecs
from typing import Final

import numpy as np

# Folded codes below FIRST_LETTER separate tokens; what separates is kept apart
# because later steps ask where lines, sentences, tags and handles begin.
SPACE: Final = 0
NEWLINE: Final = 1
BOUNDARY: Final = 2  # between two texts of a batch, never inside one
STOP: Final = 3  # full stops, question marks, ellipses, semicolons
PUNCTUATION: Final = 4  # everything else that is no letter and no digit
AT: Final = 5
TAG_OPEN: Final = 6
TAG_CLOSE: Final = 7
FIRST_LETTER: Final = 16

BOUNDARY_CHAR: Final = "\ufdd0"  # a Unicode noncharacter: no text may carry it
UNMAPPED: Final = 0x3F  # what the codec writes for a character outside the page

_PERSIAN = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
_VARIANTS = {
    "آ": "ا", "أ": "ا", "إ": "ا", "ٱ": "ا", "ؤ": "و", "ئ": "ی", "ة": "ه", "ۀ": "ه",
    "ە": "ه", "ہ": "ه", "ھ": "ه", "ۃ": "ه", "ي": "ی", "ى": "ی", "ې": "ی", "ێ": "ی",
    "ے": "ی", "ك": "ک", "ڪ": "ک", "ۆ": "و", "ڕ": "ر", "ڵ": "ل", "ڤ": "ف",
}  # fmt: skip
_DELETED = (
    "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0653\u0654\u0655\u0670"  # diacritics
    "\u0621"  # hamza alone: ارتقاء is ارتقا
    "\u0640"  # kashida
    "\u200b\u200c\u200d\u200e\u200f\u061c\u2060\ufeff\u00ad"  # half-space, joiners, marks
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # bidi embeddings, isolates
)
_STOPS = ".!;؟؛…"
_SPACES = " \t\u00a0\u202f\u2009"
_NEWLINES = "\n\r\x0b\x0c\u0085\u2028\u2029"
_SYMBOLS = "،«»“”‘’–—•٪٫٬﷼·°×‹›−" + "\ufe0f♦◾▪◽✅❌⚡✊⭕➖❗☑"
_FILLER: Final = "\u2060"  # deleted by folding: pads a rewrite to equal length


def _build() -> tuple[str, bytes, bytes, str]:
    """Lay out the page: (decoding table, fold table, deleted codes, folded alphabet)."""
    # charmap_build makes its fast form only if code 0 is U+0000.
    page = [chr(i) if 32 <= i < 127 else "" for i in range(256)]
    page[0] = "\x00"
    free = iter([i for i in range(1, 256) if not page[i]])
    outside = _PERSIAN + "".join(_VARIANTS) + "۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩" + _DELETED
    outside += BOUNDARY_CHAR + "".join(
        c for c in _STOPS + _SPACES + _NEWLINES + _SYMBOLS if not " " <= c < "\x7f"
    )
    for char in outside:
        page[next(free)] = char
    code = {char: i for i, char in enumerate(page) if char}
    letter = {char: 128 + i for i, char in enumerate(_PERSIAN)}
    letter |= {char: letter[base] for char, base in _VARIANTS.items()}
    fold = bytearray([PUNCTUATION] * 256)
    alphabet = [" "] * 256
    for char, i in code.items():
        if char in letter:
            fold[i] = letter[char]
        elif char.isdecimal():
            fold[i] = 48 + int(char)
        elif char.isascii() and char.isalpha():
            fold[i] = ord(char.lower())
        elif char in _NEWLINES:
            fold[i] = NEWLINE
        elif char in _SPACES or char == "\x00":
            fold[i] = SPACE
        elif char in _STOPS:
            fold[i] = STOP
    fold[code["@"]], fold[code["<"]], fold[code[">"]] = AT, TAG_OPEN, TAG_CLOSE
    fold[code[BOUNDARY_CHAR]] = BOUNDARY
    for char in _PERSIAN:
        alphabet[letter[char]] = char
    for char in "0123456789abcdefghijklmnopqrstuvwxyz":
        alphabet[ord(char)] = char
    alphabet[NEWLINE] = alphabet[BOUNDARY] = "\n"
    return (
        "".join(char or "\ufffe" for char in page),
        bytes(fold),
        bytes(code[char] for char in _DELETED),
        "".join(alphabet),
    )


_PAGE, FOLD, DELETED, _ALPHABET = _build()
_ENCODING_MAP = codecs.charmap_build(_PAGE)
_UNITS = np.full(1 << 16, UNMAPPED, dtype=np.uint8)
_UNITS[[ord(char) for char in _PAGE if char != "\ufffe"]] = [
    i for i, char in enumerate(_PAGE) if char != "\ufffe"
]
_LONG: Final = 4096  # characters from which on the table pays
IN_PAGE: Final = frozenset(_PAGE) - {"\ufffe"}
LETTER_CODES: Final = frozenset(i for i, char in enumerate(_ALPHABET) if i >= 16 and char != " ")


def encode(text: str) -> bytes:
    """Encode a text, one byte for each character; strangers become ``?``."""
    if len(text) >= _LONG:
        # The same by a table of UTF-16 units, a third faster where every character is one.
        units = codecs.utf_16_le_encode(text, "surrogatepass")[0]
        if len(units) == 2 * len(text):
            return _UNITS.take(np.frombuffer(units, dtype="<u2"), mode="clip").tobytes()
    return codecs.charmap_encode(text, "replace", _ENCODING_MAP)[0]


def fold(raw: bytes) -> bytes:
    """Fold encoded bytes: letters, digits and separators, marks deleted."""
    return raw.translate(FOLD, DELETED)


def decode(folded: bytes) -> str:
    """Return folded bytes as text; every separator becomes a space or newline."""
    return codecs.charmap_decode(folded, "strict", _ALPHABET)[0]


def term_bytes(term: str) -> bytes:
    """Fold a term (words joined by blanks) to the bytes whose hash it has."""
    return bytes(code if code >= FIRST_LETTER else 32 for code in fold(encode(term)))
