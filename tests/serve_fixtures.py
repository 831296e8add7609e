"""A server on a free port, and clients of all manners."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from fanews_classify.serve import Limits, NewsServer, make_server
from fanews_classify.serve._models import NAMES, load_models


@cache
def loaded() -> list[Any]:
    models = load_models()
    return [models[name] for name in NAMES]


def written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        error = self.json["error"]
        assert error["message_en"]
        assert error["message_fa"]
        assert "Traceback" not in error["message_en"]
        code: str = error["code"]
        return code


@dataclass
class Client:
    """Asks a server."""

    server: NewsServer

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        try:
            sent = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
            connection.request(method, path, sent, headers or {})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, value: Any, headers: dict[str, str] | None = None) -> Answer:
        body = value if isinstance(value, str | bytes) else written(value)
        return self.ask("POST", path, body, {"Content-Type": "application/json", **(headers or {})})

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=20)

    def raw(self, data: bytes) -> bytes:
        """Send bytes as they are; return all that comes back."""
        with self.connect() as connection:
            with suppress(OSError):  # refused before all of it was taken
                connection.sendall(data)
            return everything(connection)


def everything(connection: socket.socket) -> bytes:
    pieces = []
    while piece := connection.recv(65_536):
        pieces.append(piece)
    return b"".join(pieces)


def parsed(data: bytes) -> Answer:
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Answer(int(status.split()[1]), headers, body)


@contextmanager
def serving(
    host: str = "127.0.0.1", *, models: Sequence[Any] = (), **limits: Any
) -> Iterator[Client]:
    given = {type(model): model for model in (*loaded(), *models)}
    bounds = Limits(**{"rate": 0, **limits})
    with make_server(host, 0, models=given.values(), limits=bounds).start() as server:
        yield Client(server)
