"""What the server refuses, in the words of both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_LONGEST_VALUE: Final = 60  # characters of something the client sent, in a message

# code: (HTTP status, English, Persian). Braces are filled in by ApiError.
MESSAGES: Final[Mapping[str, tuple[int, str, str]]] = {
    "bad_request": (
        400,
        "The request is not HTTP as this server understands it.",
        "درخواست به شکل درست HTTP نیست.",
    ),
    "not_json": (
        400,
        "The body is not JSON: {why}.",
        "بدنهٔ درخواست JSON درست نیست: {why}.",
    ),
    "wrong_origin": (
        403,
        "Pages of other origins may not use this server.",
        "صفحه‌های نشانی‌های دیگر اجازهٔ استفاده از این برنامه را ندارند.",
    ),
    "not_found": (
        404,
        "There is nothing at this address; /openapi.json lists what there is.",
        "در این نشانی چیزی نیست؛ فهرست نشانی‌ها در /openapi.json است.",
    ),
    "method_not_allowed": (
        405,
        "This address answers to {allowed} only.",
        "این نشانی فقط به {allowed} پاسخ می‌دهد.",
    ),
    "timeout": (
        408,
        "The request did not arrive within {seconds} seconds.",
        "درخواست در {seconds} ثانیه کامل نرسید.",
    ),
    "length_required": (
        411,
        "Send the body in one piece with a Content-Length; chunked bodies are not read.",
        "بدنه را یک‌جا و با Content-Length بفرستید؛ بدنهٔ تکه‌تکه خوانده نمی‌شود.",
    ),
    "too_large": (
        413,
        "The request is larger than {limit} bytes.",
        "درخواست بزرگ‌تر از {limit} بایت است.",
    ),
    "uri_too_long": (
        414,
        "The address is too long.",
        "نشانی بیش از اندازه بلند است.",
    ),
    "unsupported_media_type": (
        415,
        "Send JSON in UTF-8, not compressed, as Content-Type: application/json.",
        "بدنه باید JSON با کدگذاری UTF-8 و نافشرده باشد، با Content-Type: application/json.",
    ),
    "wrong_host": (
        421,
        "This server does not answer under the name in the Host header.",
        "این برنامه به نامی که در سرایند Host آمده پاسخ نمی‌دهد.",
    ),
    "wrong_type": (
        422,
        "{field} must be {wanted}.",
        "مقدار {field} باید {wanted_fa} باشد.",
    ),
    "missing_field": (
        422,
        "{field} is missing; it is needed here.",
        "{field} نیامده است و در اینجا لازم است.",
    ),
    "unknown_field": (
        422,
        "{field} is no field here; there are {known}.",
        "{field} در اینجا معنایی ندارد؛ فیلدها: {known}.",
    ),
    "not_both": (
        422,
        "Give {field} or {other}, not both.",
        "یکی از {field} و {other} را بفرستید، نه هر دو را.",
    ),
    "unknown_value": (
        422,
        "{field} must be one of {known}.",
        "{field} باید یکی از اینها باشد: {known}.",
    ),
    "out_of_range": (
        422,
        "{field} must be from {low} to {high}.",
        "{field} باید از {low} تا {high} باشد.",
    ),
    "too_many": (
        422,
        "{field} has {count} entries; at most {limit} are read at once.",
        "{field} {count} مورد دارد؛ یک‌باره بیش از {limit} مورد خوانده نمی‌شود.",
    ),
    "claim_too_long": (
        422,
        "The claim is longer than {limit} characters; give one sentence.",
        "ادعا بلندتر از {limit} نویسه است؛ یک جمله بنویسید.",
    ),
    "refused": (
        422,
        "This cannot be answered: {why}.",
        "این پرسش پاسخی ندارد: {why}.",
    ),
    "rate_limited": (
        429,
        "Too many requests; try again in {seconds} seconds.",
        "درخواست‌ها بیش از اندازه‌اند؛ {seconds} ثانیهٔ دیگر دوباره بفرستید.",
    ),
    "headers_too_large": (
        431,
        "The header is too large.",
        "سرایند درخواست بیش از اندازه بزرگ است.",
    ),
    "internal_error": (
        500,
        "Something went wrong inside the server. Please report what you asked it.",
        "در خود برنامه خطایی رخ داد. لطفاً گزارش کنید که چه پرسیده بودید.",
    ),
    "busy": (
        503,
        "The server is busy with as many requests as it takes at once; try again shortly.",
        "برنامه سرگرم پاسخ به درخواست‌های دیگر است؛ کمی بعد دوباره بفرستید.",
    ),
    "http_version": (
        505,
        "This server speaks HTTP/1.0 and HTTP/1.1.",
        "این برنامه فقط HTTP/1.0 و HTTP/1.1 می‌داند.",
    ),
}


class ApiError(Exception):
    """A request that is refused, with what the client is told.

    Parameters
    ----------
    code : str
        A key of `MESSAGES`.
    headers : mapping of str to str, optional
        Sent along, say ``Retry-After``.
    **values
        For the braces of the messages; a ``field`` is named in the answer too.

    Examples
    --------
    >>> error = ApiError("missing_field", field="text")
    >>> error.status, error.to_dict()["error"]["message_en"]
    (422, 'text is missing; it is needed here.')
    """

    def __init__(
        self, code: str, *, headers: Mapping[str, str] | None = None, **values: Any
    ) -> None:
        self.status, english, persian = MESSAGES[code]
        shown = {name: shortened(value) for name, value in values.items()}
        self.code = code
        self.message_en = english.format_map(shown)
        self.message_fa = persian.format_map(shown)
        self.field = shown.get("field")
        self.headers = dict(headers or {})
        super().__init__(self.message_en)

    def to_dict(self) -> dict[str, Any]:
        """Return the body of the answer."""
        told = {"code": self.code, "message_en": self.message_en, "message_fa": self.message_fa}
        if self.field is not None:
            told["field"] = self.field
        return {"error": told}


def shortened(value: Any) -> str:
    """Return a value as it is shown: a client's own words not at any length.

    Examples
    --------
    >>> shortened(["a", "b"]), shortened(7)
    ('a, b', '7')
    """
    if isinstance(value, list | tuple):
        return ", ".join(value)
    text = str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
