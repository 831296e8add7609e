"""The table of addresses: nothing else is served, and no folder ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final

from fanews_classify.serve import _json
from fanews_classify.serve._api import Api
from fanews_classify.serve._errors import ApiError

JSON: Final = "application/json; charset=utf-8"
_SCRIPT: Final = "text/javascript; charset=utf-8"
_PAGE: Final = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    "/page.js": ("page.js", _SCRIPT),
    "/ask.js": ("ask.js", _SCRIPT),
    "/examples.js": ("examples.js", _SCRIPT),
    "/marks.js": ("marks.js", _SCRIPT),
    "/show.js": ("show.js", _SCRIPT),
    "/words.js": ("words.js", _SCRIPT),
}
# Trusted types: even a slip in our own scripts could not make HTML of a text.
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_HEADERS: Final = {
    "Server": "fanews",
    "Connection": "close",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

Question = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Reply:
    """What goes back to a client."""

    status: int
    body: bytes = b""
    kind: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def refusal(cls, error: ApiError) -> Reply:
        """Return the reply that tells of an error."""
        return cls(error.status, _json.write(error.to_dict()), headers=error.headers)

    def to_bytes(self, *, with_body: bool = True) -> bytes:
        """Return status line, header and body."""
        # The page may be kept only as long as the server is asked whether it changed.
        cache = "no-store" if self.kind == JSON else "no-cache"
        lines = {**_HEADERS, "Cache-Control": cache, **self.headers}
        if self.status != HTTPStatus.NO_CONTENT:
            lines |= {"Content-Type": self.kind, "Content-Length": str(len(self.body))}
        status = f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"
        head = "\r\n".join([status, *(f"{name}: {value}" for name, value in lines.items()), "", ""])
        return head.encode("latin-1") + (self.body if with_body else b"")


class Routes:
    """What each address answers, and to which methods.

    Parameters
    ----------
    api : Api
    """

    def __init__(self, api: Api) -> None:
        folder = files(__package__) / "page"
        self._ready = {
            path: Reply(200, (folder / name).read_bytes(), kind)
            for path, (name, kind) in _PAGE.items()
        }
        looks = {
            "/api/models": api.models,
            "/api/health": api.health,
            "/openapi.json": api.description,
        }
        self._ready |= {path: Reply(200, _json.write(look())) for path, look in looks.items()}
        self._questions: dict[str, Question] = {
            "/api/analyze": api.analyze,
            "/api/explain": api.explain,
            "/api/predict": api.predict,
        }

    def find(self, method: str, target: str) -> Reply | Question:
        """Return a reply that is ready, or what answers the body of the request.

        Raises
        ------
        ApiError
            If there is no such address, or not for this method.
        """
        path = target.partition("?")[0]
        if path in self._questions:
            allowed = "POST, OPTIONS"
        elif path in self._ready:
            allowed = "GET, HEAD, OPTIONS"
        else:
            raise ApiError("not_found")
        if method == "OPTIONS":
            return Reply(204, headers={"Allow": allowed})
        if method not in allowed.split(", "):
            raise ApiError("method_not_allowed", headers={"Allow": allowed}, allowed=allowed)
        return self._ready[path] if path in self._ready else self._questions[path]
