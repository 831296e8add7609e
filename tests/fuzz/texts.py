"""Texts made of a fuzzer's decisions: Persian, and everything that is awkward in it."""

from __future__ import annotations

from choices import Choices

LETTERS = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیيكةأآؤئىء"
ODD = (
    "\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202e\u2066\u2067\u2069\ufeff\u0640\u064b\u064e"
    "\u0651\u0654\u0670\u00ad\u0000\u0001\u0002\u0007\u001b\u007f\u0085\u2028\u2029\t\n\r\x0b\x0c"
    "\ud800\udfff\udcff\ufdd0\ufffe\uffff\U0010ffff\U0001f939ﷲﷺﻻ٪۱۲٣٫٬7éİßﬁ中ไ🔹👩‍👩‍👧"
)
WORDS = (
    "بورس تهران بیمه درمان دارو بازنشستگان مستمری مسکن یارانه کارگران تیم فوتبال گل قهرمان فیلم "
    "مجلس دولت وزیر گفت افزود می شود نمی رود ها های ترین کتاب به گزارش خبرگزاری ایسنا خبرنگار "
    "انتهای پیام لینک کوتاه شناسه خبر کد 12 ۳۴ منبع تکذیب شد تأیید نیست شایعه وی‌افزود بیمه‌ها"
).split()
PIECES = (
    "<b>", "</b>", "<script", "<script>", "</script>", "<style ", "</style>", "<!--", "-->", "<a ",
    "&zwnj;", "&amp;", "&#1740;", "&#x6cc;", "&#1114112;", "&#0;", "&notit;", "&", "&#", ";",
    "http://a.ir/b?c=d", "www.", "https", "@kanal", "a.b@c.ir", "@", "...", "؟!", ". ", ".\n", "«",
    "»", ": ", "؛", "<", ">", "/", "\\", "\"", "'", "=1+1", "\x1b[31m", "\x1b]8;;x\x07", "\r\n",
    "date 2025-12-28 ", "#هشتگ", "3.5", "۱۴۰۴/۱۰/۰۷", "%", "{}", "%s", "${x}", "</mark>", "]]>",
)  # fmt: skip


def text_of(given: Choices, most: int = 24) -> str:
    """Return a text: bytes decoded somehow, or pieces in a row, now and then a long run."""
    how = given.below(8)
    if how == 0:
        return _utf_8(given.bytes(4 * most))
    if how == 1:
        return given.bytes(4 * most).decode("cp1256", "replace")
    if how == 2:
        return given.bytes(4 * most).decode("latin-1")
    if how == 3:  # any 16 bits are a character, lone surrogates among them
        data = given.bytes(8 * most)
        return "".join(map(chr, memoryview(data[: len(data) // 2 * 2]).cast("H")))
    pieces: list[str] = []
    for _ in range(1 + given.below(most)):
        if not given.left:
            break
        pieces.append(_piece(given))
    return ("" if how == 4 else " ").join(pieces)


def _utf_8(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape")


def _piece(given: Choices) -> str:
    kind = given.below(16)
    if kind < 6:
        return given.of(WORDS)
    if kind < 9:
        return given.of(PIECES)
    if kind < 11:
        return given.of(ODD)
    if kind < 13:
        return "".join(given.of(LETTERS) for _ in range(1 + given.below(12)))
    if kind == 13:
        return chr(given.below(256) | given.byte() << 8)
    if kind == 14:
        return given.of(LETTERS) + given.of(ODD) + given.of(LETTERS)
    # A long run: of one character, or of one piece.
    what = given.of(ODD) if given.flag() else given.of((*PIECES, *WORDS, " ", "a", "1", "ا"))
    return what * (1 << given.below(6 if given.byte() % 64 else 12))
