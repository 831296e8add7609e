from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from serve_fixtures import Client, everything, loaded, parsed, serving

import fanews_classify as fc
from fanews_classify.cli.main import main
from fanews_classify.errors import ParameterError
from fanews_classify.serve import Limits, make_server
from fanews_classify.serve._limits import TokenBuckets

SPORT = "تیم ملی والیبال قهرمان آسیا شد"
HOST = "Host: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving(max_bytes=50_000, timeout=5) as client:
        yield client


def ask_raw(client: Client, request: str) -> Any:
    return parsed(client.raw(request.replace("\n", "\r\n").encode("latin-1")))


def post_raw(client: Client, headers: str, body: str = '{"text": ""}') -> Any:
    head = f"POST /api/analyze HTTP/1.1\nHost: localhost\nContent-Type: application/json\n{headers}"
    return ask_raw(client, f"{head}\n\n{body}")


def test_page_and_its_parts(client: Client) -> None:
    page = client.get("/")
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    text = page.body.decode("utf-8")
    assert '<html lang="fa" dir="rtl">' in text
    parts = re.findall(r'(?:src|href)="([a-z.]+)"', text)
    assert {"page.css", "page.js", "icon.svg", "openapi.json"} <= set(parts)
    scripts = client.get("/page.js").body.decode("utf-8")
    parts += re.findall(r'from "\./([a-z]+\.js)"', scripts)
    for part in parts:
        assert client.get(f"/{part}").status == 200
    # Nothing of the page comes from elsewhere, and no text is ever read as HTML.
    folder = Path(fc.__file__).parent / "serve" / "page"
    for file in folder.iterdir():
        source = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|innerHTML|outerHTML|insertAdjacent|eval\(|<style|\son\w+=\"",
                             source), file  # fmt: skip
        assert client.get(f"/{file.name}").status == (404 if file.name == "index.html" else 200)


def test_every_answer_has_the_headers(client: Client) -> None:
    answers = [
        client.get("/"), client.get("/api/health"), client.get("/nothing"),
        client.post("/api/analyze", {"text": SPORT}), client.post("/api/analyze", {}),
    ]  # fmt: skip
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
        assert "Python" not in answer.headers["Server"]
    for answer in answers[1:]:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    ["/index.html", "/page/", "/../errors.py", "/%2e%2e/errors.py", "//", "/page.css/", "/api",
     "/API/health", "/api/health%00", "/..\\server.py", "http://127.0.0.1/", "*", "/page.js\\"],
)  # fmt: skip
def test_nothing_else_is_served(client: Client, path: str) -> None:
    answer = ask_raw(client, f"GET {path} HTTP/1.1\n{HOST}\n".replace("\r\n", "\n"))
    if path == "//":  # two slashes at the start are one
        assert answer.status == 200
        return
    assert (answer.status, answer.code) == (404, "not_found")


def test_methods(client: Client) -> None:
    assert client.get("/api/health?x=1#y").status == 200
    for path in ("/", "/api/models", "/openapi.json"):
        whole, head = client.get(path), client.ask("HEAD", path)
        assert (head.status, head.body) == (200, b"")
        assert head.headers["Content-Length"] == str(len(whole.body))
        options = client.ask("OPTIONS", path)
        assert (options.status, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
        for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW", "get"):
            answer = client.ask(method, path)
            assert (answer.status, answer.code) == (405, "method_not_allowed")
            assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    for method in ("GET", "PUT", "BREW"):
        answer = client.ask(method, "/api/predict")
        assert (answer.status, answer.headers["Allow"]) == (405, "POST, OPTIONS")
    assert client.ask("HEAD", "/api/predict").status == 405
    assert client.ask("OPTIONS", "/api/predict").status == 204
    assert client.ask("OPTIONS", "/nothing").code == "not_found"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200), ("localhost:8000", 200), ("LOCALHOST", 200), ("localhost.", 200),
        ("[::1]:8000", 200), ("127.0.0.2", 200), ("evil.example", 421), ("10.0.0.1", 421),
        ("localhost.evil.example", 421), ("127.0.0.1.evil.example", 421), ("", 421), ("a@b", 421),
        ("[::1", 421), ("localhost:x", 421), ("localhost, evil.example", 421), ("2130706433", 421),
    ],
)  # fmt: skip
def test_only_under_its_own_name(client: Client, host: str, status: int) -> None:
    for path in ("/", "/api/health"):
        assert client.get(path, Host=host).status == status
    answer = client.post("/api/analyze", {"text": ""}, {"Host": host})
    assert answer.status == status
    if status != 200:
        assert answer.code == "wrong_host"


def test_host_must_be_there_once(client: Client) -> None:
    assert ask_raw(client, "GET / HTTP/1.1\n\n").code == "bad_request"
    assert ask_raw(client, "GET / HTTP/1.0\n\n").code == "bad_request"
    twice = "GET / HTTP/1.1\nHost: localhost\nHost: evil.example\n\n"
    assert ask_raw(client, twice).code == "bad_request"
    assert ask_raw(client, "GET / HTTP/1.0\nHost: localhost\n\n").status == 200


def test_other_pages_cannot_ask(client: Client) -> None:
    own = f"http://127.0.0.1:{client.server.port}"
    for origin in (
        "https://evil.example",
        "null",
        "",
        "http://127.0.0.1",
        own.replace(":/", "s:/"),
    ):
        answer = client.post("/api/analyze", {"text": ""}, {"Origin": origin})
        assert (answer.status, answer.code) == (403, "wrong_origin")
    assert client.post("/api/analyze", {"text": ""}, {"Origin": own}).status == 200
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200)):
        assert client.post("/api/analyze", {"text": ""}, {"Sec-Fetch-Site": site}).status == status


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200), ("Application/JSON; Charset=UTF-8", 200),
        ('application/json;charset="utf8"', 200), ("text/plain", 415), ("", 415),
        ("application/x-www-form-urlencoded", 415), ("multipart/form-data", 415),
        ("application/json; charset=cp1256", 415), ("text/plain; application/json", 415),
    ],
)  # fmt: skip
def test_only_json_is_taken(client: Client, kind: str, status: int) -> None:
    body = b'{"text": ""}'
    assert client.ask("POST", "/api/analyze", body, {"Content-Type": kind}).status == status
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert client.ask("POST", "/api/analyze", body, headers).code == "unsupported_media_type"
    assert client.ask("POST", "/api/analyze", body).code == "unsupported_media_type"


def test_bodies_and_their_length(client: Client) -> None:
    length = len('{"text": ""}')
    assert post_raw(client, f"Content-Length: {length}").status == 200
    assert post_raw(client, f"Content-Length: {length}\nContent-Length: {length}").status == 200
    for wrong in (f"+{length}", "-1", "1_2", "0x0c", "۱۲", "", "12.0", "1" * 30,
                  f"{length}\nContent-Length: 3"):  # fmt: skip
        header = f"Content-Length: {wrong}".encode().decode("latin-1")
        assert post_raw(client, header).code == "bad_request"
    assert post_raw(client, "X: y").code == "length_required"
    chunked = "Transfer-Encoding: chunked"
    assert post_raw(client, chunked, "c\n{}\n0\n\n").code == "length_required"
    assert post_raw(client, f"{chunked}\nContent-Length: 12").code == "length_required"
    assert post_raw(client, "Content-Length: 0").code == "not_json"
    with client.connect() as connection:  # hangs up in the middle
        head = "POST /api/analyze HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n"
        connection.sendall(f"{head}Content-Type: application/json\r\n\r\n{{".encode())
        connection.shutdown(socket.SHUT_WR)
        assert parsed(everything(connection)).code == "bad_request"


def test_large_bodies_are_refused_unread(client: Client) -> None:
    for size in (50_001, 90_000):
        answer = client.ask(
            "POST", "/api/analyze", b"x" * size, {"Content-Type": "application/json"}
        )
        assert (answer.status, answer.code) == (413, "too_large")
    # Said to be huge, with nothing sent: the answer comes at once.
    assert post_raw(client, "Content-Length: 999999999999", "").code == "too_large"
    # A client that asks first is told before it sends.
    large = "Expect: 100-continue\nContent-Length: 999999"
    assert post_raw(client, large, "").code == "too_large"
    small = client.raw(
        (f"POST /api/analyze HTTP/1.1\r\n{HOST}Content-Type: application/json\r\n"
         'Expect: 100-continue\r\nContent-Length: 12\r\n\r\n{"text": ""}').encode()
    )  # fmt: skip
    assert small.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    fits = json.dumps({"text": "a" * (50_000 - len('{"text": ""}'))})
    assert client.post("/api/analyze", fits).status == 200


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /%s HTTP/1.1\r\n" % (b"a" * 9000), 414),
        (b"GET / HTTP/1.1\r\nX: %s\r\n\r\n" % (b"a" * 70_000), 431),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 500 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: %s\r\n" % (b"a" * 5000) * 8, 431),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"GET / HTTP/1.x\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", 400),
        (b"\r\n\r\n", 400),
        (b"GET / x HTTP/1.1\r\n\r\n", 400),
        ("GET /سلامت HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(), 400),
        (b"GET /%D8%B3 HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    ],
)
def test_requests_that_are_no_http(client: Client, request_: bytes, status: int) -> None:
    answer = parsed(client.raw(request_))
    assert answer.status == status
    assert answer.code
    assert client.get("/api/health").status == 200


def test_rate_is_limited_for_each_client() -> None:
    with serving(rate=3) as client:
        answers = [client.post("/api/predict", {}) for _ in range(4)]
        assert [answer.status for answer in answers] == [422, 422, 422, 429]
        assert answers[-1].code == "rate_limited"
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 20
        assert client.get("/api/models").status == 200  # costs nothing
    now = [0.0]
    buckets = TokenBuckets(60, clock=lambda: now[0])
    assert [buckets.wait("a") for _ in range(60)] == [0.0] * 60
    assert 0 < buckets.wait("a") <= 1
    now[0] += 1.01
    assert buckets.wait("a") == 0
    assert buckets.wait("a") > 0
    for i in range(10_000):
        buckets.wait(str(i))
    assert len(buckets._held) < 5000


def test_slow_clients_are_cut_off_and_do_not_block_others() -> None:
    with serving(timeout=0.6, handlers=4) as client:
        head = f"POST /api/analyze HTTP/1.1\r\n{HOST}Content-Type: application/json\r\n"
        starts = ["", "GET / HT", f"{head}Content-Length: 12\r\n\r\n{{"]
        slow = [client.connect() for _ in starts]
        for connection, start in zip(slow, starts, strict=True):
            connection.sendall(start.encode())
        assert client.post("/api/analyze", {"text": SPORT}).status == 200
        ends = time.monotonic() + 10
        with pytest.raises(OSError):  # noqa: PT012, PT011
            while time.monotonic() < ends:  # a byte now and then does not help
                slow[1].sendall(b"T")
                time.sleep(0.1)
        answers = [everything(connection) for connection in (slow[0], slow[2])]
        assert answers[0] == b""
        assert parsed(answers[1]).code == "timeout"
        for connection in slow:
            connection.close()


def test_no_more_requests_at_once_than_allowed() -> None:
    with serving(handlers=2, timeout=5) as client:
        waiting = [client.connect() for _ in range(2)]
        for connection in waiting:
            connection.sendall(b"GET / HTTP/1.1\r\n")
        deadline = time.monotonic() + 5
        while len(client.server._working) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        answer = client.get("/api/health")
        assert (answer.status, answer.code) == (503, "busy")
        assert answer.headers["Retry-After"] == "1"
        waiting[0].sendall(b"Host: localhost\r\n\r\n")
        assert parsed(everything(waiting[0])).status == 200
        assert [client.get("/api/health").status for _ in range(20)] == [200] * 20
        for connection in waiting:
            connection.close()


def test_32_threads_at_once(client: Client) -> None:
    texts = [f"{SPORT} {i}" for i in range(96)]
    with serving(handlers=64) as wide, ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda text: wide.post("/api/analyze", {"text": text}), texts))
    assert [answer.status for answer in answers] == [200] * 96
    for text, answer in zip(texts, answers, strict=True):
        found = answer.json
        del found["version"]
        assert found == json.loads(fc.analyze(text).to_json())


def test_the_end_leaves_no_threads_and_answers_what_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = threading.Event()

    def analyze(*arguments: Any, **options: Any) -> fc.Analysis:
        begun.set()
        time.sleep(0.3)
        return fc.analyze(*arguments, **options)

    monkeypatch.setattr("fanews_classify.serve._api.analyze", analyze)
    before = set(threading.enumerate())
    server = make_server(port=0, models=loaded(), limits=Limits(timeout=60)).start()
    client = Client(server)
    idle = [client.connect() for _ in range(3)]
    idle[1].sendall(b"GET / HT")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.post, "/api/analyze", {"text": SPORT})
        assert begun.wait(10)
        server.stop()
        assert asked.result().json["section"]["label"] == "sport"
    assert set(threading.enumerate()) <= before
    with pytest.raises(OSError):  # noqa: PT011
        client.connect()
    for connection in idle:
        connection.close()


def test_a_with_block_ends_the_server() -> None:
    before = set(threading.enumerate())
    with make_server(port=0, models=loaded()).start() as server:
        assert Client(server).get("/api/health").status == 200
    assert set(threading.enumerate()) <= before
    server.stop()  # a second time: nothing left to do


def test_a_fault_of_ours_is_told_without_the_text(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("secret words")

    monkeypatch.setattr("fanews_classify.serve._api.analyze", broken)
    answer = client.post("/api/analyze", {"text": "secret words"})
    assert (answer.status, answer.code) == (500, "internal_error")
    assert b"KeyError" not in answer.body
    monkeypatch.undo()
    assert client.post("/api/analyze", {"text": "secret words"}).status == 200
    told = capsys.readouterr()
    assert "KeyError at " in told.err
    assert "secret" not in told.err + told.out


def test_addresses(client: Client) -> None:
    port = client.server.port
    assert client.server.url == f"http://127.0.0.1:{port}/"
    assert client.server.loopback
    for host, wrong, message in (
        ("127.0.0.1", port, f"port {port} of 127.0.0.1 is in use"),
        ("127.0.0.1", 65_536, "from 0 to 65535"),
        ("127.0.0.1", -1, "from 0 to 65535"),
        ("", 0, "empty"),
        ("no such host", 0, "no name or address"),
        ("192.0.2.1", 0, "cannot listen"),
    ):
        with pytest.raises(ParameterError, match=message):
            make_server(host, wrong, models=loaded())
    for name, value in (("max_bytes", 0), ("rate", -1), ("timeout", 0), ("handlers", 0)):
        with pytest.raises(ParameterError, match=name):
            Limits(**{name: value})
    with pytest.raises(ParameterError, match="rate"):
        Limits(rate=float("nan"))
    with serving("0.0.0.0") as wide:
        assert not wide.server.loopback
        assert wide.server.url == f"http://127.0.0.1:{wide.server.port}/"
        assert wide.get("/api/health", Host="10.1.2.3:80").status == 200
        assert wide.get("/api/health", Host=socket.gethostname()).status == 200
        assert wide.get("/api/health", Host="evil.example").status == 421


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_cleanly(number: int) -> None:
    command = [sys.executable, "-m", "fanews_classify.cli.main", "serve", "--port", "0"]
    environment = {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C",
        "PYTHONPATH": str(Path(fc.__file__).parent.parent),
    }
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline().decode("utf-8") for _ in range(2)]
        assert "نشانی" in lines[0]
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", lines[1])
        assert found
        with socket.create_connection(("127.0.0.1", int(found[1])), timeout=10) as connection:
            connection.sendall(f"GET /api/health HTTP/1.1\r\n{HOST}\r\n".encode())
            assert parsed(everything(connection)).json["status"] == "ok"
        process.send_signal(number)
        assert process.wait(15) == 0
        assert process.stderr.read() == b""


def test_the_command_refuses(
    client: Client, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments, message in (
        (["--port", str(client.server.port)], "is in use"),
        (["--port", "99999"], "from 0 to 65535"),
        (["--model", "nothing"], "no bundled model 'nothing'"),
        (["--model", "section", "--model", "section"], "two models for 'section'"),
        (["--rate", "-1"], "rate=-1.0"),
        (["--max-bytes", "0"], "max_bytes=0"),
    ):
        assert main(["serve", *arguments]) == 2
        assert message in capsys.readouterr().err
    opened: list[str] = []

    def opens(url: str) -> None:
        opened.append(url)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("webbrowser.open", opens)
    assert main(["serve", "--port", "0", "--host", "0.0.0.0", "--open"]) == 0
    told = capsys.readouterr().err
    assert "warning: everybody" in told
    assert "هشدار" in told
    assert opened[0] in told
