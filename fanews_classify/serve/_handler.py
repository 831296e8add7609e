"""One request on one connection: read, checked, answered."""

from __future__ import annotations

import io
import math
import socket
import sys
import traceback
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final, NoReturn

from fanews_classify.errors import FanewsError
from fanews_classify.serve import _json, _wire
from fanews_classify.serve._errors import ApiError
from fanews_classify.serve._routes import Reply

if TYPE_CHECKING:
    from fanews_classify.serve.server import NewsServer

_LINE_BYTES: Final = 8192  # of the request line
_OF_STATUS: Final = {414: "uri_too_long", 431: "headers_too_large", 505: "http_version"}


class Handler(BaseHTTPRequestHandler):
    """Answers one request and closes: an idle browser would keep a place from others."""

    server: NewsServer
    connection: socket.socket
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        """Prepare to read, under limits."""
        self.connection = self.request
        self._incoming = _wire.Incoming(self.connection, self.server.limits.timeout)
        self.rfile = io.BufferedReader(self._incoming)
        self._unread = True  # bytes of the client may still be on their way
        self._continue = False

    def finish(self) -> None:
        """Leave the connection to the server, which closes it."""
        self.rfile.close()

    def handle(self) -> None:
        """Answer the request, whatever it is."""
        self.command = ""
        try:
            reply = self._reply()
        except ApiError as error:
            reply = Reply.refusal(error)
        except TimeoutError:
            if self._incoming.left == _wire.HEAD_BYTES:  # opened in case, never used
                return
            seconds = f"{self.server.limits.timeout:g}"
            reply = Reply.refusal(ApiError("timeout", seconds=seconds))
        except OSError:  # the client is gone
            return
        except Exception as error:
            report(error)
            reply = Reply.refusal(ApiError("internal_error"))
        if reply is not None:
            self._send(reply)

    def _reply(self) -> Reply | None:
        self.raw_requestline = self.rfile.readline(_LINE_BYTES + 1)
        if not self.raw_requestline:
            return None
        if len(self.raw_requestline) > _LINE_BYTES:
            raise ApiError("uri_too_long")
        # Its own errors come back through `send_error`.
        if not self.parse_request() or self.request_version == "HTTP/0.9":
            raise ApiError("bad_request")
        host = _wire.check_host(self.headers, self.server.knows)
        found = self.server.routes.find(self.command, self.path)
        if isinstance(found, Reply):
            self._unread = "Content-Length" in self.headers or "Transfer-Encoding" in self.headers
            return found
        _wire.check_origin(self.headers, host)
        _wire.check_json(self.headers)
        length = _wire.body_length(self.headers, self.server.limits.max_bytes)
        # Tokens are for what costs something: questions that will be read.
        if wait := self.server.buckets.wait(self.client_address[0]):
            seconds = str(math.ceil(wait))
            raise ApiError("rate_limited", headers={"Retry-After": seconds}, seconds=seconds)
        body = _json.read(self._read(length))
        try:
            return Reply(200, _json.write(found(body)))
        except FanewsError as error:
            raise ApiError("refused", why=error) from None

    def _read(self, length: int) -> bytes:
        if self._continue:
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._incoming.left = length
        body = self.rfile.read(length)
        self._unread = False
        if len(body) < length:
            raise ApiError("bad_request")
        return body

    def _send(self, reply: Reply) -> None:
        data = reply.to_bytes(with_body=self.command != "HEAD")
        try:
            self.connection.settimeout(self.server.limits.timeout)
            self.connection.sendall(data)
        except OSError:  # the client is gone, or takes no answer
            return
        if self._unread:
            _wire.linger(self.connection, self.server.limits.max_bytes)

    def handle_expect_100(self) -> bool:
        """Ask for the body later, when it is known that it will be read."""
        self._continue = True
        return True

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> NoReturn:
        """Refuse what the parser of the header has found faulty."""
        raise ApiError(_OF_STATUS.get(int(code), "bad_request"))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Write nothing: what people ask is theirs."""


def report(error: BaseException) -> None:
    """Say on the error stream where a fault of ours is; its message may hold a text."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
    print(f"fanews serve: {type(error).__name__} at {place}", file=sys.stderr)
