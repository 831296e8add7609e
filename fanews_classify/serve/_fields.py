"""The fields of a question, checked one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from fanews_classify.serve._errors import ApiError
from fanews_classify.serve._limits import MAX_CLAIM, MAX_TEXTS

_STRING: Final = ("a string", "رشته")
_STRINGS: Final = ("a list of strings", "فهرستی از رشته‌ها")


class Fields:
    """What a client sent, each field asked for by name.

    Parameters
    ----------
    body : mapping
    known : collection of str
        Every other field is refused: it is a slip of the pen, or a wish that
        would silently not be met.
    """

    def __init__(self, body: Mapping[str, Any], known: Collection[str]) -> None:
        self._body = body
        for name in body:
            if name not in known:
                raise ApiError("unknown_field", field=name, known=sorted(known))

    def __contains__(self, name: str) -> bool:
        return name in self._body

    def string(self, name: str) -> str:
        """Return a string that must be there."""
        if name not in self._body:
            raise ApiError("missing_field", field=name)
        value = self._body[name]
        if not isinstance(value, str):
            raise _wrong(name, *_STRING)
        return value

    def choice(self, name: str, known: Collection[str]) -> str:
        """Return a string that must be there and is one of those known."""
        value = self.string(name)
        if value not in known:
            raise ApiError("unknown_value", field=name, known=list(known))
        return value

    def claim(self) -> str:
        """Return the claim, which must be there."""
        claim = self.string("claim")
        if len(claim) > MAX_CLAIM:
            raise ApiError("claim_too_long", field="claim", limit=MAX_CLAIM)
        return claim

    def texts(self) -> list[str]:
        """Return `texts`, or `text` as a list of one."""
        if "texts" not in self._body:
            return [self.string("text")]
        if "text" in self._body:
            raise ApiError("not_both", field="text", other="texts")
        texts = self._body["texts"]
        if not isinstance(texts, list):
            raise _wrong("texts", *_STRINGS)
        if len(texts) > MAX_TEXTS:
            raise ApiError("too_many", field="texts", count=len(texts), limit=MAX_TEXTS)
        for i, text in enumerate(texts):
            if not isinstance(text, str):
                raise _wrong(f"texts[{i}]", *_STRING)
        return texts

    def share(self, name: str) -> float | None:
        """Return a number from 0 to 1, or None if it is not there."""
        if name not in self._body:
            return None
        value = self._body[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _wrong(name, "a number", "عدد")
        if not 0 <= value <= 1:
            raise ApiError("out_of_range", field=name, low=0, high=1)
        return float(value)

    def count(self, name: str, most: int) -> int | None:
        """Return a whole number from 0 to `most`, or None if it is not there."""
        if name not in self._body:
            return None
        value = self._body[name]
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole:
            raise _wrong(name, "a whole number", "عدد صحیح")
        if not 0 <= value <= most:
            raise ApiError("out_of_range", field=name, low=0, high=most)
        return int(value)


def _wrong(name: str, wanted: str, wanted_fa: str) -> ApiError:
    return ApiError("wrong_type", field=name, wanted=wanted, wanted_fa=wanted_fa)
