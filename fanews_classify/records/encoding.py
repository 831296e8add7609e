"""How the bytes of a text file stand for letters."""

from __future__ import annotations

import codecs
import unicodedata
from typing import Final

from fanews_classify.errors import ParameterError
from fanews_classify.records._nearest import did_you_mean

SAMPLE: Final = 1 << 16
"""Bytes from the beginning of a file by which it is judged."""
MARK: Final = "\udcff"
"""Stands in a decoded text for each place that could not be decoded: no codec gives it."""
MARKED: Final = "fanews_classify.marked"
"""Name of the error handler that puts a `MARK`."""
BROKEN: Final = "broken letters: some bytes are wrong in the encoding of the file"
UTF_8: Final = "utf-8-sig"

_COMMON: Final = ("utf-8", "cp1256", "utf-16", "utf-16-le", "utf-16-be", "iso8859-6", "utf-32")


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return MARK, error.end


codecs.register_error(MARKED, _mark)


def codec_of(encoding: str | None) -> str:
    """Return the name of a codec; that of UTF-8 passes over a byte order mark.

    Raises
    ------
    ParameterError
        If there is no such encoding of text.
    """
    if encoding is None:
        return UTF_8
    try:
        found = codecs.lookup(encoding)
        "".encode(encoding)  # refuses codecs from bytes to bytes, such as base64
    except (LookupError, ValueError) as error:
        known = "; known are for instance cp1256 (Windows, Persian and Arabic), utf-16, utf-8"
        raise ParameterError(
            f"there is no encoding {encoding!r}{did_you_mean(encoding, _COMMON) or known}"
        ) from error
    return UTF_8 if found.name == "utf-8" else found.name


def foreign(sample: bytes, *, cut: bool) -> str | None:
    r"""Tell how a file that is not UTF-8 can be read.

    Parameters
    ----------
    sample : bytes
        Its beginning.
    cut : bool
        Whether more follows: the last letter may then be cut in two.

    Returns
    -------
    str or None
        A sentence's end such as ``"it looks like Windows-1256: add --encoding
        cp1256"``; None if it is UTF-8, maybe with broken places.

    Examples
    --------
    >>> foreign("خبر ورزشي".encode("cp1256"), cut=False)
    'it looks like Windows-1256: add --encoding cp1256'
    >>> foreign("خبر ورزشی".encode() + b"\xe1 x", cut=False) is None
    True
    """
    wide = _wide(sample)
    if wide is not None:
        return f"it looks like {wide.upper()}: add --encoding {wide}"
    text = codecs.getincrementaldecoder(UTF_8)(MARKED).decode(sample, final=not cut)
    # One broken row among many is a broken row; of another code hardly a letter is UTF-8,
    # and hardly a line without such.
    broken = text.count(MARK)
    if broken <= sum(character > "\x7f" for character in text) - broken:
        return None
    lines = [line for line in text.split("\n") if line.strip()]
    if 3 * sum(MARK in line for line in lines) < len(lines):
        return None
    if _persian_share(sample.decode("cp1256", "replace")) > 0.8:
        return "it looks like Windows-1256: add --encoding cp1256"
    return "say with --encoding what it is, or convert it to UTF-8"


def _wide(sample: bytes) -> str | None:
    if sample.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Persian and ASCII letters in UTF-16: every other byte is 0, 6 (the Arabic block) or
    # 0x20 (half-space). In UTF-8 text neither 0 nor 6 occurs.
    if len(sample) < 4 or not (b"\0" in sample or b"\6" in sample):
        return None
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        high = sample[first::2]
        if sum(map(high.count, (b"\0", b"\6", b"\x20"))) > 0.9 * len(high) and (
            high.count(b"\0") + high.count(b"\6") > 0.5 * len(high)
        ):
            return name
    return None


def _persian_share(text: str) -> float:
    """Share of Arabic letters among those beyond ASCII."""
    letters = [c for c in text if c > "\x7f" and unicodedata.category(c)[0] == "L"]
    return sum("\u0600" <= c <= "\u06ff" for c in letters) / max(len(letters), 1)


def unmarked(text: str) -> str:
    """Put the usual replacement character where a text could not be decoded."""
    return text.replace(MARK, "\ufffd")


def name_of(codec: str) -> str:
    """Return the name of a codec for messages."""
    return "UTF-8" if codec == UTF_8 else codec
