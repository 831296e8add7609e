"""What a client may send to the local server: bodies of questions, heads of requests."""

from __future__ import annotations

import json
import warnings
from email.message import Message
from email.parser import Parser
from functools import cache
from typing import Any

from choices import Choices
from texts import text_of

from fanews_classify.serve import _json, _wire
from fanews_classify.serve._api import Api
from fanews_classify.serve._errors import ApiError
from fanews_classify.serve._limits import Limits
from fanews_classify.serve._models import load_models

FIELDS = ("text", "texts", "model", "target", "claim", "label", "top", "abstain_below", "x", "")
VALUES: tuple[Any, ...] = (
    None, True, 0, 1, -1, 5, 10**9, 0.5, 2.0, 1e308, "", "section", "topic", "stance",
    "claim_stance", "health", "housing", "critical", "agree", [], ["", "خبر"], [None], {}, {"a": 1},
    "\ud800", ["\udfff"], "a" * 5000,
)  # fmt: skip


@cache
def _api() -> Api:
    return Api(load_models(), Limits())


def run(data: bytes) -> int:
    """Send a body or a head made of decisions."""
    given = Choices(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            if given.below(4) == 0:
                _head(given)
            else:
                _body(given)
        except ApiError:
            pass
    return len(data)


def _body(given: Choices) -> None:
    how = given.below(4)
    if how == 0:
        body = given.rest()
    else:
        asked: dict[str, Any] = {"text": text_of(given, 10)}
        if given.below(3):
            asked["model"] = name = given.of(("section", "topic", "stance", "claim_stance"))
            if name == "stance":
                asked["target"] = "housing"
            elif name == "claim_stance":
                asked["claim"] = text_of(given, 4)
        asked |= {given.of(FIELDS): _value(given) for _ in range(given.below(3))}
        body = json.dumps(asked).encode()
        if how == 1:
            body = body.replace(given.of((b"1", b"{", b'"', b"}")), given.bytes(6))
    fields = _json.read(body)
    api = _api()
    answer = given.of((api.analyze, api.predict, api.explain))(fields)
    assert isinstance(json.loads(_json.write(answer)), dict)


def _value(given: Choices) -> Any:
    if given.below(4) == 0:
        return text_of(given, 10)
    return given.of(VALUES)


def _head(given: Choices) -> None:
    known = _wire.known_names({"localhost"}, loopback=given.flag())
    # As http.client does.
    headers: Message = Parser().parsestr(_lines(given).decode("iso-8859-1"), headersonly=True)
    host = _wire.check_host(headers, known)
    _wire.check_origin(headers, host)
    _wire.check_json(headers)
    length = _wire.body_length(headers, 10**6)
    assert 0 <= length <= 10**6
    assert known(host.rpartition(":")[0].strip("[]").rstrip(".") or host) or known(host)


def _lines(given: Choices) -> bytes:
    if given.below(4) == 0:
        return given.rest()
    lines = []
    for _ in range(given.below(7)):
        name = given.of(
            (b"Host", b"Origin", b"Content-Type", b"Content-Length", b"Transfer-Encoding",
             b"Sec-Fetch-Site", b"Content-Encoding")
        )  # fmt: skip
        value = given.of(
            (b"localhost", b"localhost:80", b"127.0.0.1:8000", b"[::1]:1", b"evil.example",
             b"http://localhost", b"application/json", b"application/json; charset=utf-8", b"12",
             b"-1", b"9" * 30, b"chunked", b"same-origin", b"cross-site", b"gzip", b"1_0", b" 5 ",
             b"\xd9\xa1\xd9\xa2", b"localhost.", b"[::ffff:127.0.0.1]", b"0", b"[" * 40)
        )  # fmt: skip
        lines.append(name + b": " + (value if given.below(8) else given.bytes(8)))
    return b"\r\n".join([*lines, b"", b""])
